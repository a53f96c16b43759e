"""Pictures in a folder: which files are some, and their sizes without decoding them."""

from __future__ import annotations

from pathlib import Path

from simengine.dataset.disk import disk_errors
from simengine.errors import SimengineError

__all__ = ["find_pictures", "listed_names", "picture_size"]

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}

_ORIENTATION = 0x0112  # EXIF tag; 5 to 8 are turned by a quarter


def find_pictures(folder: Path, *, deep: bool = False) -> list[Path]:
    """The pictures in a folder, sorted by name; those of folders below it too if `deep`."""
    with disk_errors("list", folder):
        files = folder.rglob("*") if deep else folder.iterdir()
        return sorted(path for path in files if path.suffix.lower() in SUFFIXES and path.is_file())


def listed_names(file: Path) -> list[str]:
    """The first word of each line of a list of pictures (``ImageSets/Main/train.txt``)."""
    with disk_errors("read", file):
        lines = file.read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line.strip()]


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture as it is shown, from its header.

    Raises:
        SimengineError: It can't be read or is no picture.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with disk_errors("read", path), Image.open(path) as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    except UnidentifiedImageError:
        raise SimengineError(f"{path} is no picture. Replace the file or take it out of the set.") from None
    return (height, width) if turned else (width, height)
