"""What holds for every parametric shape."""

import numpy as np
import pytest
import trimesh

from simengine.assets import build as module
from simengine.errors import Rejected

CASES = [
    ("plane", {}),
    ("box", {}),
    ("box", {"size": (0.3, 0.02, 0.1), "rounding": 0.004}),
    ("box", {"size": (0.1, 0.1, 0.1), "rounding": 1.0}),
    ("sphere", {}),
    ("cylinder", {}),
    ("cylinder", {"rounding": 0.01}),
    ("cylinder", {"radius": 0.01, "height": 0.5, "rounding": 1.0}),
    ("capsule", {}),
    ("cone", {}),
    ("cone", {"radius": 0.02, "top_radius": 0.05}),
    ("die", {}),
    ("die", {"rounding": 1.0, "pip_radius": 1.0, "pip_depth": 0.5, "handedness": "left"}),
    ("die", {"rounding": 0.0, "pip_radius": 1.0, "pip_depth": 0.0}),
    ("die", {"rounding": 0.08, "ball": 0.72}),
    ("die", {"rounding": 0.0, "ball": 0.6, "pip_radius": 0.095, "pip_spacing": 0.27}),
    ("disc_cell", {}),
    ("disc_cell", {"hollow": 0.0, "bumps": 0.2, "corners": 5, "radius": 1e-3, "thickness": 8e-4, "oval": 0.7}),
    ("lobed_cell", {}),
    ("lobed_cell", {"lobes": 1, "nucleus": 0.9, "oval": 0.8}),
    ("bolt", {}),
    ("bolt", {"head": "socket", "diameter": 0.003, "length": 0.006}),
    ("bolt", {"diameter": 0.012, "length": 0.12}),
    ("nut", {}),
    ("nut", {"diameter": 0.02}),
    ("washer", {}),
    ("gear", {}),
    ("gear", {"teeth": 6, "bore": 0.003}),
    ("gear", {"teeth": 120}),
    ("bottle", {}),
    ("bottle", {"neck": 1.0, "radius": 0.05, "height": 0.1}),
    ("can", {}),
    ("can", {"height": 0.04}),
    ("mug", {}),
    ("mug", {"radius": 0.06, "height": 0.05, "wall": 0.003}),
    ("bowl", {}),
    ("carton", {}),
    ("carton", {"size": (0.05, 0.4, 0.3)}),
    ("tray", {}),
    ("tray", {"rounding": 0.05}),
    ("rack", {}),
    ("rack", {"levels": 1}),
    ("pallet", {}),
    ("pallet", {"size": (0.6, 0.4, 0.1)}),
    ("drum", {}),
    ("drum", {"radius": 0.15, "height": 0.2}),
    ("gear", {"damage": 1.0}),
    ("gear", {"web": 0.6, "teeth": 40}),
    ("gear", {"web": 0.5, "teeth": 8, "bore": 0.003}),
    ("gear", {"damage": 0.4, "teeth": 40}),
    ("motor", {}),
    ("motor", {"height": 0.2, "fins": 24}),
    ("axle", {}),
    ("axle", {"key": False, "diameter": 0.05, "length": 0.08}),
    ("pulley", {}),
    ("pulley", {"spokes": 0, "grooves": 3}),
    ("v_belt", {}),
    ("v_belt", {"diameters": (0.06, 0.16)}),
    ("impeller", {}),
    ("impeller", {"damage": 0.5, "blades": 7}),
    ("fan_guard", {}),
    ("bearing_block", {}),
    ("panel", {}),
    ("panel", {"openings": [(0, 0, 0.03, 0), (0.04, 0.02, 0.01, 0.002), (-0.04, 0, 0.012, 0), (0, 0.04, 0, 0)]}),
    ("inset", {"center": (0.02, -0.01)}),
    ("inset", {"depth": 0.001}),
    ("scratch", {}),
    ("scratch", {"points": [(0, 0), (0.03, 0.01), (0.04, 0.03)], "width": 0.001}),
    ("stain", {}),
    ("stain", {"raggedness": 1.0, "turn": 2.0, "center": (0.03, 0.0)}),
    ("cable", {}),
    ("cable", {"points": [(0, 0, 0), (0, 0.1, 0), (0.05, 0.15, 0.1), (0.2, 0.1, 0.1)], "diameter": 0.008}),
]
MOST = {
    "die": 10_000,
    "bolt": 8000,
    "sphere": 2500,
    "gear": 12000,
    "can": 6500,
    "mug": 6000,
    "motor": 13_000,
    "pulley": 8000,
    "impeller": 8500,
    "fan_guard": 8000,
    "bearing_block": 9000,
}


