"""Scores of the panel in each sample: none of them moves when a sample is added."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from smartcombo.immune.panel import HOUSEKEEPERS, PANEL, Signature, gene_lists
from smartcombo.stats.design import Floats, Ints
from smartcombo.stats.gene_sets import RankedSamples, ranked_samples, singscore, ssgsea
from smartcombo.study.genes import current_symbol
from smartcombo.study.genes.identifiers import Species

ScoreMethod = Literal["published", "singscore", "ssgsea"]
REFUSED_BELOW, CAUTION_BELOW = 0.6, 0.8
"""Share of a signature's weight that must be measured; conventions, printed with the scores."""
SMALLEST = 0.01
"""Added to a value where the published rule takes log10 or a geometric mean of TPM."""
SCORE_COLUMNS = ("sample", "signature", "theme", "method", "score", "unit", "coverage", "status")
UNITS = {"mean": "log2", "median": "log2", "weighted-mean": "log10 over housekeepers",
         "geometric-mean": "log2"}  # fmt: skip
COVERAGE_COLUMNS = (
    "signature", "coverage", "expressed", "found", "lost", "why_lost", "silent", "status",
)  # fmt: skip


@dataclass(frozen=True)
class PanelScores:
    """Scores of every signature in every sample, and which of its genes were there.

    Attributes
    ----------
    scores
        One row a sample, signature and method with ``SCORE_COLUMNS``; ``score`` is missing where
        the signature is refused.
    coverage
        One row a signature with ``COVERAGE_COLUMNS``: share of its weight measured, and share
        expressed in any sample; genes found, lost (and why) and silent. ``refused``: less than 0.6
        measured; ``caution``: less than 0.8 expressed. Silent genes never refuse a score: whether
        a gene is silent depends on the other samples, and no score may.
    """

    scores: pd.DataFrame
    coverage: pd.DataFrame

    def wide(self, method: ScoreMethod = "published") -> pd.DataFrame:
        """Return one method as a table of samples by signatures."""
        own = self.scores[self.scores["method"] == method]
        return own.pivot(index="sample", columns="signature", values="score")


@dataclass(frozen=True)
class _Found:
    """The rows of one signature that were measured.

    ``first`` holds, for each human gene, its first measured gene; ``rows`` holds all of them.
    """

    first: np.ndarray
    weight: Floats
    rows: np.ndarray
    names: tuple[str, ...]
    lost: tuple[tuple[str, str], ...]
    silent: tuple[str, ...]
    coverage: float
    expressed: float

    @property
    def status(self) -> str:
        """Return whether the signature may be scored."""
        if self.coverage < REFUSED_BELOW:
            return "refused"
        return "caution" if self.expressed < CAUTION_BELOW else "ok"


def panel_scores(
    expression: pd.DataFrame,
    *,
    species: Species = "mouse",
    signatures: Sequence[Signature] = PANEL,
    methods: Sequence[ScoreMethod] = ("published", "singscore"),
    masked: Collection[str] = (),
    housekeepers: Sequence[str] = (),
) -> PanelScores:
    """Return the scores of signatures in each sample.

    Every rule reads one sample at a time, so that a score is the same whatever else is in the
    table. Where one human gene has several mouse genes the published rules take the first one
    measured and the rank scores take all.

    Parameters
    ----------
    expression
        Normalised linear values (TPM, counts per million, normalised NanoString counts), zero or
        above, genes by samples; the index holds symbols of the species, old or current.
    species
        Which column of the gene lists to read: ``"mouse"`` or ``"human"``.
    signatures
        Default the whole panel.
    methods
        ``published`` (the rule of the paper: log2 scale but for GEP-18, which is log10 over its
        housekeepers), ``singscore`` (centred mean rank, -0.5 to 0.5; genes of
        negative weight should be low), ``ssgsea`` (raw, of the genes of positive weight).
    masked
        Genes that this strain lacks: they are lost, with that reason.
    housekeepers
        What GEP-18 is taken over; default its own eleven. Give those by which a NanoString panel
        was normalised: of the eleven it has few, and they may not be stable in it.

    Raises
    ------
    ValueError
        If a value is negative or missing, a symbol stands twice, or an option is unknown.

    References
    ----------
    Foroutan et al. 2018, 10.1186/s12859-018-2435-4; Barbie et al. 2009, 10.1038/nature08460; the
    DOI of each signature is in the panel.
    """
    _require_sound(expression, species, methods)
    values = expression.to_numpy(dtype=float)
    names = [current_symbol(str(name), species) for name in expression.index]
    silent = {name for name, zero in zip(names, (values == 0).all(axis=1), strict=True) if zero}
    places = {name: row for row, name in enumerate(names)}
    genes = _Genes(places, frozenset(masked), frozenset(silent), species)
    found = {one.id: _found(genes, one.id) for one in signatures}
    keepers = np.array([genes.places[gene] for gene in housekeepers if gene in genes.places])
    if not len(keepers):
        keepers = _found(genes, HOUSEKEEPERS).first
    ranked = ranked_samples(values) if set(methods) - {"published"} else None
    rows = []
    for one in signatures:
        got = found[one.id]
        for method in methods:
            score = _score(one, method, values, got, keepers, ranked)
            rows.append(_rows(expression, one, method, score, got))
    coverage = [_coverage_row(one, found[one.id]) for one in signatures]
    return PanelScores(
        pd.concat(rows, ignore_index=True), pd.DataFrame(coverage, columns=list(COVERAGE_COLUMNS))
    )


