"""Counts of single cells (10x folder, h5ad) summed by sample: pseudobulk."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.assays.matrix import Matrix, mostly_ids
from smartcombo.study.assays.model import Scale
from smartcombo.study.assays.raw import RawExpression
from smartcombo.study.config import ExpressionTable, TableFacts, sha256
from smartcombo.study.model import InputFile
from smartcombo.study.tables import find_column, load_table, missing_column, unreadable

FEW_CELLS = 50
"""A sum over fewer cells than this is mostly which cells were caught."""
SYMBOLS = ("symbol", "gene_symbols", "gene_symbol", "gene_name", "feature_name")
"""Columns of ``var`` that scanpy, Cell Ranger and CELLxGENE write symbols to."""
FEATURES = ("features.tsv", "genes.tsv")


def read_mtx(
    path: Path, given: ExpressionTable, samples: list[str]
) -> tuple[RawExpression | None, list[Finding]]:
    """Return counts summed by sample from a 10x folder, or from a folder of one a sample.

    In one folder with several samples the table ``cells`` says whose each barcode is.
    """
    parts = [path / sample for sample in samples if (path / sample).is_dir()]
    try:
        if parts:
            summed = [_sum_folder(part, None, part.name) for part in parts]
        else:
            owner, findings = _owners(path, given, samples)
            if findings:
                return None, findings
            summed = [_sum_folder(path, owner, "")]
    except (OSError, ValueError, KeyError) as problem:
        return None, [unreadable(path, problem)]
    genes = summed[0][0]
    if any(not part.equals(genes) for part, _, _ in summed[1:]):
        return None, [unreadable(path, ValueError("the folders list different genes"))]
    values = pd.concat([counts for _, counts, _ in summed], axis=1)
    cells = pd.concat([number for _, _, number in summed])
    source = _digest(path, parts or [path], len(genes))
    matrix = Matrix(values.set_axis(genes["id"], axis=0), list(genes["symbol"]), source)
    quality = pd.DataFrame({"library": values.sum(), "cells": cells})
    return RawExpression(matrix, "counts", quality), _few(path.name, cells)


def _owners(
    path: Path, given: ExpressionTable, samples: list[str]
) -> tuple[dict[str, str] | None, list[Finding]]:
    """Return barcode -> sample; ``None`` where the only sample has all."""
    if not given.cells:
        return ({}, []) if len(samples) == 1 else (None, [_no_cells(path.name)])
    facts = TableFacts(file=given.cells)
    text, findings = load_table(path.parent, facts)
    if text is None:
        return None, findings
    columns = [find_column(text, facts, name, ()) for name in ("barcode", "sample")]
    if None in columns:
        return None, [missing_column(text, "barcode and sample")]
    barcode, sample = (text.cells[str(column)] for column in columns)
    return dict(zip(barcode, sample, strict=True)), []


def _sum_folder(
    folder: Path, owner: dict[str, str] | None, name: str
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Return genes, counts summed by sample, and cells by sample, of one 10x folder."""
    from scipy import sparse
    from scipy.io import mmread

    genes = pd.read_csv(_file(folder, FEATURES), sep="\t", header=None, dtype=str).iloc[:, :2]
    genes.columns = pd.Index(["id", "symbol"][: genes.shape[1]])
    genes = genes if "symbol" in genes else genes.assign(symbol=genes["id"])
    barcodes = pd.read_csv(_file(folder, ("barcodes.tsv",)), header=None, dtype=str)[0]
    matrix = _file(folder, ("matrix.mtx",))
    with gzip.open(matrix) if matrix.suffix == ".gz" else matrix.open("rb") as file:
        counts = sparse.csc_matrix(mmread(file))
    whose = [name or (owner or {}).get(code, "") for code in barcodes]
    names = list(dict.fromkeys(w for w in whose if w))
    member = sparse.csr_matrix(np.array([[w == n for n in names] for w in whose], dtype=float))
    summed = pd.DataFrame((counts @ member).toarray(), columns=names)
    number = pd.Series(np.asarray(member.sum(axis=0)).ravel(), index=names)
    return genes, summed, number


