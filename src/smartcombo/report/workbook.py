"""A ranking as one Excel workbook: a sheet a table, and what each column means before them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from smartcombo.report.column_words import COLUMNS, TABLES
from smartcombo.report.plain_values import Plain, plain

NO_EXCEL = "The workbook needs the extra 'excel': pip install 'smartcombo[excel]'"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is read as a formula by some programs: it stays text."""
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST, MOST_ROWS = 32_000, 1_048_000
"""Letters of a cell and rows of a sheet beyond which Excel refuses a file."""
WIDEST = 60
EPOCH = (1980, 1, 1, 0, 0, 0)
STAMPS = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def can_write_excel() -> bool:
    """Return whether the extra ``excel`` is installed."""
    return find_spec("openpyxl") is not None


def write_workbook(tables: Mapping[str, pd.DataFrame], info: Mapping[str, Any], path: Path) -> bool:
    """Write every table as a sheet, after one that says what each column means.

    The same tables give the same bytes: no time of day is in the file.

    Parameters
    ----------
    tables
        Name of a sheet -> table.
    info
        Provenance, of which the first sheet tells programme, version and whether it is SYNTHETIC.

    Returns
    -------
    bool
        False where openpyxl is not installed: nothing is written then.
    """
    if not can_write_excel():
        return False
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    _sheet(book, "README", ["what", "where", "meaning"], list(_readme(tables, info)), info)
    for name, table in tables.items():
        shown = table.head(MOST_ROWS).itertuples(index=False)
        rows = [[_excel(cell) for cell in row] for row in shown]
        _sheet(book, name, [str(column) for column in table.columns], rows, info)
    out = io.BytesIO()
    book.save(out)
    path.write_bytes(timeless(out.getvalue()))
    return True


def timeless(data: bytes) -> bytes:
    """Return the bytes of a zip without the time at which it was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "docProps/core.xml":
                body = STAMPS.sub(rb"\g<1>1980-01-01T00:00:00Z", body)
            new.writestr(entry(name), body)
    return out.getvalue()


def entry(name: str) -> zipfile.ZipInfo:
    """Return the head of a file in a zip that is the same whenever and wherever it is made."""
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
    info.external_attr = 0o644 << 16
    return info


def _readme(
    tables: Mapping[str, pd.DataFrame], info: Mapping[str, Any]
) -> Iterator[Sequence[Plain]]:
    """Return the rows of the first sheet: what it is, the sheets, their columns."""
    yield "programme", "", str(info["programme"])
    if info["blinded"]:
        yield "blinded", "", str(info["blinded"])
    if info["synthetic"]:
        yield "data", "", "SYNTHETIC: made up, nothing here was measured"
    yield "made by", "", f"smartcombo {info['versions']['smartcombo']}"
    yield "score", "", str(info["formula"])
    yield "empty cell", "", "not known, or not asked; never zero"
    for name, table in tables.items():
        cut = f"; the first {MOST_ROWS} of them" if len(table) > MOST_ROWS else ""
        yield "sheet", name, f"{TABLES.get(name, name)} ({len(table)} rows{cut})"
    for column in dict.fromkeys(str(c) for table in tables.values() for c in table.columns):
        there = ", ".join(name for name, table in tables.items() if column in table)
        yield "column", column, f"{COLUMNS.get(column, column)} [{there}]"


def _sheet(
    book: Any,
    name: str,
    header: Sequence[str],
    rows: Sequence[Sequence[Plain]],
    info: Mapping[str, Any],
) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(name[:31])
    sheet.freeze_panes = "A2"
    if info["synthetic"]:
        sheet.oddHeader.center.text = "SYNTHETIC"
        sheet.sheet_properties.tabColor = "E69F00"
    for at, column in enumerate(header):
        longest = max((len(str(row[at])) for row in rows[:1000]), default=0)
        wide = min(max(longest, len(column)) + 2, WIDEST)
        sheet.column_dimensions[get_column_letter(at + 1)].width = wide
    sheet.append([_cell(sheet, column, Font(bold=True)) for column in header])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: Any, value: Plain, font: Any = None) -> Any:
    """Return a cell; text is text whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    if value.startswith(DANGEROUS):
        cell.quotePrefix = True
    if font is not None:
        cell.font = font
    return cell


def _excel(value: Any) -> Plain:
    """Return a cell that Excel takes: no control characters, and not too long."""
    cell = plain(value)
    if not isinstance(cell, str):
        return cell
    text = ILLEGAL.sub("", cell)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ... (whole in the CSV)"
