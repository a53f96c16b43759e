"""What unpaired translation minimises; among it that labels keep their place."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from simengine.refine.audit.gradient import SIGMA

__all__ = ["gradient", "label_consistency", "least_squares", "patch_nce"]


def least_squares(scores: Tensor, target: float) -> Tensor:
    """LSGAN (Mao et al. 2017): mean squared distance of the scores from what they should be."""
    return torch.mean((scores - target) ** 2)


def patch_nce(queries: Sequence[Tensor], keys: Sequence[Tensor], *, temperature: float = 0.07) -> Tensor:
    """PatchNCE (Park et al., "Contrastive learning for unpaired image-to-image translation", ECCV 2020).

    Each patch of the result must be recognised among the patches of its own source picture.

    Args:
        queries: Vectors of the result, (N, P, C) each.
        keys: Vectors of the source at the same places; no gradient flows into them.
        temperature: Of the softmax.
    """
    total = queries[0].new_zeros(())
    for query, key in zip(queries, keys, strict=True):
        logits = torch.bmm(query, key.detach().transpose(1, 2)) / temperature
        own = torch.arange(logits.shape[1], device=logits.device).expand(logits.shape[0], -1)
        total = total + functional.cross_entropy(logits.flatten(0, 1), own.flatten())
    return total / len(queries)


_LUMA = (0.299, 0.587, 0.114)


def gradient(picture: Tensor) -> Tensor:
    """Gradient magnitude of the blurred luma, as the audit takes it (`simengine.refine.audit.gradient`).

    Args:
        picture: In -1 to 1, (N, 3, H, W).

    Returns:
        (N, 1, H, W); borders differ from the audit's by their padding.
    """
    weights = torch.tensor(_LUMA, device=picture.device, dtype=picture.dtype).view(1, 3, 1, 1)
    luma = ((picture + 1) / 2 * weights).sum(dim=1, keepdim=True)
    reach = math.ceil(3 * SIGMA)
    x = torch.arange(-reach, reach + 1, device=picture.device, dtype=picture.dtype)
    bell = torch.exp(-(x**2) / (2 * SIGMA**2))
    bell = bell / bell.sum()
    padded = functional.pad(luma, (reach + 1,) * 4, mode="reflect")
    soft = functional.conv2d(functional.conv2d(padded, bell.view(1, 1, 1, -1)), bell.view(1, 1, -1, 1))
    smooth, slope = [3.0, 10.0, 3.0], [-1.0, 0.0, 1.0]
    kernel = torch.tensor([[a * b for b in slope] for a in smooth], device=picture.device, dtype=picture.dtype) / 32
    dx = functional.conv2d(soft, kernel.view(1, 1, 3, 3))
    dy = functional.conv2d(soft, kernel.T.reshape(1, 1, 3, 3))
    return torch.sqrt(dx**2 + dy**2 + 1e-12)


def label_consistency(before: Tensor, after: Tensor, mask: Tensor, *, halo: int = 4) -> Tensor:
    """One minus the audit's score, made differentiable: the correlation of gradients on and around the labels.

    Args:
        before: The renders, in -1 to 1, (N, 3, H, W).
        after: The refined pictures.
        mask: 1 on labelled objects and on depth edges, (N, 1, H, W).
        halo: Pixels around the mask that count.

    Returns:
        0 to 2; 0 where nothing is labelled.
    """
    weight = functional.max_pool2d(mask, 2 * halo + 1, 1, halo).flatten(1)
    a, b = gradient(before).flatten(1), gradient(after).flatten(1)
    total = weight.sum(dim=1, keepdim=True).clamp_min(1.0)
    a = a - (weight * a).sum(dim=1, keepdim=True) / total
    b = b - (weight * b).sum(dim=1, keepdim=True) / total
    cross = (weight * a * b).sum(dim=1)
    scale = torch.sqrt((weight * a * a).sum(dim=1) * (weight * b * b).sum(dim=1))
    return torch.where(scale > 1e-9, 1 - cross / scale.clamp_min(1e-9), torch.zeros_like(scale)).mean()
