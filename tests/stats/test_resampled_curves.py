"""Curves of many draws at once are the curves of each draw."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from smartcombo.core.random import stream
from smartcombo.stats.growth_delay import doubling_time
from smartcombo.stats.independent_action import expected_survival
from smartcombo.stats.resampled_curves import (
    curves_of_draws,
    draw_animals,
    medians_of_draws,
    percentiles,
    spread_interval,
    weighted_medians,
)
from smartcombo.stats.time_to_event import (
    kaplan_meier,
    logrank,
    logrank_hazard_ratio,
    median_time,
)


@pytest.fixture
def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    time = np.ceil(rng.exponential(9, 12))
    return time, rng.random(12) < 0.7, draw_animals(12, 40, rng)


def test_each_draw_is_the_curve_of_its_animals(
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    time, event, weights = drawn
    at = np.array([0.0, 2.0, 5.0, 9.5, 14.0])
    curves, medians = curves_of_draws(time, event, weights, at), medians_of_draws(*drawn)
    for k, row in enumerate(weights):
        again = np.repeat(np.arange(12), row.astype(int))
        own = kaplan_meier(time[again], event[again])
        np.testing.assert_allclose(curves[k], [own.at(t) for t in at], atol=1e-12)
        assert medians[k] == pytest.approx(median_time(own).value)


def test_draws_hold_as_many_animals_as_the_arm(
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    assert (drawn[2].sum(axis=1) == 12).all()


def test_the_median_of_weighted_values_is_that_of_the_values_repeated() -> None:
    rng = np.random.default_rng(4)
    values, weights = rng.normal(size=9), draw_animals(9, 30, rng)
    got = weighted_medians(values, weights)
    for k, row in enumerate(weights):
        assert got[k] == pytest.approx(np.median(np.repeat(values, row.astype(int))))


def test_draws_without_a_value_widen_the_interval_on_both_sides() -> None:
    assert percentiles(np.arange(1000.0), 0.95) == pytest.approx((24.5, 974.5), abs=0.6)
    unknown = np.r_[np.arange(900.0), np.full(100, np.nan)]
    low, high = percentiles(unknown, 0.95)
    assert np.isinf(low)
    assert np.isinf(high)


def test_a_tumour_doubles_in_ln_two_over_its_slope_and_one_that_shrinks_never_does() -> None:
    time = np.array([0.0, 2.0, 5.0])
    assert doubling_time(time, 3 + np.log(2) / 4 * time) == pytest.approx(4.0)
    assert np.isinf(doubling_time(time, 3 - 0.1 * time))
    assert np.isnan(doubling_time(time[:1], np.ones(1)))


def test_the_one_step_hazard_ratio_turns_over_with_the_groups() -> None:
    rng = np.random.default_rng(5)
    time, event = rng.exponential(8, 24), rng.random(24) < 0.8
    group, batch = np.repeat([0, 1], 12), np.tile([0, 1, 2], 8)
    one, other = (logrank_hazard_ratio(logrank(time, event, g, batch)) for g in (group, 1 - group))
    assert one.value == pytest.approx(1 / other.value)
    assert one.low == pytest.approx(1 / other.high)
    assert one.p == pytest.approx(other.p)


def test_batches_of_one_arm_each_tell_nothing() -> None:
    group = np.repeat([0, 1], 6)
    test = logrank(np.arange(1.0, 13.0), np.ones(12, dtype=bool), group, group)
    assert np.isnan(logrank_hazard_ratio(test).value)


def test_the_interval_of_a_mean_from_draws_is_students() -> None:
    rng = np.random.default_rng(6)
    values, weights = rng.normal(size=10), draw_animals(10, 20_000, rng)
    got = spread_interval(np.r_[values.mean(), weights @ values / 10], [10], 0.95)
    exact = stats.ttest_1samp(values, 0).confidence_interval()
    # The spread of 20,000 draws is known to 0.5%.
    assert (got.low, got.high) == pytest.approx((exact.low, exact.high), rel=0.03)
    assert np.isnan(spread_interval(np.ones(50), [10, 1], 0.95).low)


@pytest.mark.parametrize("cured", [0.0, 0.5])
def test_independent_action_holds_its_level_with_eight_animals_an_arm(cured: float) -> None:
    """300 studies in which each animal has just its better agent: coverage of zero excess."""
    rng = stream(11, "independent action", str(cured))
    held, excess = 0, []
    for _ in range(300):
        a, b, first, second = (_times(rng, cured, mean) for mean in (9, 8, 9, 8))
        times = [np.minimum(t, 20.0) for t in (np.maximum(first, second), a, b)]
        edges = np.unique(np.concatenate([[0.0, 20.0], *times]))
        curves = [
            curves_of_draws(t, t < 20, np.vstack([np.ones(8), draw_animals(8, 399, rng)]),
                            edges[:-1])
            for t in times
        ]  # fmt: skip
        gap = (curves[0] - expected_survival(np.array(curves[1:]))) @ np.diff(edges)
        got = spread_interval(gap, [8, 8, 8], 0.95)
        held += got.low <= 0 <= got.high
        excess.append(got.value)
    # Coverage is known to 1.3% from 300 studies; bias to 0.06 of the spread.
    assert 0.92 <= held / 300 <= 0.985
    assert abs(np.mean(excess)) < 0.25 * np.std(excess)


def _times(rng: np.random.Generator, cured: float, mean: float) -> np.ndarray:
    """Return times of eight animals, some of them cured for good."""
    return np.where(rng.random(8) < cured, 1e3, mean * np.exp(rng.normal(0, 0.3, 8)))
