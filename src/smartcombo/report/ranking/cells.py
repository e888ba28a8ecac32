"""The heat map: each candidate on each criterion, and the evidence behind every cell."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from smartcombo.evidence.programme_measures import MEASURES
from smartcombo.ranking.dossier import Dossier
from smartcombo.report.ranking.words import LIGHTS, factor_text, percent, value_text
from smartcombo.report.words import number

Row = dict[str, Any]
MOST_CLAIMS = 40
"""Claims shown behind one cell; ``claims.csv`` has them all."""


def column_rows(dossier: Dossier) -> list[Row]:
    """Return the criteria: title, unit, anchors, weight."""
    return [
        row | {"anchors": f"{row['worst']:g} to {row['best']:g}", "share": percent(row["weight"])}
        for row in dossier.criteria.to_dict("records")
    ]


def heat_rows(dossier: Dossier) -> list[Row]:
    """Return candidates in their order, each with its cells; ``key`` leads to the evidence."""
    wide = {(r["candidate"], r["criterion"]): r for r in _criteria(dossier)}
    ids = list(zip(dossier.criteria["criterion"], dossier.criteria["measure"], strict=True))
    rows = []
    for i, row in enumerate(dossier.ranking.summary.to_dict("records")):
        cells = [
            _cell(wide[row["candidate"], name], measure, f"{i}-{k}")
            for k, (name, measure) in enumerate(ids)
            if (row["candidate"], name) in wide
        ]
        rows.append({"id": row["candidate"], "combination": row["combination"],
                     "context": row["context"], "gated": bool(row["gated"]),
                     "stops": row["stops"], "cells": cells})  # fmt: skip
    return rows


def cell_details(dossier: Dossier) -> dict[str, Row]:
    """Return, by the key of a cell, what is behind it: claims, studies, mice, shrinkage."""
    wide = {(r["candidate"], r["criterion"]): r for r in _criteria(dossier)}
    claims = dossier.evidence.claims.set_index("claim", drop=False)
    claims = claims[~claims.index.duplicated()]
    facts = dossier.criteria.to_dict("records")
    pooled = {(r["candidate"], r["measure"]): r for r in dossier.evidence.pooled.to_dict("records")}
    details = {}
    for i, candidate in enumerate(dossier.ranking.summary["candidate"]):
        for k, one in enumerate(facts):
            row = wide.get((candidate, one["criterion"]))
            if row is not None:
                details[f"{i}-{k}"] = _detail(row, one, claims, pooled)
    return details


def _criteria(dossier: Dossier) -> list[Row]:
    return dossier.ranking.criteria.to_dict("records")


def _told_n(row: Row, measure: str) -> str:
    """Return what n counts: animals of an estimate, models or studies of what is counted."""
    if not math.isfinite(row["value"]) or not math.isfinite(row["n"]):
        return ""
    counted = {"breadth": "model", "rigour": "study", "carry_over": "study"}.get(measure)
    if counted is None:
        return f"n {row['n']:.0f}" if measure in MEASURES else ""
    several = {"model": "models", "study": "studies"}[counted]
    return f"{row['n']:.0f} {counted if row['n'] == 1 else several}"


def _cell(row: Row, measure: str, key: str) -> Row:
    missing = not math.isfinite(row["value"])
    style = LIGHTS[row["colour"]]
    return {
        "key": key,
        "style": style,
        "text": row["status"] if missing else value_text(row["value"], row["value"], row["value"]),
        "between": "" if missing or row["low"] == row["high"] else
        f"{_short(row['low'])} to {_short(row['high'])}",
        "n": _told_n(row, measure),
        "word": "" if row["word"] == "no reference" else row["word"],
        "missing": missing,
    }  # fmt: skip


def _short(value: float) -> str:
    return number(value, 2)


def _pooled(row: Row | None) -> str:
    """Return the pooled value with its own interval, where there are studies to pool."""
    if row is None or not row["studies"] > 1:
        return ""
    told = f"over {row['studies']:.0f} studies, each one unit: "
    told += f"{value_text(row['value'], row['low'], row['high'])} (Hartung and Knapp)"
    if math.isfinite(row["predicted_low"]):
        between = value_text(row["value"], row["predicted_low"], row["predicted_high"])
        told += f"; the true effect of a new study: {between.partition(' ')[2].strip('()')}"
    return f"{told}; I2 {100 * row['i2']:.0f}%" if math.isfinite(row["i2"]) else told


def _detail(
    row: Row, criterion: Row, claims: pd.DataFrame, pooled: dict[tuple[str, str], Row]
) -> Row:
    """Return one cell's story, ready for JSON."""
    value, low, high = row["value"], row["low"], row["high"]
    behind = [name for name in str(row["source"] or "").split("; ") if name in claims.index]
    sign = MEASURES[criterion["measure"]].sign if criterion["measure"] in MEASURES else 1.0
    return {
        "candidate": row["candidate"],
        "title": row["title"],
        "reads": criterion["text"],
        "value": f"{value_text(value, low, high)} {row['unit']}" if math.isfinite(value)
        else row["status"],
        "factor": factor_text(row["unit"], value, low, high),
        "shrunk": _shrunk(row),
        "n": _told_n(row, criterion["measure"]),
        "word": "" if row["word"] == "no reference" else row["word"],
        "pooled": _pooled(pooled.get((row["candidate"], criterion["measure"]))),
        "part": _part(row),
        "claims": [_claim(claims.loc[name], sign) for name in behind[:MOST_CLAIMS]],
        "more": max(0, len(behind) - MOST_CLAIMS),
        "source": "" if behind else str(row["source"] or ""),
    }  # fmt: skip


def _shrunk(row: Row) -> str:
    """Return the shrunk value beside the raw one, and how much of the distance stayed."""
    if not math.isfinite(row["value"]) or row["low"] == row["high"]:
        return ""
    if row["kept"] == 1:
        return "not shrunk: fewer than five estimates"
    told = value_text(row["shrunk"], row["shrunk_low"], row["shrunk_high"])
    return f"shrunk to {told}; {100 * row['kept']:.0f}% of its distance from the mean kept"


def _part(row: Row) -> str:
    if not math.isfinite(row["part"]):
        return "shown, not scored"
    return (f"{100 * row['part']:.0f}% of the way from worst to best "
            f"({100 * row['part_low']:.0f} to {100 * row['part_high']:.0f}%)")  # fmt: skip


def _claim(row: pd.Series, sign: float) -> Row:
    """Return one claim in the sign of its criterion."""
    value, low, high = (sign * float(row[name]) for name in ("value", "low", "high"))
    low, high = min(low, high), max(low, high)
    day = "" if pd.isna(row["day"]) else f"{row['day']:g}"
    return {
        "study": str(row["study"]),
        "model": str(row["model"]),
        "contrast": str(row["contrast"] or row["statement"]),
        "value": f"{value_text(value, low, high)} {row['unit']}" if math.isfinite(value) else "",
        "n": "" if pd.isna(row["n"]) else f"{row['n']:.0f}",
        "day": day,
        "verdict": str(row["verdict"] or row["direction"]),
        "method": str(row["method"] or ""),
        "citation": str(row["citation"] or ""),
    }
