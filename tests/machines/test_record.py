import numpy as np
import pytest
from scipy.signal import hilbert

from simengine.errors import SimengineError
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background, Neighbour
from simengine.machines.electrical import ElectricalSupply
from simengine.machines.element_fault import ElementFault
from simengine.machines.gear_faults import BrokenTooth
from simengine.machines.gears import GearPair
from simengine.machines.load_zone import LoadZone
from simengine.machines.machine import Machine, Rotor
from simengine.machines.mounted import MountedBearing
from simengine.machines.path import TransferPath
from simengine.machines.race_faults import InnerRaceFault, OuterRaceFault
from simengine.machines.record import record
from simengine.machines.rotor_faults import Unbalance
from simengine.machines.speed import ConstantSpeed, RampSpeed, WanderSpeed
from simengine.signals.catalogue import bearing

RING = bearing("6205")
ACC = {"de": Accelerometer(12_000)}
QUIET = Background(level=0.0)
FAULTS = {
    "outer": (OuterRaceFault(scatter=0, entry=0), RING.orders.bpfo),
    "inner": (InnerRaceFault(scatter=0, entry=0), RING.orders.bpfi),
    "ball": (ElementFault(scatter=0, inner_ratio=1), 2 * RING.orders.bsf),
}


def machine(*faults, speed=None, jitter=0.0, background=QUIET, **more):
    mounted = MountedBearing(RING, zone=LoadZone(0.45), jitter=jitter)
    return Machine(
        speed or ConstantSpeed(29.95), bearings={"de": mounted}, faults=faults, background=background, **more
    )


def everything(**more):
    return machine(
        InnerRaceFault(),
        Unbalance(level=0.2),
        BrokenTooth(),
        speed=WanderSpeed(ConstantSpeed(25)),
        jitter=0.01,
        gears={"box": GearPair(17, 40)},
        rotor=Rotor((0.1, 0.05)),
        electrical=ElectricalSupply(50, hum=(0.02, 0.01), bars=28, bar_level=0.01),
        background=Background(modulation=(0.3,), strikes=20, neighbour=Neighbour(17.3, (0.05, 0.02), 3.1, 0.2)),
        **more,
    )


def envelope_spectrum(signal, axis, per_turn):
    """Spectrum of the squared envelope over the shaft angle: resampled to equal angles, then transformed."""
    envelope = np.abs(hilbert(signal)) ** 2
    grid = np.arange(axis[0], axis[-1], 1 / per_turn)
    even = np.interp(grid, axis, envelope)
    window = np.hanning(len(even))
    spectrum = np.abs(np.fft.rfft((even - even.mean()) * window, 8 * len(even)))
    return np.fft.rfftfreq(8 * len(even), 1 / per_turn), spectrum


def peak_near(orders, spectrum, order, reach=0.03):
    near = np.abs(orders / order - 1) < reach
    return orders[near][np.argmax(spectrum[near])]


@pytest.mark.parametrize("name", FAULTS)
def test_envelope_lines_within_two_thousandths(name):
    fault, order = FAULTS[name]
    one = record(machine(fault), ACC, duration=4.0)
    orders, spectrum = envelope_spectrum(one.signal[0], one.clock.turns(one.times), 256)
    for harmonic in (1, 2, 3):
        assert peak_near(orders, spectrum, harmonic * order) == pytest.approx(harmonic * order, rel=2e-3)


@pytest.mark.parametrize("name", FAULTS)
def test_order_lines_on_a_ramp_within_a_hundredth(name):
    fault, order = FAULTS[name]
    one = record(machine(fault, speed=RampSpeed(10, 60)), {"de": Accelerometer(25_600)}, duration=4.0)
    orders, spectrum = envelope_spectrum(one.signal[0], one.clock.turns(one.times), 256)
    assert peak_near(orders, spectrum, order) == pytest.approx(order, rel=1e-2)


def line(orders, spectrum, order):
    return spectrum[np.abs(orders - order) < 0.03].max()


