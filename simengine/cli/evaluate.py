"""Judge a trained model on labelled data: average precision of a detector, F1 of a classifier."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from simengine.cli.options import add_plugin_argument, load_plugins


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    add = parser.add_argument
    add("model", metavar="MODEL", type=Path, help="folder that `simengine train` wrote")
    add("data", metavar="DIR[@SPLIT]", help="labelled data; of data in splits, `test` unless another is named")
    add("--out", metavar="FILE", type=Path, help="write all figures as JSON (default: MODEL/evaluation.json)")
    add("--one-class", metavar="NAME", help="judge finding alone: all boxes, true and found, under this name")
    add("--pad", metavar="FACTOR", type=float, help="multiply the edges of the true boxes")
    add_plugin_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Prints a table and writes JSON."""
    from simengine.dataset.canonical import canonical_json
    from simengine.dataset.disk import write_atomic
    from simengine.learn.detector import MODEL_FILE

    load_plugins(args)
    scores = _detections(args) if (args.model / MODEL_FILE).is_file() else _faults(args)
    out = args.out or args.model / "evaluation.json"
    write_atomic(out, canonical_json(scores, indent=True, ordered=True))
    print(f"All figures: {out}")
    return 0


def _detections(args: argparse.Namespace) -> dict[str, Any]:
    from simengine.cli.detection_data import open_named_set, parse_data
    from simengine.evaluate.detection import evaluate_detections
    from simengine.formats.detection import map_classes, merge_classes, pad_boxes
    from simengine.learn.detector import as_one_class, load_detector

    trained = load_detector(args.model)
    folder, split, _ = parse_data(args.data)
    data = open_named_set(folder, split, usual="test")
    found = [trained.predict([data.read(index)])[0] for index in range(len(data))]
    if args.one_class or (len(trained.classes) == 1 and data.classes != trained.classes):
        data = merge_classes(data, args.one_class or trained.classes[0])
        found = [as_one_class(one) for one in found]
    else:
        data = map_classes(data, trained.classes)
    if args.pad:
        data = pad_boxes(data, args.pad)
    scores = {"data": data.name, "model": trained.model, **evaluate_detections(data, found)}
    rows = [("all", scores), *scores["classes"].items()]
    for kind in ("sizes", "visibility"):
        rows += [(name, part) for name, part in scores.get(kind, {}).items() if part["objects"]]
    _print_table(f"{data.name}: {scores['images']} pictures", ("objects", "AP", "AP50", "AP75", "AR"), rows)
    return scores


def _faults(args: argparse.Namespace) -> dict[str, Any]:
    import numpy as np

    from simengine.cli.detection_data import parse_data
    from simengine.formats.signal import open_signal_set
    from simengine.learn.classifier import load_classifier

    trained = load_classifier(args.model)
    data = open_signal_set(parse_data(args.data)[0])
    truth = np.array([str(record.fault_type) for record in data.records])
    said, _ = trained.predict(data.records)
    classes = sorted(set(truth) | set(trained.classes))
    figures = {}
    for name in classes:
        hits, claimed, there = (int(x.sum()) for x in ((said == name) & (truth == name), said == name, truth == name))
        figures[name] = {
            "records": there,
            "precision": hits / claimed if claimed else None,
            "recall": hits / there if there else None,
            "F1": 2 * hits / (claimed + there) if claimed + there else None,
        }
    counted = [part["F1"] or 0.0 for part in figures.values() if part["records"]]
    mean = {"records": len(truth), "precision": None, "recall": float((said == truth).mean()), "F1": None}
    mean["F1"] = float(np.mean(counted)) if counted else None
    rows = [("all (accuracy, macro-F1)", mean), *figures.items()]
    _print_table(f"{data.name}: {len(truth)} records", ("records", "precision", "recall", "F1"), rows)
    confusion = {name: {other: int(((truth == name) & (said == other)).sum()) for other in classes} for name in classes}
    return {"data": data.name, "model": trained.model, **mean, "classes": figures, "confusion": confusion}


def _print_table(title: str, columns: tuple[str, ...], rows: list[tuple[str, dict[str, Any]]]) -> None:
    wide = max(len(name) for name, _ in rows)
    print(title)
    print(f"{'':<{wide}}" + "".join(f"{name:>11}" for name in columns))
    for name, part in rows:
        values = (part[column] for column in columns)
        shown = ("-" if v is None else f"{v:d}" if isinstance(v, int) else f"{v:.3f}" for v in values)
        print(f"{name:<{wide}}" + "".join(f"{text:>11}" for text in shown))
