"""Objects stood on a surface at random points."""

from __future__ import annotations

import numpy as np

from simengine.errors import Rejected
from simengine.physics.body import Body
from simengine.physics.frames import about_z, matrix
from simengine.physics.placement.site import Ground, Site, extents
from simengine.physics.placement.volume import Volumes
from simengine.sampling.streams import uniforms
from simengine.scene.schema.placement import Scatter

__all__ = ["place_scatter"]

_TRIES = 1024  # random sequential packing finds the last places late (jamming at 54.7 % for disks)
_TURNS = 8  # turns tried where none is given: a long thing may fit only one way


def place_scatter(body: Body, site: Site, ground: Ground, rng: np.random.Generator) -> None:
    """Stands a body on a site, its lowest point exactly on the surface, clear of all that is there.

    Without a rotation of its own it turns about z as drawn, and anew where that turn leaves no room.

    Args:
        body: The body.
        site: The surface.
        ground: What is placed already.
        rng: The body's own stream.

    Raises:
        Rejected: The region is too small, or has no room left.
    """
    scatter: Scatter = body.source.spec.placement.value
    low, high = _region(body, site)
    fits = False
    for _ in range(1 if scatter.rotation else _TURNS):
        rotation = np.asarray(scatter.rotation) if scatter.rotation else about_z(2 * np.pi * uniforms(rng))
        shape = Volumes.around([body.points @ matrix(rotation).T])
        first, last = low - shape.low[0, :2], high - shape.high[0, :2]
        if np.any(first > last):
            continue
        fits = True
        points = np.empty((_TRIES, 3))
        points[:, :2] = first + uniforms(rng, (_TRIES, 2)) * (last - first)
        points[:, 2] = -shape.low[0, 2]
        free = np.flatnonzero(~site.blocked(shape, points, gap=scatter.gap))
        if free.size:
            ground.place(body, site.pose(points[free[0]], rotation))
            return
    if not fits:
        raise Rejected(
            "placement",
            f"{body.name} ({extents(body.points)}) is larger than its region on {site.name} "
            f"({extents(np.array([low, high]))}): enlarge `scatter.size` or the surface, or make the object smaller.",
        )
    raise Rejected(
        "placement",
        f"no room for {body.name} ({extents(body.points)}) on {site.name} after {_TRIES} tries among "
        f"{len(ground.poses)} others: lower the counts or `scatter.gap`, or enlarge `scatter.size`.",
    )


def _region(body: Body, site: Site) -> tuple[np.ndarray, np.ndarray]:
    """Corners of the region in the site's frame: what the file says, cut to the surface."""
    scatter: Scatter = body.source.spec.placement.value
    size = scatter.size or site.size
    if size is None:
        raise Rejected("placement", f"{body.name} is scattered on {site.name}, which has no end: give `scatter.size`.")
    center = np.add(scatter.center, body.source.offset[:2])
    low, high = center - np.divide(size, 2), center + np.divide(size, 2)
    if site.size is not None:
        low, high = np.maximum(low, -np.divide(site.size, 2)), np.minimum(high, np.divide(site.size, 2))
    return low, high