def _require_sound(
    expression: pd.DataFrame, species: Species, methods: Sequence[ScoreMethod]
) -> None:
    if species not in ("mouse", "human"):
        raise ValueError(f"species={species!r}: expected 'mouse' or 'human'")
    unknown = set(methods) - {"published", "singscore", "ssgsea"}
    if unknown:
        raise ValueError(f"methods {sorted(unknown)}: expected published, singscore or ssgsea")
    if expression.index.has_duplicates:
        twice = list(expression.index[expression.index.duplicated()][:6])
        raise ValueError(f"genes {twice} stand twice: expected each symbol once")
    values = expression.to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise ValueError("missing values: expected a value of each gene in each sample")
    if values.min(initial=0.0) < 0:
        count = int((values < 0).sum())
        raise ValueError(
            f"{count} negative values: expected linear values of zero or above, such as TPM; "
            "undo the log, or leave out batch-corrected values"
        )


@dataclass(frozen=True)
class _Genes:
    """Row of each gene of the table, and which of them do not count or never show."""

    places: dict[str, int]
    masked: frozenset[str]
    silent: frozenset[str]
    species: Species

    def why_lost(self, choices: list[str]) -> str:
        """Return why none of the genes that stand for one of a signature counts."""
        if not choices:
            return f"no {self.species} gene"
        hidden = any(gene in self.masked and gene in self.places for gene in choices)
        return "not expressed by this strain" if hidden else "not measured"


def _found(genes: _Genes, name: str) -> _Found:
    """Return the genes of a signature that are in the table, and those that are not."""
    lists = gene_lists()
    own = lists[lists["signature"] == name]
    weights = own["weight"].fillna(1.0).to_numpy(float)
    first: list[str] = []
    kept: list[float] = []
    rows: list[int] = []
    lost: list[tuple[str, str]] = []
    for human, listed, weight in zip(
        own["gene_human"], own[f"gene_{genes.species}"], weights, strict=True
    ):
        choices = listed.split("|") if isinstance(listed, str) else []
        there = [gene for gene in choices if gene in genes.places and gene not in genes.masked]
        if there:
            first.append(there[0])
            kept.append(weight)
            rows += [genes.places[gene] for gene in there]
        else:
            lost.append((choices[0] if choices else str(human), genes.why_lost(choices)))
    seen = [gene not in genes.silent for gene in first]
    share = np.abs(kept) / np.abs(weights).sum()
    return _Found(
        first=np.array([genes.places[gene] for gene in first], dtype=np.int64),
        weight=np.array(kept),
        rows=np.unique(np.array(rows, dtype=np.int64)),
        names=tuple(first),
        lost=tuple(lost),
        silent=tuple(gene for gene in first if gene in genes.silent),
        coverage=float(share.sum()),
        expressed=float(share[seen].sum()),
    )


def _score(
    one: Signature,
    method: ScoreMethod,
    values: Floats,
    found: _Found,
    keepers: Ints,
    ranked: RankedSamples | None,
) -> Floats:
    """Return a signature's score in each sample, shape ``(S,)``; missing where it is refused."""
    if found.status == "refused":
        return np.full(values.shape[1], np.nan)
    if method == "published" or ranked is None:
        return published_score(one, values[found.first], found.weight, values[keepers])
    falling = np.unique(found.first[found.weight < 0])
    rising = np.setdiff1d(found.rows, falling)
    if method == "singscore":
        return singscore(ranked, rising, falling)
    return ssgsea(ranked, [rising])[0]


def published_score(one: Signature, values: Floats, weight: Floats, housekeepers: Floats) -> Floats:
    """Return the score of a signature by the rule of its paper, shape ``(S,)``.

    Parameters
    ----------
    values
        Linear expression of its genes, shape ``(n, S)``.
    weight
        Weights of the genes, shape ``(n,)``; read by ``weighted-mean`` only.
    housekeepers
        Linear expression of the housekeepers, shape ``(h, S)``; read by ``weighted-mean`` only.
    """
    if one.rule == "weighted-mean":
        if not len(housekeepers):
            return np.full(values.shape[1], np.nan)
        base = np.log10(housekeepers + SMALLEST).mean(axis=0)
        over = weight[:, None] * (np.log10(values + SMALLEST) - base)
        return np.asarray(over.sum(axis=0))
    if one.rule == "geometric-mean":
        return np.asarray(np.log2(values + SMALLEST).mean(axis=0))
    logs = np.log2(values + 1.0)
    return np.asarray(np.median(logs, axis=0) if one.rule == "median" else logs.mean(axis=0))


def _rows(
    expression: pd.DataFrame, one: Signature, method: ScoreMethod, score: Floats, found: _Found
) -> pd.DataFrame:
    unit = UNITS[one.rule] if method == "published" else "rank score"
    return pd.DataFrame(
        {
            "sample": expression.columns.astype(str),
            "signature": one.id,
            "theme": one.theme,
            "method": method,
            "score": score,
            "unit": unit,
            "coverage": found.coverage,
            "status": found.status,
        }
    )


def _coverage_row(one: Signature, found: _Found) -> tuple[object, ...]:
    lost = ", ".join(gene for gene, _ in found.lost)
    why = "; ".join(
        f"{reason}: {', '.join(gene for gene, said in found.lost if said == reason)}"
        for reason in dict.fromkeys(reason for _, reason in found.lost)
    )
    return (
        one.id, found.coverage, found.expressed, ", ".join(found.names), lost, why,
        ", ".join(found.silent), found.status,
    )  # fmt: skip
