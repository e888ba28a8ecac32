"""How far the landscape's intervals and probabilities are what they say.

Writes ``docs/validation/landscape.csv`` and ``.md``: coverage of the shift's interval, reliability
of the stated probabilities, and 1,000 shuffles of arms. Run it by ``python3 do.py validate``.

Spreads are those of CT26 tumours (Taylor 2019): within-arm SDs on the log2 scale of cytolytic
activity 0.80, Cd8a 0.99, T cells 0.63, interferon gamma 0.59, thirteen T-cell genes 0.46; treated
arms scattered 1.6 times as much as their controls (0.6 to 6).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.core.random import stream
from smartcombo.immune.shifts import arm_contrast
from smartcombo.stats.standardised import standardised_shift
from smartcombo.stats.switching import LEVEL, exceedance, switch

SEED = 20190807
TUMOURS = 20_000
"""Simulated comparisons of each row of coverage."""
SIZES = (4, 5, 6, 8)
SDS = {"cytolytic": 0.80, "Cd8a": 0.99, "T cells": 0.63, "interferon": 0.59, "T-cell genes": 0.46}
RATIOS = (1.0, 1.6, 3.0)
"""Treated by control SD."""
SHARES = (0.4, 0.6)
"""Shares of animals that a treatment moves, by two or three control SDs, in the mixtures."""
QUANTILE = float(stats.norm.ppf(LEVEL))


def coverage(n: int, sd: float, ratio: float, share: float, repeats: int) -> dict[str, float]:
    """Return the coverage of the 95% intervals of the shift, in log2 and in control SDs."""
    rng = stream(SEED, "coverage", n, sd, ratio, share)
    moves = 2.5 * sd if share < 1 else 1.0
    hits = np.zeros((repeats, 2), dtype=bool)
    for k in range(repeats):
        controls = sd * rng.standard_normal(n)
        gone = moves * (rng.random(n) < share)
        treated = gone + ratio * sd * rng.standard_normal(n)
        got = arm_contrast({"c": controls, "t": treated}, {"t": 1.0, "c": -1.0}, 0.95)
        scaled = standardised_shift(controls, treated, 0.95)
        truth = share * moves
        hits[k] = (got.low <= truth <= got.high, scaled.low <= truth / sd <= scaled.high)
    return {"shift": float(hits[:, 0].mean()), "in SDs": float(hits[:, 1].mean())}


def coverage_table(repeats: int) -> pd.DataFrame:
    """Return one row a size and kind of arm: coverage, averaged over the markers' spreads."""
    kinds = [(f"SD ratio {ratio:g}", ratio, 1.0) for ratio in RATIOS]
    kinds += [(f"{share:.0%} of animals moved", 1.0, share) for share in SHARES]
    rows = []
    for n in SIZES:
        for name, ratio, share in kinds:
            each = [coverage(n, sd, ratio, share, repeats // len(SDS)) for sd in SDS.values()]
            mean = pd.DataFrame(each).mean()
            rows.append({"table": "coverage", "n": n, "what": name, **mean})
    return pd.DataFrame(rows)


def stated(n: int, nothing: float, repeats: int) -> pd.DataFrame:
    """Return stated probabilities with what was true, in simulated arms.

    A share ``nothing`` of treatments moves no animal; the others move a share drawn between 0 and
    1 by 1 to 6 control SDs, and animals that move scatter 1.6 times as much.
    """
    rng = stream(SEED, "reliability", n, nothing)
    rows = []
    for _ in range(repeats):
        share = 0.0 if rng.random() < nothing else float(rng.uniform())
        moves = float(rng.uniform(1, 6))
        controls = rng.standard_normal(n)
        gone = rng.random(n) < share
        treated = np.where(gone, moves + 1.6 * rng.standard_normal(n), rng.standard_normal(n))
        beyond = share * stats.norm.sf((QUANTILE - moves) / 1.6) + (1 - share) * (1 - LEVEL)
        own = exceedance(controls, treated, leave_one_out=np.full(n, -1))
        got = switch(controls, treated)
        rows.append(("at least half", got.probability_half, float(beyond >= 0.5), got.moved.sum()))
        rows += [
            ("not desert", p, float(v > QUANTILE), -1) for p, v in zip(own, treated, strict=True)
        ]
    return pd.DataFrame(rows, columns=["what", "stated", "true", "moved"])


def reliability_table(repeats: int) -> pd.DataFrame:
    """Return, by decile of the stated probability, how often it was true."""
    parts = [stated(n, nothing, repeats) for n in SIZES for nothing in (0.0, 0.3, 0.5)]
    every = pd.concat(parts, ignore_index=True)
    every["decile"] = np.minimum((every["stated"] * 10).astype(int), 9)
    none = every[every["moved"] == 0].assign(what="at least half, none past the bound")
    rows = [
        {"table": "reliability", "what": what, "decile": decile, "cases": len(own),
         "stated": own["stated"].mean(), "true": own["true"].mean()}
        for (what, decile), own in pd.concat([every, none]).groupby(["what", "decile"])
    ]  # fmt: skip
    return pd.DataFrame(rows)


def shuffle_table(shuffles: int) -> pd.DataFrame:
    """Return what is stated of arms that were shuffled: five animals an arm, one marker each."""
    rows = []
    for moved in (0.0, 0.8):
        rng = stream(SEED, "shuffles", moved)
        got = []
        for _ in range(shuffles):
            values = 0.6 * rng.standard_normal(10)
            values[:5] += 1.8 * (rng.random(5) < moved)
            order = rng.permutation(10)
            got.append(switch(values[order[:5]], values[order[5:]]).probability_half)
        p = np.array(got)
        name = "no animal differs" if moved == 0 else "4 of 5 of one arm moved by 3 SDs, shuffled"
        quartiles = dict(
            zip(("q25", "median", "q75"), np.quantile(p, [0.25, 0.5, 0.75]), strict=True)
        )
        rows.append({"table": "shuffles", "what": name, "cases": shuffles, "stated": p.mean(),
                     **quartiles, "above_0.8": (p > 0.8).mean()})  # fmt: skip
    return pd.DataFrame(rows)


def page(table: pd.DataFrame) -> str:
    """Return the tables as a page."""
    own = dict(iter(table.groupby("table")))
    lines = [
        "# The immune landscape: intervals and stated probabilities",
        "",
        "Made by `python3 do.py validate`. Animals are simulated with within-arm SDs of CT26 "
        f"tumours (log2: {', '.join(f'{name} {sd:g}' for name, sd in SDS.items())}).",
        "",
        "## Coverage of 95% intervals of the shift, in per cent",
        "",
        "*Shift* is the difference of means by Welch; *in SDs* the same in SDs of the controls, as "
        "the agreement of assays shows it. Rows of moved animals are mixtures: those animals lie "
        "2.5 SDs higher.",
        "",
        "| animals an arm | arms | shift | in SDs |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {r['n']:.0f} | {r['what']} | {100 * r['shift']:.1f} | {100 * r['in SDs']:.1f} |"
        for r in own["coverage"].to_dict("records")
    ]
    lines += [
        "",
        "## Stated probabilities",
        "",
        f"{SIZES[0]} to {SIZES[-1]} animals an arm; none, 30% or half of the treatments do "
        "nothing, the others move a share between 0 and 1 of their animals by 1 to 6 SDs. "
        "*At least half*: "
        "the treatment moves at least half of such animals past the controls' 95% quantile. *Not "
        "desert*: this animal lies past that quantile.",
        "",
        "| probability that | stated, decile | cases | stated, mean | came true |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['what']} | {r['decile'] / 10:.1f} to {r['decile'] / 10 + 0.1:.1f} "
        f"| {r['cases']:.0f} | {r['stated']:.2f} | {r['true']:.2f} |"
        for r in own["reliability"].to_dict("records")
    ]
    lines += [
        "",
        "## Shuffled arms",
        "",
        "Five animals an arm; before any animal is seen the probability is 0.29.",
        "",
        "| arms | shuffles | mean | quartiles | above 0.8 |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['what']} | {r['cases']:.0f} | {r['stated']:.2f} | {r['q25']:.2f}, "
        f"{r['median']:.2f}, {r['q75']:.2f} | {100 * r['above_0.8']:.1f}% |"
        for r in own["shuffles"].to_dict("records")
    ]
    return "\n".join(lines) + "\n"


def run(repeats: int) -> pd.DataFrame:
    """Return every table, one below the other."""
    parts = [coverage_table(repeats), reliability_table(repeats // 10), shuffle_table(1000)]
    return pd.concat(parts, ignore_index=True)


def main() -> None:
    """Run the simulation and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=TUMOURS)
    parser.add_argument("--to", type=Path, default=Path("docs/validation"))
    given = parser.parse_args()
    table = run(given.repeats)
    given.to.mkdir(parents=True, exist_ok=True)
    table.to_csv(given.to / "landscape.csv", index=False, float_format="%.6g")
    (given.to / "landscape.md").write_text(page(table), encoding="utf-8")
    print(page(table))


if __name__ == "__main__":
    main()
