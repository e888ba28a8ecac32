"""Curved shapes of growth in the growth analysis: same estimands, stated rules, honest edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import FOUR, with_volumes, written

import smartcombo as sc
from smartcombo.core.finding import AnalysisRefused, StudyError
from smartcombo.core.result import Result
from smartcombo.efficacy.options import GrowthOptions, Specification
from smartcombo.stats.design import Floats
from smartcombo.study.model import Study
from smartcombo.study.simulate import ArmDesign, SimulationDesign, simulate_study
from smartcombo.study.simulated_files import write_study

START = 7.0


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return written(tmp_path_factory.mktemp("shapes") / "study")


def _bent(study: Study, add: dict[str, float], clock: Callable[[Floats], Floats]) -> Study:
    """Return the study with ``add`` times a function of days since baseline on log volume."""
    volumes = study.volumes
    since = (volumes["day"] - START).clip(lower=0).to_numpy(float)
    extra = volumes["arm"].map(add).fillna(0.0).to_numpy(float) * clock(since)
    value = volumes["value"] * np.exp(extra)
    return with_volumes(study, volumes.assign(value=value, shown_value=value))


def _late(time: Floats) -> Floats:
    return np.clip(time - 6.0, 0.0, None)


@pytest.fixture(scope="module")
def late(study: Study) -> Study:
    """Return the study with an effect of the combination that starts on day 13."""
    return _bent(study, {"both": -0.15}, _late)


@pytest.fixture(scope="module")
def shapes(late: Study) -> Result:
    return sc.efficacy.growth(late)


def _fit(study: Study, **choices: object) -> Result:
    options = GrowthOptions(Specification(**choices), robustness=False)  # type: ignore[arg-type]
    return sc.efficacy.growth(study, options)


def test_a_late_effect_is_found_as_a_bend_on_its_day_and_fits_best(shapes: Result) -> None:
    table = shapes.tables["shapes"].set_index("shape")
    assert table["aic"].idxmin() == "piecewise"
    bend = table.loc["piecewise"]
    assert bend["bend_low"] <= 13.0 <= bend["bend_high"]
    assert bend["bend_low"] <= bend["bend_day"] <= bend["bend_high"]
    said = shapes.tables["words"].set_index("key").loc["shape", "sentence"]
    assert "A line that bends at one day fits best by AIC" in said
    assert "primary model, exponential growth" in said


def test_the_estimates_stay_with_the_shape_stated_beforehand(shapes: Result, late: Study) -> None:
    alone = _fit(late, shape="exponential").estimates
    pd.testing.assert_frame_equal(shapes.estimates, alone)
    assert list(shapes.tables["shapes"].query("is_primary")["shape"]) == ["exponential"]


def test_shapes_nest_so_the_larger_is_never_less_likely(shapes: Result) -> None:
    loglik = shapes.tables["shapes"].set_index("shape")["loglik"]
    for shape in ("quadratic", "spline", "gompertz", "piecewise"):
        assert loglik[shape] >= loglik["exponential"] - 1e-6


def test_a_stated_bend_is_the_model_with_that_bend_and_narrower_than_an_estimated_one(
    late: Study,
) -> None:
    free = _fit(late, shape="piecewise").estimates
    day = 13.0
    known = _fit(late, shape="piecewise", bend_day=day).estimates
    for rows in (free, known):
        assert rows.query("estimand == 'log_ratio'")["status"].isin(["ok", "boundary"]).all()
    q2 = [
        r[(r["question"] == "Q2") & (r["estimand"] == "log_ratio")].iloc[0] for r in (free, known)
    ]
    assert q2[0]["value"] == pytest.approx(q2[1]["value"], abs=q2[1]["se"])
    assert q2[0]["se"] >= q2[1]["se"] * 0.97


def test_the_shape_of_the_plan_is_the_primary_model(late: Study) -> None:
    planned = replace(late, plan=replace(late.plan, shape="piecewise", bend_day=13.0))
    by_plan = sc.efficacy.growth(planned, GrowthOptions(robustness=False))
    stated = _fit(late, shape="piecewise", bend_day=13.0)
    pd.testing.assert_frame_equal(by_plan.estimates, stated.estimates)
    assert by_plan.options["shape"] == "piecewise"
    assert "growth.piecewise/1" in by_plan.methods


def test_a_bend_outside_the_visits_is_refused_with_what_to_do(late: Study) -> None:
    with pytest.raises(AnalysisRefused, match="bend_day = 3 is not between the baseline day 7"):
        _fit(late, shape="piecewise", bend_day=3.0)


def test_a_bend_day_needs_the_shape_that_bends() -> None:
    with pytest.raises(ValueError, match=r"bend_day=9\.0 with shape='gompertz'"):
        Specification(shape="gompertz", bend_day=9.0)


def test_a_plan_with_a_bend_and_no_bending_shape_is_a_finding(study: Study, tmp_path: Path) -> None:
    folder = write_study(simulate_study(SimulationDesign(FOUR), seed=1), tmp_path / "study")
    (folder / "plan.toml").write_text("[plan]\nbend_day = 9\n")
    with pytest.raises(StudyError, match="bend_day") as caught:
        sc.read_study(folder)
    assert "piecewise" in str(caught.value)


def test_gompertz_holds_its_sign_where_a_combination_regresses(study: Study) -> None:
    """The peer replaces the negative: a regressing combination equal to one agent is no synergy."""
    shrinking = {"both": -0.16, "ici": -0.24}
    plain = _bent(study, shrinking, lambda time: time)
    hsa = _fit(plain, shape="gompertz").estimates.query("null_model == 'hsa'")
    assert (hsa["status"].isin(["ok", "boundary"])).all()
    assert not (hsa["verdict"] == "synergy").any()


def test_on_straight_curves_gompertz_and_exponential_agree_within_a_standard_error(
    study: Study,
) -> None:
    pair = [
        _fit(study, shape=shape).estimates.query(
            "null_model == 'bliss' and estimand == 'log_ratio'"
        )
        for shape in ("exponential", "gompertz")
    ]
    first, second = (rows.iloc[0] for rows in pair)
    assert first["value"] == pytest.approx(second["value"], abs=first["se"])


@pytest.fixture(scope="module")
def cured(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return a study whose combination shrinks far below the limit."""
    arms = (*FOUR[:3], ArmDesign("both", -0.5, ("anti-PD-1", "molecule"), n=8))
    study = written(tmp_path_factory.mktemp("cured") / "study", arms=arms)
    limit = study.readout.limit
    assert (study.volumes["value"] <= limit).any()
    return sc.efficacy.growth(study, GrowthOptions(robustness=False))


