# mypy: ignore-errors
"""Pixel-centre rays on the CPU: tiles of 8 x 8 pixels at a time, in native code.

All rays of a tile start at the eye. Its pyramid walks the trees of boxes once, and every triangle that reaches into
it is tested against eight rays of a row at once by edge functions that are linear in the picture plane (M. Olano
and T. Greer, Triangle Scan Conversion using 2D Homogeneous Coordinates, 1997). Corners are taken relative to the
tile's middle ray, which keeps float32 as precise as a test of single rays (S. Woop et al., JCGT 2(1), 2013), and
edge functions are not fused, so that two triangles agree on the edge that they share.
"""

import warp as wp

from simengine.render.kernels.traversal import INSTANCE, VECTORS

wp.set_module_options({"enable_backward": False})

__all__ = ["TILE", "cover_tile", "trace_tile"]

TILE = 8

_TILE = (
    INSTANCE
    + """
#if !defined(__CUDA_ARCH__)
"""
    + VECTORS
    + """
    // inward planes of the pyramid and the depth axis, each n . p + offset, in the frame of the boxes
    struct View {
        float n[5][3], offset[5], tolerance;
    };
    const int x1 = x0 + offset_x, y1 = y0 + offset_y;  // in the whole that the picture is a part of
    const float left = (x1 - center[0]) * scale[0], right = (x1 + 8 - center[0]) * scale[0];
    const float above = (y1 - center[1]) * scale[1], below = (y1 + 8 - center[1]) * scale[1];
    const float sx = 0.5f * (left + right), sy = 0.5f * (above + below);
    const float hx = 0.5f * (right - left), hy = 0.5f * (below - above);
    const float planes[5][3] = {{1, 0, -left}, {-1, 0, right}, {0, 1, -above}, {0, -1, below}, {0, 0, 1}};
    f8 dx, dy_rows;
    for (int k = 0; k < 8; ++k) {
        dx[k] = (k - 3.5f) * scale[0];
        dy_rows[k] = (k - 3.5f) * scale[1];
    }
    // camera from a frame: m, c
    auto view_of = [&](const float* m, const float* c, float reach) {
        View v;
        for (int k = 0; k < 5; ++k) {
            for (int a = 0; a < 3; ++a)
                v.n[k][a] = planes[k][0] * m[a] + planes[k][1] * m[3 + a] + planes[k][2] * m[6 + a];
            v.offset[k] = planes[k][0] * c[0] + planes[k][1] * c[1] + planes[k][2] * c[2];
        }
        v.tolerance = -1.0e-6f * reach;
        return v;
    };
    auto visit_tile = [&](const float* node, const View& v, float z_max, Entry* stack, int& top) {
        i8 in = -1;
        for (int k = 0; k < 4; ++k) {
            f8 d = v.offset[k];
            for (int a = 0; a < 3; ++a)
                d += load(node + 8 * a + (v.n[k][a] >= 0.0f ? 24 : 0)) * v.n[k][a];
            in &= d >= v.tolerance;
        }
        f8 near = v.offset[4];
        for (int a = 0; a < 3; ++a)
            near += load(node + 8 * a + (v.n[4][a] >= 0.0f ? 0 : 24)) * v.n[4][a];
        near += v.tolerance;
        push(node, near, bits(in & (near <= z_max)), stack, top, true);
    };
    f8 best_t[8], best_u[8], best_v[8];
    i8 best_face[8], best_instance[8], covered[8];
    float z_max = 3.0e38f;
    for (int r = 0; r < 8; ++r) {
        best_t[r] = z_max;
        best_instance[r] = best_face[r] = -1;
        covered[r] = 0;
    }
    // eight triangles; returns whether any pixel changed
    auto draw = [&](const float* p, const float* m, const float* c, int number) {
        #pragma clang fp contract(off)
        f8 x[3], y[3], z[3];
        for (int k = 0; k < 3; ++k) {
            f8 px = load(p + 24 * k), py = load(p + 24 * k + 8), pz = load(p + 24 * k + 16);
            z[k] = px * m[6] + py * m[7] + pz * m[8] + c[2];
            x[k] = px * m[0] + py * m[1] + pz * m[2] + c[0] - z[k] * sx;
            y[k] = px * m[3] + py * m[4] + pz * m[5] + c[1] - z[k] * sy;
        }
        auto all = [](i8 a, i8 b, i8 c) { return a & b & c; };
        f8 zero = 0.0f, most = z_max;
        f8 wx[3] = {z[0] * hx, z[1] * hx, z[2] * hx}, wy[3] = {z[0] * hy, z[1] * hy, z[2] * hy};
        i8 out = all(x[0] < -wx[0], x[1] < -wx[1], x[2] < -wx[2]) | all(x[0] > wx[0], x[1] > wx[1], x[2] > wx[2]);
        out |= all(y[0] < -wy[0], y[1] < -wy[1], y[2] < -wy[2]) | all(y[0] > wy[0], y[1] > wy[1], y[2] > wy[2]);
        out |= all(z[0] >= most, z[1] >= most, z[2] >= most) | all(z[0] <= zero, z[1] <= zero, z[2] <= zero);
        const int* face = (const int*)(p + 72);
        unsigned left_over = bits(~out & (*(const i8*)face >= 0));
        if (!left_over)
            return false;
        // rows that a triangle can reach
        f8 q[3] = {y[0] / wy[0], y[1] / wy[1], y[2] / wy[2]};
        f8 q_low = q[0] < q[1] ? q[0] : q[1], q_high = q[0] > q[1] ? q[0] : q[1];
        q_low = q_low < q[2] ? q_low : q[2];
        q_high = q_high > q[2] ? q_high : q[2];
        i8 front = (z[0] > zero) & (z[1] > zero) & (z[2] > zero);
        q_low = front ? q_low * 4.0f + 3.49f : zero;
        q_high = front ? q_high * 4.0f + 3.51f : zero + 7.0f;
        q_low = q_low > zero ? q_low : zero;
        q_high = q_high < 7.0f ? q_high : zero + 7.0f;
        f8 ux = y[1] * z[2] - z[1] * y[2], uy = z[1] * x[2] - x[1] * z[2], uz = x[1] * y[2] - y[1] * x[2];
        f8 vx = y[2] * z[0] - z[2] * y[0], vy = z[2] * x[0] - x[2] * z[0], vz = x[2] * y[0] - y[2] * x[0];
        f8 wx_ = y[0] * z[1] - z[0] * y[1], wy_ = z[0] * x[1] - x[0] * z[1], wz = x[0] * y[1] - y[0] * x[1];
        bool changed = false;
        do {
            int k = __builtin_ctz(left_over);
            left_over &= left_over - 1;
            f8 u_row = dx * ux[k], v_row = dx * vx[k], w_row = dx * wx_[k];
            int end = (int)q_high[k];
            for (int r = (int)__builtin_ceilf(q_low[k]); r <= end; ++r) {
                float dy = dy_rows[r];
                f8 u = u_row + (dy * uy[k] + uz[k]);
                f8 v = v_row + (dy * vy[k] + vz[k]);
                f8 w = w_row + (dy * wy_[k] + wz[k]);
                f8 sum = u + v + w;
                f8 least = u < v ? u : v;
                least = least < w ? least : w;
                f8 largest = u > v ? u : v;
                largest = largest > w ? largest : w;
                i8 in = ((least >= zero) | (largest <= zero)) & (sum != zero);
                if (!bits(in))
                    continue;
                f8 inverse = 1.0f / sum;
                f8 t = (u * z[0][k] + v * z[1][k] + w * z[2][k]) * inverse;
                in &= t >= zero;
                if (cover) {
                    covered[r] |= in;
                } else {
                    in &= t < best_t[r];
                    best_t[r] = in ? t : best_t[r];
                    best_u[r] = in ? u * inverse : best_u[r];
                    best_v[r] = in ? v * inverse : best_v[r];
                    best_face[r] = in ? (i8)face[k] : best_face[r];
                    best_instance[r] = in ? (i8)number : best_instance[r];
                }
                changed = true;
            }
        } while (left_over);
        return changed;
    };
    // whether nothing that is farther can change the tile; brings z_max up to date
    auto done = [&]() {
        if (cover) {
            i8 full = covered[0];
            for (int r = 1; r < 8; ++r)
                full &= covered[r];
            return bits(full) == 255;
        }
        f8 far = best_t[0];
        for (int r = 1; r < 8; ++r)
            far = far > best_t[r] ? far : best_t[r];
        z_max = __builtin_reduce_max(far);
        return false;
    };
    Entry stack[512];
    int top = 0;
    auto draw_instance = [&](int number) {
        const Instance& instance = ((const Instance*)instances)[number];
        float m[9], c[3];
        for (int a = 0; a < 3; ++a) {
            c[a] = 0.0f;
            for (int b = 0; b < 3; ++b) {
                c[a] += rotation.data[b][a] * instance.position[b];
                m[3 * a + b] = 0.0f;
                for (int k = 0; k < 3; ++k)
                    m[3 * a + b] += rotation.data[k][a] * instance.rotation[3 * k + b];
            }
        }
        const View view = view_of(m, c, instance.reach);
        const int bottom = top;
        visit_tile(instance.nodes, view, z_max, stack, top);
        while (top > bottom) {
            Entry e = stack[--top];
            if (e.t > z_max)
                continue;
            if (e.count == 0) {
                if (top < 500)
                    visit_tile(instance.nodes + 64 * e.content, view, z_max, stack, top);
                continue;
            }
            bool changed = false;
            for (int b = e.content; b < e.content + e.count; ++b)
                changed |= draw(instance.triangles + 80 * b, m, c, number);
            if (changed && done()) {
                top = bottom;
                return true;
            }
        }
        return false;
    };
"""
)

