"""Data that benchmarks share."""

from __future__ import annotations

import numpy as np
import pytest

from smartcombo.core.random import stream
from smartcombo.stats.design import LongDesign

MICE, VISITS, LIMIT = 10, 10, np.log(60.0)


@pytest.fixture(scope="module")
def censored() -> tuple[LongDesign, np.ndarray]:
    """Return a study of four arms with about a fifth of its values below the limit."""
    rng = stream(12, "benchmark", "censored")
    time = np.tile(3.0 * np.arange(VISITS), 4 * MICE)
    animal = np.repeat(np.arange(4 * MICE), VISITS)
    arm = np.repeat(np.arange(4), MICE)
    rate = np.array([0.16, 0.10, 0.06, -0.05])[arm] + rng.normal(0, 0.03, 4 * MICE)
    y = (
        rng.normal(4.4, 0.35, 4 * MICE)[animal]
        + rate[animal] * time
        + rng.normal(0, 0.2, len(time))
    )
    own = (arm[animal][:, None] == np.arange(4)) * time[:, None]
    below = y < LIMIT
    design = LongDesign(
        y=np.where(below, LIMIT, y),
        X=np.column_stack([np.ones_like(y), own]),
        Z=np.column_stack([np.ones_like(y), time]),
        start=np.arange(0, len(y) + 1, VISITS),
        group=arm,
        time=time,
    )
    return design, below
