"""What every room's tests share; `oracles` can be imported by any test."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def made():
    """Makers of meshes, assets, scenes, trajectories and painted frames (see oracles/hand_made.py)."""
    from oracles import hand_made

    return SimpleNamespace(
        mesh=hand_made.make_mesh,
        asset=hand_made.make_asset,
        link=hand_made.Link,
        scene=hand_made.make_scene,
        trajectory=hand_made.make_trajectory,
        paint=hand_made.paint,
    )
