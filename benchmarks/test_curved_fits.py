"""How long a Gompertz and a bending fit take, beside R's nlme in the same run.

Studies of 40 mice x 10 visits in four arms. Ours must be at least as likely where nlme converged.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from smartcombo.core.random import stream
from smartcombo.stats.curved import fit_shape
from smartcombo.stats.shapes import ShapedDesign, gompertz_clock

MICE, STUDIES = 10, 10
VISITS = 3.0 * np.arange(10)
R, RHO = np.array([0.28, 0.22, 0.20, 0.10]), np.array([0.05, 0.04, 0.06, 0.03])


@pytest.fixture(scope="module")
def designs() -> list[ShapedDesign]:
    """Return simulated Gompertz studies."""
    arm = np.repeat(np.arange(4), MICE)
    clock = gompertz_clock(VISITS[None, :], RHO[arm][:, None])
    u = np.tile(VISITS, len(arm))
    made = []
    for number in range(STUDIES):
        rng = stream(13, "benchmark", "gompertz", number)
        slope = R[arm] + rng.normal(0, 0.02, len(arm))
        y = rng.normal(4.4, 0.3, len(arm))[:, None] + slope[:, None] * clock
        y = y + rng.normal(0, 0.2, y.shape)
        start = np.arange(0, len(u) + 1, len(VISITS)).astype(np.int64)
        intercepts = np.ones((len(u), 1))
        made.append(ShapedDesign("gompertz", y.ravel(), intercepts, u, start, arm, True, u + 1.0))
    return made


def _in_r(designs: list[ShapedDesign], folder: Path) -> dict:
    tables = [
        pd.DataFrame({"study": k, "animal": np.repeat(np.arange(4 * MICE), len(VISITS)),
                      "arm": design.arm, "time": design.u, "y": design.y})
        for k, design in enumerate(designs)
    ]  # fmt: skip
    file = folder / "studies.csv"
    pd.concat(tables).to_csv(file, index=False)
    command = ["Rscript", str(Path(__file__).parent / "fit_gompertz.R"), str(file)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_gompertz_fit(benchmark, designs: list[ShapedDesign], tmp_path: Path) -> None:
    ours = np.array([fit_shape(design, accelerating=True).loglik for design in designs])
    got = benchmark(lambda: fit_shape(designs[0]))
    assert got.status in ("ok", "boundary")
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript not found: install R with nlme to compare")
    theirs = _in_r(designs, tmp_path)
    r = np.array([np.nan if v is None else v for v in theirs["loglik"]], dtype=float)
    assert np.nanmax(r - ours, initial=-np.inf) < 1e-6
    each, own = theirs["total"] / STUDIES, benchmark.stats["median"]
    print(
        f"\nGompertz: ours {1e3 * own:.1f} ms, nlme {1e3 * each:.0f} ms a fit: {each / own:.0f} "
        f"times faster; {theirs['failed']} of {STUDIES} failed in nlme; ours likelier by "
        f"{np.nanmin(ours - r):.2g} to {np.nanmax(ours - r):.2g}",
        file=sys.stderr,
    )


def test_a_line_whose_bend_is_estimated(benchmark, designs: list[ShapedDesign]) -> None:
    bent = replace(designs[0], shape="piecewise")
    assert benchmark(lambda: fit_shape(bent)).status in ("ok", "boundary")
