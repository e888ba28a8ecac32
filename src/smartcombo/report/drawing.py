"""A figure as files: SVG whose bytes are the same each time, PNG, and its data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from smartcombo.report.figures.base import Figure
from smartcombo.report.theme import VEGA_LITE_VERSION

FLOAT_FORMAT = "%.12g"
"""Twelve digits: more than any estimate deserves, fewer than differ between processors."""
PNG_SCALE = 2
MADE_ID = re.compile(r"\b(?:gradient_|clip)\d+\b")


def svg_of(figure: Figure) -> str:
    """Return the drawing of a figure."""
    import vl_convert

    return stable_ids(vl_convert.vegalite_to_svg(figure.drawing(), vl_version=VEGA_LITE_VERSION))


def stable_ids(svg: str) -> str:
    """Return a drawing whose gradients and clips count from 0.

    The converter counts them over all that it ever drew, so that a second run of the same process
    would write other bytes.
    """
    seen: dict[str, str] = {}
    for name in MADE_ID.findall(svg):
        seen.setdefault(name, f"made{len(seen)}")
    return MADE_ID.sub(lambda found: seen[found.group(0)], svg)


def write_figures(figures: Sequence[Figure], folder: Path) -> None:
    """Write each figure as SVG, PNG and the CSV of its data."""
    import vl_convert

    folder.mkdir()
    for figure in figures:
        svg = svg_of(figure)
        (folder / f"{figure.id}.svg").write_text(svg, encoding="utf-8", newline="\n")
        png = vl_convert.svg_to_png(svg, scale=PNG_SCALE)
        (folder / f"{figure.id}.png").write_bytes(png)
        write_csv(figure.shared_data, folder / f"{figure.id}.csv")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as every table of a run folder is written."""
    table.to_csv(path, index=False, float_format=FLOAT_FORMAT, lineterminator="\n")
