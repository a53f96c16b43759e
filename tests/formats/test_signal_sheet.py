"""The sheet of a recording: what is marked on it, and that it can be drawn of anything."""

import numpy as np
import pytest
from oracles.signal_records import faulty_machine, records_of

from simengine.errors import SimengineError
from simengine.formats.sheet.lines import line_families
from simengine.formats.sheet.look import Look
from simengine.formats.signal import SignalRecord
from simengine.formats.signal_sheet import signal_sheet
from simengine.machines.accelerometer import Accelerometer
from simengine.machines.background import Background
from simengine.machines.race_faults import InnerRaceFault, OuterRaceFault
from simengine.machines.record import record
from simengine.machines.rotor_faults import Unbalance
from simengine.machines.speed import RampSpeed

SHAPE = (1122, 1650, 3)


def simulated(*, profile="constant", duration=1.0, **parts):
    one = record(faulty_machine(**parts), {"acc": Accelerometer(12_000)}, duration=duration, seed=1)
    return records_of(one, profile=profile)[0]


OUTER = simulated()


def pixels_of(sheet, color):
    rgb = [int(color[k : k + 2], 16) for k in (1, 3, 5)]
    return int((sheet == rgb).all(axis=-1).sum())


def test_equal_recordings_give_equal_pixels_and_a_fault_shows_in_its_colour():
    outer = signal_sheet(OUTER)
    assert outer.shape == SHAPE and outer.dtype == np.uint8 and (outer == signal_sheet(OUTER)).all()
    inner = signal_sheet(simulated(faults=(InnerRaceFault(size=1e-3),)))
    blue, red = "#1f77b4", "#d62728"
    assert pixels_of(outer, blue) > 300 > pixels_of(inner, blue)
    assert pixels_of(inner, red) > 300 > pixels_of(outer, red)
    assert pixels_of(outer, "#e4572e") > 300  # the fault alone, and its strikes


def test_families_of_lines_are_those_of_the_labelled_fault():
    def mains(record, lines=None):
        return {family.name: family for family in line_families(record, lines or {}) if family.main}

    assert set(mains(OUTER)) == {"BPFO"} and mains(OUTER)["BPFO"].order == pytest.approx(3.5848, abs=1e-3)
    row = lambda kind: SignalRecord(OUTER.signal, OUTER.rate, {**OUTER.row, "fault_type": kind})  # noqa: E731
    inner, ball = mains(row("inner"))["BPFI"], mains(row("rolling_element"))["2BSF"]
    assert (inner.side, ball.side) == (1.0, pytest.approx(0.3983, abs=1e-4)) and ball.order == pytest.approx(
        4.7134, abs=1e-3
    )
    assert set(mains(row("inner+outer"))) == {"BPFO", "BPFI"} and mains(row("normal")) == {}
    assert set(mains(row("unbalance"))) == {"shaft"} and set(mains(row("rub"))) == {"shaft"}
    gear = mains(row("gear"), {"GMF": (23.0, 1.0), "GMF second": (9.8, 0.4)})
    assert set(gear) == {"GMF", "shaft"} and gear["GMF"].order == 23.0


def test_the_band_is_where_the_fault_repeats_and_not_where_something_struck_once():
    strikes = Background(level=0.3, strikes=4.0, strike=8.0)
    noisy = simulated(background=strikes, duration=2.0, faults=(OuterRaceFault(size=1e-3),), snr=0.0)
    from simengine.signals.envelope import envelope_orders

    look = Look.of(noisy, line_families(noisy, {}))
    orders, spectra = envelope_orders(
        noisy.signal, noisy.rate, noisy.clock, bands=[look.band], whiten=False, highest=12
    )
    wanted = np.abs(orders - 3.5848) < 0.04
    assert spectra[0][wanted].max() > 4 * np.median(spectra[0][(orders > 2) & (orders < 6)])


@pytest.mark.parametrize(
    "made",
    [
        lambda: simulated(faults=()),
        lambda: simulated(speed=RampSpeed(10.0, 60.0), profile="ramp", duration=3.0),
        lambda: simulated(speed=RampSpeed(60.0, 10.0), profile="ramp", duration=3.0, faults=(Unbalance(),), snr=None),
        lambda: simulated(speed=RampSpeed(0.0, 40.0), profile="ramp", duration=2.0),  # a start from rest
        lambda: simulated(faults=(Unbalance(),), snr=None),
        lambda: simulated(duration=0.03),  # less than a turn
        lambda: SignalRecord(OUTER.signal, OUTER.rate),  # nothing is known
        lambda: SignalRecord(OUTER.signal, OUTER.rate, {"speed_rpm": 1800.0, "fault_type": "odd thing"}),
        lambda: SignalRecord(OUTER.signal * 0 + 3, OUTER.rate, {"speed_rpm": 1800.0}),  # constant
        lambda: SignalRecord(OUTER.signal[:400], 100.0, {"speed_rpm": 600.0}),  # slow
    ],
)
def test_a_sheet_can_be_drawn_of_anything(made, recwarn):
    sheet = signal_sheet(made())
    assert sheet.shape == SHAPE and sheet.std() > 10
    assert not [str(one.message) for one in recwarn if "simengine" in str(one.filename)]


def test_a_snippet_is_refused():
    with pytest.raises(SimengineError, match="has 100 samples: a sheet needs 256"):
        signal_sheet(SignalRecord(OUTER.signal[:100], 12_000.0, {"signal_id": "x"}))
