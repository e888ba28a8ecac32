"""How long one mixed model takes, ours and R's nlme in the same run on the same studies.

    python do.py bench

Studies of 40 mice x 10 visits in four arms. Where R is absent only ours is timed. Each benchmark
also checks that both found the same maximum, so that speed is not bought with accuracy.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from smartcombo.core.random import stream
from smartcombo.stats.design import LongDesign
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.mixed_batch import refit_many
from smartcombo.stats.mixed_origin import OriginSums, fit_origin, fit_origin_many, origin_sums

MICE, VISITS, STUDIES, STUDIES_IN_R = 10, 10, 1000, 100
HERE = Path(__file__).parent


class Studies:
    """Simulated outcomes of one design: ``Y`` of shape ``(STUDIES, N)``."""

    def __init__(self) -> None:
        rng = stream(11, "benchmark")
        self.time = np.tile(3.0 * np.arange(VISITS), 4 * MICE)
        self.animal = np.repeat(np.arange(4 * MICE), VISITS)
        self.arm = np.repeat(np.arange(4), MICE)
        shape = (STUDIES, 4 * MICE, 1)
        rate = (0.16 - 0.02 * self.arm)[:, None] + rng.normal(0, 0.03, shape)
        line = rng.normal(4.4, 0.35, shape) + rate * (3.0 * np.arange(VISITS))
        self.Y = (line + rng.normal(0, 0.2, line.shape)).reshape(STUDIES, -1)
        first = self.Y.reshape(line.shape)[:, :, :1]
        self.relative = (self.Y.reshape(line.shape) - first).reshape(STUDIES, -1)

    def design(self, y: np.ndarray) -> LongDesign:
        """Return the constrained model: one intercept, a slope for each arm."""
        own = (self.arm[self.animal][:, None] == np.arange(4)) * self.time[:, None]
        return LongDesign(
            y=y,
            X=np.column_stack([np.ones_like(y), own]),
            Z=np.column_stack([np.ones_like(y), self.time]),
            start=np.arange(0, len(y) + 1, VISITS),
            group=self.arm,
            time=self.time,
        )

    def table(self, count: int) -> pd.DataFrame:
        """Return the first studies as R reads them."""
        return pd.DataFrame(
            {
                "study": np.repeat(np.arange(count), len(self.time)),
                "animal": np.tile(self.animal, count),
                "arm": np.tile(self.arm[self.animal], count),
                "time": np.tile(self.time, count),
                "y": self.Y[:count].ravel(),
                "v": self.relative[:count].ravel(),
            }
        )


@pytest.fixture(scope="module")
def studies() -> Studies:
    """Return the studies, made once."""
    return Studies()


@pytest.fixture(scope="module")
def nlme(studies: Studies, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict]:
    """Return a function that times nlme on a model; skip where R is absent."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript not found: install R with nlme to compare")
    file = tmp_path_factory.mktemp("r") / "studies.csv"
    studies.table(STUDIES_IN_R).to_csv(file, index=False)

    def run(model: str) -> dict:
        command = ["Rscript", str(HERE / "fit_nlme.R"), str(file), model]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return run


def _report(name: str, ours: float, theirs: dict, agreement: float) -> None:
    each = theirs["total"] / STUDIES_IN_R
    print(
        f"\n{name}: ours {1e6 * ours:.0f} us, nlme {1e3 * each:.2f} ms a fit: "
        f"{each / ours:.0f} times faster; {theirs['failed']} of {STUDIES_IN_R} failed in nlme; "
        f"log likelihoods agree to {agreement:.1e}",
        file=sys.stderr,
    )


def _agreement(ours: np.ndarray, theirs: dict) -> float:
    """Return how far nlme's log likelihood is above ours at most (where it converged)."""
    r = np.array([np.nan if v is None else v for v in theirs["loglik"]], dtype=float)
    assert np.nanmax(r - ours) < 1e-6
    return float(np.nanmedian(np.abs(r - ours)))


def _seconds(function: Callable[[], object], rounds: int = 5) -> float:
    """Return the best wall time of a call, after one to warm up."""
    function()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return min(times)


def test_one_slope_through_the_origin(benchmark, studies: Studies, nlme: Callable) -> None:
    keep = studies.time > 0
    t, animal = studies.time[keep], studies.animal[keep]
    y = studies.relative[:, keep]
    theirs = nlme("origin")
    ours = np.array([fit_origin(v, t, animal, studies.arm).loglik for v in y[:STUDIES_IN_R]])
    benchmark(lambda: fit_origin(y[0], t, animal, studies.arm))
    _report("slope through the origin, one fit", benchmark.stats["median"], theirs,
            _agreement(ours, theirs))  # fmt: skip

    def batch() -> object:
        sums = [origin_sums(v, t, animal, 4 * MICE) for v in y]
        stacked = (np.array([getattr(s, name) for s in sums]) for name in ("s", "q", "u", "n"))
        return fit_origin_many(OriginSums(*stacked), studies.arm)

    each = _seconds(batch) / STUDIES
    _report(f"slope through the origin, {STUDIES:,} fits", each, theirs, _agreement(ours, theirs))


def test_one_random_intercept_and_slope(benchmark, studies: Studies, nlme: Callable) -> None:
    theirs = nlme("intercept-slope")
    designs = [studies.design(y) for y in studies.Y[:STUDIES_IN_R]]
    ours = np.array([fit_mixed(design).loglik for design in designs])
    benchmark(lambda: fit_mixed(designs[0]))
    _report("random intercept and slope, one fit", benchmark.stats["median"], theirs,
            _agreement(ours, theirs))  # fmt: skip
    each = _seconds(lambda: refit_many(designs[0], studies.Y)) / STUDIES
    _report(f"random intercept and slope, {STUDIES:,} fits", each, theirs,
            _agreement(ours, theirs))  # fmt: skip


def test_a_thousand_refits_of_a_four_arm_study(benchmark, studies: Studies) -> None:
    design = studies.design(studies.Y[0])
    fits = benchmark(lambda: refit_many(design, studies.Y))
    assert fits.converged.all()
    assert fits.beta.shape == (STUDIES, 5)
