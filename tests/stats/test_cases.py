"""Refits to resampled animals against refits to copies of them, from cold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from designs import copied, simulated

from smartcombo.stats.cases import CaseFits, joined, plain_cases, resampled
from smartcombo.stats.censored import censored_problem, fit_censored
from smartcombo.stats.censored_cases import censored_cases
from smartcombo.stats.censored_restricted_kernel import weighted_terms
from smartcombo.stats.design import Ints, LongDesign
from smartcombo.stats.mixed import fit_mixed

LIMIT = 4.6
BLISS = np.array([0.0, 1.0, -1.0, -1.0, 1.0])


def _cut(design: LongDesign, limit: float = LIMIT) -> tuple[LongDesign, np.ndarray]:
    below = design.y < limit
    return replace(design, y=np.where(below, limit, design.y)), below


def _draws(design: LongDesign, draws: int, seed: int = 0) -> Ints:
    rng = np.random.default_rng(seed)
    sizes = np.bincount(design.group)
    return np.concatenate([resampled(int(n), draws, rng) for n in sizes], axis=1)


@pytest.mark.parametrize("random", ["both", "slope"])
def test_weights_are_copies_to_the_last_digits_of_the_likelihood(random: str) -> None:
    design, below = _cut(simulated(3, random=random))
    counts = _draws(design, 1)[0]
    twin, rows = copied(design, counts)
    lower = np.array([0.3, 0.005, 0.03]) if random == "both" else np.array([0.03])
    x = np.r_[4.5, 0.1, 0.08, 0.07, 0.05, lower, np.log(0.2)]
    weighted = replace(censored_problem(design, below)[0], Z=design.Z.copy())
    doubled = replace(censored_problem(twin, below[rows])[0], Z=twin.Z.copy())
    got = weighted_terms(x, weighted.arrays(), counts, True)
    for ours, theirs in zip(got, doubled.terms(x), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("random", ["both", "slope", "intercept"])
def test_refits_without_censoring_are_those_of_copies(random: str) -> None:
    design = simulated(2, mice=8, random=random)
    draws = _draws(design, 30)
    got = plain_cases(design).refit(draws)
    assert got.settled.all()
    for k, counts in enumerate(draws):
        cold = fit_mixed(copied(design, counts)[0])
        np.testing.assert_allclose(got.beta[k], cold.beta, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(got.cov_beta[k], cold.cov_beta, rtol=1e-4, atol=1e-12)


@pytest.mark.parametrize(
    ("seed", "mice", "slope_sd", "random"),
    [(2, 10, 0.03, "both"), (3, 8, 0.0, "both"), (7, 8, 0.03, "both"), (2, 8, 0.03, "slope")],
)
def test_warm_censored_refits_are_cold_ones_within_a_thousandth_of_a_standard_error(
    seed: int, mice: int, slope_sd: float, random: str
) -> None:
    """Also where a variance of the resample, or of the whole study, is zero."""
    design, below = _cut(simulated(seed, mice=mice, slope_sd=slope_sd, random=random))
    draws = _draws(design, 120)
    got = censored_cases(design, below, fit_censored(design, below).fit).refit(draws)
    assert got.settled.mean() > 0.98
    spread = got.beta[got.settled].std(axis=0)
    for k in range(25):
        twin, rows = copied(design, draws[k])
        cold = fit_censored(twin, below[rows]).fit
        assert np.abs((got.beta[k] - cold.beta) / spread).max() < 1e-3
        ours, theirs = np.sqrt(np.diag(got.cov_beta[k])), np.sqrt(np.diag(cold.cov_beta))
        np.testing.assert_allclose(ours, theirs, rtol=1e-3)


def test_every_animal_once_is_the_whole_study() -> None:
    design, below = _cut(simulated(2, mice=8))
    whole = fit_censored(design, below).fit
    got = censored_cases(design, below, whole).refit(np.ones((1, 32), dtype=np.int64))
    assert np.abs(got.beta[0] - whole.beta).max() < 1e-4 * np.sqrt(np.diag(whole.cov_beta)).min()
    np.testing.assert_allclose(got.cov_beta[0], whole.cov_beta, rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("censored", [True, False])
def test_a_refit_does_not_depend_on_the_refits_beside_it(censored: bool) -> None:
    design, below = _cut(simulated(2, mice=6, random="slope"))
    whole = fit_censored(design, below).fit
    cases = censored_cases(design, below, whole) if censored else plain_cases(design)
    draws = _draws(design, 40)
    one = cases.refit(draws)
    parts = joined([cases.refit(part) for part in np.array_split(draws, 3)])
    for name in ("beta", "cov_beta", "settled"):
        np.testing.assert_array_equal(getattr(one, name), getattr(parts, name))


def test_resamples_hold_as_many_animals_as_the_arm_and_more_begin_with_fewer() -> None:
    few = resampled(8, 20, np.random.default_rng(1))
    many = resampled(8, 50, np.random.default_rng(1))
    assert (many.sum(axis=1) == 8).all()
    np.testing.assert_array_equal(many[:20], few)
    assert abs(many.mean() - 1.0) < 1e-12


def test_a_resample_whose_columns_cannot_be_told_apart_is_not_settled() -> None:
    design = simulated(2, mice=3)
    late = replace(design, X=np.column_stack([design.X, np.zeros(len(design.y))]))
    late.X[: design.start[1], -1] = design.time[: design.start[1]]
    counts = np.ones((2, 12), dtype=np.int64)
    counts[1, 0] = 0
    got = plain_cases(late).refit(counts)
    assert got.settled.tolist() == [True, False]


def test_a_study_that_is_nearly_all_below_the_limit_gives_no_crash() -> None:
    design, below = _cut(simulated(7, mice=6), 5.5)
    fit = fit_censored(design, below).fit
    got = censored_cases(design, below, fit).refit(_draws(design, 20))
    assert np.isfinite(got.beta[got.settled]).all()


def test_only_refits_that_settled_are_referred_to() -> None:
    design = simulated(2, mice=5)
    fit = fit_mixed(design)
    fits = plain_cases(design).refit(_draws(design, 50))
    some = CaseFits(fits.beta, fits.cov_beta, np.arange(50) < 30)
    inference = some.inference(fit)
    assert len(inference.errors) == 30
    test = inference.tests(BLISS)[0]
    assert test.low < test.value < test.high
    assert test.value == pytest.approx(float(BLISS @ fit.beta))
