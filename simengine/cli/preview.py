"""Preview a scene: a contact sheet of colour, boxes and masks, depth and normals."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from simengine.cli.options import add_device_argument, add_scene_arguments, load_spec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    add_scene_arguments(parser)
    parser.add_argument("--count", metavar="N", type=int, default=4, help="number of samples (default: 4)")
    parser.add_argument("--views", metavar="V", type=int, default=2, help="most pictures of one sample (default: 2)")
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="seed (default: 0)")
    parser.add_argument("--out", metavar="FILE", type=Path, help="PNG to write (default: SCENE_preview.png)")
    add_device_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Draws the sheet and says where it lies."""
    import cv2

    from simengine.dataset.disk import write_atomic
    from simengine.engine.notes import asset_notes
    from simengine.engine.preview import preview
    from simengine.render.select import make_renderer

    spec = load_spec(args)
    renderer = make_renderer(spec.model.render.renderer, device=args.device, threads=os.cpu_count() or 1)
    sheet = preview(spec, count=args.count, views=args.views, seed=args.seed, renderer=renderer)
    out = args.out or Path(f"{spec.name}_preview.png")
    write_atomic(out, cv2.imencode(".png", sheet[..., ::-1])[1].tobytes())
    for note in asset_notes(spec, count=args.count, seed=args.seed):
        print(f"note: {note}", file=sys.stderr)
    print(out)
    return 0
