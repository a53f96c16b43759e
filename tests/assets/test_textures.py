import cv2
import numpy as np
import pytest

from simengine.assets.picture import relief_map
from simengine.assets.textures import texture_pictures
from simengine.assets.textures.noise import fractal, lattice
from simengine.errors import SimengineError

KINDS = [
    ("checker", {}),
    ("stripes", {}),
    ("stripes", {"count": 5, "diagonal": True}),
    ("noise", {}),
    ("wood", {}),
    ("wood", {"planks": 1}),
    ("wood", {"planks": 7}),
    ("marble", {}),
    ("brushed", {}),
    ("cardboard", {}),
    ("fabric", {}),
    ("fabric", {"threads": 33}),
    ("speckle", {}),
    ("speckle", {"density": 1.0}),
    ("speckle", {"density": 0.0}),
    ("concrete", {}),
    ("concrete", {"wear": 1.0}),
    ("printed", {}),
    ("printed", {"design": 5}),
]


@pytest.fixture
def paint_set(texture):
    def make(tag, *, seed=1, size=256, root=".", **values):
        spec = texture(tag, **values)
        return texture_pictures(spec, rng=np.random.default_rng(seed), base=str(root), size=size)

    return make


@pytest.fixture
def paint(paint_set):
    return lambda tag, **values: paint_set(tag, **values).color


@pytest.mark.parametrize(("tag", "values"), KINDS)
def test_is_a_picture_that_the_stream_decides(paint, tag, values):
    picture = paint(tag, **values)
    assert picture.shape == (256, 256, 3) and picture.dtype == np.uint8
    assert np.array_equal(picture, paint(tag, **values))
    if tag not in ("checker", "stripes", "printed"):
        assert not np.array_equal(picture, paint(tag, seed=2, **values))
        assert picture.std() > 1


