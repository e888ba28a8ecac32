"""Who left, and how far the four questions could be off: the analysis and its words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import FOUR, with_volumes, written

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.study.model import Study
from smartcombo.study.simulate import SimulationDesign, simulate_study
from smartcombo.study.simulated_files import write_study

ALL = ["leaving.mar/1", "leaving.last-observation/1", "leaving.complete-cases/1",
       "leaving.last-day/1", "leaving.delta/1", "leaving.joint/1"]  # fmt: skip
GONE = {"vehicle": ((0, 10.0, "ulceration"),),
        "molecule": ((1, 13.0, "found-dead"),),
        "both": ((0, 10.0, "ulceration"), (3, 13.0, "weight-loss"),
                 (5, 13.0, "ulceration"))}  # fmt: skip
FEW = sc.efficacy.LeavingOptions(imputations=30, shifts=4, day=22.0)


def without(study: Study, gone: dict, fate: str | None = None) -> Study:
    """Return the study in which animals (number in arm, last day, fate) left early."""
    volumes, animals = study.volumes.copy(), study.animals.copy()
    for arm, leavers in gone.items():
        names = animals.loc[animals["arm"] == arm, "animal"].tolist()
        for number, day, reason in leavers:
            who = names[number]
            volumes = volumes[~((volumes["animal"] == who) & (volumes["day"] > day))]
            row = animals["animal"] == who
            animals.loc[row, "fate"] = fate or reason
            animals.loc[row, "fate_day"] = day + 1
    return replace(with_volumes(study, volumes.reset_index(drop=True)), animals=animals)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Return a study in which nobody leaves."""
    design = SimulationDesign(FOUR, size_limit_mm3=None)
    folder = tmp_path_factory.mktemp("leaving") / "study"
    from smartcombo.study.read import read_study

    return read_study(write_study(simulate_study(design, seed=2), folder))


@pytest.fixture(scope="module")
def early(base: Study) -> Study:
    return without(base, GONE)


@pytest.fixture(scope="module")
def result(early: Study) -> Result:
    return sc.efficacy.leaving(early, FEW)


def panel(result: Result, question: str = "Q2", null: str = "") -> pd.DataFrame:
    """Return the log ratios of a question by method."""
    table = result.estimates
    rows = table[(table["question"] == question) & (table["null_model"] == null)]
    return rows[rows["estimand"] == "log_ratio"].set_index("method")


def test_a_study_that_nobody_left_gets_one_calm_sentence_and_no_panel(base: Study) -> None:
    got = sc.efficacy.leaving(base)
    words = got.tables["leaving_words"]["sentence"].tolist()
    assert len(words) == 1
    assert "no animal left before the declared day" in words[0]
    assert "cannot change it" in words[0]
    for name in ("leaving_by_arm", "delta_curves", "tipping_points"):
        assert got.tables[name].empty
    assert set(got.estimates["method"]) == {"leaving.who/1"}
    assert got.findings == ()


def test_every_question_is_answered_by_every_method(result: Result) -> None:
    for question, null in (("Q1", ""), ("Q2", ""), ("Q3", ""), ("Q4", "hsa"), ("Q4", "bliss")):
        rows = panel(result, question, null)
        assert rows.index.tolist() == ALL
        assert np.isfinite(rows[["value", "low", "high"]].to_numpy(float)).all()
        assert (rows["verdict"] != "").all()


def test_the_reference_is_the_growth_analysis(early: Study, result: Result) -> None:
    growth = sc.efficacy.growth(early, sc.efficacy.GrowthOptions(day=22.0, robustness=False))
    own = result.estimates[result.estimates["method"] == "leaving.mar/1"]
    keys = ["question", "null_model", "estimand", "contrast"]
    both = own.merge(growth.estimates, on=keys, suffixes=("", "_growth"))
    assert len(both) == len(own) == 10
    for name in ("value", "low", "high"):
        assert both[name].to_numpy(float) == pytest.approx(both[f"{name}_growth"].to_numpy(float))
    assert (both["verdict"] == both["verdict_growth"]).all()


