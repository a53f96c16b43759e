"""Classes of objects, by the rules that a scene states."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from simengine.assets.mesh import Asset
from simengine.errors import SimengineError
from simengine.scene.scene import SceneObject

__all__ = ["face_up", "object_class"]


def object_class(thing: SceneObject, asset: Asset, rotation: ArrayLike) -> str | None:
    """The class of an object in one pose.

    Args:
        thing: The object.
        asset: Its shape, built.
        rotation: World from object at the time of the picture, shape (3, 3).

    Returns:
        The class name, or None for background: an object without a rule, or with a face up that the rule's
        `classes` leave out.

    Raises:
        SimengineError: If the rule is `face_up` and the shape names no directions.
    """
    rule = thing.spec.label
    if rule is None:
        return None
    if rule.face_up is None:
        return rule.name
    if not asset.directions:
        raise SimengineError(
            f"objects.{thing.group}.label.face_up: the shape {thing.spec.shape.tag} names no directions; use a shape "
            "that does (die), or `label: {name: ...}`."
        )
    face = face_up(asset.directions, rotation)
    classes = rule.face_up.classes
    return face if classes is None else classes.get(face)


def face_up(directions: dict[str, tuple[float, float, float]], rotation: ArrayLike) -> str:
    """The named direction that points up most; the first named of equal ones.

    Args:
        directions: Unit vectors in the object's frame, by name; at least one.
        rotation: World from object, shape (3, 3).
    """
    names = list(directions)
    heights = np.array([directions[name] for name in names]) @ np.asarray(rotation, dtype=np.float64)[2]
    return names[int(np.argmax(heights))]
