"""Checks of cells in tissue: whose they are, and whether a pixel can have the stated size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from smartcombo.core.finding import Finding

DIAMETERS = (4.0, 30.0)
"""Diameter of a cell or its nucleus as image analysis outlines it, um: from a small lymphocyte's
nucleus to a large tumour cell."""
SPACINGS = (3.0, 60.0)
"""Median distance to the nearest other cell, um: nuclei cannot lie closer, tissue not emptier."""
FEWEST_CELLS = 50
CHECKED = 20_000
"""Cells whose neighbours are looked at; the median of these is exact enough."""


@dataclass(frozen=True)
class Measured:
    """Cells as read, with what tells the size of a pixel; ``area_um2`` and ``box_um`` by cell."""

    file: str
    table: pd.DataFrame
    area_um2: pd.Series | None
    box_um: pd.Series | None
    pixel_um: float | None


def check_cells(measured: Measured, samples: pd.DataFrame) -> list[Finding]:
    """Return what is wrong with cells: pixel size, samples, samples with hardly any cell."""
    return [*_pixel(measured), *_samples(measured, samples)]


def _pixel(measured: Measured) -> list[Finding]:
    """Find a size of pixel that makes cells of no possible size, or closer than cells can lie."""
    said = []
    if measured.area_um2 is not None:
        diameter = float(2 * np.sqrt(measured.area_um2.median() / np.pi))
        said.append((diameter, DIAMETERS, "cells of a median diameter of"))
    if measured.box_um is not None:
        said.append((float(measured.box_um.median()), DIAMETERS, "cells of a median width of"))
    said.append((_spacing(measured.table), SPACINGS, "cells with a median distance of"))
    return [
        Finding(
            code="pixel-size-implausible",
            severity="error",
            file=measured.file,
            column="pixel_um" if measured.pixel_um else "x",
            found=f"{words} {value:.3g} um"
            + (f" with pixel_um = {measured.pixel_um:g}" if measured.pixel_um else ""),
            expected=f"{low:g} to {high:g} um",
            action="correct pixel_um, or state it if places are in pixels",
        )
        for value, (low, high), words in said
        if np.isfinite(value) and not low <= value <= high
    ]


def _spacing(table: pd.DataFrame) -> float:
    """Return the median distance to the nearest other cell of the same field, um."""
    near = []
    for _, own in table.groupby(["sample", "field"], sort=False):
        points = own[["x_um", "y_um"]].dropna().to_numpy(float)
        if len(points) >= FEWEST_CELLS:
            near.append(cKDTree(points).query(points[:CHECKED], k=2)[0][:, 1])
    return float(np.median(np.concatenate(near))) if near else float("nan")


def _samples(measured: Measured, samples: pd.DataFrame) -> list[Finding]:
    count = measured.table["sample"].value_counts()
    unknown = [name for name in count.index if name not in set(samples["sample"])]
    findings = [
        Finding(
            code="sample-not-listed",
            severity="error",
            file=measured.file,
            column="sample",
            subject=str(name),
            found=f"{count[name]} cells of {name!r}, which is not in the samples table",
            expected="animal and arm of each sample",
            action="add it to the samples table, or correct the name",
        )
        for name in unknown
    ]
    sides = measured.table.groupby("sample", sort=False)["tumour"].agg(["size", "sum"])
    for row in sides[(sides["size"] < FEWEST_CELLS) | (sides["sum"] == 0)].itertuples():
        few = f"{row.size} cells" if row.sum else "no cell in the tumour"
        findings.append(
            Finding(
                code="few-tissue-cells",
                severity="warning",
                file=measured.file,
                subject=str(row.Index),
                found=f"{few} in {row.Index}",
                expected=f"{FEWEST_CELLS} cells or more, some of them in the tumour",
                action="look at the image: a density of so little tissue says hardly anything",
            )
        )
    return findings
