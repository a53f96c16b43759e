import jsonschema
import numpy as np
import pytest
from scipy.stats import qmc

from simengine.errors import SimengineError
from simengine.sampling.plan import PLANS, check_plan, plan_json_schema, plan_points

NAMES = ["size", "angle", "light"]
SIZED = ["sobol", {"latin_hypercube": {"size": 64}}, {"grid": {"size": 4}}, {"stratified": {"size": 4}}]


def points(plan, count, names=NAMES, seed=0, start=0):
    return np.array([plan_points(plan, names, seed=seed, index=index) for index in range(start, start + count)])


def test_independent_has_no_points():
    assert plan_points("independent", NAMES, seed=0, index=0) is None
    assert plan_points({"independent": {}}, NAMES, seed=0, index=0) is None


@pytest.mark.parametrize("plan", SIZED, ids=str)
def test_any_index_alone_and_in_any_order(plan):
    whole = points(plan, 64)
    assert whole.shape == (64, 3)
    assert np.all((whole > 0) & (whole < 1))
    for index in (63, 0, 17):
        assert np.array_equal(plan_points(plan, NAMES, seed=0, index=index), whole[index])
    assert plan_points(plan, [], seed=0, index=5).shape == (0,)


@pytest.mark.parametrize("plan", SIZED, ids=str)
def test_seeds_differ_zero_and_huge_ones_too(plan):
    made = [points(plan, 8, seed=seed) for seed in (0, 1, 2**63, 2**64)]
    assert all(not np.allclose(a, b) for i, a in enumerate(made) for b in made[i + 1 :])


@pytest.mark.parametrize("plan", SIZED, ids=str)
def test_a_new_variable_at_the_end_leaves_the_others_as_they_were(plan):
    count = 16 if "grid" in plan or "stratified" in plan else 64  # a round of the shorter list
    assert np.array_equal(points(plan, count, NAMES[:2]), points(plan, count)[:, :2])


def test_latin_hypercube_keys_by_name_wherever_it_stands():
    plan = {"latin_hypercube": 64}
    assert np.array_equal(points(plan, 200)[:, [2, 0]], points(plan, 200, ["light", "size"]))


def test_latin_hypercube_fills_every_stratum_once_a_round():
    made = points({"latin_hypercube": {"size": 50}}, 150)
    for start in (0, 50, 100):
        strata = np.sort(np.floor(made[start : start + 50] * 50).astype(int), axis=0)
        assert np.array_equal(strata, np.tile(np.arange(50)[:, None], (1, 3)))
    assert not np.array_equal(np.floor(made[:50] * 50), np.floor(made[50:100] * 50))  # a round of its own
    assert np.abs(np.corrcoef(np.floor(made[:50] * 50).T) - np.eye(3)).max() < 4.5 / np.sqrt(50)


def test_latin_hypercube_is_uniform_within_its_strata(uniform_p):
    made = points({"latin_hypercube": 10}, 4000)
    assert uniform_p(np.mod(made * 10, 1).ravel()) > 1e-3


def test_grid_is_every_combination_once_a_round():
    plan = {"grid": {"levels": {"size": 2, "angle": 3}, "size": 4}}
    made = points(plan, 48)
    for part in (made[:24], made[24:]):
        assert len(np.unique(part.round(9), axis=0)) == 24
    assert np.allclose(np.unique(made[:, 0]), [0.25, 0.75])
    assert np.allclose(np.unique(made[:, 1]), [1 / 6, 0.5, 5 / 6])
    assert np.allclose(np.unique(made[:, 2].round(12)), [0.125, 0.375, 0.625, 0.875])
    assert len(np.unique(made[:6, :2].round(9), axis=0)) == 6  # the first variables run fastest


def test_stratified_has_one_random_point_in_every_cell():
    made = points({"stratified": 3}, 54)
    for part in (made[:27], made[27:]):
        assert len(np.unique(np.floor(part * 3), axis=0)) == 27
    assert len(np.unique(made)) == made.size


def test_sobol_is_a_digital_net():
    # Its first two dimensions are a (0, m, 2)-net: each elementary interval of 256 points holds one of them.
    made = points("sobol", 256, NAMES[:2])
    for k in range(9):
        cells = np.floor(made * [2**k, 2 ** (8 - k)]).astype(int)
        assert len(np.unique(cells, axis=0)) == 256
    every = points("sobol", 256, [f"v{i}" for i in range(8)])
    for axis in range(8):
        assert len(np.unique(np.floor(every[:, axis] * 256))) == 256


def test_sobol_covers_better_than_chance():
    made = points("sobol", 256)
    chance = [qmc.discrepancy(np.random.default_rng(s).random((256, 3))) for s in range(5)]
    assert qmc.discrepancy(made) < 0.3 * min(chance)


def test_sobol_far_out_and_in_the_next_round():
    far = [plan_points("sobol", NAMES, seed=0, index=index) for index in (10**6, 2**30, 2**30 + 1)]
    first = [plan_points("sobol", NAMES, seed=0, index=index) for index in (0, 1)]
    assert np.all((np.array(far) > 0) & (np.array(far) < 1))
    assert not np.allclose(far[1], first[0])


@pytest.mark.parametrize("plan", SIZED, ids=str)
def test_valid_plans_meet_the_json_schema(plan):
    jsonschema.validate(plan, plan_json_schema())
    check_plan(plan, NAMES)


def test_schema_knows_every_plan():
    text = str(plan_json_schema())
    assert all(kind in text for kind in PLANS)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("sobel", ["'sobel'", "Did you mean sobol?"]),
        (3, ["3", "not understood"]),
        ("zzz", ["'zzz'", "independent, sobol"]),
        ({"grid": 2, "sobol": 1}, ["not understood"]),
        ({"sobol": {"size": 3}}, ["sobol", "'size'", "takes no parameters"]),
        ("latin_hypercube", ["latin_hypercube needs its size"]),
        ({"latin_hypercube": 0}, ["size", "0", "from 1"]),
        ({"latin_hypercube": {"size": 2.5}}, ["2.5"]),
        ({"latin_hypercube": {"levels": {"size": 2}}}, ["no parameter 'levels'", "size"]),
        ({"grid": {"levels": {"sise": 2}, "size": 2}}, ["sise", "no variable", "size, angle, light"]),
        ({"grid": {"levels": {"size": 2}}}, ["angle, light"]),
        ({"grid": {"levels": 3}}, ["levels", "mapping"]),
        ({"stratified": True}, ["True"]),
    ],
)
def test_errors_say_what_and_how(plan, words):
    with pytest.raises(SimengineError) as caught:
        check_plan(plan, NAMES)
    for word in ["plan", *words]:
        assert word in str(caught.value)
