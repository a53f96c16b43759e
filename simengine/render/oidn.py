"""Noise removed by Intel Open Image Denoise, a network that is guided by base colours and normals."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simengine.errors import SimengineError

__all__ = ["load_oidn", "remove_noise"]

Floats = NDArray[np.float32]


def load_oidn() -> Any:
    """Imports the binding.

    Raises:
        SimengineError: If it isn't installed, or its library can't be loaded.
    """
    try:
        import pyoidn
    except (ImportError, OSError) as error:
        reason = "isn't installed" if isinstance(error, ModuleNotFoundError) else f"can't be loaded ({error})"
        raise SimengineError(
            f"render.denoise: Intel Open Image Denoise {reason}. Run: pip install 'simengine[denoise]'; or set "
            "`render.denoise: false`, or the preset `draft` or `standard`, which filter noise without it."
        ) from None
    return pyoidn


def remove_noise(light: Floats, *, albedo: Floats, normals: Floats | None, threads: int = 1) -> Floats:
    """Removes the noise of a picture of linear light, on the CPU.

    The same bytes come out whatever the number of threads.

    Args:
        light: Linear radiance, shape (H, W, 3).
        albedo: Base colours at the first surface, shape (H, W, 3), nearly free of noise where normals are given.
        normals: Normals there, shape (H, W, 3), 0 where nothing is; None where the lens or motion blurs the picture,
            which sharp guides would undo.
        threads: Threads that it may use.

    Returns:
        Linear radiance, shape (H, W, 3).

    Raises:
        SimengineError: If the binding isn't installed, or refuses.
    """
    oidn = load_oidn()
    device = _device(threads)
    result = np.empty(light.shape, np.float32)
    network = oidn.Filter(device, oidn.OIDN_FILTER_TYPE_RT)
    try:
        images = {"color": light, "albedo": np.clip(albedo, 0.0, 1.0)}
        if normals is not None:
            images["normal"] = normals
        kept = {name: np.ascontiguousarray(image, np.float32) for name, image in images.items()}
        kept[oidn.OIDN_IMAGE_OUTPUT] = result
        for name, image in kept.items():
            network.set_image(name, image, oidn.OIDN_FORMAT_FLOAT3)
        network.set_bool("hdr", True)
        network.set_bool("cleanAux", normals is not None)
        network.commit()
        network.execute()
        problem = device.get_error()
    finally:
        network.release()
    if problem:
        raise SimengineError(f"render.denoise: Intel Open Image Denoise failed: {problem}.")
    return result


@lru_cache(maxsize=4)
def _device(threads: int) -> Any:
    """The processor as OIDN's device; left to itself it takes all cores and pins its threads to them."""
    oidn = load_oidn()
    device = oidn.Device(oidn.OIDN_DEVICE_TYPE_CPU)
    device.set_int("numThreads", threads)
    device.set_bool("setAffinity", False)
    device.commit()
    return device
