"""What of software and machine can change a byte of a data set: versions and platform, no names of hosts."""

from __future__ import annotations

import platform
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import simengine

__all__ = ["package_versions", "platform_fingerprint"]

_PACKAGES = (
    "numpy", "scipy", "opencv-python-headless", "trimesh", "warp-lang", "pybullet", "pybullet-arm64", "pycocotools", "coacd", "pyarrow", "numba", "pyoidn",
)  # fmt: skip

_LEVELS = {  # x86-64 microarchitecture levels (System V psABI): what compilers and NumPy's dispatch go by
    "v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "v3": {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"},
    "v2": {"cx16", "popcnt", "sse4_1", "sse4_2", "ssse3"},
}


@lru_cache(maxsize=1)
def package_versions() -> dict[str, str]:
    """Versions of simengine, Python and every installed package that can change a byte, by distribution name."""
    found = {"simengine": simengine.__version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def platform_fingerprint(device: str) -> dict[str, str]:
    """What of the machine can change a byte; equal fingerprints promise equal bytes.

    Args:
        device: ``cpu`` or ``cuda:K``.

    Returns:
        Operating system family, C library, processor architecture with its feature level, and the kind of
        device that draws (its number doesn't matter).
    """
    libc, libc_version = platform.libc_ver()
    return {
        "system": platform.system(),
        "libc": f"{libc} {libc_version}".strip(),
        "machine": platform.machine(),
        "level": _processor_level(),
        "device": _device_kind(device),
    }


@lru_cache(maxsize=1)
def _processor_level() -> str:
    """The x86-64 level, or on other processors the implementer and part that Linux names."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return platform.processor() or "unknown"
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = set(facts.get("flags", "").split())
    if not flags:
        return " ".join(facts[key] for key in ("CPU implementer", "CPU part") if key in facts) or "unknown"
    needed: set[str] = set()
    level = "v1"
    for name in ("v2", "v3", "v4"):
        needed |= _LEVELS[name]
        if not needed <= flags:
            break
        level = name
    return f"{facts.get('vendor_id', 'x86')} {level}"


def _device_kind(device: str) -> str:
    if not device.startswith("cuda"):
        return device
    import warp

    found = warp.get_device(device)
    return f"{found.name} sm_{found.arch}"