def test_inner_race_has_sidebands_at_one_and_ball_at_the_cage():
    for name, side in (("inner", 1.0), ("ball", RING.orders.ftf)):
        fault, order = FAULTS[name]
        one = record(machine(fault), ACC, duration=8.0)
        orders, spectrum = envelope_spectrum(one.signal[0], one.clock.turns(one.times), 256)
        for sign in (-1, 1):
            off = line(orders, spectrum, order + sign * (side + 0.17))
            assert line(orders, spectrum, order + sign * side) > 8 * off
            assert peak_near(orders, spectrum, order + sign * side, 0.01) == pytest.approx(
                order + sign * side, rel=2e-3
            )


def test_impact_times_are_where_the_signal_starts():
    """Above the noise-free onset of each ringing, at 48 kHz: a tenth of a sample."""
    rate = 48_000
    path = TransferPath((3000.0,), (0.4,), {"de": (1.0,)})  # rings off between impacts
    acc = {"de": Accelerometer(rate, anti_alias_order=0, oversampling=1)}
    one = record(machine(OuterRaceFault(scatter=0, entry=0), path=path, speed=RampSpeed(20, 30)), acc, duration=1.0)
    pole = 2 * np.pi * 3000 * complex(-0.4, np.sqrt(1 - 0.16))
    times = one.times
    assert len(one.impacts) > 80
    for when, amplitude in zip(one.impacts.times, one.impacts.amplitudes, strict=True):
        first = int(np.ceil(when * rate))
        if first + 4 > len(times):
            continue
        # one decaying sinusoid: amplitude and onset follow from two samples in closed form
        value = one.signal[0, first : first + 2]
        basis = np.exp(pole * np.arange(2) / rate)
        real = np.linalg.solve(np.column_stack([basis.imag, basis.real]), value)
        onset = times[first] - np.angle(complex(*real)) / pole.imag
        assert abs(onset - when) * rate < 0.1
        assert abs(complex(*real)) == pytest.approx(amplitude * np.exp(pole.real * (times[first] - when)), rel=1e-3)


def test_stems_sum_to_the_signal_before_the_sensor():
    acc = {
        "x": Accelerometer(12_000, axis="x", anti_alias_order=0, oversampling=1),
        "z": Accelerometer(12_000, axis="z", anti_alias_order=0, oversampling=1),
    }
    one = record(everything(), acc, duration=0.5)
    assert set(one.stems) == {"fault", "background", "shaft", "electrical"}
    scale = np.abs(one.acceleration).max()
    assert all(np.abs(stem).max() > 1e-4 * scale for stem in one.stems.values())
    # a perfect sensor writes the sum of the stems
    assert np.abs(sum(one.stems.values()) - one.signal).max() < 1e-6 * scale


def test_one_seed_gives_one_set_of_bytes_in_any_order():
    acc = {"de": Accelerometer(12_000, noise_density=1e-3, dropouts=3, drift=1e-3, range=500.0, bits=16)}
    forth = {k: record(everything(), acc, duration=0.3, seed=7, index=k).signal.tobytes() for k in range(6)}
    back = {k: record(everything(), acc, duration=0.3, seed=7, index=k).signal.tobytes() for k in reversed(range(6))}
    assert forth == back
    assert len(set(forth.values())) == 6
    assert record(everything(), acc, duration=0.3, seed=8, index=0).signal.tobytes() != forth[0]
    assert record(everything(), acc, duration=0.3, seed=7, index=0, attempt=1).signal.tobytes() != forth[0]


def test_another_sensor_or_fault_leaves_the_other_draws_alone():
    alone = record(everything(), ACC, duration=0.3)
    both = record(everything(), {**ACC, "fe": Accelerometer(12_000, axis="x")}, duration=0.3)
    assert np.array_equal(alone.impacts.times, both.impacts.times)
    assert np.array_equal(alone.stems["shaft"][0], both.stems["shaft"][0])
    assert np.array_equal(alone.nuisance.times, both.nuisance.times)
    fast = record(everything(), {"de": Accelerometer(51_200)}, duration=0.3)
    assert np.array_equal(alone.impacts.times, fast.impacts.times)


def test_snr_is_met_on_both_sides_of_zero():
    for snr in (-12.0, 0.0, 18.0):
        one = record(machine(InnerRaceFault(), background=Background(), snr=snr), ACC, duration=1.0)
        rms = {k: np.sqrt(np.mean(v[0] ** 2)) for k, v in one.stems.items()}
        assert 20 * np.log10(rms["fault"] / rms["background"]) == pytest.approx(snr, abs=0.1)
        assert one.snr[0] == pytest.approx(snr, abs=0.1)


