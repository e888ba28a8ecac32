"""What the page says of the whole study: its design and the findings about its data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from smartcombo.core.finding import findings_table
from smartcombo.core.result import Result
from smartcombo.efficacy.accounting import ANALYSED
from smartcombo.report.sections.rows import stack
from smartcombo.study.model import Study

ROLES = {
    "vehicle": "vehicle",
    "ici-alone": "checkpoint inhibitor alone",
    "molecule-alone": "molecule alone",
    "combination": "combination",
}


def finding_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the findings of the study and its analyses, worst first, many of a kind folded."""
    found = [*study.findings, *(f for result in results for f in result.findings)]
    table = findings_table(dict.fromkeys(found))
    rows = []
    for _, group in table.groupby(["severity", "code"], sort=False):
        records = group.to_dict("records")
        rows += [_finding_row(row) for row in records[:MOST_OF_A_KIND]]
        left = len(records) - MOST_OF_A_KIND
        if left > 0:
            rows.append(
                {"more": left, "severity": records[0]["severity"], "code": records[0]["code"]}
            )
    return rows


MOST_OF_A_KIND = 6
"""Findings of one code that the page shows; ``findings.csv`` has them all."""


def _finding_row(row: dict[Any, Any]) -> dict[str, Any]:
    line = "" if pd.isna(row["row"]) else f", row {row['row']}"
    return {**row, "where": f"{row['file']}{line}".lstrip(", "), "more": 0}


def design_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the design table with roles and fates as a reader says them."""
    return [
        row
        | {
            "role": ROLES.get(row["role"], row["role"]),
            "fates": str(row["fates"]).replace("-", " "),
        }
        for row in stack(results, "design")
    ]


def accounting_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return, by analysis, animals and measurements in, analysed, and left out with the reason."""
    table = pd.DataFrame(stack(results, "accounting"))
    if table.empty:
        return []
    rows = []
    for analysis, own in table.groupby("analysis", sort=False):
        used = own[own["fate"] == ANALYSED]
        rest = own[own["fate"] != ANALYSED].groupby("fate", sort=False)
        reasons = rest[["animals", "measurements"]].sum().reset_index().itertuples()
        rows.append(
            {
                "analysis": analysis,
                "animals": int(own["animals"].sum()),
                "animals_analysed": int(used["animals"].sum()),
                "measurements": int(own["measurements"].sum()),
                "measurements_analysed": int(used["measurements"].sum()),
                "left_out": "; ".join(
                    f"{row.fate}: {row.animals} animals, {row.measurements} measurements"
                    for row in reasons
                )
                or "none",
            }
        )
    return rows
