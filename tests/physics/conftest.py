"""Small scenes built by hand, without the scene loader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simengine.scene.scene import Scene, SceneObject
from simengine.scene.schema.object import Object
from simengine.scene.schema.scene import SceneModel

FLOOR = {"shape": {"plane": {"size": [4, 4]}}, "physics": {"static": True}}


def make_scene(
    objects: dict[str, dict[str, Any]], *, seed: int = 0, index: int = 0, floor: bool = True, **model: Any
) -> Scene:
    """A scene of objects by name; `count` copies them, `floor` adds a plane at z = 0."""
    context = {"concrete": True}
    named = ({"floor": FLOOR} if floor else {}) | objects
    parsed = {name: Object.model_validate(values, context=context) for name, values in named.items()}
    copies = []
    for name, spec in parsed.items():
        for copy in range(spec.count):
            copies.append(SceneObject(len(copies) + 1, f"{name}[{copy}]", name, copy, (0.0, 0.0, 0.0), spec))
    whole = SceneModel.model_validate({**model, "objects": {}}, context=context)
    return Scene(seed, index, 0, whole, "", tuple(copies), (), (), {})


@pytest.fixture
def scene() -> Callable[..., Scene]:
    return make_scene
