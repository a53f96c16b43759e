from pathlib import Path

import numpy as np
import pybullet
import pybullet_data
import pytest
import trimesh

from simengine.assets.urdf import read_urdf
from simengine.errors import SimengineError

DATA = Path(pybullet_data.getDataPath())


@pytest.fixture
def client():
    number = pybullet.connect(pybullet.DIRECT)
    yield number
    pybullet.disconnect(number)


@pytest.mark.parametrize(
    "name",
    ["kuka_iiwa/model.urdf", "r2d2.urdf", "laikago/laikago_toes.urdf", "husky/husky.urdf", "humanoid/humanoid.urdf"],
)
def test_links_are_numbered_as_by_pybullet(client, name):
    body = pybullet.loadURDF(str(DATA / name), physicsClientId=client)
    names = [pybullet.getBodyInfo(body, client)[0].decode()]
    names += [pybullet.getJointInfo(body, i, client)[12].decode() for i in range(pybullet.getNumJoints(body, client))]
    assert list(read_urdf(DATA / name).links) == names


def test_drawn_parts_fill_pybullets_own_boxes(client, built):
    """In each link's frame, what is drawn reaches as far as PyBullet's collision shape of the same mesh."""
    asset = built("urdf", file="pybullet_data:kuka_iiwa/model.urdf")
    assert asset.urdf.endswith("kuka_iiwa/model.urdf") and asset.collision == ()
    body = pybullet.loadURDF(asset.urdf, useFixedBase=True, physicsClientId=client)
    names = {pybullet.getJointInfo(body, i, client)[12].decode(): i for i in range(7)}
    assert len(asset.links) == 8
    for link in asset.links[1:]:
        number = names[link.name]
        state = pybullet.getLinkState(body, number, computeForwardKinematics=1, physicsClientId=client)
        rotation = np.array(pybullet.getMatrixFromQuaternion(state[5])).reshape(3, 3)
        world = link.mesh.vertices @ rotation.T + state[4]
        low, high = pybullet.getAABB(body, number, client)
        assert np.abs(world.min(axis=0) - low).max() < 0.012
        assert np.abs(world.max(axis=0) - high).max() < 0.012


def test_joints_move_the_centre_of_mass(built):
    still = built("urdf", file="pybullet_data:kuka_iiwa/model.urdf")
    bent = built("urdf", file="pybullet_data:kuka_iiwa/model.urdf", joints={"lbr_iiwa_joint_2": 1.2})
    assert bent.volume == pytest.approx(still.volume, rel=1e-3)
    assert bent.center_of_mass[2] < still.center_of_mass[2] - 0.05
    assert bent.joints == {"lbr_iiwa_joint_2": 1.2} and bent.key != still.key
    with pytest.raises(SimengineError, match=r"no movable joint 'lbr_iiwa_joint2'.*lbr_iiwa_joint_2"):
        built("urdf", file="pybullet_data:kuka_iiwa/model.urdf", joints={"lbr_iiwa_joint2": 1.0})


def test_poses_of_one_model_share_its_meshes(built):
    """So that a thousand samples of a moving arm read and keep its meshes once."""
    first, second = (
        built("urdf", file="pybullet_data:kuka_iiwa/model.urdf", joints={"lbr_iiwa_joint_2": angle})
        for angle in (0.1, 0.4)
    )
    assert first.key != second.key
    assert all(a is b for a, b in zip(first.links, second.links, strict=True))
    larger = built("urdf", file="pybullet_data:kuka_iiwa/model.urdf", scale=2.0)
    assert np.allclose(larger.links[1].mesh.vertices, 2 * first.links[1].mesh.vertices)


def test_scale_multiplies_all_lengths(built):
    one, two = (built("urdf", file="pybullet_data:table/table.urdf", scale=s) for s in (1.0, 0.5))
    assert two.volume == pytest.approx(one.volume / 8, rel=1e-5)
    assert two.scale == 0.5
    assert np.allclose(two.links[0].mesh.vertices, one.links[0].mesh.vertices / 2, atol=1e-6)
    assert one.links[0].textures  # map_Kd of table.mtl