@pytest.mark.parametrize(("tag", "values"), KINDS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_repeats_without_seams(paint, tag, values, seed):
    """The step over the edge of a tile is like the steps between lines within it."""
    picture = paint(tag, seed=seed, **values).astype(float)
    for axis in (0, 1):
        lines = np.moveaxis(picture, axis, 0)
        steps = np.abs(np.diff(lines, axis=0)).mean(axis=(1, 2))
        seam = np.abs(lines[0] - lines[-1]).mean()
        # Checks, stripes and planks begin at the edge of a tile on purpose: a step as elsewhere in it.
        limit = (
            steps.max()
            if tag in ("checker", "stripes", "wood", "fabric", "brushed", "printed")
            else np.quantile(steps, 0.9)
        )
        assert seam <= 1.4 * limit + 0.6


def test_prints_differ_by_their_number_alone(paint):
    """Designs differ, every colour of one is a blend of the four given, and the words stand out from the ground."""
    colors = {"ground": (0.1, 0.2, 0.6), "accent": (0.9, 0.7, 0.1), "paper": (1, 1, 1), "ink": (0, 0, 0)}
    designs = [paint("printed", design=number, **colors) for number in range(6)]
    assert np.array_equal(designs[0], paint("printed", design=0, seed=9, **colors))
    for i, picture in enumerate(designs):
        assert all((picture != other).any(axis=2).mean() > 0.02 for other in designs[:i])
        near = [np.abs(picture / 255.0 - color).max(axis=2) < 0.01 for color in colors.values()]
        shares = [float(mask.mean()) for mask in near]
        assert shares[0] > 0.4 and shares[1] > 0.03 and shares[2] > 0.04 and sum(shares) > 0.9
        name = picture[: len(picture) // 4]
        assert (np.abs(name / 255.0 - 1).max(axis=2) < 0.1).mean() > 0.05


def test_seams_would_be_found(paint):
    """The test above fails for a picture cut out of a larger one."""
    picture = paint("marble", seed=5, size=512)[:300, :300].astype(float)
    steps = np.abs(np.diff(picture, axis=0)).mean(axis=(1, 2))
    assert np.abs(picture[0] - picture[-1]).mean() > 1.4 * np.quantile(steps, 0.9) + 0.6


@pytest.mark.parametrize(
    ("tag", "values", "expected", "slack"),
    [
        ("brushed", {"color": (0.2, 0.5, 0.7)}, (0.2, 0.5, 0.7), 0.01),
        ("cardboard", {"color": (0.6, 0.5, 0.3)}, (0.6, 0.5, 0.3), 0.03),
        ("concrete", {"color": (0.5, 0.5, 0.5), "wear": 0.0}, (0.5, 0.5, 0.5), 0.02),
        ("checker", {"dark": (0, 0, 0), "light": (1, 0.5, 0)}, (0.5, 0.25, 0), 0.01),
        ("stripes", {"first": (1, 1, 0), "second": (0, 0, 0)}, (0.5, 0.5, 0), 0.01),
        ("noise", {"low": (0, 0, 0), "high": (1, 0.5, 0)}, (0.5, 0.25, 0), 0.06),
        ("speckle", {"density": 0.0, "base": (0.2, 0.6, 0.4)}, (0.2, 0.6, 0.4), 0.01),
    ],
)
def test_mean_colour_is_the_one_asked_for(paint, tag, values, expected, slack):
    assert paint(tag, **values).mean(axis=(0, 1)) / 255 == pytest.approx(expected, abs=slack)


def test_checks_are_eight_by_eight(paint):
    picture = paint("checker", size=512)[..., 0] > 128
    middles = picture[32::64, 32::64]
    assert middles.shape == (8, 8)
    assert np.array_equal(middles, (np.indices((8, 8)).sum(axis=0) % 2).astype(bool) == middles[0, 1])


def test_stripes_are_counted(paint):
    row = paint("stripes", count=6, size=512)[100, :, 0] > 128
    assert (row[1:] != row[:-1]).sum() + (row[0] != row[-1]) == 12


def test_grain_runs_along_x(paint):
    """Wood and brushed metal change faster across their grain than along it."""
    for tag, values in (("wood", {"planks": 1}), ("brushed", {})):
        picture = paint(tag, size=512, **values).astype(float)
        along, across = np.abs(np.diff(picture, axis=1)).mean(), np.abs(np.diff(picture, axis=0)).mean()
        assert across > 3 * along


def test_planks_are_counted_by_their_joints(paint):
    picture = paint("wood", planks=5, size=500).astype(float).mean(axis=(1, 2))
    dark = np.flatnonzero(picture < np.median(picture) - 20)
    assert len(np.unique(np.round(dark / 100).astype(int) % 5)) == 5


def test_grains_cover_their_share(paint):
    picture = paint("speckle", density=0.3, base=(1, 1, 1), grain=(0, 0, 0), size=512)
    assert (picture[..., 0] < 128).mean() == pytest.approx(0.3, abs=0.05)


def test_threads_are_counted(paint):
    picture = paint("fabric", threads=32, size=512, warp=(0.5, 0.5, 0.5), weft=(0.5, 0.5, 0.5))
    spectrum = np.abs(np.fft.rfft(picture[..., 0].astype(float) - picture.mean(), axis=1)).mean(axis=0)
    assert spectrum[1:].argmax() + 1 in (16, 32)  # a plain weave repeats every two threads


def test_noise_is_normalised_and_isotropic():
    rng = np.random.default_rng(0)
    for field in (lattice(rng, 128, 8, 8), fractal(rng, 128, 4, 5)):
        assert abs(field.mean()) < 1e-3 and field.std() == pytest.approx(1, abs=1e-3)
    steps = [np.abs(np.diff(fractal(rng, 256, 8, 5), axis=axis)).mean() for axis in (0, 1)]
    assert steps[0] == pytest.approx(steps[1], rel=0.2)


def test_pictures_from_a_file_and_a_folder(paint, tmp_path):
    for i, name in enumerate(["b.png", "a.jpg", "C.PNG"]):
        cv2.imwrite(str(tmp_path / name), np.full((10, 20, 3), (10 * i, 50, 200), np.uint8))
    (tmp_path / "notes.txt").write_text("not a picture")
    one = paint("image", file="b.png", root=tmp_path)
    assert one.shape == (10, 20, 3) and one[0, 0].tolist() == [200, 50, 0]
    drawn = {int(paint("image", folder=".", root=tmp_path, seed=seed)[0, 0, 2]) // 9 for seed in range(30)}
    assert len(drawn) == 3
    assert np.array_equal(paint("image", folder=".", root=tmp_path), paint("image", folder=".", root=tmp_path))


def test_odd_pictures_are_made_plain(paint, tmp_path):
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((4, 4), 77, np.uint8))
    cv2.imwrite(str(tmp_path / "deep.png"), np.full((4, 4, 3), 257 * 77, np.uint16))
    cv2.imwrite(str(tmp_path / "clear.png"), np.full((4, 4, 4), 77, np.uint8))
    for name in ("grey", "deep", "clear"):
        assert (paint("image", file=f"{name}.png", root=tmp_path) == 77).all()
    cv2.imwrite(str(tmp_path / "wide.png"), np.zeros((10, 5000, 3), np.uint8))
    assert paint("image", file="wide.png", root=tmp_path).shape == (4, 2048, 3)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"file": "gone.png"}, r"gone\.png.*Check the path"),
        ({"file": "broken.png"}, r"broken\.png.*PNG or JPEG"),
        ({"file": "empty.png"}, r"empty\.png.*PNG or JPEG"),
        ({"folder": "nowhere"}, "nowhere.*Check the path"),
        ({"folder": "bare"}, "bare holds no picture"),
    ],
)
def test_bad_pictures_are_named(paint, tmp_path, values, words):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG but not really")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "bare").mkdir()
    with pytest.raises(SimengineError, match=words):
        paint("image", root=tmp_path, **values)


