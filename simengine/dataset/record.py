"""The neutral record of a sample: everything that is known about its pictures, in JSON types.

A `SampleRecord` holds one `ViewRecord` per picture, which holds one `ObjectRecord` per object.
Formats (COCO, YOLO, ...) are made from records alone. Every number is kept at full precision:
Python's shortest ``repr`` that reads back to the same double; nothing is rounded, and nothing
is NaN or infinite (what is not known is ``null``).

Coordinates of boxes and pixels have their origin at the top left corner of the picture, so the
centre of the first pixel is at (0.5, 0.5) and a box around that pixel alone is [0, 0, 1, 1].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, TypeVar

from simengine.errors import SimengineError

__all__ = [
    "REASONS",
    "RECORD_VERSION",
    "Box3dRecord",
    "MachineRecord",
    "ObjectRecord",
    "PhysicsRecord",
    "PoseRecord",
    "SampleRecord",
    "ViewRecord",
    "check_state",
]

RECORD_VERSION = 1
"""Version of the record's form; raised when a field changes its meaning."""

REASONS = ("no_class", "unseen", "min_pixels", "min_visible_fraction", "min_box_edge", "audit")
"""Why an object has no label, in the order in which the reasons are tried."""

_Self = TypeVar("_Self", bound="_Record")


