"""Section of the time-to-event analysis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import pick, questions_of, stack, text_of
from smartcombo.study.model import Study


def progression_arms(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return median and restricted mean time of each arm as text."""
    rows = []
    for result in results:
        if result.analysis != "progression":
            continue
        alone = result.estimates[result.estimates["question"] == ""]
        for (model, arm), own in alone.groupby(["model", "arm"], sort=False):
            rows.append(
                {
                    "model": model,
                    "label": study.label(str(arm)),
                    "n": f"{own['n'].iloc[0]:.0f}",
                    "median": _median(own),
                    "mean": text_of(own, "restricted_mean"),
                }
            )
    return rows


def _median(rows: pd.DataFrame) -> str:
    row = pick(rows, "median_time")
    if row is None or not math.isfinite(row["value"]):
        return "not reached"
    ends = [f"{x:.3g}" if math.isfinite(x) else "not reached" for x in (row["low"], row["high"])]
    return f"{row['value']:.3g} ({ends[0]} to {ends[1]})"


SECTIONS = (
    Section(
        "progression",
        "How long until tumours progress",
        "Progression",
        lambda study, results: {
            "arms": progression_arms(study, results),
            "questions": questions_of(results, "progression"),
            "logranks": stack(results, "logrank"),
        },
    ),
)
