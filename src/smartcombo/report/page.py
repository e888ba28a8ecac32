"""The report: one self-contained page that opens offline."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from smartcombo.core.finding import findings_table
from smartcombo.core.result import Result
from smartcombo.report.figures.base import Figure
from smartcombo.report.figures.gallery import figures_of
from smartcombo.report.theme import VEGA_LITE_VERSION, verdict_style
from smartcombo.report.words import (
    NULL_MODELS,
    degrees,
    p_value,
    plain,
    unit_text,
    with_interval,
)
from smartcombo.study.model import Study

SECTIONS = (
    ("every-mouse", "Every mouse"),
    ("model-curves", "What the model says"),
    ("four-questions", "The four questions"),
    ("synergy-course", "Synergy over time"),
    ("robustness", "Would another model say otherwise?"),
    ("scales", "Raw and relative volumes"),
    ("diagnostics", "Diagnostics"),
)


def write_report(
    study: Study, results: Sequence[Result], to: Path, run_info: Mapping[str, Any]
) -> Path:
    """Write the page to a file and return the file.

    Parameters
    ----------
    run_info
        Provenance to print: versions, options, seeds. Must hold no time of day, so that the same
        run gives the same bytes.
    """
    to = Path(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(page_html(study, results, run_info), encoding="utf-8", newline="\n")
    return to


def page_html(study: Study, results: Sequence[Result], run_info: Mapping[str, Any]) -> str:
    """Return the page as HTML."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("smartcombo.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"plain": plain, "data_url": _csv_url}
    figures = figures_of(study, results)
    return environment.get_template("report.html.j2").render(
        study=study,
        sections=SECTIONS,
        figures=figures,
        drawings=_drawings(figures),
        headlines=_headlines(study, results),
        design=_stack(results, "design"),
        questions=_question_rows(results),
        words=_stack(results, "words"),
        robustness=_robustness_rows(results),
        scales=_stack(results, "scales"),
        checks=[row for result in results for row in result.checks.to_dict("records")],
        findings=_findings(study, results),
        methods=_methods(results),
        run_info=run_info,
        vega=_vega(),
        style=verdict_style,
    )


def _vega() -> str:
    import vl_convert

    bundle: str = vl_convert.javascript_bundle(None, VEGA_LITE_VERSION)  # type: ignore[arg-type]
    return bundle.replace("</script", "<\\/script")


def _drawings(figures: Sequence[Figure]) -> str:
    """Return the figures' specifications as JSON that is safe inside a script element."""
    specs = {
        figure.id: {
            "log": figure.drawing(),
            "raw": figure.drawing(raw=True) if figure.raw_spec else None,
        }
        for figure in figures
    }
    return json.dumps(specs, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")


def _csv_url(table: pd.DataFrame) -> str:
    text = table.to_csv(index=False, lineterminator="\n", float_format="%.12g")
    return "data:text/csv;base64," + base64.b64encode(text.encode()).decode()


def _stack(results: Sequence[Result], name: str) -> list[dict[str, Any]]:
    return [
        row
        for result in results
        if name in result.tables
        for row in result.tables[name].to_dict("records")
    ]


def _headlines(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return one block a tumour model and combination, with its sentences."""
    blocks: dict[tuple[str, str], list[str]] = {}
    for row in _stack(results, "headlines"):
        blocks.setdefault((row["model"], row["combination"]), []).append(row["sentence"])
    labels = {arm.id: arm.label for arm in study.arms}
    return [
        {"model": model, "combination": labels.get(arm, arm), "sentences": said}
        for (model, arm), said in blocks.items()
    ]


def _question_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    shown = ("growth_rate_difference", "log_ratio", "excess_inhibition")
    rows = []
    for result in results:
        table = result.estimates
        asked = table[(table["question"] != "") & table["estimand"].isin(shown)]
        rows += [_question_row(row) for row in asked.to_dict("records")]
    return rows


def _question_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": row["model"],
        "question": row["question"],
        "contrast": row["contrast"],
        "null": NULL_MODELS.get(row["null_model"], ""),
        "scale": row["scale"],
        "estimate": with_interval(row["value"], row["low"], row["high"]),
        "unit": unit_text(row["unit"]),
        "p": p_value(row["p"]),
        "holm": p_value(row["p_holm"]),
        "df": degrees(row["df"]),
        "n": row["n"],
        "verdict": row["verdict"],
        "status": row["status"],
        "level": "rate" if row["estimand"] == "growth_rate_difference" else "day",
        "day": row["day"],
    }


def _robustness_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return how often each word is given over the specifications."""
    rows = []
    for result in results:
        table = result.tables.get("robustness")
        if table is None or table.empty:
            continue
        keys = ["model", "question", "null_model", "contrast"]
        for (model, question, null, contrast), group in table.groupby(keys, sort=False):
            counts = group["verdict"].value_counts(sort=False)
            rows.append(
                {
                    "model": model,
                    "question": question,
                    "null": NULL_MODELS.get(str(null), ""),
                    "contrast": contrast,
                    "low": group["value"].min(),
                    "high": group["value"].max(),
                    "counts": [(word, int(count)) for word, count in counts.items()],
                    "total": len(group),
                }
            )
    return rows


def _findings(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    found = [*study.findings, *(f for result in results for f in result.findings)]
    table = findings_table(dict.fromkeys(found))
    return table.assign(row=table["row"].astype(object).where(table["row"].notna(), "")).to_dict(
        "records"
    )


def _methods(results: Sequence[Result]) -> list[Any]:
    from smartcombo.efficacy.methods import METHODS

    used = {name for result in results for name in result.methods}
    return [method for method in METHODS if method.id in used]
