"""Reasons for and against each candidate, in words from the numbers."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smartcombo.ranking.criteria import Criterion
from smartcombo.ranking.draws import Cells
from smartcombo.ranking.lights import criterion_light

Floats = NDArray[np.float64]

INTERVAL_DRAWS = 2000
"""Draws behind the interval of one part."""
SAME = 1e-12
"""Two parts, between 0 and 1, that differ by less are equal: a mean of equal parts rounds."""
CLEARLY = 0.8
"""A criterion speaks for (against) a candidate that beats the others' mean in so many draws."""


def criteria_rows(
    cells: Cells, partial: Floats, scored: NDArray[np.int64], table: pd.DataFrame, level: float
) -> pd.DataFrame:
    """Return every cell: raw and shrunk with interval, part of the way to best, light."""
    known = {(r["candidate"], r["criterion"]): r for r in table.to_dict("records")}
    position = {int(k): at for at, k in enumerate(scored)}
    tails = (0.5 - level / 2, 0.5 + level / 2)
    low, high = np.quantile(partial[:, :, :INTERVAL_DRAWS], tails, axis=2)
    middle, rows = partial.mean(axis=2), []
    for i, candidate in enumerate(cells.candidates):
        for k, criterion in enumerate(cells.criteria):
            row = _cell(cells, (i, k), known.get((candidate, criterion.id), {}), level)
            at = position.get(k)
            parts = (np.nan,) * 3 if at is None else (middle[i, at], low[i, at], high[i, at])
            rows.append(row | dict(zip(("part", "part_low", "part_high"), parts, strict=True)))
    return pd.DataFrame(rows)


def reason_rows(
    cells: Cells,
    partial: Floats,
    weights: Floats,
    words: pd.DataFrame,
    table: pd.DataFrame,
    level: float,
) -> pd.DataFrame:
    """Return what speaks for and against each candidate, the weightiest first.

    ``contribution`` is mean weight x (part - mean part of the candidates no gate stops).
    """
    known = {(r["candidate"], r["criterion"]): r for r in table.to_dict("records")}
    free = ~words["gated"].to_numpy(bool)
    usual = partial[free if free.any() else slice(None)].mean(axis=0)
    middle, usual_middle = partial.mean(axis=2), usual.mean(axis=1)
    scored = [k for k, one in enumerate(cells.criteria) if one.scored]
    weight = weights.mean(axis=0)
    rows: list[dict[str, Any]] = []
    for i, candidate in enumerate(cells.candidates):
        gate = words.loc[candidate]
        for text in (gate["stops"], gate["cautions"]):
            if text:
                rows.append(_reason(candidate, "against", "gate", text, np.nan))
        for at, k in enumerate(scored):
            better = _share_above(partial[i, at], usual[at])
            gain = float(weight[at] * (middle[i, at] - usual_middle[at]))
            cell = _cell(cells, (i, k), known.get((candidate, cells.criteria[k].id), {}), level)
            rows += _cell_reason(cells.criteria[k], cell, better, gain)
    frame = pd.DataFrame(rows, columns=["candidate", "side", "criterion", "words", "contribution"])
    size = frame["contribution"].abs().fillna(np.inf)
    ordered = frame.assign(_s=-size).sort_values(["candidate", "side", "_s"], kind="stable")
    return ordered.drop(columns="_s").reset_index(drop=True)


def _share_above(own: Floats, usual: Floats) -> float:
    """Return the share of draws above the mean, ties half: one alone is neither above nor below."""
    apart = own - usual
    return float((apart > SAME).mean() + (np.abs(apart) <= SAME).mean() / 2)


def group_rows(summary: pd.DataFrame) -> pd.DataFrame:
    """Return each group of candidates that cannot be told apart, with a sentence."""
    rows = []
    placed = summary[summary["group"].notna()]
    for number, members in placed.groupby("group", sort=True):
        names = members["candidate"].tolist()
        if len(names) == 1:
            words = f"{names[0]} stands alone"
        else:
            words = f"{', '.join(names[1:])} cannot be told apart from {names[0]}"
        rows.append({"group": int(number), "leader": names[0], "members": "; ".join(names),
                     "words": words})  # fmt: skip
    return pd.DataFrame(rows, columns=["group", "leader", "members", "words"])


