"""Which pictures of a folder belong together, told by their names as sites for materials write them.

``Bricks_2K_Color.jpg`` with ``Bricks_2K_Roughness.jpg`` and ``Bricks_2K_NormalGL.jpg`` (ambientCG),
``planks_diff_1k.png`` with ``planks_rough_1k.png``, ``planks_nor_gl_1k.png`` or ``planks_arm_1k.png`` (Poly Haven),
``rust_albedo.png`` with ``rust_roughness.png``, ``rust_metallic.png`` and ``rust_normal.png``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["PICTURES", "base_pictures", "companions", "role_of"]

PICTURES = (".png", ".jpg", ".jpeg")
"""Endings of pictures."""

_ROLES = {
    "color": ("albedo", "basecolor", "base_color", "color", "colour", "col", "diffuse", "diff", "basecolour"),
    "roughness": ("roughness", "rough"),
    "metallic": ("metallic", "metalness", "metal"),
    "packed": ("arm", "orm", "metallicroughness"),  # occlusion, roughness, metallic
    "normal": ("normal", "normalgl", "normal_gl", "nor_gl", "nor", "nrm", "normal_opengl"),
    "normal_down": ("normaldx", "normal_dx", "nor_dx", "normal_directx"),  # green points down
    "other": ("ao", "ambientocclusion", "displacement", "disp", "height", "bump", "spec", "gloss", "opacity", "mask"),
}
_ROLE = {word: role for role, words in _ROLES.items() for word in words}
_WORDS = sorted(_ROLE, key=len, reverse=True)
_FIND = re.compile(rf"(?:^|[_\-. ])({'|'.join(_WORDS)})(?=$|[_\-. ])", re.IGNORECASE)


def role_of(name: str) -> tuple[str, str]:
    """What a picture is for, and the name of its set.

    Args:
        name: File name.

    Returns:
        ``color``, ``roughness``, ``metallic``, ``packed``, ``normal``, ``normal_down``, ``other``, or ``""`` where
        the name tells nothing; and the name without that word and its ending.
    """
    stem = name.rpartition(".")[0] or name
    found = list(_FIND.finditer(stem))
    if not found:
        return "", stem.lower()
    last = found[-1]
    return _ROLE[last[1].lower()], (stem[: last.start()] + stem[last.end() :]).lower()


def companions(name: str, names: Iterable[str]) -> dict[str, str]:
    """The pictures that belong to a base colour, by what they are for; the first name where there are several."""
    own = role_of(name)[1]
    found: dict[str, str] = {}
    for other in sorted(names):
        role, group = role_of(other)
        if other != name and group == own and role not in ("", "color") and other.lower().endswith(PICTURES):
            found.setdefault(role, other)
    return found


def base_pictures(names: Iterable[str]) -> list[str]:
    """The pictures of a folder that are no other's companions, sorted by name."""
    pictures = sorted(name for name in names if name.lower().endswith(PICTURES))
    roles = {name: role_of(name) for name in pictures}
    colored = {group for role, group in roles.values() if role in ("", "color")}
    return [name for name in pictures if roles[name][0] in ("", "color") or roles[name][1] not in colored]
