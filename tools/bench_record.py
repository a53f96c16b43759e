"""CPU time of one labelled recording of 1 s at 12 kHz, one channel, on one core.

    OPENBLAS_NUM_THREADS=1 python tools/bench_record.py [--count 100] [--repeats 10]

``bare``: constant speed, six modes, an inner-race fault in noise at a given SNR. ``full``: wandering speed, eight shaft
harmonics, hum, modulated noise, random strikes, and a sensor with resonance, high-pass, range, 16 bits and noise.
``physical``: the bare one with the motion of the bearing integrated at 96 kHz (needs Numba).
"""

from __future__ import annotations

import argparse
import platform
import time
from dataclasses import replace

import numpy as np
import scipy
from scipy import fft

from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background
from simengine.machines.electrical import ElectricalSupply
from simengine.machines.machine import Machine, Rotor
from simengine.machines.mounted import MountedBearing
from simengine.machines.path import TransferPath
from simengine.machines.race_faults import InnerRaceFault
from simengine.machines.record import record
from simengine.machines.speed import ConstantSpeed, WanderSpeed
from simengine.signals.catalogue import bearing


def machine(index: int, full: bool) -> Machine:
    speed = ConstantSpeed(29 + 0.01 * index)
    frequencies = tuple(np.geomspace(500, 5000, 6) * (1 + 1e-3 * index))
    return Machine(
        WanderSpeed(speed) if full else speed,
        bearings={"de": MountedBearing(bearing("6205"))},
        faults=[InnerRaceFault()],
        rotor=Rotor((0.1, 0.05, 0.02, 0.01, 0.01, 0.005, 0.005, 0.005) if full else ()),
        electrical=ElectricalSupply(50, hum=(0.01, 0.02)) if full else None,
        path=TransferPath(frequencies, (0.03,) * 6),
        background=Background(modulation=(0.2, 0.1), strikes=20) if full else Background(),
        snr=0.0,
    )


def sensor(oversampling: int, full: bool) -> Accelerometer:
    if not full:
        return Accelerometer(12_000, oversampling=oversampling)
    more = {"resonance": 9000.0, "range": 490.0, "bits": 16, "noise_density": 1e-3, "high_pass": 1.0}
    return Accelerometer(12_000, oversampling=oversampling, **more)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    print(f"python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}")
    noise = np.random.default_rng(0).standard_normal(26_400)
    for full in (False, True):
        for oversampling in (1, 2):
            channels = {"de": sensor(oversampling, full)}
            best = yard = np.inf
            for _ in range(options.repeats):
                begun = time.process_time()
                for index in range(options.count):
                    record(machine(index, full), channels, duration=1.0, seed=1, index=index)
                best = min(best, (time.process_time() - begun) / options.count)
                begun = time.process_time()
                for _ in range(options.count):
                    fft.rfft(noise)
                yard = min(yard, (time.process_time() - begun) / options.count)
            name = "full" if full else "bare"
            print(
                f"{name}, oversampling {oversampling}: {1e3 * best:.2f} ms; a real FFT of 26400 points: {1e3 * yard:.3f} ms"
            )
    for faults in ((), (InnerRaceFault(),)):
        best, channels = np.inf, {"de": sensor(2, False)}
        moving = replace(machine(0, False), fidelity="physical", faults=faults, snr=None)
        record(moving, channels, duration=1.0)  # compiles
        for index in range(options.repeats):
            begun = time.process_time()
            record(moving, channels, duration=1.0, seed=1, index=index)
            best = min(best, time.process_time() - begun)
        name = "with a fault (integrated twice, with and without it)" if faults else "sound"
        print(f"physical at 96 kHz, {name}: {1e3 * best:.1f} ms")


if __name__ == "__main__":
    main()
