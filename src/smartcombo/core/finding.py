"""What is wrong or noteworthy in a study: one frozen record per problem."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

FINDING_COLUMNS = (
    "code", "severity", "file", "row", "column", "subject", "found", "expected", "action",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: where it is, what was found, what was expected, what to do.

    Attributes
    ----------
    code
        Stable kebab-case name, such as ``"duplicate-visit"``.
    severity
        ``"error"`` stops the run; ``"warning"`` and ``"note"`` travel into the report.
    found, expected, action
        Plain sentences or values for the person who owns the file.
    file, row, column
        Where. ``row`` is the row number a spreadsheet shows (the header is row 1); ``None`` where
        the finding is about the whole file or study.
    subject
        The animal, arm or agent concerned, or ``""``.
    """

    code: str
    severity: Severity
    found: str
    expected: str
    action: str
    file: str = ""
    row: int | None = None
    column: str = ""
    subject: str = ""

    @property
    def where(self) -> str:
        """Return the place as a person writes it: ``volumes.csv, row 12, column volume_mm3``."""
        parts = [self.file]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column:
            parts.append(f"column {self.column}")
        return ", ".join(part for part in parts if part) or "study"


class StudyError(Exception):
    """A study cannot be used; carries every finding, not just the first.

    Attributes
    ----------
    findings
        All findings of the study, errors and warnings alike.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        errors = [finding for finding in self.findings if finding.severity == "error"]
        lines = [
            f"[{e.code}] {e.where}: found {e.found}; expected {e.expected}; {e.action}"
            for e in errors
        ]
        super().__init__(f"{len(errors)} problem(s) stop this study:\n" + "\n".join(lines))


class AnalysisRefused(Exception):  # noqa: N818 - a refusal, with its reason, is not a fault
    """The study is sound but this analysis cannot be made of it; the message says why."""


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a table with the columns ``FINDING_COLUMNS``, worst first."""
    table = pd.DataFrame([asdict(f) for f in findings], columns=list(FINDING_COLUMNS))
    table["row"] = table["row"].astype("Int64")
    order = table["severity"].map({name: i for i, name in enumerate(SEVERITIES)})
    keys = ["_order", "code", "file", "row", "subject", "found"]
    return (
        table.assign(_order=order)
        .sort_values(keys, kind="stable")
        .drop(columns="_order")
        .reset_index(drop=True)
    )
