"""How long a bootstrap of animals takes: 1,000 refits of 40 mice x 10 visits on two cores."""

from __future__ import annotations

import os
from functools import partial

import numpy as np
import pytest

from smartcombo.core.parallel import threaded
from smartcombo.core.random import stream
from smartcombo.stats.cases import CaseFits, joined, plain_cases, resampled
from smartcombo.stats.censored import fit_censored
from smartcombo.stats.censored_cases import CensoredCases, censored_cases
from smartcombo.stats.design import Ints, LongDesign

MICE, DRAWS, CORES = 10, 1000, min(2, os.cpu_count() or 1)


def _refitted(cases: CensoredCases, draws: Ints) -> CaseFits:
    return cases.refit(draws)


@pytest.fixture(scope="module")
def draws() -> Ints:
    """Return how often each animal is in each resample."""
    rng = stream(12, "benchmark", "case-bootstrap")
    return np.concatenate([resampled(MICE, DRAWS, rng) for _ in range(4)], axis=1)


def test_a_thousand_censored_refits(
    benchmark,
    censored: tuple[LongDesign, np.ndarray],
    draws: Ints,
) -> None:
    """With the whole fit and the tables of the animals; the censored fit's own time is beside."""
    design, below = censored

    def bootstrap() -> CaseFits:
        cases = censored_cases(design, below, fit_censored(design, below).fit)
        parts = np.array_split(draws, CORES)
        return joined(threaded(partial(_refitted, cases), parts, workers=CORES))

    bootstrap()  # compiles
    fits = benchmark.pedantic(bootstrap, rounds=3)
    assert fits.settled.mean() > 0.99


def test_a_thousand_plain_refits(
    benchmark,
    censored: tuple[LongDesign, np.ndarray],
    draws: Ints,
) -> None:
    design, _ = censored
    cases = plain_cases(design)
    fits = benchmark(lambda: cases.refit(draws))
    assert fits.settled.mean() > 0.99
