"""Find things in pictures with a trained detector: boxes drawn on copies, and all of them in a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from simengine.cli.options import add_plugin_argument, load_plugins


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    add = parser.add_argument
    add("model", metavar="MODEL", type=Path, help="folder that `simengine train` wrote")
    add("images", metavar="IMAGE", nargs="+", type=Path, help="pictures, or folders of pictures")
    add("--out", metavar="DIR", type=Path, required=True, help="folder for the drawn pictures and detections.json")
    add("--score", metavar="S", type=float, default=0.4, help="draw boxes from this score on (default: 0.4)")
    add_plugin_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Draws and writes."""
    import cv2

    from simengine.dataset.canonical import canonical_json
    from simengine.dataset.disk import disk_errors, write_atomic
    from simengine.errors import SimengineError
    from simengine.formats.detection import read_picture
    from simengine.formats.picture_files import find_pictures
    from simengine.labels.overlay import draw_boxes
    from simengine.labels.palette import class_color
    from simengine.learn.detector import best_of_each, load_detector

    load_plugins(args)
    trained = load_detector(args.model)
    paths = [found for path in args.images for found in (find_pictures(path) if path.is_dir() else [path])]
    if not paths:
        raise SimengineError(f"there are no pictures in {', '.join(map(str, args.images))}.")
    with disk_errors("make the folder", args.out):
        args.out.mkdir(parents=True, exist_ok=True)
    entries = []
    names = _distinct_names(paths)
    for path, name in zip(paths, names, strict=True):
        picture = read_picture(path)
        found = best_of_each(trained.predict([picture])[0])
        shown = found.scores >= args.score
        boxes = [[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in found.boxes[shown].tolist()]
        labels = found.labels[shown].tolist()
        drawn = draw_boxes(
            picture,
            boxes,
            names=[f"{trained.classes[n]} {s:.2f}" for n, s in zip(labels, found.scores[shown], strict=True)],
            colors=[class_color(number) for number in labels],
            scale=max(1.0, min(3.0, 640 / max(picture.shape[:2]))),
        )
        data = cv2.imencode(".png", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))[1].tobytes()
        write_atomic(args.out / f"{name}.png", data)
        things = [
            {"label": trained.classes[label], "score": round(score, 4), "bbox": [round(edge, 2) for edge in box]}
            for box, score, label in zip(
                [[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in found.boxes.tolist()],
                found.scores.tolist(),
                found.labels.tolist(),
                strict=True,
            )
        ]
        entries.append({"file": str(path), "drawn": f"{name}.png", "detections": things})
        print(f"{path}: {len(labels)} found")
    write_atomic(args.out / "detections.json", canonical_json(entries, indent=True, ordered=True))
    return 0


def _distinct_names(paths: list[Path]) -> list[str]:
    """Names without ending; a number is added to those that occur again."""
    seen: dict[str, int] = {}
    names = []
    for path in paths:
        count = seen[path.stem] = seen.get(path.stem, 0) + 1
        names.append(path.stem if count == 1 else f"{path.stem}-{count}")
    return names
