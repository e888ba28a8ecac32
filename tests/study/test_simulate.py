"""The simulator recovers its own truth and follows its own rules."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from smartcombo.core.random import stream
from smartcombo.study.body_weights import BodyWeights
from smartcombo.study.example import example_study, write_example
from smartcombo.study.model import ANIMAL_COLUMNS, FATES
from smartcombo.study.simulate import (
    ArmDesign,
    SimulationDesign,
    simulate_arm_volumes,
    simulate_study,
)
from smartcombo.study.simulated_files import write_study

PLAIN = SimulationDesign(
    arms=(ArmDesign("vehicle", 0.20, n=400), ArmDesign("ici", 0.12, ("anti-PD-1",), n=400)),
    size_limit_mm3=None,
    detection_limit_mm3=1e-6,
)


def slopes(volumes: pd.DataFrame) -> pd.DataFrame:
    """Return intercept at the first visit and slope of log volume of each mouse, by OLS."""
    rows = []
    for (arm, animal), mouse in volumes.groupby(["arm", "animal"], sort=False):
        days = mouse["day"].to_numpy()
        slope, start = np.polyfit(days - days[0], np.log(mouse["volume_mm3"].to_numpy()), 1)
        rows.append({"arm": arm, "animal": animal, "start": start, "slope": slope})
    return pd.DataFrame(rows)


def test_mean_slopes_recover_the_growth_rates() -> None:
    found = slopes(simulate_study(PLAIN, seed=1).volumes).groupby("arm")["slope"]
    for arm in PLAIN.arms:
        error = found.get_group(arm.id).sem()
        assert abs(found.get_group(arm.id).mean() - arm.growth_rate) < 4 * error


def test_responders_are_a_fixed_share_or_drawn_mouse_by_mouse() -> None:
    arms = tuple(ArmDesign(f"arm {k}", 0.1, n=10, responder_fraction=0.3) for k in range(200))
    counts = {
        how: simulate_study(SimulationDesign(arms, responders=how), seed=5)
        .truth.groupby("arm")["responder"]
        .sum()
        for how in ("fixed", "binomial")
    }
    assert set(counts["fixed"]) == {3}
    assert counts["binomial"].mean() == pytest.approx(3.0, abs=4 * np.sqrt(2.1 / 200))
    assert counts["binomial"].var() == pytest.approx(2.1, rel=0.4)
    with pytest.raises(ValueError, match="expected 'fixed' or 'binomial'"):
        SimulationDesign(arms, responders="some")


def test_many_mice_of_an_arm_are_simulated_as_those_of_a_study() -> None:
    design = SimulationDesign(arms=(ArmDesign("vehicle", 0.2, n=12),))
    rng = stream(6, "simulate", design.model, "vehicle")
    volumes, last = simulate_arm_volumes(design, design.arms[0], rng)
    study = simulate_study(design, seed=6).volumes
    seen = np.arange(len(design.days)) <= last[:, None]
    np.testing.assert_array_equal(volumes[seen], study["volume_mm3"])


def test_between_mouse_spread_and_correlation_are_those_of_the_design() -> None:
    design = replace(PLAIN, residual_sd=0.0, correlation=-0.5, baseline_sd=0.4, slope_sd=0.03)
    truth = simulate_study(design, seed=2).truth
    mice = truth[truth["arm"] == "vehicle"]
    assert mice["log_baseline"].std() == pytest.approx(0.4, rel=0.15)
    assert mice["growth_rate"].std() == pytest.approx(0.03, rel=0.15)
    assert mice["log_baseline"].corr(mice["growth_rate"]) == pytest.approx(-0.5, abs=0.15)


def test_without_residual_error_each_mouse_follows_its_own_truth() -> None:
    simulated = simulate_study(replace(PLAIN, residual_sd=0.0), seed=3)
    fitted = slopes(simulated.volumes).merge(simulated.truth, on="animal")
    np.testing.assert_allclose(fitted["slope"], fitted["growth_rate"], atol=1e-12)
    np.testing.assert_allclose(fitted["start"], fitted["log_baseline"], atol=1e-10)


def test_residual_spread_is_that_of_the_design() -> None:
    noisy = simulate_study(replace(PLAIN, baseline_sd=0.0, slope_sd=0.0), seed=4)
    first = noisy.volumes[noisy.volumes["day"] == PLAIN.days[0]]
    assert np.log(first["volume_mm3"]).std() == pytest.approx(PLAIN.residual_sd, rel=0.1)


def test_a_mouse_leaves_at_its_first_visit_at_the_size_limit_and_not_before() -> None:
    design = replace(PLAIN, size_limit_mm3=300.0)
    simulated = simulate_study(design, seed=5)
    fates = simulated.animals.set_index("animal")
    for animal, mouse in simulated.volumes.groupby("animal"):
        over = mouse["volume_mm3"].to_numpy() >= 300.0
        assert not over[:-1].any()
        assert (fates.loc[animal, "fate"] == "size-limit") == over[-1]
        assert fates.loc[animal, "fate_day"] == mouse["day"].iloc[-1]
    assert {"size-limit", "alive-at-end"} <= set(fates["fate"])


def test_culling_hides_later_visits_and_changes_no_earlier_one() -> None:
    whole = simulate_study(PLAIN, seed=6).volumes
    cut = simulate_study(replace(PLAIN, size_limit_mm3=300.0), seed=6).volumes
    both = cut.merge(whole, on=["model", "arm", "animal", "day"], suffixes=("_cut", "_whole"))
    assert len(both) == len(cut) < len(whole)
    np.testing.assert_array_equal(both["volume_mm3_cut"], both["volume_mm3_whole"])


def test_responders_are_as_many_as_designed_and_end_at_zero() -> None:
    arms = (ArmDesign("both", 0.1, ("anti-PD-1", "molecule"), n=10, responder_fraction=0.3),)
    simulated = simulate_study(SimulationDesign(arms), seed=7)
    cured = simulated.truth.loc[simulated.truth["responder"], "animal"]
    assert len(cured) == 3
    last = simulated.volumes.groupby("animal")["volume_mm3"].last()
    assert (last[cured] == 0).all()
    fates = simulated.animals.set_index("animal")["fate"]
    assert (fates[cured] == "tumour-free").all()
    assert (last.drop(cured) > 0).all()


def test_a_volume_below_detection_is_recorded_as_zero_and_never_between() -> None:
    values = example_study().volumes["volume_mm3"]
    assert (values == 0).any()
    assert not ((values > 0) & (values < 4.0)).any()


def test_the_same_seed_gives_the_same_study_and_another_does_not() -> None:
    pd.testing.assert_frame_equal(
        simulate_study(PLAIN, seed=8).volumes, simulate_study(PLAIN, seed=8).volumes
    )
    other = simulate_study(PLAIN, seed=9).volumes
    assert not other["volume_mm3"].equals(simulate_study(PLAIN, seed=8).volumes["volume_mm3"])


def test_adding_an_arm_or_a_model_leaves_the_other_mice_alone() -> None:
    alone = simulate_study(replace(PLAIN, arms=PLAIN.arms[:1]), seed=10).volumes
    more = simulate_study(PLAIN, replace(PLAIN, model="M2"), seed=10).volumes
    same = more[(more["model"] == "M1") & (more["arm"] == "vehicle")].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, alone)


def test_two_models_do_not_share_their_mice() -> None:
    simulated = simulate_study(PLAIN, replace(PLAIN, model="M2"), seed=11)
    assert simulated.animals["animal"].is_unique
    first, second = (group["log_baseline"] for _, group in simulated.truth.groupby("model"))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.15


def test_tables_speak_the_language_of_the_study() -> None:
    animals = example_study().animals
    assert set(animals.columns) <= set(ANIMAL_COLUMNS)
    assert set(animals["fate"]) <= set(FATES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"days": (7, 7)}, r"days \(7, 7\): expected at least two, increasing"),
        ({"days": (7,)}, "expected at least two"),
        ({"correlation": 1.5}, "correlation 1.5: expected -1 to 1"),
        ({"slope_sd": -0.1}, "expected 0 or more"),
        ({"baseline_volume_mm3": 0.0}, "volumes: expected above 0"),
        ({"arms": ()}, "expected at least one"),
        ({"arms": (ArmDesign("a", 0.1, n=0),)}, "n of at least 1"),
        ({"arms": (ArmDesign("a", 0.1), ArmDesign("a", 0.2))}, "each id once"),
        ({"mice_per_cage": 0}, "mice_per_cage 0: expected at least 1"),
    ],
)
def test_an_impossible_design_is_refused_with_what_was_found(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(PLAIN, **change)


def test_an_arm_with_an_unknown_agent_is_refused() -> None:
    design = SimulationDesign((ArmDesign("a", 0.1, ("ozone",)),))
    with pytest.raises(ValueError, match=r"agents \['ozone'\]: expected"):
        simulate_study(design, seed=1)


def test_two_designs_of_one_model_are_refused() -> None:
    with pytest.raises(ValueError, match="each model once"):
        simulate_study(PLAIN, PLAIN, seed=1)


def test_writing_twice_gives_the_same_bytes(tmp_path) -> None:
    first, second = write_example(tmp_path / "a"), write_example(tmp_path / "b")
    names = sorted(path.name for path in first.iterdir())
    assert names == ["animals.csv", "plan.toml", "study.toml", "volumes.csv", "weights.csv"]
    assert all((first / n).read_bytes() == (second / n).read_bytes() for n in names)


def test_the_example_says_synthetic_and_follows_the_published_directions() -> None:
    simulated = example_study()
    for design in simulated.designs:
        rates = {arm.id: arm.growth_rate for arm in design.arms}
        assert rates["both"] < min(rates["VPS34i"], rates["anti-PD-1"])
        assert max(rates["VPS34i"], rates["anti-PD-1"]) < rates["vehicle"]


def test_a_written_study_is_read_back_without_errors(tmp_path) -> None:
    read = pytest.importorskip("smartcombo.study.read")
    folder = write_study(simulate_study(PLAIN, seed=12), tmp_path / "study")
    study = read.read_study(folder)
    assert study.synthetic
    assert len(study.animals) == 800


def test_the_example_is_read_back_whole(example_folder) -> None:
    read = pytest.importorskip("smartcombo.study.read")
    study = read.read_study(example_folder)
    simulated = example_study()
    assert study.synthetic
    assert "SYNTHETIC" in study.title
    assert study.plan.confirmatory
    assert [model.id for model in study.models] == ["SYN-MEL", "SYN-CRC"]
    assert {arm.role for arm in study.arms} == {
        "vehicle", "ici-alone", "molecule-alone", "combination",
    }  # fmt: skip
    assert len(study.volumes) == len(simulated.volumes)
    assert study.volumes["at_limit"].sum() == (simulated.volumes["volume_mm3"] == 0).sum()


def test_weights_recover_growth_loss_and_tumour_and_leave_the_volumes_as_they_were() -> None:
    body = BodyWeights(residual_sd=0.0, sensitivity_sd=0.0, growth_rate=0.004, onset_days=3.0)
    arms = (ArmDesign("vehicle", 0.20, n=5), ArmDesign("x", 0.1, ("molecule",), weight_loss=0.1))
    plain = SimulationDesign(arms)
    weighed = simulate_study(replace(plain, weights=body), seed=9)
    pd.testing.assert_frame_equal(weighed.volumes, simulate_study(plain, seed=9).volumes)
    assert simulate_study(plain, seed=9).weights.empty
    both = weighed.weights.merge(weighed.volumes)
    net = both["weight_g"] - both["volume_mm3"] / 1000
    time = both["day"] - 7
    kept = 1 - np.where(both["arm"] == "x", 0.1, 0.0) * (1 - np.exp(-time / 3))
    start = net / (np.exp(0.004 * time) * kept)
    assert start.groupby(both["animal"]).agg(np.ptp).max() < 1e-9


def test_body_weights_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="baseline_g=-1"):
        BodyWeights(baseline_g=-1)
    with pytest.raises(ValueError, match="0 or more"):
        BodyWeights(residual_sd=-0.1)
