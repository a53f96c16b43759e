"""Recordings written in another format, one recording in memory at a time; a folder appears whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simengine.dataset.disk import disk_errors, sync
from simengine.errors import SimengineError
from simengine.formats.signal import SignalSet, open_signal_set
from simengine.formats.signal_rows import FileNames, recordings
from simengine.formats.signal_wav import SampleFormat

__all__ = ["SIGNAL_FORMATS", "export_signals", "write_signals"]

SIGNAL_FORMATS = ("parquet", "hdf5", "mat", "csv", "wav")
"""Formats that recordings can be written in."""


def export_signals(
    source: str | Path,
    *,
    form: str,
    out: str | Path | None = None,
    sample_format: SampleFormat = "float32",
    **hints: Any,
) -> Path:
    """Writes the recordings of a data set, or of any files, in another format.

    Args:
        source: Folder of the data set, or anything that `open_signal_set` opens.
        form: One of `SIGNAL_FORMATS`: ``parquet`` (a folder that ``bearing-datasets`` opens), ``hdf5`` (one file),
            ``mat`` (one file a recording, named as CWRU's), ``csv`` and ``wav`` (one a recording, labels as JSON).
        out: Where to; a file for ``hdf5``, else a folder that does not exist yet. By default a folder of the format's
            name in the data set.
        sample_format: Samples of ``wav``.
        **hints: What the files may not say, as for `open_signal_set`.

    Returns:
        Path of the file or folder.

    Raises:
        SimengineError: There are no recordings, something stands at ``out``, or the disk refuses.
    """
    data = open_signal_set(source, **hints)
    home = Path(source) if Path(source).is_dir() else Path(source).parent
    default = {"hdf5": home / "hdf5" / "signals.h5", "parquet": home / "parquet" / data.name}
    path = Path(out) if out is not None else default.get(form, home / form)
    write_signals(data, path, form=form, sample_format=sample_format)
    return path


def write_signals(data: SignalSet, path: Path, *, form: str, sample_format: SampleFormat = "float32") -> None:
    """Writes a set of recordings; see `export_signals`."""
    if form not in SIGNAL_FORMATS:
        raise SimengineError(f"{form!r} is no format of recordings: name one of {', '.join(SIGNAL_FORMATS)}.")
    with disk_errors("make the folder", path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    if form == "hdf5":
        from simengine.formats.signal_hdf5 import write_hdf5

        write_hdf5(recordings(data), path)
        return
    with _whole_folder(path) as folder:
        if form == "parquet":
            from simengine.formats.bearing_datasets import write_built

            write_built(data, folder, name=path.name)
            return
        names = FileNames()
        for number, (recording_id, channels) in enumerate(recordings(data), start=1):
            name = names(recording_id)
            if form == "mat":
                from simengine.formats.signal_mat import write_mat

                write_mat(channels, folder, name, number)
            elif form == "csv":
                from simengine.formats.signal_csv import write_csv

                write_csv(channels, folder, name)
            else:
                from simengine.formats.signal_wav import write_wav

                write_wav(channels, folder, name, sample_format=sample_format)


@contextmanager
def _whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill that stands under its name only when the block has ended well."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise SimengineError(f"{path} exists already: remove it, or name another place with --out.")
    draft = path.with_name(f".{path.name}.tmp")
    with disk_errors("write", path):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        try:
            yield draft
            sync(draft)
            draft.replace(path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        sync(path.parent)
