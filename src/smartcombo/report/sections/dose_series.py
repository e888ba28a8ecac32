"""Section of the dose-series analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import stack
from smartcombo.report.words import degrees, p_value, with_interval
from smartcombo.study.model import Study

WHAT = {"dose_trend": "trend", "dose_step": "step"}


def dose_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return trend and steps of every series as text."""
    return [
        {
            "model": row["model"],
            "what": WHAT[row["estimand"]],
            "contrast": row["contrast"],
            "scale": row["scale"],
            "estimate": with_interval(row["value"], row["low"], row["high"]),
            "p": p_value(row["p"]),
            "df": degrees(row["df"]),
            "n": f"{row['n']:.0f}",
            "verdict": row["verdict"],
        }
        for result in results
        if result.analysis == "dose_series"
        for row in result.estimates.to_dict("records")
    ]


def _content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    return {"rows": dose_rows(results), "words": stack(results, "dose_words")}


SECTIONS = (Section("doses", "Is more dose more benefit?", "Doses", _content),)
