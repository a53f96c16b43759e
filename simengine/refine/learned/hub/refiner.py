"""SDEdit by a model of the hub: Stable Diffusion held in place by ControlNets that see the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from simengine.errors import SimengineError
from simengine.refine.frame import Frame
from simengine.refine.learned.crops import to_tensor
from simengine.refine.learned.hub.canvas import Canvas, canvas_for
from simengine.refine.learned.hub.captions import caption
from simengine.refine.learned.hub.conditions import CONDITIONS, condition
from simengine.refine.learned.hub.lora import apply_lora
from simengine.refine.learned.hub.network import decode, encode, encode_text, predict
from simengine.refine.learned.hub.parts import Parts, diffusers_library, load_parts, quiet
from simengine.refine.learned.hub.settings import HubSettings
from simengine.refine.learned.hub.source import Source
from simengine.refine.learned.memory import in_batches
from simengine.refine.learned.sdedit import denoise

__all__ = ["HubDiffused", "photo_schedule", "resolve_precision"]

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_FEATHER = 1.5  # px


@dataclass(eq=False)
class HubDiffused:
    """Refines by partial diffusion (Meng et al., "SDEdit", ICLR 2022) with a model of the hub.

    Noise comes from each picture's own stream, so that batches, workers and order change nothing but rounding.

    Args:
        model: A Stable Diffusion pipeline.
        settings: How it is applied.
        controlnets: Condition, one of `simengine.refine.learned.hub.conditions.CONDITIONS`, and ControlNet (Zhang et
            al., ICCV 2023).
        lora: Added to the model's weights.
        device: PyTorch's name of the device.
        compile: Whether to compile the network, on a GPU: minutes once, repaid by thousands of pictures of one size.
        parts: The loaded model, where it is shared; else loaded on first use.
    """

    model: Source
    settings: HubSettings = field(default_factory=HubSettings)
    controlnets: tuple[tuple[str, Source], ...] = ()
    lora: Source | None = None
    device: str = "cpu"
    compile: bool = False
    parts: Parts | None = field(default=None, repr=False)
    name: str = "diffusion"

    def __post_init__(self) -> None:
        for kind, source in self.controlnets:
            if kind not in CONDITIONS:
                raise SimengineError(
                    f"the ControlNet {source.name!r} is to see {kind!r}: give one of {', '.join(CONDITIONS)}."
                )
        self.batch, self.tile = self.settings.batch, self.settings.tile

    def to_dict(self) -> dict[str, Any]:
        """See `simengine.refine.method.Refiner`."""
        return {
            "method": self.name,
            "model": self.model.to_dict(),
            "controlnets": [{"condition": kind, **source.to_dict()} for kind, source in self.controlnets],
            "lora": self.lora.to_dict() if self.lora else None,
            "settings": {
                **self.settings.to_dict(),
                "precision": resolve_precision(self.settings.precision, self.device),
            },
        }

    def __getstate__(self) -> dict[str, Any]:
        """Workers load their own."""
        return {**self.__dict__, "parts": None}

    def refine(self, frame: Frame, rng: np.random.Generator) -> NDArray[np.uint8]:
        """See `simengine.refine.method.Refiner`."""
        return self.refine_batch([frame], [rng])[0]

    def refine_batch(self, frames: Sequence[Frame], rngs: Sequence[np.random.Generator]) -> list[NDArray[np.uint8]]:
        """See `simengine.refine.method.BatchRefiner`."""
        parts = self._open()
        sizes: dict[tuple[int, ...], list[int]] = {}
        for number, frame in enumerate(frames):
            sizes.setdefault(frame.rgb.shape[:2], []).append(number)
        refined: dict[int, NDArray[np.uint8]] = {}
        for (height, width), numbers in sizes.items():
            canvas = canvas_for(height, width, side=parts.side, factor=parts.factor)
            noise = [_noise(canvas, rngs[number]) for number in numbers]

            def run(
                part: slice, numbers: list[int] = numbers, canvas: Canvas = canvas, noise: Any = noise
            ) -> list[Any]:
                return self._run(parts, [frames[n] for n in numbers[part]], torch.stack(noise[part]), canvas)

            with torch.inference_mode():
                refined.update(zip(numbers, in_batches(self, len(numbers), run), strict=True))
        return [refined[number] for number in range(len(frames))]

    def _run(self, parts: Parts, frames: list[Frame], noise: Tensor, canvas: Canvas) -> list[NDArray[np.uint8]]:
        s = self.settings
        if round(max(s.strength, s.objects) * s.denoising) == 0:
            return [frame.rgb for frame in frames]
        masks = np.stack([canvas.fit((~frame.segment(None)).astype(np.uint8), exact=True) for frame in frames])
        text = encode_text(
            parts, [caption(f, s.prompt, scene=s.scene) for f in frames], negative=s.negative, guidance=s.guidance
        )
        shown = [
            torch.from_numpy(
                np.stack([canvas.fit(condition(kind, f), exact=True) for f in frames]).transpose(0, 3, 1, 2)
            )
            .to(parts.device, text.words.dtype)
            .div(255)
            for kind, _ in self.controlnets
        ]
        clean = encode(parts, to_tensor(np.stack([canvas.fit(frame.rgb) for frame in frames])), tile=self.tile)
        latents = denoise(
            photo_schedule(parts),
            clean,
            noise.to(parts.device),
            lambda x, time: predict(parts, x, time, text, shown, control=s.control, tile=self.tile),
            objects=nn.functional.max_pool2d(torch.from_numpy(masks)[:, None].float(), parts.factor).to(parts.device)
            > 0,
            strengths=(s.strength, s.objects),
            steps=s.denoising,
        )
        pictures = ((decode(parts, latents, tile=self.tile) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        done = [canvas.back(picture) for picture in pictures.permute(0, 2, 3, 1).cpu().numpy()]
        return [_untouched(frame, picture, s) for frame, picture in zip(frames, done, strict=True)]

    def prepared(self, parts: Parts) -> Parts:
        """A loaded model, brought to the refiner's device and precision."""
        device = torch.device(self.device)
        parts = parts.to(device, _DTYPES[resolve_precision(self.settings.precision, self.device)])
        if device.type == "cuda":
            parts.unet.to(memory_format=torch.channels_last)
            if self.compile:
                parts.unet.compile()
        return parts

    def _open(self) -> Parts:
        if self.parts is None:
            sources = [source for _, source in self.controlnets]
            precision = "fp32" if self.lora else resolve_precision(self.settings.precision, self.device)
            parts = load_parts(self.model, sources, dtype=_DTYPES[precision])
            if self.lora:  # added at full precision
                with quiet():
                    apply_lora(parts.pipeline, self.lora)
            self.parts = self.prepared(parts)
        self.tile = self.tile or self.parts.side
        return self.parts


