"""Where cells lie in a tissue: densities by compartment, cross-K and cross-G with edge correction.

Points have shape ``(n, 2)`` in micrometres; ``window`` is a convex polygon, counter-clockwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.spatial import cKDTree

from smartcombo.stats.design import Floats, Ints
from smartcombo.stats.polygons import edge_distances, inside_share, polygon_area
from smartcombo.stats.time_to_event import kaplan_meier

SMALLEST_SHARE = 0.01
"""A circle with less of its circumference inside counts as this much: no point weighs over 100."""
NEIGHBOURS = 15
"""Cells whose majority says what compartment a place belongs to."""

Flags = np.ndarray


@dataclass(frozen=True)
class ClosePairs:
    """Ordered pairs of different cells within a distance, with Ripley's weight of each.

    ``first`` and ``second`` are row numbers, ``weight`` is one over the share of the circle around
    the first cell through the second that lies inside the window; all of shape ``(pairs,)``.
    """

    first: Ints
    second: Ints
    weight: Floats
    radius: float
    area: float


def close_pairs(points: Floats, window: Floats, radius: float) -> ClosePairs:
    """Return every ordered pair of cells within ``radius``."""
    both = cKDTree(points).query_pairs(radius, output_type="ndarray")
    first = np.r_[both[:, 0], both[:, 1]].astype(np.int64)
    second = np.r_[both[:, 1], both[:, 0]].astype(np.int64)
    weight = _ripley_weights(points, first, second, window)
    return ClosePairs(first, second, weight, radius, polygon_area(window))


@njit(cache=True)
def _ripley_weights(points, first, second, window):  # type: ignore[no-untyped-def]
    starts, stops = np.empty(2 * len(window)), np.empty(2 * len(window))
    out = np.ones(len(first))
    for k in range(len(first)):
        p, q = points[first[k]], points[second[k]]
        radius = np.hypot(p[0] - q[0], p[1] - q[1])
        if radius > 0:
            share = inside_share(p[0], p[1], radius, window, starts, stops)
            out[k] = 1.0 / max(share, SMALLEST_SHARE)
    return out


def cross_k(pairs: ClosePairs, source: Flags, target: Flags) -> float:
    """Return K from source to target cells over that of independent cells.

    1: targets lie around sources as if placed independently; below: they avoid each other; above:
    they seek each other. NaN without cells of either kind.

    References
    ----------
    Ripley 1976, 10.2307/3212829; Ohser 1983, 10.1080/02331888308801683 (edge correction).
    """
    count = int(source.sum()) * int(target.sum())
    if count == 0:
        return float("nan")
    found = _weighted(pairs.first, pairs.second, pairs.weight, source, target)
    return float(found * pairs.area / count / (np.pi * pairs.radius**2))


@njit(cache=True)
def _weighted(first, second, weight, source, target):  # type: ignore[no-untyped-def]
    total = 0.0
    for k in range(len(first)):
        if source[first[k]] and target[second[k]]:
            total += weight[k]
    return total


def label_envelope(
    pairs: ClosePairs,
    source: Flags,
    target: Flags,
    rng: np.random.Generator,
    *,
    draws: int = 999,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """Return the limits of :func:`cross_k` when labels are shuffled among the cells, and p.

    The places stay: what is tested is the mixing of the labels, not how cells fill the tissue.

    Returns
    -------
    tuple
        Lower and upper limit, and the two-sided p of the observed value; NaN without cells.
    """
    observed = cross_k(pairs, source, target)
    if not np.isfinite(observed):
        return float("nan"), float("nan"), float("nan")
    drawn = np.empty(draws)
    for k in range(draws):
        order = rng.permutation(len(source))
        drawn[k] = cross_k(pairs, source[order], target[order])
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    above, below = np.sum(drawn >= observed), np.sum(drawn <= observed)
    p = min(1.0, 2 * (1 + min(above, below)) / (draws + 1))
    return float(low), float(high), float(p)


def nearest_distances(points: Floats, source: Flags, target: Flags) -> Floats:
    """Return the distance from each source cell to the nearest other target cell, ``(sources,)``.

    Infinite where there is no target.
    """
    sources, targets = np.flatnonzero(source), np.flatnonzero(target)
    if not len(targets):
        return np.full(len(sources), np.inf)
    k = min(2, len(targets))
    near, which = cKDTree(points[targets]).query(points[sources], k=k)
    near, which = near.reshape(len(sources), k), which.reshape(len(sources), k)
    itself = targets[which[:, 0]] == sources
    if near.shape[1] == 1:
        return np.where(itself, np.inf, near[:, 0])
    return np.where(itself, near[:, 1], near[:, 0])


def cross_g(points: Floats, window: Floats, source: Flags, target: Flags, radius: float) -> float:
    """Return the share of source cells with a target cell within ``radius``, edge-corrected.

    A source nearer to the border than to any target it was seen to have is censored there
    (Kaplan-Meier). NaN without sources; 0 without targets.

    References
    ----------
    Baddeley and Gill 1997, 10.1214/aos/1034276620.
    """
    distance = nearest_distances(points, source, target)
    if not len(distance):
        return float("nan")
    border = edge_distances(points[source], window)
    seen = distance <= border
    curve = kaplan_meier(np.minimum(distance, border), seen)
    reached = np.searchsorted(curve.time, radius, side="right")
    return float(1 - (curve.survival[reached - 1] if reached else 1.0))


def smoothed_region(points: Floats, tumour: Flags, neighbours: int = NEIGHBOURS) -> Flags:
    """Return for each cell whether most of the cells around it, itself too, are tumour cells.

    A single cell called otherwise makes no compartment of its own.
    """
    k = min(neighbours, len(points))
    _, near = cKDTree(points).query(points, k=k)
    return np.asarray(tumour[near.reshape(len(points), k)].mean(axis=1) > 0.5)


def signed_distances(points: Floats, inside: Flags) -> Floats:
    """Return the distance of each cell to the other compartment, minus inside the tumour, ``(n,)``.

    Measured to the nearest cell of the other compartment; infinite where there is none.
    """
    out = np.empty(len(points))
    out[inside] = -nearest_distances(points, inside, ~inside)
    out[~inside] = nearest_distances(points, ~inside, inside)
    return out
