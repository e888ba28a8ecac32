"""Does the order depend on one criterion, one study, the way of adding up, or the shrinkage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smartcombo.ranking.criteria import Criterion
from smartcombo.ranking.draws import Cells, cells_of, drawn
from smartcombo.ranking.groups import grouped, kendall_tau
from smartcombo.ranking.options import RankOptions
from smartcombo.ranking.prepare import Prepared
from smartcombo.stats.smaa import Acceptability, acceptability_analysis, partial_values

Floats = NDArray[np.float64]

SENSITIVITY_DRAWS = 2000
"""Draws of a variant: probabilities to one point, which is enough to see an order change."""
COLUMNS = ["variant", "candidate", "place", "expected_rank", "p_top_third"]
VARIANT_COLUMNS = ["variant", "tau", "same_leader", "leaders"]
BASELINE_COLUMNS = ["candidate", "baseline_place", "p_active", "place", "expected_rank", "words"]


def sensitivity_tables(
    ready: Prepared,
    outcome: Acceptability | None,
    criteria: Sequence[Criterion],
    table: pd.DataFrame,
    without: Mapping[str, pd.DataFrame],
    options: RankOptions,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the places in each variant, and each variant against the ranking.

    Parameters
    ----------
    ready, outcome
        What was drawn and how it ranked.
    criteria, table, without, options
        As :func:`smartcombo.ranking.rank` takes them.
    """
    if outcome is None or not options.sensitivity:
        return pd.DataFrame(columns=COLUMNS), pd.DataFrame(columns=VARIANT_COLUMNS)
    names = np.array(ready.cells.candidates)[ready.ranked]
    few = min(SENSITIVITY_DRAWS, options.draws)
    partial, weights = ready.partial[ready.ranked, :, :few], ready.weights[:few]
    done: dict[str, Acceptability] = {}
    for k, position in enumerate(ready.scored):
        if len(ready.scored) > 1:
            kept = np.delete(weights, k, axis=1)
            kept = kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-300)
            done[f"without {criteria[position].title}"] = acceptability_analysis(
                np.delete(partial, k, axis=1), kept, geometric=options.geometric
            )
    name = "weighted mean" if options.geometric else "geometric mean"
    done[name] = acceptability_analysis(
        np.clip(partial, 0.0, 1.0), weights, geometric=not options.geometric
    )
    fewer = replace(options, draws=few)
    if options.shrinking:
        raw = replace(fewer, shrinking=False)
        done["raw estimates"] = _again(ready, criteria, table, raw, weights)
    for study, reduced in without.items():
        done[f"without study {study}"] = _again(ready, criteria, reduced, fewer, weights)
    return _tables(names, outcome, done, options)


def baseline_rows(
    cells: Cells, x: Floats, summary: pd.DataFrame, options: RankOptions
) -> pd.DataFrame:
    """Return the rule "is the partner active alone in this tumour" beside the ranking.

    Candidates without a value have no place under the rule: it cannot be asked of them.

    Raises
    ------
    ValueError
        If ``options.baseline`` names no criterion.
    """
    if options.baseline is None:
        return pd.DataFrame(columns=BASELINE_COLUMNS)
    ids = [criterion.id for criterion in cells.criteria]
    if options.baseline not in ids:
        raise ValueError(f"baseline={options.baseline!r}: expected one of the criteria {ids}")
    k = ids.index(options.baseline)
    criterion = cells.criteria[k]
    sign = 1.0 if criterion.best > criterion.worst else -1.0
    index = {name: i for i, name in enumerate(cells.candidates)}
    frame = summary[["candidate", "place", "expected_rank"]].copy()
    at = frame["candidate"].map(index).to_numpy(int)
    known = ~cells.missing[at, k] & ~summary["gated"].to_numpy(bool)
    means = pd.Series(sign * x[at, k].mean(axis=1)).where(known)
    frame["baseline_place"] = means.rank(ascending=False, method="min")
    frame["p_active"] = np.nan
    if criterion.no_effect is not None:
        active = (sign * (x[at, k] - criterion.no_effect) > 0).mean(axis=1)
        frame["p_active"] = np.where(known, active, np.nan)
    frame["words"] = [_baseline_words(row) for row in frame.to_dict("records")]
    return frame[BASELINE_COLUMNS]


def _again(
    ready: Prepared,
    criteria: Sequence[Criterion],
    table: pd.DataFrame,
    options: RankOptions,
    weights: Floats,
) -> Acceptability:
    """Return the analysis of another table of the same candidates."""
    cells = cells_of(
        criteria, table, shrinking=options.shrinking, population=options.population,
        candidates=ready.everyone,
    )  # fmt: skip
    cells = cells.only([ready.everyone.index(name) for name in ready.cells.candidates])
    x = drawn(cells, options.draws, options.seed, {})[ready.ranked][:, ready.scored]
    used = [criteria[k] for k in ready.scored]
    worst, best = (np.array([getattr(c, name) for c in used]) for name in ("worst", "best"))
    partial = partial_values(x, worst, best, clip=options.clip)
    return acceptability_analysis(partial, weights, geometric=options.geometric)


def _tables(
    names: NDArray[np.str_],
    outcome: Acceptability,
    done: dict[str, Acceptability],
    options: RankOptions,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return places by variant and the comparison of each variant with the ranking."""
    rows: list[dict[str, Any]] = []
    variants = []
    first = names[_order(names, outcome)[0]]
    for variant, one in done.items():
        order = _order(names, one)
        group = grouped(order, one.pairwise, options.tied_below)
        for place, i in enumerate(order, start=1):
            values = (variant, names[i], place, one.expected_rank[i], one.top_third[i])
            rows.append(dict(zip(COLUMNS, values, strict=True)))
        variants.append(
            {
                "variant": variant,
                "tau": kendall_tau(-outcome.score, -one.score),
                "same_leader": bool(names[order[0]] == first),
                "leaders": "; ".join(names[i] for i in order if group[i] == 1),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(variants, columns=VARIANT_COLUMNS)


def _order(names: NDArray[np.str_], outcome: Acceptability) -> NDArray[np.int64]:
    return np.lexsort((names, -outcome.score))


def _baseline_words(row: dict[str, Any]) -> str:
    """Return a sentence that sets the rule's place beside ours."""
    if row["place"] != row["place"]:
        return "gated"
    if row["baseline_place"] != row["baseline_place"]:
        return f"place {row['place']:.0f} here; the partner alone was not measured in this tumour"
    return (f"place {row['place']:.0f} here, {row['baseline_place']:.0f} by the partner's activity "
            "alone")  # fmt: skip
