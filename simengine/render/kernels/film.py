# mypy: ignore-errors
"""From light to pictures: the filter of noise and the tone curve.

Native code written for one pixel (CUDA) or eight at once (CPU): the same lines, with `float` or a vector of eight.
"""

import warp as wp

from simengine.render.kernels.camera import CameraData
from simengine.render.kernels.traversal import VECTORS

wp.set_module_options({"enable_backward": False})

__all__ = ["develop", "smooth_rows"]

_COMMON = (
    """
    struct One {
        float x, y, z;
    };
    // values of consecutive pixels; `zero` tells how many
#if defined(__CUDA_ARCH__)
    typedef float Lanes;
    auto ids_at = [&](float, long long i) { return guide.data[i]; };
    auto at = [](float, const float* p) { return *p; };
    auto three_at = [](float, const wp::vec3* p) { return One{(*p)[0], (*p)[1], (*p)[2]}; };
    auto store = [](float x, float y, float z, wp::vec3* p) { *p = wp::vec3(x, y, z); };
    auto root = [](float v) { return wp::sqrt(v); };
#else
"""
    + VECTORS
    + """
    typedef f8 Lanes;
    struct Eight {
        f8 x, y, z;
    };
    auto ids_at = [&](auto zero, long long i) {
        if constexpr (sizeof(zero) == 4)
            return guide.data[i];
        else
            return *(const i8*)(guide.data + i);
    };
    auto at = [](auto zero, const float* p) {
        if constexpr (sizeof(zero) == 4)
            return *p;
        else
            return *(const f8*)p;
    };
    auto three_at = [](auto zero, const wp::vec3* q) {
        const float* p = (const float*)q;
        if constexpr (sizeof(zero) == 4) {
            return One{p[0], p[1], p[2]};
        } else {
            f8 a = *(const f8*)p, b = *(const f8*)(p + 8), c = *(const f8*)(p + 16);
            f8 x = __builtin_shufflevector(a, b, 0, 3, 6, 9, 12, 15, -1, -1);
            f8 y = __builtin_shufflevector(a, b, 1, 4, 7, 10, 13, -1, -1, -1);
            f8 z = __builtin_shufflevector(a, b, 2, 5, 8, 11, 14, -1, -1, -1);
            x = __builtin_shufflevector(x, c, 0, 1, 2, 3, 4, 5, 10, 13);
            y = __builtin_shufflevector(y, c, 0, 1, 2, 3, 4, 8, 11, 14);
            z = __builtin_shufflevector(z, c, 0, 1, 2, 3, 4, 9, 12, 15);
            return Eight{x, y, z};
        }
    };
    auto store = [](auto x, auto y, auto z, wp::vec3* q) {
        float* p = (float*)q;
        if constexpr (sizeof(x) == 4) {
            p[0] = x;
            p[1] = y;
            p[2] = z;
        } else {
            f8 a = __builtin_shufflevector(x, y, 0, 8, -1, 1, 9, -1, 2, 10);
            f8 b = __builtin_shufflevector(x, y, -1, 3, 11, -1, 4, 12, -1, 5);
            f8 c = __builtin_shufflevector(x, y, 13, -1, 6, 14, -1, 7, 15, -1);
            *(f8*)p = __builtin_shufflevector(a, z, 0, 1, 8, 3, 4, 9, 6, 7);
            *(f8*)(p + 8) = __builtin_shufflevector(b, z, 10, 1, 2, 11, 4, 5, 12, 7);
            *(f8*)(p + 16) = __builtin_shufflevector(c, z, 0, 13, 2, 3, 14, 5, 6, 15);
        }
    };
    auto root = [](auto v) {
        if constexpr (sizeof(v) == 4)
            return __builtin_sqrtf(v);
        else
            return __builtin_elementwise_sqrt(v);
    };
#endif
    auto most = [](auto a, auto b) { return a > b ? a : b; };
    auto least = [](auto a, auto b) { return a < b ? a : b; };
    const int width = camera.width, height = camera.height;
    const long long first = (long long)picture * width * height;  // pixel
    const float sx = camera.scale[0], sy = camera.scale[1];
    // Means of both kinds of light over pixels low..high along one axis, on the same smooth surface
    auto join = [&](auto zero, int x, int y, int dx, int dy, int low, int high, auto& d, auto& s) {
        const long long i = first + y * width + x;
        const float column = x + camera.left, line = y + camera.top;
        auto rx = zero;
        if constexpr (sizeof(zero) == 4)
            rx = (column + 0.5f - camera.center[0]) * sx;
        else
            for (int k = 0; k < 8; ++k)
                rx[k] = (column + k + 0.5f - camera.center[0]) * sx;
        const float ry = (line + 0.5f - camera.center[1]) * sy;
        const auto me = ids_at(zero, i);
        const auto n = three_at(zero, normals.data + i);
        const auto z = at(zero, depth.data + i);
        const auto tolerance = 1.0f / (z * (4.0f * (sx + sy)));
        // distance of a pixel's point from the plane through the eye; curved lenses have their rays in a table
        auto across = [&](int k, long long j) {
            if (!camera.lens)
                return (n.x * (rx + k * dx * sx) + n.y * (ry + k * dy * sy) + n.z) * at(zero, depth.data + j);
            const auto ray = three_at(zero, rays.data + j);
            return (n.x * ray.x + n.y * ray.y + n.z * ray.z) * at(zero, depth.data + j);
        };
        const auto offset = across(0, i);
        const auto mixed = me < 0;  // several surfaces, blurred over each other: geometry tells nothing
        // how far reflected light may be joined: not at all in mirrors
        auto gloss = at(zero, roughness.data + i) * (scale * 5.0f) - 0.25f;
        gloss = least(most(gloss, zero), zero + 1.0f);
        d = three_at(zero, diffuse.data + i);
        s = three_at(zero, specular.data + i);
        auto total_d = zero + 1.0f, total_s = zero + 1.0f;
        for (int k = low; k <= high; ++k) {
            if (k == 0)
                continue;
            const long long j = i + k * (dy * width + dx);
            const auto other = three_at(zero, normals.data + j);
            auto turn = most(n.x * other.x + n.y * other.y + n.z * other.z, zero);
            turn = turn * turn;
            turn = turn * turn;
            turn = turn * turn;
            const auto away = (across(k, j) - offset) * tolerance;
            // ends count half: every residue modulo 4 gets the same weight
            const float share = k * k == 4 ? 0.5f : 1.0f;
            auto w = share * turn / (1.0f + away * away);
            w = mixed ? zero + share : w;
            turn = mixed ? zero + 1.0f : turn;
            w = ids_at(zero, j) == me ? w : zero;
            const auto v = w * turn * gloss;
            const auto light = three_at(zero, diffuse.data + j);
            const auto shine = three_at(zero, specular.data + j);
            d.x += light.x * w;
            d.y += light.y * w;
            d.z += light.z * w;
            total_d += w;
            s.x += shine.x * v;
            s.y += shine.y * v;
            s.z += shine.z * v;
            total_s += v;
        }
        const auto alone = me == 0;  // no single surface
        const auto a = alone ? zero + 1.0f : 1.0f / total_d, b = alone ? zero + 1.0f : 1.0f / total_s;
        const auto d0 = three_at(zero, diffuse.data + i);
        const auto s0 = three_at(zero, specular.data + i);
        d.x = alone ? d0.x : d.x * a;
        d.y = alone ? d0.y : d.y * a;
        d.z = alone ? d0.z : d.z * a;
        s.x = alone ? s0.x : s.x * b;
        s.y = alone ? s0.y : s.y * b;
        s.z = alone ? s0.z : s.z * b;
    };
"""
)

