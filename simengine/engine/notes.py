"""What the asset linter says of the files that a scene uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simengine.errors import Rejected

if TYPE_CHECKING:
    from simengine.scene.spec import SceneSpec

__all__ = ["asset_notes"]


def asset_notes(spec: SceneSpec, *, count: int = 1, seed: int = 0) -> list[str]:
    """Reads the meshes of the first samples and collects what the linter notes, each remark once.

    Args:
        spec: The scene.
        count: Number of samples; files that are drawn by chance show up in some only.
        seed: The data set's seed.

    Returns:
        Sentences that name the object and the file.

    Raises:
        SimengineError: A file is missing or broken.
    """
    from simengine.assets.build import build
    from simengine.scene.schema.shapes import FILE_SHAPES

    notes: dict[str, None] = {}
    for index in range(count):
        try:
            scene = spec.sample(seed, index)
        except Rejected:
            continue
        for item in scene.objects:
            shape = item.spec.shape
            if shape.tag in FILE_SHAPES:
                name = getattr(shape.value, "file", f"{shape.tag} {getattr(shape.value, 'index', '')}")
                for note in build(shape, base=scene.base).notes:
                    notes[f"objects.{item.group}: {name}: {note}"] = None
    return list(notes)
