import base64
import json
import struct

import cv2
import numpy as np
import pytest
import trimesh

from simengine.assets import files, import_mesh
from simengine.assets.collision import collision_of
from simengine.errors import SimengineError


@pytest.fixture
def cube(tmp_path):
    """Writes a box of 1 x 2 x 3 (file units) in any format."""

    def write(name, **kwargs):
        mesh = trimesh.creation.box((1, 2, 3))
        mesh.apply_translation((5, 5, 5))
        mesh.export(tmp_path / name, **kwargs)
        return name

    return write


@pytest.mark.parametrize("name", ["a.obj", "a.stl", "a.ply", "a.glb", "b.STL"])
def test_every_format_gives_the_same_solid(built, solid, tmp_path, cube, name):
    asset = built("mesh", file=cube(name.lower()), scale=0.01, base=tmp_path)
    mesh = asset.links[0].mesh
    assert solid(asset).is_watertight  # corners that a format splits are joined again
    assert len(mesh.vertices) == 8 and len(mesh.faces) == 12
    assert np.allclose(np.ptp(mesh.vertices, axis=0), (0.01, 0.02, 0.03))
    assert np.allclose(mesh.vertices.mean(axis=0), 0, atol=1e-6)
    assert asset.volume == pytest.approx(6e-6, rel=1e-5)
    assert np.allclose(mesh.normals, solid(asset).face_normals[:, None], atol=1e-5)
    assert asset.surfaces["top"].center == pytest.approx((0, 0, 0.015), abs=1e-7)
    assert not asset.urdf and asset.notes == ()


def test_gltf_with_its_files_beside_it(built, tmp_path):
    for name, data in trimesh.exchange.gltf.export_gltf(trimesh.Scene(trimesh.creation.box((1, 2, 3)))).items():
        (tmp_path / name).write_bytes(data)
    asset = built("mesh", file="model.gltf", base=tmp_path)
    assert asset.volume == pytest.approx(6, rel=1e-5)


def test_up_axis_and_centre(built, tmp_path, cube):
    cube("c.stl")
    for up, size in (("x", (3, 2, 1)), ("y", (1, 3, 2)), ("z", (1, 2, 3))):
        vertices = built("mesh", file="c.stl", up=up, base=tmp_path).links[0].mesh.vertices
        assert np.allclose(np.ptp(vertices, axis=0), size)
    mesh = trimesh.Trimesh([(0, 0, 0), (1, 0, 0), (0, 2, 0), (0, 0, 3)], [(0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)])
    mesh.export(tmp_path / "t.stl")
    for up, top in (("x", (1, 0, 0)), ("y", (0, 2, 0)), ("z", (0, 0, 3))):
        asset = built("mesh", file="t.stl", up=up, centre=False, base=tmp_path)
        assert asset.volume > 0  # a rotation, not a reflection
        assert asset.links[0].mesh.vertices[:, 2].max() == pytest.approx(max(top))


def test_the_tip_of_the_up_axis_goes_up(tmp_path, built):
    mesh = trimesh.creation.cone(0.1, 1.0)  # its tip at +z
    turns = {"x": [0, 1, 0], "y": [-1, 0, 0], "z": None}
    for up, axis in turns.items():
        turned = mesh.copy()
        if axis:
            turned.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, axis))
        turned.export(tmp_path / f"{up}.ply")
        vertices = built("mesh", file=f"{up}.ply", up=up, base=tmp_path, centre=False).links[0].mesh.vertices
        tip = vertices[vertices[:, 2].argmax()]
        assert tip == pytest.approx((0, 0, 1), abs=1e-6)


def write_picture(path):
    picture = np.zeros((8, 16, 3), np.uint8)
    picture[:4, :, 2] = 200  # upper half red (OpenCV writes BGR)
    cv2.imwrite(str(path), picture)
    return picture[..., ::-1]


def test_obj_materials_become_slots_with_colours_pictures_and_coordinates(built, tmp_path):
    picture = write_picture(tmp_path / "my picture.png")
    rough = write_picture(tmp_path / "rough.png")
    (tmp_path / "m.mtl").write_text(
        "newmtl painted\nKd 0.2 0.4 0.6\nmap_Kd my picture.png\nmap_Pr rough.png\nnorm my picture.png\n"
        "newmtl plain\nKd 0.1 0.9 0.3\nPr 0.25\nPm 1\n"
    )
    (tmp_path / "m.obj").write_text(
        "mtllib m.mtl\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 1\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"
        "usemtl painted\nf 1/1 2/2 3/3\nf 1/1 3/3 4/4\nusemtl plain\nf 1/1 2/2 5/4\n"
    )
    (link,) = built("mesh", file="m.obj", base=tmp_path, centre=False).links
    assert set(link.mesh.slot_names) == {"painted", "plain"}
    assert link.colors["plain"] == pytest.approx((0.1, 0.9, 0.3), abs=0.005)
    assert list(link.textures) == ["painted"] and link.unwrapped
    painted = link.textures["painted"]
    assert np.array_equal(painted.color, picture) and np.array_equal(painted.normal, picture)
    assert np.array_equal(painted.surface[..., 1], rough[..., 1]) and (painted.surface[..., 2] == 255).all()
    assert link.finishes == {"painted": (1.0, 1.0), "plain": (0.25, 1.0)}
    painted = link.mesh.slots == link.mesh.slot_names.index("painted")
    corners, uv = link.mesh.vertices[link.mesh.faces[painted]], link.mesh.uv[painted]
    assert np.allclose(corners[..., :2], uv)


