"""URDF models: link poses are those of the URDF's link frames, not of centres of mass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simengine.assets.mesh import Asset, Link
from simengine.errors import SimengineError
from simengine.physics.frames import about_z, rotate
from simengine.physics.simulate import simulate

ARM = """<robot name="arm">
  <link name="base"><inertial><origin xyz="0.1 0 0.05"/><mass value="1"/><inertia ixx="1e-2" iyy="1e-2" izz="1e-2" ixy="0" ixz="0" iyz="0"/></inertial>
    <collision><origin xyz="0 0 0.05"/><geometry><box size="0.3 0.3 0.1"/></geometry></collision></link>
  <link name="upper"><inertial><origin xyz="0.2 0 0"/><mass value="0.1"/><inertia ixx="1e-3" iyy="1e-3" izz="1e-3" ixy="0" ixz="0" iyz="0"/></inertial>
    <collision><origin xyz="0.2 0 0"/><geometry><box size="0.4 0.05 0.05"/></geometry></collision></link>
  <link name="hand"><inertial><origin xyz="0 0.03 0"/><mass value="0.05"/><inertia ixx="1e-4" iyy="1e-4" izz="1e-4" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="turn" type="revolute"><parent link="base"/><child link="upper"/><origin xyz="0 0 0.15"/><axis xyz="0 0 1"/><limit lower="-3" upper="3" effort="10" velocity="10"/></joint>
  <joint name="reach" type="prismatic"><parent link="upper"/><child link="hand"/><origin xyz="0.4 0 0"/><axis xyz="1 0 0"/><limit lower="0" upper="1" effort="10" velocity="10"/></joint>
</robot>"""


@pytest.fixture
def arm(tmp_path: Path, made, monkeypatch):
    """Makes `simulate` see every shape `urdf` as the arm above, with the given joints."""
    from simengine.assets.build import build

    file = tmp_path / "arm.urdf"
    file.write_text(ARM)
    speck = replace(made.mesh(), vertices=made.mesh().vertices * np.float32(0.01))

    def install(joints: dict[str, float], *, scale: float = 1.0, links=("base", "upper", "hand")):
        asset = Asset(
            key=f"arm {joints} {scale}",
            links=tuple(Link(name, speck) for name in links),
            collision=(),
            volume=0.0,
            center_of_mass=(0, 0, 0),
            inertia=np.zeros((3, 3)),
            urdf=str(file),
            joints=joints,
            scale=scale,
        )
        monkeypatch.setattr(
            "simengine.physics.simulate.build",
            lambda shape, *, base: asset if shape.tag == "urdf" else build(shape, base=base),
        )

    return install


def model(*, static: bool, position=(0.0, 0.0, 0.0), rotation=(0, 0, 0, 1), **fixed) -> dict:
    placement = {"fixed": {"position": list(position), "rotation": list(rotation)}}
    return {"shape": {"urdf": {"file": "arm.urdf"}}, "physics": {"static": static}, "placement": placement}


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_links_of_a_static_model(scene, arm, scale):
    arm({"turn": 0.7, "reach": 0.25}, scale=scale)
    turn = about_z(0.4)
    path = simulate(scene({"arm": model(static=True, position=[1, 2, 0.3], rotation=turn.tolist())}))
    assert path.bodies == ("floor[0]", "arm[0]/base", "arm[0]/upper", "arm[0]/hand")
    assert path.object_ids.tolist() == [1, 2, 2, 2] and path.link_index.tolist() == [0, 0, 1, 2]
    reach = 0.65 if scale == 1 else 0.2 + 0.25  # joint positions are metres of the model as it stands
    expected = [[0, 0, 0], [0, 0, 0.15 * scale], [reach * np.cos(0.7), reach * np.sin(0.7), 0.15 * scale]]
    np.testing.assert_allclose(path.positions[0, 1:], np.add(rotate(turn, expected), [1, 2, 0.3]), atol=1e-6)
    np.testing.assert_allclose(np.abs(path.rotations[0, 2] @ about_z(1.1)), 1, atol=1e-9)


def test_a_free_model_falls_and_keeps_its_joints(scene, arm):
    arm({"turn": -0.5, "reach": 0.1})
    die = {"shape": {"die": {}}, "placement": {"drop": {"center": [1, 0, 0.1]}}}  # small things set the units
    start = scene(
        {"arm": model(static=False, position=[0, 0, 0.3]), "die": die}, timeline={"start": 0.0, "frames": 2, "rate": 10}
    )
    path = simulate(start)
    np.testing.assert_allclose(path.positions[0, 1], [0, 0, 0.3], atol=1e-6)
    np.testing.assert_allclose(path.positions[1, 1, 2], 0.3 - 0.5 * 9.80665 * 0.01, atol=3e-3)
    rest = simulate(scene({"arm": model(static=False, position=[0, 0, 0.1]), "die": die}))
    np.testing.assert_allclose(rest.positions[0, 1], [0, 0, 0], atol=2e-3)
    np.testing.assert_allclose(rest.positions[0, 3], [0.5 * np.cos(0.5), -0.5 * np.sin(0.5), 0.15], atol=5e-3)
    assert rest.joints["arm[0]/turn"] == pytest.approx([-0.5], abs=0.01)
    assert rest.joints["arm[0]/reach"] == pytest.approx([0.1], abs=0.002)


def test_dice_lie_on_an_articulated_model(scene, arm):
    arm({"turn": 3.0})
    die = {"shape": {"die": {}}, "placement": {"drop": {"center": [0, 0.08, 0.2], "size": [0, 0, 0]}}}
    path = simulate(scene({"arm": model(static=True), "die": die}))
    assert path.positions[0, -1, 2] == pytest.approx(0.108, abs=1e-4)


def test_unknown_joints_and_links_are_named(scene, arm):
    arm({"elbow": 1.0})
    with pytest.raises(SimengineError, match=r"arm.urdf has no joint elbow; it has: turn, reach"):
        simulate(scene({"arm": model(static=True)}))
    arm({}, links=("base", "finger"))
    with pytest.raises(SimengineError, match=r"no link finger"):
        simulate(scene({"arm": model(static=True)}))
