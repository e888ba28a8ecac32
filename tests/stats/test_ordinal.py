"""Ordinal scores: the probability of the worse one, its interval, and the median's limits."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from smartcombo.stats.ordinal import median_interval, worse_probability
from smartcombo.stats.proportions import clopper_pearson

SCORES = st.lists(st.integers(0, 4), min_size=3, max_size=10)
FEW = settings(max_examples=60, deadline=None, derandomize=True)


@FEW
@given(x=SCORES, y=SCORES)
def test_estimate_and_error_are_those_of_brunner_and_munzel(x: list[int], y: list[int]) -> None:
    got = worse_probability(np.array(x, float), np.array(y, float))
    by_hand = np.mean([(a > b) + 0.5 * (a == b) for a, b in product(x, y)])
    assert got.value == pytest.approx(by_hand, abs=1e-12)
    if got.interval == "score":
        return
    peer = stats.brunnermunzel(x, y, distribution="normal")
    statistic = (0.5 - got.value) / got.se
    assert statistic == pytest.approx(peer.statistic, rel=1e-9, abs=1e-9)
    assert 2 * stats.norm.sf(abs(statistic)) == pytest.approx(peer.pvalue, rel=1e-9)


def test_the_interval_is_symmetric_on_the_logit_scale() -> None:
    x, y = np.array([0, 1, 1, 2, 3, 3]), np.array([0, 0, 1, 0, 2, 1, 0])
    got = worse_probability(x, y, level=0.9)
    logit = np.log(got.value / (1 - got.value))
    spread = got.se / (got.value * (1 - got.value))
    ends = logit + np.array([-1, 1]) * stats.norm.ppf(0.95) * spread
    np.testing.assert_allclose([got.low, got.high], 1 / (1 + np.exp(-ends)), rtol=1e-12)
    assert got.p == pytest.approx(2 * stats.norm.sf(abs(logit) / spread))


@FEW
@given(x=SCORES, y=SCORES)
def test_exchanged_arms_mirror_and_only_the_order_of_scores_counts(
    x: list[int], y: list[int]
) -> None:
    a, b = np.array(x, float), np.array(y, float)
    one, other = worse_probability(a, b), worse_probability(b, a)
    np.testing.assert_allclose(
        [one.value, one.low, one.high], [1 - other.value, 1 - other.high, 1 - other.low], atol=1e-8
    )
    assert one.p == pytest.approx(other.p, abs=1e-8)
    stretched = worse_probability(np.expm1(a), np.expm1(b))
    assert (stretched.value, stretched.low, stretched.high) == (one.value, one.low, one.high)


@FEW
@given(x=SCORES, y=SCORES)
def test_limits_nest_hold_the_estimate_and_agree_with_p(x: list[int], y: list[int]) -> None:
    a, b = np.array(x, float), np.array(y, float)
    wide, narrow = worse_probability(a, b, level=0.99), worse_probability(a, b, level=0.8)
    assert wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high
    got = worse_probability(a, b)
    assert (got.p < 0.05) == (got.low > 0.5 or got.high < 0.5)


def test_arms_apart_in_every_pair_have_newcombes_limits_and_not_none() -> None:
    n = 8
    got = worse_probability(np.full(n, 2.0), np.zeros(n))
    assert (got.value, got.high, got.interval) == (1.0, 1.0, "score")
    theta = got.low
    half = n - 1
    variance = theta * (1 - theta) * (
        1 + half * ((1 - theta) / (2 - theta) + theta / (1 + theta))
    ) / n**2  # fmt: skip
    assert (1 - theta) / np.sqrt(variance) == pytest.approx(stats.norm.ppf(0.975), rel=1e-6)
    assert 0.7 < theta < 0.8


def test_arms_alike_in_every_pair_are_not_known_to_be_alike() -> None:
    got = worse_probability(np.zeros(8), np.zeros(8))
    assert (got.value, got.p, got.interval) == (0.5, 1.0, "score")
    assert got.low < 0.3
    assert got.high > 0.7


def test_against_two_arms_it_is_the_worse_of_one_of_each() -> None:
    x, y, z = [1, 2, 3, 0, 2], [0, 1, 1, 0], [2, 0, 1, 1, 0, 0]
    got = worse_probability(*(np.array(v, float) for v in (x, y, z)))
    kernel = np.array([[[(a > max(b, c)) + 0.5 * (a == max(b, c)) for c in z] for b in y]
                       for a in x])  # fmt: skip
    parts = [kernel.mean(axis=(1, 2)), kernel.mean(axis=(0, 2)), kernel.mean(axis=(0, 1))]
    variances = [np.var(part, ddof=1) / len(part) for part in parts]
    assert got.value == pytest.approx(kernel.mean())
    assert got.se == pytest.approx(np.sqrt(sum(variances)))


@pytest.mark.parametrize("n", [6, 7, 9, 12, 25])
def test_the_limits_of_the_median_cover_it_by_the_binomial(n: int) -> None:
    got = median_interval(np.arange(1.0, n + 1))
    k = int(got.low)
    assert got.high == n + 1 - k
    assert stats.binom.cdf(k - 1, n, 0.5) <= 0.025
    assert stats.binom.cdf(k, n, 0.5) > 0.025
    assert clopper_pearson(k - 1, n).high < 0.5 < clopper_pearson(k + 1, n).high


def test_five_animals_have_a_median_and_no_limits() -> None:
    got = median_interval(np.array([0.0, 0.0, 1.0, 2.0, 2.0]))
    assert got.value == 1.0
    assert np.isnan(got.low)
    assert np.isnan(got.high)
    assert np.isnan(median_interval(np.empty(0)).value)
