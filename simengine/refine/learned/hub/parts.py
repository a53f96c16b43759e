"""The parts of a pipeline of the hub: tokenizers, text encoders, autoencoder, network, ControlNets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from simengine.errors import SimengineError
from simengine.refine.learned.hub.source import Source

__all__ = ["Parts", "diffusers_library", "load_parts", "model_kind", "quiet", "transformers_library"]

_KINDS = {"StableDiffusion": "sd", "StableDiffusionXL": "sdxl"}


@dataclass(frozen=True, eq=False)
class Parts:
    """A loaded model.

    Attributes:
        pipeline: Of diffusers; holds ``unet``, ``vae``, the text encoders, and encodes prompts.
        controls: ``MultiControlNetModel`` of diffusers; None without ControlNets.
        kind: ``sd`` (Stable Diffusion 1.x, 2.x) or ``sdxl``.
        device: Where everything is.
    """

    pipeline: Any
    controls: Any
    kind: str
    device: torch.device

    @property
    def unet(self) -> Any:
        """The network that denoises."""
        return self.pipeline.unet

    @property
    def vae(self) -> Any:
        """The autoencoder."""
        return self.pipeline.vae

    @property
    def factor(self) -> int:
        """Pixels a latent."""
        return 2 ** (len(self.vae.config.block_out_channels) - 1)

    @property
    def side(self) -> int:
        """Side of the pictures that the model was trained on [px]."""
        return int(self.unet.config.sample_size) * self.factor

    def to(self, device: torch.device, dtype: torch.dtype) -> Parts:
        """The same at another place and precision; the autoencoder of SDXL stays at full precision."""
        with quiet():
            for name, part in self.pipeline.components.items():
                if isinstance(part, torch.nn.Module):
                    part.to(device, torch.float32 if (self.kind, name) == ("sdxl", "vae") else dtype)
            if self.controls is not None:
                self.controls.to(device, dtype)
        return replace(self, device=device)


def diffusers_library() -> Any:
    """The package diffusers.

    Raises:
        SimengineError: It is missing.
    """
    return _library("diffusers")


def transformers_library() -> Any:
    """The package transformers.

    Raises:
        SimengineError: It is missing.
    """
    return _library("transformers")


def _library(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except Exception as error:  # a torchvision of another build raises RuntimeError
        raise SimengineError(f"models of the hub need {name} ({error}). Run: pip install 'simengine[hub]'") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps both libraries from talking of what is not the user's to mend: torchvision's absence, cut prompts, bars."""
    logs = diffusers_library().utils.logging, transformers_library().utils.logging
    levels = [log.get_verbosity() for log in logs]
    bars = [log.is_progress_bar_enabled() for log in logs]
    for log in logs:
        log.set_verbosity_error()
        log.disable_progress_bar()
    try:
        yield
    finally:
        for log, level, bar in zip(logs, levels, bars, strict=True):
            log.set_verbosity(level)
            if bar:
                log.enable_progress_bar()


def model_kind(folder: Path, name: str) -> str:
    """``sd`` or ``sdxl``.

    Raises:
        SimengineError: The model is of a kind that is not supported; says which are.
    """
    path = folder / "model_index.json"
    try:
        index = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise SimengineError(
            f"{path} can't be read ({error}). Give the folder of a pipeline saved by diffusers."
        ) from error
    named = str(index.get("_class_name"))
    family = named.removesuffix("Pipeline").removesuffix("Img2Img").removesuffix("ControlNet")
    if family not in _KINDS or index.get("requires_aesthetics_score"):
        what = "the refining stage of SDXL" if family in _KINDS else f"a {named}"
        raise SimengineError(
            f"the model {name!r} is {what}; supported are Stable Diffusion 1.x and 2.x, and the base of SDXL, e.g. "
            "stable-diffusion-v1-5/stable-diffusion-v1-5, stabilityai/stable-diffusion-xl-base-1.0."
        )
    return _KINDS[family]


def load_parts(model: Source, controlnets: Sequence[Source] = (), *, dtype: torch.dtype = torch.float32) -> Parts:
    """Loads a model and its ControlNets, into the computer's own memory.

    The safety checker is not loaded: it judges what people generate from free text, and would black out pictures of a
    data set whose labels count on them. Nor is SDXL's watermark put on.

    Args:
        model: A pipeline.
        controlnets: One a condition.
        dtype: Of the network, the ControlNets and the text encoders; the autoencoder of SDXL stays at full precision,
            because it overflows at half.

    Raises:
        SimengineError: A file is missing or damaged, the model is of another kind, or a ControlNet does not fit it.
    """
    kind = model_kind(model.folder, model.name)
    with quiet():
        pipeline = _pipeline(model, kind, dtype)
        nets = [_read(source, diffusers_library().ControlNetModel, {}, dtype) for source in controlnets]
        for net, source in zip(nets, controlnets, strict=True):
            _check_fit(net, source, pipeline.unet, model)
        controls = diffusers_library().MultiControlNetModel(nets).eval() if nets else None
        return Parts(pipeline, controls, kind, torch.device("cpu"))


def _pipeline(model: Source, kind: str, dtype: torch.dtype) -> Any:
    diffusers = diffusers_library()
    if kind == "sdxl":
        dtypes = {"vae": torch.float32, "default": dtype}
        pipeline = _read(model, diffusers.StableDiffusionXLImg2ImgPipeline, {"add_watermarker": False}, dtypes)
    else:
        options = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
        pipeline = _read(model, diffusers.StableDiffusionImg2ImgPipeline, options, dtype)
    if pipeline.unet.config.in_channels != 4:
        raise SimengineError(
            f"the network of {model.name!r} takes {pipeline.unet.config.in_channels} channels, so it is made for inpainting "
            "or another task: give a text-to-image model, whose network takes 4."
        )
    return pipeline


def _check_fit(net: Any, source: Source, unet: Any, model: Source) -> None:
    wanted, found = unet.config.cross_attention_dim, net.config.cross_attention_dim
    if wanted != found:
        raise SimengineError(
            f"the ControlNet {source.name!r} is for text of {found} numbers a word, the model {model.name!r} has {wanted}: "
            "take one that was trained for this model (768 is SD 1.x, 1024 SD 2.x, 2048 SDXL)."
        )


def _read(source: Source, kind: Any, options: dict[str, Any], dtype: Any) -> Any:
    try:
        return kind.from_pretrained(
            str(source.folder), dtype=dtype, use_safetensors=True, local_files_only=True, **options
        )
    except Exception as error:  # the libraries raise errors of many kinds
        reason = " ".join(str(error).split())
        raise SimengineError(
            f"can't load {source.name!r} from {source.folder}: {reason[:400]} Download it again, or name another."
        ) from error
