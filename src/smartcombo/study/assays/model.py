"""What was measured in the samples of a study, one attribute an assay."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from anndata import AnnData

Scale = Literal["counts", "tpm", "nanostring", "log2"]

SAMPLE_COLUMNS = (
    "sample", "animal", "arm", "model", "day", "tissue", "batch", "assay", "strain", "sex", "row",
)  # fmt: skip
GENE_COLUMNS = ("original", "how", "species", "mask")
POPULATION_COLUMNS = (
    "sample", "population", "cell_type", "assay", "kind", "denominator", "value", "events", "total",
    "row",
)  # fmt: skip
PROTEIN_COLUMNS = ("sample", "analyte", "protein", "value", "unit", "censored", "row")


@dataclass(frozen=True)
class Expression:
    """Expression of genes in samples.

    Attributes
    ----------
    values
        Genes x samples, on ``scale``; the index is the current symbol (unique), the columns are
        sample ids in the order of ``study.samples``.
    scale
        ``"counts"``; ``"tpm"``; ``"nanostring"`` (counts normalised by controls and housekeepers);
        ``"log2"`` (log2 of anything, or minus delta-Ct).
    genes
        One row a gene in the order of ``values``, with ``GENE_COLUMNS``: ``original``, the
        identifiers as given (several with ``|`` between); ``how`` it was named; ``species``;
        ``mask``, why its value says nothing in the strain of some samples, or ``""``.
    lost
        ``original`` and ``reason`` of each identifier that names no gene.
    quality
        One row a sample: ``library`` (sum of counts or TPM), and what the platform measured.
    censored
        Genes x samples, true where the value is only an upper bound (undetermined Ct, count at or
        below the background); ``None`` where nothing is.
    housekeepers
        Genes by which the values were normalised; empty where by none.
    log_offset
        On the log2 scale: what was added before the logarithm was taken.
    """

    values: pd.DataFrame
    scale: Scale
    genes: pd.DataFrame
    lost: pd.DataFrame
    quality: pd.DataFrame
    censored: pd.DataFrame | None = None
    housekeepers: tuple[str, ...] = ()
    log_offset: float = 0.0

    def log2(self) -> pd.DataFrame:
        """Return the values on the log2 scale, genes x samples: the one rule for every analysis.

        Counts: ``log2(1e6 (count + 0.5) / (library + 1))``, library the sum of the sample. TPM and
        NanoString: ``log2(value + 1)``. Values that are log2 already, as they are.
        """
        if self.scale == "log2":
            return self.values.copy()
        if self.scale == "counts":
            library = self.values.sum() + 1
            return np.log2(1e6 * (self.values + 0.5) / library)
        return np.log2(self.values + 1)

    def linear(self) -> pd.DataFrame:
        """Return the values on a linear scale, genes x samples, for sums and deconvolution.

        Counts per million of counts; TPM and NanoString as they are; of log2 values
        ``2^value - log_offset``, not below 0.
        """
        if self.scale == "counts":
            return self.values / self.values.sum() * 1e6
        if self.scale == "log2":
            return (2.0**self.values - self.log_offset).clip(lower=0)
        return self.values.copy()

    def usable(self, strain: str = "") -> pd.Index:
        """Return the genes that no strain masks; with ``strain``, that this one does not mask."""
        if not strain:
            return self.values.index[self.genes["mask"].eq("").to_numpy()]
        from smartcombo.study.genes import mask_for_strain

        masked = set(mask_for_strain(list(self.values.index), strain).lost["symbol"])
        return self.values.index[~self.values.index.isin(masked)]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a gene and sample: ``gene``, ``sample``, ``value``, ``scale``."""
        tidy = self.values.rename_axis(index="gene", columns="sample").stack().rename("value")
        return tidy.reset_index().assign(scale=self.scale)

    def to_anndata(self) -> AnnData:
        """Return samples x genes as AnnData, with ``quality`` as ``obs`` and ``genes`` as ``var``.

        Raises
        ------
        ImportError
            If the extra ``anndata`` is not installed; the message names it.
        """
        try:
            import anndata
        except ImportError as problem:
            raise ImportError(
                "AnnData is not installed: pip install 'smartcombo[anndata]'"
            ) from problem
        return anndata.AnnData(
            X=self.values.T.to_numpy(float),
            obs=self.quality.copy(),
            var=self.genes.copy(),
            uns={"scale": self.scale},
        )


@dataclass(frozen=True, eq=False)
class Cells:
    """Single cells of tissue sections.

    Attributes
    ----------
    table
        One row a cell: ``sample``, ``field`` (empty where a sample is one field), ``x_um``,
        ``y_um``, ``tumour`` (it lies in the tumour compartment), ``tumour_cell`` (it is one; where
        only regions are known, every cell of the tumour compartment), one boolean column a marker.
    markers
        Names of the marker columns.
    regions
        ``"as given"``, or ``"smoothed"`` where they were made from the classes of the cells.
    """

    table: pd.DataFrame
    markers: tuple[str, ...]
    regions: str = "as given"


@dataclass(frozen=True)
class Assays:
    """The assays a study has; ``None`` where it has not.

    Attributes
    ----------
    expression
        From which signatures are scored.
    counts
        Raw counts for differential expression, where given beside ``expression``; where
        ``expression`` itself holds counts, those.
    populations
        One row a sample and population with ``POPULATION_COLUMNS``: ``kind`` is ``"fraction"``
        (``value`` 0 to 1), ``"count"``, ``"amount"`` (cells per mg or ml), ``"intensity"``,
        ``"fold"`` or ``"score"``; ``denominator`` of what; ``events`` of ``total`` where counted.
    proteins
        One row a sample and analyte with ``PROTEIN_COLUMNS``: ``protein`` is the gene symbol in
        capitals; ``censored`` is ``"below"`` or ``"above"`` where ``value`` is the limit.
    cells
        Cells of tissue sections.
    """

    expression: Expression | None = None
    counts: Expression | None = None
    populations: pd.DataFrame | None = None
    proteins: pd.DataFrame | None = None
    cells: Cells | None = None

    def present(self) -> tuple[str, ...]:
        """Return the names of the assays there are."""
        return tuple(f.name for f in fields(self) if _given(getattr(self, f.name)))


def _given(assay: Any) -> bool:
    return assay is not None


def no_samples() -> pd.DataFrame:
    """Return the samples of a study without any."""
    return pd.DataFrame(columns=list(SAMPLE_COLUMNS)).astype({"day": float})