@pytest.mark.parametrize(("tag", "values"), CASES)
def test_is_closed_and_faces_outwards(built, solid, tag, values):
    asset = built(tag, **values)
    mesh, oracle = asset.links[0].mesh, solid(asset)
    assert oracle.is_watertight
    assert oracle.is_winding_consistent
    assert all(part.volume > 0 for part in oracle.split(repair=False))
    assert (oracle.area_faces > 0).all()
    assert len(np.unique(mesh.faces)) == len(mesh.vertices)
    assert len(mesh.faces) <= MOST.get(tag, 5000)


@pytest.mark.parametrize(("tag", "values"), CASES)
def test_corners_have_unit_normals_on_the_side_of_their_face_and_coordinates(built, solid, tag, values):
    asset = built(tag, **values)
    mesh = asset.links[0].mesh
    assert np.abs(np.linalg.norm(mesh.normals, axis=-1) - 1).max() < 1e-6
    assert (mesh.normals * solid(asset).face_normals[:, None]).sum(-1).min() > 0.05
    assert mesh.uv.shape == (len(mesh.faces), 3, 2)
    assert mesh.uv.min() >= -1e-6 and mesh.uv.max() <= 1 + 1e-6
    assert np.ptp(mesh.uv.reshape(-1, 2), axis=0).min() > 0.5
    assert set(np.unique(mesh.slots)) == set(range(len(mesh.slot_names)))
    assert set(asset.links[0].colors) < set(mesh.slot_names)


@pytest.mark.parametrize(("tag", "values"), CASES)
def test_same_parameters_give_the_same_bytes(built, monkeypatch, tag, values):
    first = built(tag, **values)
    assert built(tag, **values) is first
    monkeypatch.setattr(module, "_CACHE", type(module._CACHE)())
    again = built(tag, **values)
    assert again is not first
    assert again.key == first.key
    for name in ("vertices", "faces", "normals", "uv", "slots"):
        a, b = getattr(first.links[0].mesh, name), getattr(again.links[0].mesh, name)
        assert a.tobytes() == b.tobytes()
        with pytest.raises(ValueError):
            a[...] = 0


@pytest.mark.parametrize(("tag", "values"), CASES)
def test_mass_properties_agree_with_the_mesh(built, solid, tag, values):
    asset, oracle = built(tag, **values), solid(built(tag, **values))
    slack = 0.01 if tag in ("sphere", "cylinder", "capsule") else 2e-5  # closed forms of what facets approach
    assert asset.volume == pytest.approx(oracle.volume, rel=slack)
    size = np.ptp(oracle.vertices, axis=0).max()
    assert np.allclose(asset.center_of_mass, oracle.center_mass, atol=2e-5 * size)
    inertia = oracle.moment_inertia
    assert np.allclose(asset.inertia, inertia, atol=2 * slack * np.abs(inertia).max())


