"""Shifts of pairs against R's wilcox.test, and pseudo-values against their definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from smartcombo.stats.paired import mean_shift, median_shift
from smartcombo.stats.time_to_event import (
    kaplan_meier,
    restricted_mean,
    restricted_mean_pseudo_values,
)

NINE = np.array([-0.326454, 0.483643, -0.535629, 1.895281, 0.629508, -0.520468, 0.787429, 1.038325,
                 0.875781])  # fmt: skip
FOURTEEN = np.array([-0.005388, 1.811781, 0.689843, -0.321241, -1.9147, 1.424931, 0.255066,
                     0.28381, 1.243836, 1.121221, 0.893901, 1.218977, 1.082136,
                     0.374565])  # fmt: skip


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        (NINE, (0.5565755, -0.326454, 1.189462, 0.09765625)),
        (FOURTEEN, (0.7025155, 0.139211, 1.121221, 0.03527832031)),
    ],
)
def test_the_median_shift_is_that_of_wilcox_test(differences, expected) -> None:
    """``wilcox.test(d, conf.int = TRUE, exact = TRUE)`` of R 4.2."""
    got = median_shift(differences)
    assert (got.value, got.low, got.high, got.p) == pytest.approx(expected, rel=1e-9)


def test_many_pairs_and_ties_have_a_normal_limit_near_the_exact_one() -> None:
    rng = np.random.default_rng(5)
    differences = rng.normal(0.3, 1, 49)
    exact, normal = median_shift(differences), median_shift(np.r_[differences, differences.mean()])
    # One pair more at the middle: the limits move by less than the gap of two Walsh averages.
    assert (normal.low, normal.high) == pytest.approx((exact.low, exact.high), abs=0.03)
    tied = median_shift(np.array([1.0, 1.0, 2.0, 2.0, 3.0, 0.0, 0.0, 1.0]))
    assert tied.low <= tied.value <= tied.high


def test_few_pairs_have_no_end_of_an_interval() -> None:
    got = median_shift(np.array([0.5, 0.2, 0.9]))
    assert (got.low, got.high) == (-np.inf, np.inf)
    assert np.isnan(mean_shift(np.array([0.5])).p)


def test_the_mean_shift_is_the_paired_t_test() -> None:
    got = mean_shift(FOURTEEN)
    expected = stats.ttest_1samp(FOURTEEN, 0.0)
    interval = expected.confidence_interval(0.95)
    assert got.p == pytest.approx(expected.pvalue)
    assert (got.low, got.high) == pytest.approx((interval.low, interval.high))


def _mean(time, event, horizon) -> float:
    return restricted_mean(kaplan_meier(time, event), horizon).value


def test_pseudo_values_are_those_of_leaving_one_unit_out() -> None:
    rng = np.random.default_rng(2)
    time = np.round(rng.exponential(10, 15)) + 1.0
    event = rng.random(15) < 0.7
    horizon = float(np.sort(time)[-3])
    got = restricted_mean_pseudo_values(time, event, horizon)
    whole = _mean(time, event, horizon)
    for i in range(15):
        rest = np.arange(15) != i
        left = _mean(time[rest], event[rest], horizon)
        assert got[i] == pytest.approx(15 * whole - 14 * left, abs=1e-9)


def test_without_censoring_pseudo_values_are_the_times() -> None:
    time = np.array([3.0, 8.0, 5.0, 20.0])
    got = restricted_mean_pseudo_values(time, np.ones(4, dtype=bool), 12.0)
    np.testing.assert_allclose(got, np.minimum(time, 12.0))
