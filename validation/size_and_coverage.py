"""Size and coverage of the growth analysis on studies simulated from the model.

Writes ``docs/validation/size-and-coverage.csv`` and ``.md``. On the same simulated studies it runs
what the peers run: log relative volume through the origin, random slope, z-test (SynergyLMM's
exponential model), at the last day and at any day. Run it by ``python3 do.py validate``; a short
version runs with the tests.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from command import write_table
from scipy import stats

from smartcombo.core.random import stream
from smartcombo.stats.design import LongDesign
from smartcombo.stats.inference import model_inference
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.mixed_origin import fit_origin
from smartcombo.stats.robust import cr2_inference

SEED = 20200429
STUDIES = 10_000
LEVEL = 0.95
DAYS_BETWEEN_VISITS = 3.0
SIZE_LIMIT_MM3 = 1500.0
RATES = np.array([0.16, 0.13, 0.12, 0.09])
"""Growth rates per day of vehicle, A, B and A+B: exactly Bliss."""
BLISS = np.array([1.0, -1.0, -1.0, 1.0])
BASELINE_MM3, BASELINE_SD, SLOPE_SD, RESIDUAL_SD = 80.0, 0.35, 0.03, 0.20
CORRELATION = 0.2


@dataclass(frozen=True)
class Setting:
    """Animals an arm, visits including baseline, and whether a tumour past the limit is culled."""

    n: int
    visits: int
    culled: bool


@dataclass(frozen=True)
class SimulatedCurves:
    """Log volumes: rows of an animal together; ``arm`` and ``start`` as in LongDesign."""

    y: np.ndarray
    time: np.ndarray
    arm: np.ndarray
    start: np.ndarray


def simulate(
    setting: Setting, rng: np.random.Generator, rates: np.ndarray = RATES
) -> SimulatedCurves:
    """Return one study of four arms; an animal leaves after its first visit past the limit."""
    time = DAYS_BETWEEN_VISITS * np.arange(setting.visits)
    arm = np.repeat(np.arange(4), setting.n)
    covariance = CORRELATION * BASELINE_SD * SLOPE_SD
    D = np.array([[BASELINE_SD**2, covariance], [covariance, SLOPE_SD**2]])
    effects = rng.multivariate_normal(np.zeros(2), D, size=len(arm))
    noise = rng.normal(0.0, RESIDUAL_SD, size=(len(arm), len(time)))
    y = np.log(BASELINE_MM3) + effects[:, :1] + (rates[arm] + effects[:, 1])[:, None] * time + noise
    keep = np.ones_like(y, dtype=bool)
    if setting.culled:
        past = np.cumsum(y >= np.log(SIZE_LIMIT_MM3), axis=1)
        keep[:, 1:] = past[:, :-1] == 0
    start = np.r_[0, np.cumsum(keep.sum(axis=1))]
    return SimulatedCurves(y[keep], np.broadcast_to(time, y.shape)[keep], arm, start)


def constrained_design(curves: SimulatedCurves, *, quadratic: bool) -> LongDesign:
    """Return the constrained model's arrays: one intercept, a slope (and bend) for each arm."""
    row_arm = np.repeat(curves.arm, np.diff(curves.start))
    own = (row_arm[:, None] == np.arange(4)) * curves.time[:, None]
    columns = [np.ones((len(own), 1)), own]
    if quadratic:
        columns.append(own * curves.time[:, None] / 10.0)
    return LongDesign(
        y=curves.y,
        X=np.concatenate(columns, axis=1),
        Z=np.column_stack([np.ones_like(curves.time), curves.time]),
        start=curves.start.astype(np.int64),
        group=curves.arm.astype(np.int64),
        time=curves.time + 1.0,
    )


def ours(curves: SimulatedCurves) -> dict[str, float]:
    """Return the Bliss test of the constrained model by each inference."""
    design = constrained_design(curves, quadratic=False)
    fit = fit_mixed(design)
    C = np.r_[0.0, BLISS][None, :]
    got: dict[str, float] = {"boundary": float(fit.status != "ok")}
    inferences = {
        "kenward_roger": model_inference(fit, design, "kenward-roger"),
        "satterthwaite": model_inference(fit, design, "satterthwaite"),
        "cr2": cr2_inference(fit, design),
    }
    for name, inference in inferences.items():
        test = inference.tests(C, LEVEL)[0]
        got[f"reject_{name}"] = float(test.p < 1 - LEVEL)
        got[f"cover_{name}"] = float(test.low <= 0.0 <= test.high)
    got["error"] = float(fit.beta[1:] @ BLISS)
    return got


def ours_over_time(curves: SimulatedCurves, rng: np.random.Generator) -> dict[str, float]:
    """Return whether the course of a bending model ever leaves its pointwise and joint limits."""
    design = constrained_design(curves, quadratic=True)
    fit = fit_mixed(design)
    times = np.unique(curves.time[curves.time > 0])
    C = np.array([np.r_[0.0, BLISS * t, BLISS * t**2 / 10.0] for t in times])
    inference = model_inference(fit, design)
    tests = inference.tests(C, LEVEL)
    critical = inference.critical(C, LEVEL, rng)
    largest = max(abs(test.statistic) for test in tests)
    return {
        "any_day_pointwise": float(any(test.p < 1 - LEVEL for test in tests)),
        "any_day_band": float(largest > critical),
    }


