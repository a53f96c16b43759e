"""A small simulated data set of vibration, and recordings of a machine that never ran."""

import json

import numpy as np
import pytest
from scipy.io import wavfile

from simengine.dataset.reader import Dataset
from simengine.engine.generate import generate
from simengine.scene.load import load_scene

RATE = 12_000


def brown(frequency):
    return 1 / (1 + frequency / 500)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory):
    """Makes simulations by number of samples and settings, each once."""
    made = {}

    def make(count=12, *, stems=True, seed=0, overrides=()):
        key = count, stems, seed, tuple(overrides)
        if key not in made:
            words = [f"recording.stems={str(stems).lower()}", "machines.rig.conditions.compound.share=0", *overrides]
            folder = tmp_path_factory.mktemp("simulated") / "set"
            generate(load_scene("bearing_bench", overrides=words), out=folder, count=count, seed=seed, shard_size=4)
            made[key] = folder
        return Dataset.open(made[key])

    return make


@pytest.fixture
def recordings(tmp_path):
    """Writes recordings of a healthy machine as WAV with a JSON file beside each: brown noise and lines of its shaft."""

    def write(name="real", *, count=3, seconds=2.0, rate=RATE, tonal=0.3, color=brown, **columns):
        folder = tmp_path / name
        folder.mkdir()
        for number in range(count):
            rng = np.random.default_rng(number)
            size = round(seconds * rate)
            spectrum = np.fft.rfft(rng.standard_normal(size)) * color(np.fft.rfftfreq(size, 1 / rate))
            time = np.arange(size) / rate
            lines = sum(np.sin(2 * np.pi * 29.5 * k * time + k) / k for k in range(1, 6))
            signal = np.fft.irfft(spectrum, size) + tonal * lines
            wavfile.write(folder / f"{number}.wav", rate, (0.1 * signal).astype(np.float32))
            told = {"fs": rate, "speed_rpm": 1770, "fault_type": "normal", **columns}
            (folder / f"{number}.json").write_text(json.dumps(told))
        return folder

    return write
