"""A small convolutional network on order spectra; its parameters are plain arrays between calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from simengine.errors import SimengineError
from simengine.learn.order_views import CELLS

__all__ = ["network_probabilities", "train_network"]

_WIDTH, _BATCH, _CHUNK = 64, 64, 512


def train_network(
    images: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    *,
    classes: int,
    seed: int,
    steps: int = 600,
    rate: float = 3e-3,
    init: dict[str, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Trains the network with Adam and a cosine schedule.

    A convolution as wide as one harmonic of a fault, moved by one harmonic at a time, reads the lines and sidebands
    about it; the same for every band. What it found is pooled over harmonics and then over bands, so that it does not
    matter where a machine rings. Whole bands are left out at random in training.

    Args:
        images: Shape (n, bands, channels, cells), see `simengine.learn.order_views`.
        codes: Class of each, shape (n,), 0 to ``classes`` less one.
        weights: How often each is drawn, relative, shape (n,).
        classes: Number of classes.
        seed: Of parameters, batches and dropout.
        steps: Optimiser steps of 64 windows, or of as many as there are.
        rate: Highest learning rate.
        init: Parameters to go on from, as returned by this function.

    Returns:
        Parameters by name.

    Raises:
        SimengineError: PyTorch is missing.
    """
    torch = _torch()
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _network(images.shape[2], classes)
        if init is not None:
            network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in init.items()})
        optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.02)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
        share = np.cumsum(weights / weights.sum())
        network.train()
        for _ in range(steps):
            batch = np.minimum(np.searchsorted(share, rng.random(min(_BATCH, len(images)))), len(images) - 1)
            inputs = torch.from_numpy(images[batch].astype(np.float32))
            loss = torch.nn.functional.cross_entropy(
                network(inputs), torch.from_numpy(codes[batch]), label_smoothing=0.05
            )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
    return {name: value.numpy().copy() for name, value in network.state_dict().items()}


def network_probabilities(parameters: dict[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    """Probabilities of the classes, shape (n, classes), for images of shape (n, bands, channels, cells)."""
    torch = _torch()
    network = _network(images.shape[2], len(parameters["head.bias"]))
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in parameters.items()})
    network.eval()
    with torch.no_grad():
        parts = [
            torch.softmax(network(torch.from_numpy(images[begin : begin + _CHUNK].astype(np.float32))), dim=1).numpy()
            for begin in range(0, len(images), _CHUNK)
        ]
    return np.concatenate(parts).astype(float)


def _network(channels: int, classes: int) -> Any:
    torch = _torch()
    nn = torch.nn

    class OrderNetwork(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.harmonic = nn.Conv1d(channels, _WIDTH, CELLS, stride=CELLS)
            self.norm = nn.BatchNorm1d(_WIDTH)
            self.mix = nn.Conv1d(_WIDTH, _WIDTH, 1)
            self.join = nn.Linear(4 * _WIDTH, _WIDTH)
            self.head = nn.Linear(_WIDTH, classes)
            self.drop = nn.Dropout(0.3)

        def forward(self, images: Any) -> Any:
            count, bands = images.shape[:2]
            found = torch.relu(self.norm(self.harmonic(images.flatten(0, 1))))
            found = torch.relu(self.mix(found))  # (count * bands, width, harmonics)
            found = torch.cat([found.amax(dim=2), found.mean(dim=2)], dim=1).view(count, bands, -1)
            if self.training:
                kept = torch.rand(count, bands, 1) > 0.2
                found = found * kept
            pooled = torch.cat([found.amax(dim=1), found.mean(dim=1)], dim=1)
            return self.head(self.drop(torch.relu(self.join(self.drop(pooled)))))

    return OrderNetwork()


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise SimengineError("The network needs PyTorch: pip install 'simengine[learn]'.") from error
    return torch
