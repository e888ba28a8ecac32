"""Programmes of single mice: the model is the unit."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import programme, with_volumes, written

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.efficacy import SingleMouseOptions
from smartcombo.study.model import Study

PDXE = Path(__file__).parents[1] / "data" / "studies" / "pdxe"
CURED, GROWS, LATE = -np.inf, 0.1, 0.06
RATES = {
    "vehicle": [GROWS, 0.12, 0.09, 0.11, GROWS, 0.13, 0.08, 0.1, 0.12, 0.09],
    "ici": [CURED, CURED, 0.05, 0.06, 0.04, 0.09, 0.07, 0.05, 0.08, 0.07],
    "molecule": [0.05, CURED, CURED, 0.07, 0.06, 0.08, 0.05, 0.06, 0.09, 0.05],
    "both": [CURED, CURED, CURED, CURED, CURED, CURED, 0.02, 0.03, 0.05, 0.01],
}
"""Both responds in 6 of 10 models, either agent in 3 of them; no model loses a response."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return programme(tmp_path_factory.mktemp("programme"), RATES)


@pytest.fixture(scope="module")
def result(study: Study) -> Result:
    return sc.efficacy.single_mouse(study)


def _one(result: Result, *, model: str = "all models", **wanted: str) -> pd.Series:
    rows = result.estimates
    for column, value in (wanted | {"model": model}).items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, wanted
    return rows.iloc[0]


def test_the_model_is_the_unit_of_every_number(result: Result) -> None:
    rate = _one(result, estimand="response_rate", arm="both")
    assert (rate["value"], rate["n"]) == (pytest.approx(0.6), 10)
    assert rate["unit"] == "fraction of models"
    lung = _one(result, model="lung", estimand="response_rate", arm="both")
    assert (lung["value"], lung["n"]) == (pytest.approx(3 / 5), 5)


def test_questions_are_answered_within_models(result: Result) -> None:
    q2 = _one(result, question="Q2", estimand="response_rate_difference")
    assert (q2["value"], q2["n"]) == (pytest.approx(0.4), 10)
    odds = _one(result, question="Q2", estimand="response_odds_ratio")
    assert odds["value"] == np.inf
    assert "(4 / 0)" in odds["scale"]
    growth = _one(result, question="single", arm="ici", estimand="growth_rate_shift")
    assert growth["value"] < 0
    assert growth["verdict"] == "benefit"


def test_independent_action_is_the_best_part_of_each_model(result: Result) -> None:
    """Models 0 to 2 respond to a part, 0 to 5 to the combination: 3 of 10 beyond."""
    q4 = _one(result, question="Q4", estimand="response_rate_difference")
    assert q4["null_model"] == "independent_action"
    assert q4["value"] == pytest.approx(0.3)
    assert "(3 / 0)" in _one(result, question="Q4", estimand="response_odds_ratio")["scale"]


def test_growth_rates_are_slopes_and_bliss_adds_them(tmp_path: Path) -> None:
    rates = {"vehicle": [0.2] * 6, "ici": [0.15, 0.16, 0.14, 0.15, 0.15, 0.15],
             "molecule": [0.1] * 6, "both": [0.05, 0.06, 0.04, 0.05, 0.05, 0.05]}  # fmt: skip
    result = sc.efficacy.single_mouse(programme(tmp_path, rates))
    bliss = _one(result, question="Q4", estimand="growth_rate_difference", null_model="bliss")
    assert bliss["value"] == pytest.approx(0.0, abs=1e-12)
    best = _one(
        result, question="Q4", estimand="growth_rate_difference", null_model="independent_action"
    )
    assert best["value"] == pytest.approx(-0.05)
    mean = _one(result, estimand="growth_rate", arm="vehicle")
    assert mean["value"] == pytest.approx(0.2)


def test_time_to_double_is_restricted_to_what_both_were_followed(result: Result) -> None:
    q1 = _one(result, question="Q1", estimand="restricted_mean_difference")
    assert "days up to 20" in q1["scale"]
    days = np.arange(0.0, 24.0, 4.0)

    def mean(arm: str) -> float:
        """Return the mean time to double up to day 20, interpolated on the volume."""
        curves = [np.r_[1.0, np.exp(rate * days[1:])] for rate in RATES[arm]]
        return float(np.mean([np.interp(2.0, c, days) if c[-1] >= 2 else 20.0 for c in curves]))

    assert q1["value"] == pytest.approx(mean("both") - mean("vehicle"), abs=1e-9)
    assert q1["verdict"] == "benefit"


def test_treatments_that_share_too_few_models_are_not_compared(tmp_path: Path) -> None:
    nan = float("nan")
    rates = RATES | {"ici": [nan] * 7 + RATES["ici"][7:]}
    result = sc.efficacy.single_mouse(programme(tmp_path, rates))
    q2 = _one(result, question="Q2", estimand="response_rate_difference")
    assert q2["status"] == "too few models: 3 had all of its treatments, 5 are needed"
    assert q2["verdict"] == "not estimable"
    pairs = result.tables["all_pairs"]
    assert not ((pairs["arm"] == "ici") | (pairs["comparator"] == "ici")).any()
    assert _one(result, question="Q1", estimand="response_rate_difference")["n"] == 10


def test_every_pair_of_treatments_is_compared_once(result: Result) -> None:
    pairs = result.tables["all_pairs"]
    assert len(pairs) == 6
    row = pairs[(pairs["arm"] == "ici") & (pairs["comparator"] == "both")].iloc[0]
    assert (row["only_arm"], row["only_comparator"], row["both"]) == (0, 4, 2)
    assert row["p_bh"] >= row["p"]


