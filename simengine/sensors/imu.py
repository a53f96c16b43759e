"""Inertial measurement units: specific force and rate of turn of what carries them, filtered, sampled, with errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simengine.machines.accelerometer import Accelerometer
from simengine.machines.noise import normals
from simengine.machines.record import highest_lines, record
from simengine.physics.frames import inverse, multiply, rotate
from simengine.physics.trajectory import Motion, Trajectory
from simengine.scene.machinery import run_path
from simengine.scene.scene import Scene, SceneImu, SceneMachine
from simengine.scene.schema.imu import Imu, Triad
from simengine.sensors.recordings import listen

__all__ = ["CHANNELS", "Felt", "feel", "inertia"]

Doubles = NDArray[np.float64]

CHANNELS = ("ax", "ay", "az", "gx", "gy", "gz")
"""Channels of a unit: specific force [m/s^2] and rate of turn [rad/s] along its x, y and z."""

_FINE = 8  # steps of the grid per sample, on which motion is differentiated and filtered
_ORDER = 2  # of the low-pass
_PER_LINE = 4  # points of the vibration per period of the machine's highest line


@dataclass(frozen=True)
class Felt:
    """What one unit wrote.

    Attributes:
        imu: The unit.
        signals: Channels in the order of `CHANNELS`, shape (6, n); sample k was taken k / rate after release.
        clipped: Samples at the limit, shape (6, n), bool.
    """

    imu: SceneImu
    signals: Doubles
    clipped: NDArray[np.bool_]


def feel(scene: Scene, trajectory: Trajectory) -> Iterator[Felt]:
    """Lets every inertial measurement unit of a scene write.

    Args:
        scene: The scene as drawn.
        trajectory: Its motion; holds that of every body which carries a unit.

    Yields:
        One unit after the other.
    """
    for imu in scene.imus:
        spec, duration = imu.spec, scene.model.recording.duration
        count = max(1, round(duration * spec.rate))
        times = np.arange(count * _FINE + 1) / (spec.rate * _FINE)
        force, turn = inertia(
            trajectory.motions[imu.body],
            times,
            position=spec.position,
            rotation=spec.rotation,
            gravity=scene.model.world.gravity,
        )
        true = np.concatenate([_sampled(part, spec.low_pass, _FINE) for part in (force, turn)])
        if spec.machine is not None:
            true[:3] += _vibration(scene, imu, count)
        signals, clipped = _with_errors(true, imu, scene)
        yield Felt(imu, signals, clipped)


def inertia(
    motion: Motion, times: Doubles, *, position: tuple, rotation: tuple, gravity: float
) -> tuple[Doubles, Doubles]:
    """What an ideal unit feels between neighbouring times.

    The specific force is R^T (a - g) with a the acceleration of the point where the unit sits, a_0 + alpha x r +
    omega x (omega x r). It is taken as the change of that point's velocity over the interval, so that it integrates
    to exactly the motion that physics made, contacts and impacts included.

    Args:
        motion: Motion of what carries it.
        times: Evenly spaced times [s], shape (n + 1,).
        position: Where it sits in the frame of that [m].
        rotation: Its axes in that frame, xyzw.
        gravity: Downward acceleration [m/s^2].

    Returns:
        Specific force [m/s^2] and angular velocity [rad/s] along its axes, shapes (3, n).
    """
    states, middles = motion.states(times), motion.states((times[1:] + times[:-1]) / 2)
    arms = rotate(states[:, 3:7], np.asarray(position, float))
    velocities = states[:, 7:10] + np.cross(states[:, 10:], arms)
    force = np.diff(velocities, axis=0) / np.diff(times)[:, None] + [0.0, 0.0, gravity]
    axes = inverse(multiply(middles[:, 3:7], rotation))
    return rotate(axes, force).T, rotate(axes, middles[:, 10:]).T


def _sampled(fine: Doubles, corner: float, steps: int) -> Doubles:
    """Low-passed from a steady start and taken every `steps`-th time, shape (channels, n)."""
    from scipy.signal import butter, sosfilt, sosfilt_zi

    sections = butter(_ORDER, 2 * corner / steps, output="sos")
    start = sosfilt_zi(sections)[:, None, :] * fine[:, :1]
    return sosfilt(sections, fine, axis=1, zi=start)[0][:, ::steps]


def _vibration(scene: Scene, imu: SceneImu, count: int) -> Doubles:
    """Vibration of the machine along the unit's axes, shape (3, n), through the same low-pass."""
    spec = imu.spec
    machine = next(one for one in scene.machines if one.name == spec.machine)
    top = max((line for _, line in highest_lines(machine.machine, float(machine.clock.speeds.max()))), default=0.0)
    modes = float(np.max(machine.machine.path.frequencies, initial=0.0))
    steps = max(1, int(np.ceil(_PER_LINE * max(top, modes) / spec.rate)))
    chains = {
        f"{imu.name}.{axis}": Accelerometer(spec.rate * steps, axis=axis, anti_alias_order=0)
        for axis in ("x", "y", "z")
    }
    made = record(
        machine.machine,
        chains,
        duration=count / spec.rate,
        seed=scene.seed,
        index=scene.index,
        attempt=scene.attempt,
        prefix=run_path(machine.name),
        clock=machine.clock,
        gain=_gain(scene, machine),
    )
    along = "xyz".index(spec.shaft)  # the machine's z; its x and y are the axes that follow
    carried = made.signal[[("xyz".index(axis) - along - 1) % 3 for axis in "xyz"]]
    turned = rotate(inverse(spec.rotation), carried.T).T
    return _sampled(turned, spec.low_pass, steps)[:, :count]


def _gain(scene: Scene, machine: SceneMachine) -> float | None:
    """The level of the faults that the machine's accelerometers hear, where an SNR sets it."""
    if machine.machine.snr is None:
        return None
    return next((one.recording.gain for one in listen(scene) if one.machine is machine), None)


def _with_errors(true: Doubles, imu: SceneImu, scene: Scene) -> tuple[Doubles, NDArray[np.bool_]]:
    signals, clipped = true.copy(), np.zeros(true.shape, bool)
    parts: Mapping[str, Triad] = {"a": imu.spec.accelerometer, "g": imu.spec.gyroscope}
    for row, channel in enumerate(CHANNELS):
        _disturb(
            signals[row], clipped[row], parts[channel[0]], row % 3, imu.spec, scene, f"sensors.{imu.name}.{channel}"
        )
    return signals, clipped


def _disturb(
    signal: Doubles, clipped: NDArray[np.bool_], errors: Triad, axis: int, spec: Imu, scene: Scene, path: str
) -> None:
    """Adds noise, bias and its walk in place; clips and rounds."""
    signal += errors.bias[axis]
    if errors.noise_density > 0:
        signal += errors.noise_density * np.sqrt(spec.rate) * normals(scene.stream(f"{path}.noise"), len(signal))
    if errors.drift > 0:
        signal += errors.drift / np.sqrt(spec.rate) * np.cumsum(normals(scene.stream(f"{path}.drift"), len(signal)))
    if errors.range is None:
        return
    clipped |= np.abs(signal) > errors.range
    np.clip(signal, -errors.range, errors.range, out=signal)
    if errors.bits is not None:
        step = errors.range / 2 ** (errors.bits - 1)
        signal[:] = np.minimum(np.rint(signal / step), 2 ** (errors.bits - 1) - 1) * step