ROBOT = """<?xml version="0.0" ?>
<robot name="test">
  <material name="paint"><color rgba="0.1 0.2 0.3 1"/></material>
  <link name="base"><visual><origin xyz="0 0 1" rpy="0 1.5707963267948966 0"/>
    <geometry><cylinder radius="0.1" length="0.6"/></geometry><material name="paint"/></visual></link>
  <link name="arm">
    <visual><geometry><box size="0.2 0.4 0.6"/></geometry><material name="red"><color rgba="1 0 0 1"/></material></visual>
    <visual><origin xyz="1 0 0"/><geometry><sphere radius="0.1"/></geometry></visual>
    <visual><geometry><box size="0 0 0"/></geometry></visual>
    <visual><origin xyz="0 0 2"/><geometry><mesh filename="package://parts/meshes/m.stl" scale="0.1 0.1 -0.2"/></geometry></visual>
  </link>
  <link name="empty"/>
  <joint name="turn" type="revolute"><parent link="base"/><child link="arm"/><origin xyz="0 0 3"/><axis xyz="1 0 0"/></joint>
  <joint name="stay" type="fixed"><parent link="arm"/><child link="empty"/></joint>
</robot>
trailing words"""


def test_primitives_poses_materials_and_mirrored_meshes(built, tmp_path):
    (tmp_path / "meshes").mkdir()
    trimesh.creation.box((1, 1, 1)).export(tmp_path / "meshes" / "m.stl")
    (tmp_path / "r.urdf").write_text(ROBOT)
    asset = built("urdf", file="r.urdf", base=tmp_path)
    base, arm = asset.links
    assert (base.name, arm.name) == ("base", "arm")
    assert base.colors == {"paint": (0.1, 0.2, 0.3)}
    assert base.mesh.vertices.min(axis=0) == pytest.approx((-0.3, -0.1, 0.9), abs=1e-6)
    assert base.mesh.vertices.max(axis=0) == pytest.approx((0.3, 0.1, 1.1), abs=1e-6)
    assert arm.colors["red"] == (1.0, 0.0, 0.0)
    parts = trimesh.Trimesh(arm.mesh.vertices, arm.mesh.faces, process=False).split(repair=False)
    volumes = sorted(part.volume for part in parts)
    assert volumes == pytest.approx([0.002, 4 / 3 * np.pi * 0.001, 0.048], rel=0.01)  # all outward
    total = 0.048 + 0.002 + 4 / 3 * np.pi * 0.001 + np.pi * 0.01 * 0.6
    assert asset.volume == pytest.approx(total, rel=0.01)
    turned = built("urdf", file="r.urdf", joints={"turn": np.pi}, base=tmp_path)
    assert turned.center_of_mass[2] < asset.center_of_mass[2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<robot name='x'><link name='a'>", "no XML"),
        ("<model/>", "is no URDF"),
        ("<robot name='x'></robot>", "0 links without a parent"),
        ("<robot name='x'><link name='a'/><link name='b'/></robot>", "2 links without a parent"),
        ("<robot name='x'><link name='a'/></robot>", "nothing to draw"),
        (
            "<robot name='x'><link name='a'><visual><geometry><mesh filename='no.stl'/></geometry></visual></link></robot>",
            r"names no\.stl",
        ),
        (
            "<robot name='x'><link name='a'><visual><geometry><torus/></geometry></visual></link></robot>",
            "nothing to draw|not known",
        ),
    ],
)
def test_bad_files_end_in_an_error_that_names_them(built, tmp_path, text, words):
    (tmp_path / "bad.urdf").write_text(text)
    with pytest.raises(SimengineError, match=words) as caught:
        built("urdf", file="bad.urdf", base=tmp_path)
    assert "bad.urdf" in str(caught.value)


def test_loops_of_joints_are_refused(built, tmp_path):
    joint = "<joint name='{0}' type='fixed'><parent link='{1}'/><child link='{2}'/></joint>"
    text = (
        "<robot name='x'><link name='a'/><link name='b'/>" + joint.format("j", "a", "b") + joint.format("k", "b", "a")
    )
    (tmp_path / "loop.urdf").write_text(text + "</robot>")
    with pytest.raises(SimengineError, match="0 links without a parent"):
        built("urdf", file="loop.urdf", base=tmp_path)


def test_library_blocks_are_rigid_assets_with_convex_pieces(built, solid):
    asset = built("library", index=7, scale=2.0)
    half = built("library", index=7)
    assert not asset.urdf and len(asset.links) == 1 and asset.key != half.key
    assert np.ptp(asset.links[0].mesh.vertices, axis=0).max() == pytest.approx(
        2 * np.ptp(half.links[0].mesh.vertices, axis=0).max(), rel=1e-6
    )
    assert 0.03 < np.ptp(half.links[0].mesh.vertices, axis=0).max() < 0.3
    assert asset.links[0].colors
    hulls = [trimesh.convex.convex_hull(hull) for hull in half.collision[0].hulls]
    assert len(hulls) > 1
    low, high = (np.array([h.bounds for h in hulls])[:, i] for i in (0, 1))
    bounds = solid(half).bounds
    assert np.allclose([low.min(axis=0), high.max(axis=0)], bounds, atol=1e-4)
