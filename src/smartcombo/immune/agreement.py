"""Do the assays agree: RNA, flow, protein and tissue side by side on the controls' scale."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.immune.markers import COMPOSITES
from smartcombo.immune.matching import LEAST_CONTROLS, MatchedGroup
from smartcombo.stats.standardised import standardised_shift
from smartcombo.study.model import Study

DECIDED = {"higher", "lower"}
THEMES = {
    "infiltration": ("infiltration", "cytotoxic T cells", "natural killer cells"),
    "inflammation": ("inflammation", "interferon gamma", "type I interferon", "chemokines"),
    "exclusion": ("exclusion",),
}
"""Axis -> themes whose markers speak to it, where an assay has no marker of the axis' own name."""
AGREEMENT_COLUMNS = (
    "model", "day", "tissue", "axis", "arm", "assay", "marker", "title", "value", "low", "high",
    "se", "n", "unit", "status", "verdict",
)  # fmt: skip
SENTENCE_COLUMNS = ("model", "arm", "axis", "assays", "word", "sentence")
PAIR_COLUMNS = (
    "model", "day", "tissue", "axis", "first", "second", "n", "value", "low", "high", "verdict",
)  # fmt: skip
LEAST_PAIRS = 5
"""Animals with both assays below which their correlation says nothing."""
CERTAIN = 0.95
"""Level at which two assays' shifts differ by more than chance."""


def agreement_table(groups: Sequence[MatchedGroup], level: float) -> pd.DataFrame:
    """Return each arm's shift on each axis by each assay, in SDs of the controls.

    Assays are never averaged: one line an assay, and where it has no marker of the axis' own name,
    one line a marker that speaks to the axis. ``verdict`` is *higher*, *lower* or *inconclusive*.
    """
    rows = [
        _row(group, axis, marker, arm, level)
        for axis in COMPOSITES
        for group in groups
        if group.control and int((group.arm == group.control).sum()) >= LEAST_CONTROLS
        for marker in axis_markers(group, axis)
        for arm in group.arms
        if arm != group.control
    ]
    return pd.DataFrame(rows, columns=list(AGREEMENT_COLUMNS))


def axis_markers(group: MatchedGroup, axis: str) -> list[str]:
    """Return the markers that speak to an axis: the axis' own, or those of its themes."""
    if axis in group.markers.index:
        return [axis]
    return list(group.markers.index[group.markers["theme"].isin(THEMES[axis])])


def _row(group: MatchedGroup, axis: str, marker: str, arm: str, level: float) -> dict[str, Any]:
    got = standardised_shift(group.of(group.control, marker), group.of(arm, marker), level)
    facts = group.markers.loc[marker]
    return {
        "model": group.model,
        "day": group.day,
        "tissue": group.tissue,
        "axis": axis,
        "arm": arm,
        "assay": group.assay,
        "marker": marker,
        "title": facts["title"],
        "value": got.value,
        "low": got.low,
        "high": got.high,
        "se": got.se,
        "n": got.n,
        "unit": "SDs of controls",
        "status": facts["status"],
        "verdict": _word(got.low, got.high),
    }


def _word(low: float, high: float) -> str:
    if not np.isfinite(low):
        return "not estimable"
    return "higher" if low > 0 else "lower" if high < 0 else "inconclusive"


def assay_pairs(groups: Sequence[MatchedGroup], level: float) -> pd.DataFrame:
    """Return, where the same animals have two assays, how these rank the animals together.

    Spearman's correlation over animals with Fisher's interval (Bonett and Wright 2000,
    10.1007/BF02294183); below zero the assays contradict each other animal by animal.
    """
    rows = [
        _pair(first, second, axis, level)
        for first, second in combinations(groups, 2)
        if _place(first) == _place(second) and first.assay != second.assay
        for axis in COMPOSITES
    ]
    return pd.DataFrame([r for r in rows if r is not None], columns=list(PAIR_COLUMNS))


def _place(group: MatchedGroup) -> tuple[str, str, str]:
    return group.model, f"{group.day:g}", group.tissue


