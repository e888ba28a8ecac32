"""Bias and coverage when animals leave: at the size limit, and for reasons that depend on growth.

Writes ``docs/validation/leaving.csv`` and ``.md``: the mixed model, what is commonly done instead,
and the sensitivity analyses, on the same simulated studies with a drug that works. Run it by
``python3 do.py validate``; a short version runs with the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from command import write_table
from scipy import stats
from size_and_coverage import (
    BASELINE_MM3,
    BASELINE_SD,
    BLISS,
    CORRELATION,
    DAYS_BETWEEN_VISITS,
    LEVEL,
    RESIDUAL_SD,
    SEED,
    SIZE_LIMIT_MM3,
    SLOPE_SD,
    SimulatedCurves,
    constrained_design,
)

from smartcombo.core.random import stream
from smartcombo.stats.design import ContrastTest, Floats, LongDesign, MixedFit
from smartcombo.stats.imputation import (
    MEASURED,
    MISSING,
    completed_outcomes,
    drawn_parameters,
    shifted_inference,
)
from smartcombo.stats.inference import TInference, model_inference
from smartcombo.stats.joint import Leaving, fit_joint
from smartcombo.stats.mixed import fit_mixed

STUDIES = 2000
FEWER = 0.3
"""Share of the studies in settings that impute and fit the joint model, thirty times the work."""
VISITS = 8
IMPUTATIONS = 40
RATES = np.array([0.18, 0.14, 0.13, 0.05])
"""Growth rates per day of vehicle, A, B and A+B: the combination does more than Bliss expects."""
CONTRASTS = {
    "Q1": np.array([-1.0, 0.0, 0.0, 1.0]),
    "Q2": np.array([0.0, -1.0, 0.0, 1.0]),
    "Q4 Bliss": BLISS,
}
DELTA = 0.03
"""Shift per day of the delta-adjusted answer: one SD of growth rates between animals."""


@dataclass(frozen=True)
class Setting:
    """Mice an arm, and the hazard per day of leaving for another reason than size, by arm.

    The hazard of an animal is ``hazard * exp(association * slope in SD)``.
    """

    name: str
    n: int
    hazard: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    association: float = 1.0


SETTINGS = (
    Setting("size limit only", 8),
    Setting("size limit only", 10),
    Setting("ulceration in every arm", 10, (0.03, 0.03, 0.03, 0.03)),
    Setting("ulceration in the combination", 10, (0.0, 0.0, 0.0, 0.06)),
)


@dataclass(frozen=True)
class Simulated:
    """One study: all values, which were seen, and when and why animals left."""

    full: SimulatedCurves
    seen: np.ndarray
    time: np.ndarray
    left_other: np.ndarray

    def design(self, keep: np.ndarray) -> LongDesign:
        """Return the constrained design of the values of (animals, visits) that are kept."""
        start = np.r_[0, np.cumsum(keep.sum(axis=1))]
        flat = keep.ravel()
        curves = SimulatedCurves(self.full.y[flat], self.full.time[flat], self.full.arm, start)
        return constrained_design(curves, quadratic=False)


def simulate_leaving(setting: Setting, rng: np.random.Generator) -> Simulated:
    """Return a study whose animals leave past the size limit or at their own hazard."""
    visits = DAYS_BETWEEN_VISITS * np.arange(VISITS)
    arm = np.repeat(np.arange(4), setting.n)
    covariance = CORRELATION * BASELINE_SD * SLOPE_SD
    D = np.array([[BASELINE_SD**2, covariance], [covariance, SLOPE_SD**2]])
    effects = rng.multivariate_normal(np.zeros(2), D, size=len(arm))
    noise = rng.normal(0.0, RESIDUAL_SD, size=(len(arm), VISITS))
    y = np.log(BASELINE_MM3) + effects[:, :1] + noise
    y += (RATES[arm] + effects[:, 1])[:, None] * visits
    hazard = np.array(setting.hazard)[arm] * np.exp(setting.association * effects[:, 1] / SLOPE_SD)
    leaves = rng.exponential(size=len(arm)) / np.maximum(hazard, 1e-12)
    past = y >= np.log(SIZE_LIMIT_MM3)
    culled = np.where(past.any(axis=1), visits[past.argmax(axis=1)], np.inf)
    time = np.minimum(np.minimum(leaves, culled), visits[-1])
    seen = visits[None, :] <= time[:, None]
    start = np.arange(0, y.size + 1, VISITS)
    full = SimulatedCurves(y.ravel(), np.tile(visits, len(arm)), arm, start)
    return Simulated(full, seen, np.maximum(time, 0.5), leaves < np.minimum(culled, visits[-1]))


def one_study(setting: Setting, number: int) -> dict[str, float]:
    """Return coverage and error of each method and contrast in one simulated study."""
    rng = stream(SEED, "leaving", setting.name, setting.n, number)
    data = simulate_leaving(setting, rng)
    seen = data.design(data.seen)
    fit = fit_mixed(seen)
    last = DAYS_BETWEEN_VISITS * (VISITS - 1)
    answers: dict[str, Callable[[Floats], ContrastTest | None]] = {
        "mixed model": _by(model_inference(fit, seen)),
        "last-day mean": lambda c: _last_day(data, c, last),
        "carried forward": _by(_plain(_carried(data))),
        "complete cases": _by(_plain(data.design(_complete(data)))),
    }
    if any(setting.hazard):
        answers |= _sensitivity(data, seen, fit, rng)
    got = {
        "left": float(1 - data.seen[:, -1].mean()),
        "left other": float(data.left_other.mean()),
    }
    for name, contrast in CONTRASTS.items():
        truth = float(contrast @ RATES) * last
        for method, answer in answers.items():
            test = answer(contrast * last)
            lost = test is None
            got[f"error {name} {method}"] = np.nan if lost else test.value - truth
            got[f"cover {name} {method}"] = (
                np.nan if lost else float(test.low <= truth <= test.high)
            )
    return got


def _by(inference: object) -> Callable[[Floats], ContrastTest | None]:
    return lambda c: inference.tests(np.r_[0.0, c][None, :], LEVEL)[0]  # type: ignore[attr-defined]


def _plain(design: LongDesign | None) -> object:
    if design is None or len(np.unique(design.group)) < 4:
        return _Nothing()
    return model_inference(fit_mixed(design), design)


class _Nothing:
    def tests(self, C: Floats, level: float) -> list[None]:
        """Return that there is no test."""
        return [None]


def _complete(data: Simulated) -> np.ndarray:
    stayed = data.seen[:, -1]
    return np.repeat(stayed[:, None], VISITS, axis=1)


def _carried(data: Simulated) -> LongDesign:
    y = data.full.y.reshape(-1, VISITS)
    last = data.seen.sum(axis=1) - 1
    carried = np.where(data.seen, y, y[np.arange(len(y)), last][:, None])
    full = data.design(np.ones_like(data.seen))
    return replace(full, y=carried.ravel())


def _last_day(data: Simulated, c: Floats, time: float) -> ContrastTest | None:
    """Return Welch's test of log volume at the last visit, of those still there."""
    y = data.full.y.reshape(-1, VISITS)[:, -1]
    groups = [y[(data.full.arm == g) & data.seen[:, -1]] for g in range(4)]
    used = [(w / time, group) for w, group in zip(c, groups, strict=True) if w]
    if min(len(group) for _, group in used) < 2:
        return None
    part = np.array([w**2 * group.var(ddof=1) / len(group) for w, group in used])
    value, se = sum(w * group.mean() for w, group in used), float(np.sqrt(part.sum()))
    df = part.sum() ** 2 / np.sum(part**2 / [len(group) - 1 for _, group in used])
    half = float(stats.t.ppf(0.5 + LEVEL / 2, df)) * se
    return ContrastTest(value, se, df, value / se, np.nan, value - half, value + half, LEVEL)


