"""Section of the analysis of leaving: who left, and the sensitivity panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from smartcombo.core.result import Result
from smartcombo.efficacy.leaving.panel import CONTRASTING, METHOD_WORDS
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import question_row, stack
from smartcombo.study.model import Study


def _results(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.analysis == "leaving"]


def panel_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return every answer at the declared day under each method that could give it, as text."""
    rows = []
    for result in _results(results):
        table = result.estimates
        table = table[table["method"].isin(list(METHOD_WORDS)) & (table["estimand"] == "log_ratio")]
        table = table[~table["verdict"].isin(["missing", "not estimable"])]
        table = table.assign(
            order=table["method"].map({key: k for k, key in enumerate(METHOD_WORDS)})
        )
        keys = ["model", "arm", "question", "null_model", "contrast"]
        for _, own in table.groupby(keys, sort=False):
            ordered = own.sort_values("order", kind="stable").to_dict("records")
            for k, row in enumerate(ordered):
                name = METHOD_WORDS[str(row["method"])]
                rows.append(
                    question_row(row)
                    | {"method": name, "first": k == 0, "count": len(ordered),
                       "advised": row["method"] not in CONTRASTING,
                       "why": str(row["scale"]).partition("; ")[2]}
                )  # fmt: skip
    return rows


def skipped(results: Sequence[Result]) -> list[dict[str, str]]:
    """Return the methods that could give no answer, once a tumour model and reason."""
    rows: list[dict[str, str]] = []
    for result in _results(results):
        table = result.estimates
        table = table[table["status"].astype(str).str.startswith("not estimable")]
        table = table[(table["estimand"] == "log_ratio") & table["method"].isin(list(METHOD_WORDS))]
        for row in table[["model", "method", "status"]].drop_duplicates().itertuples():
            why = str(row.status).partition(": ")[2]
            rows.append({"model": row.model, "method": METHOD_WORDS[row.method], "why": why})
    return rows


def _content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    words = stack(_results(results), "leaving_words")
    return {
        "summaries": [row for row in words if row["key"] in ("summary", "overall")],
        "sentences": [row for row in words if row["key"] not in ("summary", "overall")],
        "reasons": stack(_results(results), "leaving_by_arm"),
        "panel": panel_rows(results),
        "skipped": skipped(results),
    }


SECTIONS = (Section("leaving", "Who left, and what it could change", "Leaving", _content),)
