import numpy as np
import pytest


def flank_corners(asset, radii):
    """Corner positions and normals of the teeth's flanks between two radii (upright faces only)."""
    mesh = asset.links[0].mesh
    points = mesh.vertices[mesh.faces].reshape(-1, 3)
    normals = mesh.normals.reshape(-1, 3)
    r = np.linalg.norm(points[:, :2], axis=1)
    radial = np.abs((points[:, :2] * normals[:, :2]).sum(1)) / np.maximum(r, 1e-12)
    chosen = (np.abs(normals[:, 2]) < 1e-6) & (r > radii[0]) & (r < radii[1]) & (radial < 0.8)
    return points[chosen], normals[chosen]


@pytest.mark.parametrize(("module", "teeth"), [(0.002, 18), (0.001, 40), (0.003, 12)])
def test_flanks_are_involutes(built, module, teeth):
    """The normals of an involute touch its base circle; that is what makes gears run evenly."""
    asset = built("gear", module=module, teeth=teeth, bore=module * 2)
    base = module * teeth / 2 * np.cos(np.radians(20))
    tip = module * (teeth / 2 + 1)
    start = max(base, module * (teeth / 2 - 1.25) + 0.4 * module)
    points, normals = flank_corners(asset, (start * 1.002, tip * 1.001))
    assert len(points) > 4 * teeth
    arm = np.abs(points[:, 0] * normals[:, 1] - points[:, 1] * normals[:, 0])
    assert arm == pytest.approx(np.full(len(arm), base), rel=1e-4)


@pytest.mark.parametrize(("module", "teeth"), [(0.002, 18), (0.001, 40), (0.003, 12)])
def test_span_over_teeth_is_the_closed_form(built, module, teeth):
    """Wildhaber's span: W = m cos(a) ((k - 1/2) pi + z inv(a)) between opposite flanks over k teeth."""
    asset = built("gear", module=module, teeth=teeth, bore=module * 2)
    a = np.radians(20)
    base, tip = module * teeth / 2 * np.cos(a), module * (teeth / 2 + 1)
    points, normals = flank_corners(asset, (base * 1.01, tip * 1.001))
    k = round(teeth / 9 + 0.5)
    span = module * np.cos(a) * ((k - 0.5) * np.pi + teeth * (np.tan(a) - a))
    # The signed distance of each flank's normal foot from the y axis gives the arc along the base circle.
    r = np.linalg.norm(points[:, :2], axis=1)
    roll = np.sqrt((r / base) ** 2 - 1)
    side = np.sign(points[:, 0] * normals[:, 1] - points[:, 1] * normals[:, 0])
    start = np.arctan2(points[:, 1], points[:, 0]) + side * (roll - np.arctan(roll))
    pitch = 2 * np.pi / teeth
    thickness = [np.exp(1j * teeth * start[side == s]) for s in (1, -1)]
    assert all(np.abs(part - part.mean()).max() < 0.02 * teeth / 10 for part in thickness)
    half = np.angle(thickness[0].mean() / thickness[1].mean()) % (2 * np.pi) / teeth
    measured = base * ((k - 1) * pitch + half)
    assert measured == pytest.approx(span, rel=2e-3)


def test_radii_and_teeth(built):
    asset = built("gear", module=0.002, teeth=18, width=0.008, bore=0.008)
    mesh = asset.links[0].mesh
    r = np.linalg.norm(mesh.vertices[:, :2], axis=1)
    assert r.max() == pytest.approx(0.020, rel=1e-4)
    assert r.min() == pytest.approx(0.004, rel=1e-5)
    assert np.ptp(mesh.vertices[:, 2]) == pytest.approx(0.008, rel=1e-6)
    # The outline repeats once a tooth: turned by one pitch, the vertices come to lie on vertices.
    turn = 2 * np.pi / 18
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    teeth = mesh.vertices[r > 0.016]
    turned = np.column_stack([teeth[:, :2] @ rotation.T, teeth[:, 2]])
    distance = np.linalg.norm(turned[:, None] - teeth[None], axis=2).min(axis=1)
    assert distance.max() < 1e-7
    assert np.abs(np.arctan2(teeth[:, 1], teeth[:, 0]))[np.argmax(teeth[:, 0])] < turn / 4  # a tooth on +x


def test_teeth_collide_as_teeth(built):
    """Few teeth: one hull each, with gaps between them; many teeth: plain wedges out to the tips."""
    few = built("gear", teeth=18)
    assert len(few.collision[0].hulls) == 18
    reach = max(float(np.linalg.norm(hull[:, :2], axis=1).max()) for hull in few.collision[0].hulls)
    assert reach == pytest.approx(0.020, rel=1e-4)
    assert len(built("gear", teeth=80).collision[0].hulls) == 24


@pytest.mark.parametrize("damage", [0.3, 1.0])
def test_a_broken_tooth_is_the_one_on_x_and_as_low_as_said(built, solid, damage):
    """The other teeth keep every vertex; of a missing tooth a stump of 15 % is left."""
    whole, broken = built("gear", teeth=20, module=0.002), built("gear", teeth=20, module=0.002, damage=damage)
    vertices = broken.links[0].mesh.vertices
    angle, radius = np.arctan2(vertices[:, 1], vertices[:, 0]), np.linalg.norm(vertices[:, :2], axis=1)
    root, tip = 0.002 * 10 - 1.25 * 0.002, 0.002 * 11
    own = np.abs(angle) < np.pi / 20
    assert radius[own].max() == pytest.approx(tip - min(damage, 0.85) * (tip - root), rel=1e-3)
    assert radius[~own].max() == pytest.approx(tip, rel=1e-4)
    lost = whole.volume - broken.volume
    tooth = 0.002**2 * 0.008 * np.pi / 2 * 2.25  # half of the pitch times the height: an upper bound, nearly
    assert 0.1 * tooth < lost < 1.1 * tooth
    hulls = broken.collision[0].hulls
    assert np.linalg.norm(hulls[0][:, :2], axis=1).max() < np.linalg.norm(hulls[1][:, :2], axis=1).max() - 0.001
