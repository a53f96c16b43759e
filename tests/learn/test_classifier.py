import json
from dataclasses import replace

import numpy as np
import pytest

from simengine.errors import SimengineError
from simengine.formats.signal import SignalRecord
from simengine.learn.classifier import load_classifier, train_classifier
from simengine.learn.order_views import ViewSettings, join_views, order_views

pytest.importorskip("sklearn")
pytest.importorskip("safetensors")

RATE = 6000
ORDERS = {"outer": 3.5848, "inner": 5.4152}


def strikes(kind, index, *, speed=None, gain=1.0, model="6205", orders=ORDERS, seconds=1.0, rate=RATE):
    """A record made without the machines of simengine: a ringing train in noise, or noise alone."""
    rng = np.random.default_rng([index, len(kind)])
    speed = rng.uniform(20, 40) if speed is None else speed
    count = round(seconds * rate)
    signal, times = 0.3 * rng.standard_normal(count), np.arange(count) / rate
    if kind in orders:
        for begin in np.arange(rng.random() / 100, seconds, 1 / (speed * orders[kind])):
            past = np.maximum(times - begin, 0)
            signal += np.exp(-600 * past) * np.sin(2 * np.pi * rng.uniform(1480, 1520) * past)
    row = {"signal_id": f"{kind}{index}", "fault_type": kind, "speed_rpm": 60 * speed, "bearing_model": model}
    return SignalRecord(np.asarray(gain * signal, np.float32), float(rate), row)


def records(count, first=0, **more):
    return [strikes(kind, first + k, **more) for k in range(count) for kind in ("normal", "inner", "outer")]


TRAIN, TEST = records(12), records(5, first=100)


@pytest.fixture(scope="module", params=["forest", "logistic", "cnn", "ensemble"])
def trained(request):
    if request.param in ("cnn", "ensemble"):
        pytest.importorskip("torch")
    return train_classifier(TRAIN, model=request.param, trees=40, steps=60)


def test_tells_faults_apart_at_speeds_and_levels_it_never_saw(trained):
    labels, scores = trained.predict([replace(one, signal=50 * one.signal) for one in TEST])
    truth = np.array([one.fault_type for one in TEST])
    assert np.mean(labels == truth) >= 0.9
    assert trained.classes == ("inner", "normal", "outer")
    assert scores.sum(axis=1) == pytest.approx(1)
    assert (labels == np.array(trained.classes)[scores.argmax(axis=1)]).all()


def test_saved_and_loaded_it_gives_the_same_scores(trained, tmp_path):
    trained.save(tmp_path / "model")
    again = load_classifier(tmp_path / "model")
    assert again.classes == trained.classes and again.settings == trained.settings and again.card == trained.card
    assert np.array_equal(again.predict(TEST)[1], trained.predict(TEST)[1])
    assert {p.name for p in (tmp_path / "model").iterdir()} == {"config.json", "model.safetensors", "README.md"}
    assert "inner, normal, outer" in (tmp_path / "model" / "README.md").read_text()


@pytest.mark.parametrize("model", ["forest", "logistic", "cnn"])
def test_the_same_seed_gives_the_same_bytes(model, tmp_path):
    if model == "cnn":
        pytest.importorskip("torch")
    seen, read = order_views(TRAIN[:12], ViewSettings(RATE, images=True)), []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train_classifier(seen, model=model, trees=10, steps=5, seed=seed).save(tmp_path / name)
        read.append((tmp_path / name / "model.safetensors").read_bytes())
    assert read[0] == read[1]
    assert (read[0] == read[2]) == (model == "logistic")  # which has nothing random


def test_geometry_carries_over_to_another_bearing(trained):
    other = {"outer": 3.0530, "inner": 4.9469}
    known = [strikes(k, 300 + n, model="6203", orders=other) for n in range(5) for k in other]
    labels, _ = trained.predict(known)
    assert np.mean(labels == [one.fault_type for one in known]) >= 0.7  # of three classes, from 36 windows
    wrong = [replace(one, row=one.row | {"bearing_model": "ZA-2115"}) for one in known]
    assert np.mean(trained.predict(wrong)[0] == [one.fault_type for one in wrong]) <= 0.6


def test_forest_is_that_of_scikit_learn():
    from sklearn.ensemble import ExtraTreesClassifier

    from simengine.learn.trees import grow_trees

    rng = np.random.default_rng(0)
    table, codes, weights = rng.standard_normal((200, 9)).astype(np.float32), rng.integers(0, 3, 200), rng.random(200)
    table[:, 0] += codes
    mine = grow_trees(table[:150], codes[:150], weights[:150], seed=3, trees=60)
    theirs = ExtraTreesClassifier(60, min_samples_leaf=3, random_state=3).fit(table[:150], codes[:150], weights[:150])
    assert mine.probabilities(table) == pytest.approx(theirs.predict_proba(table), abs=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
def test_regression_is_that_of_scikit_learn(classes):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from simengine.learn.logistic import fit_logistic

    rng = np.random.default_rng(0)
    table, codes = rng.standard_normal((90, 5)) * [1, 2, 3, 4, 0] + 7, rng.integers(0, classes, 90)
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000)).fit(table, codes)
    mine = fit_logistic(table, codes, np.ones(90))
    assert mine.probabilities(table) == pytest.approx(theirs.predict_proba(table), abs=1e-4)