def _sensitivity(
    data: Simulated, seen: LongDesign, fit: MixedFit, rng: np.random.Generator
) -> dict[str, Callable[[Floats], ContrastTest | None]]:
    """Return shifted imputation of those that left for other reasons, and the joint model."""
    reference = model_inference(fit, seen)
    rows = data.seen | data.left_other[:, None]
    completed = data.design(rows)
    kinds = np.where(data.seen[rows], MEASURED, MISSING).astype(np.int8)
    Y = completed_outcomes(drawn_parameters(fit, seen, IMPUTATIONS, rng), completed, kinds, rng)
    visits = DAYS_BETWEEN_VISITS * np.arange(VISITS)
    last_seen = visits[data.seen.sum(axis=1) - 1]
    since = np.clip(visits[None, :] - last_seen[:, None], 0.0, None)[rows]
    pooled = [
        shifted_inference(completed, Y, delta * since, reference.degrees) for delta in (0.0, DELTA)
    ]
    joint = fit_joint(seen, Leaving(data.time, data.left_other), fit)
    shared = TInference(joint.beta, joint.cov_beta, reference.degrees)
    return {
        "imputed, delta 0": _by(pooled[0]),
        f"imputed, delta +{DELTA:g}": _by(pooled[1]),
        "joint model": _by(shared) if joint.status != "not_converged" else _by(_Nothing()),
    }


