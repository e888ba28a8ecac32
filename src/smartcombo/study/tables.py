"""Tables as labs have them: every cell read as text first, so that each problem has its row."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.config import TableFacts, sha256
from smartcombo.study.model import InputFile

FIRST_DATA_ROW = 2
"""Row number a spreadsheet shows for the first row under the header."""
MISSING_WORDS = frozenset({"", "na", "n/a", "nan", "nd", ".", "-", "#n/a", "none"})


@dataclass(frozen=True)
class TextTable:
    """A table of text cells with the spreadsheet row number of each row as its index."""

    name: str
    cells: pd.DataFrame
    input: InputFile


def load_table(
    folder: Path, facts: TableFacts, first: str = ""
) -> tuple[TextTable | None, list[Finding]]:
    """Return a table as text, filtered by ``where``; or ``None`` with what is wrong.

    ``first`` names the first column where its heading is blank; other columns without a heading
    are left out.
    """
    path = folder / os.path.expandvars(facts.file)
    if not path.is_file():
        return None, [missing_file(folder, facts.file)]
    try:
        cells = _read_text(path, facts)
    except ImportError:
        return None, [needs_excel(path)]
    except (ValueError, OSError, pd.errors.ParserError) as problem:
        return None, [unreadable(path, problem)]
    cells, repeated = _with_header(cells, first)
    if repeated:
        return None, [repeated_column(path.name, column) for column in repeated]
    cells.index = pd.RangeIndex(FIRST_DATA_ROW, FIRST_DATA_ROW + len(cells))
    cells = cells[~(cells == "").all(axis=1)]
    for column, value in facts.where.items():
        if column not in cells:
            return None, [_missing_column(path.name, column, list(cells.columns))]
        cells = cells[cells[column] == _as_text(value)]
    if cells.empty:
        return None, [empty_table(path)]
    return TextTable(
        path.name, cells, InputFile(path.name, sha256(path.read_bytes()), len(cells))
    ), []


def _as_text(value: str | float | bool) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read_text(path: Path, facts: TableFacts) -> pd.DataFrame:
    kind = path.suffix.lower()
    if kind in (".xlsx", ".xlsm", ".xls"):
        table = pd.read_excel(path, sheet_name=facts.sheet or 0, dtype=object, header=None)
        return table.map(cell_text)
    if kind == ".parquet":
        table = pd.read_parquet(path)
        header = pd.DataFrame([[str(column) for column in table.columns]])
        return pd.concat([header, table.map(cell_text).set_axis(header.columns, axis=1)])
    text = path.read_text(encoding="utf-8-sig")
    between = facts.delimiter or ("\t" if kind in (".tsv", ".tab") else separator(text))
    table = pd.read_csv(
        path, sep=between, dtype=str, keep_default_na=False, encoding="utf-8-sig", header=None
    )
    return table.map(str.strip)


def _with_header(cells: pd.DataFrame, first: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells under their header, and the names that stand over two columns.

    The header is read as cells: a reader that renames a second ``7`` to ``7.1`` makes a day of it.
    """
    header = [str(name) for name in cells.iloc[0]]
    header[0] = header[0] or first
    named = [k for k, name in enumerate(header) if name]
    repeated = [name for name, count in Counter(header).items() if name and count > 1]
    table = cells.iloc[1:, named].set_axis([header[k] for k in named], axis=1)
    return table, repeated


def separator(text: str) -> str:
    """Return the delimiter of a text table, by its header."""
    header = text.split("\n", 1)[0]
    return max((",", ";", "\t"), key=header.count)


def cell_text(value: object) -> str:
    """Return a cell of a spreadsheet as text."""
    if value is None or (isinstance(value, float) and value != value) or value is pd.NaT:
        return ""
    return repr(value) if isinstance(value, float) else str(value).strip()


