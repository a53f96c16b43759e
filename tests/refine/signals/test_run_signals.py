"""Refining a whole data set of signals: labels, certificates, resuming, verifying, the command line."""

import json
from itertools import pairwise

import numpy as np
import pytest

from simengine.cli.main import main
from simengine.dataset.reader import Dataset
from simengine.engine.chain import Chain
from simengine.engine.verify import verify
from simengine.errors import SimengineError
from simengine.formats.signal import open_signal_set
from simengine.formats.signal_export import export_signals
from simengine.refine.signals.again import made_again
from simengine.refine.signals.audit.run import audit_signals
from simengine.refine.signals.floor import floor_frequencies
from simengine.refine.signals.ladder import climb_signals
from simengine.refine.signals.recordings import HealthyRecordings
from simengine.refine.signals.run import refine_signals
from simengine.refine.signals.sound import Refined, sounds
from simengine.refine.signals.transfer import Transfer, fit_transfer

FOLLOWS = {"signal", "modes", "snr_db", "stem_fault", "stem_background", "stem_shaft", "stem_electrical", "stem_floor"}


class Late:
    """A bad refiner: everything comes 5 ms late."""

    name, files = "late", ()

    def __init__(self, gentle=0.0, stop=None):
        self.back, self.stop = gentle, stop

    def refine(self, sound, rng):
        if self.stop is not None and sound.row["index"] >= self.stop:
            raise KeyboardInterrupt
        return self._moved(sound, 60)

    def gentle(self, sound):
        return self._moved(sound, int(self.back))

    def _moved(self, sound, by):
        return Refined(
            np.roll(sound.signal, by),
            {name: np.roll(stem, by) for name, stem in sound.stems.items()}
            | {"stem_floor": np.zeros(len(sound.signal))},
        )

    def to_dict(self):
        return {"method": self.name}


@pytest.fixture
def transfer(simulated, recordings):
    return fit_transfer(simulated(), HealthyRecordings.of(open_signal_set(recordings())))


def test_labels_stay_and_certificates_stand_in_the_records(simulated, transfer, tmp_path):
    source = simulated()
    summary = refine_signals(source.root, out=tmp_path / "out", refiner=transfer)
    refined = Dataset.open(tmp_path / "out")
    assert summary.recordings == 12 and summary.signals["dropped"] == 0 and summary.keep_rate > 0.7
    for before, after in zip(source.signals(), refined.signals(), strict=True):
        assert set(after) - set(before) == {"stem_floor"}
        for name, value in before.items():
            same = np.array_equal(value, after[name]) if isinstance(value, np.ndarray) else value == after[name]
            assert same or name in FOLLOWS, name
        path = np.exp(np.interp(before["modes"]["frequency_hz"], floor_frequencies(12_000), transfer.paths[0].path))
        ratio = after["modes"]["residue"] / before["modes"]["residue"] / path
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)
        if before["snr_db"] is not None:
            rest = after["stem_background"].astype(float) + after["stem_floor"]
            expected = 10 * np.log10(np.mean(after["stem_fault"].astype(float) ** 2) / np.mean(rest**2))
            assert after["snr_db"] == pytest.approx(expected, abs=1e-3)
    for was, now in zip(source, refined, strict=True):
        assert (was.draws, was.attempt) == (now.draws, now.attempt)
        given = now.machines[0].certificate
        assert given["method"] == "transfer" and given["accepted"]
        assert [one["verdict"] for one in given["signals"]] in (["kept"], ["restored"])
    assert refined.manifest["audit"]["recordings"] == 12 and refined.plan["refined"]["source"] == source.hash


def test_a_killed_run_goes_on_and_workers_give_the_same_bytes(simulated, transfer, tmp_path, monkeypatch):
    source = simulated().root
    whole = refine_signals(source, out=tmp_path / "whole", refiner=transfer)
    refine, calls = Transfer.refine, []

    def stop(self, sound, rng):
        calls.append(sound.id)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return refine(self, sound, rng)

    monkeypatch.setattr(Transfer, "refine", stop)
    with pytest.raises(KeyboardInterrupt, match="1 of 3 shards"):
        refine_signals(source, out=tmp_path / "parts", refiner=transfer)
    monkeypatch.undo()
    assert refine_signals(source, out=tmp_path / "parts", refiner=transfer, workers=2) == whole
    assert Dataset.open(tmp_path / "parts").hash == Dataset.open(tmp_path / "whole").hash
    other = refine_signals(source, out=tmp_path / "other", refiner=transfer, seed=1)
    assert other.recordings == 12 and Dataset.open(tmp_path / "other").hash != Dataset.open(tmp_path / "whole").hash


def test_what_a_bad_refiner_did_is_taken_back_kept_raw_or_left_out(simulated, tmp_path):
    source = simulated(8)
    restored = refine_signals(source.root, out=tmp_path / "restored", refiner=Late())
    assert restored.signals == {"kept": 0, "restored": 8, "dropped": 0} and restored.shift == pytest.approx(5, abs=0.1)
    raw = refine_signals(source.root, out=tmp_path / "raw", refiner=Late(gentle=60))
    assert raw.signals["dropped"] == 8
    for before, after in zip(source.signals(), Dataset.open(tmp_path / "raw").signals(), strict=True):
        np.testing.assert_array_equal(before["signal"], after["signal"])
    left = refine_signals(source.root, out=tmp_path / "left", refiner=Late(gentle=60), rejected="drop")
    emptied = Dataset.open(tmp_path / "left")
    assert left.recordings == 0 and emptied.summary.signals == 0 and len(emptied) == 8


