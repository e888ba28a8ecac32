"""Time to event against closed forms and brute force, and what must not change it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from smartcombo.stats.cox import _moments, cox
from smartcombo.stats.time_to_event import (
    kaplan_meier,
    logrank,
    median_time,
    restricted_mean,
    restricted_mean_difference,
)


def _simulated(seed: int = 1, n: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    arm = np.repeat([0, 1, 2], n // 3)
    time = np.ceil(rng.exponential(8 + 4 * arm))
    limit = rng.integers(10, 25, n).astype(float)
    return np.minimum(time, limit), time <= limit, arm


def test_without_censoring_the_curve_is_the_empirical_one() -> None:
    time = np.array([3.0, 5.0, 5.0, 8.0])
    curve = kaplan_meier(time, np.ones(4, dtype=bool))
    np.testing.assert_allclose(curve.survival, [0.75, 0.25, 0.0])
    assert restricted_mean(curve, 8.0).value == pytest.approx(time.mean())
    assert restricted_mean(curve, 8.0).se == pytest.approx(time.std() / 2)
    assert median_time(curve).value == 5.0


def test_a_curve_without_events_stays_at_one_and_has_no_median() -> None:
    curve = kaplan_meier(np.array([4.0, 6.0]), np.zeros(2, dtype=bool))
    assert (curve.survival == 1).all()
    assert np.isinf(median_time(curve).value)
    same = restricted_mean(curve, 5.0)
    assert restricted_mean_difference(same, same).p == 1.0


def test_the_unit_of_time_rescales_the_mean_and_no_test() -> None:
    time, event, arm = _simulated()
    weeks = restricted_mean(kaplan_meier(time / 7, event), 10 / 7)
    assert weeks.value * 7 == pytest.approx(restricted_mean(kaplan_meier(time, event), 10).value)
    assert logrank(time / 7, event, arm).chi2 == pytest.approx(logrank(time, event, arm).chi2)
    X = (arm[:, None] == [1, 2]).astype(float)
    np.testing.assert_allclose(cox(time / 7, event, X).beta, cox(time, event, X).beta, rtol=1e-8)


def test_the_names_of_groups_change_no_log_rank_test() -> None:
    time, event, arm = _simulated()
    assert logrank(time, event, 2 - arm).chi2 == pytest.approx(logrank(time, event, arm).chi2)


def test_the_log_rank_test_of_two_groups_is_the_score_test_of_cox_without_ties() -> None:
    rng = np.random.default_rng(2)
    time, event = rng.exponential(5, 20), rng.random(20) < 0.7
    arm = np.repeat([0, 1], 10)
    score = _moments(time, event, arm[:, None].astype(float), np.zeros(1))
    expected = score.score[0] ** 2 / score.information[0, 0]
    assert logrank(time, event, arm).chi2 == pytest.approx(expected, rel=1e-9)


def test_score_information_and_third_moments_are_the_derivatives() -> None:
    time, event, arm = _simulated()
    X, beta = (arm[:, None] == [1, 2]).astype(float), np.array([-0.3, 0.2])
    at = _moments(time, event, X, beta)
    for j, move in enumerate(1e-5 * np.eye(2)):
        up, down = (_moments(time, event, X, beta + s * move) for s in (1, -1))
        assert at.score[j] == pytest.approx((up.loglik - down.loglik) / 2e-5, rel=1e-6)
        np.testing.assert_allclose(at.information[j], (down.score - up.score) / 2e-5, rtol=1e-6)
        slope = (up.information - down.information) / 2e-5
        np.testing.assert_allclose(at.third[j], slope, rtol=1e-5, atol=1e-8)


def test_firth_is_the_maximum_of_the_penalised_likelihood() -> None:
    time, event, arm = _simulated(4)
    X = (arm[:, None] == [1, 2]).astype(float)

    def minus(beta: np.ndarray) -> float:
        at = _moments(time, event, X, beta)
        return -at.loglik - 0.5 * np.linalg.slogdet(at.information)[1]

    found = optimize.minimize(minus, np.zeros(2), method="Nelder-Mead",
                              options={"xatol": 1e-9, "fatol": 1e-12})  # fmt: skip
    fit = cox(time, event, X, firth=True)
    np.testing.assert_allclose(fit.beta, found.x, atol=1e-5)
    assert fit.loglik == pytest.approx(-found.fun, abs=1e-9)


def test_firth_stays_finite_where_a_group_has_no_event_and_plain_cox_says_boundary() -> None:
    time = np.array([3.0, 4.0, 5.0, 7.0, 9.0, 20.0, 20.0, 20.0, 20.0, 20.0])
    event = time < 20
    X = np.repeat([0.0, 1.0], 5)[:, None]
    assert cox(time, event, X).status == "boundary"
    fit = cox(time, event, X, firth=True)
    assert fit.status == "ok"
    assert -6 < fit.beta[0] < -1
    assert np.isinf(fit.low[0]) or fit.low[0] < fit.beta[0]
    assert fit.beta[0] < fit.high[0] < 0
    assert fit.p[0] < 0.01


def test_profile_limits_are_where_the_penalised_likelihood_has_fallen_by_chi_square() -> None:
    time, event, arm = _simulated(5)
    X = (arm > 0)[:, None].astype(float)
    fit = cox(time, event, X, firth=True)
    for edge in (fit.low[0], fit.high[0]):
        at = _moments(time, event, X, np.array([edge]))
        fallen = 2 * (fit.loglik - at.loglik - 0.5 * np.linalg.slogdet(at.information)[1])
        assert fallen == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-5)


def test_an_event_when_only_one_group_is_at_risk_tells_nothing_about_the_ratio() -> None:
    time, event = np.array([5.0, 6.0, 9.0]), np.array([False, False, True])
    X = np.array([[1.0], [1.0], [0.0]])
    for firth in (False, True):
        fit = cox(time, event, X, firth=firth)
        assert fit.status == "singular"
        assert np.isnan([fit.beta[0], fit.low[0], fit.high[0], fit.p[0]]).all()


def test_profile_limits_without_an_event_in_a_group_are_where_the_likelihood_has_fallen() -> None:
    """Brute force over a grid of log hazard ratios, one limit being far away."""
    time = np.array([2.0, 4.0, 5.0, 7.0, 9.0, 20.0, 20.0, 20.0, 20.0, 20.0])
    event = time < 20
    X = np.repeat([0.0, 1.0], 5)[:, None]
    fit = cox(time, event, X, firth=True)
    grid = np.linspace(-12, 4, 16_001)
    at = [_moments(time, event, X, np.array([b])) for b in grid[::20]]
    value = np.array([m.loglik + 0.5 * np.log(m.information[0, 0]) for m in at])
    inside = grid[::20][2 * (value.max() - value) <= stats.chi2.ppf(0.95, 1)]
    assert fit.low[0] == pytest.approx(inside[0], abs=0.03)
    assert fit.high[0] == pytest.approx(inside[-1], abs=0.03)
    null = _moments(time, event, X, np.zeros(1))
    fallen = 2 * (fit.loglik - null.loglik - 0.5 * np.log(null.information[0, 0]))
    assert fit.p[0] == pytest.approx(stats.chi2.sf(fallen, 1), rel=1e-6)


def _in_three_batches() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return times, events, arm and batch; the last batch has no event, the middle one arm only."""
    time = np.array([3.0, 5, 5, 8, 9, 12, 4, 6, 7, 11, 10, 10, 12, 12])
    event = np.array([1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0], dtype=bool)
    arm = np.array([0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1])
    return time, event, arm, np.repeat([0, 1, 2], [6, 4, 4])


