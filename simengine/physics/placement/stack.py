"""Objects one upon another."""

from __future__ import annotations

import numpy as np

from simengine.physics.body import Body
from simengine.physics.frames import about_z, matrix
from simengine.physics.placement.site import Ground, Site
from simengine.sampling.streams import uniforms
from simengine.scene.schema.placement import Stack

__all__ = ["Piles", "place_stack"]

Piles = dict[tuple[str, float, float], tuple[float, float, float, float]]
"""Top of each pile: x, y, height in the site's frame [m] and turn [rad], by site and centre."""


def place_stack(body: Body, site: Site, ground: Ground, rng: np.random.Generator, piles: Piles) -> None:
    """Lays a body on the pile at its centre; all bodies with the same surface and centre share a pile.

    Args:
        body: The body.
        site: The surface.
        ground: What is placed already.
        rng: The body's own stream.
        piles: The piles so far; changed.
    """
    stack: Stack = body.source.spec.placement.value
    center = np.add(stack.center, body.source.offset[:2])
    key = (site.name, float(center[0]), float(center[1]))
    draws = uniforms(rng, 3)
    x, y, height, turn = piles.get(key, (*center.tolist(), 0.0, 0.0))
    if key in piles:  # uniform over a disk
        radius, angle = stack.jitter * np.sqrt(draws[0]), 2 * np.pi * draws[1]
        x, y = x + radius * np.cos(angle), y + radius * np.sin(angle)
    turn += stack.turn * (2 * draws[2] - 1)
    levels = (body.points @ matrix(about_z(turn)).T)[:, 2]
    ground.place(body, site.pose((x, y, height - levels.min()), about_z(turn)))
    piles[key] = (x, y, height + float(np.ptp(levels)), turn)
