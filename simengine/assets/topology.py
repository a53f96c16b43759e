"""Whether triangles close a solid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Topology", "topology"]


@dataclass(frozen=True)
class Topology:
    """Counts of edges that are wrong.

    Attributes:
        open: Edges with a face on one side only.
        crowded: Edges where more than two faces meet.
        twisted: Edges whose two faces are wound against each other.
    """

    open: int
    crowded: int
    twisted: int

    @property
    def watertight(self) -> bool:
        """Whether every edge has exactly two faces, wound alike."""
        return not (self.open or self.crowded or self.twisted)


def topology(faces: NDArray[np.integer]) -> Topology:
    """Looks at every edge of triangles that share vertex numbers, faces (F, 3)."""
    edges = np.asarray(faces, np.int64)[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    forward = edges[:, 0] < edges[:, 1]
    edges.sort(axis=1)
    code = edges[:, 0] * (int(edges.max(initial=0)) + 1) + edges[:, 1]
    _, inverse, count = np.unique(code, return_inverse=True, return_counts=True)
    ahead = np.bincount(inverse.ravel(), weights=forward, minlength=len(count))
    return Topology(
        open=int((count == 1).sum()),
        crowded=int((count > 2).sum()),
        twisted=int(((count == 2) & (ahead != 1)).sum()),
    )
