"""Arms: baselines always run, compute is equal but for the control, ratios and refined arms."""

import pytest

from simengine.errors import SimengineError
from simengine.evaluate.gain.arms import DETECT_ARMS, SIGNAL_ARMS, choose_arms


@pytest.mark.parametrize("known", [DETECT_ARMS, SIGNAL_ARMS])
def test_compute_is_equal_for_every_arm_but_the_control(known):
    for arm in known.values():
        assert sum(stage.steps for stage in arm.stages) == pytest.approx(1.0)
        assert (arm.compute == 1.0) == (arm.about.kind != "control")
        assert arm.about.kind in ("baseline", "control", "synthetic", "both")
        assert (arm.about.kind in ("synthetic", "both")) == arm.uses_synthetic
        assert (arm.about.kind != "synthetic") == arm.uses_real
        if arm.uses_synthetic:
            assert arm.augmentation == DETECT_ARMS["real-augmented"].augmentation


def test_honest_baselines_run_whether_named_or_not():
    assert [arm.name for arm in choose_arms(["mix"], known=DETECT_ARMS)] == ["real-augmented", "mix"]
    assert [arm.name for arm in choose_arms(["mix"], known=SIGNAL_ARMS)] == ["real", "real-smote", "mix"]
    names = [arm.name for arm in choose_arms(["mix", "real", "mix"], known=DETECT_ARMS)]
    assert names == ["real", "real-augmented", "mix"]


def test_ratios_are_arms():
    arm = choose_arms(["mix-75"], known=DETECT_ARMS)[-1]
    assert (arm.about.share, arm.about.title) == (0.75, "real + synthetic, 25:75")


def test_refined_data_gets_arms_of_its_own():
    arms = choose_arms(["synthetic", "mix", "real-double"], known=DETECT_ARMS, refined=True)
    names = [arm.name for arm in arms]
    assert names == ["real-augmented", "synthetic", "synthetic-refined", "mix", "mix-refined", "real-double"]
    assert arms[4].about.refined and arms[4].stages == arms[3].stages
    assert arms[4].about.title == "real + refined, 1:1"


@pytest.mark.parametrize("name", ["mx", "mix-0", "mix-100", "mix-x"])
def test_unknown_arms_are_named(name):
    with pytest.raises(SimengineError, match=f"no arm '{name}': choose from real,"):
        choose_arms([name], known=DETECT_ARMS)
