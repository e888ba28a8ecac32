"""Curves of many draws at once are the curves of each draw."""

from __future__ import annotations

import numpy as np
import pytest

from smartcombo.stats.growth_delay import doubling_time
from smartcombo.stats.resampled_curves import (
    curves_of_draws,
    draw_animals,
    medians_of_draws,
    percentiles,
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
