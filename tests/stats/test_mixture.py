"""The mixture of growing and regressing animals: truth recovered, one kind left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats

from smartcombo.core.random import stream
from smartcombo.stats.design import LongDesign
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.mixture import Curves, fit_mixture, share_interval
from smartcombo.study.simulate import ArmDesign, SimulationDesign, simulate_arm_volumes

DAYS = (7.0, 10.0, 13.0, 16.0, 19.0, 22.0, 25.0)
RATES = (0.20, 0.16, 0.15, 0.11)
LIMIT = 4.0


def _curves(
    seed: int,
    n: int = 10,
    cured: tuple[float, ...] = (0.0, 0.0, 0.0, 0.5),
    rates: tuple[float, ...] = RATES,
    slope_sd: float = 0.02,
) -> tuple[Curves, np.ndarray]:
    """Return the curves of one simulated study, and which animals were cured."""
    y, time, below, sizes, truth = [], [], [], [], []
    for rate, share in zip(rates, cured, strict=True):
        arm = ArmDesign("arm", rate, n=n, responder_fraction=share)
        design = SimulationDesign(
            (arm,), days=DAYS, baseline_volume_mm3=80.0, slope_sd=slope_sd, regression_rate=0.6
        )
        volumes, last = simulate_arm_volumes(design, arm, stream(seed, "mixture", str(rate)))
        truth.append(volumes[:, -1] < LIMIT)
        for own, end in zip(volumes, last, strict=True):
            seen = own[: end + 1]
            below.append(seen < LIMIT)
            y.append(np.log(np.maximum(seen, LIMIT)))
            time.append(np.array(DAYS[: end + 1]) - DAYS[0])
            sizes.append(end + 1)
    curves = Curves(
        np.concatenate(y), np.concatenate(time), np.concatenate(below),
        np.r_[0, np.cumsum(sizes)].astype(np.int64),
        np.repeat(np.arange(len(rates)), n).astype(np.int64),
    )  # fmt: skip
    return curves, np.concatenate(truth)


def _design(curves: Curves) -> LongDesign:
    arm = np.repeat(curves.arm, np.diff(curves.start))
    own = (arm[:, None] == np.arange(4)) * curves.time[:, None]
    ones = np.ones_like(curves.time)
    return LongDesign(
        curves.y, np.column_stack([ones, own]), np.column_stack([ones, curves.time]),
        curves.start, curves.arm, curves.time + 1,
    )  # fmt: skip


def test_cured_animals_are_told_from_growing_ones_and_rates_are_recovered() -> None:
    slopes = []
    for seed in range(12):
        curves, cured = _curves(seed)
        fit = fit_mixture(curves).chosen
        assert fit.classes == 2
        np.testing.assert_array_equal(fit.posterior > 0.5, cured)
        assert fit.share == pytest.approx([0, 0, 0, 0.5], abs=1e-3)
        assert fit.regression < -0.1
        slopes.append(fit.slope)
    # SD of an arm's slope is 0.01 with 10 mice; 12 studies give 0.003, 0.004 with 5 growing.
    np.testing.assert_allclose(np.mean(slopes, axis=0), RATES, atol=0.012)


def test_a_single_cured_animal_is_found() -> None:
    for seed in range(5):
        curves, cured = _curves(seed, n=8, cured=(0.0, 0.0, 0.0, 0.125))
        fit = fit_mixture(curves).chosen
        assert (fit.posterior > 0.5).tolist() == cured.tolist()


@pytest.mark.parametrize("rates", [RATES, (0.08, 0.04, 0.0, -0.05)])
def test_without_a_mixture_one_kind_is_chosen_nearly_always(rates: tuple[float, ...]) -> None:
    """Also where animals of one kind shrink, so that a second class has candidates."""
    chosen = [
        fit_mixture(_curves(seed, 8, (0.0,) * 4, rates, 0.03)[0]).chosen.classes
        for seed in range(25)
    ]
    assert chosen.count(1) >= 24


def test_with_one_kind_it_is_the_mixed_model_by_maximum_likelihood() -> None:
    curves, _ = _curves(3, cured=(0.0,) * 4)
    plain = fit_mixed(_design(curves), reml=False)
    one = fit_mixture(curves).one
    assert one.loglik == pytest.approx(plain.loglik, abs=1e-3)
    np.testing.assert_allclose([one.intercept, *one.slope], plain.beta, atol=1e-3)


def test_the_mixture_likelihood_is_the_sum_over_animals_of_both_densities() -> None:
    """The likelihoods of the two classes give the posterior and total by Bayes' rule."""
    curves, _ = _curves(5)
    fit = fit_mixture(curves).chosen
    share = fit.share[curves.arm]
    weight = np.exp(fit.likelihoods - fit.likelihoods.max(axis=1, keepdims=True))
    weight *= np.column_stack([1 - share, share])
    np.testing.assert_allclose(fit.posterior, weight[:, 1] / weight.sum(axis=1), atol=1e-9)
    total = np.log(weight.sum(axis=1)) + fit.likelihoods.max(axis=1)
    assert fit.loglik == pytest.approx(total.sum(), abs=1e-6)


def test_the_share_has_the_likelihood_interval_of_a_binomial_where_kinds_are_certain() -> None:
    curves, _ = _curves(1)
    low, high = share_interval(fit_mixture(curves).chosen, curves.arm)[3]
    drop = stats.chi2.ppf(0.95, 1) / 2
    top = 10 * np.log(0.5)

    def fallen(p: float) -> float:
        return top - 5 * np.log(p) - 5 * np.log(1 - p) - drop

    assert low == pytest.approx(optimize.brentq(fallen, 1e-6, 0.5), abs=1e-3)
    assert high == pytest.approx(optimize.brentq(fallen, 0.5, 1 - 1e-6), abs=1e-3)
    none = share_interval(fit_mixture(curves).chosen, curves.arm)[0]
    assert none == pytest.approx([0.0, 1 - np.exp(-drop / 10)], abs=1e-3)


def test_nothing_that_shrinks_leaves_no_candidate() -> None:
    curves, _ = _curves(3, cured=(0.0,) * 4)
    found = fit_mixture(curves)
    assert found.status == "no candidate"
    assert found.two is None


def test_arms_of_cured_animals_alone_have_an_answer() -> None:
    for cured in ((0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0)):
        curves, _ = _curves(2, cured=cured)
        found = fit_mixture(curves)
        assert np.isfinite(found.chosen.loglik)
        assert found.chosen.classes in (1, 2)


def test_units_of_time_and_volume_change_no_kind() -> None:
    curves, _ = _curves(4)
    first = fit_mixture(curves).chosen
    other = fit_mixture(replace(curves, y=curves.y + 3.0, time=curves.time * 24.0)).chosen
    np.testing.assert_allclose(other.slope * 24.0, first.slope, rtol=1e-3)
    assert other.loglik == pytest.approx(first.loglik, abs=1e-3)
    assert ((other.posterior > 0.5) == (first.posterior > 0.5)).all()
