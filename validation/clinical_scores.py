"""Coverage and size of the comparison of worst clinical scores with few animals and many ties.

Writes ``docs/validation/clinical-scores.csv`` and ``.md``: the interval on the logit scale, with
Newcombe's where scores leave no variance, beside the same with Student's quantile and Brunner and
Munzel's own. Run it by
``python3 do.py validate``.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from command import write_table
from scipy import stats

from smartcombo.core.random import stream
from smartcombo.stats.ordinal import placements, worse_probability

STUDIES = 4000
SEED = 20260101
SCALE = 5
SHAPES = {
    "mostly 0": (0.8, 0.2, 0.0, 0.0, 0.0),
    "mild": (0.4, 0.3, 0.2, 0.1, 0.0),
    "ill": (0.1, 0.2, 0.3, 0.3, 0.1),
}
"""Probabilities of worst scores 0 to 4."""
PAIRS = {
    "alike, mostly 0": ("mostly 0", "mostly 0"),
    "alike, mild": ("mild", "mild"),
    "alike, ill": ("ill", "ill"),
    "mild v mostly 0": ("mild", "mostly 0"),
    "ill v mild": ("ill", "mild"),
    "ill v mostly 0": ("ill", "mostly 0"),
}
ANIMALS = (5, 8, 10)
METHODS = ("logit", "logit t", "plain")


@dataclass(frozen=True)
class Setting:
    """Scores of the arm asked about and of what it is compared with; animals an arm.

    With two comparators, Q4: the arm shows the worse of two draws where ``arm`` is empty.
    """

    name: str
    arm: str
    others: tuple[str, ...]
    n: int


SETTINGS = [
    *(Setting(name, a, (b,), n) for name, (a, b) in PAIRS.items() for n in ANIMALS),
    *(Setting("Q4, harms independent", "", ("mild", "mostly 0"), n) for n in ANIMALS),
    *(Setting("Q4, worse than both", "ill", ("mild", "mostly 0"), n) for n in ANIMALS),
]


def arm_shape(setting: Setting) -> np.ndarray:
    """Return the probabilities of the arm's scores."""
    if setting.arm:
        return np.array(SHAPES[setting.arm])
    return largest_of(setting.others)


def largest_of(names: tuple[str, ...]) -> np.ndarray:
    """Return the probabilities of the largest of one score of each."""
    below = np.prod([np.cumsum(SHAPES[name]) for name in names], axis=0)
    return np.diff(np.r_[0.0, below])


def truth(setting: Setting) -> float:
    """Return the probability that the arm's animal has the worse score, ties half."""
    p, q = arm_shape(setting), largest_of(setting.others)
    return float(p @ (np.cumsum(q) - q / 2))


def one_study(setting: Setting, number: int) -> dict[str, float]:
    """Return whether each interval covers the truth, and whether it leaves one half."""
    rng = stream(SEED, "clinical scores", setting.name, setting.n, number)
    x = rng.choice(SCALE, setting.n, p=arm_shape(setting)).astype(float)
    others = [rng.choice(SCALE, setting.n, p=SHAPES[name]).astype(float)
              for name in setting.others]  # fmt: skip
    got, theta = worse_probability(x, *others), truth(setting)
    ends = dict.fromkeys(METHODS, (got.low, got.high))
    if got.interval == "score":
        ends["plain"] = (got.value, got.value)
    else:
        t = float(stats.t.ppf(0.975, degrees(x, *others)))
        ends["plain"] = (got.value - t * got.se, got.value + t * got.se)
        centre = np.log(got.value / (1 - got.value))
        reach = t * got.se / (got.value * (1 - got.value))
        ends["logit t"] = tuple(1 / (1 + np.exp(-centre + np.array([reach, -reach]))))
    found = {"no_spread": float(got.interval == "score")}
    for name, (low, high) in ends.items():
        found |= {f"cover {name}": float(low <= theta <= high),
                  f"leave {name}": float(not low <= 0.5 <= high)}  # fmt: skip
    return found


def degrees(*samples: np.ndarray) -> float:
    """Return Satterthwaite's degrees of freedom of the projections, as Brunner and Munzel's."""
    variances = [
        np.var(part, ddof=1) / len(part) for part in placements(samples[0], samples[1:])[1]
    ]
    shares = [v**2 / (len(x) - 1) for v, x in zip(variances, samples, strict=True)]
    return float(np.sum(variances) ** 2 / np.sum(shares))


def _batch(setting: Setting, studies: int) -> dict[str, float | str]:
    means = pd.DataFrame([one_study(setting, k) for k in range(studies)]).mean()
    named = {"setting": setting.name, "n": setting.n, "truth": truth(setting), "studies": studies}
    return named | means.to_dict()


def run(studies: int, workers: int) -> pd.DataFrame:
    """Return one row a setting."""
    with ProcessPoolExecutor(workers) as pool:
        rows = list(pool.map(_batch, SETTINGS, [studies] * len(SETTINGS)))
    return pd.DataFrame(rows)


def page(table: pd.DataFrame) -> str:
    """Return the table as a page."""
    lines = [
        "# Worst clinical scores of few animals",
        "",
        f"{table['studies'].iloc[0]:,} studies a row, worst scores 0 to 4 drawn from three "
        "distributions; made by `python3 do.py validate`. The truth is the probability that an "
        "animal of the arm scores worse, ties half. Coverage of 95% intervals, then the share of "
        "studies whose interval leaves one half, in per cent. *logit* is the default, with "
        "Newcombe's limits where scores leave no variance; *logit t* the same with Student's "
        "quantile; *plain* Brunner and Munzel's own interval, which has no width where there is no "
        "variance (*no spread*).",
        "",
        _sentence(table),
        "",
        "| scores | animals an arm | truth | covers: logit | logit t | plain | leaves 0.5: logit "
        "| logit t | plain | no spread |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in table.to_dict("records"):
        names = [f"{what} {name}" for what in ("cover", "leave") for name in METHODS]
        cells = " | ".join(f"{100 * row[name]:.1f}" for name in [*names, "no_spread"])
        lines.append(f"| {row['setting']} | {row['n']} | {row['truth']:.3f} | {cells} |")
    return "\n".join(lines) + "\n"


def _sentence(table: pd.DataFrame) -> str:
    """Return what the table shows."""
    alike = table[table["truth"] == 0.5]
    mild = table[(table["setting"] == "mild v mostly 0") & (table["n"] == 8)].iloc[0]
    least, most = (
        {name: 100 * getattr(rows[f"{what} {name}"], end)() for name in METHODS}
        for rows, what, end in ((table, "cover", "min"), (alike, "leave", "max"))
    )
    return (
        f"The default covers {least['logit']:.1f}% or more and errs in at most "
        f"{most['logit']:.1f}% of studies of arms that are alike. The plain interval covers as "
        f"little as {least['plain']:.0f}% where arms are nearly apart, and errs in up to "
        f"{most['plain']:.1f}%. Student's quantile on the logit scale corrects twice: with eight "
        f"animals and a truth of {mild['truth']:.2f} it says harm in "
        f"{100 * mild['leave logit t']:.0f}% of studies, the default in "
        f"{100 * mild['leave logit']:.0f}%. *Inconclusive* is no sign that a combination is "
        "tolerated."
    )


if __name__ == "__main__":
    write_table("clinical-scores", __doc__, STUDIES, run, page)
