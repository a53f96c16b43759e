"""The card of a trained detector: what it is, what it learned from, how, in words for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from simengine.formats.detection import DetectionSet

__all__ = ["describe_set", "detector_card"]


def detector_card(model: str, classes: Sequence[str], settings: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Writes the card.

    Args:
        model: Name of the kind of detector.
        classes: Names of the classes.
        settings: All settings.
        facts: ``data`` (name, weight, images, boxes of each set), ``steps``, ``seed``, ``pictures_seen``,
            ``starts_from``, ``device``.

    Returns:
        Markdown.
    """
    lines = [
        f"# Detector {model}: {', '.join(classes)}",
        "",
        f"Trained by simengine in {facts['steps']} steps ({facts['pictures_seen']} pictures seen), seed {facts['seed']}, "
        f"starting from {facts['starts_from']}, on {facts['device']}.",
        "",
        "| data | part of a batch | pictures | boxes |",
        "|---|---|---|---|",
    ]
    total = sum(entry["weight"] for entry in facts["data"])
    for entry in facts["data"]:
        share = f"{entry['weight'] / total:.0%}"
        lines.append(f"| {entry['name']} | {share} | {entry['images']} | {entry['boxes']} |")
    lines += ["", "Settings:", ""]
    lines += [f"- `{name}`: {value}" for name, value in settings.items()]
    lines += [
        "",
        "Files: `model.safetensors` (weights), `config.json` (classes, settings, what it was trained on), `log.jsonl` "
        "(losses by step). Read it with `simengine.learn.detector.load_detector`, or run `simengine predict`.",
        "",
    ]
    return "\n".join(lines)


def describe_set(data: DetectionSet, weight: float) -> dict[str, Any]:
    """What a card says of a set: name, part of the batches, numbers of pictures and boxes, hash of the labels."""
    boxes = sum(int((~image.crowd).sum()) for image in data.images)
    digest = sha256(repr([image.id for image in data.images]).encode())
    for image in data.images:
        digest.update(image.boxes.tobytes() + image.labels.tobytes() + image.crowd.tobytes())
    return {
        "name": data.name,
        "weight": float(weight),
        "images": len(data.images),
        "boxes": boxes,
        "labels_sha256": digest.hexdigest(),
    }
