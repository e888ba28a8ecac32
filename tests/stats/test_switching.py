"""Animals beyond their controls: closed forms, Monte Carlo, calibration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from smartcombo.stats.switching import predictive_bound, probability_half, switch

CONTROLS = np.array([4.1, 5.0, 4.6, 5.3, 4.4])


def test_one_further_control_lies_below_the_bound_as_often_as_it_says() -> None:
    """Within 4 Monte Carlo standard errors over 20,000 draws."""
    rng = np.random.default_rng(1)
    drawn = rng.normal(2.0, 3.0, (20_000, 6))
    below = [one[5] < predictive_bound(one[:5]) for one in drawn]
    assert np.mean(below) == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 20_000))


def test_the_probability_is_that_of_drawing_the_controls_quantile() -> None:
    """Against 400,000 random draws; the rule's own error is below 0.004."""
    rng = np.random.default_rng(2)
    treated = np.array([5.1, 6.0, 7.2, 4.0, 6.6, 9.0])
    spread = CONTROLS.std(ddof=1) * np.sqrt(4 / rng.chisquare(4, 400_000))
    quantile = rng.normal(CONTROLS.mean(), spread / np.sqrt(5)) + stats.norm.ppf(0.95) * spread
    beyond = (treated[:, None] > quantile).sum(axis=0)
    share = rng.beta(0.5 + beyond, 7.0 - beyond)
    assert probability_half(CONTROLS, treated) == pytest.approx(np.mean(share > 0.5), abs=0.004)


def test_all_far_beyond_is_nearly_sure_and_none_beyond_nearly_excluded() -> None:
    far = switch(CONTROLS, CONTROLS + 20.0)
    assert far.moved.all()
    assert far.share == far.high == 1.0
    assert far.probability_half == pytest.approx(stats.beta.sf(0.5, 5.5, 1.0))
    none = switch(CONTROLS, CONTROLS)
    assert not none.moved.any()
    assert none.low == 0.0
    assert none.probability_half < 0.1


def test_shifting_and_rescaling_everything_changes_nothing() -> None:
    treated = np.array([5.1, 6.0, 7.2, 4.0])
    plain, moved = switch(CONTROLS, treated), switch(3 * CONTROLS - 7, 3 * treated - 7)
    np.testing.assert_array_equal(plain.moved, moved.moved)
    assert plain.probability_half == pytest.approx(moved.probability_half, abs=1e-12)


def test_one_control_gives_no_bound_and_no_answer() -> None:
    got = switch(CONTROLS[:1], CONTROLS)
    assert np.isnan([got.bound, got.share, got.probability_half]).all()
    assert not got.moved.any()


def test_no_treated_animal_is_refused() -> None:
    with pytest.raises(ValueError, match="no treated animal"):
        switch(CONTROLS, np.array([]))


def test_stated_probabilities_are_calibrated_over_the_prior() -> None:
    """Arms whose share moved is drawn from the prior: of those stated near p, about p moved half.

    4,000 arms of six animals and six controls, in thirds of the stated probability; within 4
    standard errors and the 0.02 that the finite shift of moved animals leaves.
    """
    rng = np.random.default_rng(4)
    stated, true = np.empty(4000), np.empty(4000, dtype=bool)
    cut = stats.norm.ppf(0.95)
    for k in range(4000):
        share = rng.beta(0.5, 1.0)
        beyond = rng.random(6) < share
        low = stats.norm.ppf(rng.uniform(0, 0.95, 6))
        treated = np.where(beyond, cut + rng.gamma(2.0, 2.0, 6), low)
        stated[k], true[k] = probability_half(rng.normal(size=6), treated), share >= 0.5
    for low_edge, high_edge in ((0, 0.2), (0.2, 0.8), (0.8, 1.01)):
        own = (stated >= low_edge) & (stated < high_edge)
        error = 4 * np.sqrt(0.25 / own.sum()) + 0.02
        assert true[own].mean() == pytest.approx(stated[own].mean(), abs=error)
