"""Two engines of differential expression: moderated linear models, and DESeq2's model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.stats.moderated import (
    LinearFits,
    Prior,
    effective_libraries,
    linear_fits,
    moderated_tests,
    precision_weights,
    variance_prior,
)

LEAST_COUNT, LEAST_TOTAL = 10.0, 15.0
"""Reads that a gene needs in a library of median size, and in all samples together."""
MANY, PART_OF_MANY = 10.0, 0.7
"""Above ten animals in the smallest arm, a gene is needed in 70% of those beyond ten."""
LEAST_LOG2 = 1.0
"""log2(x + 1) that a gene needs where there are no counts: one TPM, or one normalised count."""


@dataclass(frozen=True)
class GeneDesign:
    """Genes of one matched group, ready to be fitted.

    Attributes
    ----------
    values
        Genes x animals: reads, or log2 values.
    X
        Model matrix, animals x columns: one column an arm, then batches.
    arms
        Arm ids in the order of their columns.
    animals
        Number of animals of each arm.
    """

    values: pd.DataFrame
    X: np.ndarray
    arms: tuple[str, ...]
    animals: Mapping[str, int]

    def weights(self, contrast: Mapping[str, float]) -> np.ndarray:
        """Return the contrast of arms as weights of the columns, shape ``(p,)``."""
        own = np.zeros(self.X.shape[1])
        for arm, weight in contrast.items():
            own[self.arms.index(arm)] = weight
        return own


def enough_reads(counts: np.ndarray, arm_sizes: list[int]) -> np.ndarray:
    """Return which genes have enough reads to be tested, shape ``(G,)``.

    As edgeR's ``filterByExpr``: ten reads in a library of median size, in as many samples as the
    smallest arm has, and fifteen in all. The rule looks at no arm labels, only at their sizes.

    References
    ----------
    Chen, Lun and Smyth 2016, 10.12688/f1000research.8987.2.
    """
    library = counts.sum(axis=0)
    cutoff = LEAST_COUNT / np.median(library) * 1e6
    needed = float(min(arm_sizes))
    if needed > MANY:
        needed = MANY + (needed - MANY) * PART_OF_MANY
    seen = (counts / library * 1e6 >= cutoff).sum(axis=1) >= needed - 1e-14
    return np.asarray(seen & (counts.sum(axis=1) >= LEAST_TOTAL))


def enough_signal(log2: np.ndarray, arm_sizes: list[int], *, floor: float | None) -> np.ndarray:
    """Return which genes vary, and reach the floor in as many animals as the smallest arm has."""
    varies = np.ptp(log2, axis=1) > 0
    if floor is None:
        return np.asarray(varies)
    return np.asarray(varies & ((log2 >= floor).sum(axis=1) >= min(arm_sizes)))


@dataclass(frozen=True)
class LinearEngine:
    """The moderated linear model of each gene, fitted once and asked several contrasts."""

    design: GeneDesign
    fits: LinearFits
    prior: Prior

    def test(self, contrast: Mapping[str, float], level: float) -> pd.DataFrame:
        """Return a contrast of arms in every gene: value, low, high, se, df, t, p."""
        got = moderated_tests(
            self.fits, self.design.weights(contrast), prior=self.prior, level=level
        )
        columns = {name: getattr(got, name) for name in ("value", "low", "high", "se", "t", "p")}
        return pd.DataFrame(columns, index=self.design.values.index).assign(df=got.df)


def linear_engine(design: GeneDesign, *, counts: bool) -> LinearEngine:
    """Return the moderated model: with voom's precision weights for counts, else without.

    Parameters
    ----------
    counts
        Whether the values are reads; log2 values are modelled as they are, with one prior variance
        for all genes.

    Raises
    ------
    ValueError
        If there are no more animals than columns of the model matrix.
    """
    values = design.values.to_numpy(float)
    if counts:
        y, weights = precision_weights(values, effective_libraries(values), design.X)
        fits = linear_fits(y, design.X, weights)
    else:
        fits = linear_fits(values, design.X)
    return LinearEngine(design, fits, variance_prior(fits.variance, fits.df))


def deseq2_tests(
    design: GeneDesign, contrasts: Mapping[str, Mapping[str, float]], level: float
) -> dict[str, pd.DataFrame]:
    """Return Wald tests of DESeq2's negative binomial model, by name of contrast.

    Maximum likelihood fold changes, not shrunken; Cook's outliers have no p. Needs the extra
    ``deseq2``; about 40 s for ten samples of 20,000 genes on one core.

    Raises
    ------
    ImportError
        If the extra ``deseq2`` is not installed; the message names it.

    References
    ----------
    Love, Huber and Anders 2014, 10.1186/s13059-014-0550-8; Muzellec et al. 2023,
    10.1093/bioinformatics/btad547.
    """
    try:
        from pydeseq2.dds import DeseqDataSet
        from pydeseq2.default_inference import DefaultInference
        from pydeseq2.ds import DeseqStats
    except ImportError as problem:
        raise ImportError(
            "PyDESeq2 is not installed: pip install 'smartcombo[deseq2]'"
        ) from problem
    names = [f"c{k}" for k in range(design.X.shape[1])]
    reads = design.values.T.round().astype(int)
    reads.index = [f"s{k}" for k in range(len(reads))]
    matrix = pd.DataFrame(design.X, columns=names, index=reads.index)
    groups = pd.DataFrame({"row": [str(list(row)) for row in design.X]}, index=reads.index)
    inference = DefaultInference(n_cpus=1)
    data = DeseqDataSet(
        counts=reads, metadata=groups, design=matrix, quiet=True, inference=inference
    )
    data.deseq2()
    out = {}
    for name, contrast in contrasts.items():
        tests = DeseqStats(data, contrast=design.weights(contrast), quiet=True, inference=inference)
        tests.summary()
        out[name] = _wald(tests.results_df, level).set_axis(design.values.index)
    return out


def _wald(results: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return DESeq2's results under the names of every engine."""
    value, se = results["log2FoldChange"], results["lfcSE"]
    reach = float(stats.norm.ppf(0.5 + level / 2)) * se
    return pd.DataFrame(
        {
            "value": value,
            "low": value - reach,
            "high": value + reach,
            "se": se,
            "t": results["stat"],
            "p": results["pvalue"],
            "df": np.inf,
        }
    )