def test_rms_grows_with_damage():
    from scipy.stats import spearmanr

    sizes = np.linspace(0.1e-3, 2e-3, 12)
    path = TransferPath(residues={"de": (1.0, 0.6, -0.4)})
    rms = [
        np.std(
            record(
                machine(InnerRaceFault(size=s), background=Background(), path=path), ACC, duration=1.0, index=k
            ).signal
        )
        for k, s in enumerate(sizes)
    ]
    assert spearmanr(sizes, rms).statistic > 0.9


def test_background_has_the_level_it_was_given_and_rings_in_the_structure():
    back = Background(level=0.4, white=0.0)
    one = record(machine(background=back), ACC, duration=20.0)
    assert np.std(one.signal) == pytest.approx(0.4, rel=0.06)  # a little is lost to the anti-alias filter
    spectrum = np.abs(np.fft.rfft(one.signal[0])) ** 2
    frequencies = np.fft.rfftfreq(one.signal.shape[1], 1 / 12_000)
    path, residues = one.machine.path, one.residues
    power = np.abs(path.response(frequencies, residues)[0]) ** 2
    for low in range(500, 4500, 500):
        band = (frequencies >= low) & (frequencies < low + 500)
        share = spectrum[band].sum() / spectrum.sum()
        assert share == pytest.approx(power[band].sum() / power.sum(), rel=0.15, abs=0.003)


def test_healthy_machine_has_nuisance_and_no_fault():
    back = Background(strikes=30, neighbour=Neighbour(11.0, (0.1,), 3.0, 0.2))
    one = record(machine(background=back), ACC, duration=2.0)
    assert one.fault_type == "normal" and len(one.impacts) == 0 and one.snr[0] == -np.inf
    assert len(one.nuisance) == pytest.approx(60 + 66, rel=0.3)
    assert not one.stems["fault"].any()


def test_compound_faults_name_all_their_parts():
    one = record(machine(OuterRaceFault(), InnerRaceFault(), Unbalance()), ACC, duration=0.2)
    assert one.fault_type == "inner+outer+unbalance"


def test_sensors_of_one_structure_are_partly_coherent():
    acc = {"a": Accelerometer(12_000), "b": Accelerometer(12_000)}
    path = TransferPath((1000.0, 3000.0), (0.05, 0.05), {"a": (1.0, 0.5), "b": (1.0, 0.5)})
    one = record(machine(path=path, background=Background(coherence=0.25, white=0)), acc, duration=10)
    assert np.corrcoef(one.stems["background"])[0, 1] == pytest.approx(0.25, abs=0.05)


def test_tacho_marks_whole_turns():
    one = record(machine(speed=RampSpeed(10, 60), tacho_pulses=4), ACC, duration=2.0)
    assert len(one.tacho) == 4 * 70
    assert np.allclose(one.clock.turns(one.tacho) * 4, np.arange(280), atol=1e-9)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: record(machine(), {}, duration=1), "at least one sensor"),
        (lambda: record(machine(), ACC, duration=0), "duration is 0"),
        (lambda: record(machine(), ACC, duration=float("nan")), "duration is nan"),
        (lambda: record(machine(), {"a": Accelerometer(1e3), "b": Accelerometer(2e3)}, duration=1), "share a clock"),
        (
            lambda: record(machine(), {"a": Accelerometer(1000)}, duration=1),
            r"path.frequencies\[1\].*2400.*raise the rate",
        ),
        (lambda: record(machine(gears={"g": GearPair(100, 30)}), ACC, duration=1), r"gears.g.mesh reaches"),
        (lambda: Machine(ConstantSpeed(30), faults=[OuterRaceFault()]), r"faults\[0\].*no bearings"),
        (lambda: machine(OuterRaceFault(bearing="nde")), r"'nde'.*it has de"),
        (lambda: machine(InnerRaceFault(), snr=3.0), "needs a background"),
        (lambda: machine("broken"), r"faults\[0\] is 'broken'"),
    ],
)
def test_bad_machine_is_refused(make, words):
    with pytest.raises(SimengineError, match=words):
        make()