def find_column(
    table: TextTable, facts: TableFacts, name: str, known: tuple[str, ...]
) -> str | None:
    """Return the column of the table that holds ``name``: as mapped, else by a usual name."""
    if name in facts.columns:
        return facts.columns[name] if facts.columns[name] in table.cells else None
    by_name = {_plain(column): column for column in table.cells.columns}
    return next((by_name[_plain(k)] for k in (name, *known) if _plain(k) in by_name), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def numbers(table: TextTable, column: str, decimal: str) -> tuple[pd.Series, list[Finding]]:
    """Return a column as numbers with blank cells missing, and a finding for each other text."""
    text = table.cells[column]
    blank = text.str.lower().isin(MISSING_WORDS)
    other = "," if decimal == "." else "."
    plain = text if decimal == "." else text.str.replace(",", ".", regex=False)
    values = pd.to_numeric(plain.where(~blank), errors="coerce")
    if decimal == ",":
        values = values.mask(text.str.contains(".", regex=False) & text.str.contains(","))
    values = values.mask(np.isinf(values.astype(float)))
    bad = values.isna() & ~blank
    findings = [
        _not_a_number(table.name, int(row), column, cell, decimal, other)
        for row, cell in text[bad].items()
    ]
    return values.astype(float), findings


def _not_a_number(file: str, row: int, column: str, cell: str, decimal: str, other: str) -> Finding:
    comma = bool(re.fullmatch(r"-?\d+" + re.escape(other) + r"\d+", cell))
    action = (
        f'if "{other}" is the decimal sign of this file, state decimal = "{other}" for the table'
        if comma
        else "write the number, or leave the cell blank if it was not measured"
    )
    return Finding(
        code="decimal-sign" if comma else "text-in-number-cell",
        severity="error",
        file=file,
        row=row,
        column=column,
        found=repr(cell),
        expected=f'a number with "{decimal}" as decimal sign, or a blank cell',
        action=action,
    )


def missing_column(table: TextTable, name: str) -> Finding:
    """Return the finding that a table lacks the column for ``name``."""
    return _missing_column(table.name, name, list(table.cells.columns))


def _missing_column(file: str, name: str, there: list[str]) -> Finding:
    return Finding(
        code="missing-column",
        severity="error",
        file=file,
        column=name,
        found=f"the columns {', '.join(there[:12])}",
        expected=f"a column for {name}",
        action=f'name it under columns in study.toml: columns = {{ {name} = "..." }}',
    )


def repeated_column(file: str, name: str) -> Finding:
    """Return the finding that a heading stands twice."""
    return Finding(
        code="duplicate-column",
        severity="error",
        file=file,
        row=1,
        column=name,
        found=f"two columns headed {name!r}",
        expected="each heading once",
        action="rename or delete one of them",
    )


def missing_file(folder: Path, name: str) -> Finding:
    """Return the finding that a file is not there."""
    there = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
    unset = re.findall(r"\$\{(\w+)\}", os.path.expandvars(name))
    hint = f"set the environment variable {unset[0]}" if unset else "correct the name or add it"
    return Finding(
        code="missing-file",
        severity="error",
        file=name,
        found=f"no such file; the folder holds {', '.join(there[:12]) or 'nothing'}",
        expected=f"the file {name}",
        action=hint,
    )


def needs_excel(path: Path) -> Finding:
    """Return the finding that the extra for Excel is not installed."""
    return Finding(
        code="missing-extra",
        severity="error",
        file=path.name,
        found="an Excel file, and no reader for it installed",
        expected="the extra `excel`",
        action="pip install 'smartcombo[excel]', or save the sheet as CSV",
    )


def unreadable(path: Path, problem: Exception) -> Finding:
    """Return the finding that a file is not a table."""
    return Finding(
        code="unreadable-table",
        severity="error",
        file=path.name,
        found=str(problem),
        expected="a CSV, TSV, Excel or Parquet table with one header row",
        action="open it and save it again as CSV (UTF-8)",
    )


def empty_table(path: Path) -> Finding:
    """Return the finding that a table has no rows."""
    return Finding(
        code="empty-table",
        severity="error",
        file=path.name,
        found="no rows",
        expected="at least one row of data under the header",
        action="fill in the table, or correct the where filter in study.toml",
    )