def _file(folder: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise ValueError(f"no {' or '.join(names)} (or .gz) in {folder.name}")


def _digest(path: Path, folders: list[Path], rows: int) -> InputFile:
    files = [file for folder in folders for file in sorted(folder.iterdir()) if file.is_file()]
    return InputFile(path.name, sha256(b"".join(file.read_bytes() for file in files)), rows)


def read_h5ad(
    path: Path, given: ExpressionTable, samples: list[str]
) -> tuple[RawExpression | None, list[Finding]]:
    """Return the values of an AnnData file: samples as they are, cells summed by sample.

    ``obs_names`` that are samples are samples. Otherwise the column ``sample`` of ``obs`` (or
    ``columns = { sample = "..." }``) says whose each cell is, and counts are summed.
    """
    try:
        import anndata
    except ImportError:
        return None, [_needs_anndata(path)]
    try:
        data = anndata.read_h5ad(path)
    except (OSError, ValueError, KeyError) as problem:
        return None, [unreadable(path, problem)]
    names = [str(name) for name in data.obs_names]
    column = given.columns.get("sample", "sample")
    whole = bool(set(names) & set(samples))
    if not whole and column not in data.obs:
        return None, [_no_obs(path.name, column, [str(c) for c in data.obs])]
    lost = [c for k, c in given.columns.items() if k in ("gene", "symbol") and c not in data.var]
    if lost:
        return None, [_no_var(path.name, lost[0], [str(c) for c in data.var])]
    whose = names if whole else [str(name) for name in data.obs[column]]
    return _from_anndata(data, whose, given, path, whole=whole)


def _from_anndata(
    data: Any, whose: list[str], given: ExpressionTable, path: Path, *, whole: bool
) -> tuple[RawExpression | None, list[Finding]]:
    from scipy import sparse

    names = list(dict.fromkeys(whose))
    member = sparse.csr_matrix(np.array([[w == n for w in whose] for n in names], dtype=float))
    values = member @ data.X
    dense = values.toarray() if sparse.issparse(values) else np.asarray(values)
    genes, symbols = _genes_of(data.var, given)
    table = pd.DataFrame(dense.T, index=genes, columns=names)
    cells = pd.Series(np.asarray(member.sum(axis=1)).ravel(), index=names)
    scale: Scale = "counts"
    if whole and given.scale == "tpm":
        scale = "tpm"
    if whole and given.scale == "log":
        scale = "log2"
    source = InputFile(path.name, sha256(path.read_bytes()), len(table))
    quality = pd.DataFrame({"library": table.sum()})
    quality = quality if whole else quality.assign(cells=cells)
    raw = RawExpression(Matrix(table, symbols, source), scale, quality)
    return raw, [] if whole else _few(path.name, cells)


def _genes_of(var: pd.DataFrame, given: ExpressionTable) -> tuple[list[str], list[str] | None]:
    """Return the identifiers of an AnnData file, and the symbols beside them.

    The index are ids or symbols; a column of Ensembl ids, whatever its name, goes before symbols
    in the index, which may have been changed to be unique (``Ccl21b-1``).
    """
    index = list(map(str, var.index))
    symbol = given.columns.get("symbol") or next((c for c in SYMBOLS if c in var), None)
    if "gene" in given.columns:
        return _texts(var, given.columns["gene"]), _texts(var, symbol) if symbol else None
    if mostly_ids(var.index):
        return index, _texts(var, symbol) if symbol else None
    ids = next((c for c in var.columns if c != symbol and mostly_ids(var[c])), None)
    if ids is None:
        return index, _texts(var, symbol) if symbol else None
    return _texts(var, ids), _texts(var, symbol) if symbol else index


def _texts(var: pd.DataFrame, column: str) -> list[str]:
    return list(var[column].astype(str))


def _few(file: str, cells: pd.Series) -> list[Finding]:
    return [
        Finding("few-cells", "warning", f"{number:.0f} cells of sample {sample}",
                f"at least {FEW_CELLS}", "its sum depends on which cells were caught", file, None,
                "", str(sample))
        for sample, number in cells.items() if number < FEW_CELLS
    ]  # fmt: skip


def _no_cells(file: str) -> Finding:
    return Finding(
        code="cells-of-no-sample",
        severity="error",
        file=file,
        column="tables.expression.cells",
        found="one 10x folder for several samples",
        expected="a folder a sample, named by it, or a table of barcode and sample",
        action='state cells = "cells.csv" under [tables.expression]',
    )


def _no_obs(file: str, column: str, there: list[str]) -> Finding:
    return Finding(
        code="cells-of-no-sample",
        severity="error",
        file=file,
        column=column,
        found=f"obs with {', '.join(there[:8]) or 'no column'}, and obs_names that are no samples",
        expected=f"a column {column!r} of obs with the sample of each cell",
        action='name it: columns = { sample = "..." }',
    )


def _no_var(file: str, column: str, there: list[str]) -> Finding:
    return Finding(
        code="missing-column",
        severity="error",
        file=file,
        column=column,
        found=f"var with {', '.join(there[:8]) or 'no column'}",
        expected=f"the column {column!r}, which study.toml names",
        action="correct the name under columns, or leave it out: the index is read then",
    )


def _needs_anndata(path: Path) -> Finding:
    return Finding(
        code="missing-extra",
        severity="error",
        file=path.name,
        found="an AnnData file, and no reader for it installed",
        expected="the extra `anndata`",
        action="pip install 'smartcombo[anndata]', or give a table of genes by samples",
    )
