"""Scores of gene sets in single samples: no score depends on another sample.

Genes are rows and samples columns throughout: ``values`` has shape ``(G, S)``. A set is an array of
row numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from smartcombo.stats.design import Floats, Ints

SSGSEA_WEIGHT = 0.25
"""Exponent of the ranks in ssGSEA, as published (Barbie 2009)."""


@dataclass(frozen=True)
class RankedSamples:
    """The genes of each sample in order, made once and read for every set.

    Attributes
    ----------
    rank
        Ascending rank of each gene within its sample, ties shared (1 to G), shape ``(G, S)``.
    lowest_rank
        The same with the lowest rank of a tie for all of it, as singscore takes ties.
    position
        Genes at or below each gene when sorted from the highest on: G for the highest gene, 1 for
        the lowest; of a tie the gene that stands first in the table is the higher one.
    """

    rank: Floats
    lowest_rank: Floats
    position: Floats


def ranked_samples(values: Floats) -> RankedSamples:
    """Return the order of genes in each sample.

    Parameters
    ----------
    values
        Expression on any scale that keeps order, without missing values, shape ``(G, S)``.
    """
    columns = np.ascontiguousarray(np.asarray(values, dtype=np.float64).T)
    rank, lowest, position = _ranked(columns)
    return RankedSamples(rank.T, lowest.T, position.T)


@njit(cache=True)
def _ranked(columns):  # type: ignore[no-untyped-def]
    samples, genes = columns.shape
    rank, lowest = np.empty((samples, genes)), np.empty((samples, genes))
    position = np.empty((samples, genes))
    for s in range(samples):
        order = np.argsort(-columns[s], kind="mergesort")
        start = 0
        while start < genes:
            stop = start + 1
            while stop < genes and columns[s, order[stop]] == columns[s, order[start]]:
                stop += 1
            for k in range(start, stop):
                rank[s, order[k]] = genes - 0.5 * (start + stop - 1)
                lowest[s, order[k]] = genes - stop + 1
                position[s, order[k]] = genes - k
            start = stop
    return rank, lowest, position


def ssgsea(ranked: RankedSamples, sets: Sequence[Ints]) -> Floats:
    """Return the raw enrichment score of each set in each sample, shape ``(K, S)``.

    Raw means not divided by the range over the cohort, which would let every score move when a
    sample is added. The score is the sum over all positions of the difference between the weighted
    share of the set's genes and the share of the other genes seen so far; it is in closed form.

    References
    ----------
    Barbie et al. 2009, 10.1038/nature08460.
    """
    genes, samples = ranked.rank.shape
    scores = np.full((len(sets), samples), np.nan)
    total = 0.5 * genes * (genes + 1)
    for k, members in enumerate(sets):
        if 0 < len(members) < genes:
            weight = ranked.rank[members] ** SSGSEA_WEIGHT
            place = ranked.position[members]
            inside = np.sum(weight * place, axis=0) / np.sum(weight, axis=0)
            scores[k] = inside - (total - place.sum(axis=0)) / (genes - len(members))
    return scores


def singscore(ranked: RankedSamples, up: Ints, down: Ints | None = None) -> Floats:
    """Return the centred mean rank of a set in each sample, shape ``(S,)``.

    A set alone gives -0.5 (its genes are the lowest of the sample) to 0.5 (the highest), 0 where
    they stand in the middle; with genes that should be low the two scores add (-1 to 1).

    References
    ----------
    Foroutan et al. 2018, 10.1186/s12859-018-2435-4.
    """
    genes = len(ranked.rank)
    score = _centred(ranked.lowest_rank[up], genes)
    if down is not None and len(down):
        score = score - _centred(ranked.lowest_rank[down], genes)
    return score


def _centred(ranks: Floats, genes: int) -> Floats:
    """Return the mean rank between its least and greatest possible value, minus a half."""
    n = len(ranks)
    if not 0 < n < genes:
        return np.full(ranks.shape[1], np.nan)
    least, greatest = (n + 1) / 2, (2 * genes - n + 1) / 2
    return np.asarray((ranks.mean(axis=0) - least) / (greatest - least) - 0.5)
