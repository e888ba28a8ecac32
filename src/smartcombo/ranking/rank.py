"""Which candidate first, how sure, and why: gates, then draws of everything together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smartcombo.ranking.criteria import Criterion, WeightKind
from smartcombo.ranking.draws import Cells, SuppliedDraws
from smartcombo.ranking.gates import no_gates
from smartcombo.ranking.groups import grouped, not_separated
from smartcombo.ranking.options import RankOptions
from smartcombo.ranking.prepare import Prepared, prepared
from smartcombo.ranking.reasons import criteria_rows, group_rows, reason_rows
from smartcombo.ranking.result import SUMMARY_COLUMNS, Ranking
from smartcombo.ranking.sensitivity import baseline_rows, sensitivity_tables
from smartcombo.stats.smaa import Acceptability, acceptability_analysis

METHODS = ("ranking.smaa/1", "ranking.shrinkage/1")


def rank(
    criteria: Sequence[Criterion],
    table: pd.DataFrame,
    gates: pd.DataFrame | None = None,
    *,
    weights: WeightKind = "unknown",
    options: RankOptions | None = None,
    draws: SuppliedDraws | None = None,
    without: Mapping[str, pd.DataFrame] | None = None,
) -> Ranking:
    """Return the candidates in order, how sure each place is, and the reasons.

    Gates come first: a gated candidate keeps its row and its reason and has no place. Then criteria
    and weights are drawn together; a missing criterion is drawn from what the population shows,
    which widens a candidate's places and never counts as zero. The order is that of the mean score:
    the mean place would let a newcomer turn two others.

    Parameters
    ----------
    criteria
        What matters, with the values that score 0 and 1.
    table
        One row a candidate and criterion, ``CRITERIA_COLUMNS``; a row that is not there is missing.
    gates
        ``GATE_COLUMNS``; default none.
    weights
        ``fixed``: those of the criteria. ``ordered``: uniform on all that keep the criteria's
        order. ``unknown`` (default): uniform on all.
    options
        See :class:`RankOptions`.
    draws
        Draws by (candidate, criterion) where the normal distribution of value and se will not do.
    without
        By study: the table as it would be without that study, for the sensitivity.

    Raises
    ------
    AnalysisRefused
        With everything that is wrong with criteria, table and gates.

    References
    ----------
    Lahdelma and Salminen 2001, 10.1287/opre.49.3.444.11220.
    """
    options, gates = options or RankOptions(), no_gates() if gates is None else gates
    ready = prepared(criteria, table, gates, weights=weights, options=options, draws=draws)
    ready = ready.only(options.shown)
    ranked, cells = ready.ranked, ready.cells
    outcome = _analysis(ready, options)
    summary = _summary(ready, outcome, table, options)
    reasons = reason_rows(cells, ready.partial, ready.weights, ready.words, table, options.level)
    tables = without or {}
    sensitivity, variants = sensitivity_tables(ready, outcome, criteria, table, tables, options)
    names = np.array(cells.candidates)[ranked]
    return Ranking(
        summary=summary,
        acceptability=_square(outcome, names, "acceptability"),
        pairwise=_square(outcome, names, "pairwise"),
        central_weights=_central(ready, outcome, names),
        criteria=criteria_rows(cells, ready.partial, ready.scored, table, options.level),
        reasons=reasons,
        groups=group_rows(summary),
        sensitivity=sensitivity,
        variants=variants,
        baseline=baseline_rows(cells, ready.x, summary, options),
        gates=gates[gates["candidate"].isin(cells.candidates)].reset_index(drop=True),
        formula=formula(cells, options),
        methods=METHODS,
        options={**asdict(options), "weights": weights},
    )


def formula(cells: Cells, options: RankOptions) -> str:
    """Return how the score is made, in one line."""
    joined = "product of part ^ weight" if options.geometric else "sum of weight x part"
    bound = "held between 0 and 1" if options.clip else "not held between 0 and 1"
    anchors = ", ".join(
        f"{c.title} {c.worst:g} to {c.best:g}{f' {c.unit}' if c.unit else ''}"
        for c in cells.criteria
        if c.scored
    )
    return f"score = {joined}; part = (value - worst) / (best - worst), {bound}; {anchors}"


def _analysis(ready: Prepared, options: RankOptions) -> Acceptability | None:
    """Return the analysis of the candidates that passed; ``None`` where none did."""
    if not len(ready.ranked):
        return None
    return acceptability_analysis(
        ready.partial[ready.ranked], ready.weights, geometric=options.geometric,
        level=options.level,
    )  # fmt: skip


def _summary(
    ready: Prepared, outcome: Acceptability | None, table: pd.DataFrame, options: RankOptions
) -> pd.DataFrame:
    """Return one row a candidate, in order, gated ones last."""
    cells = ready.cells
    names = table.drop_duplicates("candidate").set_index("candidate")[["combination", "context"]]
    frame = names.loc[list(cells.candidates)].join(ready.words)
    frame["missing"] = cells.missing[:, ready.scored].sum(axis=1)
    frame["level"] = options.level
    frame["cautions"] = _cautions(ready, table, options)
    if outcome is not None:
        places = _places(outcome, np.array(cells.candidates)[ready.ranked], options)
        frame = frame.join(places)
    frame = frame.reset_index().reindex(columns=list(SUMMARY_COLUMNS))
    apart = frame["not_separated_from"].astype(object)
    frame["not_separated_from"] = apart.where(~frame["gated"], "")
    order = frame["place"].astype(float).fillna(np.inf)
    return frame.assign(_o=order).sort_values(["_o", "candidate"]).drop(columns="_o").reset_index(
        drop=True
    )  # fmt: skip


def _places(outcome: Acceptability, names: NDArray[np.str_], options: RankOptions) -> pd.DataFrame:
    """Return the numbers of the ranked candidates, index candidate."""
    order = np.lexsort((names, -outcome.score))
    place = np.empty(len(order))
    place[order] = np.arange(1, len(order) + 1)
    apart = not_separated(outcome.pairwise, options.tied_below)
    return pd.DataFrame(
        {
            "place": place,
            "group": grouped(order, outcome.pairwise, options.tied_below).astype(float),
            "expected_rank": outcome.expected_rank,
            "rank_low": outcome.rank_low,
            "rank_high": outcome.rank_high,
            "p_first": outcome.acceptability[:, 0],
            "p_top_third": outcome.top_third,
            "score": outcome.score,
            "score_low": outcome.score_low,
            "score_high": outcome.score_high,
            "confidence": outcome.confidence,
            "not_separated_from": ["; ".join(sorted(names[j] for j in one)) for one in apart],
        },
        index=pd.Index(names, name="candidate"),
    )


def _cautions(ready: Prepared, table: pd.DataFrame, options: RankOptions) -> list[str]:
    """Return the cautions of each candidate: of its gates, and of how little is behind it."""
    there = table[(table["status"] == "ok")]
    animals = there.groupby("candidate")["n"].max()
    total, out = len(ready.scored), []
    gaps = ready.cells.missing[:, ready.scored].sum(axis=1)
    for name, missing in zip(ready.cells.candidates, gaps, strict=True):
        words = [ready.words.loc[name, "cautions"]]
        n = float(animals.get(name, np.nan))
        if not n >= options.few_animals:
            words.append(f"few animals: at most {n:g} behind any criterion" if n == n else
                         "no number of animals stated")  # fmt: skip
        if missing:
            words.append(f"{missing} of {total} criteria without a value")
        out.append("; ".join(word for word in words if word))
    return out


def _square(outcome: Acceptability | None, names: NDArray[np.str_], what: str) -> pd.DataFrame:
    """Return a matrix of the analysis as rows; pairs of one candidate with itself left out."""
    m, wide = len(names), what == "acceptability"
    rows, columns = np.divmod(np.arange(m * m), max(m, 1))
    keep = np.ones(m * m, dtype=bool) if wide else rows != columns
    values = getattr(outcome, what).ravel() if outcome is not None else np.empty(0)
    first, second = names[rows[keep]], columns[keep] + 1 if wide else names[columns[keep]]
    heads = ("candidate", "rank") if wide else ("above", "below")
    return pd.DataFrame({heads[0]: first, heads[1]: second, "probability": values[keep]})


def _central(
    ready: Prepared, outcome: Acceptability | None, names: NDArray[np.str_]
) -> pd.DataFrame:
    """Return central weights as rows; candidates that never come first have none."""
    ids = np.array([ready.cells.criteria[k].id for k in ready.scored])
    if outcome is None:
        return pd.DataFrame(columns=["candidate", "criterion", "weight"])
    table = pd.DataFrame(
        {
            "candidate": np.repeat(names, len(ids)),
            "criterion": np.tile(ids, len(names)),
            "weight": outcome.central_weights.ravel(),
        }
    )
    return table.dropna().reset_index(drop=True)
