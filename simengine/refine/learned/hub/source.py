"""Where a model's files come from: a folder, or the hub's cache; what they are, and under which licence."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from simengine.dataset.shard import hash_file
from simengine.errors import SimengineError

__all__ = ["CONTROLNET_FILES", "LORA_FILES", "PIPELINE_FILES", "Source", "fetch"]

PIPELINE_FILES = (
    "model_index.json",
    "*/config.json",
    "scheduler/*.json",
    "tokenizer/*",
    "tokenizer_2/*",
    "unet/diffusion_pytorch_model*.safetensors*",
    "vae/diffusion_pytorch_model*.safetensors*",
    "text_encoder/model*.safetensors*",
    "text_encoder_2/model*.safetensors*",
)
"""What is taken of a Stable Diffusion repository: safetensors only (a pickle may run code), no safety checker."""

CONTROLNET_FILES = ("config.json", "diffusion_pytorch_model*.safetensors*")
LORA_FILES = ("*.safetensors",)

_PAPERS = ("README.md", "LICENSE*", "LICENCE*", "license*")
_TWICE = ("*.fp16.*", "*non_ema*", "*.fp32.*")  # the same weights again, in another precision or untouched by averaging
_MOST = 100_000  # characters of a licence


@dataclass(frozen=True)
class Source:
    """A model's files.

    Attributes:
        name: Its hub name, or the last part of its folder's.
        folder: Where its files lie.
        revision: Commit on the hub; None for a folder of the user's.
        files: Patterns of the files that count.
    """

    name: str
    folder: Path
    revision: str | None = None
    files: tuple[str, ...] = ("*.safetensors",)

    @cached_property
    def weights(self) -> str:
        """SHA-256 of the weights; of several files, over the list of their hashes and names, as `sha256sum` writes it."""
        found = {path for pattern in self.files for path in self.folder.glob(pattern) if path.suffix == ".safetensors"}
        paths = sorted(path for path in found if not any(path.match(skip) for skip in _TWICE))
        if len(paths) == 1:
            return hash_file(paths[0])
        lines = (f"{hash_file(path)}  {path.relative_to(self.folder).as_posix()}\n" for path in paths)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @cached_property
    def licence(self) -> str | None:
        """Its short name, as the head of the repository's README states it."""
        path = self.folder / "README.md"
        if not path.is_file():
            return None
        head = re.match(r"---\r?\n(.*?)\r?\n---", path.read_text(encoding="utf-8", errors="replace"), re.DOTALL)
        found = re.search(r"^license(?:_name)?:\s*[\"']?([^\"'\r\n]+)", head[1], re.MULTILINE) if head else None
        return found[1].strip() if found else None

    @cached_property
    def licence_text(self) -> str | None:
        """The licence itself, if the repository holds it."""
        files = sorted(
            p for p in self.folder.iterdir() if p.is_file() and p.name.lower().startswith(("license", "licence"))
        )
        return files[0].read_text(encoding="utf-8", errors="replace")[:_MOST] if files else None

    def to_dict(self) -> dict[str, Any]:
        """In JSON types, as it stands in manifests; no path of this machine."""
        return {
            "name": self.name,
            "revision": self.revision,
            "weights": self.weights,
            "licence": self.licence,
            "licence_text": self.licence_text,
        }


def fetch(name: str, files: Sequence[str], *, needed: str, revision: str | None = None, what: str = "model") -> Source:
    """Finds a model's files, in a folder or on the hub; what the hub's cache holds is not loaded again.

    Args:
        name: A folder, or a hub name (``owner/name``).
        files: Patterns of the files wanted.
        needed: File (or pattern) without which it is no such model.
        revision: Branch, tag or commit on the hub; its default branch if None.
        what: What it is called in errors.

    Raises:
        SimengineError: It is in neither place; names the model, the reason and the remedy.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        found = Source(folder.resolve().name, folder, None, tuple(files))
    elif re.fullmatch(r"[\w.-]+/[\w.-]+", name) and not name.startswith("."):
        path = _download(name, files, revision, what)
        commit = path.name if re.fullmatch(r"[0-9a-f]{40}", path.name) else revision
        found = Source(name, path, commit, tuple(files))
    else:
        raise SimengineError(
            f"there is no {what} {name!r}: no such folder, and hub names read owner/name. Give the folder of a {what} in "
            "the format of diffusers, or a hub name."
        )
    if not any(found.folder.glob(needed)):
        raise SimengineError(
            f"the {what} {name!r} can't be used: it holds no {needed}. Give a {what} in the format of diffusers with "
            "weights as safetensors (weights as pickles may run code and are not read)."
        )
    return found


def _download(name: str, files: Sequence[str], revision: str | None, what: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise SimengineError(
            f"{what} {name!r} of the hub needs huggingface_hub: pip install 'simengine[hub]'."
        ) from error
    try:
        return Path(
            snapshot_download(name, revision=revision, allow_patterns=[*files, *_PAPERS], ignore_patterns=list(_TWICE))
        )
    except Exception as error:  # the hub's errors are of many kinds
        reason = " ".join(str(error).split()) or type(error).__name__
        raise SimengineError(
            f"can't get the {what} {name!r} from the hub: {reason[:400]} Check the name and the connection (for a gated "
            f"model accept its terms and set HF_TOKEN). Offline, set HF_HUB_OFFLINE=1 once the cache holds it, or give a "
            f"local folder: `hf download {name} --local-dir FOLDER` on a machine that is connected."
        ) from error