def test_curves_and_course_show_nothing_below_the_detection_limit(cured: Result) -> None:
    curves, course = cured.tables["curves"], cured.tables["course"]
    own = curves[curves["arm"] == "both"]
    assert own["below_detection"].iloc[-1]
    floor = own.loc[own["below_detection"], "value"].unique()
    assert len(floor) == 1
    assert (curves[["value", "low", "high"]] >= floor[0] * (1 - 1e-12)).all(axis=None)
    q2 = course[course["question"] == "Q2"]
    assert q2["below_detection"].iloc[-1]
    comparator = curves[curves["arm"] == "ici"].set_index("day")["value"]
    lowest = np.log(floor[0] / comparator.to_numpy().max())
    assert q2["value"].min() >= lowest - 1e-9
    assert (q2["low"] <= q2["value"]).all()
    assert (q2["value"] <= q2["high"]).all()


def test_a_course_ends_where_an_arm_it_needs_is_last_measured(study: Study) -> None:
    volumes = study.volumes
    short = with_volumes(study, volumes[(volumes["arm"] != "vehicle") | (volumes["day"] <= 16)])
    course = _fit(short, shape="exponential").tables["course"]
    last = course.groupby("question")["day"].max()
    assert last["Q1"] <= 16
    assert last["Q2"] > 16