def _batch(work: tuple[Setting, range]) -> pd.DataFrame:
    setting, numbers = work
    return pd.DataFrame([one_study(setting, number) for number in numbers])


def run(studies: int, workers: int) -> pd.DataFrame:
    """Return one row a setting, contrast and method."""
    rows = []
    size = max(1, studies // (8 * workers))
    with ProcessPoolExecutor(workers) as pool:
        for setting in SETTINGS:
            wanted = max(1, round(studies * FEWER)) if any(setting.hazard) else studies
            parts = [range(k, min(k + size, wanted)) for k in range(0, wanted, size)]
            table = pd.concat(pool.map(_batch, [(setting, part) for part in parts]))
            rows += summarised(setting, table)
    return pd.DataFrame(rows)


def summarised(setting: Setting, table: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of one setting: bias and coverage by contrast and method."""
    rows: list[dict[str, object]] = []
    for column in table.columns[table.columns.str.startswith("error ")]:
        name = next(name for name in CONTRASTS if column.startswith(f"error {name} "))
        method = column.removeprefix(f"error {name} ")
        error = table[column].dropna()
        truth = float(CONTRASTS[name] @ RATES) * DAYS_BETWEEN_VISITS * (VISITS - 1)
        rows.append(
            {
                "setting": setting.name,
                "n": setting.n,
                "studies": len(table),
                "left": table["left"].mean(),
                "left_other": table["left other"].mean(),
                "contrast": name,
                "method": method,
                "computable": len(error) / len(table),
                "truth": truth,
                "bias": error.mean(),
                "bias_percent": 100 * error.mean() / abs(truth),
                "bias_in_sd": error.mean() / error.std(),
                "coverage": table[f"cover {name} {method}"].mean(),
            }
        )
    return rows


def page(table: pd.DataFrame) -> str:
    """Return the table as a page."""
    error = 100 * np.sqrt(0.05 * 0.95 / table["studies"].min())
    lines = [
        "# Leaving the study",
        "",
        f"{table['studies'].max():,} studies a setting at the size limit and "
        f"{table['studies'].min():,} with ulceration, simulated with a combination that works; "
        "made by `python3 do.py validate`. An animal leaves after its first visit at or above "
        f"{SIZE_LIMIT_MM3:,.0f} mm3; *ulceration* adds a hazard of leaving that is 2.7-fold higher "
        "for each standard deviation of faster growth. Log ratio of geometric mean volumes at the "
        "last visit. Bias in natural log units (plus: against the drug; Q4: against synergy), in "
        "per cent of the truth and in standard deviations of the estimate; coverage of 95% "
        f"intervals, Monte Carlo standard error up to {error:.1f} points. *Imputed* shifts the "
        "volumes after leaving, of animals that left by ulceration, by delta per day.",
        "",
        "Read it so: at the size limit the mixed model is right, and every common rule hides the "
        "drug (Q1, Q2) and feigns synergy (Q4). Where ulceration hits all arms alike, its bias "
        "cancels between arms. Where it hits one arm, the mixed model flatters that arm; the joint "
        "model takes away about three fifths of the bias, and its intervals are somewhat short "
        "with a handful of leavers; a shift of one standard deviation of growth rates takes "
        "nearly all away, but no data tell the shift: hence the tipping point.",
        "",
        "| leaving | mice an arm | left, % | contrast | method | bias | bias, % | bias, SD | "
        "coverage | computable, % |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['setting']} | {r['n']} | {100 * r['left']:.0f} | {r['contrast']} | {r['method']} "
        f"| {r['bias']:+.3f} | {r['bias_percent']:+.1f} | {r['bias_in_sd']:+.2f} "
        f"| {100 * r['coverage']:.1f} | {100 * r['computable']:.0f} |"
        for r in table.to_dict("records")
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_table("leaving", __doc__, STUDIES, run, page)
