"""Shifts in SDs of the controls: closed forms and degenerate arms."""

from __future__ import annotations

import numpy as np
import pytest

from smartcombo.stats.standardised import standardised_shift

CONTROLS, TREATED = np.array([1.0, 2.0, 3.0, 4.0]), np.array([4.0, 6.0, 5.0])


def test_value_and_standard_error_are_those_computed_by_hand() -> None:
    """Bonett's formula: d^2 / (2 df) + variance ratio / (n - 1) + 1 / df, df = 3."""
    got = standardised_shift(CONTROLS, TREATED, 0.95)
    spread = np.sqrt(5 / 3)
    d = 2.5 / spread
    assert got.value == pytest.approx(d)
    assert got.se == pytest.approx(np.sqrt(d**2 / 6 + (1 / (5 / 3)) / 2 + 1 / 3))
    assert (got.low + got.high) / 2 == pytest.approx(got.value)
    assert got.n == 7


def test_units_do_not_matter() -> None:
    plain = standardised_shift(CONTROLS, TREATED, 0.95)
    other = standardised_shift(10 * CONTROLS - 3, 10 * TREATED - 3, 0.95)
    assert (other.value, other.low) == pytest.approx((plain.value, plain.low))


def test_one_treated_animal_has_a_value_and_no_interval_and_constant_controls_neither() -> None:
    one = standardised_shift(CONTROLS, TREATED[:1], 0.95)
    assert np.isfinite(one.value)
    assert np.isnan([one.low, one.high]).all()
    flat = standardised_shift(np.ones(4), TREATED, 0.95)
    assert np.isnan(flat.value)
    assert np.isnan(standardised_shift(CONTROLS[:1], TREATED, 0.95).value)
