"""PyBullet, without what it prints and without what its worlds cost the kernel.

It prints a line at import on standard error and warnings about files on standard output. And each
world takes 28 MB of buffers, which the C library hands back to the kernel when the world ends and
gets from it again, zeroed page by page, for the next: 7,300 page faults, 26 ms a world. Told to
keep up to 128 MB, it takes 1.2 ms.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["hushed", "pybullet"]

_LIBC = ctypes.CDLL(None)


@contextmanager
def hushed() -> Iterator[None]:
    """Sends what C code writes to standard output and error to nowhere."""
    kept = {}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        _LIBC.fflush(None)  # C buffers when its output is a pipe: flush on both sides of the switch
        for number in (1, 2):
            kept[number] = os.dup(number)
            os.dup2(nowhere, number)
        yield
    finally:
        _LIBC.fflush(None)
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)
        os.close(nowhere)


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h

if hasattr(_LIBC, "mallopt"):  # glibc
    _LIBC.mallopt(_TRIM_THRESHOLD, 128 << 20)
    _LIBC.mallopt(_MMAP_THRESHOLD, 32 << 20)

with hushed():
    import pybullet
