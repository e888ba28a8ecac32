"""Proportions, pooling and response calls against closed forms, published tables and simulation."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.stats import binom

from smartcombo.stats.pooling import beta_binomial, log_odds_ratios, random_effects_mean
from smartcombo.stats.proportions import (
    _excess_limits,
    clopper_pearson,
    difference,
    excess_over_independent_action,
    jeffreys,
)
from smartcombo.stats.response import MRECIST, categorise, curve_responses


def test_exact_intervals_are_those_of_scipy() -> None:
    for k, n in ((0, 8), (3, 10), (10, 10)):
        expected = stats.binomtest(k, n).proportion_ci(method="exact")
        got = clopper_pearson(k, n)
        assert (got.low, got.high) == pytest.approx((expected.low, expected.high))


def test_jeffreys_lies_inside_the_exact_interval_and_holds_the_rate() -> None:
    for n in (5, 10):
        for k in range(n + 1):
            exact, bayes = clopper_pearson(k, n), jeffreys(k, n)
            assert exact.low <= bayes.low <= bayes.value <= bayes.high <= exact.high + 1e-12


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((56, 70, 48, 80), (0.0528, 0.3382)), ((9, 10, 3, 10), (0.1700, 0.8406))],
)
def test_differences_have_the_published_score_intervals(counts, expected) -> None:
    """Newcombe 1998, 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, method 3."""
    got = difference(*counts)
    assert (got.low, got.high) == pytest.approx(expected, abs=5e-4)


def test_the_interval_of_a_difference_excludes_zero_exactly_when_p_is_small() -> None:
    for k1 in range(11):
        for k2 in range(9):
            got = difference(k1, 10, k2, 8)
            assert (got.p < 0.05) == (got.low > 0 or got.high < 0)
            mirrored = difference(k2, 8, k1, 10)
            assert (got.low, got.high) == pytest.approx((-mirrored.high, -mirrored.low), abs=1e-7)


def test_the_score_test_keeps_its_size_with_ten_animals() -> None:
    k = np.arange(11)
    for rate in (0.1, 0.3, 0.5):
        weight = np.outer(stats.binom.pmf(k, 10, rate), stats.binom.pmf(k, 10, rate))
        reject = np.array([[difference(a, 10, b, 10).p < 0.05 for b in k] for a in k])
        assert np.sum(weight[reject]) < 0.065


def test_random_effects_of_equal_studies_have_the_closed_form() -> None:
    got = random_effects_mean(np.full(4, 1.5), np.full(4, 0.2), knapp=False)
    assert got.tau2 == 0.0
    assert got.se == pytest.approx(np.sqrt(0.05))
    assert got.high - got.value == pytest.approx(stats.norm.ppf(0.975) * got.se)
    two = random_effects_mean(np.array([0.0, 4.0]), np.array([1.0, 1.0]))
    assert two.tau2 == pytest.approx(7.0)
    assert np.isnan(two.predicted_low)


@pytest.mark.realdata
def test_six_studies_of_emt6_pool_to_the_reference(shared_dir: Path) -> None:
    table = pd.read_csv(shared_dir / "data" / "invivo" / "mariathasan2018_complete_regressions.csv")
    emt6 = table[table["model"] == "EMT6"]
    n = emt6["n_per_arm"].to_numpy(float)
    combo, alone = (n * emt6[c].to_numpy(float) / 100 for c in ("combo_cr_pct", "apdl1_cr_pct"))
    file = shared_dir / "peers" / "patients" / "shrinkage_reference.json"
    reference = json.loads(file.read_text(encoding="utf-8"))
    pooled = random_effects_mean(*log_odds_ratios(combo, n, alone, n))
    assert pooled.value == pytest.approx(reference["logor_re"]["mu"], abs=1e-9)
    assert pooled.tau2 == pytest.approx(reference["logor_re"]["tau2"], abs=1e-9)
    # The reference rounded its t quantile (2.776); ours is exact.
    limits = (pooled.predicted_low, pooled.predicted_high)
    assert limits == pytest.approx(reference["logor_re"]["pi95"], abs=5e-4)
    counts = beta_binomial(combo, n)
    assert counts.icc == pytest.approx(reference["betabinomial"]["combo"]["icc"], abs=1e-4)
    assert counts.mean == pytest.approx(reference["betabinomial"]["combo"]["bb_mean"], abs=1e-4)


def test_a_curve_worked_by_hand_has_its_best_and_average_response() -> None:
    volume = np.array([100.0, 80.0, 40.0, 60.0, 250.0, 100.0, 150.0, 250.0])
    time = np.array([0.0, 5.0, 10.0, 15.0, 20.0, 0.0, 4.0, 8.0])
    got = curve_responses(volume, time, np.array([0, 5, 8]))
    assert got.best[0] == pytest.approx(-60.0)
    assert got.best_day[0] == 10.0
    assert got.best_average[0] == pytest.approx((0 - 20 - 60 - 40) / 4)
    assert got.time_to_double[0] == pytest.approx(15 + 5 * (200 - 60) / (250 - 60))
    assert np.isnan(got.best[1])
    assert got.time_to_double[1] == pytest.approx(4 + 4 * (200 - 150) / (250 - 150))
    assert categorise(got.best, got.best_average) == ["PR", "not evaluable"]


def test_categories_follow_the_published_thresholds() -> None:
    best = np.array([-96.0, -96.0, -51.0, -51.0, 34.0, 34.0, 36.0, -99.0])
    mean = np.array([-41.0, -39.0, -21.0, -19.0, 29.0, 31.0, 0.0, 40.0])
    assert categorise(best, mean) == ["CR", "PR", "PR", "SD", "SD", "PD", "PD", "PD"]


@pytest.mark.realdata
def test_the_pdxe_calls_are_those_published(shared_dir: Path) -> None:
    """Thresholds reproduce all; the curves 87%, as the paper's own rule for the day is unknown."""
    folder = shared_dir / "peers" / "invivo"
    reference = pd.read_csv(folder / "pdxe_mrecist_published_vs_recomputed.csv")
    published = (reference[c].to_numpy(float) for c in ("BestResponse", "BestAvgResponse"))
    assert categorise(*published) == reference["pubbest"].tolist()
    curves = pd.read_csv(shared_dir / "data" / "invivo" / "pdxe_gao2015_volume_bodyweight.csv")
    keys = ["model", "arm", "animal"]
    curves = curves[curves["volume_mm3"].notna()].sort_values([*keys, "day"], kind="stable")
    ids = curves.groupby(keys, sort=False).ngroup().to_numpy()
    start = np.r_[np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]]), len(ids)].astype(np.int64)
    volume, day = (curves[c].to_numpy(float) for c in ("volume_mm3", "day"))
    shares = {}
    for first_day in (MRECIST.first_day, 14.0):
        got = curve_responses(volume, day, start, first_day)
        table = curves.iloc[start[:-1]][keys].assign(
            call=categorise(got.best, got.best_average), doubling=got.time_to_double
        )
        merged = reference.merge(table, on=keys)
        assert len(merged) == len(reference)
        shares[first_day] = np.mean(merged["call"] == merged["pubbest"])
    assert shares[MRECIST.first_day] == pytest.approx(0.868, abs=0.001)
    assert shares[14.0] > 0.90
    assert np.mean(np.abs(merged["doubling"] - merged["TimeToDouble"]) <= 0.05) > 0.96


