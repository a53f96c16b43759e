"""Options of refiners that are models of the hub, shared by the methods that take them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simengine.dataset.reader import Dataset
    from simengine.refine.learned.hub.settings import HubSettings
    from simengine.refine.learned.hub.source import Source
    from simengine.refine.method import Refiner
    from simengine.refine.photos import Photos

__all__ = ["add_hub_arguments", "hub_refiner", "is_hub_model"]

_LORA_STEPS = 1000


def add_hub_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of a model of the hub."""
    group = parser.add_argument_group(
        "models of the hub",
        "for --method diffusion with a --model that is a folder saved by diffusers or a hub name: Stable Diffusion 1.x, "
        "2.x, or the base of SDXL",
    )
    group.add_argument("--revision", metavar="REV", help="branch, tag or commit of the model on the hub")
    group.add_argument(
        "--controlnet",
        metavar="SEES=NAME",
        action="append",
        default=[],
        help="what a ControlNet sees and which it is, a folder or hub name: depth=lllyasviel/control_v11f1p_sd15_depth; "
        "depth, segmentation (ADE20K's colours), edges (Canny), instances; may be repeated",
    )
    group.add_argument(
        "--lora",
        metavar="DIR",
        help="folder of a LoRA, trained there on the photos, in --steps, if absent; or a hub name",
    )
    group.add_argument("--rank", metavar="N", type=int, default=8, help="of a LoRA that is trained (default: 8)")
    group.add_argument(
        "--prompt",
        metavar="TEXT",
        help="what pictures are called; {objects}: the classes seen and their counts, {scene}: the scene's description "
        "(default: 'a photo of {objects}. {scene}')",
    )
    group.add_argument("--negative-prompt", metavar="TEXT", default="", help="what to stay away from")
    group.add_argument(
        "--guidance",
        metavar="X",
        type=float,
        default=4.0,
        help="weight of the prompt; 1 takes half the time (default: 4)",
    )
    group.add_argument("--control", metavar="X", type=float, default=1.0, help="weight of the ControlNets (default: 1)")
    group.add_argument(
        "--denoising",
        metavar="N",
        type=int,
        default=30,
        help="steps of a whole denoising, of which --strength is taken (default: 30)",
    )
    group.add_argument(
        "--tile", metavar="PX", type=int, default=0, help="largest side refined in one piece (default: the model's own)"
    )
    group.add_argument("--precision", choices=("auto", "fp32", "bf16", "fp16"), default="auto", help="(default: auto)")
    group.add_argument(
        "--compile", action="store_true", help="compile the network, on a GPU, for many pictures of one size"
    )


def is_hub_model(name: str | None) -> bool:
    """Whether a model's name means one of the hub, or one saved by diffusers: not a folder to train a network in.

    ``owner/name`` does, unless a folder of that name, or ``owner``, exists here; ``./owner/name`` never does.
    """
    if name is None:
        return False
    folder = Path(name)
    if folder.exists():
        return (folder / "model_index.json").exists()
    return re.fullmatch(r"\w[\w.-]*/[\w.-]+", name) is not None and not folder.parent.exists()


def hub_refiner(
    args: argparse.Namespace, renders: Dataset, photos: Photos, report: Callable[[dict[str, Any]], None]
) -> Refiner:
    """The refiner that the options ask for; trains its LoRA first, if that is absent.

    Raises:
        SimengineError: A model can't be had, or an option is out of range.
    """
    from simengine.learn.detector import choose_device
    from simengine.refine.learned.hub.captions import TEMPLATE, scene_words
    from simengine.refine.learned.hub.lora import find_lora
    from simengine.refine.learned.hub.parts import diffusers_library, model_kind, transformers_library
    from simengine.refine.learned.hub.refiner import HubDiffused
    from simengine.refine.learned.hub.settings import HubSettings
    from simengine.refine.learned.hub.source import CONTROLNET_FILES, PIPELINE_FILES, fetch

    settings = HubSettings(
        strength=args.strength * args.background,
        objects=args.strength * (1.0 if args.objects is None else args.objects),
        denoising=args.denoising,
        guidance=args.guidance,
        control=args.control,
        prompt=args.prompt or TEMPLATE,
        negative=args.negative_prompt,
        scene=scene_words(renders.plan["scene"].get("description") or ""),
        batch=args.batch,
        tile=args.tile,
        precision=args.precision,
    )
    diffusers_library(), transformers_library()  # what is missing is said before anything is downloaded
    device = str(choose_device(args.device))
    asked = [_controlnet(text) for text in args.controlnet]
    model = fetch(args.model, PIPELINE_FILES, needed="model_index.json", revision=args.revision)
    model_kind(model.folder, model.name)
    controlnets = tuple(
        (sees, fetch(name, CONTROLNET_FILES, needed="diffusion_pytorch_model*.safetensors", what="ControlNet"))
        for sees, name in asked
    )
    lora = args.lora
    if lora and not _is_trained(lora):
        _train_lora(args, model, settings, renders, photos, device, report)
    return HubDiffused(
        model,
        settings,
        controlnets,
        find_lora(lora) if lora else None,
        device=device,
        compile=args.compile,
    )


def _is_trained(name: str) -> bool:
    """Whether there is nothing left to train: a finished folder, somebody else's, or a hub name."""
    folder = Path(name)
    if folder.is_dir() and any(folder.glob("*.safetensors")):
        return (folder / "card.md").exists() or not (folder / "checkpoint.safetensors").exists()
    return not folder.exists() and is_hub_model(name)


def _controlnet(text: str) -> tuple[str, str]:
    from simengine.errors import SimengineError
    from simengine.refine.learned.hub.conditions import CONDITIONS

    sees, _, name = text.partition("=")
    if sees not in CONDITIONS or not name:
        raise SimengineError(
            f"--controlnet {text}: write what it sees, one of {', '.join(CONDITIONS)}, and its folder or hub name, as in "
            "depth=lllyasviel/control_v11f1p_sd15_depth."
        )
    return sees, name


def _train_lora(
    args: argparse.Namespace,
    model: Source,
    settings: HubSettings,
    renders: Dataset,
    photos: Photos,
    device: str,
    report: Callable[[dict[str, Any]], None],
) -> None:
    import json

    from simengine.evaluate.features.embedders import open_embedder
    from simengine.refine.learned.hub.captions import theme
    from simengine.refine.learned.hub.lora_training import LoraSettings
    from simengine.refine.learned.training import train_refiner

    steps = _LORA_STEPS if args.steps is None else args.steps
    own = int(json.loads((model.folder / "unet/config.json").read_text(encoding="utf-8"))["sample_size"]) * 8
    how = LoraSettings(
        model,
        theme(tuple(renders.classes), settings.prompt, scene=settings.scene),
        steps=steps,
        side=own if args.side is None else args.side,
        batch=args.batch,
        rank=args.rank,
        seed=args.seed,
        every=max(1, min(250, steps // 8)),
        shown=settings,
    )
    train_refiner(renders, photos, args.lora, how, embedder=open_embedder(device=device), device=device, report=report)