@pytest.mark.parametrize(("tag", "values"), CASES)
def test_collision_pieces_cover_what_is_drawn_and_no_more(built, solid, tag, values):
    """Points on the drawn surface lie within a few hundredths of the size from the collision surface, inside or out."""
    asset, oracle = built(tag, **values), solid(built(tag, **values))
    pieces = []
    for piece in asset.collision:
        if piece.kind == "hulls":
            pieces += [trimesh.convex.convex_hull(hull) for hull in piece.hulls]
            assert all(len(hull) <= 128 and hull.dtype == np.float32 for hull in piece.hulls)
        else:
            made = {
                "box": lambda s: trimesh.creation.box(s),
                "sphere": lambda s: trimesh.creation.icosphere(4, s[0]),
                "cylinder": lambda s: trimesh.creation.cylinder(s[0], s[1], sections=64),
                "capsule": lambda s: trimesh.creation.capsule(s[1], s[0], count=(48, 48)),
            }[piece.kind](piece.size)
            made.apply_translation(piece.offset)
            pieces.append(made)
    size = np.ptp(oracle.vertices, axis=0).max()
    points, _ = trimesh.sample.sample_surface(oracle, 1500, seed=1)
    outside = np.min([_signed(piece, points) for piece in pieces], axis=0)
    # Fasteners' threads, gears' valleys and dimples are filled or cut on purpose.
    assert outside.max() < 0.04 * size
    low = np.min([piece.bounds[0] for piece in pieces], axis=0)
    high = np.max([piece.bounds[1] for piece in pieces], axis=0)
    assert np.abs([low - oracle.bounds[0], high - oracle.bounds[1]]).max() < 0.01 * size


def _signed(piece, points):
    """Distance to a convex body's planes: negative inside, a lower bound outside."""
    origins, normals = piece.triangles[:, 0], piece.face_normals
    return (points @ normals.T - (origins * normals).sum(1)).max(axis=1)


@pytest.mark.parametrize("tag", ["mug", "bowl", "tray", "nut", "washer", "gear", "rack", "pallet"])
def test_hollow_things_stay_hollow(built, tag):
    """No collision hull reaches into the hollow, and the material around it is solid."""
    asset = built(tag)
    hulls = [trimesh.convex.convex_hull(hull) for hull in asset.collision[0].hulls]
    hollow, filled = {
        "mug": ([(0, 0, 0.03), (0.034, 0, 0.05), (0, -0.034, 0.09)], [(0.0375, 0.0075, 0.05), (0, 0, 0.003)]),
        "bowl": ([(0, 0, 0.02), (0.06, 0, 0.05), (0, 0.07, 0.059)], [(0.0757, 0.0151, 0.057), (0, 0, 0.004)]),
        "tray": ([(0, 0, 0.001), (0.124, 0.099, 0.01)], [(0.128, 0, 0.01), (0, 0.103, 0.01), (0, 0, -0.003)]),
        "nut": ([(0, 0, 0), (0.0036, 0, 0), (0, -0.0032, 0.003)], [(0.005, 0.003, 0), (0, -0.0055, 0.002)]),
        "washer": ([(0, 0, 0), (0.004, 0, 0), (0, -0.004, 0)], [(0.006, 0.0012, 0), (0.0014, 0.0072, 0)]),
        "gear": ([(0, 0, 0), (0.0038, 0, 0), (0, 0.0038, 0)], [(0.019, 0, 0), (0.006, 0, 0), (0, 0.01, 0)]),
        "rack": ([(0, 0, 0.05), (0, 0, 0.3), (0.4, 0.1, 1.0)], [(0, 0, 0.09), (0.4495, 0.16, 0.5)]),
        "pallet": (
            [(0.3, 0, 0.05), (0.3, 0.2, 0.06), (0, 0.2, 0.03)],
            [(0, 0, 0.05), (0.3, 0.02, 0.14), (0.59, 0.39, 0.01)],
        ),
    }[tag]
    inside = np.any([_signed(hull, np.array(hollow + filled, float)) < 0 for hull in hulls], axis=0)
    assert inside.tolist() == [False] * len(hollow) + [True] * len(filled)


