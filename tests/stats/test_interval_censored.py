"""Turnbull's curve against curves it must equal, and against the conditions of a maximum."""

from __future__ import annotations

import numpy as np
import pytest

from smartcombo.stats.interval_censored import turnbull
from smartcombo.stats.time_to_event import kaplan_meier, restricted_mean

NEVER = np.inf


def _drawn(seed: int, n: int = 24) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    true, step = rng.exponential(9, n), rng.choice([2.0, 3.0, 5.0], n)
    left = np.floor(true / step) * step
    seen = left + step <= rng.integers(8, 25, n)
    return np.where(seen, left, np.minimum(left, 6.0)), np.where(seen, left + step, NEVER)


def test_with_known_days_it_is_the_curve_of_kaplan_and_meier() -> None:
    time = np.array([2.0, 3.0, 3.0, 5.0, 6.0, 8.0, 8.0])
    event = np.array([True, True, False, True, False, True, False])
    got = turnbull(time, np.where(event, time, NEVER))
    km = kaplan_meier(time, event)
    survival = 1 - np.cumsum(got.mass[0])[:-1]
    np.testing.assert_allclose(survival, km.survival[km.events > 0], atol=1e-7)
    assert got.restricted_mean(8.0)[0] == pytest.approx(restricted_mean(km, 8.0).value, abs=1e-6)


def test_with_common_visits_it_is_the_share_of_events_between_them() -> None:
    left = np.array([0.0, 0, 3, 3, 3, 6, 9, 9])
    right = np.array([3.0, 3, 6, 6, 6, 9, NEVER, NEVER])
    got = turnbull(left, right)
    np.testing.assert_allclose(got.mass[0], [2 / 8, 3 / 8, 1 / 8, 2 / 8], atol=1e-9)
    assert got.median()[0] == pytest.approx(3 + 3 * (0.25 / 0.375))


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_maximum_of_the_likelihood(seed: int) -> None:
    left, right = _drawn(seed)
    got = turnbull(left, right)
    inside = (left[:, None] <= got.left) & (got.right <= right[:, None])
    slope = (inside / (inside @ got.mass[0])[:, None]).sum(axis=0) / len(left)
    # Kuhn-Tucker: 1 where there is mass, at most 1 where there is none.
    assert slope.max() <= 1 + 1e-3
    assert np.abs(slope - 1)[got.mass[0] > 0.01].max() < 1e-3


def test_an_animal_drawn_twice_counts_twice() -> None:
    left, right = _drawn(5)
    weights = np.r_[3.0, 0.0, np.ones(len(left) - 2)][None]
    again = np.repeat(np.arange(len(left)), weights[0].astype(int))
    both = [turnbull(left, right, weights), turnbull(left[again], right[again])]
    means = [curve.restricted_mean(8.0)[0] for curve in both]
    assert means[0] == pytest.approx(means[1], abs=1e-5)


def test_events_at_the_start_evenly_and_at_the_end_of_their_interval_are_in_order() -> None:
    left, right = _drawn(6)
    got = turnbull(left, right)
    means = [got.restricted_mean(10.0, where)[0] for where in ("earliest", "even", "latest")]
    assert means == sorted(means)
    days = turnbull(left / 7, right / 7).restricted_mean(10 / 7)[0] * 7
    assert days == pytest.approx(means[1], rel=1e-6)


def test_without_events_the_mean_is_the_horizon_and_the_median_is_not_reached() -> None:
    got = turnbull(np.array([6.0, 9.0]), np.array([NEVER, NEVER]))
    assert got.restricted_mean(6.0)[0] == pytest.approx(6.0)
    assert np.isinf(got.median()[0])
