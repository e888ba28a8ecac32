"""The growth analysis against numbers known beforehand: R's on 4T1, and closed forms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import FOUR, with_volumes, written

import smartcombo as sc
from smartcombo.core.finding import AnalysisRefused
from smartcombo.core.result import Result
from smartcombo.core.verdicts import benjamini_hochberg, holm, verdict
from smartcombo.efficacy.options import GrowthOptions, Specification
from smartcombo.study.model import Study

DATA = Path(__file__).parents[1] / "data" / "studies"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return written(tmp_path_factory.mktemp("four") / "study")


@pytest.fixture(scope="module")
def growth(study: Study) -> Result:
    return sc.efficacy.growth(study)


def _one(result: Result, **wanted: str) -> pd.Series:
    rows = result.estimates
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, wanted
    return rows.iloc[0]


@pytest.fixture(scope="module")
def gaba(shared_dir: Path) -> Result:
    return sc.efficacy.growth(sc.read_study(DATA / "gaba_4t1"))


@pytest.mark.realdata
def test_4t1_has_the_growth_rates_that_nlme_gave(gaba: Result) -> None:
    expected = {"vehicle": 0.1645, "anti-PD-1": 0.1345, "GABA": 0.1891, "GABA+anti-PD-1": 0.1858}
    for arm, rate in expected.items():
        assert _one(gaba, estimand="growth_rate", arm=arm)["value"] == pytest.approx(rate, abs=6e-5)


@pytest.mark.realdata
def test_4t1_combination_is_harm_against_anti_pd1_and_bliss_is_inconclusive(gaba: Result) -> None:
    q2 = _one(gaba, question="Q2", estimand="growth_rate_difference")
    assert q2["value"] == pytest.approx(0.05135, abs=5e-6)
    assert q2["se"] == pytest.approx(0.01444, rel=0.03)
    assert q2["verdict"] == "harm"
    bliss = _one(gaba, null_model="bliss", estimand="growth_rate_difference")
    assert bliss["value"] == pytest.approx(0.02669, abs=5e-6)
    assert bliss["verdict"] == "inconclusive"


@pytest.mark.realdata
def test_4t1_model_standard_errors_are_those_of_nlme(shared_dir: Path) -> None:
    """Kenward-Roger widens them; Satterthwaite keeps them."""
    options = GrowthOptions(Specification(inference="satterthwaite"), robustness=False)
    plain = sc.efficacy.growth(sc.read_study(DATA / "gaba_4t1"), options)
    rows = plain.estimates[plain.estimates["estimand"] == "growth_rate_difference"]
    assert rows.set_index("question").loc["Q2", "se"] == pytest.approx(0.01444, abs=6e-6)
    bliss = rows[rows["null_model"] == "bliss"].iloc[0]
    assert bliss["se"] == pytest.approx(0.02066, abs=6e-6)


@pytest.mark.realdata
def test_4t1_says_that_raw_and_relative_scales_disagree_about_gaba_and_why(gaba: Result) -> None:
    said = gaba.tables["words"].set_index("key").loc["scales:GABA", "sentence"]
    assert "opposite directions" in said
    assert "did not start alike" in said
    assert "2.1 mm3" in said


def test_every_number_has_an_interval_n_and_a_unit(growth: Result) -> None:
    rows = growth.estimates
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()
    assert (rows["n"] > 0).all()
    assert (rows["unit"] != "").all()
    assert (rows["p"].dropna().between(0, 1)).all()


def test_n_counts_animals_and_never_rows(growth: Result) -> None:
    assert _one(growth, question="Q2", estimand="growth_rate_difference")["n"] == 16
    assert _one(growth, null_model="bliss", estimand="growth_rate_difference")["n"] == 32


def test_q1_to_q3_add_up_as_contrasts_of_one_model(growth: Result) -> None:
    rate = {
        key: _one(growth, question=key, estimand="growth_rate_difference")["value"]
        for key in ("Q1", "Q2", "Q3")
    }
    arm = {a.id: _one(growth, estimand="growth_rate", arm=a.id)["value"] for a in FOUR}
    bliss = _one(growth, null_model="bliss", estimand="growth_rate_difference")["value"]
    assert rate["Q1"] == pytest.approx(arm["both"] - arm["vehicle"], abs=1e-12)
    assert rate["Q2"] == pytest.approx(arm["both"] - arm["ici"], abs=1e-12)
    assert rate["Q3"] == pytest.approx(arm["both"] - arm["molecule"], abs=1e-12)
    expected = arm["both"] - arm["ici"] - arm["molecule"] + arm["vehicle"]
    assert bliss == pytest.approx(expected, abs=1e-12)


def test_the_day_level_is_the_rate_times_the_days_and_q4_turns_its_sign(growth: Result) -> None:
    for question, null, sign in (("Q2", "", 1.0), ("Q4", "bliss", -1.0)):
        rows = growth.estimates
        rows = rows[(rows["question"] == question) & (rows["null_model"] == null)]
        rate = rows[rows["estimand"] == "growth_rate_difference"].iloc[0]
        ratio = rows[rows["estimand"] == "log_ratio"].iloc[0]
        days = rate["day"] - 7
        assert ratio["value"] == pytest.approx(sign * rate["value"] * days, rel=1e-10)
        assert ratio["p"] == rate["p"]


def test_tgi_is_one_minus_the_ratio_and_the_ratio_is_the_exponential(growth: Result) -> None:
    log, ratio, tgi = (
        _one(growth, question="Q1", estimand=name) for name in ("log_ratio", "ratio", "tgi")
    )
    assert ratio["value"] == pytest.approx(np.exp(log["value"]), rel=1e-12)
    assert tgi["value"] == pytest.approx(1 - ratio["value"], rel=1e-12)
    assert (tgi["low"], tgi["high"]) == pytest.approx((1 - ratio["high"], 1 - ratio["low"]))


def test_the_highest_single_agent_is_beaten_only_if_both_are(growth: Result) -> None:
    rows = growth.estimates
    hsa = rows[(rows["null_model"] == "hsa") & (rows["estimand"] == "growth_rate_difference")]
    q2, q3 = (_one(growth, question=q, estimand="growth_rate_difference") for q in ("Q2", "Q3"))
    assert hsa["value"].iloc[0] == pytest.approx(max(q2["value"], q3["value"]))
    assert hsa["high"].iloc[0] == pytest.approx(max(q2["high"], q3["high"]))
    assert hsa["low"].iloc[0] < max(q2["low"], q3["low"])


def test_bands_are_wider_than_intervals_of_one_day(growth: Result) -> None:
    course = growth.tables["course"]
    slack = 1e-9
    assert (course["band_low"] <= course["low"] + slack).all()
    assert (course["band_high"] >= course["high"] - slack).all()


def test_the_robustness_table_holds_thirty_six_ways_four_shapes_and_one_primary(
    growth: Result,
) -> None:
    table = growth.tables["robustness"]
    for _, rows in table.groupby(["question", "null_model"]):
        assert len(rows) == 40
        assert rows["shape"].nunique() == 5
        assert rows["is_primary"].sum() == 1
    primary = table[table["is_primary"] & (table["question"] == "Q2")].iloc[0]
    day = _one(growth, question="Q2", estimand="log_ratio")
    assert primary["value"] == pytest.approx(day["value"], rel=1e-12)


def test_the_influence_of_an_animal_is_the_refit_without_it(study: Study, growth: Result) -> None:
    table = growth.tables["influence"]
    row = table[table["contrast"] == "both v ici"].iloc[3]
    without = replace(
        study,
        volumes=study.volumes[study.volumes["animal"] != row["animal"]],
        animals=study.animals[study.animals["animal"] != row["animal"]],
    )
    again = sc.efficacy.growth(without, GrowthOptions(robustness=False))
    full = _one(growth, question="Q2", estimand="growth_rate_difference")
    left = _one(again, question="Q2", estimand="growth_rate_difference")
    change = (left["value"] - full["value"]) / full["se"]
    assert row["change_in_se"] == pytest.approx(change, abs=1e-6)


@pytest.mark.parametrize("inference", ["kenward-roger", "satterthwaite", "cr2", "bootstrap"])
@pytest.mark.parametrize("baseline", ["constrained", "by-arm", "relative"])
def test_every_inference_answers_under_every_baseline(
    study: Study, baseline: str, inference: str
) -> None:
    options = GrowthOptions(
        Specification(baseline=baseline, inference=inference),  # type: ignore[arg-type]
        robustness=False,
    )
    result = sc.efficacy.growth(study, options)
    row = _one(result, question="Q1", estimand="growth_rate_difference")
    assert row["low"] < row["value"] < row["high"] < 0
    assert row["verdict"] == "benefit"
    assert f"growth.{inference}/1" in result.methods


@pytest.mark.parametrize("shape", ["quadratic", "spline", "gompertz", "piecewise"])
def test_a_curved_mean_keeps_the_estimand_readable(study: Study, shape: str) -> None:
    options = GrowthOptions(Specification(shape=shape), robustness=False)  # type: ignore[arg-type]
    result = sc.efficacy.growth(study, options)
    rate = _one(result, estimand="growth_rate", arm="vehicle")
    assert rate["unit"] == "1/day"
    assert rate["value"] == pytest.approx(0.16, abs=0.04)


def test_curves_that_bend_are_found_and_drawn_bent(study: Study) -> None:
    time = study.volumes["day"] - 7
    bent = study.volumes.assign(value=study.volumes["value"] * np.exp(-0.006 * time**2))
    result = sc.efficacy.growth(with_volumes(study, bent), GrowthOptions(robustness=False))
    check = result.checks.set_index("check").loc["straight on the log scale"]
    assert check["status"] == "caution"
    said = result.tables["words"].set_index("key").loc["curvature", "sentence"]
    assert "bends" in said
    curve = result.tables["curves"].query("arm == 'vehicle'")
    slopes = np.diff(np.log(curve["value"])) / np.diff(curve["day"])
    assert slopes[0] > slopes[-1] + 0.05


def test_values_below_the_limit_are_censored_with_a_finding_and_none_is_dropped(
    study: Study,
) -> None:
    animal = study.animals.query("arm == 'both'")["animal"].iloc[0]
    late = (study.volumes["animal"] == animal) & (study.volumes["day"] > 15)
    cured = study.volumes.assign(
        value=study.volumes["value"].mask(late, 0.0), at_limit=study.volumes["at_limit"] | late
    )
    result = sc.efficacy.growth(with_volumes(study, cured), GrowthOptions(robustness=False))
    stays = GrowthOptions(Specification(detection="at-limit"), robustness=False)
    at_limit = sc.efficacy.growth(with_volumes(study, cured), stays)
    assert "values-at-limit" in {finding.code for finding in result.findings}
    assert "growth.censored/1" in result.methods
    assert "growth.censored/1" not in at_limit.methods
    got, other = (_one(r, estimand="growth_rate", arm="both") for r in (result, at_limit))
    assert got["n"] == other["n"] == 8
    assert got["value"] != other["value"]


def test_an_arm_of_cured_and_progressing_mice_is_called_a_mixture(study: Study) -> None:
    some = study.animals.query("arm == 'both'")["animal"].iloc[:4]
    late = study.volumes["animal"].isin(some) & (study.volumes["day"] > 15)
    cured = study.volumes.assign(
        value=study.volumes["value"].mask(late, 0.0), at_limit=study.volumes["at_limit"] | late
    )
    result = sc.efficacy.growth(with_volumes(study, cured), GrowthOptions(robustness=False))
    check = result.checks.set_index("check").loc["one kind of animal an arm"]
    assert check["status"] == "caution"
    assert check["value"] == pytest.approx(0.5)
    assert "cured and progressing" in check["message"]


def test_a_margin_is_needed_to_say_additive() -> None:
    assert verdict("Q4", -0.1, 0.1, None) == "inconclusive"
    assert verdict("Q4", -0.1, 0.1, 0.2) == "additive"
    assert verdict("Q4", -0.3, 0.1, 0.2) == "inconclusive"
    assert verdict("Q1", -0.1, 0.1, 0.2) == "no relevant difference"
    assert verdict("Q4", -0.3, -0.1, 0.2) == "synergy"
    assert verdict("Q2", 0.1, 0.3, 0.2) == "harm"
    assert verdict("Q2", np.nan, np.nan, 0.2) == "not estimable"


def test_holm_and_bh_are_those_of_r_p_adjust() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.005, 0.6])
    np.testing.assert_allclose(holm(p), [0.04, 0.09, 0.09, 0.025, 0.6])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.025, 0.05, 0.05, 0.025, 0.6])


def test_an_arm_of_one_animal_is_refused_with_what_to_do(study: Study) -> None:
    ids = study.animals.query("arm == 'both'")["animal"].iloc[1:]
    few = replace(
        study,
        volumes=study.volumes[~study.volumes["animal"].isin(ids)],
        animals=study.animals[~study.animals["animal"].isin(ids)],
    )
    with pytest.raises(AnalysisRefused, match="an arm needs at least 2"):
        sc.efficacy.growth(few)


def test_a_declared_day_before_the_baseline_is_refused(study: Study) -> None:
    with pytest.raises(AnalysisRefused, match="not after the baseline day 7"):
        sc.efficacy.growth(study, GrowthOptions(day=7))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: GrowthOptions(level=95), "expected a fraction such as 0.95"),
        (lambda: Specification(variance="commn"), "'commn' is not an option"),  # type: ignore[arg-type]
        (lambda: Specification(inference="z"), "'z' is not an option"),  # type: ignore[arg-type]
    ],
)
def test_a_misspelt_option_is_refused(make, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_excluded_animals_are_left_out_and_counted(study: Study) -> None:
    animal = study.animals["animal"].iloc[0]
    out = study.animals["animal"] == animal
    animals = study.animals.assign(
        excluded=out, exclusion_reason=np.where(out, "injected twice", "")
    )
    result = sc.efficacy.growth(replace(study, animals=animals), GrowthOptions(robustness=False))
    assert _one(result, estimand="growth_rate", arm="vehicle")["n"] == 7
    assert result.tables["design"].set_index("arm").loc["vehicle", "n_excluded"] == 1
