"""How long a censored fit of 40 mice x 10 visits takes, beside the plain fit in the same run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from smartcombo.stats.censored import fit_censored
from smartcombo.stats.design import LongDesign
from smartcombo.stats.mixed import fit_mixed


def test_a_censored_fit(benchmark, censored: tuple[LongDesign, np.ndarray]) -> None:
    design, below = censored
    assert 0.1 < below.mean() < 0.4
    got = benchmark(lambda: fit_censored(design, below))
    assert got.fit.status == "ok"


def test_the_plain_fit_with_values_at_the_limit(
    benchmark, censored: tuple[LongDesign, np.ndarray]
) -> None:
    design, _ = censored
    got = benchmark(lambda: fit_mixed(replace(design)))
    assert got.status == "ok"
