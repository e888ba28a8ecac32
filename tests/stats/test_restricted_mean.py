"""Restricted means of few animals: Welch without censoring, brute force with it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from smartcombo.stats.restricted_mean import Times, difference, independent_action
from smartcombo.stats.time_to_event import kaplan_meier
from smartcombo.stats.time_to_event import restricted_mean as restricted_mean_of

HORIZON = 12.0


def _arm(rng: np.random.Generator, n: int) -> Times:
    """Return times with ties and censoring, some beyond the horizon."""
    time = np.round(rng.exponential(9.0, n) + 1.0, 0)
    return time, rng.random(n) < 0.7


def _mean(arm: Times) -> float:
    return restricted_mean_of(kaplan_meier(*arm), HORIZON).value


def _without(arm: Times, i: int) -> Times:
    return np.delete(arm[0], i), np.delete(arm[1], i)


def _independent(arms: list[Times]) -> float:
    grid = np.linspace(0.0, HORIZON, 240_001)[:-1]
    curves = []
    for arm in arms:
        curve = kaplan_meier(*arm)
        curves.append(np.r_[1.0, curve.survival][np.searchsorted(curve.time, grid, "right")])
    observed, a, b = curves
    return HORIZON * float(np.mean(observed - (1 - (1 - a) * (1 - b))))


def test_without_censoring_it_is_welchs_test_with_variances_of_n_minus_one() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.uniform(1, 11, 8), rng.uniform(2, 11, 10)
    got = difference((a, np.ones(8, bool)), (b, np.ones(10, bool)), HORIZON)
    parts = np.array([a.var(ddof=1) / 7, b.var(ddof=1) / 9])
    df = parts.sum() ** 2 / (parts**2 / [7, 9]).sum()
    assert got.value == pytest.approx(a.mean() - b.mean())
    assert got.se == pytest.approx(np.sqrt(parts.sum()))
    assert got.df == pytest.approx(df)
    assert got.p == pytest.approx(2 * stats.t.sf(abs(got.value) / got.se, df))


def test_with_censoring_it_deletes_one_animal_at_a_time() -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        a, b = _arm(rng, 8), _arm(rng, 9)
        got = difference(a, b, HORIZON)
        assert got.value == pytest.approx(_mean(a) - _mean(b))
        spread = [np.array([_mean(_without(x, i)) for i in range(len(x[0]))]) for x in (a, b)]
        variance = sum(np.sum((s - s.mean()) ** 2) for s in spread)
        assert got.se == pytest.approx(np.sqrt(variance))


def test_independent_action_is_the_area_between_observed_and_expected_curves() -> None:
    rng = np.random.default_rng(7)
    arms = [_arm(rng, 8) for _ in range(3)]
    got = independent_action(arms[0], arms[1:], HORIZON)
    assert got.value == pytest.approx(_independent(arms), abs=1e-3)
    variance = 0.0
    for k in range(3):
        spread = np.array([
            _independent([_without(x, i) if j == k else x for j, x in enumerate(arms)])
            for i in range(8)
        ])  # fmt: skip
        variance += float(np.sum((spread - spread.mean()) ** 2))
    assert got.se == pytest.approx(np.sqrt(variance), rel=1e-3)


def test_with_one_agent_alone_independent_action_is_the_difference() -> None:
    rng = np.random.default_rng(3)
    a, b = _arm(rng, 8), _arm(rng, 8)
    one, two = independent_action(a, [b], HORIZON), difference(a, b, HORIZON)
    assert (one.value, one.se, one.df) == pytest.approx((two.value, two.se, two.df))


def test_arms_swap_with_the_sign() -> None:
    rng = np.random.default_rng(4)
    a, b = _arm(rng, 8), _arm(rng, 10)
    one, two = difference(a, b, HORIZON), difference(b, a, HORIZON)
    assert (one.value, one.low, one.high) == pytest.approx((-two.value, -two.high, -two.low))


def test_one_animal_or_no_spread_is_a_status() -> None:
    alone = (np.array([4.0]), np.array([True]))
    cured = (np.full(5, 20.0), np.zeros(5, bool))
    some = (np.array([3.0, 5.0, 8.0]), np.ones(3, bool))
    assert difference(alone, some, HORIZON).status == "one animal"
    same = difference(cured, cured, HORIZON)
    assert same.status == "no spread"
    assert np.isnan([same.low, same.high, same.p]).all()
    assert difference(cured, some, HORIZON).status == "ok"
