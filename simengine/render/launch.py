"""Kernels at work: on one device, over pieces of a picture, on one or several threads."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from simengine.render.device import load_warp

__all__ = ["Launcher"]


class Launcher:
    """Launches kernels on one device.

    Args:
        device: ``cpu`` or ``cuda:K``.
        threads: Threads on the CPU; a Warp kernel itself uses one.
    """

    def __init__(self, *, device: str, threads: int = 1) -> None:
        self.device = device
        self.threads = max(int(threads), 1) if device == "cpu" else 1
        self.tiles = device == "cpu"  # whether labels are drawn by tiles instead of single rays
        self._kept: dict[str, Any] = {}
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

    def scratch(self, name: str, shape: tuple[int, int], dtype: Any) -> Any:
        """An array that lives from frame to frame: fresh memory costs a page fault every 4 KB."""
        found = self._kept.get(name)
        if found is None or found.shape != shape:
            found = self._kept[name] = load_warp().empty(shape, dtype=dtype, device=self.device)
        return found

    def run(self, kernel: Any, sizes: list[tuple[int, Any]], inputs: Callable[[int], list]) -> None:
        """Launches a kernel over pieces (first, dim), on several threads where there are."""
        wp = load_warp()

        def launch(piece: tuple[int, Any]) -> None:
            wp.launch(kernel, dim=piece[1], inputs=inputs(piece[0]), device=self.device)

        if self._pool is None:
            for piece in sizes:
                launch(piece)
        else:
            load = kernel.module.load(wp.get_device(self.device))  # once, before the threads race for it
            assert load
            list(self._pool.map(launch, sizes))

    def rows(self, kernel: Any, shape: tuple[int, int], inputs: Callable[[int], list]) -> None:
        """Launches a kernel over all pixels or tiles, in bands of rows."""
        bands = 1 if self.threads == 1 else min(8 * self.threads, shape[0])
        edges = [shape[0] * k // bands for k in range(bands + 1)]
        self.run(kernel, [(a, (b - a, shape[1])) for a, b in itertools.pairwise(edges)], inputs)

    def pieces(self, kernel: Any, total: int, inputs: Callable[[int], list]) -> None:
        """Launches a kernel over `total` threads, in pieces; `inputs` are told the first thread's number."""
        count = 1 if self.threads == 1 else min(8 * self.threads, total)
        edges = [total * k // count for k in range(count + 1)]
        self.run(kernel, [(a, b - a) for a, b in itertools.pairwise(edges)], inputs)