def test_a_long_record_is_the_mean_of_its_windows_and_any_rate_is_brought_down():
    model = train_classifier(TRAIN, model="logistic")
    long = strikes("outer", 7, seconds=3.4, rate=4 * RATE)
    labels, scores = model.predict([long, TEST[0]])
    assert list(labels) == ["outer", TEST[0].fault_type]
    windows = model.look([long])
    assert len(windows) == 3 and set(windows.records) == {0}
    logs = np.log(model.probabilities(windows)).mean(axis=0)
    assert np.log(scores[0]) - np.log(scores[0][0]) == pytest.approx(logs - logs[0], abs=1e-6)


def test_weights_count_and_zero_leaves_a_record_out():
    flipped = [replace(one, row=one.row | {"fault_type": "inner"}) for one in TRAIN if one.fault_type == "outer"]
    seen, asked = order_views(TRAIN + flipped, ViewSettings(RATE)), order_views(TEST, ViewSettings(RATE))
    own = np.arange(len(seen)) < len(TRAIN)
    left_out = train_classifier(seen, trees=40, weights=own.astype(float))
    alone = train_classifier(seen.subset(own), trees=40)
    assert np.array_equal(left_out.predict(asked)[1], alone.predict(asked)[1])
    light = train_classifier(seen, trees=40, weights=np.where(own, 0.01, 1.0))
    outer = asked.subset(asked.labels == "outer")
    assert "outer" not in light.predict(outer, among=["inner", "outer"])[0]


def test_only_possible_classes_are_named():
    model = train_classifier(TRAIN, model="logistic")
    labels, scores = model.predict(TEST, among=["normal", "outer"])
    assert set(labels) == {"normal", "outer"} and (scores[:, 0] == 0).all()


def test_views_join_and_serve_in_place_of_records():
    settings = ViewSettings(RATE)
    joined = join_views([order_views(TRAIN[:18], settings), order_views(TRAIN[18:], settings)])
    assert joined.records.tolist() == list(range(len(TRAIN)))
    scores = [train_classifier(data, trees=20).predict(TEST)[1] for data in (joined, TRAIN)]
    assert np.array_equal(*scores)


def test_the_level_counts_only_if_asked_for():
    quiet = [replace(one, row=one.row | {"fault_type": "quiet"}) for one in TEST if one.fault_type == "normal"]
    loud = [replace(one, signal=20 * one.signal, row=one.row | {"fault_type": "loud"}) for one in quiet]
    blind = train_classifier(quiet + loud, model="logistic").predict(quiet + loud)[1]
    assert blind == pytest.approx(0.5, abs=1e-3)
    labels, _ = train_classifier(quiet + loud, model="logistic", unit_rms=False).predict(quiet + loud)
    assert list(labels) == ["quiet"] * 5 + ["loud"] * 5


def test_network_goes_on_from_a_trained_one():
    pytest.importorskip("torch")
    seen = order_views(TRAIN, ViewSettings(RATE, images=True))
    before = train_classifier(seen, model="cnn", steps=40)
    after = train_classifier(seen, model="cnn", steps=1, init=before)
    fresh = train_classifier(seen, model="cnn", steps=1)
    truth = np.array([one.fault_type for one in TEST])
    hits = [np.mean(model.predict(TEST)[0] == truth) for model in (after, fresh)]
    assert hits[0] >= 0.8 > hits[1]


BAD = {
    "no speed": (lambda r: [replace(one, row=one.row | {"speed_rpm": None}) for one in r], "speed"),
    "no bearing": (lambda r: [replace(one, row=one.row | {"bearing_model": None}) for one in r], "bearing_model"),
    "too short": (lambda r: [replace(one, signal=one.signal[:900]) for one in r], "window of 1 s"),
    "too slow": (lambda r: [replace(one, row=one.row | {"speed_rpm": 60.0}) for one in r], "three"),
    "nan": (lambda r: [replace(r[0], signal=np.full(RATE, np.nan, np.float32)), *r[1:]], "normal0"),
    "constant": (lambda r: [replace(r[0], signal=np.ones(RATE, np.float32)), *r[1:]], "constant"),
    "one class": (lambda r: [one for one in r if one.fault_type == "normal"], "at least two fault types"),
    "none": (lambda r: [], "no records"),
    "hertz": (lambda r: [replace(o, row=o.row | _HERTZ) for o in r], "not in Hz"),
}
_HERTZ = {"bearing_model": None, "ftf": 11.9, "bsf": 70.6, "bpfo": 107.4, "bpfi": 162.2}


@pytest.mark.parametrize("name", BAD)
def test_bad_records_are_named_with_a_remedy(name):
    spoil, message = BAD[name]
    with pytest.raises(SimengineError, match=message):
        train_classifier(spoil(TRAIN), model="logistic")


def test_bad_calls_get_a_clear_answer(tmp_path):
    model = train_classifier(TRAIN, model="logistic")
    with pytest.raises(SimengineError, match="no class 'cage'"):
        model.predict(TEST, among=["cage"])
    with pytest.raises(SimengineError, match="train it with rate=3000"):
        model.predict([strikes("outer", 1, rate=3000)])
    with pytest.raises(SimengineError, match="make them with"):
        model.probabilities(order_views(TEST, ViewSettings(RATE, seconds=0.5)))
    with pytest.raises(SimengineError, match="3 weights for 36 records"):
        train_classifier(TRAIN, weights=[1, 2, 3])
    with pytest.raises(SimengineError, match="model 'svm'"):
        train_classifier(TRAIN, model="svm")
    with pytest.raises(SimengineError, match="holds no fault classifier"):
        load_classifier(tmp_path)
    model.save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text()) | {"model": "other"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(SimengineError, match="holds no fault classifier"):
        load_classifier(tmp_path)
