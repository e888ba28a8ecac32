"""quanTIseq's settings for constrained least squares, with its matrix from the user's own files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from smartcombo.immune.deconvolution import CellFractions, SecondFit, cell_fractions

MATRIX = "TIL10_signature.txt"
MRNA = "TIL10_mRNA_scaling.txt"
ABERRANT = "TIL10_TCGA_aberrant_immune_genes.txt"
NOISY = "TIL10_rmgenes.txt"
SOURCE = "https://github.com/icbi-lab/quanTIseq, folder quantiseq/deconvolution"
TPM = 1e6
REGULATORY = SecondFit(rare="Tregs", common="T.cells.CD4")


@dataclass(frozen=True)
class Til10:
    """The matrix of quanTIseq and what belongs to it, as `read_til10` read them.

    Attributes
    ----------
    matrix
        TPM of 170 human genes (rows) in ten cell types (columns).
    mrna_per_cell
        Cell type -> mRNA in a cell, in quanTIseq's unit.
    aberrant
        Genes that tumour cells express: left out in tumours.
    noisy
        Genes that RNA-seq measures badly: left out in RNA-seq.
    """

    matrix: pd.DataFrame
    mrna_per_cell: dict[str, float]
    aberrant: tuple[str, ...]
    noisy: tuple[str, ...]


def read_til10(folder: str | Path) -> Til10:
    """Return quanTIseq's matrix from a folder with its four files; smartcombo ships none of them.

    Parameters
    ----------
    folder
        Where ``TIL10_signature.txt``, ``TIL10_mRNA_scaling.txt``,
        ``TIL10_TCGA_aberrant_immune_genes.txt`` and ``TIL10_rmgenes.txt`` are, as the authors
        publish them.

    Raises
    ------
    FileNotFoundError
        If a file is missing; the message names all missing ones and their source.

    References
    ----------
    Finotello et al. 2019, 10.1186/s13073-019-0638-6.
    """
    folder = Path(folder)
    missing = [name for name in (MATRIX, MRNA, ABERRANT, NOISY) if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{folder}: no {', '.join(missing)}; expected the files of quanTIseq, which smartcombo "
            f"does not ship: download them from {SOURCE}"
        )
    sizes = pd.read_csv(folder / MRNA, sep="\t", header=None, index_col=0)[1]
    return Til10(
        matrix=pd.read_csv(folder / MATRIX, sep="\t", index_col=0),
        mrna_per_cell={str(cell): float(value) for cell, value in sizes.items()},
        aberrant=tuple((folder / ABERRANT).read_text("utf-8").split()),
        noisy=tuple((folder / NOISY).read_text("utf-8").split()),
    )


def quantiseq(
    expression: pd.DataFrame,
    til10: Til10,
    *,
    tumour: bool,
    mrna_scaling: bool = True,
    allow_negative: bool = False,
) -> CellFractions:
    """Return the fractions that quanTIseq gives for RNA-seq of human samples.

    Use it on human TPM. The matrix is of human blood cells: a mouse study needs a mouse matrix, and
    :func:`cell_fractions` takes one.

    Parameters
    ----------
    expression
        TPM of all genes, human symbols by samples; each sample is made to sum to one million.
    til10
        What `read_til10` read.
    tumour
        Whether the samples are of tumours: then genes that tumour cells express are left out.
    mrna_scaling
        Whether fractions are of cells (default, as quanTIseq) or of mRNA.
    allow_negative
        Whether values below zero are taken as they are, as quanTIseq takes them without a word.

    Returns
    -------
    CellFractions
        The ten cell types and ``other`` (quanTIseq's ``Other``).

    Raises
    ------
    ValueError
        As :func:`cell_fractions`.

    Notes
    -----
    Constrained least squares (the default ``lsei``) for RNA-seq. Microarrays (quantile
    normalisation), logarithms and robust regression are not offered. Symbols are brought up to date
    by smartcombo's table, not by that of HGNC in April 2017, and two genes of one symbol are
    refused, where quanTIseq takes their median.

    References
    ----------
    Finotello et al. 2019, 10.1186/s13073-019-0638-6.
    """
    return cell_fractions(
        expression,
        til10.matrix,
        species="human",
        mrna_per_cell=til10.mrna_per_cell if mrna_scaling else None,
        total=TPM,
        drop=(*til10.noisy, *(til10.aberrant if tumour else ())),
        second_fit=REGULATORY,
        allow_negative=allow_negative,
    )
