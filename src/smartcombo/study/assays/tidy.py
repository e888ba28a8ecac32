"""Tables of measured things by sample, long or wide, as one row a cell."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.config import TableFacts
from smartcombo.study.model import InputFile
from smartcombo.study.tables import (
    MISSING_WORDS,
    TextTable,
    find_column,
    load_table,
    missing_column,
    numbers,
)

SAMPLE_NAMES = ("sampleid", "sample_name", "id", "fcs", "file", "filename", "name")
SUMMARY_ROWS = frozenset({"mean", "sd", "stddev", "median", "cv", "sem"})
"""Rows that FlowJo adds under its samples."""
CELL_COLUMNS = ("sample", "name", "text", "row", "column")


def read_cells(
    folder: Path,
    given: TableFacts,
    names: tuple[str, ...],
    known: set[str],
    *,
    ignore: tuple[str, ...] = (),
    unnamed: bool = False,
    extra: tuple[str, ...] = (),
) -> tuple[pd.DataFrame | None, InputFile | None, list[Finding]]:
    """Return one row a cell of a table: sample, name of what was measured, text, row, column.

    Parameters
    ----------
    names
        Usual headings of the column that names what was measured: a table with it is long.
    known
        Sample ids; a wide table whose headings are samples is turned.
    ignore
        What is left out.
    unnamed
        Number the rows of each arm and name instead of asking for sample ids.
    extra
        Further columns of a long table that are kept.
    """
    text, findings = load_table(folder, given, first="sample")
    if text is None:
        return None, None, findings
    name = find_column(text, given, names[0], names[1:])
    value = find_column(text, given, "value", ("result", "concentration", "conc"))
    if name and value:
        cells, lost = _long(text, given, name, value, unnamed, extra)
    else:
        cells, lost = _wide(text, given, known)
    if cells is None:
        return None, text.input, lost
    cells = cells[~cells["name"].isin(ignore) & ~cells["sample"].str.lower().isin(SUMMARY_ROWS)]
    cells = cells.assign(sample=[_sample(one, known) for one in cells["sample"]])
    return cells.reset_index(drop=True), text.input, _strangers(text.name, cells, known)


def _long(
    text: TextTable, given: TableFacts, name: str, value: str, unnamed: bool, extra: tuple[str, ...]
) -> tuple[pd.DataFrame | None, list[Finding]]:
    sample = find_column(text, given, "sample", SAMPLE_NAMES[:-1])
    arm = find_column(text, given, "arm", ("treatment", "group", "condition"))
    rows = pd.DataFrame({"name": text.cells[name], "text": text.cells[value],
                         "row": text.cells.index, "column": value})  # fmt: skip
    if unnamed:
        if arm is None:
            return None, [missing_column(text, "arm")]
        place = text.cells.groupby([name, arm]).cumcount() + 1
        rows["sample"] = rows["name"] + "/" + text.cells[arm] + "/" + place.astype(str)
    elif sample is None:
        return None, [missing_column(text, "sample")]
    else:
        rows["sample"] = text.cells[sample]
    for column in extra:
        there = find_column(text, given, column, ())
        rows[column] = text.cells[there] if there else ""
    return rows, []


def _wide(
    text: TextTable, given: TableFacts, known: set[str]
) -> tuple[pd.DataFrame | None, list[Finding]]:
    cells = text.cells
    columns = [column for column in cells if _sample(column, known) in known]
    key = find_column(text, given, "sample", SAMPLE_NAMES)
    if columns and (key is None or len(columns) > 1):
        key = next((column for column in cells if column not in columns), None)
        across, down, values = "sample", "name", columns
    else:
        across, down = "name", "sample"
        values = [column for column in cells if column != key]
    if key is None:
        return None, [missing_column(text, "sample")]
    long = cells[[key, *values]].assign(row=cells.index)
    long = long.melt(id_vars=[key, "row"], var_name=across, value_name="text")
    long = long.rename(columns={key: down})
    return long.assign(column=long[across]), []


def _sample(name: str, known: set[str]) -> str:
    """Return a sample id, without the ending of the file it was recorded in."""
    return name if name in known else re.sub(r"\.fcs$", "", name, flags=re.IGNORECASE)


def blank(text: pd.Series) -> pd.Series:
    """Return where nothing was measured."""
    return text.str.strip().str.lower().isin(MISSING_WORDS)


def _strangers(file: str, cells: pd.DataFrame, known: set[str]) -> list[Finding]:
    lost = cells[~cells["sample"].isin(known)].drop_duplicates("sample")
    return [
        Finding(
            code="sample-not-listed",
            severity="error",
            file=file,
            row=int(row.row),
            column=str(row.column),
            subject=str(row.sample),
            found=f"values of {row.sample!r}",
            expected="a sample of the samples table",
            action="add it there with its animal and arm, or correct the id",
        )
        for row in lost.itertuples()
    ]


def repeated_cells(file: str, cells: pd.DataFrame, what: str) -> list[Finding]:
    """Return a finding for each value that a sample has twice."""
    again = cells[cells.duplicated(["sample", what])]
    return [
        Finding(
            code="duplicate-value",
            severity="error",
            file=file,
            row=int(row.row),
            column=str(row.column),
            subject=str(row.sample),
            found=f"a second value of {getattr(row, what)} in {row.sample}",
            expected="one value of each in each sample",
            action="delete one, or give the second sample its own id",
        )
        for row in again.itertuples()
    ]


def negative_cells(file: str, cells: pd.DataFrame) -> list[Finding]:
    """Return a finding for each value below zero."""
    return [
        Finding(
            code="negative-amount",
            severity="error",
            file=file,
            row=int(row.row),
            column=str(row.column),
            subject=str(row.sample),
            found=f"{row.value:g}",
            expected="zero or more",
            action="correct it; where background was subtracted give the value before it, or its "
            "limit of detection",
        )
        for row in cells[cells["value"] < 0].itertuples()
    ]


def undeclared(file: str, declared: set[str], there: set[str], table: str) -> list[Finding]:
    """Return a finding for each declared heading that the table does not have."""
    return [
        Finding(
            code="declared-not-measured",
            severity="error",
            file=file,
            column=f"tables.{table}.declared",
            subject=name,
            found=f"no column or row {name!r}; there are {', '.join(sorted(there)[:8])}",
            expected="a heading of the table",
            action="correct the name in study.toml, or delete it",
        )
        for name in sorted(declared - there)
    ]


def cell_numbers(
    source: InputFile, cells: pd.DataFrame, decimal: str, *, percent_sign: bool = False
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the cells with ``value`` and without the blank ones, and what is no number."""
    cells = cells[~blank(cells["text"])].reset_index(drop=True)
    text = cells["text"].str.removesuffix("%").str.strip() if percent_sign else cells["text"]
    one = pd.DataFrame({"value": text.to_numpy()}, index=cells["row"].to_numpy())
    values, findings = numbers(TextTable(source.name, one, source), "value", decimal)
    wrong = cells[np.isnan(values.to_numpy())]
    placed = [replace(finding, column=str(place), subject=str(sample)) for finding, place, sample in
              zip(findings, wrong["column"], wrong["sample"], strict=True)]  # fmt: skip
    return cells.assign(value=values.to_numpy()), placed