def test_verify_simulates_and_refines_again(simulated, transfer, tmp_path):
    refine_signals(simulated().root, out=tmp_path / "out", refiner=transfer)
    dataset = Dataset.open(tmp_path / "out")
    report = verify(tmp_path / "out", refined=lambda simulate: made_again(dataset, simulate))
    assert report.ok and len(report.samples) == 3 and report.exact
    without = verify(tmp_path / "out")
    assert without.ok and not without.samples and "can't be made again from its scene alone" in str(without)
    assert isinstance(Chain, type) and main(["verify", str(tmp_path / "out"), "--sample", "2"]) == 0
    dataset.manifest["plan"]["refined"]["seed"] = 5
    lied = verify(tmp_path / "out", refined=lambda simulate: made_again(dataset, simulate))
    assert any("signal" in line for line in lied.differences)


def test_the_audit_alone_also_of_other_formats(simulated, transfer, tmp_path, capsys):
    source = simulated()
    refine_signals(source.root, out=tmp_path / "out", refiner=transfer)
    report = audit_signals(tmp_path / "out", simulation=source.root)
    assert len(report.verdicts) == 12 and not report.missing and report.accepted >= 10
    export_signals(tmp_path / "out", out=tmp_path / "theirs.h5", form="hdf5")
    again = audit_signals(tmp_path / "theirs.h5", simulation=source.root)
    assert [one.verdict for one in again.verdicts] == [one.verdict for one in report.verdicts]
    other = simulated(8, seed=5)
    with pytest.raises(SimengineError, match="keep their signal_id"):
        audit_signals(tmp_path / "out", simulation=other.root)
    command = ["audit", str(tmp_path / "out"), "--renders", str(source.root), "--planted", "0", "--out"]
    assert main([*command, str(tmp_path / "report")]) in (0, 1)
    assert "of the strikes" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "report/audit.json").read_text())["certificates"]) == 12


def test_stems_of_a_refined_set_sum_in_exports_too(simulated, transfer, tmp_path):
    refine_signals(simulated().root, out=tmp_path / "out", refiner=transfer)
    export_signals(tmp_path / "out", out=tmp_path / "built", form="parquet")
    for ours, theirs in pairwise([open_signal_set(tmp_path / "out"), open_signal_set(tmp_path / "built")]):
        for a, b in zip(ours, theirs, strict=True):
            names = sorted(name for name in a.arrays if name.startswith("stem_"))
            assert "stem_floor" in names
            np.testing.assert_array_equal(sum(a.arrays[n] for n in names), sum(b.arrays[n] for n in names))


def test_from_the_command_line(simulated, recordings, tmp_path, capsys):
    source, real = simulated().root, recordings()
    command = ["refine", str(source), "--real", str(real), "--planted", "0", "--quiet", "--out", str(tmp_path / "out")]
    assert main(command) == 0 and "12 recordings: kept" in capsys.readouterr().out
    assert main(command) == 0  # finished: nothing is made again
    assert main([*command, "--method", "statistics"]) == 1 and "is for pictures" in capsys.readouterr().err
    faulty = recordings("faulty", fault_type="outer")
    command[3] = str(faulty)
    assert main(command) == 1 and "outer (3)" in capsys.readouterr().err
    command[-1] = str(tmp_path / "say-so")
    assert main([*command, "--healthy", "outer"]) == 0


def test_the_ladder_takes_what_comes_nearer_and_keeps_labels(simulated, recordings):
    real = HealthyRecordings.of(
        open_signal_set(recordings("ladder", tonal=0.1, color=lambda f: 0.1 + np.exp(-(((f - 4000) / 500) ** 2))))
    )
    more = simulated(48, overrides=["machines.rig.conditions.normal.share=4"])
    found = climb_signals(more, real, [("transfer", lambda: fit_transfer(more, real)), ("late", Late)])
    names = [(rung.name, rung.taken) for rung in found.rungs]

    assert names == [("simulation", False), ("transfer", True), ("late", False)] and found.refiner.name == "transfer"
    assert found.rungs[1].distance < found.rungs[0].distance and found.rungs[1].fall.low > 0
    assert found.rungs[2].trial.keep_rate == 0 and found.rungs[2].to_dict()["method"] == "late"
    with pytest.raises(SimengineError, match="too few to compare"):
        climb_signals(simulated(8, stems=False, overrides=["machines.rig.conditions.normal.share=0"]), real, [])


def test_errors(simulated, transfer, renders, tmp_path):
    with pytest.raises(SimengineError, match="rejected is 'maybe'"):
        refine_signals(simulated().root, out=tmp_path / "a", refiner=transfer, rejected="maybe")
    with pytest.raises(SimengineError, match="has no signals"):
        refine_signals(renders(count=1), out=tmp_path / "b", refiner=transfer)
    with pytest.raises(SimengineError, match="only for 12000"):
        transfer.path_at(25_600)
    assert len(list(sounds(simulated(), most=4))) == 4
