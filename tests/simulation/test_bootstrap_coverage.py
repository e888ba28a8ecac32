"""Coverage of the bootstrap of animals where animals scatter as no normal distribution does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from smartcombo.core.random import stream
from smartcombo.stats.cases import plain_cases, resampled
from smartcombo.stats.censored import fit_censored
from smartcombo.stats.censored_cases import censored_cases
from smartcombo.stats.design import LongDesign
from smartcombo.stats.mixed import fit_mixed

MICE, VISITS, DRAWS = 8, 6, 199
RATES = np.array([0.16, 0.12, 0.10, 0.06])
BLISS = np.array([0.0, 1.0, -1.0, -1.0, 1.0])


def _study(number: int) -> LongDesign:
    """Return a Bliss-additive study whose animals' rates are skewed, more so in treated arms."""
    rng = stream(20, "case-bootstrap", number)
    arm = np.repeat(np.arange(4), MICE)
    skewed = (rng.exponential(1.0, len(arm)) - 1.0) * np.array([0.01, 0.02, 0.02, 0.03])[arm]
    time = np.tile(3.0 * np.arange(VISITS), len(arm))
    rate = np.repeat(RATES[arm] + skewed, VISITS)
    start = np.repeat(rng.normal(4.6, 0.3, len(arm)), VISITS)
    own = (np.repeat(arm, VISITS)[:, None] == np.arange(4)) * time[:, None]
    return LongDesign(
        y=start + rate * time + rng.normal(0, 0.2, len(time)),
        X=np.column_stack([np.ones_like(time), own]),
        Z=np.column_stack([np.ones_like(time), time]),
        start=np.arange(0, len(time) + 1, VISITS),
        group=arm,
        time=time + 1.0,
    )


@pytest.mark.parametrize(("limit", "size"), [(None, 200), (4.3, 20)])
def test_intervals_cover_the_bliss_contrast(limit: float | None, size: int) -> None:
    covered = 0
    for number in range(size):
        design = _study(number)
        rng = stream(21, "case-bootstrap", number)
        draws = np.concatenate([resampled(MICE, DRAWS, rng) for _ in range(4)], axis=1)
        if limit is None:
            fit, cases = fit_mixed(design), plain_cases(design)
        else:
            below = design.y < limit
            design = replace(design, y=np.where(below, limit, design.y))
            fit = fit_censored(design, below).fit
            cases = censored_cases(design, below, fit)
        test = cases.refit(draws).inference(fit).tests(BLISS)[0]
        covered += test.low <= 0.0 <= test.high
    low, high = stats.binom.interval(0.999, size, 0.95)
    assert low <= covered <= high
