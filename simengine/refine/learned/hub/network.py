"""What a model of the hub says of noisy latents: prompts, ControlNets, guidance, pieces of large pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from simengine.refine.learned.hub.parts import Parts, quiet
from simengine.refine.learned.tiles import in_tiles

__all__ = ["Text", "ask", "decode", "encode", "encode_text", "predict"]


@dataclass(frozen=True, eq=False)
class Text:
    """Prompts, encoded.

    Attributes:
        words: (N, L, D); with guidance 2 N, those of the negative prompt first.
        pooled: (N, P) or (2 N, P), of SDXL; else None.
        guidance: Of classifier-free guidance (Ho and Salimans 2022); None without.
    """

    words: Tensor
    pooled: Tensor | None
    guidance: float | None


def encode_text(parts: Parts, prompts: Sequence[str], *, negative: str = "", guidance: float = 1.0) -> Text:
    """Encodes one prompt a picture.

    Args:
        parts: The model.
        prompts: The prompts; what goes beyond 77 tokens is cut off.
        negative: What to stay away from.
        guidance: Guidance beyond 1 needs the negative prompt too, and takes twice the time.
    """
    guided = guidance > 1
    with quiet():
        said = parts.pipeline.encode_prompt(
            prompt=list(prompts),
            device=parts.device,
            num_images_per_prompt=1,
            do_classifier_free_guidance=guided,
            negative_prompt=[negative] * len(prompts) if negative else None,
        )
    words, unwanted, *pooled = said
    if guided:
        words = torch.cat([unwanted, words])
        pooled = [torch.cat([pooled[1], pooled[0]])] if pooled else []
    return Text(words, pooled[0] if pooled else None, guidance if guided else None)


def encode(parts: Parts, pictures: Tensor, *, tile: int) -> Tensor:
    """Latents of pictures.

    Args:
        parts: The model.
        pictures: In -1 to 1, (N, 3, H, W), sides multiples of the model's factor.
        tile: Largest side that is encoded in one piece [px].

    Returns:
        float32 (N, 4, H / factor, W / factor).
    """
    vae = _tiled(parts, tile, pictures.shape[2:])
    found = vae.encode(pictures.to(parts.device, vae.dtype)).latent_dist.mode()
    return found.float() * vae.config.scaling_factor


def decode(parts: Parts, latents: Tensor, *, tile: int) -> Tensor:
    """Pictures of latents; the way back of `encode`."""
    size = [parts.factor * side for side in latents.shape[2:]]
    vae = _tiled(parts, tile, size)
    return vae.decode((latents / vae.config.scaling_factor).to(vae.dtype)).sample.float()


def _tiled(parts: Parts, tile: int, size: Sequence[int]) -> Any:
    vae = parts.vae
    vae.use_tiling = max(size) > tile
    vae.tile_sample_min_size, vae.tile_latent_min_size = tile, tile // parts.factor
    return vae


def predict(
    parts: Parts, noisy: Tensor, time: Tensor, text: Text, conditions: Sequence[Tensor], *, control: float, tile: int
) -> Tensor:
    """The network's output, put together from pieces that overlap by a quarter where pictures are large.

    Args:
        parts: The model.
        noisy: Latents, float32 (N, 4, h, w).
        time: Of the noise schedule, no axes.
        text: The prompts.
        conditions: One a ControlNet, in 0 to 1, (N, 3, H, W).
        control: Weight of the ControlNets.
        tile: Largest side of a piece [px].

    Returns:
        float32 (N, 4, h, w).
    """
    factor = parts.factor

    def run(rows: slice, columns: slice) -> Tensor:
        pixels = (slice(rows.start * factor, rows.stop * factor), slice(columns.start * factor, columns.stop * factor))
        shown = [condition[:, :, pixels[0], pixels[1]] for condition in conditions]
        size = (noisy.shape[2] * factor, noisy.shape[3] * factor)
        return ask(
            parts,
            noisy[:, :, rows, columns],
            time,
            text,
            shown,
            control=control,
            place=(*size, pixels[0].start, pixels[1].start),
        )

    return in_tiles(run, noisy.shape[2], noisy.shape[3], tile // factor, overlap=tile // factor // 4)


def ask(
    parts: Parts,
    noisy: Tensor,
    time: Tensor,
    text: Text,
    conditions: Sequence[Tensor],
    *,
    control: float,
    place: tuple[int, int, int, int],
) -> Tensor:
    """The network's output for whole pictures, or for one piece of larger ones.

    Args:
        parts: The model.
        noisy: Latents, float32 (N, 4, h, w).
        time: Of the noise schedule, no axes or (N,).
        text: The prompts.
        conditions: One a ControlNet, in 0 to 1, (N, 3, h * factor, w * factor).
        control: Weight of the ControlNets.
        place: Height and width of the whole picture, row and column of the piece in it [px].

    Returns:
        float32 (N, 4, h, w).
    """
    dtype = text.words.dtype
    twice = 1 if text.guidance is None else 2
    given = torch.cat([noisy] * twice).to(dtype)
    time = time.to(parts.device)
    added = None
    if text.pooled is not None:  # SDXL is told the whole size, the piece's place in it, and the piece's size
        size = [side * parts.factor for side in noisy.shape[2:]]
        added = {
            "text_embeds": text.pooled,
            "time_ids": torch.tensor([*place, *size], dtype=torch.float32, device=parts.device).repeat(len(given), 1),
        }
    residuals = {}
    if conditions:
        down, middle = parts.controls(
            given,
            time,
            encoder_hidden_states=text.words,
            controlnet_cond=[torch.cat([condition] * twice).to(dtype) for condition in conditions],
            conditioning_scale=[control] * len(conditions),
            added_cond_kwargs=added,
            return_dict=False,
        )
        residuals = {"down_block_additional_residuals": down, "mid_block_additional_residual": middle}
    found = parts.unet(
        given, time, encoder_hidden_states=text.words, added_cond_kwargs=added, return_dict=False, **residuals
    )[0].float()
    if text.guidance is None:
        return found
    unwanted, wanted = found.chunk(2)
    return unwanted + text.guidance * (wanted - unwanted)