def test_surfaces_lie_on_the_drawn_mesh(built, solid, distance):
    """Points all over a surface lie on the mesh."""
    for tag, values in CASES:
        asset = built(tag, **values)
        oracle = solid(asset)
        for name, surface in asset.surfaces.items():
            (x, y, z), (w, d) = surface.center, surface.size
            spread = np.array([(x + i * w * 0.48, y + j * d * 0.48, z) for i in (-1, 0, 1) for j in (-1, 0, 1)])
            if tag in ("nut", "can", "drum", "panel"):  # they bear things on a ring
                assert z == pytest.approx(oracle.bounds[1][2], abs=1e-6)
                continue
            near = distance(oracle, spread)
            slack = 0.04 * np.ptp(oracle.vertices, axis=0).max() if tag in ("tray", "die", "carton") else 1e-6
            assert near.max() <= slack, (tag, name)


def test_rack_names_its_boards_from_below(built):
    asset = built("rack", levels=5, size=(1.0, 0.4, 2.0))
    heights = [asset.surfaces[f"level[{i}]"].center[2] for i in range(5)]
    assert heights == sorted(heights) and len(set(heights)) == 5
    assert asset.surfaces["top"] == asset.surfaces["level[4]"]
    assert heights[0] > 0 and heights[-1] < 2.0


@pytest.mark.parametrize(
    ("tag", "values"),
    [
        ("gear", {"bore": 0.04}),
        ("mug", {"wall": 0.03}),
        ("bowl", {"wall": 0.05}),
        ("rack", {"levels": 20, "board": 0.1}),
        ("bolt", {"diameter": 0.02, "length": 0.002}),
    ],
)
def test_contradicting_parameters_are_rejected_in_words(built, tag, values):
    with pytest.raises(Rejected, match=r"can't") as caught:
        built(tag, **values)
    assert caught.value.stage == "draw"


def test_odd_proportions_stay_closed(built, solid):
    """Random parameters over orders of magnitude: closed, outward, or rejected."""
    rng = np.random.default_rng(7)

    def log(low, high):
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    makers = {
        "box": lambda: {"size": [log(0.005, 2) for _ in range(3)], "rounding": log(1e-4, 1)},
        "cylinder": lambda: {"radius": log(0.001, 1), "height": log(0.001, 1), "rounding": log(1e-4, 1)},
        "die": lambda: {"rounding": rng.uniform(), "pip_radius": rng.uniform(), "pip_depth": rng.uniform(0, 0.5)},
        "bolt": lambda: {"diameter": log(0.001, 0.1), "length": log(0.001, 0.5)},
        "nut": lambda: {"diameter": log(0.001, 0.1)},
        "gear": lambda: {"module": log(3e-4, 0.02), "teeth": int(rng.integers(6, 201)), "bore": log(0.001, 0.1)},
        "bottle": lambda: {"radius": log(0.005, 0.3), "height": log(0.01, 1), "neck": rng.uniform()},
        "can": lambda: {"radius": log(0.005, 0.3), "height": log(0.01, 1)},
        "mug": lambda: {"radius": log(0.01, 0.3), "height": log(0.01, 0.5), "wall": log(0.001, 0.02)},
        "bowl": lambda: {"radius": log(0.01, 0.3), "height": log(0.01, 0.5), "wall": log(0.001, 0.02)},
        "carton": lambda: {"size": [log(0.02, 2) for _ in range(3)]},
        "tray": lambda: {"size": [log(0.02, 2), log(0.02, 2)], "wall": log(0.001, 0.05), "rounding": log(0.001, 1)},
        "rack": lambda: {"size": [log(0.1, 3) for _ in range(3)], "levels": int(rng.integers(1, 12))},
        "pallet": lambda: {"size": [log(0.05, 3) for _ in range(3)]},
        "drum": lambda: {"radius": log(0.005, 1), "height": log(0.01, 2)},
    }
    made = 0
    for tag, maker in makers.items():
        for _ in range(8):
            values = maker()
            try:
                asset = built(tag, **values)
            except Rejected:
                continue
            oracle = solid(asset)
            facing = (asset.links[0].mesh.normals * oracle.face_normals[:, None]).sum(-1).min()
            assert oracle.is_watertight and oracle.volume > 0 and facing > 0, (tag, values)
            made += 1
    assert made > 70
