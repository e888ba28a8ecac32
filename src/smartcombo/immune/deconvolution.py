"""Fractions of cell types in each sample, by a signature matrix that the user supplies."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from smartcombo.immune.scores import CAUTION_BELOW, REFUSED_BELOW
from smartcombo.stats.design import Floats
from smartcombo.stats.least_squares import mixture_fractions
from smartcombo.study.genes import current_symbol
from smartcombo.study.genes.identifiers import Species

OTHER = "other"
"""What the matrix does not know: one minus the sum of its cell types."""
FRACTION_COLUMNS = ("sample", "cell_type", "fraction", "explained", "coverage", "status")


@dataclass(frozen=True)
class SecondFit:
    """A second fit for a rare cell type that a common, similar one hides.

    Where the first fit gives ``rare`` less than ``below``, the sample is fitted again without
    ``common``; ``rare`` becomes the mean of both fits, and ``common`` gives up the mean of that and
    the second fit's ``rare``, down to zero. The fractions are then divided by their sum.

    Attributes
    ----------
    rare, common
        Cell types of the matrix.
    below
        Fraction of all cells under which the second fit is made.

    References
    ----------
    quanTIseq does it with regulatory among CD4 T cells, below 0.02: 10.1186/s13073-019-0638-6.
    """

    rare: str
    common: str
    below: float = 0.02


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
    total: float | None = None,
    drop: Collection[str] = (),
    second_fit: SecondFit | None = None,
    allow_negative: bool = False,
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
    total
        What all genes of each sample are made to sum to first: 1e6 for TPM of a table that lost
        genes. Default: the values stay as they are.
    drop
        Genes of the matrix not to use: noisy ones, or ones that tumour cells express.
    second_fit
        The rare cell type that is fitted a second time, without the one that hides it.
    allow_negative
        Whether values below zero, as a correction of batches leaves them, are taken as they are.

    Returns
    -------
    CellFractions
        Non-negative fractions whose sum is at most one; the rest is ``other``.

    Raises
    ------
    ValueError
        If a value is negative or missing, a symbol stands twice, an option names a cell type that
        the matrix has not, a sample sums to zero where ``total`` is given, or less than 60% of the
        matrix's genes are in the table.

    References
    ----------
    Finotello et al. 2019, 10.1186/s13073-019-0638-6 (constrained least squares, mRNA scaling);
    :func:`quantiseq` has its settings.
    """
    table = _sound(expression, species, "expression", negative=allow_negative)
    signature = _sound(matrix, species, "matrix")
    unwanted = {current_symbol(gene, species) for gene in drop}
    signature = signature[~signature.index.isin(unwanted)]
    table = table if total is None else _summing_to(table, total)
    shared, lost, coverage = _coverage(signature, table)
    cells = [str(cell) for cell in signature.columns]
    _known_cells(cells, mrna_per_cell or {}, second_fit)
    size = np.array([(mrna_per_cell or {}).get(cell, 1.0) for cell in cells])
    A = signature.loc[shared].to_numpy(float)
    status = "caution" if coverage < CAUTION_BELOW else "ok"
    rows = []
    for sample in table.columns:
        fractions, explained = _one_sample(
            A, table.loc[shared, sample].to_numpy(float), size, _positions(cells, second_fit)
        )
        for cell, fraction in zip([*cells, OTHER], fractions, strict=True):
            rows.append((str(sample), cell, fraction, explained, coverage, status))
    return CellFractions(pd.DataFrame(rows, columns=list(FRACTION_COLUMNS)), lost)


def _coverage(
    signature: pd.DataFrame, table: pd.DataFrame
) -> tuple[list[str], tuple[str, ...], float]:
    """Return the matrix's genes in the table, those not in it, and the share of the first."""
    shared = [gene for gene in signature.index if gene in table.index]
    lost = tuple(gene for gene in signature.index if gene not in table.index)
    coverage = len(shared) / len(signature)
    if coverage < REFUSED_BELOW:
        raise ValueError(
            f"{len(shared)} of {len(signature)} genes of the matrix are in the table "
            f"({100 * coverage:.0f}%): expected at least {100 * REFUSED_BELOW:.0f}%; missing for "
            f"example {', '.join(lost[:6])}"
        )
    return shared, lost, coverage


def _known_cells(cells: list[str], size: Mapping[str, float], second: SecondFit | None) -> None:
    """Refuse options that name a cell type which the matrix has not."""
    named = [*size, *((second.rare, second.common) if second else ())]
    strange = [cell for cell in named if cell not in cells]
    if strange:
        raise ValueError(
            f"mrna_per_cell or second_fit names {strange[:6]}: expected cell types of the matrix "
            f"({', '.join(cells)}); spell them as its columns"
        )


def _positions(cells: list[str], second: SecondFit | None) -> tuple[int, int, float] | None:
    if second is None:
        return None
    return cells.index(second.rare), cells.index(second.common), second.below


def _one_sample(
    A: Floats, b: Floats, size: Floats, second: tuple[int, int, float] | None
) -> tuple[Floats, float]:
    """Return the fractions of cells, ``other`` last, and the share of squares explained."""
    x = mixture_fractions(A, b)
    total = float(np.sum(b**2))
    explained = 1 - float(np.sum((A @ x - b) ** 2)) / total if total > 0 else float("nan")
    cells = _of_cells(x, size)
    other = max(0.0, 1 - float(cells.sum()))
    if second is not None and cells[second[0]] < second[2]:
        cells = _second_fit(cells, A, b, size, *second[:2])
    fractions = np.r_[cells, other]
    return fractions / fractions.sum(), explained


def _of_cells(x: Floats, size: Floats) -> Floats:
    """Return fractions of cells from fractions of mRNA, with the same sum, shape ``(k,)``."""
    cells = x / size
    return cells / cells.sum() * x.sum() if cells.sum() > 0 else cells


def _second_fit(
    cells: Floats, A: Floats, b: Floats, size: Floats, rare: int, common: int
) -> Floats:
    """Return the fractions after a fit without the common cell type; `SecondFit` says how."""
    kept = np.arange(len(cells)) != common
    alone = np.zeros(len(cells))
    alone[kept] = _of_cells(mixture_fractions(A[:, kept], b), size[kept])
    after = cells.copy()
    after[rare] = (alone[rare] + cells[rare]) / 2
    after[common] = max(0.0, cells[common] - (alone[rare] + after[rare]) / 2)
    return after


def _summing_to(table: pd.DataFrame, total: float) -> pd.DataFrame:
    """Return the table with each sample's sum made ``total``."""
    sums = table.sum(axis=0)
    empty = [str(sample) for sample in sums.index[sums <= 0]]
    if empty:
        raise ValueError(
            f"expression: samples {empty[:6]} sum to zero or less; expected expressed genes in "
            "each: leave them out, or give no total"
        )
    return table * (total / sums)


def _sound(
    table: pd.DataFrame, species: Species, name: str, *, negative: bool = False
) -> pd.DataFrame:
    """Return a table by current symbols; refuse what least squares would take without a word."""
    values = table.to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: missing values; expected a number of each gene in each column")
    if values.min(initial=0.0) < 0 and not negative:
        raise ValueError(
            f"{name}: {int((values < 0).sum())} negative values; expected linear values of zero or "
            "above, not logarithms"
        )
    current = [current_symbol(str(gene), species) for gene in table.index]
    if len(set(current)) < len(current):
        twice = sorted({gene for gene in current if current.count(gene) > 1})
        raise ValueError(f"{name}: genes {twice[:6]} stand twice; expected each symbol once")
    return table.set_axis(current, axis=0)
