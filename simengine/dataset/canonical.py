"""JSON in one canonical form: equal values give equal bytes."""

from __future__ import annotations

import json
import math
from typing import Any

from simengine.errors import SimengineError

__all__ = ["canonical_json"]


def canonical_json(value: Any, *, indent: bool = False, ordered: bool = False) -> bytes:
    """Writes JSON with sorted keys, in UTF-8, every double by its shortest text that reads back the same.

    Args:
        value: JSON types only; arrays and scalars of NumPy are refused, so that nothing is rounded unseen.
        ordered: Whether the order of keys means something and is kept, instead of sorting them.
        indent: Whether to break lines for human readers; a file's last line then ends with a newline.

    Returns:
        The text, without a line break in it unless `indent`.

    Raises:
        SimengineError: A number is NaN or infinite, or a value is of no JSON type.
    """
    try:
        text = json.dumps(
            value,
            sort_keys=not ordered,
            ensure_ascii=False,
            allow_nan=False,
            indent=1 if indent else None,
            separators=(",", ": ") if indent else (",", ":"),
        )
        return (text + "\n" if indent else text).encode("utf-8")
    except (TypeError, ValueError) as error:
        raise SimengineError(
            f"{_culprit(value) or error} can't be written as JSON; use null for what is not known."
        ) from error


def _culprit(value: Any, path: str = "") -> str:
    """Names the first value that JSON can't hold, with its path; empty if there is none."""
    if isinstance(value, dict):
        bad_key = next((key for key in value if not isinstance(key, str)), None)
        if bad_key is not None:
            return f"{path or 'the top'}: the key {bad_key!r}"
        return next(
            (found for key, part in value.items() if (found := _culprit(part, f"{path}.{key}".lstrip(".")))), ""
        )
    if isinstance(value, list | tuple):
        return next((found for i, part in enumerate(value) if (found := _culprit(part, f"{path}[{i}]"))), "")
    if isinstance(value, float) and not math.isfinite(value):
        return f"{path or 'the value'}: the number {value}"
    if value is None or isinstance(value, str | int | float):
        return ""
    return f"{path or 'the value'}: {value!r} of type {type(value).__name__}"
