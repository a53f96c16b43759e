"""PyBullet, without what it prints: a line at import on standard error, warnings about files on standard output."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["hushed", "pybullet"]


@contextmanager
def hushed() -> Iterator[None]:
    """Sends what C code writes to standard output and error to nowhere."""
    libc = ctypes.CDLL(None)
    kept = {}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        libc.fflush(None)  # C buffers when its output is a pipe: flush on both sides of the switch
        for number in (1, 2):
            kept[number] = os.dup(number)
            os.dup2(nowhere, number)
        yield
    finally:
        libc.fflush(None)
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)
        os.close(nowhere)


with hushed():
    import pybullet
