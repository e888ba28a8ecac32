"""Kinds of animals of whole studies: shares, growing animals, volumes counted at the limit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from studies import FOUR, with_volumes, written

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.study.model import Study

DATA = Path(__file__).parents[1] / "data" / "studies"
MIXED = tuple(replace(arm, responder_fraction=0.5) if arm.id == "both" else arm for arm in FOUR)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return written(tmp_path_factory.mktemp("classes") / "study", seed=3, arms=MIXED)


@pytest.fixture(scope="module")
def result(mixed: Study) -> Result:
    return sc.efficacy.classes(mixed)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return written(tmp_path_factory.mktemp("classes") / "study", seed=4)


def _one(result: Result, **wanted: str) -> pd.Series:
    rows = result.estimates
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, wanted
    return rows.iloc[0]


def _cured(study: Study, arm: str) -> Study:
    """Return the study with every tumour of an arm gone after baseline."""
    gone = study.volumes["arm"].eq(arm) & (study.volumes["day"] > study.baseline_day)
    volumes = study.volumes.assign(
        value=study.volumes["value"].mask(gone, 0.0), at_limit=study.volumes["at_limit"] | gone
    )
    return with_volumes(study, volumes)


def test_every_animal_has_a_kind_and_a_volume_at_the_day(mixed: Study, result: Result) -> None:
    kinds = result.tables["kinds"]
    assert sorted(kinds["animal"]) == sorted(mixed.animals["animal"])
    assert set(kinds["kind"]) == {"growing", "controlled"}
    assert np.isfinite(kinds["value_at_day"]).all()
    cured = mixed.animals.loc[mixed.animals["fate"] == "tumour-free", "animal"]
    assert set(kinds.loc[kinds["kind"] == "controlled", "animal"]) == set(cured)


def test_shares_are_counted_and_compared(result: Result) -> None:
    share = _one(result, estimand="controlled_share", arm="both")
    assert share["value"] == pytest.approx(0.5, abs=1e-3)
    assert 0.1 < share["low"] < 0.5 < share["high"] < 0.9
    q2 = _one(result, question="Q2", estimand="controlled_share_difference")
    assert (q2["value"], q2["verdict"], q2["n"]) == (0.5, "benefit", 16)
    q4 = _one(result, question="Q4", estimand="controlled_share_difference")
    assert (q4["value"], q4["null_model"]) == (0.5, "independent_action")


def test_growing_animals_grow_as_in_the_growth_model_of_them_alone(
    mixed: Study, result: Result
) -> None:
    kinds = result.tables["kinds"].set_index("animal")["kind"]
    growing = mixed.volumes[mixed.volumes["animal"].map(kinds) == "growing"]
    day = result.options["declared_day"][mixed.models[0].id]
    options = sc.efficacy.GrowthOptions(robustness=False, day=day)
    alone = sc.efficacy.growth(with_volumes(mixed, growing), options)
    for arm in ("vehicle", "both"):
        got, want = (
            _one(r, estimand=e, arm=arm)
            for r, e in ((result, "growing_rate"), (alone, "growth_rate"))
        )
        columns = ["value", "low", "high", "se", "df"]
        np.testing.assert_allclose(got[columns].astype(float), want[columns].astype(float))
    whole = sc.efficacy.growth(mixed, options)
    mean = _one(whole, estimand="growth_rate", arm="both")["value"]
    assert mean < 0 < _one(result, estimand="growing_rate", arm="both")["value"]


def test_with_one_kind_the_rates_are_those_of_the_growth_analysis(plain: Study) -> None:
    result = sc.efficacy.classes(plain)
    growth = sc.efficacy.growth(plain, sc.efficacy.GrowthOptions(robustness=False))
    for question in ("Q1", "Q2", "Q3"):
        got = _one(result, question=question, estimand="growing_rate_difference")
        want = _one(growth, question=question, estimand="growth_rate_difference")
        assert got[["value", "low", "high", "p"]].tolist() == pytest.approx(
            want[["value", "low", "high", "p"]].tolist()
        )
    assert result.tables["class_number"]["classes"].tolist() == [1]
    assert "one kind of animal" in result.tables["words"]["sentence"].iloc[0]


def test_volumes_at_a_day_all_were_seen_compare_by_welch(mixed: Study) -> None:
    day = float(mixed.volumes["day"].unique()[1])
    result = sc.efficacy.classes(mixed, sc.efficacy.ClassesOptions(day=day))
    rows = mixed.volumes[mixed.volumes["day"] == day]
    a, b = (
        np.log(rows.loc[rows["arm"] == arm, "value"].clip(lower=mixed.readout.limit))
        for arm in ("molecule", "ici")
    )
    got = _one(result, question="single", estimand="floored_ratio", arm="ici")
    vehicle = np.log(rows.loc[rows["arm"] == "vehicle", "value"])
    want = stats.ttest_ind(b, vehicle, equal_var=False)
    assert got["value"] == pytest.approx(np.exp(b.mean() - vehicle.mean()))
    assert got["p"] == pytest.approx(want.pvalue)
    assert len(a) == 8


def test_the_ratio_and_the_interaction_have_their_signs(result: Result) -> None:
    ratio = _one(result, question="Q2", estimand="floored_ratio")
    logs = _one(result, question="Q2", estimand="floored_log_ratio")
    assert ratio["value"] == pytest.approx(np.exp(logs["value"]))
    assert ratio["high"] < 1
    assert ratio["verdict"] == "benefit"
    arm = {a: _one(result, estimand="floored_geometric_mean", arm=a)["value"]
           for a in ("vehicle", "ici", "molecule", "both")}  # fmt: skip
    expected = arm["ici"] * arm["molecule"] / arm["vehicle"]
    q4 = _one(result, question="Q4", estimand="floored_log_ratio")
    assert q4["value"] == pytest.approx(np.log(expected / arm["both"]))


def test_a_mixed_arm_is_named_and_its_rate_does_not_lead(result: Result) -> None:
    assert "4 of 8 controlled" in result.tables["words"]["sentence"].iloc[0]
    assert "it does not lead" in result.tables["words"]["sentence"].iloc[0]
    assert "two-kinds-of-animals" in [finding.code for finding in result.findings]


def test_room_for_hidden_cures_only_widens_volumes(mixed: Study, result: Result) -> None:
    wide = sc.efficacy.classes(mixed, sc.efficacy.ClassesOptions(hidden_cures=True))
    floored = result.estimates["estimand"].str.startswith("floored")
    narrow, other = (r.estimates[floored] for r in (result, wide))
    assert (other["low"] <= narrow["low"] + 1e-12).all()
    assert (other["high"] >= narrow["high"] - 1e-12).all()
    assert (other["high"] > narrow["high"]).any()
    pd.testing.assert_frame_equal(result.estimates[~floored], wide.estimates[~floored])


@pytest.mark.parametrize("arm", ["both", "vehicle"])
def test_an_arm_of_cured_mice_is_answered(plain: Study, arm: str) -> None:
    result = sc.efficacy.classes(_cured(plain, arm))
    share = _one(result, estimand="floored_geometric_mean", arm=arm)
    assert share["value"] == pytest.approx(plain.readout.limit)
    q1 = _one(result, question="Q1", estimand="floored_log_ratio")
    assert q1["verdict"] == ("benefit" if arm == "both" else "harm")


def test_a_study_of_cured_mice_alone_is_answered(plain: Study) -> None:
    study = plain
    for arm in plain.arms:
        study = _cured(study, arm.id)
    rows = sc.efficacy.classes(study).estimates
    floored = rows[rows["estimand"] == "floored_log_ratio"]
    assert set(floored["verdict"]) <= {"not estimable", "inconclusive"}


def test_an_arm_of_one_mouse_is_refused_politely(plain: Study) -> None:
    kept = plain.animals.loc[plain.animals["arm"] == "ici", "animal"].iloc[0]
    few = plain.volumes[(plain.volumes["arm"] != "ici") | (plain.volumes["animal"] == kept)]
    with pytest.raises(sc.AnalysisRefused, match=r"one animal in .*an arm needs at least 2"):
        sc.efficacy.classes(with_volumes(plain, few))


def test_a_day_before_baseline_and_a_percent_are_refused(plain: Study) -> None:
    with pytest.raises(sc.AnalysisRefused, match="not after the baseline day"):
        sc.efficacy.classes(plain, sc.efficacy.ClassesOptions(day=0.0))
    with pytest.raises(ValueError, match="not percent"):
        sc.efficacy.ClassesOptions(level=95)


@pytest.mark.realdata
def test_where_no_line_can_be_fitted_nobody_is_predicted() -> None:
    """Animals that start without a tumour: no last value is carried forward in silence."""
    result = sc.efficacy.classes(sc.read_study(DATA / "tumgrowth_tfs"))
    kinds = result.tables["kinds"]
    lost = kinds["source"] == "not predicted"
    assert lost.any()
    assert kinds.loc[lost, "value_at_day"].isna().all()
    row = _one(result, estimand="floored_geometric_mean", arm="C1")
    assert (row["status"], np.isnan(row["value"])) == ("not predicted", True)
    assert _one(result, estimand="floored_geometric_mean", arm="C2")["status"] == "ok"
    assert _one(result, estimand="growing_rate", arm="C1")["status"] == "not_converged"


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "mixed_arms"),
    [("mariathasan_emt6", ["anti-PD-L1", "both"]), ("vetizou_2x2", ["anti-CTLA-4"]),
     ("gaba_4t1", [])],
)  # fmt: skip
def test_real_arms_of_cured_and_growing_mice_are_found(name: str, mixed_arms: list[str]) -> None:
    study = sc.read_study(DATA / name)
    result = sc.efficacy.classes(study)
    arms = result.tables["arm_kinds"]
    assert arms.loc[arms["kinds"] == 2, "arm"].tolist() == mixed_arms
    assert arms["animals"].sum() == study.animals["animal"].nunique()
