"""A look at a scene before generating: pictures on a contact sheet, recordings on a sheet each; nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simengine.dataset.record import ViewRecord
from simengine.engine.sample import Watcher, make_sample

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
        count: Number of samples, the first ones. None: four with pictures, one recording; of a scene of signals alone
            that of the first sample that has a fault.
        views: Most pictures shown of one sample; spread evenly over its times and cameras.
        seed: The data set's seed.
        renderer: What draws; None will do for a scene without pictures.
        tile_width: Width of one picture on the sheet [px].

    Returns:
        The sheet, sRGB, uint8, shape (H, W, 3).

    Raises:
        SimengineError: A sample can't be drawn within the scene's `attempts`.
    """
    albums = []
    if spec.model.pictured:
        albums = [_album(spec, seed, index, renderer) for index in range(_PICTURES if count is None else count)]
        sheets = [_contact_sheet(spec, albums, views, tile_width)]
        heard = [album for album in albums if album.row is not None][: 1 if count is None else count]
    elif count is not None:
        sheets, heard = [], [_album(spec, seed, index, renderer) for index in range(count)]
    else:
        sheets, heard = [], [_first_fault(spec, seed)]
    return _stacked(sheets + [_signal_sheet(album) for album in heard])


def mesh_lines(scene: Scene, machine: str) -> dict[str, tuple[float, float]]:
    """Mesh orders of a machine's gears and the spacing of the sidebands about them, both per turn of its shaft.

    Sidebands stand at the turns of the faulty wheel, or of the driver (the carrier of a planetary set). The mesh of a
    faulty gear comes first.
    """
    from simengine.machines.gears import GearFault, GearPair

    made = next(one.machine for one in scene.machines if one.name == machine)
    faults = {id(made.gear_of(one)): one for one in made.faults if isinstance(one, GearFault)}
    lines = {}
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


def _first_fault(spec: SceneSpec, seed: int) -> _Album:
    """The first sample with a fault, or the first one."""
    first = None
    for index in range(_TRIED):
        album = _album(spec, seed, index, None)
        if album.row is not None and album.row["fault_type"] != "normal":
            return album
        first = first or album
    assert first is not None
    return first


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
    return signal_sheet(SignalRecord.of_row(album.row), lines=mesh_lines(album.scene, album.row["machine"]))


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

    def recorded(self, row: Mapping[str, Any]) -> None:
        if self.row is None or (row["machine"], row["channel"]) == (self.row["machine"], self.row["channel"]):
            self.row = row

    def write(self, name: str, data: bytes) -> None:
        """Nothing is written: no outputs are asked for."""

    def remove(self, name: str) -> None:
        """Nothing was written."""

    def add_signal(self, row: Mapping[str, Any]) -> None:
        """Signals are looked at as they are recorded."""
