"""Areas and arcs in a convex window: what lies inside the hull of the cells of a tissue."""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.spatial import ConvexHull, Voronoi

from smartcombo.stats.design import Floats

MARGIN = 10.0
CIRCLE_CORNERS = 64
"""Corners that round a grown hull: the area is then exact to 1e-4 of the margin's."""


def hull(points: Floats) -> Floats:
    """Return the corners of the convex hull of points ``(n, 2)``, counter-clockwise, ``(k, 2)``.

    Raises
    ------
    ValueError
        If there are fewer than three points or all lie on a line.
    """
    if len(points) < 3 or np.linalg.matrix_rank(points - points.mean(axis=0)) < 2:
        raise ValueError(f"{len(points)} cells on a line: expected cells that span an area")
    return np.ascontiguousarray(points[ConvexHull(points).vertices])


def tissue_window(points: Floats, margin: float = MARGIN) -> Floats:
    """Return the window of a tissue: the convex hull of its cells grown by a margin, ``(k, 2)``.

    The tissue ends where its outermost cells end, not at their centres.

    Parameters
    ----------
    points
        Centres of cells, um, shape ``(n, 2)``.
    margin
        How far beyond the outermost centres the tissue reaches, um; default a cell's diameter.
    """
    angle = np.linspace(0.0, 2 * np.pi, CIRCLE_CORNERS, endpoint=False)
    circle = margin * np.column_stack([np.cos(angle), np.sin(angle)])
    return hull((hull(points)[:, None, :] + circle).reshape(-1, 2))


def polygon_area(corners: Floats) -> float:
    """Return the area of a polygon with corners ``(k, 2)``."""
    x, y = corners.T
    return float(0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))


def voronoi_areas(points: Floats, window: Floats) -> Floats:
    """Return the area nearest to each point inside a convex window, shape ``(n,)``.

    Points at the same place share their area.
    """
    places, own, count = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    centre, reach = places.mean(axis=0), 50.0 * np.ptp(places, axis=0).max()
    far = centre + reach * np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])
    diagram = Voronoi(np.vstack([places, far]))
    areas = np.empty(len(places))
    for k in range(len(places)):
        corners = diagram.vertices[diagram.regions[diagram.point_region[k]]]
        around = np.argsort(np.arctan2(*(corners - corners.mean(axis=0)).T))
        areas[k] = _clipped_area(np.ascontiguousarray(corners[around]), window)
    return np.asarray((areas / count)[own.ravel()])


@njit(cache=True)
def _clipped_area(corners, window):  # type: ignore[no-untyped-def]
    """Return the area of a convex polygon inside a convex window (Sutherland and Hodgman)."""
    polygon = corners
    for e in range(len(window)):
        a, b = window[e], window[(e + 1) % len(window)]
        whole = True
        for p in polygon:
            if (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) < 0:
                whole = False
                break
        if whole:
            continue
        kept = np.empty((2 * len(polygon) + 2, 2))
        size = 0
        for k in range(len(polygon)):
            p, q = polygon[k], polygon[(k + 1) % len(polygon)]
            side_p = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
            side_q = (b[0] - a[0]) * (q[1] - a[1]) - (b[1] - a[1]) * (q[0] - a[0])
            if side_p >= 0:
                kept[size] = p
                size += 1
            if (side_p > 0 and side_q < 0) or (side_p < 0 and side_q > 0):
                kept[size] = p + side_p / (side_p - side_q) * (q - p)
                size += 1
        polygon = kept[:size].copy()
        if size < 3:
            return 0.0
    area = 0.0
    for k in range(len(polygon)):
        p, q = polygon[k], polygon[(k + 1) % len(polygon)]
        area += p[0] * q[1] - p[1] * q[0]
    return 0.5 * abs(area)


@njit(cache=True)
def edge_distances(points, window):  # type: ignore[no-untyped-def]
    """Return the distance of each point to the border of a convex window, shape ``(n,)``."""
    out = np.empty(len(points))
    for i in range(len(points)):
        nearest = np.inf
        for e in range(len(window)):
            a, b = window[e], window[(e + 1) % len(window)]
            length = np.hypot(b[0] - a[0], b[1] - a[1])
            side = (b[0] - a[0]) * (points[i, 1] - a[1]) - (b[1] - a[1]) * (points[i, 0] - a[0])
            nearest = min(nearest, abs(side) / length)
        out[i] = nearest
    return out


@njit(cache=True)
def inside_share(x, y, radius, window, starts, stops):  # type: ignore[no-untyped-def]
    """Return the share of a circle's circumference inside a convex window.

    The arcs cut off by the window's edges are joined; ``starts`` and ``stops`` are room for two
    angles an edge.
    """
    count = 0
    for e in range(len(window)):
        a, b = window[e], window[(e + 1) % len(window)]
        length = np.hypot(b[0] - a[0], b[1] - a[1])
        away = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / length
        if away >= radius:
            continue
        # The outward normal of a counter-clockwise edge points to its right.
        middle = np.arctan2(-(b[0] - a[0]), b[1] - a[1])
        half = np.arccos(max(away, 0.0) / radius)
        low = (middle - half) % (2 * np.pi)
        high = low + 2 * half
        starts[count], stops[count] = low, min(high, 2 * np.pi)
        count += 1
        if high > 2 * np.pi:
            starts[count], stops[count] = 0.0, high - 2 * np.pi
            count += 1
    if count == 0:
        return 1.0
    order = np.argsort(starts[:count])
    outside, reached = 0.0, 0.0
    for k in order:
        if stops[k] > reached:
            outside += stops[k] - max(starts[k], reached)
            reached = stops[k]
    return 1.0 - outside / (2 * np.pi)
