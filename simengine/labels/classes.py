"""Classes of objects, by the rules that a scene states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simengine.assets.mesh import Asset
from simengine.dataset.record import ObjectRecord
from simengine.errors import SimengineError
from simengine.scene.scene import SceneObject

__all__ = ["class_map", "face_up", "object_class"]


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


def class_map(
    instances: NDArray[np.int32], objects: Iterable[ObjectRecord], classes: Sequence[str]
) -> NDArray[np.int32]:
    """The class of every pixel, also of objects that the label policy leaves without a label.

    Args:
        instances: Instance id of each pixel, shape (H, W).
        objects: The records of the same view.
        classes: Class names in the order of their ids, from 1.

    Returns:
        Class ids, shape (H, W); 0 for nothing and for background.
    """
    number = {name: id_ for id_, name in enumerate(classes, start=1)}
    table = np.zeros(int(instances.max(initial=0)) + 1, np.int32)
    for entry in objects:
        if entry.category is not None and entry.id < len(table):
            table[entry.id] = number[entry.category]
    return table[instances]
