import numpy as np
import pytest
import trimesh

from simengine.assets.shapes.iso import FASTENERS, fastener

# Independent of the table under test: ISO 4017 / 4032 / 4762 / 7089 for M8 and M12, millimetres.
M8 = {"k": 5.3, "s": 13.0, "pitch": 1.25, "m": 6.8, "dk": 13.0, "t": 4.0, "d1": 8.4, "d2": 16.0, "h": 1.6}
M12 = {"k": 7.5, "s": 18.0, "pitch": 1.75, "m": 10.8, "dk": 18.0, "t": 6.0, "d1": 13.0, "d2": 24.0, "h": 2.5}


@pytest.mark.parametrize(("diameter", "iso"), [(0.008, M8), (0.012, M12)])
def test_dimensions_are_those_of_the_standards(built, solid, diameter, iso):
    mm = pytest.approx
    bolt = built("bolt", diameter=diameter, length=0.04).links[0].mesh
    assert bolt.vertices[:, 2].max() * 1000 == mm(iso["k"], rel=1e-5)
    assert bolt.vertices[:, 2].min() * 1000 == mm(-40, rel=1e-5)
    head = bolt.vertices[bolt.vertices[:, 2] > 1e-5]
    assert np.ptp(head[:, 1]) * 1000 == mm(iso["s"], rel=1e-4)  # corners on x, so flats face y
    assert np.ptp(head[:, 0]) * 1000 == mm(iso["s"] / np.cos(np.pi / 6), rel=1e-4)
    shank = bolt.vertices[bolt.vertices[:, 2] < -1e-5]
    assert np.linalg.norm(shank[:, :2], axis=1).max() * 2000 == mm(diameter * 1000, rel=1e-5)

    nut = built("nut", diameter=diameter).links[0].mesh
    assert np.ptp(nut.vertices[:, 2]) * 1000 == mm(iso["m"], rel=1e-5)
    assert np.ptp(nut.vertices[:, 1]) * 1000 == mm(iso["s"], rel=1e-4)
    washer = built("washer", diameter=diameter).links[0].mesh
    radii = np.linalg.norm(washer.vertices[:, :2], axis=1) * 2000
    assert radii.max() == mm(iso["d2"], rel=1e-5) and radii.min() == mm(iso["d1"], rel=1e-5)
    assert np.ptp(washer.vertices[:, 2]) * 1000 == mm(iso["h"], rel=1e-5)

    socket = built("bolt", diameter=diameter, length=0.04, head="socket").links[0].mesh
    assert socket.vertices[:, 2].max() == mm(diameter, rel=1e-5)
    assert np.ptp(socket.vertices[:, 0]) * 1000 == mm(iso["dk"], rel=1e-5)
    wall = [z for x, y, z in socket.vertices if np.hypot(x, y) < 0.4 * iso["dk"] / 1000 and z > 1e-4]
    floor = np.unique(np.round(wall, 7))[1] * 1000  # the lowest is the drill's point
    assert diameter * 1000 - floor == mm(iso["t"], rel=1e-3)


def test_thread_is_a_right_hand_helix_of_the_iso_pitch(built, solid, cast):
    mesh = solid(built("bolt", diameter=0.008, length=0.03))
    z = np.arange(-0.026, -0.004, 2e-5)

    def radius(turn):
        """Distance of the surface from the axis along z, by rays from outside."""
        out = np.array([np.cos(turn), np.sin(turn), 0])
        origins = 0.01 * out + np.column_stack([0 * z, 0 * z, z])
        return 0.01 - cast(mesh, origins, np.tile(-out, (len(z), 1)))

    first = radius(0.01)
    assert np.isfinite(first).all()
    assert first.max() * 2000 == pytest.approx(8.0, rel=5e-3)
    assert (first.max() - first.min()) * 1000 == pytest.approx(0.5413 * 1.25, rel=0.03)  # 5/8 H of ISO 68-1
    signal = first - first.mean()
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal)), 1 << 16))
    pitch = 1 / (np.fft.rfftfreq(1 << 16, 2e-5)[spectrum.argmax()] * 1e-3)
    assert pitch == pytest.approx(1.25, rel=0.01)
    # A quarter turn counter-clockwise lifts a right-hand thread by a quarter of the pitch.
    later = radius(0.01 + np.pi / 2) - first.mean()
    lags = np.arange(-31, 32)
    match = [float((np.roll(signal, lag) * later)[40:-40].sum()) for lag in lags]
    assert lags[int(np.argmax(match))] * 2e-5 == pytest.approx(0.25 * 1.25e-3, abs=4e-5)


def test_long_bolts_are_threaded_in_part(built):
    mesh = built("bolt", diameter=0.008, length=0.1).links[0].mesh
    rows = mesh.vertices[(mesh.vertices[:, 2] < -1e-6) & (np.linalg.norm(mesh.vertices[:, :2], axis=1) < 0.0039)]
    assert rows[:, 2].max() == pytest.approx(-0.078, abs=0.002)  # b = 2 d + 6 mm = 22 mm (ISO 4014)


def test_a_nut_lets_its_bolt_through(built, solid):
    """The nut's bore is open and narrower than the bolt's crests: they would engage."""
    nut = built("nut", diameter=0.008)
    radii = np.linalg.norm(nut.links[0].mesh.vertices[:, :2], axis=1)
    assert 0.003 < radii.min() < 0.004
    assert radii.min() * 2000 == pytest.approx(6.647, rel=2e-3)  # D1 of M8 x 1.25, ISO 724
    assert trimesh.Trimesh(nut.links[0].mesh.vertices, nut.links[0].mesh.faces, process=False).euler_number == 0


def test_sizes_between_and_beyond_the_table():
    assert fastener("hex_across_flats", 0.007) == pytest.approx(0.0115)
    assert fastener("pitch", 0.04) == pytest.approx(0.005)
    assert fastener("nut_height", 0.0015) == pytest.approx(0.0012)
    assert {len(column) for column in FASTENERS.values()} == {9}
    assert all(np.all(np.diff(column) >= 0) for column in FASTENERS.values())