def _pair(
    first: MatchedGroup, second: MatchedGroup, axis: str, level: float
) -> dict[str, Any] | None:
    one, two = (axis_markers(group, axis)[:1] for group in (first, second))
    if not one or not two:
        return None
    both = pd.concat([first.values[one[0]], second.values[two[0]]], axis=1, join="inner").dropna()
    n = len(both)
    if n < LEAST_PAIRS:
        return None
    rho = float(stats.spearmanr(both.iloc[:, 0], both.iloc[:, 1]).statistic)
    se = np.sqrt((1 + rho**2 / 2) / (n - 3))
    reach = float(stats.norm.ppf(0.5 + level / 2)) * se
    centre = np.arctanh(np.clip(rho, -0.999999, 0.999999))
    low, high = (float(np.tanh(centre + sign * reach)) for sign in (-1, 1))
    return {
        "model": first.model,
        "day": first.day,
        "tissue": first.tissue,
        "axis": axis,
        "first": f"{first.assay}: {one[0]}",
        "second": f"{second.assay}: {two[0]}",
        "n": n,
        "value": rho,
        "low": low,
        "high": high,
        "verdict": "together" if low > 0 else "against each other" if high < 0 else "inconclusive",
    }


def agreement_sentences(study: Study, table: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return, for each arm and axis, one sentence that names agreement and conflict of the assays.

    ``word`` is *agree*, *conflict*, *partly*, *undecided* or *one assay*.
    """
    rows = []
    for (model, arm, axis), own in table.groupby(["model", "arm", "axis"], sort=False):
        word = agreement_word(own)
        start = f"{study.label(str(arm))}, {axis}: "
        against = _contradicted(pairs, str(model), str(axis))
        sentence = start + _said(word, own) + against
        assays = own["assay"].nunique()
        rows.append((model, arm, axis, assays, "conflict" if against else word, sentence))
    return pd.DataFrame(rows, columns=list(SENTENCE_COLUMNS))


def agreement_word(rows: pd.DataFrame) -> str:
    """Return the word for the shifts of one arm on one axis by several assays.

    Assays conflict where one says higher and another lower, or where their shifts differ by more
    than chance allows, each pair of lines corrected for the number of pairs.
    """
    if rows["assay"].nunique() < 2:
        return "one assay"
    words = set(rows["verdict"]) & DECIDED
    if len(words) == 2 or _differ(rows):
        return "conflict"
    if not words:
        return "undecided"
    decided = rows.groupby("assay")["verdict"].agg(lambda v: bool(set(v) & words))
    return "agree" if decided.all() else "partly"


def _differ(rows: pd.DataFrame) -> bool:
    """Tell whether shifts of two assays differ by more than chance."""
    known = rows[np.isfinite(rows["se"])]
    pairs = [
        (a, b)
        for a, b in combinations(known.to_dict("records"), 2)
        if a["assay"] != b["assay"] and a["value"] * b["value"] < 0
    ]
    limit = stats.norm.ppf(1 - (1 - CERTAIN) / 2 / max(len(pairs), 1))
    return any(abs(a["value"] - b["value"]) > limit * np.hypot(a["se"], b["se"]) for a, b in pairs)


def _said(word: str, rows: pd.DataFrame) -> str:
    """Return what each assay says, in words."""
    parts = []
    for verdict in ("higher", "lower", "inconclusive", "not estimable"):
        names = [_named(row) for row in rows[rows["verdict"] == verdict].to_dict("records")]
        if names:
            parts.append(f"{verdict} by {', '.join(names)}")
    said = "; ".join(parts)
    start = {
        "one assay": "one assay only, so nothing to agree with: ",
        "agree": "the assays agree: ",
        "conflict": "the assays conflict, and are not averaged: ",
        "partly": "no conflict, but not all assays decide: ",
        "undecided": "no assay decides: ",
    }
    return f"{start[word]}{said}."


def _named(row: dict[Any, Any]) -> str:
    what = row["assay"] if row["marker"] == row["axis"] else f"{row['assay']} {row['title']}"
    day = f", day {row['day']:g}" if np.isfinite(row["day"]) else ""
    return f"{what} ({row['value']:+.1f} SDs{day})".replace("-", "\u2212")


def _contradicted(pairs: pd.DataFrame, model: str, axis: str) -> str:
    own = pairs[(pairs["model"] == model) & (pairs["axis"] == axis)]
    own = own[own["verdict"] == "against each other"]
    return "".join(
        f" Animal by animal {row['first']} and {row['second']} rank against each other "
        f"(rho {row['value']:.2f}, {row['low']:.2f} to {row['high']:.2f}, {row['n']} animals)."
        for row in own.to_dict("records")
    ).replace("-0", "\u22120")
