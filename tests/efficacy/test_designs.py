"""Cages, batches, covariates, earlier controls and light: more designs than four arms of mice."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import FOUR, written

import smartcombo as sc
from smartcombo.core.finding import AnalysisRefused
from smartcombo.core.result import Result
from smartcombo.efficacy.clusters import clusters_of
from smartcombo.efficacy.fitting import fit_growth
from smartcombo.efficacy.frame import select_growth
from smartcombo.efficacy.history import HistoryOptions, history
from smartcombo.efficacy.mean_curve import shaped_design
from smartcombo.efficacy.options import Baseline, GrowthOptions, Shape, Specification
from smartcombo.stats.curved import maximum_loglik
from smartcombo.study.clusters import clustering
from smartcombo.study.model import HistoricalControl, Readout, Study

PLAIN = GrowthOptions(robustness=False)
FREE = Specification(detection="at-limit", inference="satterthwaite")


def with_animals(study: Study, **columns: pd.Series) -> Study:
    """Return the study with other columns in its animals table."""
    return replace(study, animals=study.animals.assign(**columns))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return written(tmp_path_factory.mktemp("designs") / "study", seed=7)


@pytest.fixture(scope="module")
def growth(study: Study) -> Result:
    return sc.efficacy.growth(study, PLAIN)


def mixed_cages(study: Study) -> Study:
    """Return the study with cages that hold animals of all arms."""
    return with_animals(study, cage=[f"c{k % 8}" for k in range(len(study.animals))])


def test_whole_cages_treated_limit_the_degrees_of_freedom(growth: Result) -> None:
    rows = growth.tables["clusters"]
    assert set(rows["cluster"]) == {"cage"}
    count = rows["clusters"].iloc[0]
    assert (rows["between"] == count - 4).all()
    assert (rows["df"].dropna() <= count - 4 + 1e-9).all()
    said = [f.found for f in growth.findings if f.code == "cluster-effect"]
    assert re.search(r"cages explain \d+% of the variation", said[0])
    assert "count as" in said[0]


def test_cages_that_hold_all_arms_keep_their_degrees_of_freedom(study: Study) -> None:
    mixed = mixed_cages(study)
    assert not clustering(mixed, "M1", "cage").whole
    rows = sc.efficacy.growth(mixed, PLAIN).tables["clusters"]
    assert np.isinf(rows["between"]).all()
    assert rows["df"].dropna().min() > 4


def test_the_cage_as_primary_unit_gives_the_numbers_of_its_table(
    study: Study, growth: Result
) -> None:
    options = replace(PLAIN, specification=Specification(cluster="cage"))
    rows = sc.efficacy.growth(study, options).estimates
    q2 = rows[(rows["question"] == "Q2") & (rows["estimand"] == "log_ratio")].iloc[0]
    table = growth.tables["clusters"]
    own = table[(table["question"] == "Q2")].iloc[0]
    for name in ("value", "low", "high", "df"):
        assert q2[name] == pytest.approx(own[name], rel=1e-9)


def test_one_cage_an_arm_leaves_no_interval(study: Study) -> None:
    whole = with_animals(study, cage=study.animals["arm"])
    frame, _ = select_growth(whole, "M1")
    assert clusters_of(frame, "cage").between == 0
    fitted = fit_growth(frame, replace(FREE, cluster="cage"), 0.95)
    contrast = fitted.curve.growth("both", 10.0) - fitted.curve.growth("vehicle", 10.0)
    test = fitted.tests(contrast)[0]
    assert np.isfinite(test.value)
    assert np.isnan(test.low)


def test_effective_numbers_follow_the_design_effect(study: Study) -> None:
    found = clustering(study, "M1", "cage")
    arm = next(iter(found.animals))
    m = found.animals[arm] / found.per_arm[arm]
    assert found.effective(arm, 0.0) == found.animals[arm]
    assert found.effective(arm, 1.0) == pytest.approx(found.per_arm[arm])
    assert found.design_effect(arm, 0.2) == pytest.approx(1 + (m - 1) * 0.2)


@pytest.mark.parametrize("analysis", ["response", "progression"])
def test_analyses_that_count_animals_say_that_cages_were_treated(
    study: Study, analysis: str
) -> None:
    checks = getattr(sc.efficacy, analysis)(study).checks
    own = checks[checks["check"] == "whole cages treated"].iloc[0]
    assert own["status"] == "caution"
    assert "Every cage holds one arm" in own["message"]


def test_a_cluster_needs_a_model_that_can_carry_it() -> None:
    with pytest.raises(ValueError, match="variance='by-arm'"):
        Specification(cluster="cage", variance="by-arm")
    with pytest.raises(ValueError, match="cluster='litter'"):
        Specification(cluster="litter")  # type: ignore[arg-type]


def _sexed(study: Study) -> Study:
    """Return the study in which males start larger and grow faster, balanced over arms."""
    sex = pd.Series(["m" if k % 2 else "f" for k in range(len(study.animals))])
    male = dict(zip(study.animals["animal"], sex == "m", strict=True))
    rows = study.volumes
    late = rows["day"] - study.baseline_day
    factor = np.where(rows["animal"].map(male), np.exp(0.4 + 0.03 * late), 1.0)
    volumes = rows.assign(value=rows["value"] * factor)
    return replace(with_animals(study, sex=sex.to_numpy()), volumes=volumes)


def test_a_balanced_covariate_keeps_the_estimate_and_narrows_it(study: Study) -> None:
    sexed = _sexed(study)
    frame, _ = select_growth(sexed, "M1")
    adjusted, _ = select_growth(sexed, "M1", ("sex",))
    plain, with_sex = fit_growth(frame, FREE, 0.95), fit_growth(adjusted, FREE, 0.95)

    def q1(fitted: object) -> object:
        curve = fitted.curve
        return fitted.tests(curve.growth("both", 1.0) - curve.growth("vehicle", 1.0))[0]

    assert q1(with_sex).value == pytest.approx(q1(plain).value, abs=0.004)
    assert q1(with_sex).se < q1(plain).se
    slope = with_sex.tests(np.eye(with_sex.curve.n_columns)[-1])[0]
    assert slope.value == pytest.approx(0.03, abs=0.015)


@pytest.mark.parametrize("shape", ["gompertz", "piecewise"])
@pytest.mark.parametrize("baseline", ["constrained", "by-arm", "relative"])
def test_curved_shapes_take_covariates(study: Study, shape: Shape, baseline: Baseline) -> None:
    frame, _ = select_growth(_sexed(study), "M1", ("sex",))
    fitted = fit_growth(frame, replace(FREE, shape=shape, baseline=baseline), 0.95)
    curve, X, beta = fitted.curve, fitted.design.X, fitted.fit.beta
    per = 1 if baseline == "relative" else 2
    assert fitted.status in ("ok", "boundary")
    assert X.shape[1] == len(beta) == curve.n_columns
    assert curve.first_free - curve.first_covariate == per
    assert curve.n_columns - curve.first_free == len(curve.free)
    # Males grow 0.03 a day faster, on every day and in every arm.
    rate = fitted.tests(np.eye(curve.n_columns)[curve.first_free - 1])[0]
    assert rate.low < 0.03 < rate.high

    # The columns of the free parameters are the derivative of the mean curve in them, at the
    # steepness of the curve.
    at = beta[: curve.first_free].copy()
    at[curve.n_intercepts + curve.n_basis - 1 : curve.first_covariate : curve.n_basis] = (
        curve.steepness
    )

    def mean(psi: np.ndarray) -> np.ndarray:
        return shaped_design(fitted.frame, curve).design(psi).X @ at

    psi, step = np.array(curve.psi), 1e-6
    off = np.full(len(X), fill_value=True)
    if shape == "piecewise":  # no derivative at the bend itself
        off = np.abs(fitted.frame.time - psi[0]) > 2 * step
    for column, k in enumerate(curve.free):
        move = np.eye(len(psi))[k] * step
        slope = (mean(psi + move) - mean(psi - move)) / (2 * step)
        # Central differences: means of about 10 rounded at 1e-15, over 2e-6.
        assert X[off, curve.first_free + column] == pytest.approx(slope[off], abs=1e-6)


def test_the_bend_of_highest_likelihood_is_found_beside_covariates(study: Study) -> None:
    frame, _ = select_growth(_sexed(study), "M1", ("sex",))
    fitted = fit_growth(frame, replace(FREE, shape="piecewise"), 0.95)
    shaped = shaped_design(frame, fitted.curve)
    low, high = (float(limit[0]) for limit in shaped.limits())
    tried = [maximum_loglik(shaped.design(np.array([b]))) for b in np.linspace(low, high, 60)]
    assert fitted.shape is not None
    assert fitted.shape.loglik >= max(tried) - 1e-6


def test_covariates_of_the_plan_are_used_and_named(study: Study) -> None:
    planned = replace(_sexed(study), plan=replace(study.plan, covariates=("sex",)))
    result = sc.efficacy.growth(planned, PLAIN)
    assert result.options["covariates"] == ["sex"]


def test_arms_of_one_sex_each_are_reported(study: Study) -> None:
    sex = np.where(study.animals["arm"] == "both", "f", "m")
    _, findings = select_growth(with_animals(study, sex=sex), "M1", ("sex",))
    assert "covariate-imbalance" in {f.code for f in findings}


def test_an_unknown_covariate_is_the_mean_and_a_finding(study: Study) -> None:
    weight = pd.Series([20.0 + k % 5 for k in range(len(study.animals))]).astype(str)
    weight[0] = ""
    frame, findings = select_growth(
        with_animals(study, weight=weight.to_numpy()), "M1", ("weight",)
    )
    assert "covariate-missing" in {f.code for f in findings}
    first = frame.rows[frame.rows["animal"] == study.animals["animal"].iloc[0]]
    assert (first["covariate weight"] == 0).all()


@pytest.mark.parametrize("name", ["fate", "shoe size"])
def test_what_is_not_known_before_treatment_is_no_covariate(study: Study, name: str) -> None:
    with pytest.raises(AnalysisRefused, match="known before"):
        select_growth(study, "M1", (name,))


def _controls(rate: float) -> tuple[HistoricalControl, ...]:
    return tuple(
        HistoricalControl(f"study {k}", growth_rate=rate + 0.004 * (k - 1), se=0.006, n=8)
        for k in range(3)
    )


def test_nothing_is_borrowed_unless_named(study: Study) -> None:
    result = history(study)
    assert result.estimates.empty
    assert result.methods == ()


def test_borrowing_stands_beside_the_answer_without_it(study: Study, growth: Result) -> None:
    rates = growth.select(estimand="growth_rate").set_index("arm")["value"]
    result = history(replace(study, history=_controls(float(rates["vehicle"]))))
    rows = result.estimates
    alone = rows[rows["estimand"] == "difference_without_history"]
    joint = rows[rows["estimand"] == "difference_borrowed"]
    assert alone["contrast"].tolist() == joint["contrast"].tolist()
    assert ((joint["high"] - joint["low"]).to_numpy() < (alone["high"] - alone["low"])).all()
    assert result.select(estimand="animals_borrowed")["value"].iloc[0] > 1
    assert result.checks["status"].tolist() == ["ok"]
    growth_rows = growth.estimates[growth.estimates["estimand"] == "growth_rate_difference"]
    q1 = growth_rows[growth_rows["question"] == "Q1"]["value"].iloc[0]
    assert alone.loc[alone["question"] == "Q1", "value"].iloc[0] == pytest.approx(q1, rel=0.05)


def test_controls_in_conflict_are_not_borrowed(study: Study) -> None:
    result = history(replace(study, history=_controls(0.5)))
    assert result.checks["status"].tolist() == ["caution"]
    assert result.select(estimand="animals_borrowed")["value"].iloc[0] < 0.5


def test_an_earlier_study_folder_is_read(study: Study, tmp_path: Path) -> None:
    written(tmp_path / "earlier", seed=21, arms=FOUR)
    entry = HistoricalControl(folder=str(tmp_path / "earlier"))
    missing = HistoricalControl(folder=str(tmp_path / "nowhere"))
    result = history(replace(study, history=(entry, missing)))
    controls = result.tables["controls"]
    assert controls["n"].tolist() == [8, 8]
    assert controls["value"].iloc[0] == pytest.approx(FOUR[0].growth_rate, abs=0.03)
    assert [f.code for f in result.findings] == ["history-unusable"]


def test_options_of_history_are_fractions() -> None:
    with pytest.raises(ValueError, match="fraction"):
        HistoryOptions(vague_share=50)
    with pytest.raises(ValueError, match="above 0"):
        HistoryOptions(tau_fraction=0)


LIGHT = Readout("bioluminescence", "RLU", 1e3, True)


def test_visits_that_cannot_tell_a_bend_do_not_say_that_none_was_found(study: Study) -> None:
    days = sorted(study.volumes["day"].unique())
    two = replace(study, volumes=study.volumes[study.volumes["day"].isin((days[0], days[-1]))])
    got = sc.efficacy.growth(two, PLAIN)
    words = got.tables["words"].set_index("key")["sentence"]
    check = got.checks.set_index("check")["message"]
    assert "cannot tell whether arms bend" in words["curvature"]
    assert "cannot tell whether an arm bends" in check["straight on the log scale"]


def test_a_sentence_for_volumes_says_signal_of_light() -> None:
    assert LIGHT.words("Volume and volumes") == "Signal and signals"
    assert Readout("tumour volume", "mm3", 4, True).words("volume") == "volume"


def test_the_page_of_light_never_says_volume(study: Study) -> None:
    from smartcombo.report.page import page_html

    light = replace(study, readout=LIGHT)
    results = [sc.efficacy.growth(light, PLAIN), sc.efficacy.response(light)]
    page = page_html(light, results, {})
    shown = re.sub(r"<(script|style|pre)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    assert not re.search(r"\bvolumes?\b|mm³|mm3 ", shown.replace("read-out in mm3", ""), re.I)
    assert "response-not-volume" in {f.code for f in results[1].findings}


def test_limits_of_volumes_do_not_judge_light(study: Study) -> None:
    from smartcombo.study.checks import impossible_growth, unit_slips

    rows = study.volumes.copy()
    rows.loc[3, "value"] *= 50
    jumps = replace(study, volumes=rows)
    assert unit_slips(jumps, "v.csv") or impossible_growth(jumps, "v.csv")
    light = replace(jumps, readout=LIGHT)
    assert not unit_slips(light, "v.csv")
    assert not impossible_growth(light, "v.csv")
