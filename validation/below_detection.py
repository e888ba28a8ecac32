"""Coverage of the growth contrasts when part of an arm lies below the detection limit.

Writes ``docs/validation/below-detection.csv`` and ``.md``: the censored model beside values set to
the limit, zeros dropped as missing, and one added to every volume. Run it by
``python3 do.py validate``.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
from command import write_table
from size_and_coverage import BLISS, LEVEL, SEED, Setting, constrained_design, simulate

from smartcombo.core.random import stream
from smartcombo.stats.censored import fit_censored
from smartcombo.stats.design import ContrastTest, LongDesign
from smartcombo.stats.inference import model_inference
from smartcombo.stats.mixed import fit_mixed

STUDIES = 2000
RATES = np.array([0.12, 0.06, 0.02, -0.04])
"""Growth rates per day: exactly Bliss, with a shrinking combination."""
LIMIT_MM3 = 40.0
Q2 = np.array([0.0, -1.0, 0.0, 1.0])
SETTINGS = [Setting(n, visits, True) for n in (8, 10) for visits in (6, 8)]
METHODS = ("censored", "at the limit", "missing", "plus one")
CONTRASTS = {"Bliss": BLISS, "Q2": Q2}


def one_study(setting: Setting, number: int) -> dict[str, float]:
    """Return coverage and error of every method and contrast in one simulated study."""
    rng = stream(SEED, "below detection", setting.n, setting.visits, number)
    design = constrained_design(simulate(setting, rng, RATES), quadratic=False)
    below = design.y < np.log(LIMIT_MM3)
    combination = np.repeat(design.group, np.diff(design.start)) == 3
    got = {"below": float(below[combination].mean())}
    C = np.array([np.r_[0.0, c] for c in CONTRASTS.values()])
    for method in METHODS:
        tests = _tests(method, design, below, C)
        for (name, contrast), test in zip(CONTRASTS.items(), tests, strict=True):
            truth = float(contrast @ RATES)
            got[f"cover {name} {method}"] = float(test.low <= truth <= test.high)
            got[f"error {name} {method}"] = test.value - truth
    return got


def _tests(
    method: str, design: LongDesign, below: np.ndarray, C: np.ndarray
) -> tuple[ContrastTest, ...]:
    limit = np.log(LIMIT_MM3)
    if method == "censored":
        cut = replace(design, y=np.where(below, limit, design.y))
        return fit_censored(cut, below).inference.tests(C, LEVEL)
    if method == "at the limit":
        used = replace(design, y=np.where(below, limit, design.y))
    elif method == "plus one":
        used = replace(design, y=np.log(np.where(below, 0.0, np.exp(design.y)) + 1.0))
    else:
        used = _kept(design, ~below)
    return model_inference(fit_mixed(used), used).tests(C, LEVEL)


def _kept(design: LongDesign, keep: np.ndarray) -> LongDesign:
    """Return the rows that are kept, as SynergyLMM drops zeros, animals without rows left out."""
    counts = np.add.reduceat(keep.astype(int), design.start[:-1])
    start = np.r_[0, np.cumsum(counts[counts > 0])]
    return LongDesign(
        design.y[keep], design.X[keep], design.Z[keep], start.astype(np.int64),
        design.group[counts > 0], design.time[keep],
    )  # fmt: skip


def _batch(work: tuple[Setting, range]) -> pd.DataFrame:
    setting, numbers = work
    return pd.DataFrame([one_study(setting, number) for number in numbers])


def run(studies: int, workers: int) -> pd.DataFrame:
    """Return one row a setting and contrast and method: coverage, and bias in the unit per day."""
    rows = []
    size = max(1, studies // (4 * workers))
    with ProcessPoolExecutor(workers) as pool:
        for setting in SETTINGS:
            parts = [range(k, min(k + size, studies)) for k in range(0, studies, size)]
            table = pd.concat(pool.map(_batch, [(setting, part) for part in parts]))
            for name in CONTRASTS:
                for method in METHODS:
                    error = table[f"error {name} {method}"]
                    rows.append(
                        {
                            "n": setting.n,
                            "visits": setting.visits,
                            "studies": len(table),
                            "below": table["below"].mean(),
                            "contrast": name,
                            "method": method,
                            "coverage": table[f"cover {name} {method}"].mean(),
                            "bias": error.mean(),
                            "bias_in_se": error.mean() / error.std(),
                        }
                    )
    return pd.DataFrame(rows)


def page(table: pd.DataFrame) -> str:
    """Return the table as a page."""
    lines = [
        "# Growth contrasts with values below the detection limit",
        "",
        f"{table['studies'].min():,} studies a row, simulated from the model with an exactly "
        f"Bliss-additive, shrinking combination ({100 * table['below'].mean():.0f}% of its values "
        f"below {LIMIT_MM3:g} mm3), animals culled at 1,500 mm3; made by `python3 do.py validate`. "
        "Coverage of 95% intervals in per cent; bias of the growth-rate contrast per day, and in "
        "standard deviations of the estimate. *censored* is the default; *missing* drops the "
        "values and *plus one* adds 1 mm3 to every volume with zeros for those below, as other "
        "tools do.",
        "",
        "| mice an arm | visits | contrast | method | coverage | bias, per day | bias, SD |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['n']} | {r['visits']} | {r['contrast']} | {r['method']} | {100 * r['coverage']:.1f} "
        f"| {r['bias']:.4f} | {r['bias_in_se']:.2f} |"
        for r in table.to_dict("records")
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_table("below-detection", __doc__, STUDIES, run, page)
