"""Gives every object of a scene its place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simengine.errors import Rejected
from simengine.physics.body import Body, Pose
from simengine.physics.placement.drop import place_drop
from simengine.physics.placement.fixed import place_fixed
from simengine.physics.placement.scatter import place_scatter
from simengine.physics.placement.shelf import Rows, place_shelf
from simengine.physics.placement.site import Ground
from simengine.physics.placement.stack import Piles, place_stack
from simengine.scene.scene import Scene

__all__ = ["place"]


def place(scene: Scene, bodies: Sequence[Body]) -> list[Pose]:
    """Places all bodies: fixed ones first, then what stands on something, then what is dropped.

    Every body draws from its own stream ``objects.NAME[i].placement``.

    Args:
        scene: The scene, for its streams.
        bodies: All of its bodies.

    Returns:
        Their poses at release, in the same order.

    Raises:
        Rejected: A placement can't be met; the reason names the object, the sizes and the remedy.
    """
    ground = Ground({body.name: body for body in bodies})
    by_tag: dict[str, list[Body]] = {"fixed": [], "drop": []}
    for body in bodies:
        by_tag.setdefault(body.source.spec.placement.tag, []).append(body)
    for body in sorted(by_tag.pop("fixed"), key=lambda body: body.dynamic):
        place_fixed(body, ground)
    drops = by_tag.pop("drop")
    standing = [body for body in bodies if body.source.spec.placement.tag in by_tag]
    _place_standing(scene, sorted(standing, key=_precedence), ground)
    for body in drops:
        place_drop(body, ground, _stream(scene, body))
    return [ground.poses[body.name] for body in bodies]


def _precedence(body: Body) -> tuple[bool, float]:
    """Rows and piles before what is scattered around them, and of that the large before the small, which fit in later."""
    scattered = body.source.spec.placement.tag == "scatter"
    return scattered, -float(np.prod(np.ptp(body.points[:, :2], axis=0))) if scattered else 0.0


def _place_standing(scene: Scene, bodies: list[Body], ground: Ground) -> None:
    """Scatters, stacks and shelves; whatever bears another goes first."""
    piles: Piles = {}
    rows: Rows = {}
    while bodies:
        waiting = []
        for body in bodies:
            tag, spec = body.source.spec.placement.tag, body.source.spec.placement.value
            bearer = ground.bearer(body, spec.on) if spec.on else None
            if spec.on and bearer is None:
                waiting.append(body)
            elif tag == "shelf":
                assert bearer is not None
                place_shelf(body, bearer, ground, _stream(scene, body), rows)
            elif tag == "stack":
                place_stack(body, ground.site(bearer), ground, _stream(scene, body), piles)
            else:
                place_scatter(body, ground.site(bearer), ground, _stream(scene, body))
        if len(waiting) == len(bodies):
            pairs = ", ".join(f"{body.name} on {body.source.spec.placement.value.on}" for body in waiting[:5])
            raise Rejected(
                "placement",
                f"these stand on things that are dropped or on one another: {pairs}; stand them on fixed things.",
            )
        bodies = waiting


def _stream(scene: Scene, body: Body):
    return scene.stream(f"objects.{body.source.group}[{body.source.copy}].placement")
