"""The report: one self-contained page that opens offline."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smartcombo.core.result import Result
from smartcombo.report.agreement import agreements
from smartcombo.report.figures.base import Figure, columns_of
from smartcombo.report.figures.gallery import figures_of
from smartcombo.report.readouts import page_in_words
from smartcombo.report.sections import SECTIONS
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.growth import answers
from smartcombo.report.sections.whole import accounting_rows, design_rows, finding_rows
from smartcombo.report.theme import VEGA_LITE_VERSION, verdict_style
from smartcombo.report.words import plain, unit_text
from smartcombo.study.model import Study

if TYPE_CHECKING:
    from jinja2 import Environment


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
    figures = figures_of(study, results)
    page = (
        environment()
        .get_template("report.html.j2")
        .render(
            study=study,
            sections=_sections(study, results, figures),
            figures=figures,
            drawings=_drawings(figures),
            answers=answers(study, results),
            agreements=agreements(study, results),
            design=design_rows(results),
            accounts=accounting_rows(results),
            findings=finding_rows(study, results),
            unit=unit_text(study.readout.unit),
            several=len(study.models) > 1,
            methods=_methods(results),
            run_info=run_info,
            vega=_vega(),
            style=verdict_style,
        )
    )
    return page_in_words(page, study.readout)


def environment() -> Environment:
    """Return what renders the templates: everything escaped, with the filters they use."""
    from jinja2 import Environment, PackageLoader

    made = Environment(
        loader=PackageLoader("smartcombo.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"plain": plain, "data_url": _csv_url}
    return made


def _sections(
    study: Study, results: Sequence[Result], figures: Sequence[Figure]
) -> list[tuple[Section, Mapping[str, Any]]]:
    """Return the sections that have something to show, with what their templates show."""
    drawn = {figure.group for figure in figures}
    filled = [(section, section.content(study, results)) for section in SECTIONS]
    return [(s, own) for s, own in filled if s.id in drawn or any(map(_any, own.values()))]


def _any(value: Any) -> bool:
    return len(value) > 0 if hasattr(value, "__len__") else value is not None


def _vega() -> str:
    import vl_convert

    bundle: str = vl_convert.javascript_bundle(None, VEGA_LITE_VERSION)  # type: ignore[arg-type]
    return bundle.replace("</script", "<\\/script")


def _drawings(figures: Sequence[Figure]) -> str:
    """Return specifications and data of the figures as JSON that is safe inside a script element.

    Each table travels once, by columns: the page makes from it the rows to draw and the CSV to
    save.
    """
    specs = {
        figure.id: {
            "log": figure.titled(),
            "raw": figure.titled(raw=True) if figure.raw_spec else None,
            "columns": columns_of(figure.shared_data),
        }
        for figure in figures
    }
    return json.dumps(specs, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")


def _csv_url(figure: Figure) -> str:
    text = figure.shared_data.to_csv(index=False, lineterminator="\n", float_format="%.6g")
    return "data:text/csv;base64," + base64.b64encode(text.encode()).decode()


def _methods(results: Sequence[Result]) -> list[Any]:
    from smartcombo.efficacy.methods import METHODS
    from smartcombo.immune.methods import METHODS as IMMUNE

    used = {name for result in results for name in result.methods}
    return [method for method in (*METHODS, *IMMUNE) if method.id in used]
