"""Cells as a map draws them: thinned where they are many, with the border of the tumour."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import Voronoi

from smartcombo.core.result import stacked
from smartcombo.immune.tissue import FEWEST_CELLS, KEYS, LEADS
from smartcombo.stats.design import Floats
from smartcombo.stats.spatial import smoothed_region
from smartcombo.study.model import Study

MAP_COLUMNS = (*KEYS, "sample", "field", "kind", "x_um", "y_um", "x2_um", "y2_um")
MOST_CELLS = 4_000
"""Cells of a tumour model that are drawn; beyond, every k-th of those without a lead marker."""
LONGEST = 60.0
"""A piece of border longer than this, um, crosses a gap in the tissue and is not drawn."""


def map_table(study: Study) -> pd.DataFrame:
    """Return the cells and the pieces of border to draw, with ``MAP_COLUMNS``.

    ``kind`` is ``"tumour"`` or ``"stroma"`` (the cell's compartment), the lead markers of the cell
    (``"CD8"``, ``"CD3"``), or ``"border"``, a piece from x, y to x2, y2.
    """
    cells = study.assays.cells
    if cells is None:
        return pd.DataFrame(columns=list(MAP_COLUMNS))
    table = cells.table.merge(study.samples[["sample", *KEYS]], on="sample", how="inner")
    table = table.assign(kind=np.where(table["tumour"], "tumour", "stroma"))
    for marker in reversed([name for name in LEADS if name in cells.markers]):
        table.loc[table[marker], "kind"] = marker
    borders = [_border(own) for _, own in table.groupby(["sample", "field"], sort=False)]
    drawn = [_thinned(own) for _, own in table.groupby("model", sort=False)]
    whole = stacked([*drawn, *borders]).reindex(columns=list(MAP_COLUMNS))
    places = ["x_um", "y_um", "x2_um", "y2_um"]
    return whole.assign(**{name: whole[name].astype(float).round(1) for name in places})


def _thinned(table: pd.DataFrame) -> pd.DataFrame:
    """Return every cell with a lead marker, and every k-th of the others."""
    lead = table["kind"].isin(LEADS).to_numpy()
    room = max(MOST_CELLS - int(lead.sum()), MOST_CELLS // 2)
    step = -(-int((~lead).sum()) // room)
    return table[lead | (np.cumsum(~lead) % max(step, 1) == 0)]


def _border(own: pd.DataFrame) -> pd.DataFrame:
    """Return the edges between neighbours on different sides of the smoothed compartment."""
    points = np.unique(own[["x_um", "y_um"]].to_numpy(float), axis=0)
    if len(points) < FEWEST_CELLS or np.linalg.matrix_rank(points - points.mean(axis=0)) < 2:
        return own.iloc[:0]
    first = own.drop_duplicates(["x_um", "y_um"]).set_index(["x_um", "y_um"])["tumour"]
    tumour = first.reindex(pd.MultiIndex.from_arrays(points.T)).to_numpy(bool)
    pieces = _edges(points, smoothed_region(points, tumour))
    base = {name: own[name].iloc[0] for name in (*KEYS, "sample", "field")}
    frame = pd.DataFrame(pieces, columns=["x_um", "y_um", "x2_um", "y2_um"])
    return frame.assign(**base, kind="border")


def _edges(points: Floats, side: np.ndarray) -> Floats:
    diagram = Voronoi(points)
    ridges = np.array(diagram.ridge_vertices)
    across = side[diagram.ridge_points[:, 0]] != side[diagram.ridge_points[:, 1]]
    ridges = ridges[across & (ridges >= 0).all(axis=1)]
    ends = np.hstack([diagram.vertices[ridges[:, 0]], diagram.vertices[ridges[:, 1]]])
    low, high = points.min(axis=0), points.max(axis=0)
    within = ((ends >= np.r_[low, low]) & (ends <= np.r_[high, high])).all(axis=1)
    short = np.hypot(ends[:, 0] - ends[:, 2], ends[:, 1] - ends[:, 3]) <= LONGEST
    return np.asarray(ends[within & short])
