"""Draws of every criterion of every candidate: shrunk estimates, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smartcombo.core.random import stream
from smartcombo.ranking.criteria import Criterion
from smartcombo.stats.shrinkage import shrink_averaged

Floats = NDArray[np.float64]
SuppliedDraws = Mapping[tuple[str, str], Floats]
"""Draws by (candidate, criterion), each of shape ``(draws,)``: replace the normal ones."""

FEWEST_TO_SHRINK = 5
"""Below so many estimates the spread between candidates is not known well enough to lean on."""


@dataclass(frozen=True)
class Cells:
    """What is known of each candidate (m) on each criterion (n), arrays of shape ``(m, n)``.

    Attributes
    ----------
    value, se
        As estimated; NaN where missing. ``se`` zero: exact.
    shrunk, shrunk_se, kept
        After shrinkage across candidates; ``kept`` is the share of the distance from the mean that
        stayed, 1 where nothing was shrunk.
    guess, guess_sd, guess_df
        Centre, spread and degrees of freedom of what a missing value is drawn from, shape ``(n,)``;
        ``guess_df`` NaN: uniform between the anchors.
    """

    candidates: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    value: Floats
    se: Floats
    shrunk: Floats
    shrunk_se: Floats
    kept: Floats
    guess: Floats
    guess_sd: Floats
    guess_df: Floats

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Return which cells hold no value, shape ``(m, n)``."""
        return np.isnan(self.value)

    def only(self, at: Sequence[int]) -> Cells:
        """Return the rows of some candidates, by index, as they were among all."""
        rows = {name: getattr(self, name)[list(at)]
                for name in ("value", "se", "shrunk", "shrunk_se", "kept")}  # fmt: skip
        return replace(self, candidates=tuple(self.candidates[i] for i in at), **rows)


def cells_of(
    criteria: Sequence[Criterion],
    table: pd.DataFrame,
    *,
    shrinking: bool = True,
    population: Sequence[str] = (),
    candidates: Sequence[str] = (),
) -> Cells:
    """Return the table as arrays, with shrinkage and with what missing values are drawn from.

    Parameters
    ----------
    criteria, table
        As :func:`smartcombo.ranking.rank` takes them.
    shrinking
        Draw estimates towards the population's mean.
    population
        Candidates that say what is usual; default all, each copy of the same evidence once.
    candidates
        Rows of the arrays; default those of the table. One without rows has nothing but gaps.
    """
    candidates = list(candidates or dict.fromkeys(table["candidate"]))
    ids = [criterion.id for criterion in criteria]
    known = table.assign(value=table["value"].where(table["status"] == "ok").astype(float))
    value, se = (
        known.pivot(index="candidate", columns="criterion", values=name)
        .reindex(index=candidates, columns=ids)
        .to_numpy(float)
        for name in ("value", "se")
    )
    se = np.where(np.isnan(value), np.nan, np.nan_to_num(se))
    stands = _representatives(candidates, value, se, population)
    usual = stands == np.arange(len(candidates))
    shrunk, shrunk_se, kept = value.copy(), se.copy(), np.ones_like(value)
    guesses = np.full((3, len(ids)), np.nan)
    for k, criterion in enumerate(criteria):
        guesses[:, k] = _guess(value[usual, k], se[usual, k], criterion)
        if shrinking:
            shrunk[:, k], shrunk_se[:, k], kept[:, k] = _shrunk(value[:, k], se[:, k], stands)
    return Cells(tuple(candidates), tuple(criteria), value, se, shrunk, shrunk_se, kept, *guesses)