class _Record:
    """Turns a frozen dataclass into JSON types and back; unknown or absent keys are errors."""

    _parts: ClassVar[Mapping[str, type[_Record]]] = {}

    def to_dict(self) -> dict[str, Any]:
        """The record in JSON types, keys in the order of the fields."""
        return {entry.name: _plain(getattr(self, entry.name)) for entry in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_dict(cls: type[_Self], data: Mapping[str, Any]) -> _Self:
        """Reads what `to_dict` wrote.

        Raises:
            SimengineError: If a key is unknown or absent.
        """
        known = {entry.name: entry for entry in fields(cls)}  # type: ignore[arg-type]
        needed = {n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
        unknown, absent = sorted(set(data) - set(known)), sorted(needed - set(data))
        if unknown or absent:
            wrong = [f"{word} {', '.join(keys)}" for word, keys in (("unknown", unknown), ("absent", absent)) if keys]
            raise SimengineError(
                f"{cls.__name__}: {'; '.join(wrong)}. The record was written by another version of simengine or "
                "changed by hand; read it with the version its dataset.json names."
            )
        return cls(**{key: _read(cls._parts.get(key), value) for key, value in data.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, _Record):
        return value.to_dict()
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value


def _read(kind: type[_Record] | None, value: Any) -> Any:
    if kind is None or value is None:
        return value
    if isinstance(value, list):
        return [kind.from_dict(part) for part in value]
    return kind.from_dict(value)


@dataclass(frozen=True)
class PoseRecord(_Record):
    """A rigid transform, e.g. world from object.

    Attributes:
        position: Origin of the object [m], 3 numbers.
        rotation: Unit quaternion x, y, z, w with w >= 0.
    """

    position: list[float]
    rotation: list[float]


@dataclass(frozen=True)
class Box3dRecord(_Record):
    """An oriented box around the whole object, in the camera's frame (x right, y down, z forward).

    Its axes are those of the object's frame.

    Attributes:
        center: Middle [m], 3 numbers.
        size: Extents along its own axes [m], 3 numbers.
        rotation: Camera from box, unit quaternion x, y, z, w.
        corners: Pixel position [x, y] of each corner, 8 of them, which may lie outside the picture; null for
            a corner that is not in front of the camera. Corner ``4 i + 2 j + k`` lies at
            ``(i, j, k) - 1/2`` times the size from the centre along the box's x, y, z.
    """

    center: list[float]
    size: list[float]
    rotation: list[float]
    corners: list[list[float] | None]


@dataclass(frozen=True)
class ObjectRecord(_Record):
    """One object as one picture shows it.

    Objects of a class are always recorded in full, also where they are unseen. Background (``category``
    null: tables, trays, walls) is recorded with its pose, pixels and tight box only: masks, outline
    ratios and 3D box are null.

    The three ratios are those of Unity Perception's OcclusionLabeler (percent visible, percent in frame,
    visibility in frame) <https://github.com/Unity-Technologies/com.unity.perception>.

    Attributes:
        id: Instance id in the sample, from 1; the value of its pixels in the ``instances`` picture.
        track: Number that it keeps over all frames and cameras of the sample; unique within the sample.
        name: Name in the scene, ``die[3]``.
        group: Name of its group in the scene file, ``die``.
        category: Class name, or null for background.
        labelled: Whether the label policy gives it a label; only then do formats export it.
        reason: Null if labelled, else the first that applies of: ``no_class`` (background, or a class that
            ``labels.classes`` does not list), ``unseen``, ``min_pixels``, ``min_visible_fraction``,
            ``min_box_edge``, ``audit`` (a refiner damaged it).
        box: Tight box [x, y, w, h] around the visible pixels; null if none is visible.
        box_exported: The tight box, its edges multiplied by the policy's ``box_padding`` about its centre,
            clipped to the picture; null if none is visible.
        box_amodal: Tight box around the whole outline; may reach outside the picture, null if it has none.
        mask: Visible pixels as COCO's compressed RLE, ``{"size": [height, width], "counts": str}``; null for
            background and if none is visible.
        mask_amodal: The outline inside the picture, whether hidden by others or not; same form.
        pixels: Number of visible pixels.
        pixels_in_frame: Pixels of the outline inside the picture.
        pixels_amodal: Pixels of the whole outline, outside the picture too.
        visible_fraction: ``pixels / pixels_amodal``; 0 where the object has no outline.
        in_frame_fraction: ``pixels_in_frame / pixels_amodal``; 0 where it has none.
        visibility_in_frame: ``pixels / pixels_in_frame``; 0 where it has none.
        truncated: Whether a part of the outline lies outside the picture.
        outline_clipped: Whether the outline goes on beyond what was traced (far larger than the picture, or
            reaching behind the camera); ``pixels_amodal`` is then too small and the fractions of it too large.
        world_from_object: Pose of the object (of the base link for an articulated one).
        camera_from_object: The same in the camera's frame.
        links: World from link, by link name, of an articulated object's other links.
        box3d: Oriented 3D box in the camera's frame.
        distance: From the camera to the centre of the 3D box (background: to the object's origin) [m].
        velocity: Linear velocity in the world [m/s], 3 numbers.
        angular_velocity: In the world [rad/s], 3 numbers.
        attributes: What the scene says of it besides, e.g. the severity of a defect.
    """

    id: int
    track: int
    name: str
    group: str
    category: str | None
    labelled: bool
    reason: str | None
    box: list[int] | None
    box_exported: list[float] | None
    box_amodal: list[int] | None
    mask: dict[str, Any] | None
    mask_amodal: dict[str, Any] | None
    pixels: int
    pixels_in_frame: int | None
    pixels_amodal: int | None
    visible_fraction: float | None
    in_frame_fraction: float | None
    visibility_in_frame: float | None
    truncated: bool | None
    outline_clipped: bool | None
    world_from_object: PoseRecord
    camera_from_object: PoseRecord
    links: dict[str, PoseRecord]
    box3d: Box3dRecord | None
    distance: float
    velocity: list[float]
    angular_velocity: list[float]
    attributes: dict[str, Any] = field(default_factory=dict)

    _parts: ClassVar[Mapping[str, type[_Record]]] = {
        "world_from_object": PoseRecord,
        "camera_from_object": PoseRecord,
        "box3d": Box3dRecord,
    }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ObjectRecord:
        """Reads what `to_dict` wrote.

        Raises:
            SimengineError: If a key is unknown or absent.
        """
        links = {name: PoseRecord.from_dict(pose) for name, pose in data.get("links", {}).items()}
        return super().from_dict({**data, "links": links})


@dataclass(frozen=True)
class ViewRecord(_Record):
    """One picture: which camera took it, when, and what it shows.

    Attributes:
        camera: Name of the view, ``top[0]``.
        frame: Number of the time in the sample's timeline, from 0.
        time: Seconds since release.
        width: Pixels.
        height: Pixels.
        intrinsics: Camera matrix K, 3 x 3 [px]; the centre of the first pixel is at (0.5, 0.5). OpenCV's warps have it at
            (0, 0): subtract 0.5 from the principal point for them.
        distortion: How the lens bends straight lines; null for a pinhole. ``model`` is ``brown_conrady`` with the
            ``coefficients`` k1, k2, p1, p2, k3, k4, k5, k6 of `cv2.projectPoints`, or ``kannala_brandt`` with k1, k2, k3,
            k4 of `cv2.fisheye` and the angle [rad] across its ``image_circle``.
        world_from_camera: Rigid transform, 4 x 4 [m]; camera frame as OpenCV.
        exposure: Brightening in stops.
        depth_scale: Metres per unit of the 16-bit depth picture; 0 there means nothing was hit.
        state: Hash of the poses and of the camera that the labels were made from; see `check_state`.
        files: Picture by output name (``rgb``, ``depth``, ``instances``, ...): path relative to the data set.
        objects: Every object of the scene, in order of id.
        certificate: What the label audit found, if the picture was refined; null for a render.
        depth_kind: ``planar``: depths are along the optical axis; ``range``: they are distances from the camera in
            space, as fisheye lenses have them.
        focus: Of a lens that isn't sharp everywhere: diameter of its ``aperture`` and ``distance`` of what is sharp [m].
        shutter: Of a picture that takes time: ``exposure_time`` and ``readout_time`` [s], ``direction`` of reading, and
            the camera's own ``velocity`` [m/s] and ``angular_velocity`` [rad/s] in its frame. All poses are those of
            ``time``, the middle of the exposure of the middle row; masks, depths, normals, boxes and corners of a
            rolling shutter's rows are those of the middle of each row's own exposure.
        crop: Of a picture that is a part of a larger one: its ``left`` and ``top`` there, ``width`` and ``height`` of
            the whole.
        shafts: Angle of every machine's shaft when the picture was taken, turns since time 0, by machine; its signals
            have the same.
    """

    camera: str
    frame: int
    time: float
    width: int
    height: int
    intrinsics: list[list[float]]
    distortion: dict[str, Any] | None
    world_from_camera: list[list[float]]
    exposure: float
    depth_scale: float
    state: str
    files: dict[str, str] = field(default_factory=dict)
    objects: list[ObjectRecord] = field(default_factory=list)
    certificate: dict[str, Any] | None = None
    shafts: dict[str, float] = field(default_factory=dict)
    depth_kind: str = "planar"
    focus: dict[str, float] | None = None
    shutter: dict[str, Any] | None = None
    crop: dict[str, int] | None = None

    _parts: ClassVar[Mapping[str, type[_Record]]] = {"objects": ObjectRecord}


@dataclass(frozen=True)
class PhysicsRecord(_Record):
    """What the simulation of a sample says of itself.

    Attributes:
        settled_time: Simulated seconds until everything rested; null where the timeline did not ask for rest.
        max_penetration: Deepest overlap of two bodies at the first picture [m].
        contacts: Number of touches that began.
    """

    settled_time: float | None
    max_penetration: float
    contacts: int


@dataclass(frozen=True)
class MachineRecord(_Record):
    """Recordings of one machine in one state; the rows themselves lie in ``signals.parquet``.

    Attributes:
        machine: Name of the machine.
        condition: Name of the condition that was drawn; null where it has none.
        weight: Rate of that condition in the world over its share in the data set.
        fault_type: Its faults joined by ``+``, or ``normal``.
        channels: Names of the sensors.
        recordings: How often each recorded it.
        certificate: What the label audit found, if the signals were refined; absent for a simulation.
    """

    machine: str
    condition: str | None
    weight: float
    fault_type: str
    channels: list[str]
    recordings: int
    certificate: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record in JSON types; without a certificate where there is none."""
        data = super().to_dict()
        return data if self.certificate is not None else {k: v for k, v in data.items() if k != "certificate"}


@dataclass(frozen=True)
class SampleRecord(_Record):
    """One sample: its randomness, its physics and its pictures.

    Attributes:
        index: Number in the data set.
        seed: The data set's seed.
        attempt: Which try succeeded, from 0.
        draws: Every value drawn, by path in the scene.
        variables: The scene's named values as drawn.
        rejected: The tries before, each ``{"attempt": int, "stage": str, "reason": str}``.
        physics: Summary of the simulation; null where nothing was simulated (signals alone).
        views: Every picture, by time and then by camera.
        machines: Every recording of a machine.
        imus: Names of the inertial measurement units; each wrote six channels.
        version: Version of this form.
    """

    index: int
    seed: int
    attempt: int
    draws: dict[str, Any]
    variables: dict[str, Any]
    rejected: list[dict[str, Any]]
    physics: PhysicsRecord | None
    views: list[ViewRecord]
    machines: list[MachineRecord] = field(default_factory=list)
    imus: list[str] = field(default_factory=list)
    version: int = RECORD_VERSION

    _parts: ClassVar[Mapping[str, type[_Record]]] = {
        "physics": PhysicsRecord,
        "views": ViewRecord,
        "machines": MachineRecord,
    }


def check_state(record: ViewRecord, state: str) -> None:
    """Refuses labels that were made from other poses than the picture.

    Args:
        record: The labels.
        state: Hash of the poses that the picture was made from (`View.state`).

    Raises:
        SimengineError: If the hashes differ.
    """
    if record.state != state:
        raise SimengineError(
            f"camera {record.camera}, frame {record.frame}: the picture shows state {state} but its labels describe "
            f"state {record.state}. Labels must be made from the same scene, trajectory and view as the picture."
        )
