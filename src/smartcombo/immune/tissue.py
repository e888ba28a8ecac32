"""Cells in tissue: densities by compartment and how immune cells mix with tumour cells.

Every field is measured, fields are summed within the animal, and the animal is the unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.random import DEFAULT_SEED, stream
from smartcombo.immune.rows import MARKER_COLUMNS
from smartcombo.stats.design import Floats
from smartcombo.stats.polygons import tissue_window, voronoi_areas
from smartcombo.stats.spatial import (
    ClosePairs,
    Flags,
    close_pairs,
    cross_g,
    cross_k,
    label_envelope,
    signed_distances,
    smoothed_region,
)
from smartcombo.stats.tissue_phenotype import Compartment, field_dispersion
from smartcombo.study.assays.model import Cells
from smartcombo.study.model import Study

PLACES = ("tumour", "stroma", "margin")
FIELD_COLUMNS = (
    "sample", "field", "marker", "cells", "tumour_n", "tumour_mm2", "stroma_n", "stroma_mm2",
    "margin_n", "margin_mm2", "k", "k_low", "k_high", "k_p", "g", "mixing", "signed_q25",
    "signed_median", "signed_q75",
)  # fmt: skip
KEYS = ["model", "arm", "animal", "day", "tissue"]
ANIMAL_COLUMNS = (
    *KEYS, "batch", "marker", "fields", "cells",
    *(f"{place}_{what}" for place in PLACES for what in ("n", "mm2", "per_mm2", "low", "high")),
    "ratio", "k", "k_low", "k_high", "g", "mixing", "signed_median", "dispersion_tumour",
    "dispersion_stroma",
)  # fmt: skip
LEADS = ("CD8", "CD3")
"""Markers that stand for infiltration, the first that was stained."""
FEWEST_CELLS = 10
LEAST_AREA = 0.02
"""mm2 of tumour below which a density is marked as a caution: 20 high-power nuclei across."""


@dataclass(frozen=True, slots=True)
class TissueOptions:
    """How tissue is measured and where the cuts between phenotypes lie.

    Attributes
    ----------
    margin_um
        Cells at most this far from the other compartment, on either side, are the margin.
    radius_k_um, radius_g_um
        Reach of cross-K (who lies around a tumour cell), and of cross-G and mixing (contact).
    draws
        Shuffles of the labels.
    cuts
        Marker, cells per mm2 in the tumour, cells per mm2 in the stroma. A convention on a
        continuum. CD8: 150, amid the medians (81 to 328) of the cancer types for which checkpoint
        inhibitors are approved (10.1007/s13402-020-00496-7); CD3: twice that, for CD8 cells are
        about half of the T cells or fewer. One cut serves both compartments. Where both were
        stained each has the same say.
    avoidance
        Cells that meet tumour cells less than this times as often as with shuffled labels keep
        away from them, and their tumour is excluded however many cells lie in it.
    level
        Of the intervals of densities.
    """

    margin_um: float = 50.0
    radius_k_um: float = 50.0
    radius_g_um: float = 20.0
    draws: int = 199
    cuts: tuple[tuple[str, float, float], ...] = (("CD8", 150.0, 150.0), ("CD3", 300.0, 300.0))
    avoidance: float = 2 / 3
    level: float = 0.95

    def __post_init__(self) -> None:
        for name in ("margin_um", "radius_k_um", "radius_g_um"):
            value = getattr(self, name)
            if not value > 0:
                raise ValueError(f"{name}={value!r}: expected a positive distance in um")
        if self.draws < 99:
            raise ValueError(f"draws={self.draws!r}: expected 99 or more for a 95% envelope")
        if not 0 < self.avoidance < 1:
            raise ValueError(f"avoidance={self.avoidance!r}: expected a fraction such as 0.67")
        if not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")
        if not self.cuts or any(min(cut[1:]) <= 0 for cut in self.cuts):
            raise ValueError(f"cuts={self.cuts!r}: expected (marker, tumour, stroma) per mm2, > 0")

    def measuring(self) -> TissueOptions:
        """Return the options that say how tissue is measured, the cuts at their defaults."""
        return TissueOptions(
            margin_um=self.margin_um,
            radius_k_um=self.radius_k_um,
            radius_g_um=self.radius_g_um,
            draws=self.draws,
        )

    def scaled(self, factor: float) -> TissueOptions:
        """Return the same options with every density cut times ``factor``."""
        cuts = tuple((name, factor * inside, factor * out) for name, inside, out in self.cuts)
        return replace(self, cuts=cuts)


def field_table(study: Study, options: TissueOptions | None = None) -> pd.DataFrame:
    """Return every marker of every field: counts, areas, mixing; with ``FIELD_COLUMNS``.

    Areas are those nearest to the cells of a compartment within the convex hull of the field's
    cells, grown by 10 um. Signed distances (minus inside the tumour, um) and the margin are taken
    from the compartment that most of a cell's neighbours are in: a single call makes no border. K
    and G run from tumour cells to the marker's cells and are corrected at the edge; the envelope
    shuffles which cell is which. ``mixing`` is the share of tumour cells among the tumour and the
    like cells that touch a cell of the marker, from 0 to 1.
    """
    cells = study.assays.cells
    if cells is None:
        return pd.DataFrame(columns=list(FIELD_COLUMNS))
    seed = DEFAULT_SEED if study.plan.seed is None else study.plan.seed
    return _measured(cells, (options or TissueOptions()).measuring(), seed).copy()


@lru_cache(maxsize=4)
def _measured(cells: Cells, options: TissueOptions, seed: int) -> pd.DataFrame:
    rows = []
    for (sample, field), own in cells.table.groupby(["sample", "field"], sort=False):
        rows += _field(str(sample), str(field), own, cells.markers, options, seed)
    return pd.DataFrame(rows, columns=list(FIELD_COLUMNS))


def _field(
    sample: str,
    field: str,
    own: pd.DataFrame,
    markers: tuple[str, ...],
    options: TissueOptions,
    seed: int,
) -> list[dict[str, Any]]:
    """Return one row a marker; none where the cells of the field span no area."""
    points = own[["x_um", "y_um"]].to_numpy(float)
    if len(points) < FEWEST_CELLS or np.linalg.matrix_rank(points - points.mean(axis=0)) < 2:
        return []
    window = tissue_window(points)
    areas = voronoi_areas(points, window) / 1e6
    tumour = own["tumour"].to_numpy(bool)
    signed = signed_distances(points, smoothed_region(points, tumour))
    inside = {"tumour": tumour, "stroma": ~tumour, "margin": np.abs(signed) <= options.margin_um}
    pairs = close_pairs(points, window, options.radius_k_um)
    gaps = np.hypot(*(points[pairs.first] - points[pairs.second]).T)
    touching = gaps <= options.radius_g_um
    rows = []
    for marker in markers:
        target = own[marker].to_numpy(bool)
        source = own["tumour_cell"].to_numpy(bool) & ~target
        rng = stream(seed, "tissue", sample, field, marker)
        low, high, p = label_envelope(pairs, source, target, rng, draws=options.draws)
        counted = {f"{place}_n": int((flag & target).sum()) for place, flag in inside.items()}
        sized = {f"{place}_mm2": float(areas[flag].sum()) for place, flag in inside.items()}
        spread = _quartiles(signed[target])
        rows.append(
            {"sample": sample, "field": field, "marker": marker, "cells": len(own)}
            | counted | sized
            | {"k": cross_k(pairs, source, target), "k_low": low, "k_high": high, "k_p": p,
               "g": cross_g(points, window, source, target, options.radius_g_um),
               "mixing": _mixing(pairs, touching, source, target),
               "signed_q25": spread[0], "signed_median": spread[1], "signed_q75": spread[2]}
        )  # fmt: skip
    return rows


def _quartiles(signed: Floats) -> Floats:
    finite = signed[np.isfinite(signed)]
    return np.quantile(finite, [0.25, 0.5, 0.75]) if len(finite) else np.full(3, np.nan)


def _mixing(pairs: ClosePairs, touching: Flags, source: Flags, target: Flags) -> float:
    """Return tumour cells among all tumour and target cells that touch a target cell."""
    from_target = touching & target[pairs.first]
    with_tumour = int((from_target & source[pairs.second]).sum())
    both = with_tumour + int((from_target & target[pairs.second]).sum())
    return with_tumour / both if both else float("nan")


def animal_table(study: Study, options: TissueOptions | None = None) -> pd.DataFrame:
    """Return every marker of every animal, fields summed, with ``ANIMAL_COLUMNS``.

    Densities are cells over area, so that fields weigh by their area. Limits count cells as
    Poisson, wider where fields scatter more. ``ratio`` is density in the tumour over that in the
    stroma, half a cell added to both counts, so that it is never zero or infinite.
    """
    options = options or TissueOptions()
    fields = field_table(study, options)
    known = study.samples[["sample", *KEYS, "batch"]]
    joined = fields.merge(known, on="sample", how="inner")
    rows = [
        _animal(dict(zip([*KEYS, "marker"], key, strict=True)), own, options)
        for key, own in joined.groupby([*KEYS, "marker"], sort=False, dropna=False)
    ]
    return pd.DataFrame(rows, columns=list(ANIMAL_COLUMNS))


def _animal(key: dict[str, Any], own: pd.DataFrame, options: TissueOptions) -> dict[str, Any]:
    row = key | {"batch": own["batch"].iloc[0], "fields": len(own), "cells": own["cells"].sum()}
    for place in PLACES:
        counts, areas = (own[f"{place}_{what}"].to_numpy(float) for what in ("n", "mm2"))
        spread = field_dispersion(counts, areas)
        part = Compartment(float(counts.sum()), float(areas.sum()), spread)
        low, high = part.interval(options.level)
        row |= {f"{place}_n": part.count, f"{place}_mm2": part.area, f"{place}_low": low,
                f"{place}_high": high, f"{place}_per_mm2": part.density,
                f"dispersion_{place}": spread}  # fmt: skip
    row["ratio"] = float(np.exp2(_log_density(row, "tumour") - _log_density(row, "stroma")))
    weight = own["tumour_mm2"].to_numpy(float)
    for name in ("k", "k_low", "k_high"):
        row[name] = _weighted(np.log(own[name].where(own[name] > 0)), weight, logged=True)
    for name in ("g", "mixing", "signed_median"):
        row[name] = _weighted(own[name], weight, logged=False)
    return {name: row.get(name) for name in ANIMAL_COLUMNS}


def _weighted(values: pd.Series, weight: Floats, *, logged: bool) -> float:
    """Return the mean over the fields that have the value, by their area of tumour."""
    there = np.isfinite(values.to_numpy(float)) & (weight > 0)
    if not there.any():
        return float("nan")
    mean = np.average(values.to_numpy(float)[there], weights=weight[there])
    return float(np.exp(mean) if logged else mean)


def _log_density(row: dict[str, Any] | pd.Series, place: str) -> float:
    """Return log2 of (cells + 1/2) per mm2; NaN without area."""
    area = float(row[f"{place}_mm2"])
    if not area > 0:
        return float("nan")
    return float(np.log2((float(row[f"{place}_n"]) + 0.5) / area))


def tissue_markers(study: Study, options: TissueOptions | None = None) -> pd.DataFrame:
    """Return densities and mixing of each animal as markers of the assay *tissue*.

    Half a cell is added to each count before the logarithm. ``infiltration`` is the density of CD8
    cells (of CD3 without CD8) in the tumour, ``exclusion`` the ratio of their density in the
    stroma to that in the tumour.
    """
    animals = animal_table(study, options)
    lead = next((name for name in LEADS if name in set(animals["marker"])), "")
    rows = [
        {**{name: row[name] for name in (*KEYS, "batch")}, "assay": "tissue", **one}
        for row in animals.to_dict("records")
        for one in _marker_rows(row, lead)
        if np.isfinite(one["value"])
    ]
    return pd.DataFrame(rows, columns=list(MARKER_COLUMNS)).assign(censored="")


def _marker_rows(row: dict[str, Any], lead: str) -> list[dict[str, Any]]:
    name = str(row["marker"])
    status = "ok" if float(row["tumour_mm2"]) >= LEAST_AREA else "caution"
    dense = {place: _log_density(row, place) for place in PLACES}
    unit, theme = "log2 cells per mm2", "infiltration"
    out = [(f"{name.lower()}_{place}", f"{name} cells in the {place}", theme, dense[place], unit)
           for place in PLACES if not (name == lead and place == "tumour")]  # fmt: skip
    if name == lead:
        apart = dense["stroma"] - dense["tumour"]
        near = float(np.log2(float(row["k"])))
        out += [
            ("infiltration", f"{name} cells in the tumour", theme, dense["tumour"], unit),
            ("exclusion", f"{name} cells, stroma to tumour", "exclusion", apart, "log2 ratio"),
            (f"{name.lower()}_k", f"{name} cells around tumour cells (K)", theme, near, "log2"),
        ]
    keys = ("marker", "title", "theme", "value", "unit")
    return [dict(zip(keys, one, strict=True)) | {"status": status} for one in out]
