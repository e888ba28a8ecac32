"""Inflamed and infiltrated: what the axes of the landscape say of one arm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from smartcombo.core.result import Result
from smartcombo.core.verdicts import holm
from smartcombo.evidence.words import brief

OWN = ("Q1", "single")
"""Questions that compare an arm with its controls; the claim's word comes from these."""
BESIDE = {"Q2": "against the inhibitor alone", "Q3": "against the molecule alone",
          "Q4": "against the two added"}  # fmt: skip
KEPT = ("question", "analysis", "endpoint", "contrast", "null_model", "day", "value", "low",
        "high", "level", "unit", "scale", "p", "n", "verdict")  # fmt: skip


def immune_rows(landscape: Result, axis: str, model: str, arm: str) -> list[dict[str, Any]]:
    """Return the estimates of an arm on an axis: against controls, and beside its parts.

    One row an assay, marker, day and question; ``p_holm`` corrects the comparisons with controls
    for their number; ``note`` counts the animals that moved.
    """
    agreement = landscape.tables["agreement"]
    own = agreement[(agreement["axis"] == axis) & (agreement["model"] == model)]
    endpoints = {f"{r.assay}: {r.marker}" for r in own[own["arm"] == arm].itertuples()}
    table = landscape.estimates
    mine = (table["model"] == model) & (table["arm"] == arm) & table["endpoint"].isin(endpoints)
    rows = table[mine & (table["verdict"] != "missing")]
    out = [{name: row[name] for name in KEPT} for row in rows.to_dict("records")]
    asked = [row for row in out if row["question"] in OWN and np.isfinite(row["p"])]
    adjusted = holm(np.array([row["p"] for row in asked], dtype=float))
    for row, p in zip(asked, adjusted, strict=True):
        row["p_holm"] = float(p)
    for row in out:
        row["note"] = _moved(landscape, model, arm, row) if row["question"] in OWN else ""
    return out


def _moved(landscape: Result, model: str, arm: str, row: dict[str, Any]) -> str:
    switch = landscape.tables["switch"]
    assay, marker = str(row["endpoint"]).split(": ", 1)
    own = switch[
        (switch["model"] == model) & (switch["arm"] == arm) & (switch["assay"] == assay)
        & (switch["marker"] == marker) & (switch["day"].eq(row["day"]) | switch["day"].isna())
    ]  # fmt: skip
    if own.empty or not np.isfinite(own["moved"].iloc[0]):
        return ""
    first = own.iloc[0]
    return (
        f"{first['moved']:.0f} of {first['n']:.0f} past the controls' bound, probability of at "
        f"least half {first['probability_half']:.2f}"
    )


def immune_word(rows: Sequence[dict[str, Any]], axis: str, level: float) -> tuple[str, str]:
    """Return the word of the claim and its reason.

    Shown where some comparison with controls is higher after Holm's correction and none lower;
    against where some is lower and none higher; assays that conflict show nothing.
    """
    own = [row for row in rows if row["question"] in OWN]
    if not own:
        return "no evidence", f"no comparison of {axis} with matched controls"
    decided = [row for row in own if row.get("p_holm", 1.0) <= 1 - level]
    up = [row for row in decided if row["value"] > 0]
    down = [row for row in decided if row["value"] < 0]
    if up and down:
        said = "; ".join(map(brief, [*up, *down]))
        return "not shown", f"the assays conflict on {axis}: {said}"
    best = min(up or down or own, key=lambda row: row.get("p_holm", 1.0))
    note = f"; {best['note']}" if best["note"] else ""
    word = "shown" if up else "against" if down else "not shown"
    said = f"{axis} {_direction(word)} its controls, {brief(best)}{note}"
    return word, said + _undecided(own, decided) + _beside(rows, best)


def _direction(word: str) -> str:
    return {"shown": "above", "against": "below"}.get(word, "not shown to differ from")


def _undecided(own: Sequence[dict[str, Any]], decided: Sequence[dict[str, Any]]) -> str:
    """Return how many comparisons decide, where there are several."""
    return f"; {len(decided)} of {len(own)} comparisons decide" if len(own) > 1 else ""


def _beside(rows: Sequence[dict[str, Any]], best: dict[str, Any]) -> str:
    """Return what the combination does beside its parts, by the assay that carries the claim."""
    same = [
        row for row in rows
        if row["endpoint"] == best["endpoint"]
        and (row["day"] == best["day"] or row["day"] != row["day"])
    ]  # fmt: skip
    parts = [
        f"{BESIDE[row['question']]} {row['verdict']}" for row in same if row["question"] in BESIDE
    ]
    return f"; {', '.join(parts)}" if parts else ""
