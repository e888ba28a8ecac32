"""Censored samples: exact where nothing is censored, near the truth where some is."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from smartcombo.stats.censored_sample import filled, sample_mean


def test_without_censoring_it_is_the_mean_with_students_interval() -> None:
    values = np.array([1.2, 0.4, 2.2, 1.9, 0.1])
    got = sample_mean(values, np.zeros(5, dtype=int))
    assert got is not None
    assert (got.mean, got.sd, got.df) == pytest.approx((values.mean(), values.std(ddof=1), 4))
    assert got.variance == pytest.approx(values.var(ddof=1) / 5)


def test_the_search_agrees_with_the_closed_form_as_a_limit_moves_away() -> None:
    """A value known to be at least what it is, far above the others' reach, is nearly exact."""
    values = np.array([1.2, 0.4, 2.2, 1.9, 0.1, 0.9, 1.4, 1.1])
    whole = sample_mean(values, np.zeros(8, dtype=int))
    assert whole is not None
    censored = np.append(values, 12.0)
    got = sample_mean(censored, np.append(np.zeros(8, dtype=int), -1))
    assert got is not None
    # A bound of 12 says nothing: the answer is that of the eight values alone.
    assert (got.mean, got.sd) == pytest.approx((whole.mean, whole.sd), rel=1e-4)
    assert got.df == pytest.approx(whole.df, rel=1e-2)  # second difference


def test_the_sd_is_the_mode_of_the_likelihood_with_the_mean_integrated_out() -> None:
    """Restricted likelihood is Laplace's integral over the mean: near the integral itself."""
    values = np.array([0.0, 0.0, 0.6, 1.1, 1.9, 0.8])
    side = np.array([-1, -1, 0, 0, 0, 0])

    def minus_log(s: float) -> float:
        def density(mean: float) -> float:
            z = (values - mean) / np.exp(s)
            return float(np.exp(np.where(side == 0, stats.norm.logpdf(z) - s,
                                         stats.norm.logcdf(z)).sum()))  # fmt: skip

        return -float(np.log(integrate.quad(density, -8, 8, limit=200, points=[0.5])[0]))

    best = optimize.minimize_scalar(minus_log, bounds=(-2, 2), method="bounded")
    got = sample_mean(values, side)
    assert got is not None
    assert np.log(got.sd) == pytest.approx(best.x, abs=0.1)  # Laplace's error with six values


def test_below_and_above_are_mirror_images() -> None:
    values, side = np.array([0.0, 0.0, 0.6, 1.1, 1.9]), np.array([-1, -1, 0, 0, 0])
    down, up = sample_mean(values, side), sample_mean(-values, -side)
    assert down is not None
    assert up is not None
    assert (down.mean, down.sd, down.variance) == pytest.approx((-up.mean, up.sd, up.variance))
    assert np.sort(filled(values, side)) == pytest.approx(np.sort(-filled(-values, -side)))


def test_too_few_measured_values_have_no_spread() -> None:
    assert sample_mean(np.zeros(4), np.full(4, -1)) is None
    assert sample_mean(np.array([0.0, 0.0, 1.0]), np.array([-1, -1, 0])) is None
    assert filled(np.zeros(4), np.full(4, -1)).tolist() == [0.0] * 4


def test_filled_values_lie_beyond_their_limit_and_measured_ones_stay() -> None:
    values, side = np.array([0.0, 0.1, 0.6, 1.1, 1.9]), np.array([-1, -1, 0, 0, 0])
    got = filled(values, side)
    assert (got[:2] < values[:2]).all()
    assert got[2:].tolist() == values[2:].tolist()


def test_differences_of_censored_means_are_less_biased_than_limits_in_place_and_cover() -> None:
    """Six animals an arm, SDs 1 and 1.4, a fifth of the controls below; 200 draws."""
    rng, truth = np.random.default_rng(1), 1.5
    limit, kept = stats.norm.ppf(0.2), []
    for _ in range(200):
        raw = (rng.normal(0, 1, 6), rng.normal(truth, 1.4, 6))
        values = [np.maximum(one, limit) for one in raw]
        means = [sample_mean(v, -(r < limit).astype(int))
                 for v, r in zip(values, raw, strict=True)]  # fmt: skip
        if means[0] is None or means[1] is None:
            continue
        variance = means[0].variance + means[1].variance
        df = variance**2 / sum(m.variance**2 / m.df for m in means if m is not None)
        reach = stats.t.ppf(0.975, df) * np.sqrt(variance)
        estimate = means[1].mean - means[0].mean
        kept.append((estimate, abs(estimate - truth) <= reach))
    assert len(kept) >= 190
    estimates, covered = np.array(kept).T
    assert np.mean(estimates) == pytest.approx(truth, abs=0.16)  # 3 SE of 200 draws
    assert np.mean(covered) >= 0.93