def test_glb_with_a_picture_inside(built, tmp_path):
    picture = write_picture(tmp_path / "p.png")
    image = (tmp_path / "p.png").read_bytes()
    image += b"\0" * (-len(image) % 4)
    points = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0)], np.float32).tobytes()
    uv = np.array([(0, 1), (1, 1), (0, 0)], np.float32).tobytes()  # glTF counts v downwards
    blob = points + uv + image
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "translation": [0, 0, 4]}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "material": 0}]}],
        "materials": [
            {
                "name": "skin",
                "pbrMetallicRoughness": {
                    "baseColorTexture": {"index": 0},
                    "baseColorFactor": [1, 0.2140, 0, 1],
                    "metallicRoughnessTexture": {"index": 0},
                    "roughnessFactor": 0.7,
                },
                "normalTexture": {"index": 0},
            }
        ],
        "textures": [{"source": 0}],
        "images": [{"bufferView": 2, "mimeType": "image/png"}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0]},
            {"bufferView": 1, "componentType": 5126, "count": 3, "type": "VEC2"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 36},
            {"buffer": 0, "byteOffset": 36, "byteLength": 24},
            {"buffer": 0, "byteOffset": 60, "byteLength": len(image)},
        ],
        "buffers": [{"byteLength": len(blob)}],
    }

    def write(name, content, binary):
        text = json.dumps(content).encode()
        text += b" " * (-len(text) % 4)
        size = 12 + 8 + len(text) + 8 + len(binary)
        head = struct.pack("<4sII", b"glTF", 2, size) + struct.pack("<I4s", len(text), b"JSON")
        (tmp_path / name).write_bytes(head + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary)

    write("t.glb", document, blob)
    document["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(blob).decode()
    (tmp_path / "t.gltf").write_text(json.dumps(document))
    for name in ("t.glb", "t.gltf"):
        (link,) = built("mesh", file=name, base=tmp_path, centre=False).links
        assert link.mesh.slot_names == ("skin",)
        for part in ("color", "surface", "normal"):
            assert np.array_equal(getattr(link.textures["skin"], part), picture)
        assert link.finishes == {"skin": (0.7, 1.0)}  # glTF's own default is metal
        assert link.colors["skin"] == pytest.approx((1, 0.5, 0), abs=0.005)  # linear 0.214 is sRGB 0.5
        assert np.allclose(link.mesh.vertices[:, 2], 4)  # the node's own pose
        order = np.argsort(link.mesh.vertices[link.mesh.faces[0]] @ (1, 2, 0))
        assert np.allclose(link.mesh.uv[0][order], [(0, 0), (1, 0), (0, 1)])


def test_vertex_colours_become_the_slots_colour(built, tmp_path):
    mesh = trimesh.creation.box()
    mesh.visual.vertex_colors = np.tile([255, 51, 0, 255], (8, 1)).astype(np.uint8)
    mesh.export(tmp_path / "c.ply")
    (link,) = built("mesh", file="c.ply", base=tmp_path).links
    assert link.colors == {"body": (1.0, 0.2, 0.0)}


def test_pybullets_duck_comes_with_its_picture(built):
    asset = built("mesh", file="pybullet_data:duck.obj", up="y")
    assert next(iter(asset.links[0].textures.values())).color.shape == (512, 512, 3)
    assert asset.links[0].unwrapped


def test_inside_out_meshes_are_turned_and_open_ones_weigh_as_their_hull(built, tmp_path, solid):
    mesh = trimesh.creation.box((0.1, 0.1, 0.1))
    mesh.invert()
    mesh.export(tmp_path / "i.stl")
    asset = built("mesh", file="i.stl", base=tmp_path)
    assert solid(asset).volume == pytest.approx(0.001, rel=1e-5)
    assert (asset.links[0].mesh.normals * solid(asset).face_normals[:, None]).sum(-1).min() > 0.99
    open_box = trimesh.creation.box((0.1, 0.1, 0.1))
    open_box.update_faces(np.arange(12) > 1)
    open_box.export(tmp_path / "o.stl")
    asset = built("mesh", file="o.stl", base=tmp_path)
    assert asset.volume == pytest.approx(0.001, rel=1e-5)
    assert any("not watertight" in note for note in asset.notes)
    (piece,) = collision_of(asset)
    assert len(piece.hulls) == 1


def test_a_changed_file_is_read_again(built, tmp_path):
    trimesh.creation.box((1, 1, 1)).export(tmp_path / "x.stl")
    first = built("mesh", file="x.stl", base=tmp_path)
    assert built("mesh", file="x.stl", base=tmp_path) is first
    trimesh.creation.icosphere(2).export(tmp_path / "x.stl")
    second = built("mesh", file="x.stl", base=tmp_path)
    assert second.key != first.key and second.links[0].mesh.key != first.links[0].mesh.key


def test_keys_go_by_content_not_by_place(built, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        trimesh.creation.box((1, 1, 1)).export(tmp_path / name / "x.stl")
    assert built("mesh", file="x.stl", base=tmp_path / "a").key == built("mesh", file="x.stl", base=tmp_path / "b").key


GOOD = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.obj", None, "can't be read"),
        ("empty.obj", b"", "is empty"),
        ("x.fbx", b"abc", "kind that is not read"),
        ("x", b"abc", "kind that is not read"),
        ("points.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "no triangles"),
        ("words.obj", b"hello world\n", "no triangles|can't be read"),
        ("range.obj", GOOD.replace("f 1 2 4", "f 1 2 99").encode(), "can't be read|names vertex"),
        ("nan.obj", GOOD.replace("v 0 0 1", "v 0 0 nan").encode(), "not finite|can't be read"),
        ("inf.obj", GOOD.replace("v 0 0 1", "v 0 0 inf").encode(), "not finite|can't be read"),
        ("dot.obj", b"v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n", "no size|no triangle"),
        ("cut.stl", b"\0" * 80 + struct.pack("<I", 1000) + b"\0" * 100, "can't be read|no size|no triangle"),
        ("noise.glb", bytes(range(256)) * 4, "can't be read"),
        ("noise.ply", bytes(range(256)) * 4, "can't be read"),
        ("cut.gltf", b'{"asset": {"version": "2.0"', "can't be read"),
        ("line.obj", b"v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n", None),
    ],
)
def test_bad_files_end_in_an_error_that_names_them(built, tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    if words is None:  # odd, but it can be drawn
        built("mesh", file=name, base=tmp_path)
        return
    with pytest.raises(SimengineError, match=words) as caught:
        built("mesh", file=name, base=tmp_path)
    text = str(caught.value)
    assert name in text
    assert len(text.split(".")) > 2  # what is wrong, and what to do


def test_nan_and_range_are_found_whatever_the_reader_lets_pass(tmp_path):
    class Loaded:
        vertices = np.array([(0, 0, 0), (1, 0, 0), (0, np.nan, 0)])
        faces = np.array([(0, 1, 2)])

    with pytest.raises(SimengineError, match=r"f\.stl has 1 vertices that are not finite"):
        import_mesh._part(Loaded, np.eye(4), tmp_path / "f.stl", {})
    Loaded.faces = np.array([(0, 1, 7)])
    with pytest.raises(SimengineError, match=r"names vertex 7 but has 3"):
        import_mesh._part(Loaded, np.eye(4), tmp_path / "f.stl", {})


def test_folders_and_huge_files_are_refused(built, tmp_path, monkeypatch):
    (tmp_path / "folder.obj").mkdir()
    with pytest.raises(SimengineError, match="is a folder"):
        built("mesh", file="folder.obj", base=tmp_path)
    trimesh.creation.icosphere(3).export(tmp_path / "big.stl")
    monkeypatch.setattr(files, "LARGEST_FILE", 1000)
    with pytest.raises(SimengineError, match="MiB"):
        built("mesh", file="big.stl", base=tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(import_mesh, "MOST_TRIANGLES", 100)
    with pytest.raises(SimengineError, match="1280 triangles; at most 100"):
        built("mesh", file="big.stl", base=tmp_path)


def test_a_missing_picture_is_named(built, tmp_path):
    (tmp_path / "m.mtl").write_text("newmtl a\nmap_Kd gone.png\n")
    (tmp_path / "m.obj").write_text("mtllib m.mtl\nvt 0 0\nusemtl a\n" + GOOD.replace("f 1 2 3", "f 1/1 2/1 3/1"))
    with pytest.raises(SimengineError, match=r"gone\.png"):
        built("mesh", file="m.obj", base=tmp_path)
