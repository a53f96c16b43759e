"""One renderer for all tests of pictures: its kernels load once."""

import pytest

from simengine.render.warp_renderer import WarpRenderer


@pytest.fixture(scope="session")
def tracer():
    return WarpRenderer(device="cpu")
