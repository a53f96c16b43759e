"""Results on disk: a dataclass as canonical JSON, written whole, checked against its schema when it is read."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from simengine.dataset.canonical import canonical_json
from simengine.dataset.disk import disk_errors, write_atomic
from simengine.errors import SimengineError

__all__ = ["read_result", "write_result"]

T = TypeVar("T")


def write_result(result: Any, path: Path) -> None:
    """Writes a dataclass of JSON types, whole or not at all.

    Args:
        result: What was found.
        path: The file.

    Raises:
        SimengineError: The disk refuses, or a number is not finite.
    """
    write_atomic(path, canonical_json(asdict(result), indent=True, ordered=True))


def read_result(path: str | Path, kind: type[T], *, file_name: str, command: str, schema: str, remedy: str) -> T:
    """Reads what `write_result` wrote.

    Args:
        path: The file, or the folder that holds it.
        kind: The dataclass; it has a field ``schema``.
        file_name: Name of the file in a folder.
        command: The command that writes such files, for messages.
        schema: The schema that this version reads.
        remedy: What to do with a file of another schema, a sentence.

    Raises:
        SimengineError: There is none, or it is not of this schema.
    """
    from pydantic import TypeAdapter, ValidationError

    file = Path(path)
    file = file / file_name if file.is_dir() else file
    with disk_errors("read", file):
        text = file.read_bytes()
    try:
        result = TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the top"
        raise SimengineError(
            f"{file} is no result of `{command}` of schema {schema}: {where}: {first['msg']}. {remedy}"
        ) from error
    if result.schema != schema:  # type: ignore[attr-defined]
        raise SimengineError(f"{file} is of schema {result.schema}, and this version reads {schema}. {remedy}")  # type: ignore[attr-defined]
    return result
