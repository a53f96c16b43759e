# mypy: ignore-errors
"""Rays through instances of meshes: native code for trees of eight boxes a node.

On the CPU a ray meets eight boxes or eight triangles at once (I. Wald et al., Getting Rid of Packets, 2008), in
vectors that the compiler maps to what the processor has. On CUDA, one thread a ray, Warp's own queries do the
meshes. Triangles are tested watertight (S. Woop et al., JCGT 2(1), 2013); edges are never rounded by a fused
multiply-add, so that two triangles agree on the edge that they share.
"""

import warp as wp

wp.set_module_options({"enable_backward": False})

__all__ = ["INSTANCE", "VECTORS", "Found", "collapse", "find_any", "find_closest", "meets_instance"]

Found = wp.types.vector(length=5, dtype=wp.float32)  # t, u, v, bits of the instance (-1 for none) and of the face

# A node is 64 words: lower x, y, z and upper x, y, z of eight boxes, then their contents and their counts. A box
# holds the node `content` (count 0), or blocks of triangles (of a mesh) or items (of instances) from `content` on.
# A block is 80 words: x, y, z of three corners of eight triangles, then their numbers.

VECTORS = """
    typedef float f8 __attribute__((ext_vector_type(8), aligned(4)));
    typedef int i8 __attribute__((ext_vector_type(8), aligned(4)));
    typedef bool b8 __attribute__((ext_vector_type(8)));
    struct Ray {
        float o[3], d[3], inverse[3];
        long long near[3], far[3];  // 64 bits: pairs of narrower ones are read at once right after being written
    };
    struct Entry {
        int content, count;
        float t;
    };
    auto load = [](const float* p) { return *(const f8*)p; };
    auto bits = [](i8 mask) {
        b8 b = __builtin_convertvector(mask, b8);
        unsigned char m;
        __builtin_memcpy(&m, &b, 1);
        return (unsigned)m;
    };
    auto prepare = [](Ray& r) {
        for (int a = 0; a < 3; ++a) {
            float d = r.d[a];
            if (d < 0.0f ? d > -1.0e-20f : d < 1.0e-20f)
                d = 1.0e-20f;
            r.inverse[a] = 1.0f / d;
            r.near[a] = 8 * a + (d < 0.0f ? 24 : 0);
            r.far[a] = 16 * a + 24 - r.near[a];
        }
    };
    // enters boxes of a node on the stack; where `sorted`, the nearest on top
    auto push = [](const float* node, f8 near, unsigned met, Entry* stack, int& top, bool sorted) {
        const int* content = (const int*)(node + 48);
        const int* count = (const int*)(node + 56);
        const int first = top;
        while (met) {
            int k = __builtin_ctz(met);
            met &= met - 1;
            float t = near[k];
            int at = top++;
            if (sorted)
                for (; at > first && stack[at - 1].t < t; --at)
                    stack[at] = stack[at - 1];
            stack[at].content = content[k];
            stack[at].count = count[k];
            stack[at].t = t;
        }
    };
    // boxes that the ray meets before t_max
    auto visit = [&](const float* node, const Ray& r, float t_max, Entry* stack, int& top, bool sorted) {
        f8 nx = (load(node + r.near[0]) - r.o[0]) * r.inverse[0];
        f8 ny = (load(node + r.near[1]) - r.o[1]) * r.inverse[1];
        f8 nz = (load(node + r.near[2]) - r.o[2]) * r.inverse[2];
        f8 fx = (load(node + r.far[0]) - r.o[0]) * r.inverse[0];
        f8 fy = (load(node + r.far[1]) - r.o[1]) * r.inverse[1];
        f8 fz = (load(node + r.far[2]) - r.o[2]) * r.inverse[2];
        f8 zero = 0.0f, most = t_max;
        f8 near = nx > ny ? nx : ny;
        near = near > nz ? near : nz;
        near = near > zero ? near : zero;
        f8 far = fx < fy ? fx : fy;
        far = far < fz ? far : fz;
        far = far * 1.0000004f;  // T. Ize, Robust BVH Ray Traversal, JCGT 2(2), 2013
        far = far < most ? far : most;
        push(node, near, bits(near <= far), stack, top, sorted);
    };
"""

