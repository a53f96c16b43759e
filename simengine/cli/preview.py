"""Preview a scene, or look at recordings: pictures with their labels on a sheet, a machine's signal with its fault lines."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from simengine.cli.options import (
    add_device_argument,
    add_recording_arguments,
    add_scene_arguments,
    load_spec,
    open_recordings,
)

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    add_scene_arguments(parser, also="; or a data set or file of recordings (.mat, .npz, .csv, .wav, .h5, .parquet)")
    parser.add_argument(
        "--count", metavar="N", type=int,
        help="number of samples (default: 4 with pictures; of signals one, the first with a fault)",
    )  # fmt: skip
    parser.add_argument("--views", metavar="V", type=int, default=2, help="most pictures of one sample (default: 2)")
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="seed (default: 0)")
    parser.add_argument("--out", metavar="FILE", type=Path, help="PNG to write (default: SCENE_preview.png)")
    add_device_argument(parser)
    recordings = parser.add_argument_group("for recordings")
    recordings.add_argument("--record", metavar="ID", help="number or signal_id of the record to show (default: 0)")
    add_recording_arguments(recordings)


def run(args: argparse.Namespace) -> int:
    """Draws the sheet and says where it lies."""
    import cv2

    from simengine.dataset.disk import write_atomic

    name, sheet = _of_recording(args) if _is_recording(args.scene) else _of_scene(args)
    out = args.out or Path(f"{name}_preview.png")
    write_atomic(out, cv2.imencode(".png", sheet[..., ::-1])[1].tobytes())
    print(out)
    return 0


def _is_recording(text: str) -> bool:
    """Whether it names recordings and no scene: a folder or a file of data that is no scene of that name."""
    from simengine.scene.catalogue import scene_names

    path = Path(text)
    return text not in scene_names() and path.exists() and path.suffix.lower() not in (".yaml", ".yml")


def _of_scene(args: argparse.Namespace) -> tuple[str, NDArray[uint8]]:
    from simengine.engine.notes import asset_notes
    from simengine.engine.preview import preview

    spec = load_spec(args)
    if spec.model.machines:  # the sheet shows the fault alone beside the signal
        args.overrides.append(["recording.stems=true"])
        spec = load_spec(args)
    renderer = None
    if spec.model.pictured:
        from simengine.render.select import make_renderer

        renderer = make_renderer(spec.model.render.renderer, device=args.device, threads=os.cpu_count() or 1)
    sheet = preview(spec, count=args.count, views=args.views, seed=args.seed, renderer=renderer)
    for note in asset_notes(spec, count=args.count or 4, seed=args.seed):
        print(f"note: {note}", file=sys.stderr)
    return spec.name, sheet


def _of_recording(args: argparse.Namespace) -> tuple[str, NDArray[uint8]]:
    from simengine.errors import SimengineError
    from simengine.formats.signal_sheet import signal_sheet

    data = open_recordings(args, args.scene)
    wanted = args.record or "0"
    number = int(wanted) if wanted.isdigit() and int(wanted) < len(data) else None
    if number is None:
        number = next((k for k, one in enumerate(data) if wanted in (one.id, one.row.get("native_label"))), None)
    if number is None:
        some = ", ".join(data.records[k].id for k in range(min(5, len(data))))
        raise SimengineError(
            f"{args.scene} has {len(data)} records, none of them {wanted!r}: give a number, or an id such as {some}."
        )
    return f"{data.name}_{number}", signal_sheet(data.records[number])
