import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background
from simengine.machines.degradation import Degradation, run_to_failure
from simengine.machines.machine import Machine
from simengine.machines.mounted import MountedBearing
from simengine.machines.path import TransferPath
from simengine.machines.race_faults import InnerRaceFault
from simengine.machines.rotor_faults import Unbalance
from simengine.machines.speed import ConstantSpeed
from simengine.signals.catalogue import bearing

HOUR = 3600.0
LAW = Degradation(onset=20 * HOUR, initial=0.1e-3, rate=1 / (20 * HOUR), threshold=3e-3, spread=1.5e-3)
ACC = {"de": Accelerometer(12_000)}


def machine(**more):
    path = TransferPath((800.0, 2500.0), (0.05, 0.03), {"de": (1.0, 0.7)})
    mounted = MountedBearing(bearing("6205"))
    return Machine(
        ConstantSpeed(30),
        bearings={"de": mounted},
        faults=[InnerRaceFault()],
        path=path,
        **{"background": Background(), **more},
    )


def test_smooth_law_is_the_stated_one():
    life = Degradation(onset=5.0, initial=1e-4, rate=0.1, power=1.5, noise=0, threshold=1e-3).life(
        np.random.default_rng(0)
    )
    assert life.end == pytest.approx(5 + np.log(10) ** (1 / 1.5) / 0.1, rel=1e-4)
    assert life.size(5 + 10) == pytest.approx(1e-4 * np.exp(1.0), rel=1e-4)
    assert life.size(4.9) == 0 and life.stage(4.9) == "healthy"


def test_lives_differ_and_damage_only_grows():
    ends = []
    for seed in range(200):
        life = LAW.life(np.random.default_rng(seed))
        assert (np.diff(life.sizes) > 0).all() and (np.diff(life.times) > 0).all()
        assert life.sizes[-1] == LAW.threshold
        ends.append(life.end)
    smooth = (
        Degradation(onset=20 * HOUR, initial=0.1e-3, rate=1 / (20 * HOUR), noise=0).life(np.random.default_rng(0)).end
    )
    assert np.median(ends) == pytest.approx(smooth, rel=0.05)
    assert np.std(ends) > 60


def test_run_to_failure_counts_down_and_gets_louder():
    shots = list(run_to_failure(machine(), LAW, ACC, every=2 * HOUR, duration=0.5, seed=3))
    ruls = np.array([shot.rul for shot in shots])
    assert (np.diff(ruls) < 0).all() and ruls[-1] > 0
    assert np.allclose(np.diff(ruls), -2 * HOUR)
    stages = [shot.stage for shot in shots]
    assert sorted(set(stages)) == ["distributed", "healthy", "localized"]
    assert stages == sorted(stages, key=["healthy", "localized", "distributed"].index)
    local = [shot for shot in shots if shot.stage == "localized"]
    rms = [np.std(shot.recording.signal) for shot in local]
    assert spearmanr([shot.size for shot in local], rms).statistic > 0.8
    assert shots[0].recording.fault_type == "normal" and shots[-1].recording.fault_type == "inner"
    # one machine throughout: the structure is the same in every recording
    assert all(np.array_equal(shot.recording.residues, shots[0].recording.residues) for shot in shots)


def test_maintenance_begins_a_new_life():
    law = Degradation(onset=HOUR, initial=0.1e-3, rate=1 / HOUR, maintenance=1e-3)
    shots = list(run_to_failure(machine(), law, ACC, every=HOUR / 2, duration=0.05, seed=1, horizon=20 * HOUR))
    assert shots[-1].life >= 3 and len(shots) == 40
    for before, after in itertools.pairwise(shots):
        assert (after.rul < before.rul) == (after.life == before.life)
    assert {shot.stage for shot in shots} == {"healthy", "localized"}


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Degradation(onset=-1), "onset is -1"),
        (lambda: Degradation(onset=0, threshold=1e-5), "threshold is 1e-05.*larger"),
        (lambda: Degradation(onset=0, maintenance=1.0), "between initial and threshold"),
        (lambda: next(run_to_failure(machine(snr=3.0), LAW, ACC, every=60, duration=1)), "undoes the growth"),
        (lambda: next(run_to_failure(machine(), LAW, ACC, every=0.5, duration=1)), "leave more between"),
        (
            lambda: next(
                run_to_failure(Machine(ConstantSpeed(30), faults=[Unbalance()]), LAW, ACC, every=60, duration=1)
            ),
            "fault of a bearing",
        ),
    ],
)
def test_bad_histories_are_refused(make, words):
    with pytest.raises(SimengineError, match=words):
        make()
