"""Draws for tests that need one which the scene's constraints accept."""

from simengine.errors import Rejected

__all__ = ["first_draw", "fits"]


def first_draw(spec, seed, index):
    """The scene of the first try that is not rejected while drawing."""
    for attempt in range(spec.model.attempts):
        try:
            return spec.sample(seed, index, attempt=attempt)
        except Rejected:
            continue
    raise AssertionError("every draw was rejected")


def fits(scene, randomizer):
    """Whether a scene has what a shipped randomizer varies: machines, or pictures; photos need a folder of the user."""
    if randomizer == "background/photos":
        return False
    return bool(scene.model.machines) if randomizer.startswith("machine/") else scene.model.pictured
