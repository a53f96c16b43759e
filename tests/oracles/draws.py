"""Draws for tests that need one which the scene's constraints accept."""

from simengine.errors import Rejected

__all__ = ["first_draw"]


def first_draw(spec, seed, index):
    """The scene of the first try that is not rejected while drawing."""
    for attempt in range(spec.model.attempts):
        try:
            return spec.sample(seed, index, attempt=attempt)
        except Rejected:
            continue
    raise AssertionError("every draw was rejected")
