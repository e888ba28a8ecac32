"""Tolerability: what is said of harm, of the tumour's mass, of limits, and of what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import FOUR, written

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.efficacy import TolerabilityOptions
from smartcombo.efficacy.weighings import common_day, select_weights
from smartcombo.study.body_weights import BodyWeights
from smartcombo.study.model import Limits, Study
from smartcombo.study.simulate import SimulationDesign, simulate_study
from smartcombo.study.simulated_files import write_study

LOSS = {"both": 0.12, "molecule": 0.04}


def _study(folder: Path, losses: dict[str, float], *, seed: int = 3) -> Study:
    arms = tuple(replace(arm, weight_loss=losses.get(arm.id, 0.0)) for arm in FOUR)
    design = SimulationDesign(arms, weights=BodyWeights())
    return sc.read_study(write_study(simulate_study(design, seed=seed), folder))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return _study(tmp_path_factory.mktemp("tolerability") / "study", LOSS)


@pytest.fixture(scope="module")
def result(study: Study) -> Result:
    return sc.efficacy.tolerability(study)


def _words(result: Result, estimand: str, endpoint: str = "body_weight") -> dict[str, str]:
    rows = result.estimates
    rows = rows[(rows["estimand"] == estimand) & (rows["endpoint"] == endpoint)]
    rows = rows[rows["question"].isin(["Q1", "Q2", "Q3", "Q4"])]
    return dict(zip(rows["question"], rows["verdict"], strict=True))


def _with_fates(study: Study, fates: dict[str, str]) -> Study:
    animals = study.animals.set_index("animal")
    animals.loc[list(fates), "fate"] = list(fates.values())
    return replace(study, animals=animals.reset_index()[list(study.animals.columns)])


def test_a_combination_that_costs_weight_is_called_harm(result: Result) -> None:
    assert _words(result, "weight_log_ratio") == dict.fromkeys(["Q1", "Q2", "Q3", "Q4"], "harm")
    q1 = result.select(question="Q1", estimand="weight_log_ratio")
    assert (q1["high"] < 0).all()
    assert q1["scale"].str.contains("minus is harm").all()
    assert result.tables["tolerance"]["verdict"].tolist() == ["harm"]


def test_a_lighter_tumour_is_no_harm_net_of_its_mass(tmp_path: Path) -> None:
    result = sc.efficacy.tolerability(_study(tmp_path / "s", {}))
    as_weighed = _words(result, "weight_log_ratio")
    net = _words(result, "weight_log_ratio", "body_weight_net")
    assert as_weighed["Q1"] == "harm"
    assert net["Q1"] == "inconclusive"
    sentence = result.tables["tolerance"].iloc[0]
    assert "Q1 harm as weighed, inconclusive net" in sentence["sentence"]
    assert sentence["verdict"] == "inconclusive"


def test_the_model_recovers_the_loss_of_the_simulator_net_of_the_tumour(tmp_path: Path) -> None:
    body = BodyWeights(sensitivity_sd=0.0, onset_days=1.0)
    arms = tuple(replace(arm, n=60, weight_loss=LOSS.get(arm.id, 0.0)) for arm in FOUR)
    made = simulate_study(SimulationDesign(arms, weights=body), seed=8)
    study = sc.read_study(write_study(made, tmp_path / "s"))
    rows = sc.efficacy.tolerability(study, TolerabilityOptions(net_of_tumour=True)).estimates
    rows = rows[(rows["estimand"] == "weight_log_ratio") & (rows["endpoint"] == "body_weight_net")]
    truth = {"Q1": np.log(0.88), "Q2": np.log(0.88), "Q3": np.log(0.88 / 0.96),
             "Q4": np.log(0.88 / 0.96)}  # fmt: skip
    for question, expected in truth.items():
        own = rows[rows["question"] == question].iloc[0]
        assert abs(own["value"] - expected) < 3 * own["se"] + 0.003, question


def test_no_limit_is_invented_and_the_page_is_told(study: Study) -> None:
    free = sc.efficacy.tolerability(replace(study, limits=Limits()))
    past = free.estimates[free.estimates["estimand"] == "past_weight_limit_rate"]
    assert past["status"].str.startswith("missing: the protocol's limit").all()
    assert past["value"].isna().all()
    assert not (free.checks["check"] == "weight-loss").any()
    assert "no limit of weight loss is stated" in free.tables["tolerance"]["sentence"].iloc[0]


@pytest.mark.parametrize(("limit", "flag"), [(0.05, "stop"), (0.13, "caution"), (0.5, "ok")])
def test_arms_are_flagged_by_the_limit_of_the_protocol(
    study: Study, limit: float, flag: str
) -> None:
    result = sc.efficacy.tolerability(replace(study, limits=Limits(weight_loss_fraction=limit)))
    checks = result.checks[result.checks["check"] == "weight-loss"].set_index("subject")
    assert checks.loc["both", "status"] == flag
    assert checks.loc["vehicle", "status"] == "ok"
    courses = result.tables["courses"]
    past = courses.groupby("arm")["past_limit"].sum()
    rates = result.estimates[result.estimates["estimand"] == "past_weight_limit_rate"]
    assert (rates.set_index("arm")["value"] * 8).round().to_dict() == past.to_dict()
    assert (courses["past_limit"] == (courses["nadir"] <= -limit)).all()


def test_an_animal_taken_for_its_weight_is_past_the_limit_and_a_treatment_death(
    study: Study,
) -> None:
    mice = [f"M1-both-0{k}" for k in (1, 2, 3, 4, 5)]
    fates = dict.fromkeys(mice[:3], "weight-loss") | dict.fromkeys(mice[3:], "found-dead")
    result = sc.efficacy.tolerability(_with_fates(study, fates))
    rates = result.estimates[result.estimates["estimand"] == "treatment_death_rate"]
    assert rates.set_index("arm")["value"].to_dict()["both"] == 5 / 8
    courses = result.tables["courses"].set_index("animal")
    assert courses.loc[mice[:3], "past_limit"].all()
    words = _words(result, "treatment_death_rate_difference", "treatment_deaths")
    assert words == dict.fromkeys(["Q1", "Q2", "Q3"], "harm")
    flags = result.checks[result.checks["check"] == "treatment-deaths"].set_index("subject")
    assert flags["status"].to_dict() == {"vehicle": "ok", "ici": "ok", "molecule": "ok",
                                         "both": "caution"}  # fmt: skip


def test_fates_that_are_not_stated_are_missing_and_never_zero(study: Study) -> None:
    result = sc.efficacy.tolerability(_with_fates(study, {"M1-both-01": "unknown"}))
    deaths = result.estimates[result.estimates["endpoint"] == "treatment_deaths"]
    own = deaths[(deaths["arm"] == "both")]
    assert (own["verdict"] == "missing").all()
    assert own["value"].isna().all()
    assert own["status"].str.contains("1 of 8 animals left").any()
    assert "deaths are not known" in result.tables["tolerance"]["sentence"].iloc[0]


def test_a_study_without_weights_has_no_answer_rather_than_a_good_one(tmp_path: Path) -> None:
    result = sc.efficacy.tolerability(written(tmp_path / "s"))
    assert set(_words(result, "weight_log_ratio").values()) == {"missing"}
    assert result.tables["courses"].empty
    assert "body weight is not known" in result.tables["tolerance"]["sentence"].iloc[0]


def test_a_study_without_weights_and_without_fates_says_so_and_does_not_fail(
    tmp_path: Path,
) -> None:
    study = written(tmp_path / "s")
    result = sc.efficacy.tolerability(replace(study, animals=study.animals.assign(fate="unknown")))
    assert result.estimates["value"].isna().all()
    assert "deaths are not known" in result.tables["tolerance"]["sentence"].iloc[0]


def test_an_arm_of_one_weighed_animal_is_refused_politely(study: Study) -> None:
    lone = study.weights[(study.weights["arm"] != "ici") | (study.weights["animal"] == "M1-ici-01")]
    result = sc.efficacy.tolerability(replace(study, weights=lone))
    rows = result.estimates[result.estimates["estimand"] == "weight_log_ratio"]
    assert rows["status"].str.startswith("missing: an arm with one animal weighed").all()
    own = result.estimates[result.estimates["estimand"] == "weight_nadir"].set_index("arm")
    assert own.loc["ici", "n"] == 1
    assert np.isnan(own.loc["ici", "low"])


def test_every_weighing_is_analysed_or_left_out_for_a_reason(study: Study) -> None:
    animals = study.animals.assign(excluded=study.animals["animal"] == "M1-ici-02")
    early = study.weights[study.weights["day"] == 7].assign(day=3.0)
    weights = pd.concat([study.weights, early], ignore_index=True)
    other = replace(study, animals=animals, weights=weights)
    result = sc.efficacy.tolerability(other)
    counts = result.tables["weighings"].set_index("weighings")["number"]
    assert counts["read"] == len(weights)
    assert counts["read"] == counts.drop("read").sum()
    assert counts["of excluded animals"] > 0
    assert counts["before baseline"] == 31
    assert "weights-before-baseline" in {finding.code for finding in result.findings}
    assert "M1-ici-02" not in set(result.tables["courses"]["animal"])


def test_a_longer_life_is_a_longer_exposure_and_is_said(study: Study) -> None:
    kept = (study.weights["arm"] == "both") | (study.weights["day"] <= 13)
    shorter = study.animals.assign(
        fate_day=np.where(study.animals["arm"] == "both", 22.0, 13.0), fate="planned-cull"
    )
    result = sc.efficacy.tolerability(replace(study, weights=study.weights[kept], animals=shorter))
    assert result.options["declared_day"] == {"M1": 13.0}
    days = result.select(question="Q2", estimand="days_followed_difference").iloc[0]
    assert days["value"] == 9.0
    sentence = result.tables["tolerance"]["sentence"].iloc[0]
    assert "exposed, for 15 days against 6 days for ici and 6 days for molecule" in sentence


def test_the_common_day_asks_who_is_followed_and_not_who_was_weighed_that_day(
    study: Study,
) -> None:
    shifted = study.weights.assign(
        day=study.weights["day"] + np.where(study.weights["day"] > 7, 0.5, 0.0)
        * (study.weights["animal"].str[-1].astype(int) % 2)
    )  # fmt: skip
    found = select_weights(replace(study, weights=shifted), "M1", net=False, day=None)
    assert found is not None
    assert common_day(found.frame.rows, found.frame.baseline_day) >= 22.0


def test_net_of_the_tumour_needs_a_volume(study: Study) -> None:
    other = replace(study, readout=replace(study.readout, name="flux", unit="RLU"))
    with pytest.raises(sc.AnalysisRefused, match="flux in RLU"):
        sc.efficacy.tolerability(other, TolerabilityOptions(net_of_tumour=True))
    endpoints = set(sc.efficacy.tolerability(other).estimates["endpoint"])
    assert "body_weight_net" not in endpoints
    with pytest.raises(ValueError, match="level=95"):
        TolerabilityOptions(level=95)
