"""A table of genes by samples: numbers read as numbers, for it may have millions of cells."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.config import TableFacts, sha256
from smartcombo.study.genes.ensembl import read_id
from smartcombo.study.model import InputFile
from smartcombo.study.tables import (
    MISSING_WORDS,
    cell_text,
    empty_table,
    missing_file,
    needs_excel,
    repeated_column,
    separator,
    unreadable,
)

GENE_NAMES = (
    "gene", "symbol", "genesymbol", "genename", "geneid", "ensembl", "ensemblid", "ensemblgeneid",
    "id", "",
)  # fmt: skip
SYMBOL_NAMES = ("symbol", "genesymbol", "genename", "externalgenename", "mgisymbol", "hgncsymbol")
MOST_BAD_CELLS = 20
"""Bad cells that are named one by one; a column of text is one mistake."""


@dataclass(frozen=True)
class Matrix:
    """Values by gene and sample as a file gives them.

    Attributes
    ----------
    values
        Genes x samples; the index are the identifiers as written, repeats and all.
    symbols
        The symbol stated beside each identifier, where the table has such a column.
    unread
        Names of columns of numbers that are not samples of the study.
    """

    values: pd.DataFrame
    symbols: list[str] | None
    input: InputFile
    unread: tuple[str, ...] = ()


def locate(folder: Path, facts: TableFacts) -> tuple[Path | None, list[Finding]]:
    """Return where a table is, or the finding that it is not there."""
    path = folder / os.path.expandvars(facts.file)
    return (path, []) if path.exists() else (None, [missing_file(folder, facts.file)])


def read_matrix(
    path: Path, facts: TableFacts, samples: list[str]
) -> tuple[Matrix | None, list[Finding]]:
    """Return a table as genes x samples, whichever way round it is written.

    Parameters
    ----------
    samples
        The ids of the samples table: they tell the columns (or rows) of values.
    """
    try:
        header, body = _cells(path, facts)
    except ImportError:
        return None, [needs_excel(path)]
    except (ValueError, OSError, pd.errors.ParserError) as problem:
        return None, [unreadable(path, problem)]
    repeated = [n for n, count in Counter(h for h in header if h).items() if count > 1]
    if repeated:
        return None, [repeated_column(path.name, name) for name in repeated]
    if body.empty:
        return None, [empty_table(path)]
    body.columns = header
    body.index = pd.RangeIndex(2, 2 + len(body))
    known = set(samples)
    if not known & set(header):
        texts = body.select_dtypes(exclude="number").columns
        for column in dict.fromkeys([*texts, *header[:1]]):
            if known & set(body[column].astype(str)):
                return _by_rows(path, facts, body, column)
        return None, [_no_sample(path.name, header, samples)]
    return _by_columns(path, facts, body, samples)


def _cells(path: Path, facts: TableFacts) -> tuple[list[str], pd.DataFrame]:
    """Return the header and the rows under it."""
    kind = path.suffix.lower()
    if kind in (".xlsx", ".xlsm", ".xls"):
        table = pd.read_excel(path, sheet_name=facts.sheet or 0, header=None, dtype=object)
        return [cell_text(name) for name in table.iloc[0]], table.iloc[1:].infer_objects()
    if kind == ".parquet":
        table = pd.read_parquet(path)
        if not isinstance(table.index, pd.RangeIndex):
            table = table.reset_index(names=table.index.name or "gene")
        return [str(name) for name in table.columns], table
    with _open(path) as file:
        first = file.readline()
        second = file.readline()
    tabs = path.name.lower().endswith((".tsv", ".tab", ".tsv.gz"))
    between = facts.delimiter or ("\t" if tabs else separator(first))
    header = next(csv.reader([first], delimiter=between))
    width = len(next(csv.reader([second], delimiter=between))) if second else len(header)
    if width == len(header) + 1:
        header = ["gene", *header]
    table = pd.read_csv(
        path, sep=between, header=None, skiprows=1, decimal=facts.decimal, low_memory=False,
        encoding="utf-8-sig", dtype={0: str}, keep_default_na=False, na_values=_blanks(width),
    )  # fmt: skip
    return [name.strip() for name in header], table


def _blanks(width: int) -> dict[int, list[str]]:
    """Return what counts as blank in each column but the first, where NA may be a gene."""
    words = sorted({w for m in MISSING_WORDS for w in (m, m.upper(), m.capitalize())} | {"NaN"})
    return dict.fromkeys(range(1, width), words)


def _open(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        import gzip

        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _by_columns(
    path: Path, facts: TableFacts, body: pd.DataFrame, samples: list[str]
) -> tuple[Matrix | None, list[Finding]]:
    known = set(samples)
    columns = [column for column in body.columns if column in known]
    others = [column for column in body.columns if column not in known]
    gene = _column(facts, "gene", others, GENE_NAMES) or (others[0] if others else None)
    if gene is None:
        return None, [_no_gene_column(path.name, list(body.columns))]
    symbol = _column(facts, "symbol", [c for c in others if c != gene], SYMBOL_NAMES)
    if not {"gene", "symbol"} & set(facts.columns):
        gene, symbol = _ids_and_symbols(body, others, gene, symbol)
    values, findings = _numbers(path.name, body[columns])
    values.index = pd.Index(body[gene].map(cell_text))
    beside = None if symbol is None else [cell_text(v) for v in body[symbol]]
    unread = tuple(c for c in others[1:] if c not in (gene, symbol) and _sample_like(body[c]))
    source = InputFile(path.name, sha256(path.read_bytes()), len(body))
    return Matrix(values, beside, source, unread), findings


def _by_rows(
    path: Path, facts: TableFacts, body: pd.DataFrame, column: str
) -> tuple[Matrix | None, list[Finding]]:
    """Return a table with a row a sample, turned round."""
    names = body[column].astype(str)
    numeric = [c for c in body.columns if c != column and _holds_numbers(body[c])]
    values, findings = _numbers(path.name, body[numeric])
    turned = values.T.set_axis(list(names), axis=1)
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        return None, [repeated_column(path.name, name) for name in repeated]
    source = InputFile(path.name, sha256(path.read_bytes()), len(body))
    return Matrix(turned, None, source), findings


def _ids_and_symbols(
    body: pd.DataFrame, others: list[str], gene: str, symbol: str | None
) -> tuple[str, str | None]:
    """Return the column of ids and that of symbols: where a table has both, both are read."""
    if mostly_ids(body[gene]):
        return gene, symbol
    ids = next((c for c in others if c not in (gene, symbol) and mostly_ids(body[c])), None)
    return (gene, symbol) if ids is None else (ids, gene)


def mostly_ids(names: pd.Series | pd.Index) -> bool:
    """Return whether more than half of these are Ensembl ids of genes."""
    if pd.api.types.is_numeric_dtype(names) or not len(names):
        return False
    found = [read_id(str(name)) for name in names]
    return 2 * sum(one is not None and one.kind == "gene" for one in found) > len(found)


def _column(facts: TableFacts, name: str, columns: list[str], known: tuple[str, ...]) -> str | None:
    if name in facts.columns:
        return facts.columns[name] if facts.columns[name] in columns else None
    plain = {"".join(ch for ch in c.lower() if ch.isalnum()): c for c in columns}
    return next((plain[k] for k in known if k in plain), None)


def _holds_numbers(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return True
    return bool(pd.to_numeric(column, errors="coerce").notna().mean() > 0.5)


ANNOTATION = ("length", "start", "end", "entrez", "width", "chr", "strand", "exon", "accession")


def _sample_like(column: pd.Series) -> bool:
    name = str(column.name).lower()
    return _holds_numbers(column) and not any(word in name for word in ANNOTATION)


def _numbers(file: str, table: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the cells as numbers, with a finding for each that is text or blank."""
    texts = [c for c in table.columns if not pd.api.types.is_numeric_dtype(table[c])]
    values = table.copy()
    findings: list[Finding] = []
    for column in texts:
        values[column] = pd.to_numeric(table[column], errors="coerce")
        bad = values[column].isna() & table[column].notna() & table[column].ne("")
        findings += [_text_cell(file, int(row), column, table.at[row, column])
                     for row in bad.index[bad]]  # fmt: skip
    values = values.astype(float)
    values = values.where(np.isfinite(values))
    blank = values.isna().sum().sum() - len(findings)
    if blank > 0:
        row = int(values.index[values.isna().any(axis=1)][0])
        findings.append(_blank_cells(file, row, int(blank)))
    return values, findings[:MOST_BAD_CELLS]