def test_without_shift_the_imputed_answer_is_the_reference(result: Result) -> None:
    curves = result.tables["delta_curves"]
    flat = curves[(curves["delta"] == 0) & (curves["scope"] == "all arms")]
    for row in flat[flat["null_model"] != "hsa"].itertuples():
        want = panel(result, row.question, row.null_model).loc["leaving.mar/1"]
        # Thirty imputations of a fifth of an arm: a third of a standard error at most.
        assert row.value == pytest.approx(want["value"], abs=want["se"] / 3)


def test_a_faster_tumour_after_leaving_is_worse_for_the_combination(result: Result) -> None:
    curves = result.tables["delta_curves"]
    own = curves[(curves["question"] == "Q2") & (curves["scope"] == "combination")]
    assert (np.diff(own.sort_values("delta")["value"]) > 0).all()
    stressed, reference = (panel(result).loc[m, "value"] for m in (ALL[4], ALL[0]))
    assert stressed > reference


def test_at_a_tipping_point_a_limit_of_the_interval_is_zero_and_the_word_another(
    result: Result,
) -> None:
    tips, curves = result.tables["tipping_points"], result.tables["delta_curves"]
    found = tips[np.isfinite(tips["delta"].astype(float))]
    assert len(found)
    for tip in found.itertuples():
        own = curves[
            (curves["contrast"] == tip.contrast) & (curves["null_model"] == tip.null_model)
            & (curves["scope"] == tip.scope)
        ].sort_values("delta")  # fmt: skip
        limits = [np.interp(tip.delta, own["delta"], own[end]) for end in ("low", "high")]
        assert min(np.abs(limits)) < 1e-9
        assert tip.word != tip.becomes
        closer = own[(own["delta"] * tip.direction >= 0)
                     & (own["delta"].abs() < abs(tip.delta))]  # fmt: skip
        assert set(closer["verdict"]) == {tip.word}
    words = " ".join(result.tables["leaving_words"]["sentence"])
    assert "only if" in words
    assert "per day faster than predicted" in words
    assert "times their own rate" in words


def test_the_joint_model_tells_its_association_with_an_interval(result: Result) -> None:
    row = result.select(estimand="association").iloc[0]
    assert row["status"] in ("ok", "boundary")
    assert 0 < row["low"] < row["value"] < row["high"]
    assert row["n"] == 32


def test_leaving_at_the_size_limit_alone_leaves_nothing_to_shift(base: Study) -> None:
    got = sc.efficacy.leaving(without(base, GONE, "size-limit"), FEW)
    rows = panel(got)
    for method in ("leaving.delta/1", "leaving.joint/1"):
        assert rows.loc[method, "verdict"] == "not estimable"
        assert rows.loc[method, "status"].startswith("not estimable: ")
        assert not np.isfinite(rows.loc[method, "value"])
    assert np.isfinite(rows.loc["leaving.last-observation/1", "value"])
    assert "nothing to shift" in got.tables["leaving_words"]["sentence"].iloc[0]


def test_an_unknown_reason_is_said_and_not_guessed(base: Study) -> None:
    got = sc.efficacy.leaving(without(base, GONE, "unknown"), FEW)
    assert [finding.code for finding in got.findings] == ["left-for-unknown-reason"]
    assert "5 of 32" in got.findings[0].found
    assert "for an unstated reason" in got.tables["leaving_words"]["sentence"].iloc[0]
    assert np.isfinite(panel(got).loc["leaving.delta/1", "value"])
    assert "stated reason" in panel(got).loc["leaving.joint/1", "status"]


