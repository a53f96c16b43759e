"""The card of a trained detector: what it is, what it learned from, how, in words for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["detector_card"]


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