_TRIANGLES = """
    struct Shear {
        long long x, y, z;
        float sx, sy, sz;
    };
    auto shear_of = [](const Ray& r) {
        float ax = __builtin_fabsf(r.d[0]), ay = __builtin_fabsf(r.d[1]), az = __builtin_fabsf(r.d[2]);
        Shear s;
        s.z = ax > ay ? (ax > az ? 0 : 2) : (ay > az ? 1 : 2);
        s.x = s.z == 2 ? 0 : s.z + 1;
        s.y = s.x == 2 ? 0 : s.x + 1;
        s.sz = 1.0f / r.d[s.z];
        s.sx = r.d[s.x] * s.sz;
        s.sy = r.d[s.y] * s.sz;
        return s;
    };
    struct Meet {
        f8 t, u, v;
        unsigned mask;
    };
    auto meet = [&](const float* p, const Ray& r, const Shear& s, float t_max) {
        #pragma clang fp contract(off)
        const float* px = p + 8 * s.x;
        const float* py = p + 8 * s.y;
        const float* pz = p + 8 * s.z;
        float ox = r.o[s.x], oy = r.o[s.y], oz = r.o[s.z];
        f8 az = load(pz) - oz, bz = load(pz + 24) - oz, cz = load(pz + 48) - oz;
        f8 ax = load(px) - ox - az * s.sx, ay = load(py) - oy - az * s.sy;
        f8 bx = load(px + 24) - ox - bz * s.sx, by = load(py + 24) - oy - bz * s.sy;
        f8 cx = load(px + 48) - ox - cz * s.sx, cy = load(py + 48) - oy - cz * s.sy;
        f8 u = cx * by - cy * bx;
        f8 v = ax * cy - ay * cx;
        f8 w = bx * ay - by * ax;
        f8 zero = 0.0f, most = t_max;
        f8 least = u < v ? u : v;
        least = least < w ? least : w;
        f8 largest = u > v ? u : v;
        largest = largest > w ? largest : w;
        f8 sum = u + v + w;
        i8 inside = ((least >= zero) | (largest <= zero)) & (sum != zero);
        Meet m;
        m.mask = bits(inside);
        if (m.mask) {
            f8 inverse = 1.0f / sum;
            m.t = (u * az + v * bz + w * cz) * s.sz * inverse;
            m.u = u * inverse;
            m.v = v * inverse;
            m.mask = bits(inside & (m.t >= zero) & (m.t < most));
        }
        return m;
    };
"""

INSTANCE = """
    using namespace wp;
    struct Instance {
        float rotation[9], position[3];  // world from mesh, row by row
        float reach, unused;  // largest coordinate in the world
        const float *nodes, *triangles;  // on CUDA the first is the number of Warp's mesh
    };
    auto into = [](const Instance& i, const float* o, const float* d, float* local_o, float* local_d) {
        float x = o[0] - i.position[0], y = o[1] - i.position[1], z = o[2] - i.position[2];
        for (int a = 0; a < 3; ++a) {
            local_o[a] = x * i.rotation[a] + y * i.rotation[3 + a] + z * i.rotation[6 + a];
            local_d[a] = d[0] * i.rotation[a] + d[1] * i.rotation[3 + a] + d[2] * i.rotation[6 + a];
        }
    };
"""

