"""The bootstrap of animals: beside the estimates, deterministic, refused where it cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from studies import FOUR, written

import smartcombo as sc
from smartcombo.core.finding import AnalysisRefused
from smartcombo.core.result import ESTIMATE_COLUMNS, Result
from smartcombo.efficacy.options import GrowthOptions, Specification
from smartcombo.study.model import Study

DRAWS = 199
OPTIONS = GrowthOptions(robustness=False, bootstrap=DRAWS)
KEYS = ["endpoint", "estimand", "question", "null_model", "contrast"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return written(tmp_path_factory.mktemp("plain") / "study")


@pytest.fixture(scope="module")
def censored(plain: Study) -> Study:
    """Return the study with its smallest tenth of volumes below the detection limit."""
    limit = float(plain.volumes["value"].quantile(0.1))
    volumes = plain.volumes.assign(at_limit=plain.volumes["value"] <= limit)
    return replace(plain, volumes=volumes, readout=replace(plain.readout, limit=limit))


@pytest.fixture(scope="module", params=["plain", "censored"])
def study(request: pytest.FixtureRequest) -> Study:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def growth(study: Study) -> Result:
    return sc.efficacy.growth(study, OPTIONS)


def test_the_questions_come_again_with_the_same_estimates(growth: Result) -> None:
    table = growth.tables["bootstrap"]
    asked = growth.estimates[growth.estimates["question"] != ""]
    assert list(table.columns) == [*ESTIMATE_COLUMNS, "draws", "settled"]
    both = asked.merge(table, on=KEYS, suffixes=("", "_again"))
    assert len(both) == len(asked) == len(table)
    np.testing.assert_allclose(both["value"], both["value_again"], rtol=1e-12)
    assert set(table["method"]) == {"growth.case-bootstrap/1"}
    assert set(table["draws"]) == {DRAWS}
    assert (table["settled"] >= 0.98 * DRAWS).all()


def test_its_intervals_are_about_those_of_a_model_that_holds(growth: Result) -> None:
    asked = growth.estimates[growth.estimates["question"] != ""]
    both = asked.merge(growth.tables["bootstrap"], on=KEYS, suffixes=("", "_again"))
    both = both[both["estimand"] == "growth_rate_difference"]
    ratio = (both["high_again"] - both["low_again"]) / (both["high"] - both["low"])
    assert ratio.between(0.6, 1.6).all()


def test_p_and_interval_speak_of_one_distribution(growth: Result) -> None:
    table = growth.tables["bootstrap"]
    tested = table[table["p"].notna() & (table["null_model"] != "hsa")]
    differences = tested[tested["estimand"] == "growth_rate_difference"]
    away = (differences["low"] > 0) | (differences["high"] < 0)
    np.testing.assert_array_equal(away, differences["p"] < 0.05)
    assert (tested["p"] >= 1 / (DRAWS + 1)).all()
    assert table.loc[table["null_model"] == "hsa", "p"].notna().all()


def test_workers_change_nothing_and_the_seed_does(study: Study, growth: Result) -> None:
    for workers in (2, 3):
        again = sc.efficacy.growth(study, OPTIONS, workers=workers)
        pd.testing.assert_frame_equal(again.tables["bootstrap"], growth.tables["bootstrap"])
    other = replace(study, plan=replace(study.plan, seed=5))
    moved = sc.efficacy.growth(other, OPTIONS).tables["bootstrap"]
    assert not np.allclose(moved["low"], growth.tables["bootstrap"]["low"])


def test_the_estimates_are_those_without_it_and_it_is_off_by_default(
    study: Study, growth: Result
) -> None:
    without = sc.efficacy.growth(study, GrowthOptions(robustness=False))
    pd.testing.assert_frame_equal(without.estimates, growth.estimates)
    assert "bootstrap" not in without.tables
    assert "growth.case-bootstrap/1" in growth.methods
    assert "growth.case-bootstrap/1" not in without.methods
    assert growth.options["bootstrap"] == DRAWS


def test_censored_refits_differ_from_those_at_the_limit(censored: Study) -> None:
    at_limit = replace(OPTIONS, specification=Specification(detection="at-limit"))
    one, other = (sc.efficacy.growth(censored, o).tables["bootstrap"] for o in (OPTIONS, at_limit))
    assert not np.allclose(one["value"], other["value"])
    assert np.isfinite(other["low"].astype(float)).all()


@pytest.mark.parametrize("draws", [-1, 50, 1000.0, True, "1000"])
def test_a_number_of_draws_that_is_none_is_refused(draws: object) -> None:
    with pytest.raises(ValueError, match=r"bootstrap=.*expected 0 \(none\) or a whole number"):
        GrowthOptions(bootstrap=draws)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "specification",
    [
        Specification(variance="by-arm"),
        Specification(shape="gompertz"),
        Specification(shape="piecewise"),
        Specification(cluster="cage"),
    ],
)
def test_a_model_that_is_not_refitted_is_refused(specification: Specification) -> None:
    with pytest.raises(ValueError, match="set bootstrap=0 or change these"):
        GrowthOptions(specification, bootstrap=1000)


@pytest.mark.parametrize(
    "specification",
    [
        Specification(shape="spline"),
        Specification(shape="piecewise", bend_day=9.0),
        Specification(baseline="relative", inference="cr2"),
    ],
)
def test_other_linear_models_are_resampled_too(plain: Study, specification: Specification) -> None:
    table = sc.efficacy.growth(plain, replace(OPTIONS, specification=specification)).tables
    assert (table["bootstrap"]["low"] < table["bootstrap"]["high"]).all()


def test_a_curved_shape_of_the_plan_is_refused_as_an_analysis(plain: Study) -> None:
    bent = replace(plain, plan=replace(plain.plan, shape="gompertz"))
    with pytest.raises(AnalysisRefused, match="set bootstrap=0 or change these"):
        sc.efficacy.growth(bent, OPTIONS)


def test_arms_of_few_animals_are_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    arms = (*FOUR[:3], replace(FOUR[3], n=4))
    small = written(tmp_path_factory.mktemp("small") / "study", arms=arms)
    with pytest.raises(AnalysisRefused, match=r"fewer than 5 animals: both \(4\)"):
        sc.efficacy.growth(small, OPTIONS)


def test_few_draws_for_a_high_level_are_refused(plain: Study) -> None:
    with pytest.raises(AnalysisRefused, match="expected at least 500"):
        sc.efficacy.growth(plain, replace(OPTIONS, level=0.99))
