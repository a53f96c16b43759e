"""YAML text as a tree in which every node knows its place.

A safe subset of YAML with the scalars of its version 1.2 core schema: ``true`` and ``false`` are the
only booleans (``on``, ``off``, ``yes``, ``no`` stay text), ``1e-3`` is a number, and there are no
sexagesimal numbers, dates or tags. Duplicate keys are errors. Anchors, aliases and merge keys work;
how far aliases may unfold, how deep the tree and how large the file may be are bounded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simengine.errors import Mark, Problem, SpecError
from simengine.scene.node import Node

__all__ = ["parse", "parse_file"]

MAX_BYTES = 4_000_000
MAX_DEPTH = 64
MAX_NODES = 200_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?\d+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NULL = ("", "~", "null", "Null", "NULL")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse_file(file: str | Path) -> Node:
    """Reads a YAML file.

    Raises:
        SpecError: It can't be read, or see `parse`.
    """
    file = Path(file)
    start = Mark(str(file), 1, 1)
    try:
        if file.is_dir():
            raise SpecError([Problem("is a folder.", start, remedy="Name the YAML file in it.")])
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise SpecError([Problem(
                f"has {size / 1e6:.1f} MB; a scene file may have at most {MAX_BYTES / 1e6:g} MB.", start,
                remedy="Keep data in files of its own and name them in the scene.",
            )])  # fmt: skip
        data = file.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError([Problem(f"can't be read: {reason}.", start)]) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        raise SpecError([Problem(
            f"byte 0x{data[error.start]:02x} is not UTF-8.", _place(before, str(file)), remedy="Save the file as UTF-8 text.",
        )]) from None  # fmt: skip
    return parse(text, file=str(file))


def parse(text: str, *, file: str, first_column: int = 1) -> Node:
    """Reads YAML text.

    Args:
        text: The text.
        file: Name that the marks show.
        first_column: Column of the text's first character, for text cut out of a longer line.

    Returns:
        The root node.

    Raises:
        SpecError: The text is no YAML, or uses what scenes don't have; with the place.
    """
    bad = _UNPRINTABLE.search(text)
    if bad:
        raise SpecError([Problem(
            f"the control character U+{ord(bad[0]):04X} is not allowed.", _place(text[: bad.start()], file),
            remedy="Is this a text file? Remove the character.",
        )])  # fmt: skip
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise SpecError([Problem(f"the text has more than {MAX_BYTES / 1e6:g} MB.", Mark(file, 1, 1))])
    reader = _Reader(file, first_column)
    try:
        return reader.read(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        what = " ".join(part for part in (error.problem, error.context) if part) or "is no YAML"
        place = error.problem_mark or error.context_mark
        if place is None or (
            error.context_mark and place.line >= len(text.splitlines())
        ):  # noticed at the end: say where it began
            place = error.context_mark
        remedy = "Indent with spaces." if "\\t" in what or "token" in what else ""
        raise SpecError([Problem(f"{what}.", reader.mark(place), remedy=remedy)]) from None
    except yaml.YAMLError as error:  # a reader's error has no mark
        raise SpecError([Problem(f"is no YAML: {error}.", Mark(file, 1, first_column))]) from None


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    node: Node
    anchor: str | None
    key: str | None = None
    key_mark: Mark | None = None
    merges: list[Node] = field(default_factory=list)


class _Reader:
    """Builds nodes from the parser's events, without recursion."""

    def __init__(self, file: str, first_column: int) -> None:
        self.file = file
        self.first_column = first_column
        self.anchors: dict[str, tuple[Node, int, int]] = {}  # node, its size, its height
        self.count = 0
        self.stack: list[_Open] = []
        self.root: Node | None = None

    def mark(self, at: Any) -> Mark:
        if at is None:
            return Mark(self.file, 1, self.first_column)
        shift = self.first_column - 1 if at.line == 0 else 0
        return Mark(self.file, at.line + 1, at.column + 1 + shift)

    def fail(self, message: str, mark: Mark | None, remedy: str = "") -> SpecError:
        return SpecError([Problem(message, mark, remedy=remedy)])

    def read(self, events: Iterator[Any]) -> Node:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.fail(
                        "a second document starts here.", self.mark(event.start_mark), "Keep one document a file."
                    )
            elif isinstance(event, yaml.ScalarEvent):
                mark = self.mark(event.start_mark)
                self._check_tag(event, mark)
                self._add(Node(self._scalar(event, mark), mark), event.anchor, plain=not event.style)
            elif isinstance(event, yaml.AliasEvent):
                self._add_alias(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                mark = self.mark(event.start_mark)
                self._check_tag(event, mark)
                if len(self.stack) >= MAX_DEPTH:
                    raise self.fail(f"is nested more than {MAX_DEPTH} deep.", mark)
                if isinstance(event, yaml.MappingStartEvent):
                    self._check_key_free(mark)
                    self.stack.append(_Open(Node({}, mark), event.anchor))
                else:
                    self._check_key_free(mark)
                    self.stack.append(_Open(Node([], mark), event.anchor))
            elif isinstance(event, yaml.CollectionEndEvent):
                done = self.stack.pop()
                for base in done.merges:
                    for key, child in base.value.items():
                        done.node.value.setdefault(key, child.copy())
                self._add(done.node, done.anchor, plain=False)
        if self.root is None:
            raise self.fail("the file is empty.", Mark(self.file, 1, self.first_column), "Start with `simengine: 1`.")
        return self.root

    def _check_tag(self, event: Any, mark: Mark) -> None:
        if event.tag is not None and event.tag != "!":
            raise self.fail(f"the tag {event.tag} is not allowed.", mark, "Write plain values without tags.")

    def _check_key_free(self, mark: Mark) -> None:
        if self.stack and isinstance(self.stack[-1].node.value, dict) and self.stack[-1].key is None:
            raise self.fail("a list or mapping can't be a key.", mark, "Put a text before the colon.")

    def _add_alias(self, event: Any) -> None:
        mark = self.mark(event.start_mark)
        if event.anchor not in self.anchors:
            raise self.fail(f"there is no finished anchor &{event.anchor} before this alias.", mark)
        node, size, height = self.anchors[event.anchor]
        self.count += size
        if self.count > MAX_NODES:
            raise self.fail(f"aliases unfold to more than {MAX_NODES:,} values.", mark, "Use fewer aliases.")
        if len(self.stack) + height > MAX_DEPTH:
            raise self.fail(f"aliases unfold to more than {MAX_DEPTH} levels.", mark)
        copied = node.copy()
        self._add(copied, None, plain=False, counted=True)

    def _add(self, node: Node, anchor: str | None, *, plain: bool, counted: bool = False) -> None:
        """Puts a finished node into the collection that is open."""
        if not counted:
            self.count += 1
            if self.count > MAX_NODES:
                raise self.fail(f"has more than {MAX_NODES:,} values.", node.mark)
        if anchor is not None:
            size, height = _measure(node)
            self.anchors[anchor] = (node, size, height)
        if not self.stack:
            self.root = node
            return
        owner = self.stack[-1]
        if isinstance(owner.node.value, list):
            owner.node.value.append(node)
        elif owner.key is None:
            self._take_key(owner, node, plain)
        elif owner.key == "<<" and owner.key_mark is None:
            self._take_merge(owner, node)
            owner.key = None
        else:
            node.key_mark = owner.key_mark
            owner.node.value[owner.key] = node
            owner.key = None

    def _take_key(self, owner: _Open, node: Node, plain: bool) -> None:
        if node.value == "<<" and plain:
            owner.key, owner.key_mark = "<<", None
            return
        if isinstance(node.value, dict | list):
            raise self.fail("a list or mapping can't be a key.", node.mark, "Put a text before the colon.")
        if not isinstance(node.value, str):
            raise self.fail(
                f"the key {node.value!r} is no text.".replace("None", "(nothing)"), node.mark, "Put it in quotes."
            )
        if node.value in owner.node.value:
            first = owner.node.value[node.value].key_mark or node.mark
            assert first is not None
            raise self.fail(
                f"the key '{node.value}' is given twice; first in line {first.line}.", node.mark, "Keep one."
            )
        owner.key, owner.key_mark = node.value, node.mark

    def _take_merge(self, owner: _Open, node: Node) -> None:
        bases = node.value if isinstance(node.value, list) else [node]
        for base in bases:
            if not isinstance(base.value, dict):
                raise self.fail("'<<' merges mappings only.", node.mark, "Name an alias of a mapping, `<<: *name`.")
        owner.merges.extend(bases)

    def _scalar(self, event: Any, mark: Mark) -> Any:
        text = event.value
        if event.style or event.tag == "!":
            return text
        if text in _NULL:
            return None
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        if _NOT_FINITE.fullmatch(text):
            raise self.fail(f"{text} is not a finite number.", mark, "Leave the key out where there is no limit.")
        if _INT.fullmatch(text):
            if len(text) > 20 or abs(number := int(text, 0 if text[:2] in ("0o", "0x") else 10)) >= 2**63:
                raise self.fail(f"the whole number {text[:24]}{'...' * (len(text) > 24)} is too large.", mark)
            return number
        if _FLOAT.fullmatch(text):
            value = float(text)
            if not math.isfinite(value):
                raise self.fail(f"{text[:24]} is too large for a number.", mark)
            return value
        return text


def _measure(node: Node) -> tuple[int, int]:
    """Number of nodes and number of levels."""
    size, height = 0, 0
    for path, _ in node.walk():
        size, height = size + 1, max(height, len(path) + 1)
    return size, height


def _place(before: str, file: str) -> Mark:
    """The place that follows a text."""
    lines = before.split("\n")
    return Mark(file, len(lines), len(lines[-1]) + 1)