# `any`: whether the first hit found will do; `only`: the number of the only instance to test, -1 for all.
_WALK = (
    INSTANCE
    + """
    vec_t<5, float32> hit;
    hit[0] = t_max;
    int found = -1, face = -1;
#if defined(__CUDA_ARCH__)
    auto enter = [&](int i) {
        const Instance& instance = ((const Instance*)instances)[i];
        vec3 o, d, normal;
        float t, u, v, sign;
        int f;
        into(instance, &origin[0], &direction[0], &o[0], &d[0]);
        if (any) {
            if (mesh_query_ray_anyhit((uint64_t)instance.nodes, o, d, t_max))
                found = i;
        } else if (mesh_query_ray((uint64_t)instance.nodes, o, d, hit[0], t, u, v, sign, normal, f) && t < hit[0]) {
            hit[0] = t;
            hit[1] = u;
            hit[2] = v;
            found = i;
            face = f;
        }
    };
    if (only >= 0) {
        enter(only);
    } else {
        float inverse[3];
        for (int a = 0; a < 3; ++a)
            inverse[a] = 1.0f / (fabsf(direction[a]) < 1.0e-20f ? 1.0e-20f : direction[a]);
        int stack[128], top = 0;
        stack[top++] = 0;
        while (top > 0 && !(any && found >= 0)) {
            const float* node = (const float*)tree + 64 * stack[--top];
            for (int k = 7; k >= 0; --k) {
                float near = 0.0f, far = hit[0];
                for (int a = 0; a < 3; ++a) {
                    const int first = inverse[a] < 0.0f ? 24 : 0;  // boxes left empty are inside out: never met
                    near = fmaxf(near, (node[first + 8 * a + k] - origin[a]) * inverse[a]);
                    far = fminf(far, (node[24 - first + 8 * a + k] - origin[a]) * inverse[a] * 1.0000004f);
                }
                if (near > far)
                    continue;
                const int content = ((const int*)node)[48 + k], count = ((const int*)node)[56 + k];
                if (count == 0 && top < 128)
                    stack[top++] = content;
                for (int c = content; c < content + count && !(any && found >= 0); ++c)
                    enter(((const int*)items)[c]);
            }
        }
    }
#else
"""
    + VECTORS
    + _TRIANGLES
    + """
    Ray world;
    for (int a = 0; a < 3; ++a) {
        world.o[a] = origin[a];
        world.d[a] = direction[a];
    }
    Entry stack[512];
    int top = 0;
    auto enter = [&](int i) {
        const Instance& instance = ((const Instance*)instances)[i];
        Ray ray;
        into(instance, world.o, world.d, ray.o, ray.d);
        prepare(ray);
        const Shear shear = shear_of(ray);
        const int bottom = top;
        visit(instance.nodes, ray, hit[0], stack, top, !any);
        while (top > bottom) {
            const Entry e = stack[--top];
            if (!any && e.t >= hit[0])
                continue;
            if (e.count == 0) {
                if (top < 500)
                    visit(instance.nodes + 64 * e.content, ray, hit[0], stack, top, !any);
                continue;
            }
            for (int b = e.content; b < e.content + e.count; ++b) {
                const float* block = instance.triangles + 80 * b;
                Meet met = meet(block, ray, shear, hit[0]);
                if (any && met.mask) {
                    found = i;
                    top = bottom;
                    break;
                }
                while (met.mask) {
                    int k = __builtin_ctz(met.mask);
                    met.mask &= met.mask - 1;
                    if (met.t[k] < hit[0]) {
                        hit[0] = met.t[k];
                        hit[1] = met.u[k];
                        hit[2] = met.v[k];
                        face = ((const int*)block)[72 + k];
                        found = i;
                    }
                }
            }
        }
    };
    if (only >= 0) {
        enter(only);
    } else {
        prepare(world);
        visit((const float*)tree, world, hit[0], stack, top, !any);
        while (top > 0 && !(any && found >= 0)) {
            const Entry e = stack[--top];
            if (!any && e.t >= hit[0])
                continue;
            if (e.count == 0 && top < 240)
                visit((const float*)tree + 64 * e.content, world, hit[0], stack, top, !any);
            for (int c = e.content; c < e.content + e.count && !(any && found >= 0); ++c)
                enter(((const int*)items)[c]);
        }
    }
#endif
"""
)


@wp.func_native(
    "const bool any = false;\nconst int only = -1;\n"
    + _WALK
    + """
    hit[3] = __int_as_float(found);
    hit[4] = __int_as_float(face);
    return hit;
"""
)
def find_closest(
    tree: wp.uint64, items: wp.uint64, instances: wp.uint64, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32
) -> Found: ...


@wp.func_native("const bool any = true;\nconst int only = -1;\n" + _WALK + "return found >= 0;")
def find_any(
    tree: wp.uint64, items: wp.uint64, instances: wp.uint64, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32
) -> bool: ...


@wp.func_native("const bool any = true;\nuint64_t tree = 0, items = 0;\n" + _WALK + "return found >= 0;")
def meets_instance(
    instances: wp.uint64, only: wp.int32, origin: wp.vec3, direction: wp.vec3, t_max: wp.float32
) -> bool: ...