def _coverage_of_excess(n: int, p: tuple[float, float, float]) -> float:
    """Return the exact coverage of the independent-action interval, every outcome summed."""
    aim = p[0] - (1 - (1 - p[1]) * (1 - p[2]))
    mass = [binom.pmf(np.arange(n + 1), n, x) for x in p]
    total = 0.0
    for k, a, b in product(range(n + 1), repeat=3):
        weight = mass[0][k] * mass[1][a] * mass[2][b]
        if weight > 1e-7:
            got = _excess_limits((k, n), ((a, n), (b, n)), 0.95)
            total += weight * (got[1] - 1e-9 <= aim <= got[2] + 1e-9)
    return total


@pytest.mark.parametrize("n", [8, 10])
def test_the_excess_over_independent_action_covers_with_few_animals(n: int) -> None:
    """Exact; above the level where agents alone cure nobody, as few outcomes are possible."""
    for p in ((0.5, 0.2, 0.2), (0.36, 0.2, 0.2), (0.5, 0.3, 0.0), (0.5, 0.0, 0.0)):
        assert 0.94 < _coverage_of_excess(n, p) < 0.99
    assert _coverage_of_excess(n, (0.8, 0.4, 0.2)) > 0.92
    assert _coverage_of_excess(n, (0.2, 0.0, 0.0)) > 0.99


def test_the_p_of_the_excess_agrees_with_its_interval() -> None:
    for k in range(9):
        got = excess_over_independent_action((k, 8), ((1, 8), (2, 8)))
        assert (got.p < 0.05) == (got.low > 0 or got.high < 0)
        edge = excess_over_independent_action((k, 8), ((1, 8), (2, 8)), level=1 - got.p)
        if got.p < 1:
            assert min(abs(edge.low), abs(edge.high)) < 1e-6


def test_with_one_agent_the_excess_is_a_difference_of_newcombe() -> None:
    """Newcombe 1998, example (a): 56/70 - 48/80 = 0.2, 0.0524 to 0.3339."""
    got = excess_over_independent_action((56, 70), ((48, 80),))
    assert (got.value, got.low, got.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
