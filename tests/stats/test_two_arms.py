"""Animals an arm: noncentral t, published numbers, edges."""

from __future__ import annotations

import pytest
from scipy import stats

from smartcombo.stats.two_arms import animals_needed, welch_power


@pytest.mark.parametrize(("sd", "n"), [(0.80, 12), (0.99, 17), (0.63, 8), (0.59, 7), (0.46, 5)])
def test_a_doubling_needs_the_animals_that_a_t_test_needs(sd: float, n: int) -> None:
    """SDs of CT26 tumours; numbers by the noncentral t of two arms of one SD."""
    assert animals_needed(1.0, (sd, sd)) == n
    exact = stats.nct.sf(stats.t.ppf(0.975, 2 * n - 2), 2 * n - 2, 1 / sd / (2 / n) ** 0.5)
    assert welch_power(1.0, (sd, sd), n) == pytest.approx(exact, abs=1e-3)


def test_more_animals_and_larger_shifts_give_more_power() -> None:
    powers = [welch_power(1.0, (0.5, 1.5), n) for n in range(3, 60, 4)]
    assert powers == sorted(powers)
    assert animals_needed(30.0, (0.5, 1.5)) <= animals_needed(1.0, (0.5, 1.5))


def test_no_shift_or_no_spread_or_no_end_is_not_a_number() -> None:
    assert animals_needed(0.0, (1.0, 1.0)) is None
    assert animals_needed(1.0, (0.0, 0.0)) is None
    assert animals_needed(float("nan"), (1.0, 1.0)) is None
    assert animals_needed(0.05, (1.0, 1.0)) is None