def peer_z(curves: SimulatedCurves, last: float) -> float:
    """Return |z| of Bliss by log relative volume through the origin on days up to ``last``."""
    first = np.repeat(curves.y[curves.start[:-1]], np.diff(curves.start))
    use = (curves.time > 0) & (curves.time <= last)
    subject = np.repeat(np.arange(len(curves.arm)), np.diff(curves.start))[use]
    fit = fit_origin((curves.y - first)[use], curves.time[use], subject, curves.arm)
    return float(abs(BLISS @ fit.beta) / np.sqrt(BLISS @ fit.cov_beta @ BLISS))


def peers(curves: SimulatedCurves) -> dict[str, float]:
    """Return the z-test of the peers on all days, and whether it rejects on any day."""
    critical = stats.norm.ppf(0.5 + LEVEL / 2)
    days = np.unique(curves.time[curves.time > 0])[1:]
    z = [peer_z(curves, float(day)) for day in days]
    return {"peer_z": float(z[-1] > critical), "peer_z_any_day": float(max(z) > critical)}


def one_study(setting: Setting, number: int) -> dict[str, float]:
    """Return every indicator of one simulated study."""
    rng = stream(SEED, "size", setting.n, setting.visits, int(setting.culled), number)
    curves = simulate(setting, rng)
    complete = len(curves.y) / (len(curves.arm) * setting.visits)
    return ours(curves) | ours_over_time(curves, rng) | peers(curves) | {"seen": complete}


def _batch(work: tuple[Setting, range]) -> pd.DataFrame:
    setting, numbers = work
    return pd.DataFrame([one_study(setting, number) for number in numbers])


def run(studies: int, settings: list[Setting], workers: int) -> pd.DataFrame:
    """Return one row a setting: the mean of every indicator over the simulated studies."""
    rows = []
    size = max(1, studies // (4 * workers))
    with ProcessPoolExecutor(workers) as pool:
        for setting in settings:
            parts = [range(k, min(k + size, studies)) for k in range(0, studies, size)]
            table = pd.concat(pool.map(_batch, [(setting, part) for part in parts]))
            bias = table["error"].mean() / (table["error"].std() / np.sqrt(len(table)))
            row = table.drop(columns="error").mean().to_dict()
            rows.append(
                {"n": setting.n, "visits": setting.visits, "culled": setting.culled}
                | {"studies": len(table), "bias_z": bias}
                | row
            )
    return pd.DataFrame(rows)


SETTINGS = [
    Setting(n, visits, culled)
    for n, visits in product((5, 8, 10), (6, 8, 10))
    for culled in (False, True)
]


def page(table: pd.DataFrame) -> str:
    """Return the table as a page, in per cent, with its Monte Carlo error."""
    error = 100 * np.sqrt(0.05 * 0.95 / table["studies"].min())
    names = {
        "reject_kenward_roger": "size, Kenward-Roger",
        "cover_kenward_roger": "coverage, Kenward-Roger",
        "reject_satterthwaite": "size, Satterthwaite",
        "reject_cr2": "size, CR2",
        "any_day_band": "course leaves its band",
        "any_day_pointwise": "course leaves pointwise limits",
        "peer_z": "peers' z-test, last day",
        "peer_z_any_day": "peers' z-test, any day",
        "boundary": "fit at the boundary",
        "seen": "visits seen",
    }
    lines = [
        "# Size and coverage of the growth analysis",
        "",
        f"{table['studies'].min():,} studies a row, simulated from the model with an exactly "
        "Bliss-additive combination; made by `python3 do.py validate`. Nominal: size 5%, coverage "
        f"95%, band 5% for the whole course. Monte Carlo standard error {error:.1f} points. "
        "`culled`: an animal leaves after its first visit at or above "
        f"{SIZE_LIMIT_MM3:,.0f} mm3. The peers' columns are SynergyLMM's exponential model (log "
        "relative volume through the origin, z-test) on the same studies.",
        "",
        "| mice an arm | visits | culled | " + " | ".join(names.values()) + " |",
        "|---|---|---|" + "---|" * len(names),
    ]
    for row in table.to_dict("records"):
        cells = " | ".join(f"{100 * row[name]:.1f}" for name in names)
        culled = "yes" if row["culled"] else "no"
        lines.append(f"| {row['n']} | {row['visits']} | {culled} | {cells} |")
    return "\n".join(lines) + "\n"


def _run(studies: int, workers: int) -> pd.DataFrame:
    """Return the table over all settings."""
    return run(studies, SETTINGS, workers)


if __name__ == "__main__":
    write_table("size-and-coverage", __doc__, STUDIES, _run, page)
