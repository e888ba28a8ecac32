"""Section of the immune landscape: who moved, the shifts, the panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.result import Result
from smartcombo.immune.markers import COMPOSITES
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import question_row, stack
from smartcombo.report.words import number, with_interval
from smartcombo.study.model import Study


def landscape_content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    """Return the sentences, the switch and the shifts of the axes as text."""
    rows = _switch_rows(study, results)
    return {
        "sentences": stack(results, "sentences"),
        "switch": [row for row in rows if row["marker"] in COMPOSITES],
        "panel": [row for row in rows if row["marker"] not in COMPOSITES],
        "shifts": _shift_rows(results),
        "levels": _level_rows(study, results),
        "level_arms": [arm.label for arm in study.arms],
    }


def _level_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return one row a population or protein, with the mean of each arm as text."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in stack(results, "levels"):
        day = _day(row["day"])
        key = (row["model"], row["assay"], row["marker"], row["unit"], day, row["tissue"])
        own = rows.setdefault(
            key, {name: row[name] for name in ("model", "assay", "marker", "unit")} | {"day": day}
        )
        told = with_interval(row["value"], row["low"], row["high"])
        said = told if np.isfinite(row["value"]) else row["status"]
        own[str(row["arm"])] = f"{said}; n = {row['n']}"
    return [row | {"arms": [row.get(arm.id, "–") for arm in study.arms]} for row in rows.values()]


def _switch_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    return [
        {
            **row,
            "label": study.label(str(row["arm"])),
            "day": _day(row["day"]),
            "caution": _caution(str(row["status"])),
            "answered": bool(np.isfinite(row["share"])),
            "count": f"{row['moved']:g} of {row['n']}" if np.isfinite(row["share"]) else "–",
            "interval": f"{100 * row['low']:.0f} to {100 * row['high']:.0f}%",
            "sure": number(row["probability_half"], 2),
        }
        for row in stack(results, "switch")
    ]


def _shift_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    rows = []
    for result in results:
        if result.analysis != "landscape":
            continue
        marker = result.estimates["endpoint"].str.split(": ").str[-1]
        axes = result.estimates[marker.isin(COMPOSITES)]
        rows += [
            {**question_row(row), "endpoint": row["endpoint"], "day": _day(row["day"])}
            for row in axes.to_dict("records")
            if row["verdict"] != "missing"
        ]
    return rows


def _caution(status: str) -> str:
    """Return what a reader must know of a marker; empty where nothing."""
    if status == "caution":
        return "few of its genes"
    return status.removeprefix("caution: ") if status.startswith("caution: ") else ""


def _day(day: float) -> str:
    return "" if pd.isna(day) else f"{day:g}"


SECTIONS = (Section("landscape", "From cold to hot", "Cold to hot", landscape_content),)
