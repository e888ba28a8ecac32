"""Sound cells of tissue for the sound samples, and one mistake at a time to make of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from broken import Mistake
from broken_assays import taken

C = "cells.csv"
TOML = f'\n[tables.cells]\nfile = "{C}"\n'
PX = "pixel_um = 0.5\n"
CELLS = 81
FIRST = "S-vehicle1"


@cache
def cells() -> pd.DataFrame:
    """Return cells of every sample on a loose grid: tumour left, stroma right, some CD8."""
    rng = np.random.default_rng(7)
    grid = np.stack(np.meshgrid(np.arange(9), np.arange(9)), -1).reshape(-1, 2) * 15.0
    parts = []
    for sample, _, _ in taken():
        x, y = (grid + rng.uniform(-3, 3, grid.shape)).round(2).T + 20
        parts.append(pd.DataFrame({
            "sample": sample, "x_um": x, "y_um": y, "region": np.where(x < 85, "Tumor", "Stroma"),
            "area_um2": rng.uniform(60, 110, CELLS).round(1),
            "CD8": rng.integers(0, 8, CELLS) // 7, "CD3": rng.integers(0, 5, CELLS) // 4,
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def write_cells(folder: Path, table: pd.DataFrame, more: str = "") -> Path:
    """Write cells and name them in the study."""
    table.to_csv(folder / C, index=False)
    path = folder / "study.toml"
    path.write_text(path.read_text(encoding="utf-8") + TOML + more, encoding="utf-8")
    return folder


def _broken(
    change: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table, more: str = ""
) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        write_cells(folder, change(cells().copy()), more)

    return apply


def _headed(names: dict[str, str]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.rename(columns=names)


def _set(column: str, value: object, rows: slice) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table[column] = table[column].astype(object)
        table.loc[rows, column] = value
        return table

    return change


def _without(*columns: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.drop(columns=list(columns))


def _few(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["sample"] != FIRST) | (table.index % CELLS < 20)]


def _no_arms(folder: Path) -> None:
    text = '[study]\nid = "CORES"\n\n[tables.samples]\nfile = "samples.csv"\n'
    (folder / "study.toml").write_text(text, encoding="utf-8")
    samples = pd.read_csv(folder / "samples.csv").drop(columns=["arm"])
    samples.to_csv(folder / "samples.csv", index=False)
    write_cells(folder, cells())


BARE = {"x_um": "x", "y_um": "y"}
PIXELS = {"x_um": "x_px", "y_um": "y_px"}

CELL_MISTAKES = (
    Mistake("no-pixel-size", _broken(_headed(BARE)), where=f"{C}, column x", found="not stated"),
    Mistake("no-pixel-size", _broken(_headed(PIXELS)), where=f"{C}, column x_px",
            found="in pixels"),
    Mistake("pixels-called-um", _broken(_headed(PIXELS), 'coordinates = "um"\n'),
            where=f"{C}, column x_px", found="'x_px'"),
    Mistake("pixel-size-implausible",
            _broken(lambda t: t.rename(columns=BARE | {"area_um2": "area_px2"}),
                    "pixel_um = 5.0\n"),
            where=f"{C}, column pixel_um", found="diameter of 51"),
    Mistake("pixel-size-implausible", _broken(_headed(BARE), "pixel_um = 0.1\n"),
            found="distance of 1"),
    Mistake("no-region", _broken(_without("region")), where=C, found="neither a region"),
    Mistake("no-region", _broken(_set("region", "A", slice(None))), where=f"{C}, column region",
            found="'A'"),
    Mistake("unknown-region", _broken(_set("region", "Necrosis", slice(0, 5))), "warning",
            where=f"{C}, column region", found="'Necrosis'"),
    Mistake("no-cell-marker", _broken(_without("CD8", "CD3")), where=C, found="region"),
    Mistake("missing-column", _broken(more='markers = ["CD8", "FOXP3"]\n'),
            where=f"{C}, column FOXP3"),
    Mistake("missing-column", _broken(_without("sample")), where=f"{C}, column sample"),
    Mistake("missing-column", _broken(_without("y_um")), where=f"{C}, column x and y"),
    Mistake("marker-not-binary", _broken(_set("CD8", 3.71, slice(4, 6))),
            where=f"{C}, row 6, column CD8", found="'3.71', and 2 more"),
    Mistake("sample-not-listed", _broken(_set("sample", "S-nobody", slice(0, 60))), where=C,
            found="61 cells of 'S-nobody'"),
    Mistake("text-in-number-cell", _broken(_set("x_um", "edge", slice(0, 0))),
            where=f"{C}, row 2, column x_um"),
    Mistake("few-tissue-cells", _broken(_few), "warning", where=C, found="20 cells in"),
    Mistake("no-arms", _no_arms, "note", where="study.toml"),
)  # fmt: skip
