"""One number as a traffic light: green needs a clear interval, enough animals and its threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from smartcombo.ranking.criteria import Criterion

Colour = Literal["green", "amber", "red", "grey"]

FEWEST_IN_ARM = 6
"""With fewer animals an arm no result is green: two more animals could turn it."""


@dataclass(frozen=True, slots=True)
class Light:
    """A colour, the word that belongs to it, and why."""

    colour: Colour
    word: str
    reason: str


AGREED = {
    "for": Light("green", "benefit in each", "each of several studies shows it by itself"),
    "against": Light("red", "harm in each", "each of several studies shows it by itself"),
}


def light(
    low: float,
    high: float,
    *,
    no_effect: float,
    less_is_better: bool,
    n: float,
    p: float = float("nan"),
    threshold: float = float("nan"),
    fewest: int = 2 * FEWEST_IN_ARM,
) -> Light:
    """Return the colour of an interval.

    Parameters
    ----------
    low, high
        Interval of the effect, on the scale of ``no_effect`` (0 for a difference, 1 for a ratio).
    less_is_better
        Whether effects below ``no_effect`` are good, as hazard ratios are.
    n
        Animals or patients behind it; missing counts as too few.
    p, threshold
        A p-value and the threshold that was set for it beforehand. A missed threshold is negative
        whatever 0.05 would have said.
    fewest
        Animals below which nothing is green.

    Returns
    -------
    Light
        Green: benefit. Red: harm. Amber: inconclusive, few animals, or a missed threshold. Grey: no
        interval.
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        return Light("grey", "missing", "no interval")
    good = high < no_effect if less_is_better else low > no_effect
    bad = low > no_effect if less_is_better else high < no_effect
    if bad:
        return Light("red", "harm", "the interval lies wholly on the wrong side of no effect")
    if p >= threshold:
        return Light("amber", "negative", f"p = {p:g} misses the threshold {threshold:g} that was "
                     "set beforehand")  # fmt: skip
    if not good:
        return Light("amber", "inconclusive", "the interval holds no effect")
    if not n >= fewest:
        return Light("amber", "few animals", f"{n:g} in all, fewer than {fewest}")
    return Light("green", "benefit", "the interval lies wholly on the right side of no effect")


def criterion_light(
    criterion: Criterion, low: float, high: float, n: float, *, agreed: str = ""
) -> Light:
    """Return the colour of one value of a criterion.

    A cost, of which no effect is the best there is, is judged by its anchors: any of it would
    otherwise be harm. Green is wholly in the better half, red wholly at or past the worst.

    Parameters
    ----------
    criterion
        With ``no_effect``; without, the light is grey.
    low, high
        Interval in the criterion's unit.
    n
        Animals behind it.
    agreed
        ``for`` or ``against`` where each of several studies says so by itself: with two of them the
        interval over studies is so wide that two clear answers would read as less than one.
    """
    less, fewest = criterion.best < criterion.worst, FEWEST_IN_ARM * criterion.arms
    if criterion.no_effect is None and np.isfinite(low):
        return Light("grey", "no reference", "no value of no effect was stated")
    if not criterion.is_cost:
        none = float("nan") if criterion.no_effect is None else criterion.no_effect
        seen = light(low, high, no_effect=none, less_is_better=less, n=n, fewest=fewest)
        return AGREED[agreed] if seen.word == "inconclusive" and agreed in AGREED else seen
    half = (criterion.worst + criterion.best) / 2
    seen = light(low, high, no_effect=half, less_is_better=less, n=n, fewest=fewest)
    if low >= criterion.worst if less else high <= criterion.worst:
        return Light("red", "too much", "the interval lies wholly at or past the worst anchor")
    if seen.colour == "green":
        return Light("green", "little cost", "the interval lies wholly in the better half")
    if seen.word in ("missing", "few animals"):
        return seen
    return Light("amber", "some cost", "the interval does not lie wholly in the better half")
