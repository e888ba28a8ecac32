"""Odds ratios and paired differences against R, brute force and their own definitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from smartcombo.stats.odds import (
    conditional_odds_ratio,
    paired_difference,
    paired_odds_ratio,
    restricted_share,
)

FISHER = {
    (8, 10, 2, 10): (13.2503803, 1.30953726, 239.3955603),
    (5, 8, 1, 9): (11.10916559, 0.7934526672, 703.016738),
    (0, 10, 6, 10): (0.0, 0.0, 0.5660448696),
    (10, 10, 3, 9): (np.inf, 2.138111319, np.inf),
    (7, 12, 5, 15): (2.690165368, 0.4561307998, 17.85254594),
}
"""``fisher.test(matrix(c(k1, n1 - k1, k2, n2 - k2), 2))`` of R 4.2: estimate and conf.int."""


@pytest.mark.parametrize("counts", FISHER)
def test_the_exact_odds_ratio_is_that_of_fisher_test(counts) -> None:
    got = conditional_odds_ratio(*counts, mid=False)
    value, low, high = FISHER[counts]
    # R looks for the ends as an odds ratio or its reciprocal, each to 1.2e-4.
    assert got.value == pytest.approx(value, rel=5e-4)
    assert got.low == pytest.approx(low, abs=1.3e-4)
    assert 1 / got.high == pytest.approx(1 / high, abs=1.3e-4)


def test_mid_p_lies_inside_the_exact_interval_and_agrees_with_its_p() -> None:
    for k1 in range(7):
        for k2 in range(9):
            if k1 + k2 in (0, 14):
                continue
            mid, exact = (conditional_odds_ratio(k1, 6, k2, 8, mid=m) for m in (True, False))
            assert exact.low <= mid.low <= mid.value <= mid.high <= exact.high
            assert (mid.p < 0.05) == (mid.low > 1 or mid.high < 1)
            other = conditional_odds_ratio(k2, 8, k1, 6)
            assert other.p == pytest.approx(mid.p, abs=1e-9)
            if mid.low > 0:
                assert other.high == pytest.approx(1 / mid.low, rel=1e-6)


@pytest.mark.parametrize("k", [0, 1])
def test_arms_in_which_all_animals_are_alike_have_no_odds_ratio(k: int) -> None:
    got = conditional_odds_ratio(8 * k, 8, 5 * k, 5)
    assert np.isnan([got.value, got.low, got.high, got.p]).all()


def test_mid_p_holds_its_level_on_average() -> None:
    """Averaged over rates: single tables are discrete, and may lie to either side."""
    grid, missed = np.linspace(0.1, 0.9, 9), []
    k = np.arange(11)
    out = np.array([[conditional_odds_ratio(a, 10, b, 10).p < 0.05 for b in k] for a in k])
    for rate in grid:
        weight = np.outer(stats.binom.pmf(k, 10, rate), stats.binom.pmf(k, 10, rate))
        missed.append(float(weight[out].sum()))
    assert 0.015 < np.mean(missed) < 0.055


def test_pairs_have_the_odds_of_a_binomial() -> None:
    """``binom.test(9, 13)$conf.int`` of R as odds: 0.6279707 to 9.998632."""
    got = paired_odds_ratio(9, 4, mid=False)
    assert (got.value, got.low, got.high) == pytest.approx((9 / 4, 0.6279707, 9.998632), rel=1e-6)
    assert got.p == pytest.approx(stats.binomtest(9, 13).pvalue)
    mid = paired_odds_ratio(9, 4)
    assert mid.p == pytest.approx(got.p - stats.binom.pmf(9, 13, 0.5))


def test_one_sided_pairs_have_an_open_end_and_no_pairs_that_differ_have_none() -> None:
    assert paired_odds_ratio(6, 0).high == np.inf
    assert paired_odds_ratio(0, 6).low == 0.0
    assert np.isnan(paired_odds_ratio(0, 0).p)


def test_the_restricted_share_is_the_likeliest() -> None:
    for b, c, n, delta in ((9, 4, 40, 0.1), (3, 8, 25, -0.3), (0, 5, 20, 0.2), (6, 0, 20, -0.1)):

        def minus(share: float, b: int = b, c: int = c, n: int = n, delta: float = delta) -> float:
            cells = np.array([share + delta, share, 1 - 2 * share - delta])
            return -float(np.sum(np.array([b, c, n - b - c]) * np.log(np.maximum(cells, 1e-300))))

        low, high = max(0.0, -delta), (1 - delta) / 2
        best = optimize.minimize_scalar(minus, bounds=(low, high), method="bounded",
                                        options={"xatol": 1e-12})  # fmt: skip
        # A bounded search stops beside the end of its range.
        assert restricted_share(b, c, n, delta) == pytest.approx(best.x, abs=1e-5)


def test_the_paired_interval_excludes_zero_exactly_when_p_is_small_and_mirrors() -> None:
    for b in range(9):
        for c in range(9):
            got = paired_difference(b, c, 20)
            assert got.low <= got.value <= got.high
            assert (got.p < 0.05) == (got.low > 0 or got.high < 0)
            other = paired_difference(c, b, 20)
            assert (got.low, got.high) == pytest.approx((-other.high, -other.low), abs=1e-7)


def test_the_paired_interval_covers_its_truth() -> None:
    """Exact probability over all tables of 20 pairs; score intervals lie near their level."""
    n, share_b, share_c = 20, 0.3, 0.1
    inside = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            weight = stats.multinomial.pmf([b, c, n - b - c], n, [share_b, share_c, 0.6])
            if weight > 1e-9:
                got = paired_difference(b, c, n)
                inside += weight * (got.low <= share_b - share_c <= got.high)
    assert 0.94 < inside < 0.975
