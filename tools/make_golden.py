"""Draws the small pictures that the tests compare with; look at them before they are committed.

usage: python tools/make_golden.py
"""

import sys
from pathlib import Path

import cv2

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from oracles.golden import GOLDEN  # noqa: E402

from simengine.render.warp_renderer import WarpRenderer  # noqa: E402


def main():
    folder = ROOT / "tests" / "render" / "golden"
    folder.mkdir(exist_ok=True)
    renderer = WarpRenderer()
    for name, picture in GOLDEN.items():
        cv2.imwrite(str(folder / f"{name}.png"), renderer.render(*picture()).rgb[..., ::-1])
        print(folder / f"{name}.png")


if __name__ == "__main__":
    main()
