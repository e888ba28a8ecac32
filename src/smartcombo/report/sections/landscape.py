"""Section of the immune landscape: who moved, the shifts, the panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.result import Result
from smartcombo.immune.markers import COMPOSITES
from smartcombo.immune.power import SIZES
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import question_row, stack
from smartcombo.report.words import number, p_value, unit_text, with_interval
from smartcombo.stats.two_arms import MOST
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
        "agreement": stack(results, "agreement_sentences"),
        "course": _course_rows(results),
        "power": _power_rows(study, results),
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


def claims_content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    """Return the three claims of each arm, and the estimates that carry them."""
    return {
        "headlines": [
            {**row, "label": study.label(str(row["arm"]))} for row in stack(results, "headlines")
        ],
        "evidence": _evidence_rows(study, results),
    }


def _evidence_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    return [
        {
            **row,
            "label": study.label(str(row["arm"])),
            "day": _day(row["day"]),
            "question": "v controls" if row["question"] in ("Q1", "single") else row["question"],
            "estimate": with_interval(row["value"], row["low"], row["high"]),
            "unit": unit_text(row["unit"]),
            "count": f"{row['n']:.0f}",
        }
        for row in stack(results, "claim_evidence")
    ]


def _course_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    return [
        {**row, "estimate": with_interval(row["value"], row["low"], row["high"]),
         "p": p_value(row["p_holm"]), "count": f"{row['n']:.0f}"}
        for row in stack(results, "switch_course")
    ]  # fmt: skip


def _power_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the animals an arm that each axis needs; other markers are in the run's tables."""
    return [
        {
            **row,
            "label": study.label(str(row["arm"])),
            "day": _day(row["day"]),
            "sds": f"{number(row['sd_controls'], 2)}, {number(row['sd_arm'], 2)}",
            "needs": [_animals(row[name]) for name in ("n_doubling", "n_seen", "n_half_seen")],
            "chances": [
                "–" if pd.isna(row[f"called_with_{n}"]) else f"{100 * row[f'called_with_{n}']:.0f}%"
                for n in SIZES
            ],
        }
        for row in stack(results, "power")
        if row["marker"] in COMPOSITES and not pd.isna(row["sd_controls"])
    ]


def _animals(n: float) -> str:
    return f"over {MOST}" if pd.isna(n) else f"{n:.0f}"


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


CLAIMS = (Section("claims", "Cold to hot: the claims", "Claims", claims_content),)
"""In the front of the page: what the rest of the landscape is read for."""
SECTIONS = (Section("landscape", "From cold to hot", "Cold to hot", landscape_content),)
