"""Pipelines of the usual sizes with random weights: what they cost can be measured, and their code tested, offline."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from simengine.errors import SimengineError
from simengine.refine.learned.hub.parts import Parts, diffusers_library, quiet, transformers_library
from simengine.refine.learned.hub.refiner import HubDiffused
from simengine.refine.learned.hub.settings import HubSettings
from simengine.refine.learned.hub.source import Source

__all__ = ["SIZES", "random_controlnet", "random_pipeline", "random_refiner"]

_CLIP = {"vocab_size": 49408, "bos_token_id": 49406, "eos_token_id": 49407, "pad_token_id": 49407}
_SMALL = {"vocab_size": 1000, "bos_token_id": 998, "eos_token_id": 999, "pad_token_id": 999}

SIZES: dict[str, dict[str, Any]] = {
    "sd15": {
        "side": 512,
        "text": [{**_CLIP, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}],
        "vae": {"block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "scaling_factor": 0.18215},
        "unet": {
            "block_out_channels": (320, 640, 1280, 1280),
            "down_block_types": (*("CrossAttnDownBlock2D",) * 3, "DownBlock2D"),
            "up_block_types": ("UpBlock2D", *("CrossAttnUpBlock2D",) * 3),
            "attention_head_dim": 8,
            "cross_attention_dim": 768,
        },
    },
    "sdxl": {
        "side": 1024,
        "text": [
            {**_CLIP, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12},
            {
                **_CLIP, "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32,
                "num_attention_heads": 20, "projection_dim": 1280,
            },
        ],
        "vae": {"block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "scaling_factor": 0.13025},
        "unet": {
            "block_out_channels": (320, 640, 1280),
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            "attention_head_dim": (5, 10, 20),
            "transformer_layers_per_block": (1, 2, 10),
            "cross_attention_dim": 2048,
            "use_linear_projection": True,
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 256,
            "projection_class_embeddings_input_dim": 2816,
        },
    },
    "tiny": {
        "side": 64,
        "text": [{**_SMALL, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}],
        "vae": {"block_out_channels": (8, 8, 8, 8), "layers_per_block": 1, "norm_num_groups": 4, "scaling_factor": 0.18215},
        "unet": {
            "block_out_channels": (8, 16),
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "attention_head_dim": 2,
            "cross_attention_dim": 16,
            "norm_num_groups": 4,
            "layers_per_block": 1,
        },
    },
    "tinyxl": {
        "side": 64,
        "text": [
            {**_SMALL, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2},
            {
                **_SMALL, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
                "projection_dim": 16,
            },
        ],
        "vae": {"block_out_channels": (8, 8, 8, 8), "layers_per_block": 1, "norm_num_groups": 4, "scaling_factor": 0.13025},
        "unet": {
            "block_out_channels": (8, 16),
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "attention_head_dim": (2, 4),
            "transformer_layers_per_block": (1, 2),
            "cross_attention_dim": 32,
            "norm_num_groups": 4,
            "layers_per_block": 1,
            "use_linear_projection": True,
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 64,
        },
    },
}  # fmt: skip
"""The configurations of Stable Diffusion 1.5, of Stable Diffusion XL 1.0, and two small ones built alike."""


def random_pipeline(size: str = "sd15", *, seed: int = 0) -> Any:
    """A text-to-image pipeline of diffusers with random weights; ``save_pretrained(folder)`` makes a local model of it.

    Args:
        size: One of `SIZES`.
        seed: Of the weights.

    Raises:
        SimengineError: The size is unknown, or a package is missing.
    """
    config = _config(size)
    diffusers, transformers = diffusers_library(), transformers_library()
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        shared = {
            "unet": _unet(diffusers, config),
            "vae": diffusers.AutoencoderKL(
                **config["vae"],
                sample_size=config["side"],
                latent_channels=4,
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4,
            ),
            "scheduler": diffusers.PNDMScheduler(
                beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
            ),
        }
        texts = [_text(transformers, entry) for entry in config["text"]]
        tokenizers = [_tokenizer(transformers, entry) for entry in config["text"]]
        if len(texts) == 2:
            return diffusers.StableDiffusionXLPipeline(
                **shared,
                text_encoder=texts[0],
                text_encoder_2=texts[1],
                tokenizer=tokenizers[0],
                tokenizer_2=tokenizers[1],
                add_watermarker=False,
            )
        return diffusers.StableDiffusionPipeline(
            **shared,
            text_encoder=texts[0],
            tokenizer=tokenizers[0],
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )


def random_controlnet(size: str = "sd15", *, seed: int = 1, channels: Sequence[int] = (16, 32, 96, 256)) -> Any:
    """A ControlNet for `random_pipeline` with random weights, its last layers too, which in a new one are zero.

    Args:
        size: One of `SIZES`.
        seed: Of the weights.
        channels: Of the layers that bring the condition to the latents' size.
    """
    diffusers, config = diffusers_library(), _config(size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = diffusers.ControlNetModel.from_unet(
            _unet(diffusers, config), conditioning_embedding_out_channels=tuple(channels), load_weights_from_unet=False
        )
        for layer in [*network.controlnet_down_blocks, network.controlnet_mid_block]:
            torch.nn.init.normal_(layer.weight, std=0.02)
    return network


def _config(size: str) -> dict[str, Any]:
    if size not in SIZES:
        raise SimengineError(f"size is {size!r}: give one of {', '.join(SIZES)}.")
    return SIZES[size]


def _unet(diffusers: Any, config: dict[str, Any]) -> Any:
    return diffusers.UNet2DConditionModel(
        sample_size=config["side"] // 8, in_channels=4, out_channels=4, **config["unet"]
    )


def _text(transformers: Any, config: dict[str, Any]) -> Any:
    kind = transformers.CLIPTextModelWithProjection if "projection_dim" in config else transformers.CLIPTextModel
    return kind(transformers.CLIPTextConfig(max_position_embeddings=77, **config))


def _tokenizer(transformers: Any, config: dict[str, Any]) -> Any:
    """CLIP's own kind with single bytes for words: every text has tokens, no file is needed."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(b) for b in printable] + [chr(256 + i) for i in range(256 - len(printable))]
    words = {word: number for number, word in enumerate([*letters, *(letter + "</w>" for letter in letters)])}
    words["<|startoftext|>"], words["<|endoftext|>"] = config["bos_token_id"], config["eos_token_id"]
    with tempfile.TemporaryDirectory() as folder:
        vocabulary, merges = Path(folder) / "vocab.json", Path(folder) / "merges.txt"
        vocabulary.write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        merges.write_text("#version: 0.2\n", encoding="utf-8")
        (Path(folder) / "tokenizer_config.json").write_text(
            json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "pad_token": "<|endoftext|>"})
        )
        return transformers.CLIPTokenizer.from_pretrained(folder)


def random_refiner(
    size: str = "sd15",
    *,
    conditions: Sequence[str] = ("depth",),
    settings: HubSettings | None = None,
    device: str = "cpu",
    compile: bool = False,
    seed: int = 0,
) -> HubDiffused:
    """A refiner of a usual size with random weights: says nothing of looks, everything of speed and memory.

    Args:
        size: One of `SIZES`.
        conditions: What ControlNets see, one network each.
        settings: How it is applied; precision, batch, strength count for speed.
        device: PyTorch's name of the device.
        compile: Whether to compile the network, on a GPU.
        seed: Of the weights.
    """
    how = settings or HubSettings()
    diffusers = diffusers_library()
    whole = random_pipeline(size, seed=seed)
    nets = [random_controlnet(size, seed=seed + 1 + number) for number in range(len(conditions))]
    kind = "sdxl" if "text_encoder_2" in whole.components else "sd"
    parts = Parts(whole, diffusers.MultiControlNetModel(nets) if nets else None, kind, torch.device("cpu"))
    source = Source(f"random-{size}", Path())
    refiner = HubDiffused(source, how, tuple((name, source) for name in conditions), device=device, compile=compile)
    refiner.parts = refiner.prepared(parts)
    return refiner
