"""Phenotypes from counts over areas: closed forms, limits, simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from smartcombo.stats.tissue_phenotype import (
    Compartment,
    avoidance,
    field_dispersion,
    phenotype_probabilities,
    share_quantiles,
)

CUTS = (150.0, 150.0)
COUNTS = st.integers(0, 3000)
AREAS = st.floats(0.01, 20.0)


@given(COUNTS, AREAS, COUNTS, AREAS, st.floats(0, 1))
def test_the_three_probabilities_sum_to_one(
    inside: int, area: float, outside: int, other: float, avoided: float
) -> None:
    p = phenotype_probabilities(Compartment(inside, area), Compartment(outside, other), CUTS,
                                avoided)  # fmt: skip
    assert sum(p) == pytest.approx(1)
    assert min(p) >= 0


@given(COUNTS, AREAS)
def test_more_cells_in_the_tumour_are_never_more_of_a_desert(count: int, area: float) -> None:
    stroma = Compartment(5, 0.2)
    fewer, more = (phenotype_probabilities(Compartment(n, area), stroma, CUTS, 0.0)
                   for n in (count, count + 1))  # fmt: skip
    assert more[0] <= fewer[0] + 1e-12
    assert more[2] >= fewer[2] - 1e-12


def test_the_posterior_of_a_density_is_jeffreys_gamma() -> None:
    part = Compartment(12, 0.1)
    assert part.above(150) == pytest.approx(stats.gamma.sf(150, 12.5, scale=10))
    assert part.interval(0.95) == pytest.approx(stats.gamma.ppf([0.025, 0.975], 12.5, scale=10))
    assert Compartment(0, 0.1).interval(0.95)[0] == 0


def test_no_cells_and_no_area_give_no_infinity_and_no_fake_number() -> None:
    bare, none = Compartment(0, 0.0), Compartment(0, 0.5)
    assert np.isnan(phenotype_probabilities(bare, none, CUTS, 0.0)).all()
    desert, excluded, inflamed = phenotype_probabilities(Compartment(99, 0.1), bare, CUTS, 0.0)
    assert np.isnan(desert)
    assert np.isnan(excluded)
    assert inflamed > 0.99
    assert phenotype_probabilities(none, none, CUTS, 0.0)[0] > 0.99


def test_cells_that_keep_away_make_an_excluded_tumour_however_many_they_are() -> None:
    many = Compartment(400, 1.0)
    assert phenotype_probabilities(many, many, CUTS, 0.0)[2] > 0.99
    assert phenotype_probabilities(many, many, CUTS, 1.0)[1] == pytest.approx(1)


def test_keeping_away_is_measured_from_what_shuffled_labels_give() -> None:
    low, high = np.exp(np.log(1.2) + np.array([-1, 1]) * 1.96 * 0.05)
    assert avoidance(0.8, low, high, 2 / 3) == pytest.approx(0.5, abs=1e-6)
    assert avoidance(1.2, low, high, 2 / 3) < 1e-6
    assert avoidance(0.5, low, high, 2 / 3) > 0.999
    assert avoidance(0.0, low, high, 2 / 3) == 1.0
    assert avoidance(float("nan"), low, high, 2 / 3) == 0.0
    assert avoidance(0.1, 0.0, 2.0, 2 / 3) == 0.0


def test_fields_that_scatter_widen_the_interval_and_even_ones_leave_it() -> None:
    areas = np.full(4, 0.25)
    assert field_dispersion(np.array([10.0, 10, 10, 10]), areas) == 1.0
    spread = field_dispersion(np.array([0.0, 2, 8, 30]), areas)
    assert spread == pytest.approx(56.8 / 3)
    wide, narrow = (Compartment(40, 1.0, phi).interval(0.95) for phi in (spread, 1.0))
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])
    assert field_dispersion(np.array([3.0]), areas[:1]) == 1.0
    assert field_dispersion(np.zeros(4), areas) == 1.0


def test_sure_animals_give_the_jeffreys_interval_and_unsure_ones_a_wider_one() -> None:
    sure = share_quantiles(np.array([1.0, 1, 0, 0, 0]))
    expected = stats.beta.ppf([0.025, 0.5, 0.975], 2.5, 3.5)
    np.testing.assert_allclose(np.quantile(sure, [0.025, 0.5, 0.975]), expected, atol=0.004)
    unsure = share_quantiles(np.full(5, 0.4))
    assert np.ptp(np.quantile(unsure, [0.025, 0.975])) > np.ptp(np.quantile(sure, [0.025, 0.975]))


def test_stated_probabilities_of_inflamed_are_calibrated() -> None:
    """Densities log-uniform around the cut: of fields said 0.6 to 0.9, that share lies above it.

    The prior of the density differs from the truth's, so that a tenth is allowed.
    """
    rng = np.random.default_rng(4)
    truth = np.exp(rng.uniform(np.log(30), np.log(750), 4000))
    counts = rng.poisson(0.1 * truth)
    said = np.array([Compartment(n, 0.1).above(150) for n in counts])
    for low in (0.1, 0.35, 0.6):
        own = (said > low) & (said < low + 0.3)
        assert np.mean(truth[own] > 150) == pytest.approx(said[own].mean(), abs=0.1)
