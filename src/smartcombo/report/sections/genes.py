"""Section of the genes: how many each comparison called, and which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import stack
from smartcombo.report.words import NULL_MODELS
from smartcombo.study.model import Study

ENGINES = {"voom": "moderated linear models (voom)", "deseq2": "DESeq2's model (PyDESeq2)"}


def genes_content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    """Return the numbers of genes called, by comparison."""
    own = [result for result in results if result.analysis == "differential"]
    return {
        "called": [
            {
                **row,
                "day": f"{row['day']:g}" if np.isfinite(row["day"]) else "",
                "question": "agent alone" if row["question"] == "single" else row["question"],
                "null": NULL_MODELS.get(row["null_model"], ""),
            }
            for row in stack(own, "called")
        ],
        "engine": [
            f"{ENGINES[r.options['engine']]}, "
            f"{100 * r.options['false_discovery']:g}% false discovery"
            for r in own
            if len(r.tables["called"])
        ],
    }


SECTIONS = (Section("genes", "Which genes moved", "Genes", genes_content),)
