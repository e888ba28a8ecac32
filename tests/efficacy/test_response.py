"""Response calls and rates of whole studies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import with_volumes, written

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.stats.response import ResponseRule
from smartcombo.study.model import Study

DATA = Path(__file__).parents[1] / "data" / "studies"


@pytest.fixture(scope="module")
def cured(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Return a study in which five of eight mice of the combination are cured."""
    study = written(tmp_path_factory.mktemp("cured") / "study")
    some = study.animals.query("arm == 'both'")["animal"].iloc[:5]
    late = study.volumes["animal"].isin(some) & (study.volumes["day"] > 12)
    volumes = study.volumes.assign(
        value=study.volumes["value"].mask(late, 0.0), at_limit=study.volumes["at_limit"] | late
    )
    return with_volumes(study, volumes)


@pytest.fixture(scope="module")
def response(cured: Study) -> Result:
    return sc.efficacy.response(cured)


def _one(result: Result, **wanted: str) -> pd.Series:
    rows = result.estimates
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, wanted
    return rows.iloc[0]


def test_a_cured_mouse_is_a_complete_responder_and_tumour_free(response: Result) -> None:
    calls = response.tables["calls"].query("arm == 'both'")
    assert (calls["category"] == "CR").sum() == 5
    assert calls["tumour_free"].sum() == 5


def test_every_animal_is_called_once(cured: Study, response: Result) -> None:
    assert sorted(response.tables["calls"]["animal"]) == sorted(cured.animals["animal"])


def test_rates_count_animals_with_intervals(response: Result) -> None:
    rate = _one(response, estimand="tumour_free_rate", arm="both")
    assert rate["value"] == pytest.approx(5 / 8)
    assert rate["n"] == 8
    assert 0 < rate["low"] < rate["value"] < rate["high"] < 1
    exact = response.tables["rates"].query("arm == 'both' and estimand == 'tumour_free_rate'")
    assert exact["exact_low"].iloc[0] < rate["low"]


def test_the_questions_about_response_have_the_sign_of_benefit(response: Result) -> None:
    q1 = _one(response, question="Q1", estimand="tumour_free_rate_difference")
    assert q1["value"] == pytest.approx(5 / 8)
    assert q1["verdict"] == "benefit"
    q4 = _one(response, question="Q4", estimand="tumour_free_rate_difference")
    assert q4["null_model"] == "independent_action"
    assert q4["verdict"] == "synergy"
    assert q4["value"] == pytest.approx(5 / 8)


def test_an_animal_that_left_before_the_first_day_counts_as_no_response(cured: Study) -> None:
    animal = cured.animals.query("arm == 'both'")["animal"].iloc[0]
    early = (cured.volumes["animal"] == animal) & (cured.volumes["day"] > 9)
    result = sc.efficacy.response(with_volumes(cured, cured.volumes[~early]))
    call = result.tables["calls"].set_index("animal").loc[animal]
    assert call["category"] == "not evaluable"
    assert not call["responded"]
    assert "not-evaluable" in {finding.code for finding in result.findings}
    assert _one(result, estimand="response_rate", arm="both")["n"] == 8


def test_the_first_day_that_counts_is_an_option_and_is_recorded(cured: Study) -> None:
    options = sc.efficacy.ResponseOptions(rule=ResponseRule(first_day=5.0))
    result = sc.efficacy.response(cured, options)
    assert result.options["rule"]["first_day"] == 5.0
    late = sc.efficacy.response(cured).tables["calls"]["best_percent"]
    assert (result.tables["calls"]["best_percent"] <= late + 1e-12).all()


def test_a_missing_arm_makes_its_question_missing(cured: Study) -> None:
    without = replace(cured, arms=tuple(arm for arm in cured.arms if arm.id != "molecule"),
                      volumes=cured.volumes[cured.volumes["arm"] != "molecule"],
                      animals=cured.animals[cured.animals["arm"] != "molecule"])  # fmt: skip
    result = sc.efficacy.response(without)
    row = _one(result, question="Q4", estimand="response_rate_difference")
    assert row["verdict"] == "missing"
    assert np.isnan(row["value"])


def test_the_level_is_a_fraction() -> None:
    with pytest.raises(ValueError, match="expected a fraction"):
        sc.efficacy.ResponseOptions(level=95)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "arm", "free", "n"),
    [("mariathasan_emt6", "both", 7, 10), ("mariathasan_emt6", "vehicle", 0, 10)],
)
def test_emt6_calls_its_complete_regressions(name: str, arm: str, free: int, n: int) -> None:
    rate = _one(sc.efficacy.response(sc.read_study(DATA / name)), estimand="tumour_free_rate",
                arm=arm)  # fmt: skip
    assert rate["value"] == pytest.approx(free / n)


@pytest.mark.realdata
@pytest.mark.parametrize("name", [path.name for path in sorted(DATA.iterdir())])
def test_no_animal_with_a_baseline_is_left_uncalled(name: str) -> None:
    study = sc.read_study(DATA / name)
    calls = sc.efficacy.response(study).tables["calls"]
    first = study.volumes[study.volumes["day"] == study.baseline_day]
    assert set(calls["animal"]) == set(first["animal"])
