"""What every room's tests share; `oracles` can be imported by any test."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def forget_plugins(monkeypatch):
    """Plug-ins that one test loads reach no manifest of another."""
    monkeypatch.setattr("simengine.scene.plugins._loaded", {})


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


@pytest.fixture(scope="session")
def real_data():
    """Folder of real captures: ``$SIMENGINE_DATA``, or ``shared/data`` beside the checkout; never in it."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SIMENGINE_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"the real captures are not in {folder}: set SIMENGINE_DATA to their folder")
    return folder