def test_covariates_of_the_plan_are_in_every_answer(early: Study) -> None:
    sexed = early.animals.assign(sex=["m" if k % 2 else "f" for k in range(len(early.animals))])
    plan = replace(early.plan, covariates=("sex",), day=FEW.day)
    planned = replace(early, animals=sexed, plan=plan)
    quick = sc.efficacy.GrowthOptions(robustness=False)
    rows = sc.efficacy.growth(planned, quick).select(question="Q2", estimand="log_ratio")
    answers = panel(sc.efficacy.leaving(planned, FEW))
    for name in ("value", "low", "high"):
        assert answers.loc["leaving.mar/1", name] == pytest.approx(rows[name].iloc[0], rel=1e-6)
    assert np.isfinite(answers.loc[ALL, "value"].to_numpy(float)).all()


def test_who_left_is_counted_by_arm_with_reasons_and_shares(result: Result) -> None:
    table = result.tables["leaving_by_arm"].groupby("arm")["left"].sum()
    assert table.to_dict() == {"both": 3, "molecule": 1, "vehicle": 1}
    rows = result.select(estimand="left_fraction")
    shares = rows[rows["question"] == ""].set_index("arm")["value"]
    assert shares.to_dict() == {"vehicle": 1 / 8, "ici": 0.0, "molecule": 1 / 8, "both": 3 / 8}
    gap = result.select(question="Q2", estimand="left_fraction_difference").iloc[0]
    assert gap["value"] == pytest.approx(3 / 8)
    assert gap["low"] < gap["value"] < gap["high"]


def test_an_arm_without_complete_animals_is_not_estimable_where_it_is_needed(base: Study) -> None:
    gone = {"vehicle": tuple((k, 13.0, "size-limit") for k in range(8)), "both": GONE["both"]}
    got = sc.efficacy.leaving(without(base, gone), FEW)
    for method in ("leaving.complete-cases/1", "leaving.last-day/1"):
        assert panel(got, "Q1").loc[method, "verdict"] == "not estimable"
        assert "fewer than 2 animals" in panel(got, "Q1").loc[method, "status"]
        assert np.isfinite(panel(got, "Q2").loc[method, "value"])


def test_values_below_detection_are_kept_in_every_likelihood(early: Study) -> None:
    volumes = early.volumes.copy()
    cured = early.animals.loc[early.animals["arm"] == "both", "animal"].tolist()[6:]
    low = volumes["animal"].isin(cured) & (volumes["day"] >= 16)
    volumes.loc[low, ["value", "at_limit"]] = (0.0, True)
    got = sc.efficacy.leaving(with_volumes(early, volumes), FEW)
    rows = panel(got)
    assert np.isfinite(rows["value"].to_numpy(float)).all()
    reference = rows.loc["leaving.mar/1"]
    assert rows.loc["leaving.joint/1", "value"] == pytest.approx(
        reference["value"], abs=reference["se"]
    )


def test_the_same_call_gives_the_same_numbers(early: Study, result: Result) -> None:
    again = sc.efficacy.leaving(early, FEW)
    pd.testing.assert_frame_equal(again.estimates, result.estimates)


def test_options_refuse_what_they_cannot_do() -> None:
    from smartcombo.efficacy.options import Specification

    with pytest.raises(ValueError, match="imputations=3: expected at least 10"):
        sc.efficacy.LeavingOptions(imputations=3)
    with pytest.raises(ValueError, match="shifts=1: expected at least 2"):
        sc.efficacy.LeavingOptions(shifts=1)
    with pytest.raises(ValueError, match="level=95: expected a fraction"):
        sc.efficacy.LeavingOptions(level=95)
    with pytest.raises(ValueError, match=r"needs variance='common'.*robustness table"):
        sc.efficacy.LeavingOptions(Specification(baseline="relative"))


def test_a_declared_day_before_the_baseline_is_refused(base: Study) -> None:
    with pytest.raises(sc.AnalysisRefused, match="declared day 3 is not after the baseline day"):
        sc.efficacy.leaving(base, sc.efficacy.LeavingOptions(day=3.0))


def test_the_usual_example_with_culling_runs(tmp_path: Path) -> None:
    got = sc.efficacy.leaving(written(tmp_path / "s"))
    assert set(got.estimates["analysis"]) == {"leaving"}
