"""Fractions of cell types in each sample, by a signature matrix that the user supplies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from smartcombo.immune.scores import CAUTION_BELOW, REFUSED_BELOW
from smartcombo.stats.least_squares import mixture_fractions
from smartcombo.study.genes import current_symbol
from smartcombo.study.genes.identifiers import Species

OTHER = "other"
"""What the matrix does not know: one minus the sum of its cell types."""
FRACTION_COLUMNS = ("sample", "cell_type", "fraction", "explained", "coverage", "status")


@dataclass(frozen=True)
class CellFractions:
    """Fractions of cell types, and the genes of the matrix that were not there.

    Attributes
    ----------
    fractions
        One row a sample and cell type with ``FRACTION_COLUMNS``: ``fraction`` of all cells (with
        the type ``other``, they sum to one in each sample), ``explained`` the share of the sum of
        squares that the matrix explains in that sample.
    lost
        Genes of the matrix that the table does not have.
    """

    fractions: pd.DataFrame
    lost: tuple[str, ...]

    def wide(self) -> pd.DataFrame:
        """Return samples by cell types."""
        return self.fractions.pivot(index="sample", columns="cell_type", values="fraction")


def cell_fractions(
    expression: pd.DataFrame,
    matrix: pd.DataFrame,
    *,
    species: Species = "mouse",
    mrna_per_cell: Mapping[str, float] | None = None,
) -> CellFractions:
    """Return the fractions of cell types whose mixture is nearest to each sample.

    Use it with a matrix made for the species, tissue and platform at hand; a human blood matrix on
    mouse tumours gives numbers that mean nothing. Unlike scores, fractions compare cell types
    within a sample too. Each sample is read by itself.

    Parameters
    ----------
    expression
        Linear values (TPM), genes by samples; the index holds symbols, old or current.
    matrix
        Linear expression of each gene (rows) in each cell type (columns), on the scale of
        ``expression``.
    species
        Whose symbols they are.
    mrna_per_cell
        Cell type -> mRNA in a cell, relative to the others; types not named count as 1. Without
        it fractions are of mRNA, not of cells.

    Returns
    -------
    CellFractions
        Non-negative fractions whose sum is at most one; the rest is ``other``.

    Raises
    ------
    ValueError
        If a value is negative or missing, a symbol stands twice, or less than 60% of the matrix's
        genes are in the table.

    References
    ----------
    Finotello et al. 2019, 10.1186/s13073-019-0638-6 (constrained least squares, mRNA scaling).
    """
    table, signature = (_sound(one, species, name) for one, name in
                        ((expression, "expression"), (matrix, "matrix")))  # fmt: skip
    shared = [gene for gene in signature.index if gene in table.index]
    lost = tuple(gene for gene in signature.index if gene not in table.index)
    coverage = len(shared) / len(signature)
    if coverage < REFUSED_BELOW:
        raise ValueError(
            f"{len(shared)} of {len(signature)} genes of the matrix are in the table "
            f"({100 * coverage:.0f}%): expected at least {100 * REFUSED_BELOW:.0f}%; missing for "
            f"example {', '.join(lost[:6])}"
        )
    A = signature.loc[shared].to_numpy(float)
    size = np.array([(mrna_per_cell or {}).get(str(cell), 1.0) for cell in signature.columns])
    status = "caution" if coverage < CAUTION_BELOW else "ok"
    rows = []
    for sample in table.columns:
        b = table.loc[shared, sample].to_numpy(float)
        fractions, explained = _one_sample(A, b, size)
        for cell, fraction in zip([*signature.columns, OTHER], fractions, strict=True):
            rows.append((str(sample), str(cell), fraction, explained, coverage, status))
    return CellFractions(pd.DataFrame(rows, columns=list(FRACTION_COLUMNS)), lost)


def _one_sample(A: np.ndarray, b: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the fractions of cells, ``other`` last, and the share of squares explained."""
    x = mixture_fractions(A, b)
    total = float(np.sum(b**2))
    explained = 1 - float(np.sum((A @ x - b) ** 2)) / total if total > 0 else float("nan")
    known = float(x.sum())
    cells = x / size
    if cells.sum() > 0:
        cells = cells / cells.sum() * known
    return np.r_[cells, 1 - known], explained


def _sound(table: pd.DataFrame, species: Species, name: str) -> pd.DataFrame:
    """Return a table by current symbols; refuse what least squares would take without a word."""
    values = table.to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: missing values; expected a number of each gene in each column")
    if values.min(initial=0.0) < 0:
        raise ValueError(
            f"{name}: {int((values < 0).sum())} negative values; expected linear values of zero or "
            "above, not logarithms"
        )
    current = [current_symbol(str(gene), species) for gene in table.index]
    if len(set(current)) < len(current):
        twice = sorted({gene for gene in current if current.count(gene) > 1})
        raise ValueError(f"{name}: genes {twice[:6]} stand twice; expected each symbol once")
    return table.set_axis(current, axis=0)
