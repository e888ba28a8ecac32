"""Dose series: a trend is seen, and so is more dose with less benefit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.efficacy.dose_series import DoseSeriesOptions, dose_series
from smartcombo.stats.bands import simultaneous_critical, simultaneous_p
from smartcombo.stats.trend import step_contrasts, step_pairs, trend_contrasts
from smartcombo.study.model import Study, Treatment
from smartcombo.study.series import series_of
from smartcombo.study.simulate import ArmDesign

DATA = Path(__file__).parents[1] / "data" / "studies"
IPI_145 = (0.16, 0.13, 0.06, 0.17)
"""Growth rates of vehicle, anti-PD-L1, and the same with a low and a high dose of a PI3K inhibitor:
the low dose helps and the high one takes the benefit back."""
MONOTONE = (0.16, 0.14, 0.10, 0.06)


def series_study(folder: Path, rates: tuple[float, ...], n: int = 8, seed: int = 4) -> Study:
    """Return a study with anti-PD-1 alone and with two doses of the molecule."""
    from studies import written

    arms = (
        ArmDesign("vehicle", rates[0], n=n),
        ArmDesign("ici", rates[1], ("anti-PD-1",), n=n),
        ArmDesign("low", rates[2], ("anti-PD-1", "molecule"), n=n),
    )
    study = written(
        folder, seed=seed, arms=(*arms, ArmDesign("high", rates[3], ("molecule",), n=n))
    )
    return replace(study, arms=tuple(_dosed(arm) for arm in study.arms))


def _dosed(arm: sc.study.model.Arm) -> sc.study.model.Arm:
    doses = {"low": 3.0, "high": 30.0}
    if arm.id not in doses:
        return arm
    given = {Treatment("anti-PD-1"), Treatment("molecule", doses[arm.id], "mg/kg")}
    return replace(arm, treatments=frozenset(given), role="combination")


@pytest.fixture(scope="module")
def turning(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return dose_series(series_study(tmp_path_factory.mktemp("turn") / "study", IPI_145))


def test_more_dose_with_less_benefit_is_seen(turning: Result) -> None:
    step = turning.select(estimand="dose_step").iloc[0]
    assert step["verdict"] == "harm"
    assert step["low"] > 0
    assert step["value"] == pytest.approx(IPI_145[3] - IPI_145[2], abs=0.03)
    words = turning.tables["dose_words"].iloc[0]
    assert bool(words["turns"])
    assert "more dose, less benefit: 30 mg/kg v 3 mg/kg" in words["sentence"]
    assert "3 mg/kg helps; of 30 mg/kg that cannot be said" in words["sentence"] or (
        "the sign changes" in words["sentence"]
    )


def test_a_monotone_series_has_a_trend_and_no_turn(tmp_path: Path) -> None:
    result = dose_series(series_study(tmp_path / "study", MONOTONE))
    assert result.select(estimand="dose_trend")["verdict"].tolist() == ["benefit"]
    assert "harm" not in set(result.select(estimand="dose_step")["verdict"])
    assert not bool(result.tables["dose_words"]["turns"].iloc[0])


def test_a_series_is_arms_that_differ_in_one_dose_with_their_own_zero(tmp_path: Path) -> None:
    study = series_study(tmp_path / "study", MONOTONE)
    found = series_of(study, tuple(arm.id for arm in study.arms))
    assert [one.arms for one in found] == [("ici", "low", "high")]
    assert found[0].levels == ("0", "3 mg/kg", "30 mg/kg")
    assert found[0].partners == ("anti-PD-1",)


def test_schedules_are_compared_without_an_order(tmp_path: Path) -> None:
    study = series_study(tmp_path / "study", MONOTONE)
    schedule = {"low": "daily", "high": "weekly"}
    arms = tuple(
        replace(
            arm,
            treatments=frozenset(
                replace(t, dose=1.0, schedule=schedule[arm.id]) if t.agent == "molecule" else t
                for t in arm.treatments
            ),
        )
        if arm.id in schedule
        else arm
        for arm in study.arms
    )
    result = dose_series(replace(study, arms=arms))
    assert set(result.estimates["estimand"]) == {"dose_step"}
    assert set(result.tables["doses"]["kind"]) == {"schedule"}
    assert not result.tables["dose_words"]["turns"].any()


def test_a_study_without_series_gives_an_empty_result(example_folder: Path) -> None:
    result = dose_series(sc.read_study(example_folder))
    assert result.estimates.empty
    assert result.methods == ()


def test_a_level_in_percent_is_refused() -> None:
    with pytest.raises(ValueError, match="not percent"):
        DoseSeriesOptions(level=95)


@pytest.mark.realdata
def test_three_doses_of_a_published_model_are_one_series() -> None:
    result = dose_series(sc.read_study(DATA / "voronova_mca205b"))
    doses = result.tables["doses"]
    assert doses["level"].tolist() == ["0", "10 mg/kg", "25 mg/kg", "50 mg/kg"]
    assert doses["n"].tolist() == [8, 8, 8, 8]
    assert len(result.select(estimand="dose_step")) == 3
    assert (doses["value"].diff().dropna() < 0).all()


def test_williams_contrasts_weigh_the_upper_doses_by_their_animals() -> None:
    C = trend_contrasts(np.array([8.0, 6.0, 2.0]))
    np.testing.assert_allclose(C, [[-1, 0, 1], [-1, 0.75, 0.25]])
    with pytest.raises(ValueError, match="none empty"):
        trend_contrasts(np.array([3.0, 0.0]))


def test_steps_are_every_pair_neighbours_first() -> None:
    assert step_pairs(3) == ((0, 1), (1, 2), (0, 2))
    np.testing.assert_array_equal(step_contrasts(3), [[-1, 1, 0], [0, -1, 1], [-1, 0, 1]])


def test_the_adjusted_p_and_the_simultaneous_interval_agree() -> None:
    C, V, df = step_contrasts(3), np.diag([1.0, 2.0, 0.5]), 17.0
    critical = simultaneous_critical(C, V, df, 0.95, np.random.default_rng(3))
    p = simultaneous_p(np.full(3, critical), C, V, df, np.random.default_rng(3))
    np.testing.assert_allclose(p, 0.05, atol=2e-3)


def test_adjusted_p_of_all_pairs_is_tukeys() -> None:
    from scipy import stats

    C, t, df = step_contrasts(3), np.array([2.5, 1.0, 3.1]), 20.0
    got = simultaneous_p(t, C, np.eye(3), df, np.random.default_rng(0))
    want = stats.studentized_range.sf(np.sqrt(2) * t, 3, df)
    np.testing.assert_allclose(got, want, atol=2e-3)


def test_without_a_turn_it_is_rarely_announced() -> None:
    """Steps of three equal doses are called harm in at most 2.5% of studies (normal estimates)."""
    rng, C, df = np.random.default_rng(11), step_contrasts(3), 30.0
    critical = simultaneous_critical(C, np.eye(3), df, 0.95, rng)
    scale = np.sqrt(rng.chisquare(df, 20_000) / df)
    steps = rng.standard_normal((20_000, 3)) @ C.T / np.sqrt(2) / scale[:, None]
    called = np.mean((steps > critical).any(axis=1))
    assert called == pytest.approx(0.025, abs=0.004)
