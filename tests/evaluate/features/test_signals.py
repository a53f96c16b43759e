import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.features.cache import FeatureCache
from simengine.evaluate.features.signals import SignalSettings, describe_signals, signal_columns, window_features
from simengine.formats.signal import SignalRecord
from simengine.signals.clock import ShaftClock

RATE = 12_000.0


def record(signal, name="a", rate=RATE, **row):
    row = {"signal_id": name, "recording_id": name, "speed_rpm": 1800.0, "fault_type": "normal", **row}
    return SignalRecord(np.asarray(signal, np.float32), rate, row)


def named(values):
    return dict(zip(signal_columns(), values, strict=True))


def test_a_sine_has_the_statistics_of_a_sine():
    time = np.arange(12_000) / RATE
    found = named(window_features(3.0 * np.sin(2 * np.pi * 997 * time), RATE, None))
    assert found["kurtosis"] == pytest.approx(np.log(1.5), abs=1e-3)
    assert found["crest factor"] == pytest.approx(np.log(np.sqrt(2)), abs=1e-3)
    assert found["impulse factor"] == pytest.approx(np.log(np.pi / 2), abs=1e-3)
    assert found["zero crossings"] == pytest.approx(2 * 997 / RATE, rel=0.01)


def test_a_band_holds_the_power_of_its_line():
    time = np.arange(12_000) / RATE
    levels = window_features(np.sin(2 * np.pi * 1000 * time), RATE, None)[:24]
    edges = np.geomspace(20.0, 0.49 * RATE, 25)
    band = np.searchsorted(edges, 1000.0) - 1
    assert levels.argmax() == band and levels[band] == pytest.approx(0.0, abs=0.01)


def test_white_noise_fills_bands_by_their_width():
    noise = np.random.default_rng(0).normal(size=120_000)
    levels = window_features(noise, RATE, None)[:24]
    edges = np.geomspace(20.0, 0.49 * RATE, 25)
    expected = 10 * np.log10(np.diff(edges) / (RATE / 2))
    assert np.allclose(levels[6:], expected[6:], atol=0.6)


def test_impacts_show_at_their_order():
    rng = np.random.default_rng(1)
    signal = 0.05 * rng.normal(size=24_000)
    for strike in np.cumsum(
        rng.normal(1.0, 0.01, 210) / (3.6 * 30)
    ):  # jitter, without which whitening removes the lines
        start = min(int(strike * RATE), len(signal))
        tail = np.arange(min(200, len(signal) - start))
        signal[start : start + len(tail)] += np.exp(-tail / 30) * np.sin(2 * np.pi * 3000 / RATE * tail)
    found = named(window_features(signal, RATE, ShaftClock([0.0], [30.0])))
    cells = {name: value for name, value in found.items() if name.startswith("envelope")}
    strongest = sorted(cells, key=lambda name: cells[name], reverse=True)[:3]
    assert "envelope, order 3.75" in strongest and "envelope, order 7.25" in strongest


def test_the_level_does_not_matter():
    noise = np.random.default_rng(2).normal(size=12_000)
    assert np.allclose(window_features(noise, RATE, None), window_features(100 * noise + 5, RATE, None))


def test_records_are_cut_labelled_and_brought_to_one_rate(tmp_path):
    rng = np.random.default_rng(3)
    records = [
        record(rng.normal(size=36_000), "long", fault_type="inner", bearing_id="b1"),
        record(rng.normal(size=96_000), "fast", rate=48_000.0),
    ]
    settings = SignalSettings(RATE, 1.0)
    found = describe_signals(records, settings, cache=FeatureCache(tmp_path))
    assert found.vectors.shape == (5, 68) and found.spectra.shape == (5, 24)
    assert found.labels.tolist() == ["inner"] * 3 + ["normal"] * 2
    assert found.groups.tolist() == ["b1"] * 3 + ["fast"] * 2
    again = describe_signals(records, settings, cache=FeatureCache(tmp_path))
    assert np.array_equal(found.vectors, again.vectors)
    assert len(list(tmp_path.rglob("*.npz"))) == 2


def test_the_signature_needs_a_bearing():
    settings = SignalSettings(RATE, 1.0, signature=True)
    noise = np.random.default_rng(4).normal(size=12_000)
    assert describe_signals([record(noise, bearing_model="6205-2RS")], settings).signatures.shape[1] > 50
    with pytest.raises(SimengineError, match=r"nameless.*bearing"):
        describe_signals([record(noise, "nameless")], settings)


def test_a_dead_channel_is_named():
    with pytest.raises(SimengineError, match=r"record flat.*constant"):
        describe_signals([record(np.ones(12_000), "flat")], SignalSettings(RATE))
