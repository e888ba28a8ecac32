"""Expression into the study: read by format, name genes, mask by strain, check."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.assays.cells import read_h5ad, read_mtx
from smartcombo.study.assays.checks import check_values
from smartcombo.study.assays.matrix import locate, read_matrix
from smartcombo.study.assays.model import GENE_COLUMNS, Expression
from smartcombo.study.assays.naming import named_genes
from smartcombo.study.assays.nanostring import read_nanostring
from smartcombo.study.assays.qpcr import read_qpcr
from smartcombo.study.assays.raw import RawExpression
from smartcombo.study.config import ExpressionTable, TableFacts
from smartcombo.study.genes import GeneNames, mask_for_strain
from smartcombo.study.genes.identifiers import Species, without_version
from smartcombo.study.model import InputFile
from smartcombo.study.tables import find_column, load_table, missing_column

LOG_BASE = {"2": 1.0, "10": math.log2(10.0), "e": math.log2(math.e)}
"""Factor from a logarithm of that base to log2."""
RNA_WORDS = ("rna", "expression", "nano", "pcr", "array", "transcript", "seq")


def read_expression(
    folder: Path, given: ExpressionTable, species: Species, samples: pd.DataFrame
) -> tuple[Expression | None, InputFile | None, list[Finding]]:
    """Return the expression of a study's samples with everything that is wrong with it.

    Parameters
    ----------
    samples
        The study's samples; they order the columns of the result.
    """
    path, findings = locate(folder, given)
    if path is None:
        return None, None, findings
    raw, more = _reader(path, given)(path, given, list(samples["sample"]))
    findings = [*findings, *more]
    if raw is None:
        return None, None, findings
    raw, more = _with_symbols(raw, folder, given)
    findings += more
    raw, more = _in_order(raw, samples, path.name)
    findings += more + check_values(raw, given, path.name)
    named, more = named_genes(raw, species, path.name)
    findings += more
    if named is None:
        return None, raw.matrix.input, findings
    return _assembled(raw, named, species, samples), raw.matrix.input, findings


Reader = Callable[[Path, ExpressionTable, list[str]], tuple[RawExpression | None, list[Finding]]]
"""A function of file, what is stated of it, and sample ids."""


def _reader(path: Path, given: ExpressionTable) -> Reader:
    """Return the reader of a format: as stated, else as the file tells."""
    return READERS[given.format or _format_of(path)]


def _format_of(path: Path) -> str:
    """Return the format that a file or folder is of, where none is stated."""
    if path.is_dir():
        inside = {item.suffix.lower() for item in path.iterdir()}
        return "rcc" if ".rcc" in inside else "mtx"
    return "h5ad" if path.suffix == ".h5ad" else "table"


def _table(
    path: Path, given: ExpressionTable, samples: list[str]
) -> tuple[RawExpression | None, list[Finding]]:
    """Return counts, TPM or log values from a table; log values become log2."""
    if not given.scale:
        return None, [_no_scale(path.name)]
    matrix, findings = read_matrix(path, given, samples)
    if matrix is None:
        return None, findings
    quality = pd.DataFrame({"library": matrix.values.sum()}, index=matrix.values.columns)
    if given.scale != "log":
        return RawExpression(matrix, given.scale, quality), findings
    return _as_log2(RawExpression(matrix, "log2", quality.iloc[:, :0]), given), findings


def _h5ad(
    path: Path, given: ExpressionTable, samples: list[str]
) -> tuple[RawExpression | None, list[Finding]]:
    """Return the values of an AnnData file; log values become log2."""
    raw, findings = read_h5ad(path, given, samples)
    return raw and _as_log2(raw, given), findings


def _as_log2(raw: RawExpression, given: ExpressionTable) -> RawExpression:
    if raw.scale != "log2":
        return raw
    values = raw.matrix.values * LOG_BASE[given.log_base]
    return replace(raw, matrix=replace(raw.matrix, values=values), log_offset=given.log_offset)


READERS: dict[str, Reader] = {
    "table": _table,
    "rcc": read_nanostring,
    "nsolver": read_nanostring,
    "qpcr": read_qpcr,
    "mtx": read_mtx,
    "h5ad": _h5ad,
}


def _in_order(
    raw: RawExpression, samples: pd.DataFrame, file: str
) -> tuple[RawExpression, list[Finding]]:
    """Return the samples in the order of the study, and those that only one table has."""
    there = raw.matrix.values.columns
    order = [sample for sample in samples["sample"] if sample in set(there)]
    unknown = (*raw.matrix.unread, *(c for c in there if c not in set(order)))
    findings = [_not_listed(file, name) for name in unknown]
    missing = samples[~samples["sample"].isin(order) & samples["assay"].map(_is_rna)]
    findings += [_not_measured(file, str(name)) for name in missing["sample"]]
    matrix = replace(raw.matrix, values=raw.matrix.values[order])
    censored = None if raw.censored is None else raw.censored[order]
    quality = raw.quality.reindex(order)
    return replace(raw, matrix=matrix, censored=censored, quality=quality), findings


def _with_symbols(
    raw: RawExpression, folder: Path, given: ExpressionTable
) -> tuple[RawExpression, list[Finding]]:
    """Return the identifiers with the symbols that a table of genes states for them."""
    if not given.genes:
        return raw, []
    facts = TableFacts(file=given.genes)
    text, findings = load_table(folder, facts)
    if text is None:
        return raw, findings
    gene = find_column(text, facts, "gene", ("geneid", "ensembl", "ensemblgeneid", "id"))
    symbol = find_column(text, facts, "symbol", ("genename", "genesymbol", "externalgenename"))
    if gene is None or symbol is None:
        return raw, [missing_column(text, "symbol" if gene else "gene")]
    known = dict(zip(text.cells[gene].map(without_version), text.cells[symbol], strict=True))
    symbols = [known.get(without_version(str(name)), "") for name in raw.matrix.values.index]
    return replace(raw, matrix=replace(raw.matrix, symbols=symbols)), []


def _is_rna(assay: str) -> bool:
    return not assay or any(word in assay.lower() for word in RNA_WORDS)


def _assembled(
    raw: RawExpression, named: GeneNames, species: Species, samples: pd.DataFrame
) -> Expression:
    position = named.kept["position"].to_numpy()
    symbols = named.kept["symbol"].to_numpy()
    values = raw.matrix.values.iloc[position].set_axis(symbols, axis=0)
    if values.index.has_duplicates:
        values = _merged(values, raw.scale)
    first = named.kept.drop_duplicates("symbol").set_index("symbol").reindex(values.index)
    genes = first[["original", "how"]].copy()
    for symbol, own in named.ambiguous.groupby("symbol", sort=False):
        genes.loc[symbol, "original"] = "|".join(own["original"])
    genes = genes.assign(species=species, mask=_masks(values.index, species, samples))
    censored = raw.censored
    if censored is not None:
        censored = censored.iloc[position].set_axis(symbols, axis=0)
        censored = censored.groupby(level=0, sort=False).all().reindex(values.index)
    return Expression(
        values=values.rename_axis("gene"),
        scale=raw.scale,
        genes=genes[list(GENE_COLUMNS)].rename_axis("gene"),
        lost=named.lost.drop(columns="position").reset_index(drop=True),
        quality=raw.quality.rename_axis("sample"),
        censored=censored,
        housekeepers=raw.housekeepers,
        log_offset=raw.log_offset,
    )


def _merged(values: pd.DataFrame, scale: str) -> pd.DataFrame:
    """Return one row a gene: the sum of linear rows, the highest of log rows."""
    if scale != "log2":
        return values.groupby(level=0, sort=False).sum()
    order = np.argsort(-values.mean(axis=1).to_numpy(), kind="stable")
    best = values.iloc[order]
    best = best[~best.index.duplicated()]
    return best.reindex(values.index.drop_duplicates())


def _masks(genes: pd.Index, species: Species, samples: pd.DataFrame) -> pd.Series:
    """Return for each gene in which strain of the study it cannot be read, and why."""
    masks = pd.Series("", index=genes)
    if species != "mouse":
        return masks
    for strain in dict.fromkeys(samples["strain"]):
        masked = mask_for_strain(list(genes), strain)
        for row in masked.lost.itertuples():
            said = f"{masked.strain}: {row.reason}"
            masks[row.symbol] = "; ".join(filter(None, (masks[row.symbol], said)))
    return masks


def _no_scale(file: str) -> Finding:
    return Finding(
        code="scale-not-stated",
        severity="error",
        file="study.toml",
        column="tables.expression.scale",
        found=f"no scale stated for {file}",
        expected='scale = "counts", "tpm" or "log" (with log_base and log_offset)',
        action="state what the numbers are; it is never guessed",
    )


def _not_listed(file: str, name: str) -> Finding:
    return Finding(
        code="sample-not-listed",
        severity="error",
        file=file,
        column=name,
        subject=name,
        found=f"values of {name}, which is not in the samples table",
        expected="animal and arm of each sample",
        action="add it to the samples table, or delete the column",
    )


def _not_measured(file: str, name: str) -> Finding:
    return Finding(
        code="sample-not-measured",
        severity="warning",
        file=file,
        subject=name,
        found=f"no values of sample {name}",
        expected="a column for each sample of this assay",
        action="it is left out; state its `assay` in the samples table if it was for another",
    )