def _cell(cells: Cells, at: tuple[int, int], known: dict[str, Any], level: float) -> dict[str, Any]:
    """Return one cell: raw and shrunk value with their intervals, n, light."""
    i, k = at
    criterion = cells.criteria[k]
    z = NormalDist().inv_cdf(0.5 + level / 2)
    value, se = float(cells.value[at]), float(cells.se[at])
    shrunk, spread = float(cells.shrunk[at]), float(cells.shrunk_se[at])
    n = float(known.get("n", np.nan))
    low, high = _interval(known, value, z * se)
    seen = criterion_light(criterion, low, high, n, agreed=str(known.get("agreed", "")))
    return {
        "candidate": cells.candidates[i], "criterion": criterion.id, "title": criterion.title,
        "value": value, "low": low, "high": high, "shrunk": shrunk,
        "shrunk_low": shrunk - z * spread, "shrunk_high": shrunk + z * spread,
        "kept": float(cells.kept[at]) if np.isfinite(value) else np.nan, "level": level, "n": n,
        "unit": criterion.unit, "status": known.get("status", "missing"),
        "source": known.get("source", ""), "colour": seen.colour, "word": seen.word,
    }  # fmt: skip


def _interval(known: dict[str, Any], value: float, half: float) -> tuple[float, float]:
    """Return the interval that the table states, else the normal one."""
    low, high = (float(known.get(name, np.nan)) for name in ("low", "high"))
    stated = np.isfinite(low) and np.isfinite(high) and np.isfinite(value)
    return (low, high) if stated else (value - half, value + half)


def _cell_reason(
    criterion: Criterion, cell: dict[str, Any], better: float, gain: float
) -> list[dict[str, Any]]:
    """Return the reason one cell gives, or none where it says nothing clear."""
    candidate = cell["candidate"]
    if np.isnan(cell["value"]):
        text = f"{criterion.title}: no value ({cell['status']}); drawn from what others show"
        return [_reason(candidate, "unknown", criterion.id, text, gain)]
    text = f"{criterion.title}: {_number(cell, criterion)}"
    if cell["colour"] == "red":
        return [_reason(candidate, "against", criterion.id, f"{text}, {cell['word']}", gain)]
    side = "for" if better >= CLEARLY else "against" if better <= 1 - CLEARLY else ""
    if not side:
        return []
    share = f"{'better' if side == 'for' else 'worse'} than the ranked candidates' mean in "
    percent = 100 * (better if side == "for" else 1 - better)
    share += f"{percent:.0f}% of draws" if percent < 99.5 else "more than 99% of draws"
    doubt = f", {cell['word']}" if cell["colour"] == "amber" else ""
    return [_reason(candidate, side, criterion.id, f"{text}{doubt}; {share}", gain)]


def _number(cell: dict[str, Any], criterion: Criterion) -> str:
    """Return raw value with interval and n, and the shrunk value where it moved."""
    exact = cell["high"] == cell["low"]
    unit = f" {criterion.unit}" if criterion.unit and not exact else ""
    text = f"{cell['value']:.3g}{unit}"
    facts = [criterion.unit] if criterion.unit and exact else []
    if not exact:
        facts.append(f"{cell['low']:.3g} to {cell['high']:.3g}")
    if cell["n"] == cell["n"] and not exact:
        facts.append(f"n = {cell['n']:g}")
    if cell["kept"] < 1:
        facts.append(f"shrunk to {cell['shrunk']:.3g}")
    return f"{text} ({', '.join(facts)})" if facts else text


def _reason(
    candidate: str, side: str, criterion: str, words: str, contribution: float
) -> dict[str, Any]:
    return {"candidate": candidate, "side": side, "criterion": criterion, "words": words,
            "contribution": contribution}  # fmt: skip
