"""Events that are only known to lie between two visits: Turnbull's curve."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from smartcombo.stats.design import Floats

STEPS = 20_000
"""Most steps of the search; common visits need a few dozen."""
STILL = 1e-10
"""Largest change of a share at which the search ends."""
Where = Literal["earliest", "even", "latest"]


@dataclass(frozen=True)
class Turnbull:
    """Shares of events by interval.

    Attributes
    ----------
    left, right
        Innermost intervals (left, right], shape ``(m,)``; ``right`` is infinite for the last one
        where the last animals had no event.
    mass
        Share of events in each interval, shape ``(draws, m)``; one draw for the data themselves.
        Where inside an interval they lie, the data do not say.
    """

    left: Floats
    right: Floats
    mass: Floats

    def times(self, where: Where, horizon: float) -> tuple[Floats, Floats]:
        """Return the first and last time that each interval's events are taken to have."""
        low, high = np.minimum(self.left, horizon), np.minimum(self.right, horizon)
        open_ended = ~np.isfinite(self.right)
        low = np.where(open_ended, horizon, low)
        if where == "earliest":
            return low, low
        return (high, high) if where == "latest" else (low, high)

    def restricted_mean(self, horizon: float, where: Where = "even") -> Floats:
        """Return the mean time without event up to the horizon of each draw, shape ``(draws,)``.

        Parameters
        ----------
        where
            Events lie at the start, evenly, or at the end of their interval.
        """
        if where == "even":
            return self.mass @ _mean_up_to(self.left, self.right, horizon)
        return self.mass @ self.times(where, horizon)[0]

    def median(self) -> Floats:
        """Return the median with events even in their intervals; infinite where not reached."""
        reached = np.cumsum(self.mass, axis=1)
        k = np.argmax(reached >= 0.5 - 1e-12, axis=1)
        row = np.arange(len(reached))
        before = reached[row, k] - self.mass[row, k]
        share = (0.5 - before) / np.maximum(self.mass[row, k], 1e-300)
        left, right = self.left[k], self.right[k]
        open_ended = ~np.isfinite(right)
        step = np.where(open_ended, 0.0, np.where(open_ended, 0.0, right) - left)
        return np.where(open_ended, np.inf, left + share * step)


def _mean_up_to(left: Floats, right: Floats, horizon: float) -> Floats:
    """Return the mean of min(T, horizon) for T even in each interval."""
    end = np.where(np.isfinite(right), right, horizon)
    low, high = np.minimum(left, horizon), np.minimum(end, horizon)
    width = np.maximum(end - left, 1e-300)
    inside = np.where(end > left, (high - low) / width, (left <= horizon).astype(float))
    mean = inside * (low + high) / 2 + (1 - inside) * horizon
    return np.where(np.isfinite(right), mean, horizon)


def turnbull(left: Floats, right: Floats, weights: Floats | None = None) -> Turnbull:
    """Return the curve of events known to lie in (left, right].

    Parameters
    ----------
    left, right
        Last visit without and first visit with the event, shape ``(n,)``; equal where the time is
        known; ``right`` is infinite where there was none.
    weights
        How often each animal counts in each draw, shape ``(draws, n)``; default once.

    Returns
    -------
    Turnbull
        The shares that make the data most likely (self-consistency, EM), draw by draw.

    References
    ----------
    Turnbull 1976, 10.1111/j.2517-6161.1976.tb01597.x.
    """
    weights = np.ones((1, len(left))) if weights is None else weights
    starts, ends = _innermost(left, right)
    exact = left == right
    inside = (left[:, None] <= starts) & (ends <= right[:, None])
    inside = np.where(exact[:, None], (starts == left[:, None]) & (ends == right[:, None]), inside)
    point = (starts == ends) & ~exact[:, None]
    inside &= ~(point & (starts == left[:, None]))
    return Turnbull(starts, ends, _shares(inside.astype(float), weights))


def _innermost(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Return the intervals between a left end and the next right end without another between."""
    exact = left == right
    ends = [(value, 0 if same else 2, True) for value, same in zip(left, exact, strict=True)]
    ends += [(value, 1, False) for value in right]
    order = sorted(set(ends))
    pairs = [(a[0], b[0]) for a, b in pairwise(order) if a[2] and not b[2]]
    return np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])


def _shares(inside: Floats, weights: Floats) -> Floats:
    """Return the most likely shares ``(draws, m)`` by the EM algorithm."""
    animals = weights.sum(axis=1, keepdims=True)
    mass = np.full((len(weights), inside.shape[1]), 1 / inside.shape[1])
    for _ in range(STEPS):
        seen = mass @ inside.T
        ratio = np.divide(weights, seen, out=np.zeros_like(seen), where=weights > 0)
        moved = mass * (ratio @ inside) / animals
        if np.abs(moved - mass).max() < STILL:
            return moved
        mass = moved
    return mass
