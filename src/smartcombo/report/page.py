"""The report: one self-contained page that opens offline."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report import page_rows
from smartcombo.report.agreement import agreements
from smartcombo.report.figures.base import Figure
from smartcombo.report.figures.gallery import figures_of
from smartcombo.report.theme import VEGA_LITE_VERSION, verdict_style
from smartcombo.report.words import plain, unit_text
from smartcombo.study.model import Study

SECTIONS = (
    ("every-mouse", "Every mouse", "Every mouse"),
    ("model-curves", "What the model says", "Model"),
    ("four-questions", "The four questions", "Four questions"),
    ("course", "Over time", "Over time"),
    ("response", "How many animals respond", "Response"),
    ("progression", "How long until tumours progress", "Progression"),
    ("robustness", "Would another model say otherwise?", "Robustness"),
    ("scales", "Raw and relative volumes", "Raw v relative"),
    ("diagnostics", "Can the model be trusted?", "Diagnostics"),
)
"""Group of figures, heading, and the word in the menu."""


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
        answers=page_rows.answers(study, results),
        agreements=agreements(study, results),
        design=page_rows.design_rows(results),
        arms=page_rows.arm_rows(study, results),
        questions=page_rows.question_rows(results),
        responses=page_rows.response_rows(study, results),
        response_questions=page_rows.questions_of(results, "response"),
        progression_arms=page_rows.progression_arms(study, results),
        progression_questions=page_rows.questions_of(results, "progression"),
        logranks=page_rows.stack(results, "logrank"),
        words=page_rows.stack(results, "words"),
        robustness=page_rows.robustness_rows(results),
        scales=page_rows.stack(results, "scales"),
        checks=[row for result in results for row in result.checks.to_dict("records")],
        findings=page_rows.finding_rows(study, results),
        unit=unit_text(study.readout.unit),
        several=len(study.models) > 1,
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


def _methods(results: Sequence[Result]) -> list[Any]:
    from smartcombo.efficacy.methods import METHODS

    used = {name for result in results for name in result.methods}
    return [method for method in METHODS if method.id in used]
