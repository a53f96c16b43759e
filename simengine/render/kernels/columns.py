# mypy: ignore-errors
"""Where rays through a mesh enter and leave it."""

import warp as wp

wp.set_module_options({"enable_backward": False})

__all__ = ["cross_columns"]


@wp.kernel
def cross_columns(
    mesh: wp.uint64,
    cell: wp.vec3,
    scale: wp.vec3,
    columns: wp.int32,  # rays along an edge of a cell
    height: wp.float32,
    steps: wp.array3d(dtype=wp.float32),  # (y, x, z): what the depth changes by from cell to cell
):
    """Follows rays along z; a crossing within a cell is shared out between it and the next one."""
    j, i = wp.tid()
    # off the middle, so that rays don't run along edges of the mesh
    x = (float(i) + 0.4871) / float(columns) * cell[0]
    y = (float(j) + 0.5213) / float(columns) * cell[1]
    z = float(0.0)
    count = int(0)
    while count < 256:
        query = wp.mesh_query_ray(mesh, wp.vec3(x, y, z), wp.vec3(0.0, 0.0, 1.0), height - z)
        if not query.result:
            break
        z += query.t
        at = z * scale[2]
        k = wp.min(int(at), steps.shape[2] - 2)
        part = at - float(k)
        step = wp.where(query.normal[2] < 0.0, 1.0, -1.0)
        steps[j, i, k] += step * (1.0 - part)
        steps[j, i, k + 1] += step * part
        z += 1.0e-6 * height
        count += 1
