"""Which animals moved: past their matched controls, marker by marker, and phenotypes of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.immune.markers import COMPOSITES
from smartcombo.immune.matching import LEAST_CONTROLS, MatchedGroup
from smartcombo.stats.switching import LEVEL, exceedance, switch
from smartcombo.study.model import Study

HOT_MARKERS = tuple(name for name in COMPOSITES if name != "exclusion")
SWITCH_COLUMNS = (
    "model", "day", "tissue", "assay", "arm", "marker", "title", "theme", "controls", "n", "moved",
    "share", "low", "high", "probability_half", "bound", "unit", "who_moved", "who_stayed",
    "status",
)  # fmt: skip
PLACE_COLUMNS = (
    "model", "day", "tissue", "assay", "arm", "animal", "infiltration", "inflammation",
    "exclusion", "p_desert", "p_excluded", "p_inflamed", "p_not_desert", "phenotype",
)  # fmt: skip
NAMED = 8
"""Animals that a sentence names; the table names all."""
SURE = 0.8
"""Probability from which a phenotype is named; below it the animal is between two."""


def switch_table(groups: Sequence[MatchedGroup], level: float) -> pd.DataFrame:
    """Return, for each treated arm and marker, which animals lie past the controls' 95% bound."""
    rows = [
        _switch_row(group, arm, marker, level)
        for group in groups
        if group.control
        for arm in group.arms
        if arm != group.control
        for marker in group.markers.index
    ]
    return pd.DataFrame(rows, columns=list(SWITCH_COLUMNS))


def _switch_row(group: MatchedGroup, arm: str, marker: str, level: float) -> dict[str, Any]:
    controls, treated = group.spread_out(group.control, marker), group.named(arm, marker)
    treated = treated.mask(group.sides(arm, marker) < 0, -np.inf)
    facts = group.markers.loc[marker]
    row = {
        "model": group.model,
        "day": group.day,
        "tissue": group.tissue,
        "assay": group.assay,
        "arm": arm,
        "marker": marker,
        "title": facts["title"],
        "theme": facts["theme"],
        "unit": facts["unit"],
        "controls": len(controls),
        "n": len(treated),
        "status": facts["status"],
    }
    if len(controls) < LEAST_CONTROLS or treated.empty:
        few = f"{len(controls)} controls" if len(treated) else "no treated animal"
        return row | {"status": f"not answered: {few}"}
    got = switch(controls, treated.to_numpy(float), interval_level=level)
    return row | {
        "moved": int(got.moved.sum()),
        "share": got.share,
        "low": got.low,
        "high": got.high,
        "probability_half": got.probability_half,
        "bound": got.bound,
        "who_moved": ", ".join(treated.index[got.moved]),
        "who_stayed": ", ".join(treated.index[~got.moved]),
    }


def place_table(groups: Sequence[MatchedGroup]) -> pd.DataFrame:
    """Return each animal's place on the axes, in SDs of its controls, and its phenotype.

    From expression, flow or protein alone an excluded tumour looks like an inflamed one: the cells
    are in the sample. ``p_not_desert`` then stands for both, and the other two are missing.
    """
    rows = [row for group in groups if group.control for row in _places(group)]
    return pd.DataFrame(rows, columns=list(PLACE_COLUMNS))


def _places(group: MatchedGroup) -> list[dict[str, Any]]:
    if "infiltration" not in group.values:
        return []
    controls = group.spread_out(group.control, "infiltration")
    if len(controls) < LEAST_CONTROLS:
        return []
    infiltration = group.values["infiltration"].dropna()
    beyond = exceedance(
        controls, infiltration.to_numpy(float), leave_one_out=_own(group, infiltration)
    )
    axes = {axis: _in_sds(group, axis) for axis in COMPOSITES}
    return [
        {
            "model": group.model,
            "day": group.day,
            "tissue": group.tissue,
            "assay": group.assay,
            "arm": group.arm[animal],
            "animal": animal,
            **{axis: float(values.get(animal, np.nan)) for axis, values in axes.items()},
            "p_desert": 1 - p,
            "p_excluded": float("nan"),
            "p_inflamed": float("nan"),
            "p_not_desert": p,
            "phenotype": phenotype_word(p),
        }
        for animal, p in zip(infiltration.index, beyond, strict=True)
    ]


def _own(group: MatchedGroup, values: pd.Series) -> np.ndarray:
    """Return for each animal its number among the controls, -1 where it is none of them."""
    controls = list(group.named(group.control, "infiltration").index)
    return np.array([controls.index(a) if a in controls else -1 for a in values.index])


def _in_sds(group: MatchedGroup, axis: str) -> pd.Series:
    """Return an axis in SDs of the controls, from their mean."""
    if axis not in group.values:
        return pd.Series(dtype=float)
    controls = group.spread_out(group.control, axis)
    spread = float(np.std(controls, ddof=1)) if len(controls) > 1 else float("nan")
    return (group.values[axis] - controls.mean()) / spread if spread > 0 else pd.Series(dtype=float)


def phenotype_word(p_not_desert: float) -> str:
    """Return what can be said where excluded and inflamed look alike."""
    if p_not_desert >= SURE:
        return "hotter: excluded or inflamed, cannot tell"
    return "as its controls" if p_not_desert <= 1 - SURE else "between"


def switch_sentence(study: Study, row: Any, level: float) -> str:
    """Return one row of the switch table as a sentence."""
    label = study.label(str(row.arm))
    title = row.title if row.title[1:2].isupper() else row.title[:1].lower() + row.title[1:]
    day = f", day {row.day:g}" if np.isfinite(row.day) else ""
    start = f"{label}, {title} ({row.assay}{day})"
    if not np.isfinite(row.share):
        return f"{start}: {row.status}."
    moved = (
        f"{row.moved:g} of {row.n} animals lie past the controls' {100 * LEVEL:g}% bound "
        f"({100 * row.low:.0f} to {100 * row.high:.0f}% of such animals, {100 * level:g}% interval)"
    )
    names = row.who_stayed.split(", ") if row.moved > 0 and row.who_stayed else []
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    stayed = f"; not: {', '.join(names[:NAMED])}{more}" if names else ""
    sure = f"; probability that it moves at least half: {row.probability_half:.2f}"
    return f"{start}: {moved}{sure}{stayed}."