NAMES = [
    ("Bricks075_1K_Color.jpg", "Bricks075_1K_Roughness.jpg", "Bricks075_1K_NormalGL.jpg"),  # ambientCG
    ("planks_diff_2k.png", "planks_rough_2k.png", "planks_nor_gl_2k.png"),  # Poly Haven
    ("rust_albedo.png", "rust_roughness.png", "rust_normal.png"),
    ("tiles.png", "tiles_rough.png", "tiles_normal.png"),
]


@pytest.mark.parametrize("names", NAMES)
def test_maps_beside_a_picture_come_with_it(paint_set, tmp_path, names):
    color, rough, normal = names
    write = lambda name, rgb: cv2.imwrite(str(tmp_path / name), np.full((8, 8, 3), rgb[::-1], np.uint8))  # noqa: E731
    values = (
        (color, (200, 100, 50)),
        (rough, (90, 90, 90)),
        (normal, (128, 160, 240)),
        ("other_normal.png", (1, 2, 3)),
    )
    for name, rgb in values:
        write(name.replace(".jpg", ".png"), rgb)
    pictures = paint_set("image", file=color.replace(".jpg", ".png"), root=tmp_path)
    assert pictures.color[0, 0].tolist() == [200, 100, 50]
    assert pictures.surface[0, 0].tolist() == [255, 90, 255]
    assert pictures.normal[0, 0].tolist() == [128, 160, 240]
    # the maps of a set are no textures of their own
    drawn = {paint_set("image", folder=".", root=tmp_path, seed=seed).color[0, 0, 0] for seed in range(20)}
    assert drawn == {200, 1}


def test_packed_maps_metal_and_normals_that_point_down(paint_set, tmp_path):
    def write(name, rgb, size=8):
        cv2.imwrite(str(tmp_path / name), np.full((size, size, 3), rgb[::-1], np.uint8))

    write("a_diff.png", (10, 20, 30))
    write("a_arm.png", (255, 70, 200))
    write("a_nor_dx.png", (128, 100, 250))
    a = paint_set("image", file="a_diff.png", root=tmp_path)
    assert a.surface[0, 0].tolist() == [255, 70, 200]
    assert a.normal[0, 0].tolist() == [128, 156, 250]
    write("b_color.png", (10, 20, 30))
    write("b_rough.png", (80, 80, 80))
    write("b_metalness.png", (210, 210, 210), size=4)
    assert paint_set("image", file="b_color.png", root=tmp_path).surface[3, 3].tolist() == [255, 80, 210]
    alone = paint_set("image", file="a_arm.png", root=tmp_path)  # asked for by name, it is a picture like any other
    assert alone.color[0, 0].tolist() == [255, 70, 200]


def test_relief_is_the_slope_of_brightness():
    """Against numpy's gradient of a smooth tile, in metres over metres."""
    x, y = np.meshgrid(np.arange(64) / 64, np.arange(64) / 64)
    height = 0.5 + 0.25 * np.sin(2 * np.pi * x) + 0.2 * np.cos(2 * np.pi * y)
    picture = np.rint(height * 255).astype(np.uint8)[..., None].repeat(3, 2)
    normal = (relief_map(picture, depth=0.01, size=(0.2, 0.1)).astype(float) - 128) / 127
    right, up = -normal[..., 0] / normal[..., 2], -normal[..., 1] / normal[..., 2]
    assert right == pytest.approx(0.01 * 0.25 * 2 * np.pi * np.cos(2 * np.pi * x) / 0.2, abs=0.016)
    assert up == pytest.approx(0.01 * 0.2 * 2 * np.pi * np.sin(2 * np.pi * y) / 0.1, abs=0.016)
    assert (relief_map(np.full((4, 4, 3), 99, np.uint8), depth=1.0, size=(1, 1)) == (128, 128, 255)).all()
