"""What was computed from a file, kept under the hash of the file's content."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np

from simengine.dataset.disk import disk_errors, write_atomic

__all__ = ["FeatureCache", "content_key", "default_cache"]


def default_cache() -> Path:
    """``$SIMENGINE_CACHE/features``, else ``$XDG_CACHE_HOME/simengine/features``, else below ``~/.cache``."""
    root = os.environ.get("SIMENGINE_CACHE")
    base = Path(root) if root else Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser(), "simengine")
    return base / "features"


def content_key(content: bytes, recipe: str) -> str:
    """Name under which features are kept: it changes with the content and with how they are computed.

    Args:
        content: The bytes of the file.
        recipe: Name and version of the features, with all their settings.
    """
    return sha256(recipe.encode() + b"\0" + content).hexdigest()


class FeatureCache:
    """A folder of small files, one an item. Two processes may share it: equal keys hold equal arrays.

    Args:
        root: The folder, made when first written to; None keeps nothing.
    """

    def __init__(self, root: Path | None) -> None:
        self.root = root

    def get(self, key: str) -> dict[str, np.ndarray] | None:
        """The arrays kept under a key; None if there are none, or the file is damaged."""
        if self.root is None:
            return None
        try:
            with np.load(self._path(key), allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        except Exception:  # absent, cut short, not ours: computed again and replaced
            return None

    def put(self, key: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keeps arrays under a key.

        Raises:
            SimengineError: The disk refuses.
        """
        if self.root is None:
            return
        path = self._path(key)
        with disk_errors("make the folder", path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]  # its other argument is no array
        write_atomic(path, buffer.getvalue())

    def _path(self, key: str) -> Path:
        assert self.root is not None
        return self.root / key[:2] / f"{key[2:]}.npz"