_SMOOTH = (
    _COMMON
    + """
    auto write = [&](auto zero, int x, int low, int high) {
        auto d = three_at(zero, diffuse.data), s = d;
        join(zero, x, y, 1, 0, low, high, d, s);
        store(d.x, d.y, d.z, row_diffuse.data + first + y * width + x);
        store(s.x, s.y, s.z, row_specular.data + first + y * width + x);
    };
    if (lanes == 8 && x0 >= 2 && x0 + 10 <= width)
        write((Lanes)0.0f, x0, -2, 2);
    else
        for (int x = x0; x < x0 + lanes && x < width; ++x)
            write(0.0f, x, most(-2, -x), least(2, width - 1 - x));
"""
)

_DEVELOP = (
    _COMMON
    + """
    const float exposure = camera.exposure;
    auto byte_of = [&](float steps) { return srgb.data[(int)steps]; };
    auto write = [&](auto zero, int x) {
        const long long i = first + y * width + x;
        auto d = three_at(zero, diffuse.data + i), s = three_at(zero, specular.data + i);
        if (smooth)
            join(zero, x, y, 0, 1, most(-2, -y), least(2, height - 1 - y), d, s);
        const auto base = three_at(zero, albedo.data + i);
        const auto more = three_at(zero, linear.data + i);
        auto r = (d.x * base.x + s.x + more.x) * scale;
        auto g = (d.y * base.y + s.y + more.y) * scale;
        auto b = (d.z * base.z + s.z + more.z) * scale;
        store(r, g, b, linear.data + i);
        r *= exposure;
        g *= exposure;
        b *= exposure;
        // Khronos PBR Neutral tone mapper: colours below 0.8 stay as they are, highlights roll off
        const auto low = least(r, least(g, b));
        const auto offset = low < zero + 0.08f ? low - 6.25f * low * low : zero + 0.04f;
        r -= offset;
        g -= offset;
        b -= offset;
        const auto peak = most(r, most(g, b));
        const float start = 0.76f, rest = 1.0f - start;
        const auto high = peak >= zero + start;
        const auto new_peak = 1.0f - rest * rest / (most(peak, zero + start) + rest - start);
        const auto keep = 1.0f / (0.15f * (peak - new_peak) + 1.0f);
        const auto gain = high ? new_peak / most(peak, zero + start) * keep : zero + 1.0f;
        const auto add = high ? new_peak * (1.0f - keep) : zero;
        auto steps = [&](auto v) {
            v = least(most(v * gain + add, zero), zero + 1.0f);
            return root(v) * 4095.0f + 0.5f;
        };
        const auto p = steps(r), q = steps(g), t = steps(b);
        unsigned char* bytes = (unsigned char*)(rgb.data + i);
        if constexpr (sizeof(zero) == 4) {
            bytes[0] = byte_of(p);
            bytes[1] = byte_of(q);
            bytes[2] = byte_of(t);
        } else {
            for (int k = 0; k < 8; ++k) {
                bytes[3 * k] = byte_of(p[k]);
                bytes[3 * k + 1] = byte_of(q[k]);
                bytes[3 * k + 2] = byte_of(t[k]);
            }
        }
    };
    if (lanes == 8 && x0 + 8 <= width)
        write((Lanes)0.0f, x0);
    else
        for (int x = x0; x < x0 + lanes && x < width; ++x)
            write(0.0f, x);
"""
)


