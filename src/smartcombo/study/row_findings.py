"""A finding about one row of a table of animals."""

from __future__ import annotations

from typing import Any

from smartcombo.core.finding import Finding, Severity


def row_finding(
    column: str,
    row: Any,
    file: str,
    code: str,
    severity: Severity,
    found: str,
    expected: str,
    action: str,
) -> Finding:
    """Return the finding that points at the row, column and animal.

    Parameters
    ----------
    row
        A named tuple with ``row`` (as a spreadsheet counts) and ``animal``.
    """
    return Finding(
        code, severity, found, expected, action, file, int(row.row), column, str(row.animal)
    )