def test_batches_without_events_or_with_one_arm_say_nothing_of_the_ratio() -> None:
    time, event, arm, batch = _in_three_batches()
    X, first = arm[:, None].astype(float), batch == 0
    for firth in (False, True):
        whole = cox(time, event, X, stratum=batch, firth=firth)
        alone = cox(time[first], event[first], X[first], firth=firth)
        for name in ("beta", "se", "low", "high", "p"):
            np.testing.assert_allclose(getattr(whole, name), getattr(alone, name), rtol=1e-6)


def test_firth_within_batches_is_the_maximum_of_the_summed_penalised_likelihood() -> None:
    """Brute force over a grid: one penalty on the information of all batches together."""
    time, event, arm = _simulated(6)
    batch = np.arange(len(time)) % 3
    event &= batch != 2
    X = (arm > 0)[:, None].astype(float)
    fit = cox(time, event, X, stratum=batch, firth=True)
    grid = np.linspace(fit.beta[0] - 0.5, fit.beta[0] + 0.5, 2001)
    value = []
    for beta in grid:
        at = [_moments(time[batch == k], event[batch == k], X[batch == k], np.array([beta]))
              for k in range(3)]  # fmt: skip
        value.append(sum(m.loglik for m in at)
                     + 0.5 * np.log(sum(m.information[0, 0] for m in at)))  # fmt: skip
    assert fit.beta[0] == pytest.approx(grid[int(np.argmax(value))], abs=6e-4)
    assert fit.loglik == pytest.approx(max(value), abs=1e-6)


