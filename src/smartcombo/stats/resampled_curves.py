"""Survival curves of many draws of the animals at once: what a bootstrap over mice needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from smartcombo.stats.design import Floats
from smartcombo.stats.time_to_event import Events, Summary

EXACTLY = 1e-9
"""A share this close to a half is a half: sums of weights are exact to far less."""


def draw_animals(animals: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return how often each animal is drawn, with replacement: shape ``(draws, animals)``."""
    return rng.multinomial(animals, np.full(animals, 1 / animals), size=draws).astype(float)


def curves_of_draws(time: Floats, event: Events, weights: Floats, at: Floats) -> Floats:
    """Return the Kaplan-Meier curve of each draw just after given times.

    Parameters
    ----------
    time, event
        Times and whether the event happened, shape ``(n,)``.
    weights
        How often each animal counts, shape ``(draws, n)``; ones give the curve itself.
    at
        Times, shape ``(k,)``, ascending.

    Returns
    -------
    numpy.ndarray
        Share without event, shape ``(draws, k)``. Beyond the last animal of a draw its curve stays
        where it was.
    """
    times = np.unique(time[event])
    risk = weights @ (time[:, None] >= times).astype(float)
    died = weights @ ((time[:, None] == times) & event[:, None]).astype(float)
    kept = 1 - np.divide(died, risk, out=np.zeros_like(died), where=risk > 0)
    curve = np.cumprod(kept, axis=1)
    whole = np.concatenate([np.ones((len(weights), 1)), curve], axis=1)
    return whole[:, np.searchsorted(times, at, side="right")]


def medians_of_draws(time: Floats, event: Events, weights: Floats) -> Floats:
    """Return the median time of each draw, shape ``(draws,)``; infinite where not reached.

    A curve that stays at a half from one time to the next has its median half way, as
    :func:`smartcombo.stats.time_to_event.median_time`.
    """
    at = np.unique(time[event])
    if not len(at):
        return np.full(len(weights), np.inf)
    curve = curves_of_draws(time, event, weights, at)
    first = _first(curve <= 0.5 + EXACTLY, at)
    below = _first(curve < 0.5 - EXACTLY, at)
    return np.where(np.isfinite(below), 0.5 * (first + below), first)


def _first(reached: np.ndarray, at: Floats) -> Floats:
    return np.where(reached.any(axis=1), at[np.argmax(reached, axis=1)], np.inf)


def weighted_medians(values: Floats, weights: Floats) -> Floats:
    """Return the median of values ``(n,)`` in each draw of ``weights (draws, n)``.

    Infinite values count as the largest; with an even number the two in the middle are averaged.
    """
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[:, order], axis=1)
    half = share[:, -1:] / 2
    low = values[order][np.argmax(share >= half - EXACTLY, axis=1)]
    high = values[order][np.argmax(share > half + EXACTLY, axis=1)]
    return 0.5 * (low + high)


def spread_interval(draws: Floats, animals: Sequence[int], level: float) -> Summary:
    """Return the first of the draws, the data, with an interval from the spread of the others.

    The spread of a bootstrap of n animals is too small by (n - 1) / n: it is set right by the
    smallest arm, and Student's t is used with the animals less the arms as degrees of freedom. With
    8 to 10 animals an arm this holds its level, where percentiles of the draws do not.

    Parameters
    ----------
    draws
        The estimate from the data, then from each draw, shape ``(1 + draws,)``.
    animals
        Animals of each arm drawn from; at least two in each.
    level
        Confidence level, a fraction.
    """
    least = min(animals)
    nothing = float("nan")
    value, se = float(draws[0]), float(draws[1:].std(ddof=1))
    if least < 2 or se == 0:
        return Summary(value, nothing, nothing, nothing, nothing)
    se *= float(np.sqrt(least / (least - 1)))
    df = sum(animals) - len(animals)
    half = float(stats.t.ppf(0.5 + level / 2, df)) * se
    p = float(2 * stats.t.sf(abs(value) / se, df))
    return Summary(value, se, value - half, value + half, p)


def percentiles(draws: Floats, level: float) -> tuple[float, float]:
    """Return the percentile interval of draws; a draw without a value widens it on both sides.

    A difference of two medians that were both not reached is not known: it may be anything.
    """
    tail = (1 - level) / 2
    unknown = np.isnan(draws)
    low = np.quantile(np.where(unknown, -np.inf, draws), tail, method="inverted_cdf")
    high = np.quantile(np.where(unknown, np.inf, draws), 1 - tail, method="inverted_cdf")
    return float(low), float(high)
