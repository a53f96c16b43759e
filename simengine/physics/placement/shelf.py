"""Objects in rows on the boards of a rack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simengine.errors import Rejected
from simengine.physics.body import Body
from simengine.physics.frames import about_z, matrix
from simengine.physics.placement.site import Ground, Site, extents
from simengine.physics.placement.volume import Volumes
from simengine.sampling.streams import uniforms
from simengine.scene.schema.placement import Shelf

__all__ = ["Rows", "place_shelf"]


@dataclass
class Row:
    """The row that is being filled on a board: next free x, its front and its depth so far [m], from the edges."""

    x: float = 0.0
    front: float = 0.0
    depth: float = 0.0


Rows = dict[str, Row]
"""The row that is being filled, by the site's name."""


def place_shelf(body: Body, rack: Body, ground: Ground, rng: np.random.Generator, rows: Rows) -> None:
    """Stands a body next to the last one on a board: from the left, fronts (towards -y) aligned, row behind row.

    Where no board is named, boards are tried in random order.

    Args:
        body: The body.
        rack: Its rack, already placed.
        ground: What is placed already.
        rng: The body's own stream.
        rows: The rows so far; changed.

    Raises:
        Rejected: No board that it may stand on has room for it.
    """
    shelf: Shelf = body.source.spec.placement.value
    turn = shelf.turn * (2 * uniforms(rng) - 1)
    shape = Volumes.around([body.points @ matrix(about_z(turn)).T])
    names = [name for name in rack.asset.surfaces if name.startswith("level[")]
    order = np.argsort(uniforms(rng, max(len(names), 1)), kind="stable")
    wanted = [f"level[{shelf.level}]"] if shelf.level is not None else [names[i] for i in order[: len(names)]]
    for name in wanted:
        site = ground.site(rack, name)
        spot = _next_spot(shape, site, rows.setdefault(site.name, Row()), shelf.gap)
        if spot is not None:
            ground.place(body, site.pose(spot, about_z(turn)))
            return
    raise Rejected(
        "placement",
        f"{body.name} ({extents(body.points)}) fits on none of {', '.join(wanted) or 'the boards'} of {rack.name}: "
        "lower the counts or `shelf.gap`, or take a larger rack.",
    )


def _next_spot(shape: Volumes, site: Site, row: Row, gap: float) -> tuple[float, float, float] | None:
    """Origin of the body in the site's frame; opens a row behind where this one is full. None if the board is full."""
    width, depth = site.size or (0.0, 0.0)
    edges = shape.high[0] - shape.low[0]
    trial = Row(row.x, row.front, row.depth)
    if trial.x + edges[0] > width and trial.x > 0:
        trial = Row(0.0, row.front + row.depth + gap, 0.0)
    if trial.x + edges[0] > width or trial.front + edges[1] > depth:
        return None
    corner = np.array([trial.x - width / 2, trial.front - depth / 2, 0.0])
    spot = corner - shape.low[0]
    if site.blocked(shape, spot[None])[0]:
        return None
    row.x, row.front, row.depth = trial.x + edges[0] + gap, trial.front, max(trial.depth, float(edges[1]))
    return tuple(spot.tolist())
