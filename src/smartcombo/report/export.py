"""The run folder: tables, figures, provenance and the page, written whole or not at all."""

from __future__ import annotations

import json
import platform
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
from smartcombo.report.drawing import write_csv, write_figures
from smartcombo.report.figures.gallery import figures_of
from smartcombo.report.page import write_report
from smartcombo.study.model import Study

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
    write_figures(figures_of(study, results), folder / "figures")
    write_report(study, results, folder / "report.html", info)


def _marked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with SYNTHETIC in its study column: no row can be quoted without it."""
    return table.assign(study="SYNTHETIC " + table["study"].astype(str))


def provenance(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    """Return inputs, options, methods, seeds and versions; no time of day, no path."""
    return {
        "study": study.id,
        "title": study.title,
        "contact": str(study.facts.get("contact", "")),
        "licence": str(study.facts.get("licence", "")),
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
