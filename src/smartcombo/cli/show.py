"""Findings for a person: a table, worst first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from smartcombo.core.finding import SEVERITIES, Finding, Severity

COLOURS: dict[Severity, str] = {"error": "bold red", "warning": "yellow", "note": "cyan"}
TITLES: dict[Severity, str] = {
    "error": "Errors: these stop the analysis",
    "warning": "Warnings: these travel into the report",
    "note": "Notes",
}

PLAIN_WIDTH = 120
"""Columns of a table that goes to a file or a pipe, which have no width of their own."""
SHOWN_OF_A_KIND = 5
"""Findings of one code shown in a table; a study with one mistake in each row stays readable."""


def show_findings(findings: Iterable[Finding], stream: TextIO) -> None:
    """Print one table per severity that occurs, and a last line that counts."""
    console = Console(file=stream, width=None if stream.isatty() else PLAIN_WIDTH)
    found = tuple(findings)
    for severity in SEVERITIES:
        chosen = [finding for finding in found if finding.severity == severity]
        if chosen:
            console.print(_table(severity, chosen))
    console.print(summary(found), highlight=False)


def summary(findings: Iterable[Finding]) -> str:
    """Return how many findings there are of each severity, as a sentence."""
    found = tuple(findings)
    counts = {name: sum(finding.severity == name for finding in found) for name in SEVERITIES}
    if not found:
        return "Nothing to report: this study is ready to run."
    words = [f"{n} {name}{'' if n == 1 else 's'}" for name, n in counts.items() if n]
    ending = "" if counts["error"] else "; this study can run"
    return ", ".join(words) + ending + "."


def _table(severity: Severity, findings: list[Finding]) -> Table:
    """Return one table of findings."""
    table = Table(
        title=TITLES[severity],
        title_style=COLOURS[severity],
        title_justify="left",
        show_lines=True,
        expand=True,
    )
    for column, share in (("where", 3), ("found", 4), ("expected", 4), ("what to do", 4)):
        table.add_column(column, ratio=share, overflow="fold")
    for code in dict.fromkeys(finding.code for finding in findings):
        alike = [finding for finding in findings if finding.code == code]
        for finding in alike[:SHOWN_OF_A_KIND]:
            place = Text.assemble(finding.where, "\n", (code, COLOURS[severity]))
            cells = (finding.found, finding.expected, finding.action)
            table.add_row(place, *(Text(str(cell)) for cell in cells))
        more = len(alike) - SHOWN_OF_A_KIND
        if more > 0:
            rest = Text(f"... and {more} more; all with smartcombo check --json", style="italic")
            table.add_row(Text(code, style=COLOURS[severity]), rest)
    return table
