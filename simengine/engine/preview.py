"""A look at a scene before generating: pictures on a contact sheet, recordings on a sheet each; nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.record import ViewRecord
from simengine.engine.sample import Watcher, make_sample
from simengine.errors import SimengineError
from simengine.formats.signal_sheet import LEAST_SAMPLES

if TYPE_CHECKING:
    from simengine.render.model import Frame
    from simengine.render.select import Renderer
    from simengine.scene.scene import Scene
    from simengine.scene.spec import SceneSpec
    from simengine.sensors.observe import View

__all__ = ["mesh_lines", "preview"]

Picture = NDArray[np.uint8]

_PICTURES = 4  # samples shown of a scene with pictures
_TRIED = 8  # samples of a scene of signals among which one with a fault is looked for


def preview(
    spec: SceneSpec,
    *,
    count: int | None = None,
    views: int = 2,
    seed: int = 0,
    renderer: Renderer | None = None,
    tile_width: int = 400,
) -> Picture:
    """Draws samples of a data set: their pictures on a contact sheet, a recording of a machine on a sheet of its own.

    Of a recording the first channel is shown; of a run to failure the last one before its end.

    Args:
        spec: The scene.
        count: Number of samples, the first ones. None: four with pictures, and one recording, of the first sample with
            a fault.
        views: Most pictures shown of one sample; spread evenly over its times and cameras.
        seed: The data set's seed.
        renderer: What draws; None will do for a scene without pictures.
        tile_width: Width of one picture on the sheet [px].

    Returns:
        The sheet, sRGB, uint8, shape (H, W, 3).

    Raises:
        SimengineError: A sample can't be drawn within the scene's `attempts`.
    """
    sheets: list[Picture] = []
    if spec.model.pictured:
        albums = [_album(spec, seed, index, renderer) for index in range(_PICTURES if count is None else count)]
        sheets.append(_contact_sheet(spec, albums, views, tile_width))
    else:
        albums = _until_fault(spec, seed) if count is None else [_album(spec, seed, k, None) for k in range(count)]
    heard = [album for album in albums if album.row is not None]
    if count is None and heard:
        heard = [next((album for album in heard if album.faulty), heard[0])]
    sheets += [_signal_sheet(album) for album in heard]
    if not sheets:
        raise SimengineError(
            f"The scene {spec.name} shows nothing: it has neither cameras nor an accelerometer that writes "
            f"{LEAST_SAMPLES} samples; add one, or make `recording.duration` longer."
        )
    return _stacked(sheets)


def mesh_lines(scene: Scene, machine: str) -> dict[str, tuple[float, float]]:
    """Mesh orders of a machine's gears and the spacing of the sidebands about them, both per turn of its shaft.

    Sidebands stand at the turns of the faulty wheel, or of the driver (the carrier of a planetary set). The mesh of a
    faulty gear comes first.
    """
    from simengine.machines.gears import GearFault, GearPair

    made = next(one.machine for one in scene.machines if one.name == machine)
    faults = {id(made.gear_of(one)): one for one in made.faults if isinstance(one, GearFault)}
    lines: dict[str, tuple[float, float]] = {}
    for name, gear in sorted(made.gears.items(), key=lambda item: id(item[1]) not in faults):
        fault = faults.get(id(gear))
        if isinstance(gear, GearPair):
            side = gear.wheel(fault.wheel if fault else "driver").ratio
        else:
            side = gear.carrier_order
        lines[f"GMF {name}" if lines or (len(made.gears) > 1 and not faults) else "GMF"] = (gear.mesh_order, side)
    return lines


def _album(spec: SceneSpec, seed: int, index: int, renderer: Renderer | None) -> _Album:
    album = _Album(index)
    make_sample(spec, seed, index, renderer=renderer, sink=album, outputs=(), watcher=album)
    return album


def _until_fault(spec: SceneSpec, seed: int) -> list[_Album]:
    """The first samples up to one with a fault, at most eight."""
    albums: list[_Album] = []
    while len(albums) < _TRIED and not (albums and albums[-1].faulty):
        albums.append(_album(spec, seed, len(albums), None))
    return albums


def _contact_sheet(spec: SceneSpec, albums: list[_Album], views: int, tile_width: int) -> Picture:
    from simengine.labels.sheet import contact_sheet

    rows, captions = [], []
    for album in albums:
        pictures = album.pictures
        for number in np.unique(np.linspace(0, len(pictures) - 1, min(views, len(pictures))).round().astype(int)):
            rows.append(pictures[number])
            captions.append(f"sample {album.index}")
    names = "  +  ".join((spec.name, *spec.randomizers))
    return contact_sheet(rows, title=names, captions=captions, classes=spec.model.labels.classes, tile_width=tile_width)


def _signal_sheet(album: _Album) -> Picture:
    from simengine.formats.signal import SignalRecord
    from simengine.formats.signal_sheet import signal_sheet

    assert album.row is not None and album.scene is not None
    machine = album.row["machine"]  # none for an inertial unit on something that is no machine
    lines = mesh_lines(album.scene, machine) if machine is not None else {}
    return signal_sheet(SignalRecord.of_row(album.row), lines=lines)


def _stacked(sheets: list[Picture]) -> Picture:
    """Sheets one below the other, on white."""
    width = max(sheet.shape[1] for sheet in sheets)
    padded = [np.pad(sheet, ((0, 0), (0, width - sheet.shape[1]), (0, 0)), constant_values=255) for sheet in sheets]
    return np.concatenate(padded)


class _Album(Watcher):
    """Keeps the pictures and a recording of the last try, and takes no files."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.scene: Scene | None = None
        self.pictures: list[tuple[Frame, ViewRecord]] = []
        self.row: Mapping[str, Any] | None = None

    def drawn(self, scene: Scene) -> None:
        self.scene, self.row = scene, None
        self.pictures.clear()

    def pictured(self, view: View, record: ViewRecord) -> None:
        self.pictures.append((view.frame_data, record))

    @property
    def faulty(self) -> bool:
        """Whether the machine of the recording has a fault."""
        return self.row is not None and self.row["fault_type"] not in (None, "normal")

    def recorded(self, row: Mapping[str, Any]) -> None:
        if len(row["signal"]) < LEAST_SAMPLES:
            return
        if self.row is None or (row["machine"], row["channel"]) == (self.row["machine"], self.row["channel"]):
            self.row = row

    def write(self, name: str, data: bytes) -> None:
        """Nothing is written: no outputs are asked for."""

    def remove(self, name: str) -> None:
        """Nothing was written."""

    def add_signal(self, row: Mapping[str, Any]) -> None:
        """Signals are looked at as they are recorded."""
