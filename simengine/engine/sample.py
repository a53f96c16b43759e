"""One sample, from its keys to its record, pictures and signals: draw, place, simulate, render, label, encode, record."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from simengine.dataset.pictures import encode_picture
from simengine.dataset.record import MachineRecord, PhysicsRecord, SampleRecord, ViewRecord
from simengine.dataset.shard import Sink, picture_name
from simengine.dataset.tally import reason_kind
from simengine.errors import Rejected, SimengineError

if TYPE_CHECKING:
    from simengine.physics.trajectory import Trajectory
    from simengine.render.select import Renderer
    from simengine.scene.scene import Scene
    from simengine.scene.spec import SceneSpec
    from simengine.sensors.observe import View

__all__ = ["Watcher", "make_sample", "try_sample"]


class Watcher:
    """Is told what happens to a sample; does nothing by itself."""

    def entered(self, stage: str) -> None:
        """A stage begins: draw, physics, render, labels, encode or signals."""

    def drawn(self, scene: Scene) -> None:
        """A try begins with this scene."""

    def pictured(self, view: View, record: ViewRecord) -> None:
        """A picture was made and labelled."""

    def recorded(self, row: Mapping[str, Any]) -> None:
        """A channel of a recording was made and labelled; see `simengine.dataset.signals`."""


def make_sample(
    spec: SceneSpec,
    seed: int,
    index: int,
    *,
    renderer: Renderer | None,
    sink: Sink,
    folder: str = "",
    outputs: Sequence[str] | None = None,
    watcher: Watcher | None = None,
) -> SampleRecord:
    """Makes one sample, drawing again until no stage rejects it.

    Args:
        spec: The scene.
        seed: The data set's seed.
        index: The sample's number.
        renderer: What draws; None will do for a scene without pictures.
        sink: Takes the pictures as they are made, so that a long sample needs the memory of one.
        folder: Path of the sink's folder relative to the data set, for the record.
        outputs: Pictures to write instead of the scene's.
        watcher: Told what happens.

    Returns:
        The record; its `rejected` lists the tries before.

    Raises:
        SimengineError: No draw became a sample within the scene's `attempts`, or a stage failed.
    """
    rejected: list[dict[str, Any]] = []
    for attempt in range(spec.model.attempts):
        written = _Written(sink)
        try:
            record = try_sample(
                spec, seed, index, attempt,
                renderer=renderer, sink=written, folder=folder, outputs=outputs, watcher=watcher,
            )  # fmt: skip
            return replace(record, rejected=rejected)
        except Rejected as rejection:
            rejected.append({"attempt": attempt, "stage": rejection.stage, "reason": rejection.reason})
            written.remove_all()
    raise SimengineError(_hopeless(index, rejected))


def try_sample(
    spec: SceneSpec,
    seed: int,
    index: int,
    attempt: int,
    *,
    renderer: Renderer | None,
    sink: Sink,
    folder: str = "",
    outputs: Sequence[str] | None = None,
    watcher: Watcher | None = None,
) -> SampleRecord:
    """Makes one try of one sample.

    Args:
        spec: The scene.
        seed: The data set's seed.
        index: The sample's number.
        attempt: The try's number, from 0.
        renderer: What draws; None will do for a scene without pictures.
        sink: Takes the pictures and signals.
        folder: Path of the sink's folder relative to the data set.
        outputs: Pictures to write instead of the scene's.
        watcher: Told what happens.

    Returns:
        The record, without the tries before.

    Raises:
        Rejected: A stage can't go on with this draw.
        SimengineError: A stage failed, and would fail again.
    """
    from simengine.scene.constraints import check_label_constraints

    watcher = watcher or Watcher()
    stage = ""

    def enter(name: str) -> None:
        nonlocal stage
        stage = name
        watcher.entered(name)

    try:
        enter("draw")
        scene = spec.sample(seed, index, attempt=attempt)
        watcher.drawn(scene)
        physics, trajectory, views = None, None, []
        if scene.pictured:
            from simengine.labels.annotate import annotate
            from simengine.physics.simulate import simulate
            from simengine.sensors.observe import observe

            enter("physics")
            trajectory = simulate(scene)
            physics = _physics(trajectory)
            wanted = scene.model.outputs if outputs is None else outputs
            enter("render")
            assert renderer is not None
            for view in observe(scene, trajectory, renderer=renderer):
                if "rgb" in scene.model.outputs:
                    _refuse_blank(view)
                enter("labels")
                record = annotate(scene, trajectory, view)
                watcher.pictured(view, record)
                enter("encode")
                views.append(
                    replace(record, files=_write_pictures(scene, view, record, wanted, sink=sink, folder=folder))
                )
                enter("render")
            enter("labels")
            for view_record in views:
                labelled = sum(thing.labelled for thing in view_record.objects)
                check_label_constraints(spec.label_constraints, scene, labelled=labelled)
        enter("signals")
        return SampleRecord(
            index=index,
            seed=seed,
            attempt=attempt,
            draws=dict(scene.draws),
            variables=dict(scene.model.variables),
            rejected=[],
            physics=physics,
            views=views,
            machines=_write_signals(spec, scene, trajectory, sink=sink, watcher=watcher),
            imus=[imu.name for imu in scene.imus],
        )
    except SimengineError as error:
        if isinstance(error, Rejected):
            raise
        raise SimengineError(f"sample {index}, try {attempt}, stage {stage}: {error}") from error
    except Exception as error:
        raise SimengineError(_crash(error, index=index, attempt=attempt, stage=stage)) from error


class _Written:
    """A sink that remembers what one try has written."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._names: list[str] = []

    def write(self, name: str, data: bytes) -> None:
        self._sink.write(name, data)
        self._names.append(name)

    def remove(self, name: str) -> None:
        self._sink.remove(name)
        self._names.remove(name)

    def add_signal(self, row: Mapping[str, Any]) -> None:
        self._sink.add_signal(row)

    def remove_all(self) -> None:
        for name in list(self._names):
            self.remove(name)