# Warp's binary tree as a tree of eight boxes a node: of a node's boxes the largest is opened until there are eight.
_COLLAPSE = """
    using namespace wp;
#if !defined(__CUDA_ARCH__)
    const BVH& bvh = is_mesh ? ((const Mesh*)id)->bvh : *(const BVH*)id;
    const int capacity = is_mesh ? 8 : 1;  // of a block
    auto first_of = [&](int n) {
        while (!bvh.node_lowers[n].b)
            n = bvh.node_lowers[n].i;
        return (int)bvh.node_lowers[n].i;
    };
    auto end_of = [&](int n) {
        while (!bvh.node_lowers[n].b)
            n = bvh.node_uppers[n].i;
        return (int)bvh.node_uppers[n].i;
    };
    auto is_leaf = [&](int n) {
        if (bvh.node_lowers[n].b)
            return true;
        return is_mesh && end_of(n) - first_of(n) <= capacity;
    };
    auto area = [&](int n) {
        const BVHPackedNodeHalf &l = bvh.node_lowers[n], &u = bvh.node_uppers[n];
        float x = u.x - l.x, y = u.y - l.y, z = u.z - l.z;
        return x * y + y * z + z * x;
    };
    struct Open {
        int binary, wide;
    };
    Open stack[512];
    int top = 0, node_count = 1, block_count = 0;
    const int root = group < 0 ? (bvh.num_items > 0 ? *bvh.root : -1) : bvh_get_group_root(id, group);
    stack[top++] = {root, 0};
    while (top > 0) {
        Open open = stack[--top];
        int members[8], size = open.binary >= 0;  // no node in an empty tree
        members[0] = open.binary;
        while (size < 8) {
            int best = -1;
            for (int k = 0; k < size; ++k)
                if (!is_leaf(members[k]) && (best < 0 || area(members[k]) > area(members[best])))
                    best = k;
            if (best < 0)
                break;
            int n = members[best];
            members[best] = bvh.node_lowers[n].i;
            members[size++] = bvh.node_uppers[n].i;
        }
        float* node = fill ? (float*)nodes + 64 * open.wide : nullptr;
        for (int k = 0; k < 8; ++k) {
            int content = 0, count = 0;
            if (k < size) {
                int n = members[k];
                if (is_leaf(n)) {
                    int begin = first_of(n), end = end_of(n);
                    content = is_mesh ? block_count : begin;
                    count = (end - begin + capacity - 1) / capacity;
                    for (int b = 0; is_mesh && fill && b < count; ++b) {
                        const Mesh& mesh = *(const Mesh*)id;
                        float* block = (float*)blocks + 80 * (block_count + b);
                        for (int j = 0; j < 8; ++j) {
                            int p = begin + 8 * b + j;
                            int face = p < end ? bvh.primitive_indices[p] : -1;
                            for (int c = 0; c < 9; ++c)
                                block[8 * c + j] = face < 0 ? 0.0f : mesh.points[mesh.indices[3 * face + c / 3]][c % 3];
                            ((int*)block)[72 + j] = face;
                        }
                    }
                    if (!is_mesh && fill)
                        for (int p = begin; p < end; ++p)
                            ((int*)blocks)[p] = bvh.primitive_indices[p];
                    block_count += count;
                } else {
                    content = node_count++;
                    stack[top++] = {n, content};
                }
                if (fill) {
                    const BVHPackedNodeHalf &l = bvh.node_lowers[n], &u = bvh.node_uppers[n];
                    node[k] = l.x, node[8 + k] = l.y, node[16 + k] = l.z;
                    node[24 + k] = u.x, node[32 + k] = u.y, node[40 + k] = u.z;
                }
            } else if (fill) {
                for (int a = 0; a < 3; ++a) {
                    node[8 * a + k] = 3.0e38f;
                    node[24 + 8 * a + k] = -3.0e38f;
                }
            }
            if (fill) {
                ((int*)node)[48 + k] = content;
                ((int*)node)[56 + k] = count;
            }
        }
    }
    ((int*)counts)[0] = node_count;
    ((int*)counts)[1] = block_count;
#endif
"""


@wp.func_native(_COLLAPSE)
def _collapse(
    id: wp.uint64, is_mesh: wp.bool, group: wp.int32, fill: wp.bool, nodes: wp.uint64, blocks: wp.uint64,
    counts: wp.uint64,
): ...  # fmt: skip


@wp.kernel
def collapse(
    id: wp.uint64,
    is_mesh: wp.bool,
    groups: wp.array(dtype=wp.int32),  # to collapse, a tree each; -1 for all that there is
    starts: wp.array(dtype=wp.int32),  # first node of each tree
    fill: wp.bool,
    nodes: wp.uint64,
    blocks: wp.uint64,
    counts: wp.array2d(dtype=wp.int32),  # nodes and blocks of each tree
):
    """Counts (`fill` false) or writes nodes and blocks of the mesh or the trees `id`, on the CPU."""
    k = wp.tid()
    first = nodes + wp.uint64(256) * wp.uint64(starts[k])
    _collapse(id, is_mesh, groups[k], fill, first, blocks, counts.ptr + wp.uint64(8 * k))
