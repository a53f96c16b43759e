import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.nameplate import CONDITIONS, nameplate_machine
from simengine.machines.record import record
from simengine.sampling.streams import stream
from simengine.signals.catalogue import bearing
from simengine.signals.signature import fault_signature

RING = bearing("6205")
ACC = {"acc": Accelerometer(12_000, range=490.0, bits=16, noise_density=1e-3)}


def drawn(condition, index, rate=12_000):
    return nameplate_machine(RING, condition, stream(1, index, "draw"), rate=rate)


@pytest.mark.parametrize("index", range(5))
def test_nothing_but_the_fault_tells_the_classes_apart(index):
    machines = [drawn(condition, index) for condition in CONDITIONS]
    assert all(replace(machine, faults=()) == replace(machines[0], faults=()) for machine in machines)
    assert [bool(machine.faults) for machine in machines] == [condition != "normal" for condition in CONDITIONS]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("rate", [6_000, 25_600])
def test_every_draw_records(condition, rate):
    for index in range(8):
        one = record(drawn(condition, index, rate), {"a": Accelerometer(rate)}, duration=0.5, index=index)
        assert np.isfinite(one.signal).all() and np.std(one.signal) > 0
        assert one.fault_type == condition
        silent = condition == "normal" or (condition == "rolling_element" and not one.stems["fault"].any())
        assert silent or -8.5 < one.snr[0] < 18.5  # an erratic element may rest for half a second


def test_signature_does_not_know_the_level_and_knows_the_fault():
    found = {}
    for condition in ("normal", "outer", "inner"):
        rows = []
        for index in range(8):
            machine = replace(drawn(condition, index), snr=6.0)
            one = record(machine, ACC, duration=1.0, index=index)
            rows.append(fault_signature(one.signal[0], 12_000, one.clock, RING))
        again = fault_signature(7 * one.signal[0], 12_000, one.clock, RING)
        assert again.lines == pytest.approx(rows[-1].lines, abs=1e-6)
        assert again.combs == pytest.approx(rows[-1].combs, abs=1e-6)
        found[condition] = np.median([row.lines for row in rows], axis=0)
    assert found["outer"][0] > found["normal"][0] + 0.7  # first harmonic of BPFO
    assert found["inner"][5] > found["normal"][5] + 0.7  # first harmonic of BPFI


def test_bytes_do_not_depend_on_threads():
    code = (
        "from hashlib import sha256\n"
        "from simengine.machines.accelerometer import Accelerometer\n"
        "from simengine.signals.catalogue import bearing\n"
        "from simengine.machines.nameplate import nameplate_machine\n"
        "from simengine.machines.record import record\n"
        "from simengine.sampling.streams import stream\n"
        "m = nameplate_machine(bearing('6205'), 'inner', stream(1, 2, 'draw'), rate=25600)\n"
        "one = record(m, {'a': Accelerometer(25600), 'b': Accelerometer(25600, axis='z')}, duration=0.7)\n"
        "print(sha256(one.signal.tobytes()).hexdigest())\n"
    )
    import os

    hashes = set()
    for threads in ("1", "2"):
        environment = {
            **os.environ,
            "OPENBLAS_NUM_THREADS": threads,
            "OMP_NUM_THREADS": threads,
            "MKL_NUM_THREADS": threads,
        }
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        hashes.add(done.stdout)
    assert len(hashes) == 1


def test_unknown_condition_names_the_known_ones():
    with pytest.raises(SimengineError, match="rolling_element"):
        drawn("ball", 0)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_label_is_the_condition(condition):
    for index in range(12):  # balls with and without dents in the races among them
        one = record(drawn(condition, index), ACC, duration=0.2, index=index)
        assert one.fault_type == condition