def test_several_mice_of_one_model_are_one_unit(study: Study) -> None:
    """Two of three mice cured: the model responds; its rate is their mean."""
    copies = []
    for k, arm in enumerate(("both", "vehicle")):
        rows = study.volumes[(study.volumes["arm"] == arm) & (study.volumes["model"] == "M00")]
        copies.append(rows.assign(arm="vehicle", animal=f"copy {k}", value=rows["value"],
                                  at_limit=rows["at_limit"]))  # fmt: skip
    again = copies[0].assign(animal="copy 2")
    volumes = pd.concat([study.volumes, copies[0], again], ignore_index=True)
    animals = study.animals[study.animals["animal"] == "vehicle-00"]
    more = [animals.assign(animal=name) for name in ("copy 0", "copy 2")]
    bigger = replace(with_volumes(study, volumes), animals=pd.concat([study.animals, *more]))
    result = sc.efficacy.single_mouse(bigger)
    rate = _one(result, estimand="response_rate", arm="vehicle")
    assert (rate["value"], rate["n"]) == (pytest.approx(0.1), 10)
    assert "several-mice-an-arm" in {finding.code for finding in result.findings}


def test_a_mouse_of_one_visit_is_called_out_in_the_accounting(study: Study) -> None:
    lone = (study.volumes["animal"] == "ici-05") & (study.volumes["day"] > 0)
    result = sc.efficacy.single_mouse(with_volumes(study, study.volumes[~lone]))
    table = result.tables["accounting"].groupby(["analysis", "fate"])["animals"].sum()
    assert table["programme, growth rate", "one visit only"] == 1
    assert table["programme, growth rate", "analysed"] == 39
    assert table["programme", "analysed"] == 40
    sums = result.tables["accounting"].groupby("analysis")[["animals", "measurements"]].sum()
    assert (sums["animals"] == 40).all()
    assert (sums["measurements"] == int((~lone).sum())).all()


def test_growth_and_response_refuse_single_mice_and_say_where_to_go(study: Study) -> None:
    for analysis in (sc.efficacy.growth, sc.efficacy.response):
        with pytest.raises(sc.AnalysisRefused, match=r"one animal.*`single_mouse`"):
            analysis(study)


def test_a_study_of_one_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(sc.AnalysisRefused, match=r"1 model\(s\) .* at least 5. Use growth"):
        sc.efficacy.single_mouse(written(tmp_path / "study"))


def test_options_that_cannot_be_are_refused_with_what_was_found() -> None:
    with pytest.raises(ValueError, match=r"minimum_models=1: expected at least 2"):
        SingleMouseOptions(minimum_models=1)
    with pytest.raises(ValueError, match=r"horizon=0: expected days after baseline, above 0"):
        SingleMouseOptions(horizon=0)


def test_the_paired_intervals_hold_their_level(tmp_path: Path) -> None:
    """300 programmes of 30 models, difference in growth rate 0.03 a day; 99.9% band of 95%."""
    from smartcombo.stats.paired import mean_shift, median_shift

    rng = np.random.default_rng(8)
    inside = np.zeros(2)
    for _ in range(300):
        model = rng.normal(0.1, 0.05, 30)
        gaps = (model + rng.normal(-0.03, 0.03, 30)) - (model + rng.normal(0, 0.03, 30))
        for k, got in enumerate((mean_shift(gaps), median_shift(gaps))):
            inside[k] += got.low <= -0.03 <= got.high
    assert ((inside >= 272) & (inside <= 297)).all(), inside


@pytest.mark.realdata
def test_the_encyclopaedia_is_read_and_analysed_in_under_a_minute() -> None:
    began = time.process_time()
    study = sc.read_study(PDXE)
    result = sc.efficacy.single_mouse(study)
    assert time.process_time() - began < 60
    assert (len(study.models), len(study.animals), len(study.volumes)) == (277, 4712, 67445)
    table = result.tables["accounting"]
    sums = table.groupby("analysis")[["animals", "measurements"]].sum()
    assert (sums == [4712, 67445]).all().all()
    left = table[table["fate"] != "analysed"].groupby("analysis")["animals"].sum()
    assert (left == 7).all()
    assert set(table["fate"]) == {"analysed", "not measured on the baseline day 0"}
    assert len(result.tables["calls"]) == 4705
    assert result.estimates["arm"].nunique() == 62
    assert len(result.tables["all_pairs"]) > 800
    codes = [finding.code for finding in study.findings]
    assert codes.count("single-mouse-design") == 1
    assert "few-animals" not in codes


@pytest.mark.realdata
def test_the_encyclopaedia_agrees_with_its_published_calls(shared_dir: Path) -> None:
    """Through the study: at least 86.8% of categories and 96% of times to double."""
    result = sc.efficacy.single_mouse(sc.read_study(PDXE), SingleMouseOptions(all_pairs=False))
    calls = result.tables["calls"]
    calls = calls.assign(animal=calls["animal"].str.split(":").str[-1].astype(int))
    folder = shared_dir / "peers" / "invivo"
    published = pd.read_csv(folder / "pdxe_mrecist_published_vs_recomputed.csv")
    both = published.merge(calls, on=["model", "arm", "animal"])
    assert len(both) > 4500
    assert np.mean(both["category"] == both["pubbest"]) >= 0.868
    assert np.mean(np.abs(both["time_to_double_y"] - both["TimeToDouble"]) <= 0.05) > 0.96
