"""``smartcombo check``: every problem of a study or programme folder at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smartcombo.cli.faults import STUDY_HAS_ERRORS, with_exit_codes

if TYPE_CHECKING:
    from smartcombo.core.finding import Finding


@with_exit_codes
def check(
    folder: Annotated[
        Path,
        typer.Argument(exists=True, file_okay=False, help="The folder of a study or programme."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """List every problem of a study or programme, and what to do.

    Exit code 3 where an error would stop the analysis.
    """
    import sys

    findings = _findings(folder)
    if as_json:
        import json

        typer.echo(json.dumps(as_record(folder, findings), indent=2, ensure_ascii=False))
    else:
        from smartcombo.cli.show import show_findings

        show_findings(findings, sys.stdout)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(STUDY_HAS_ERRORS)


def _findings(folder: Path) -> tuple[Finding, ...]:
    """Return what is found in a folder of either kind; a programme has a log of decisions."""
    from smartcombo.study.programme import FILE, check_programme
    from smartcombo.study.read import check_study

    if not (folder / FILE).is_file():
        return check_study(folder)
    from smartcombo.ranking.decisions import check_decisions
    from smartcombo.ranking.unblinding import check_unblindings

    return (*check_programme(folder), *check_decisions(folder), *check_unblindings(folder))


def as_record(folder: Path, findings: tuple[Finding, ...]) -> dict[str, Any]:
    """Return the findings in the one shape ``--json`` prints, whatever was found.

    Parameters
    ----------
    folder
        The study folder.
    findings
        As `smartcombo.check_study` returns them.

    Returns
    -------
    dict
        ``folder``, ``ok`` (no errors), ``counts`` by severity, and ``findings``, each with all
        the columns of ``findings.csv`` and ``where`` in words; a missing row is ``null``.
    """
    from dataclasses import asdict

    from smartcombo.core.finding import SEVERITIES

    counts = {name: sum(f.severity == name for f in findings) for name in SEVERITIES}
    order = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
    records = [{**asdict(finding), "where": finding.where} for finding in order]
    return {
        "folder": str(folder),
        "ok": counts["error"] == 0,
        "counts": counts,
        "findings": records,
    }
