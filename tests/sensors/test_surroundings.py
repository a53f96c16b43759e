import cv2
import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.sensors.surroundings import environment


def test_constant_is_linear_radiance(made):
    scene = made.scene(model={"environment": {"constant": {"color": [1, 0.5, 0], "radiance": 2.0}}})
    panorama = environment(scene)
    np.testing.assert_allclose(panorama.reshape(-1, 3)[0], [2, 2 * 0.21404114, 0], rtol=1e-5)


def test_sky_is_brightest_where_its_colour_is(made):
    panorama = environment(made.scene(model={"environment": {"sky": {"zenith": [1, 1, 1], "ground": [0, 0, 0]}}}))
    assert panorama[0].mean() > 0.5
    assert panorama[-1].max() < 0.01


def test_studio_turns(made):
    at = [environment(made.scene(model={"environment": {"studio": {"rotation": turn}}})) for turn in (0.0, 0.5)]
    assert at[0].shape == at[1].shape
    assert not np.array_equal(*at)


def write_panorama(path, level):
    cv2.imwrite(str(path), np.full((4, 8, 3), level, np.float32))


def test_hdr_file_keeps_its_radiance(made, tmp_path):
    write_panorama(tmp_path / "hall.hdr", 8.0)
    scene = made.scene(model={"environment": {"image": {"file": "hall.hdr", "scale": 0.5}}}, base=tmp_path)
    np.testing.assert_allclose(environment(scene), 4.0, rtol=0.01)


def test_folder_draws_one_by_the_stream(made, tmp_path):
    for number in range(4):
        write_panorama(tmp_path / f"{number}.hdr", 1.0 + number)
    (tmp_path / "notes.txt").write_text("not a picture")

    def level(index):
        model = {"environment": {"image": {"folder": "."}}}
        return round(float(environment(made.scene(model=model, base=tmp_path, index=index)).mean()))

    levels = [level(index) for index in range(30)]
    assert set(levels) == {1, 2, 3, 4}
    assert levels == [level(index) for index in range(30)]


@pytest.mark.parametrize(
    ("image", "message"),
    [({"folder": "nowhere"}, "holds no panorama"),
     ({"file": "absent.hdr"}, "absent.hdr")],
)  # fmt: skip
def test_wrong_pictures_are_explained(made, tmp_path, image, message):
    scene = made.scene(model={"environment": {"image": image}}, base=tmp_path)
    with pytest.raises(SimengineError, match=message):
        environment(scene)