def test_firth_stays_finite_where_an_arm_has_no_event_in_any_batch() -> None:
    time = np.array([3.0, 4, 5, 20, 20, 20, 6, 7, 9, 20, 20, 20])
    event, batch = time < 20, np.repeat([0, 1], 6)
    X = np.tile(np.repeat([0.0, 1.0], 3), 2)[:, None]
    assert cox(time, event, X, stratum=batch).status == "boundary"
    fit = cox(time, event, X, stratum=batch, firth=True)
    assert fit.status == "ok"
    assert fit.low[0] < fit.beta[0] < fit.high[0] < 0


def test_no_batch_with_both_arms_at_an_event_is_singular() -> None:
    time, event = np.array([3.0, 4, 5, 6]), np.ones(4, dtype=bool)
    arm = np.array([[0.0], [0.0], [1.0], [1.0]])
    assert cox(time, event, arm).status != "singular"
    assert cox(time, event, arm, stratum=np.array([0, 0, 1, 1])).status == "singular"


def test_one_stratum_or_none_and_the_names_of_strata_change_nothing() -> None:
    time, event, arm = _simulated(7)
    X, batch = (arm > 0)[:, None].astype(float), np.arange(len(time)) % 2
    plain = cox(time, event, X, firth=True)
    one = cox(time, event, X, stratum=np.full(len(time), 5), firth=True)
    np.testing.assert_array_equal(plain.beta, one.beta)
    named, renamed = (cox(time, event, X, stratum=b, firth=True) for b in (batch, 9 - batch))
    np.testing.assert_allclose(named.beta, renamed.beta, rtol=1e-9)


def test_strata_take_out_what_unevenly_spread_batches_do_to_the_ratio() -> None:
    """2,000 animals of one true ratio 0.5; the quick batch holds most of the treated."""
    rng = np.random.default_rng(11)
    batch = np.repeat([0, 1], 1000)
    arm = rng.random(2000) < np.where(batch, 0.75, 0.25)
    hazard = 0.05 * np.where(batch, 4.0, 1.0) * np.where(arm, 0.5, 1.0)
    time, event = rng.exponential(1 / hazard).round(1) + 0.1, np.ones(2000, dtype=bool)
    X = arm[:, None].astype(float)
    within = cox(time, event, X, stratum=batch)
    assert abs(within.beta[0] - np.log(0.5)) < 3 * within.se[0]
    assert cox(time, event, X).beta[0] > np.log(0.5) + 5 * within.se[0]
