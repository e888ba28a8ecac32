"""The run folder: tables, figures, provenance and the page, written whole or not at all."""

from __future__ import annotations

import json
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from smartcombo.core.finding import findings_table
from smartcombo.core.result import Result, stacked
from smartcombo.report.figures.base import Figure
from smartcombo.report.figures.gallery import figures_of
from smartcombo.report.page import write_report
from smartcombo.report.theme import VEGA_LITE_VERSION
from smartcombo.study.model import Study

FLOAT_FORMAT = "%.12g"
"""Twelve digits: more than any estimate deserves, fewer than differ between processors."""
PNG_SCALE = 2
MADE_ID = re.compile(r"\b(?:gradient_|clip)\d+\b")
PACKAGES = ("numpy", "scipy", "numba", "pandas", "pyarrow", "altair", "vl-convert-python")


def write_run(study: Study, results: Sequence[Result], out: Path) -> Path:
    """Write the run folder, replacing an earlier one; a failure leaves nothing half-written.

    Returns
    -------
    Path
        The folder: estimates, findings, checks, provenance, figures and ``report.html``.
    """
    with written_whole(out) as work:
        _write_all(study, results, work)
    return Path(out)


@contextmanager
def written_whole(out: Path) -> Iterator[Path]:
    """Lend a folder that takes the place of ``out`` at the end; a failure leaves nothing."""
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield work
        if out.exists():
            shutil.rmtree(out)
        work.rename(out)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    out.chmod(0o755)


def _write_all(study: Study, results: Sequence[Result], folder: Path) -> None:
    estimates = stacked([result.estimates for result in results])
    checks = stacked([result.checks for result in results])
    found = [*study.findings, *(f for result in results for f in result.findings)]
    if study.synthetic:
        estimates, checks = _marked(estimates), _marked(checks)
    write_csv(estimates, folder / "estimates.csv")
    estimates.to_parquet(folder / "estimates.parquet", index=False)
    write_csv(findings_table(dict.fromkeys(found)), folder / "findings.csv")
    write_csv(checks, folder / "checks.csv")
    info = provenance(study, results)
    text = json.dumps(info, indent=2, ensure_ascii=False, sort_keys=True)
    (folder / "provenance.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    _write_figures(figures_of(study, results), folder / "figures")
    write_report(study, results, folder / "report.html", info)


def _marked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with SYNTHETIC in its study column: no row can be quoted without it."""
    return table.assign(study="SYNTHETIC " + table["study"].astype(str))


def provenance(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    """Return inputs, options, methods, seeds and versions; no time of day, no path."""
    return {
        "study": study.id,
        "synthetic": study.synthetic,
        "plan": {"confirmatory": study.plan.confirmatory, "sha256": study.plan.sha256},
        "inputs": [
            {"file": item.name, "sha256": item.sha256, "rows": item.rows} for item in study.inputs
        ],
        "analyses": [
            {
                "analysis": result.analysis,
                "methods": list(result.methods),
                "options": dict(result.options),
            }
            for result in results
        ],
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Return the versions of what the numbers depend on."""
    return {
        "smartcombo": metadata.version("smartcombo"),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in PACKAGES},
    }


def stable_ids(svg: str) -> str:
    """Return a drawing whose gradients and clips count from 0.

    The converter counts them over all that it ever drew, so that a second run of the same process
    would write other bytes.
    """
    seen: dict[str, str] = {}
    for name in MADE_ID.findall(svg):
        seen.setdefault(name, f"made{len(seen)}")
    return MADE_ID.sub(lambda found: seen[found.group(0)], svg)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as every table of a run folder is written."""
    table.to_csv(path, index=False, float_format=FLOAT_FORMAT, lineterminator="\n")


def _write_figures(figures: Sequence[Figure], folder: Path) -> None:
    import vl_convert

    folder.mkdir()
    for figure in figures:
        spec = figure.drawing()
        svg = stable_ids(vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE_VERSION))
        (folder / f"{figure.id}.svg").write_text(svg, encoding="utf-8", newline="\n")
        png = vl_convert.svg_to_png(svg, scale=PNG_SCALE)
        (folder / f"{figure.id}.png").write_bytes(png)
        data = figure.data.assign(data="SYNTHETIC") if figure.synthetic else figure.data
        write_csv(data, folder / f"{figure.id}.csv")