def _text_cell(file: str, row: int, column: str, cell: object) -> Finding:
    return Finding(
        code="text-in-number-cell",
        severity="error",
        file=file,
        row=row,
        column=column,
        found=repr(cell),
        expected="a number",
        action="write the number; if the decimal sign is another, state `decimal`",
    )


def _blank_cells(file: str, row: int, count: int) -> Finding:
    return Finding(
        code="blank-expression",
        severity="error",
        file=file,
        row=row,
        found=f"{count:,} cells without a finite number, the first in row {row}",
        expected="a value of each gene in each sample",
        action="write 0 where nothing was read; leave a gene out that was not measured in all",
    )


def _no_sample(file: str, header: list[str], samples: list[str]) -> Finding:
    return Finding(
        code="no-sample-column",
        severity="error",
        file=file,
        found=f"the columns {', '.join(header[:6])}",
        expected=f"a column (or row) for each sample: {', '.join(samples[:6])}",
        action="write the sample ids as the table of values does",
    )


def _no_gene_column(file: str, header: list[str]) -> Finding:
    return Finding(
        code="missing-column",
        severity="error",
        file=file,
        column="gene",
        found=f"the columns {', '.join(header[:12])}",
        expected="a column for gene",
        action='name it under columns in study.toml: columns = { gene = "..." }',
    )
