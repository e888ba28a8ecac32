"""The choices of a ranking, with defaults stated once."""

from __future__ import annotations

from dataclasses import dataclass

from smartcombo.core.random import DEFAULT_SEED


@dataclass(frozen=True, slots=True)
class RankOptions:
    """Options of :func:`smartcombo.ranking.rank`.

    Attributes
    ----------
    draws
        Joint draws of criteria and weights, 1,000 or more.
    seed
        Of all random streams.
    level
        Of the intervals of place, score and criteria.
    tied_below
        Two candidates are one group unless one is above the other in at least this share of draws.
    geometric
        Aggregate by the weighted geometric mean instead of the weighted mean.
    clip
        Beyond an anchor nothing more is lost or won (default).
    shrinking
        Draw estimates of a criterion towards their mean across candidates (default).
    population
        Candidates that say what is usual, for shrinkage and for missing values. Default: all. Name
        them to keep the comparison of two candidates apart from who else was tested.
    shown
        Candidates that are ranked and shown. Default: all. The others stay in the population, and
        nothing else of them is left: the places are among those shown.
    baseline
        Criterion of the rule to beat: is the partner active alone in this tumour. Often one of
        weight zero.
    sensitivity
        Rank again without each criterion, geometrically and with raw estimates.
    few_animals
        A candidate none of whose criteria rests on this many animals carries a caution.
    """

    draws: int = 10_000
    seed: int = DEFAULT_SEED
    level: float = 0.95
    tied_below: float = 0.9
    geometric: bool = False
    clip: bool = True
    shrinking: bool = True
    population: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    baseline: str | None = None
    sensitivity: bool = True
    few_animals: int = 20

    def __post_init__(self) -> None:
        if self.draws < 1000:
            raise ValueError(f"draws={self.draws!r}: expected 1000 or more")
        if self.seed < 0:
            raise ValueError(f"seed={self.seed!r}: expected zero or more")
        if not 0 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction between 0 and 1")
        if not 0.5 <= self.tied_below <= 1:
            raise ValueError(
                f"tied_below={self.tied_below!r}: expected a probability from 0.5 to 1"
            )
