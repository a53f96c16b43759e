import numpy as np
import pytest
import trimesh

from simengine.assets.import_mesh import FilePart, link_from_parts
from simengine.assets.lint import lint
from simengine.assets.topology import topology


def mesh_of(oracle):
    part = FilePart(np.array(oracle.vertices), np.array(oracle.faces), None, "body", None, None)
    return link_from_parts("", [part]).mesh


def test_a_good_mesh_gets_no_note():
    assert lint(mesh_of(trimesh.creation.box((0.1, 0.1, 0.1)))) == ()


@pytest.mark.parametrize(
    ("extents", "words"),
    [((200, 100, 50), "200 x 100 x 50 m large"), ((5e-4, 5e-4, 5e-4), "only"), ((1, 1, 0.001), "thin")],
)
def test_scale_and_thickness(extents, words):
    assert any(words in note for note in lint(mesh_of(trimesh.creation.box(extents))))


def test_thickness_is_judged_against_the_step():
    plate = mesh_of(trimesh.creation.box((0.1, 0.1, 0.005)))
    assert any("8.33 mm" in note for note in lint(plate))
    assert lint(plate, time_step=1 / 1000) == ()
    tilted = trimesh.creation.box((0.1, 0.1, 0.005))
    tilted.apply_transform(trimesh.transformations.rotation_matrix(0.7, (1, 2, 0)))
    assert any("thin" in note for note in lint(mesh_of(tilted)))


def test_holes_needles_and_aspect():
    holed = trimesh.creation.box((0.1, 0.1, 0.1))
    holed.update_faces(np.arange(12) > 0)
    assert any("3 open edges" in note for note in lint(mesh_of(holed)))
    rod = lint(mesh_of(trimesh.creation.box((20, 0.01, 0.01))))
    assert any("times longer than thick" in note for note in rod)


def test_inside_out_and_doubled_faces():
    box = trimesh.creation.box((0.1, 0.1, 0.1))
    assert topology(box.faces).watertight
    twice = np.vstack([box.faces, box.faces[:1]])
    assert topology(twice).crowded == 3
    twisted = box.faces.copy()
    twisted[0] = twisted[0][::-1]
    found = topology(twisted)
    assert found.twisted == 3 and not found.watertight
    good = mesh_of(box)
    inside = type(good)(**{**vars(good), "faces": good.faces[:, ::-1]})
    assert any("inside out" in note for note in lint(inside))


def test_many_triangles():
    assert any("simplify" in note for note in lint(mesh_of(trimesh.creation.icosphere(7, 0.1))))