@wp.func_native(_SMOOTH)
def _smooth(
    camera: CameraData,
    picture: wp.int32,  # number in the batch
    x0: wp.int32,
    y: wp.int32,
    lanes: wp.int32,
    scale: wp.float32,
    rays: wp.array2d(dtype=wp.vec3),
    guide: wp.array2d(dtype=wp.int32),
    depth: wp.array2d(dtype=wp.float32),
    normals: wp.array2d(dtype=wp.vec3),
    roughness: wp.array2d(dtype=wp.float32),
    diffuse: wp.array2d(dtype=wp.vec3),
    specular: wp.array2d(dtype=wp.vec3),
    row_diffuse: wp.array2d(dtype=wp.vec3),
    row_specular: wp.array2d(dtype=wp.vec3),
): ...


@wp.func_native(_DEVELOP)
def _develop(
    camera: CameraData,
    picture: wp.int32,  # number in the batch
    x0: wp.int32,
    y: wp.int32,
    lanes: wp.int32,
    scale: wp.float32,
    smooth: wp.int32,
    rays: wp.array2d(dtype=wp.vec3),
    guide: wp.array2d(dtype=wp.int32),
    depth: wp.array2d(dtype=wp.float32),
    normals: wp.array2d(dtype=wp.vec3),
    roughness: wp.array2d(dtype=wp.float32),
    albedo: wp.array2d(dtype=wp.vec3),
    diffuse: wp.array2d(dtype=wp.vec3),
    specular: wp.array2d(dtype=wp.vec3),
    srgb: wp.array(dtype=wp.uint8),
    linear: wp.array2d(dtype=wp.vec3),
    rgb: wp.array2d(dtype=wp.vec3ub),
): ...


@wp.kernel
def smooth_rows(
    cameras: wp.array(dtype=CameraData),
    lanes: wp.int32,  # pixels a thread
    first_row: wp.int32,
    scale: wp.float32,  # 1 / samples
    rays: wp.array2d(dtype=wp.vec3),
    guide: wp.array2d(dtype=wp.int32),
    depth: wp.array2d(dtype=wp.float32),
    normals: wp.array2d(dtype=wp.vec3),
    roughness: wp.array2d(dtype=wp.float32),
    diffuse: wp.array2d(dtype=wp.vec3),
    specular: wp.array2d(dtype=wp.vec3),
    row_diffuse: wp.array2d(dtype=wp.vec3),
    row_specular: wp.array2d(dtype=wp.vec3),
):
    """Joins neighbours' light along rows (A. Keller and W. Heidrich, Interleaved Sampling, EGWR 2001)."""
    thread, block = wp.tid()
    row = thread + first_row
    picture = row // cameras[0].height
    camera = cameras[picture]
    _smooth(
        camera, picture, lanes * block, row - picture * camera.height, lanes, scale, rays, guide, depth, normals, roughness, diffuse, specular,
        row_diffuse, row_specular,
    )  # fmt: skip


@wp.kernel
def develop(
    cameras: wp.array(dtype=CameraData),
    lanes: wp.int32,
    first_row: wp.int32,
    scale: wp.float32,
    smooth: wp.int32,
    rays: wp.array2d(dtype=wp.vec3),
    guide: wp.array2d(dtype=wp.int32),
    depth: wp.array2d(dtype=wp.float32),
    normals: wp.array2d(dtype=wp.vec3),
    roughness: wp.array2d(dtype=wp.float32),
    albedo: wp.array2d(dtype=wp.vec3),
    diffuse: wp.array2d(dtype=wp.vec3),
    specular: wp.array2d(dtype=wp.vec3),
    srgb: wp.array(dtype=wp.uint8),
    linear: wp.array2d(dtype=wp.vec3),  # comes with emission and background
    rgb: wp.array2d(dtype=wp.vec3ub),
):
    """Joins light along columns, gives it back its surface's colour, and applies the tone curve."""
    thread, block = wp.tid()
    row = thread + first_row
    picture = row // cameras[0].height
    camera = cameras[picture]
    _develop(
        camera, picture, lanes * block, row - picture * camera.height, lanes, scale, smooth, rays, guide, depth, normals, roughness,
        albedo, diffuse, specular, srgb, linear, rgb,
    )  # fmt: skip