def _refuse_blank(view: View) -> None:
    """A picture of one colour shows nothing, or the renderer failed: no data set should hold it unseen."""
    rgb = view.frame_data.rgb
    if (rgb == rgb[0, 0]).all():
        seen = "though it hits objects" if view.frame_data.instances.any() else "and it hits nothing"
        raise Rejected(
            "render",
            f"the picture of camera {view.camera}, frame {view.frame} is blank: every pixel is {rgb[0, 0].tolist()}, {seen}; "
            "check its pose and the lights.",
        )


def _write_pictures(
    scene: Scene, view: View, record: ViewRecord, outputs: Sequence[str], *, sink: Sink, folder: str
) -> dict[str, str]:
    from simengine.labels.classes import class_map

    far = next(camera.spec.far for camera in scene.cameras if camera.name == view.camera)
    files = {}
    for output in outputs:
        name = picture_name(scene.index, view.camera, view.frame, output)
        if output == "classes":
            values = class_map(view.frame_data.instances, record.objects, scene.model.labels.classes or ())
        else:
            values = getattr(view.frame_data, output)
        sink.write(name, encode_picture(output, values, scale=record.depth_scale, far=far))
        files[output] = f"{folder}/{name}"
    return files


def _write_signals(
    spec: SceneSpec, scene: Scene, trajectory: Trajectory | None, *, sink: Sink, watcher: Watcher
) -> list[MachineRecord]:
    """The last stage: what it has written stays, so nothing may be rejected once the first row is made."""
    records: list[MachineRecord] = []
    if scene.sensors:
        from simengine.labels.signals import count_recordings, signal_rows
        from simengine.sensors.recordings import listen

        for heard in listen(scene):
            count_recordings(records, heard)
            for row in signal_rows(scene, heard, dataset=spec.name, spec_hash=spec.hash):
                sink.add_signal(row)
                watcher.recorded(row)
    if scene.imus and trajectory is not None:
        from simengine.labels.signals import imu_rows
        from simengine.sensors.imu import feel

        for felt in feel(scene, trajectory):
            for row in imu_rows(scene, felt, dataset=spec.name, spec_hash=spec.hash):
                sink.add_signal(row)
                watcher.recorded(row)
    return records


def _physics(trajectory: Trajectory) -> PhysicsRecord:
    return PhysicsRecord(
        settled_time=None if math.isnan(trajectory.settled_time) else float(trajectory.settled_time),
        max_penetration=float(trajectory.max_penetration),
        contacts=len(trajectory.contacts) + trajectory.contacts_dropped,
    )


def _hopeless(index: int, rejected: list[dict[str, Any]]) -> str:
    kinds = Counter(f"{entry['stage']}: {reason_kind(entry['reason'])}" for entry in rejected)
    lines = "".join(f"\n  {number} x {kind}" for kind, number in kinds.most_common(5))
    return (
        f"sample {index}: none of {len(rejected)} draws became a sample.{lines}\n"
        "Widen what is drawn or placed, loosen the constraints, or raise `attempts`; "
        f"`simengine replay DIR --item {index}` shows every try."
    )


def _crash(error: Exception, *, index: int, attempt: int, stage: str) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return (
        f"sample {index}, try {attempt}, stage {stage}: {type(error).__name__}: {error}{place}. This is a fault in "
        f"simengine or in a plug-in, so it is not tried again; `simengine --debug replay DIR --item {index}` repeats it."
    )
