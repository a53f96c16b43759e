import errno
import os

import pytest

from simengine.dataset.disk import atomic_file, disk_errors, write_atomic
from simengine.errors import SimengineError


def test_replaces_whole_files_only(tmp_path):
    path = tmp_path / "a.json"
    write_atomic(path, b"one")
    with pytest.raises(RuntimeError), atomic_file(path) as file:
        file.write(b"tw")
        raise RuntimeError
    assert path.read_bytes() == b"one"
    write_atomic(path, b"two")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]
    assert path.read_bytes() == b"two"


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "free some space"), (errno.EROFS, "choose another folder"), (errno.EACCES, "rights"), (9999, "Check the disk")],
)  # fmt: skip
def test_disk_errors_say_what_where_why_and_the_remedy(tmp_path, number, remedy):
    with pytest.raises(SimengineError) as caught, disk_errors("write", tmp_path / "x"):
        raise OSError(number, os.strerror(number), str(tmp_path / "deep/x"))
    text = str(caught.value)
    assert text.startswith(f"can't write {tmp_path / 'deep/x'}: {os.strerror(number)}.")
    assert remedy in text and "run the same command again" in text


def test_a_read_only_place_is_an_error_with_a_remedy():
    with pytest.raises(SimengineError, match=r"can't write /proc/"):
        write_atomic(__import__("pathlib").Path("/proc/simengine.json"), b"x")
