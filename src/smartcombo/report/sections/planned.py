"""Section of the plan: the tests stated before looking, and what may be claimed of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from smartcombo.core.result import Result
from smartcombo.efficacy.planned import planned_tests
from smartcombo.report.sections.base import Section
from smartcombo.report.words import NULL_MODELS, p_value, unit_text, with_interval
from smartcombo.study.model import Study


def planned_content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    """Return the planned tests as text; nothing without a plan."""
    if not study.plan.tests:
        return {}
    rows = planned_tests(study, results).to_dict("records")
    return {
        "rows": [
            {
                **row,
                "combination": study.label(str(row["arm"])),
                "null": NULL_MODELS.get(row["null_model"], ""),
                "estimate": with_interval(row["value"], row["low"], row["high"]),
                "unit": unit_text(row["unit"]),
                "p": p_value(row["p"]),
                "p_adjusted": p_value(row["p_adjusted"]),
            }
            for row in rows
        ]
    }


SECTIONS = (Section("planned", "What was planned", "Plan", planned_content),)
