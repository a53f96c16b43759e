import sys
from types import ModuleType

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from simengine.errors import SimengineError  # noqa: E402
from simengine.formats.detection import DetectionSet, labelled_image  # noqa: E402
from simengine.learn.detector import load_detector, open_detector, save_detector  # noqa: E402
from simengine.learn.transformers_detector import TransformersDetector  # noqa: E402


@pytest.fixture(scope="module")
def blobs(tmp_path_factory):
    root = tmp_path_factory.mktemp("blobs")
    images = []
    for number in range(4):
        picture = np.full((64, 96, 3), 90, np.uint8)
        x = 10 + 15 * number
        picture[20:44, x : x + 24] = 230
        cv2.imwrite(str(root / f"{number}.png"), picture)
        images.append(
            labelled_image(str(number), root / f"{number}.png", (96, 64), [[x, 20, x + 24, 44]], [number % 2])
        )
    return DetectionSet("blobs", ("even", "odd"), tuple(images))


def tiny_rtdetr(transformers, folder):
    backbone = transformers.RTDetrResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = transformers.RTDetrV2Config(
        backbone_config=backbone, encoder_hidden_dim=16, encoder_in_channels=[8, 16, 16], encoder_ffn_dim=16,
        encoder_attention_heads=2, d_model=16, decoder_in_channels=[16, 16, 16], decoder_ffn_dim=16, decoder_layers=2,
        decoder_attention_heads=2, num_queries=20, num_denoising=4, num_labels=5,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.RTDetrV2ForObjectDetection(config).save_pretrained(folder)


def tiny_dfine(transformers, folder):
    backbone = transformers.HGNetV2Config(
        num_channels=3, embedding_size=8, depths=[1, 1, 1, 1], hidden_sizes=[8, 8, 16, 16], stem_channels=[3, 8, 8],
        stage_in_channels=[8, 8, 8, 16], stage_mid_channels=[8, 8, 8, 8], stage_out_channels=[8, 8, 16, 16],
        stage_num_blocks=[1, 1, 1, 1], stage_downsample=[False, True, True, True], stage_light_block=[False] * 4,
        stage_kernel_size=[3, 3, 3, 3], stage_numb_of_layers=[1, 1, 1, 1], out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = transformers.DFineConfig(
        backbone_config=backbone, encoder_hidden_dim=16, encoder_in_channels=[8, 16, 16], encoder_ffn_dim=16,
        encoder_attention_heads=2, d_model=16, decoder_in_channels=[16, 16, 16], decoder_ffn_dim=16, decoder_layers=2,
        decoder_attention_heads=2, num_queries=20, num_denoising=4, num_labels=5, decoder_n_points=[2, 2, 2],
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.DFineForObjectDetection(config).save_pretrained(folder)


@pytest.mark.parametrize("make", [tiny_rtdetr, tiny_dfine])
def test_detectors_of_transformers_train_predict_save_and_load(blobs, tmp_path, make):
    transformers = pytest.importorskip("transformers")
    make(transformers, tmp_path / "weights")
    detector = TransformersDetector(str(tmp_path / "weights"), size=64)
    trained, again = (detector.train([(blobs, 1.0)], steps=2, seed=0, batch=2, device="cpu") for _ in range(2))
    assert len(trained.history) == 2 and all(np.isfinite(row["loss"]) for row in trained.history)
    assert trained.history == again.history and trained.classes == ("even", "odd")
    picture = blobs.read(0)
    found = trained.predict([picture])[0]
    assert len(found.scores) and (found.labels < 2).all() and (np.diff(found.scores) <= 0).all()
    assert (found.boxes >= 0).all() and (found.boxes[:, 2] <= 96).all() and (found.boxes[:, 3] <= 64).all()
    loaded = load_detector(save_detector(trained, tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict([picture])[0].boxes, found.boxes)
    assert loaded.model == trained.model == f"transformers:{tmp_path / 'weights'}"


def test_a_detector_that_transformers_cannot_load_is_explained(blobs, tmp_path):
    pytest.importorskip("transformers")
    with pytest.raises(SimengineError, match="can't load the detector"):
        open_detector(f"{tmp_path}/nothing").train([(blobs, 1.0)], steps=1, seed=0)


class Stub(torch.nn.Module):
    """Speaks torchvision's language: one learned box for every picture."""

    def __init__(self, classes):
        super().__init__()
        self.box = torch.nn.Parameter(torch.tensor([5.0, 5.0, 20.0, 20.0]))
        self.classes = classes

    def forward(self, pictures, targets=None):
        assert all(picture.dtype == torch.float32 and picture.min() >= 0 and picture.max() <= 1 for picture in pictures)
        if targets is None:
            score = torch.tensor([0.2, 0.9])
            return [{"boxes": self.box.expand(2, 4), "scores": score, "labels": torch.tensor([1, 2])} for _ in pictures]
        for target in targets:
            assert target["labels"].dtype == torch.int64 and (target["labels"] >= 1).all()
            assert (target["labels"] < self.classes).all()
        loss = sum((target["boxes"] - self.box).abs().mean() for target in targets if len(target["boxes"]))
        return {"regression": loss + 0 * self.box.sum()}


@pytest.fixture
def stub(monkeypatch):
    models = ModuleType("torchvision.models")
    models.get_model = lambda name, weights, weights_backbone, num_classes: Stub(num_classes)
    package = ModuleType("torchvision")
    package.models = models
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.models", models)


def test_the_language_of_torchvision_is_spoken(stub, blobs, tmp_path):
    detector = open_detector("torchvision:fcos,random")
    detector.size = 64
    trained = detector.train([(blobs, 1.0)], steps=3, seed=0, batch=2, device="cpu")
    assert trained.history[0]["loss"] == trained.history[0]["regression"] > 0
    found = trained.predict([blobs.read(0)])[0]
    assert found.labels.tolist() == [1, 0] and found.scores.tolist() == pytest.approx([0.9, 0.2])
    loaded = load_detector(save_detector(trained, tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict([blobs.read(0)])[0].boxes, found.boxes)


def test_a_torchvision_that_does_not_import_is_explained(blobs, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(SimengineError, match="need a torchvision that imports"):
        open_detector("torchvision:ssd").train([(blobs, 1.0)], steps=1, seed=0)