def drawn(cells: Cells, draws: int, seed: int, supplied: SuppliedDraws) -> Floats:
    """Return draws of all cells on the scale of the criteria, shape ``(m, n, draws)``.

    Every cell has a random stream of its own name, so that order and number of the others change
    nothing.
    """
    out = np.empty((len(cells.candidates), len(cells.criteria), draws))
    for i, candidate in enumerate(cells.candidates):
        for k, criterion in enumerate(cells.criteria):
            rng = stream(seed, "criterion", candidate, criterion.id)
            if cells.missing[i, k]:
                out[i, k] = _missing_draws(cells, k, draws, rng)
            elif (candidate, criterion.id) in supplied:
                given = np.asarray(supplied[candidate, criterion.id], dtype=float)
                out[i, k] = _moved(given, cells, (i, k), draws)
            elif cells.shrunk_se[i, k] == 0:
                out[i, k] = cells.shrunk[i, k]
            else:
                noise = rng.standard_normal(draws)
                out[i, k] = cells.shrunk[i, k] + cells.shrunk_se[i, k] * noise
    return out


def _representatives(
    candidates: list[str], value: Floats, se: Floats, population: Sequence[str]
) -> NDArray[np.int64]:
    """Return, a candidate, who stands for its evidence in the population; -1 where nobody does.

    Of candidates with the same evidence throughout, one stands for all.
    """
    rows = np.nan_to_num(np.hstack([value, se]), nan=-np.inf)
    _, same = np.unique(rows, axis=0, return_inverse=True)
    same = same.reshape(-1)
    chosen: dict[int, int] = {}
    for i, candidate in enumerate(candidates):
        if not population or candidate in population:
            chosen.setdefault(int(same[i]), i)
    return np.array([chosen.get(int(one), -1) for one in same], dtype=np.int64)


def _guess(value: Floats, se: Floats, criterion: Criterion) -> tuple[float, float, float]:
    """Return centre, spread and degrees of freedom for one more candidate's value.

    The distribution that predicts one further estimate: it holds the spread between candidates, the
    error of each, and that of their mean, so it is wider than any of them. Too few: uniform.
    """
    there = np.isfinite(value)
    k = int(there.sum())
    middle = (criterion.worst + criterion.best) / 2
    if k < FEWEST_TO_SHRINK:
        return middle, abs(criterion.best - criterion.worst) / np.sqrt(12.0), np.nan
    variance = max(float(np.var(value[there], ddof=1)), float(np.median(se[there])) ** 2)
    return float(np.mean(value[there])), float(np.sqrt(variance * (1 + 1 / k))), float(k - 1)


def _shrunk(value: Floats, se: Floats, stands: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Return one criterion's estimates drawn to the population's mean; exact ones stay.

    A candidate outside the population is judged by it: it joins for its own estimate only.
    """
    noisy = np.isfinite(value) & (se > 0)
    basis = noisy & (stands == np.arange(len(value)))
    out = np.array([value, se, np.ones_like(value)])
    if basis.sum() < FEWEST_TO_SHRINK:
        return out[0], out[1], out[2]
    done = shrink_averaged(value[basis], se[basis] ** 2)
    out[:, basis] = done.value, done.se, done.weight
    for i in np.flatnonzero(noisy & ~basis):
        if stands[i] >= 0:
            out[:, i] = out[:, stands[i]]
            continue
        joined = np.append(np.flatnonzero(basis), i)
        done = shrink_averaged(value[joined], se[joined] ** 2)
        out[:, i] = done.value[-1], done.se[-1], done.weight[-1]
    return out[0], out[1], out[2]


def _missing_draws(cells: Cells, k: int, draws: int, rng: np.random.Generator) -> Floats:
    if np.isnan(cells.guess_df[k]):
        criterion = cells.criteria[k]
        return criterion.worst + (criterion.best - criterion.worst) * rng.random(draws)
    return cells.guess[k] + cells.guess_sd[k] * rng.standard_t(cells.guess_df[k], draws)


def _moved(given: Floats, cells: Cells, at: tuple[int, int], draws: int) -> Floats:
    """Return supplied draws with the shrunk centre and spread, their shape kept."""
    if given.shape != (draws,) or not np.isfinite(given).all():
        raise ValueError(
            f"draws of {cells.candidates[at[0]]}, {cells.criteria[at[1]].id}: found shape "
            f"{given.shape}; expected ({draws},) finite numbers"
        )
    if cells.kept[at] == 1.0:
        return given
    ratio = cells.shrunk_se[at] / cells.se[at]
    return cells.shrunk[at] + (given - cells.value[at]) * ratio
