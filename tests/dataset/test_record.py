import dataclasses
import json
import math

import pytest

from simengine.dataset.record import (
    Box3dRecord,
    ObjectRecord,
    PhysicsRecord,
    PoseRecord,
    SampleRecord,
    ViewRecord,
    check_state,
)
from simengine.errors import SimengineError


def sample_record() -> SampleRecord:
    pose = PoseRecord(position=[0.1, 1 / 3, math.pi], rotation=[0.0, 0.0, 0.0, 1.0])
    thing = ObjectRecord(
        id=1, track=1, name="die[0]", group="die", category="six", labelled=True, reason=None,
        box=[3, 4, 5, 6], box_exported=[2.5, 3.4, 6.0, 7.2], box_amodal=[-2, 4, 10, 6],
        mask={"size": [48, 64], "counts": "abc"}, mask_amodal={"size": [48, 64], "counts": "abd"},
        pixels=25, pixels_in_frame=30, pixels_amodal=60, visible_fraction=25 / 60, in_frame_fraction=0.5,
        visibility_in_frame=25 / 30, truncated=True, outline_clipped=False, world_from_object=pose,
        camera_from_object=pose, links={"arm": pose},
        box3d=Box3dRecord(center=[0, 0, 1.0], size=[1, 2, 3], rotation=[0, 0, 0, 1.0], corners=[[1.5, 2.5], None] * 4),
        distance=1.0, velocity=[0.0, 0.0, -1e-300], angular_velocity=[0.0, 0.0, 5e300],
    )  # fmt: skip
    background = dataclasses.replace(
        thing, id=2, track=2, category=None, labelled=False, reason="no_class", mask=None, mask_amodal=None,
        box3d=None, box_amodal=None, visible_fraction=None, links={},
    )  # fmt: skip
    view = ViewRecord(
        camera="top[0]", frame=0, time=0.1 + 0.2, width=64, height=48, intrinsics=[[50.0, 0, 32], [0, 50.0, 24], [0, 0, 1]],
        distortion=None, world_from_camera=[[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0], [0, 0, 0, 1.0]],
        exposure=0.0, depth_scale=10 / 65535, state="beef", files={"rgb": "rgb/0.png"}, objects=[thing, background],
    )  # fmt: skip
    return SampleRecord(
        index=7, seed=2**63, attempt=1, draws={"objects.die.count": 1}, variables={"size": 0.016},
        rejected=[{"attempt": 0, "stage": "physics", "reason": "escaped"}],
        physics=PhysicsRecord(settled_time=None, max_penetration=1e-5, contacts=3), views=[view, view],
    )  # fmt: skip


def test_survives_json_exactly():
    record = sample_record()
    text = json.dumps(record.to_dict(), allow_nan=False)
    again = SampleRecord.from_dict(json.loads(text))
    assert again == record
    assert json.dumps(again.to_dict(), allow_nan=False) == text
    assert isinstance(again.views[0].objects[0].links["arm"], PoseRecord)
    assert again.views[0].objects[1].box3d is None


def test_holds_json_types_only():
    def walk(value):
        assert type(value) in (dict, list, str, int, float, bool, type(None)), type(value)
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(part)

    walk(sample_record().to_dict())


@pytest.mark.parametrize(
    ("change", "word"), [(lambda d: d.pop("seed"), "absent seed"), (lambda d: d.update(sneed=1), "unknown sneed")]
)
def test_names_wrong_keys(change, word):
    data = sample_record().to_dict()
    change(data)
    with pytest.raises(SimengineError, match=word):
        SampleRecord.from_dict(data)


def test_wrong_key_in_a_part_is_found():
    data = sample_record().to_dict()
    data["views"][0]["objects"][0]["links"]["arm"]["scale"] = 1
    with pytest.raises(SimengineError, match="PoseRecord: unknown scale"):
        SampleRecord.from_dict(data)


def test_picture_and_labels_of_different_states_are_refused():
    view = sample_record().views[0]
    check_state(view, "beef")
    with pytest.raises(SimengineError, match=r"top\[0\].*dead.*beef"):
        check_state(view, "dead")
