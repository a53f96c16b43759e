"""Closed forms of the light that reaches a point."""

import numpy as np

__all__ = ["irradiance_from_polygon"]


def irradiance_from_polygon(points, normal, corners, radiance):
    """Irradiance by an unoccluded polygon wholly above the horizon, J. H. Lambert, Photometria (1760).

    Args:
        points: Shape (N, 3).
        normal: Unit normal of the receiver.
        corners: Corners of the polygon, shape (K, 3).
        radiance: Its radiance, equal in all directions.
    """
    to = corners[None] - points[:, None]
    to = to / np.linalg.norm(to, axis=-1, keepdims=True)
    after = np.roll(to, -1, axis=1)
    angle = np.arccos(np.clip((to * after).sum(-1), -1, 1))
    edge = np.cross(to, after)
    edge = edge / np.linalg.norm(edge, axis=-1, keepdims=True)
    return np.abs(radiance / 2 * (angle * (edge @ normal)).sum(axis=1))
