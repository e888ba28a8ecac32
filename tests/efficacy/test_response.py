"""Response calls and rates of whole studies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import names_with_volumes, with_volumes, written

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


def test_the_odds_ratio_stands_beside_the_difference(response: Result) -> None:
    row = _one(response, question="Q1", estimand="tumour_free_odds_ratio")
    assert (row["value"], row["high"]) == (np.inf, np.inf)
    assert row["low"] > 1
    assert row["verdict"] == "benefit"
    pair = response.tables["pairs"].query("question == 'Q1' and estimand == 'tumour_free_rate'")
    assert pair[["k", "n", "k_other", "n_other"]].to_numpy().tolist() == [[5, 8, 0, 8]]
    silent = _one(response, question="single", estimand="tumour_free_odds_ratio", arm="ici")
    assert silent["verdict"] == "not estimable"
    assert silent["status"].startswith("no odds")


def test_a_cure_needs_follow_up_to_its_day_and_a_tumour_is_none(cured: Study) -> None:
    """Two cured mice leave early, one by plan with a tumour: three are not judged."""
    free = cured.animals.query("arm == 'both'")["animal"].iloc[:2].tolist()
    planned = cured.animals.query("arm == 'both'")["animal"].iloc[7]
    late = (cured.volumes["day"] > 17) & cured.volumes["animal"].isin([*free, planned])
    animals = cured.animals.assign(
        fate=cured.animals["fate"].mask(cured.animals["animal"] == planned, "planned-cull")
    )
    study = replace(with_volumes(cured, cured.volumes[~late]), animals=animals)
    day = float(cured.volumes.query("animal == @free[0]")["day"].max())
    result = sc.efficacy.response(study, sc.efficacy.ResponseOptions(cure_day=day))
    rate = _one(result, estimand="cure_rate", arm="both")
    assert (rate["value"], rate["n"]) == (pytest.approx(3 / 5), 5)
    calls = result.tables["calls"].set_index("animal")["cured"]
    assert calls[[*free, planned]].isna().all()
    assert not calls[calls.index.str.startswith("vehicle")].fillna(False).any()
    assert "cure-not-evaluable" in {finding.code for finding in result.findings}


def test_a_relapse_after_the_day_is_no_cure(cured: Study) -> None:
    animal = cured.animals.query("arm == 'both'")["animal"].iloc[0]
    own = cured.volumes["animal"] == animal
    last = cured.volumes.loc[own, "day"].max()
    back = own & (cured.volumes["day"] == last)
    volumes = cured.volumes.assign(value=cured.volumes["value"].mask(back, 90.0),
                                   at_limit=cured.volumes["at_limit"] & ~back)  # fmt: skip
    result = sc.efficacy.response(
        with_volumes(cured, volumes), sc.efficacy.ResponseOptions(cure_day=14)
    )
    call = result.tables["calls"].set_index("animal").loc[animal]
    assert not call["cured"]
    assert _one(result, estimand="cure_rate", arm="both")["value"] == pytest.approx(4 / 8)


def test_a_day_that_nobody_reached_has_a_status_and_no_number(cured: Study) -> None:
    animals = cured.animals.assign(fate="planned-cull")
    result = sc.efficacy.response(
        replace(cured, animals=animals), sc.efficacy.ResponseOptions(cure_day=500)
    )
    row = _one(result, estimand="cure_rate", arm="both")
    assert np.isnan(row["value"])
    assert row["status"] == "no animal followed to the day"
    asked = _one(result, question="Q2", estimand="cure_rate_difference")
    assert asked["verdict"] == "not estimable"


def test_the_plan_states_the_rule_and_the_report_prints_every_parameter(tmp_path: Path) -> None:
    from smartcombo.study.example import write_example

    folder = write_example(tmp_path / "study")
    plan = (folder / "plan.toml").read_text(encoding="utf-8")
    stated = '\n[response]\nrule = "recist"\nmeasure = "volume"\npartial = -40\ncure_day = 25\n'
    (folder / "plan.toml").write_text(plan + stated, encoding="utf-8")
    study = sc.read_study(folder)
    result = sc.efficacy.response(study)
    assert result.methods[0] == "response.recist/1"
    assert (result.options["rule"]["partial"], result.options["cure_day"]) == (-40, 25)
    page = sc.report(study, result, to=tmp_path / "page.html").read_text(encoding="utf-8")
    for word in ("RECIST-like", "of volume from baseline", "at or below -40%", "+20% of baseline",
                 "unconfirmed", "from day 1 after", "cured on day 25"):  # fmt: skip
        assert word in page, word


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        ('rule = "recist"\nstable = [35, 30]', "stable"),
        ("measure = 'volume'", "measure"),
        ("partial = -50", "partial"),
        ('rule = "recist"\npartial = 30', "progressive"),
        ('rule = "recyst"', "'mrecist' or 'recist'"),
    ],
)
def test_a_rule_of_the_plan_that_cannot_be_is_a_finding(tmp_path, stated: str, found: str) -> None:
    from smartcombo.study.example import write_example

    folder = write_example(tmp_path / "study")
    path = folder / "plan.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n[response]\n{stated}\n", encoding="utf-8")
    problems = [finding for finding in sc.check_study(folder) if finding.severity == "error"]
    assert [problem.code for problem in problems] == ["bad-value"]
    assert found in problems[0].expected + problems[0].column


REAL = names_with_volumes()


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
def test_animals_and_values_in_are_analysed_or_left_out_with_a_reason(name: str) -> None:
    study = sc.read_study(DATA / name)
    for analysis in (sc.efficacy.response, sc.efficacy.progression):
        result = analysis(study)
        table = result.tables["accounting"]
        assert table["animals"].sum() == len(study.animals)
        assert table["measurements"].sum() == len(study.volumes)
        used = table.loc[table["fate"] == "analysed", "animals"].sum()
        counted = result.tables["calls" if "calls" in result.tables else "times"]
        assert used == counted["animal"].nunique()
        assert (table["fate"].str.len() > 0).all()


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
def test_no_animal_with_a_baseline_is_left_uncalled(name: str) -> None:
    study = sc.read_study(DATA / name)
    calls = sc.efficacy.response(study).tables["calls"]
    first = study.volumes[study.volumes["day"] == study.baseline_day]
    assert set(calls["animal"]) == set(first["animal"])
