"""Look at this machine: devices, versions, system libraries, one picture against its reference."""

from __future__ import annotations

import argparse
import ctypes.util
import importlib.metadata
import os
import platform
import sys

from simengine.cli.options import add_device_argument

PACKAGES = ("numpy", "scipy", "pydantic", "PyYAML", "opencv-python-headless", "trimesh", "warp-lang", "pycocotools")
OPTIONAL = {"coacd": "finer convex decomposition", "open3d": "the test suite's rendering oracle"}
LIBRARIES = {
    "EGL": "renderer: bullet_egl",
    "usb-1.0": "Open3D (tests)",
    "X11": "Open3D (tests)",
    "GL": "Open3D (tests)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    add_device_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Prints a report; exit status 1 if something that simengine needs does not work."""
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores")
    failures = [*_report_packages(), *_report_physics(), *_report_renderer(args.device)]
    _report_libraries()
    for failure in failures:
        print(f"FAIL  {failure}", file=sys.stderr)
    print("Everything works." if not failures else f"{len(failures)} problem(s).")
    return 1 if failures else 0


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _report_packages() -> list[str]:
    failures = []
    for package in PACKAGES:
        version = _version(package)
        print(f"  {package:<26}{version or 'missing'}")
        if version is None:
            failures.append(f"the package {package} is missing; install it with: pip install {package}")
    for package, purpose in OPTIONAL.items():
        print(f"  {package:<26}{_version(package) or 'not installed'}  (optional: {purpose})")
    return failures


def _report_physics() -> list[str]:
    name = "pybullet" if _version("pybullet") else "pybullet-arm64"
    version = _version(name)
    if version is None:
        return ["PyBullet is missing; install simengine again with pip, which picks the right package for this Python"]
    from simengine.bullet import pybullet

    arrays = "NumPy arrays" if pybullet.isNumpyEnabled() else "tuples (built without NumPy; slower pictures only)"
    print(f"  {name:<26}{version}  images as {arrays}")
    client = pybullet.connect(pybullet.DIRECT)
    try:
        pybullet.setGravity(0, 0, -10, physicsClientId=client)
        ball = pybullet.createMultiBody(
            1.0, pybullet.createCollisionShape(pybullet.GEOM_SPHERE, radius=0.1, physicsClientId=client),
            basePosition=[0, 0, 1], physicsClientId=client,
        )  # fmt: skip
        for _ in range(24):
            pybullet.stepSimulation(physicsClientId=client)
        height = pybullet.getBasePositionAndOrientation(ball, physicsClientId=client)[0][2]
    finally:
        pybullet.disconnect(client)
    if not 0.94 < height < 0.96:
        return [f"PyBullet let a ball fall to {height:.3f} m in 0.1 s instead of 0.95 m; reinstall {name}"]
    return []


def _report_renderer(device: str) -> list[str]:
    from simengine.render.reference import compare_with_reference
    from simengine.render.select import available_devices, resolve_device

    chosen = resolve_device(device)
    print(f"Devices: {', '.join(available_devices())}; using {chosen}")
    comparison = compare_with_reference(device=chosen)
    print(f"Reference picture: {comparison}")
    return [] if comparison.ok else [f"the reference picture differs on {chosen}: {comparison}"]


def _report_libraries() -> None:
    for library, purpose in LIBRARIES.items():
        found = ctypes.util.find_library(library)
        print(f"  lib{library:<23}{found or 'not found'}  (optional: {purpose})")