_TRACE = (
    "const bool cover = false;"
    + _TILE
    + """
    float turn[9], nowhere[3] = {0.0f, 0.0f, 0.0f};
    for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b)
            turn[3 * a + b] = rotation.data[b][a];
    const View view = view_of(turn, nowhere, reach);
    visit_tile((const float*)tree, view, z_max, stack, top);
    while (top > 0) {
        Entry e = stack[--top];
        if (e.t > z_max)
            continue;
        if (e.count == 0) {
            if (top < 240)
                visit_tile((const float*)tree + 64 * e.content, view, z_max, stack, top);
            continue;
        }
        for (int i = e.content; i < e.content + e.count; ++i)
            draw_instance(((const int*)items)[i]);
    }
    struct Hit {
        int instance, face;
        float u, v, t;
    };
    for (int r = 0; r < 8 && y0 + r < height; ++r)
        for (int k = 0; k < 8 && x0 + k < width; ++k) {
            Hit& hit = ((Hit*)hits)[(y0 + r) * width + x0 + k];
            hit.instance = best_instance[r][k];
            hit.face = best_face[r][k];
            hit.u = best_u[r][k];
            hit.v = best_v[r][k];
            hit.t = best_t[r][k];
        }
#endif
"""
)

_COVER = (
    "const bool cover = true;"
    + _TILE
    + """
    // what is seen certainly belongs to the outline
    const bool within = x0 >= 0 && y0 >= 0 && x0 + 8 <= width && y0 + 8 <= height;
    for (int r = 0; r < 8; ++r) {
        const int y = y0 + r;
        const int* row = (const int*)seen + y * width;
        if (within)
            covered[r] = *(const i8*)(row + x0) == id;
        else if (y >= 0 && y < height)
            for (int x = x0 > 0 ? x0 : 0; x < x0 + 8 && x < width; ++x)
                covered[r][x - x0] = row[x] == id ? -1 : 0;
    }
    bool full = done();
    for (int i = begin; i < end && !full; ++i)
        full = draw_instance(((const int*)members)[i]);
    typedef unsigned char Bytes __attribute__((ext_vector_type(8)));
    const int across = right_edge - x0 < 8 ? right_edge - x0 : 8;
    for (int r = 0; r < 8 && y0 + r < bottom_edge; ++r) {
        Bytes bytes = __builtin_convertvector(covered[r] & 1, Bytes);
        __builtin_memcpy((char*)mask + r * stride, &bytes, across);
    }
#endif
"""
)


@wp.func_native(_TRACE)
def trace_tile(
    tree: wp.uint64, items: wp.uint64, instances: wp.uint64, reach: wp.float32,
    rotation: wp.mat33, scale: wp.vec2, center: wp.vec2, offset_x: wp.int32, offset_y: wp.int32,
    x0: wp.int32, y0: wp.int32, width: wp.int32, height: wp.int32, hits: wp.uint64,
): ...  # fmt: skip


@wp.func_native(_COVER)
def cover_tile(
    instances: wp.uint64, members: wp.uint64, begin: wp.int32, end: wp.int32, id: wp.int32, seen: wp.uint64,
    rotation: wp.mat33, scale: wp.vec2, center: wp.vec2, offset_x: wp.int32, offset_y: wp.int32,
    x0: wp.int32, y0: wp.int32, width: wp.int32, height: wp.int32, right_edge: wp.int32, bottom_edge: wp.int32,
    mask: wp.uint64, stride: wp.int32,
): ...  # fmt: skip
