import time

import pytest
import yaml

from simengine.errors import SpecError
from simengine.scene.document import MAX_BYTES, MAX_DEPTH, MAX_NODES, parse, parse_file
from simengine.scene.node import format_path


def problem(text):
    with pytest.raises(SpecError) as caught:
        parse(text, file="f.yaml")
    (only,) = caught.value.problems
    return only


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3), ("1E5", 1e5), (".5", 0.5), ("2.", 2.0), ("-7", -7), ("+3", 3), ("0x1f", 31), ("0o17", 15),
        ("017", 17), ("true", True), ("False", False), ("on", "on"), ("off", "off"), ("yes", "yes"), ("no", "no"),
        ("y", "y"), ("~", None), ("null", None), ("", None), ("12:30:45", "12:30:45"), ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"), ("'1'", "1"), ('"true"', "true"), ("16 mm", "16 mm"), ("= 2 * x", "= 2 * x"),
    ],
)  # fmt: skip
def test_scalars_of_the_core_schema(text, value):
    read = parse(f"a: {text}", file="f").plain()["a"]
    assert read == value
    assert type(read) is type(value)


def test_plain_yaml_reads_as_pyyaml_does():
    text = "a: [1, 2.5, {b: c}]\nd:\n  - e\n  - f: |\n      two\n      lines\n  - >-\n    folded\n    text\n? g\n: h\n"
    assert parse(text, file="f").plain() == yaml.safe_load(text)


def test_marks_of_keys_and_values():
    root = parse("a:\n  bc: [10, {d:   e}]\n", file="f.yaml")
    node, path = root.follow(["a", "bc", 1, "d"])
    assert (str(node.mark), str(node.key_mark), format_path(path)) == ("f.yaml:2:18", "f.yaml:2:13", "a.bc[1].d")


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\nb: 2\na: 3", 3, 1, "given twice; first in line 1"),
        ("a: {b: 1, b: 2}", 1, 11, "given twice"),
        ("a:\n\tb: 1", 2, 1, "tab|token"),
        ("a: [1, 2", 1, 4, "expected"),
        ("a: 1\nb: {c: [1, 2}\nd: 3", 2, 13, "expected"),
        ("a: 1\n---\nb: 2", 2, 1, "second document"),
        ("a: !!python/object:os.system x", 1, 4, "tag"),
        ("a: !foo 1", 1, 4, "tag"),
        ("[a]: 1", 1, 1, "can't be a key"),
        ("{a: 1}: 1", 1, 1, "can't be a key"),
        ("1: 2", 1, 1, "no text"),
        ("a: *b", 1, 4, "no finished anchor"),
        ("a: &x [*x]", 1, 8, "anchor"),
        ("a: .inf", 1, 4, "finite"),
        ("a: .nan", 1, 4, "finite"),
        ("a: 1e999", 1, 4, "too large"),
        ("a: 123456789012345678901234567890", 1, 4, "too large"),
        ("a: " + "9" * 5000, 1, 4, "too large"),
        ("a: b\x07c", 1, 5, "control character"),
        ("", 1, 1, "empty"),
        ("# only a comment\n", 1, 1, "empty"),
        ("<<: 3", 1, 5, "merges mappings only"),
        ("a: b: c", 1, 5, "not allowed"),
    ],
)
def test_what_is_no_scene_text_says_where(text, line, column, words):
    found = problem(text)
    assert (found.mark.line, found.mark.column) == (line, column)
    assert any(word in found.message for word in words.split("|")), found.message


def test_merge_keys_and_aliases():
    text = (
        "base: &b {x: 1, y: [1, 2]}\nmore: {<<: *b, y: 3}\nlist: [*b, *b]\ntwo: {<<: [{z: 1, x: 5}, *b]}\nq: {'<<': 1}"
    )
    plain = parse(text, file="f").plain()
    assert plain["more"] == {"x": 1, "y": 3}
    assert plain["two"] == {"z": 1, "x": 5, "y": [1, 2]}
    assert plain["list"] == [plain["base"]] * 2
    assert plain["q"] == {"<<": 1}


def test_aliases_are_copies_not_shared():
    root = parse("a: &x {v: 1}\nb: *x", file="f")
    root.child("b").child("v").value = 2
    assert root.plain() == {"a": {"v": 1}, "b": {"v": 2}}


def test_a_billion_laughs_end_at_once():
    text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    text += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
    start = time.process_time()
    assert f"{MAX_NODES:,}" in problem(text).message
    assert time.process_time() - start < 20  # not a benchmark: unbounded it would never end


def test_deep_nesting_ends_with_a_place():
    assert f"more than {MAX_DEPTH} deep" in problem("a: " + "[" * 5000).message
    chain = "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {{x: *a{i - 1}}}\n" for i in range(1, 200))
    assert "levels" in problem(chain).message


def test_files(tmp_path):
    def fail(name):
        with pytest.raises(SpecError) as caught:
            parse_file(tmp_path / name)
        return caught.value.problems[0]

    assert "can't be read" in fail("absent.yaml").message
    (tmp_path / "dir.yaml").mkdir()
    assert "folder" in fail("dir.yaml").message
    (tmp_path / "latin.yaml").write_bytes("a: 1\nb: größe".encode("latin-1"))
    bad = fail("latin.yaml")
    assert (bad.mark.line, bad.mark.column) == (2, 6)
    assert "UTF-8" in bad.message
    (tmp_path / "huge.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    assert "MB" in fail("huge.yaml").message
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    assert fail("binary.yaml").mark is not None
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbfa: 1")
    assert parse_file(tmp_path / "bom.yaml").plain() == {"a": 1}