def resolve_precision(precision: str, device: str) -> str:
    """What ``auto`` means on a device."""
    if precision != "auto":
        return precision
    if not device.startswith("cuda"):
        return "fp32"
    return "bf16" if torch.cuda.get_device_capability(device) >= (8, 0) else "fp16"


def photo_schedule(parts: Parts) -> Any:
    """DDIM (Song et al. 2021) on the model's own noise schedule, its times counted from the noisy end."""
    with quiet():
        return diffusers_library().DDIMScheduler.from_config(
            parts.pipeline.scheduler.config, timestep_spacing="trailing", clip_sample=False
        )


def _noise(canvas: Canvas, rng: np.random.Generator) -> Tensor:
    return torch.from_numpy(rng.standard_normal((4, *canvas.latents), dtype=np.float32))


def _untouched(frame: Frame, picture: NDArray[np.uint8], settings: HubSettings) -> NDArray[np.uint8]:
    """Puts the render's own pixels where the strength is nothing: the autoencoder alone would change them."""
    import cv2

    if min(settings.strength, settings.objects) > 0:
        return picture
    objects = ~frame.segment(None)
    held = (objects if settings.objects < settings.strength else ~objects).astype(np.float32)
    share = np.maximum(held, cv2.GaussianBlur(held, (0, 0), _FEATHER))[..., None]
    return (share * frame.rgb + (1 - share) * picture).round().clip(0, 255).astype(np.uint8)
