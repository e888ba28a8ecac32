"""Cells of tissue sections: QuPath, HALO, inForm, or any table of places and markers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.stats.spatial import smoothed_region
from smartcombo.study.assays.checks_cells import Measured, check_cells
from smartcombo.study.assays.model import Cells
from smartcombo.study.config import CellTable
from smartcombo.study.model import InputFile
from smartcombo.study.tables import TextTable, find_column, load_table, missing_column, numbers

SAMPLE_NAMES = ("image", "image_file_name", "image_location", "sample_name", "core", "slide")
FIELD_NAMES = ("fov", "roi", "tile")
REGION_NAMES = ("parent", "tissue_category", "classifier_label", "compartment", "tissue")
CLASS_NAMES = ("classification", "phenotype", "cell_type", "name")
PLACE_NAMES = ("{}_um", "{}_px", "centroid {} µm", "centroid {} um", "centroid {} px",
               "centroid {}", "cell {} position", "{} position")  # fmt: skip
AREA_NAMES = ("area_um2", "area_px2", "cell: area µm^2", "cell: area", "cell area (µm²)",
              "entire cell area (pixels)", "entire cell area (square microns)", "cell_area",
              "nucleus: area µm^2")  # fmt: skip
MARKER_NAMES = ("{}", "{} positive classification", "{} positive", "phenotype {}", "{}_positive")
KNOWN_MARKERS = ("CD3", "CD4", "CD8", "FOXP3", "PD1", "PDL1", "CD20", "CD68", "F4/80", "NKp46",
                 "GZMB", "CD11b", "Ly6G")  # fmt: skip
TUMOUR_WORDS = ("tumour", "tumor", "carcinoma", "melanoma", "cancer", "nest")
STROMA_WORDS = ("stroma", "margin", "fibro")
YES = frozenset({"1", "1.0", "true", "positive", "pos", "+", "yes"})
NO = frozenset({"0", "0.0", "false", "negative", "neg", "-", "no", "", "other", "nan"})


def read_cells(
    folder: Path, given: CellTable, samples: pd.DataFrame
) -> tuple[Cells | None, InputFile | None, list[Finding]]:
    """Return the cells of a study, in um, with their compartment and their markers.

    Parameters
    ----------
    samples
        The samples of the study; every cell is of one of them.
    """
    text, findings = load_table(folder, given)
    if text is None:
        return None, None, findings
    sample = find_column(text, given, "sample", SAMPLE_NAMES)
    if sample is None:
        return None, text.input, [*findings, missing_column(text, "sample")]
    places, more = _places(text, given)
    markers, lost = _markers(text, given)
    regions, unsaid = _regions(text, given)
    findings = [*findings, *more, *lost, *unsaid]
    if places is None or regions is None or lost:
        return None, text.input, findings
    field = find_column(text, given, "field", FIELD_NAMES)
    table = pd.DataFrame({"sample": text.cells[sample]})
    table["field"] = text.cells[field] if field else ""
    table = table.join(places.xy).join(regions).join(markers)
    measured = Measured(text.name, table, places.area_um2, places.box_um, given.pixel_um)
    findings += check_cells(measured, samples)
    whole = table["tumour"].notna() & table[["x_um", "y_um"]].notna().all(axis=1)
    table = table[whole & table["sample"].isin(samples["sample"])].reset_index(drop=True)
    return _compartments(table, tuple(markers.columns)), text.input, findings


@dataclass(frozen=True)
class _Places:
    """Where cells lie: ``x_um`` and ``y_um``; area (um2) and width of the box (um) where given."""

    xy: pd.DataFrame
    area_um2: pd.Series | None
    box_um: pd.Series | None


def _places(text: TextTable, given: CellTable) -> tuple[_Places | None, list[Finding]]:
    columns = [_place(text, given, axis) for axis in "xy"]
    box = [find_column(text, given, name, ()) for name in ("XMin", "XMax", "YMin", "YMax")]
    boxed = all(box) and None in columns
    if None in columns and not boxed:
        return None, [missing_column(text, "x and y")]
    used = [str(c) for c in (box if boxed else columns)]
    unit = "pixel" if boxed else given.coordinates or unit_of(used[0]) or _asked(given)
    named = "pixel" if boxed else unit_of(used[0])
    if given.coordinates and named and named != given.coordinates:
        return None, [_contradiction(text.name, used[0], given.coordinates)]
    if unit == "" or (unit == "pixel" and given.pixel_um is None):
        return None, [_no_pixel(text.name, used[0], unit)]
    factor = 1.0 if unit == "um" else float(given.pixel_um or 1.0)
    values, findings = {}, []
    for column in used:
        values[column], more = numbers(text, column, given.decimal)
        findings += more
    if findings:
        return None, findings
    v = [factor * values[c] for c in used]
    x, y = ((v[0] + v[1]) / 2, (v[2] + v[3]) / 2) if boxed else (v[0], v[1])
    width = ((v[1] - v[0]) + (v[3] - v[2])) / 2 if boxed else None
    area = _area(text, given, unit)
    return _Places(pd.DataFrame({"x_um": x, "y_um": y}), area, width), []


def _place(text: TextTable, given: CellTable, axis: str) -> str | None:
    return find_column(text, given, axis, tuple(name.format(axis) for name in PLACE_NAMES))


def unit_of(heading: str) -> str:
    """Return the unit that a heading states: ``"um"``, ``"pixel"``, or nothing."""
    plain = heading.lower()
    if re.search(r"(px|pixels?)\W*\d*\W*$", plain):
        return "pixel"
    return "um" if re.search(r"(µm|μm|um|microns?)\W*\d*\W*$", plain) else ""


def _asked(given: CellTable) -> str:
    """Return the unit where neither headings nor the study say it: pixels, if their size is."""
    return "pixel" if given.pixel_um is not None else ""


def _area(text: TextTable, given: CellTable, unit: str) -> pd.Series | None:
    column = find_column(text, given, "area", AREA_NAMES)
    if column is None:
        return None
    values, problems = numbers(text, column, given.decimal)
    if problems:
        return None
    scale = given.pixel_um if (unit_of(column) or unit_of(column.rstrip("²2"))) == "pixel" else 1.0
    return None if scale is None else values * scale**2


def _regions(text: TextTable, given: CellTable) -> tuple[pd.DataFrame | None, list[Finding]]:
    """Return ``tumour`` and ``tumour_cell`` of each cell; missing where the word says neither."""
    words = (given.tumour or TUMOUR_WORDS, given.stroma or STROMA_WORDS)
    region = find_column(text, given, "region", REGION_NAMES)
    called = find_column(text, given, "class", CLASS_NAMES)
    findings: list[Finding] = []
    if region is not None:
        side, strange = _sides(text.cells[region], *words)
        if side.notna().any():
            findings = [_unknown_region(text.name, region, strange)] if strange else []
            frame = pd.DataFrame({"tumour": side, "tumour_cell": side.eq(1.0)})
            return frame.assign(smoothed=False), findings
    inside = _by_distance(text, words[0])
    if inside is not None:
        frame = pd.DataFrame({"tumour": inside, "tumour_cell": inside.eq(1.0)})
        return frame.assign(smoothed=False), findings
    if called is not None:
        cell = _sides(text.cells[called], words[0], ())[0].eq(1.0)
        if cell.any():
            frame = pd.DataFrame({"tumour": cell.astype(float), "tumour_cell": cell})
            return frame.assign(smoothed=True), findings
    return None, [_no_region(text, region or called)]


def _by_distance(text: TextTable, tumour: tuple[str, ...]) -> pd.Series | None:
    """Return 1 inside the tumour by a signed distance to its outline, which is minus inside."""
    for column in text.cells.columns:
        plain = column.lower()
        if plain.startswith("signed distance") and any(w.lower() in plain for w in tumour):
            distance = pd.to_numeric(text.cells[column], errors="coerce")
            return distance.le(0).astype(float).where(distance.notna())
    return None


def _sides(
    cells: pd.Series, tumour: tuple[str, ...], stroma: tuple[str, ...]
) -> tuple[pd.Series, list[str]]:
    """Return 1 for words of tumour, 0 of stroma, missing for others, and the others.

    A word of both, such as *tumour stroma*, is stroma.
    """
    said: dict[str, float] = {}
    for word in cells.unique():
        plain = word.lower()
        if any(one.lower() in plain for one in stroma):
            said[word] = 0.0
        elif any(one.lower() in plain for one in tumour):
            said[word] = 1.0
    strange = sorted(set(cells.unique()) - set(said))
    return cells.map(said).astype(float), strange


def _markers(text: TextTable, given: CellTable) -> tuple[pd.DataFrame, list[Finding]]:
    called = find_column(text, given, "class", CLASS_NAMES)
    classes = text.cells[called] if called else pd.Series("", index=text.cells.index)
    found: dict[str, pd.Series] = {}
    findings: list[Finding] = []
    for marker in given.markers or KNOWN_MARKERS:
        names = tuple(name.format(marker) for name in MARKER_NAMES)
        column = find_column(text, given, marker, names)
        by_class = {word: _has(word, marker) for word in classes.unique()}
        if column is not None and column != called:
            found[marker], more = _binary(text, column)
            findings += more
        elif any(by_class.values()):
            found[marker] = classes.map(by_class).astype(bool)
        elif given.markers:
            findings.append(missing_column(text, marker))
    if not found and not findings:
        findings = [_no_marker(text)]
    return pd.DataFrame(found, index=text.cells.index), findings


def _has(word: str, marker: str) -> bool:
    """Return whether a class such as ``CD8: PD1`` or ``CD8 T cell`` names the marker."""
    parts = re.split(r"[\s:;,&]+", word)
    return any(part.rstrip("+").lower() == marker.lower() for part in parts)


def _binary(text: TextTable, column: str) -> tuple[pd.Series, list[Finding]]:
    words = text.cells[column].str.lower()
    yes = words.isin(YES) | words.str.endswith("+")
    bad = ~(yes | words.isin(NO) | words.str.endswith("-"))
    if not bad.any():
        return yes, []
    row = int(bad.idxmax())
    finding = Finding(
        code="marker-not-binary",
        severity="error",
        file=text.name,
        row=row,
        column=column,
        found=f"{text.cells.at[row, column]!r}, and {int(bad.sum()) - 1} more such cells",
        expected="0 or 1, positive or negative: what image analysis called each cell",
        action="export the call, not the intensity; a threshold is not guessed here",
    )
    return yes, [finding]


def _compartments(table: pd.DataFrame, markers: tuple[str, ...]) -> Cells:
    """Return the cells, compartments made from neighbours where only classes are known."""
    smoothed = bool(table["smoothed"].any())
    tumour = table["tumour"].eq(1.0).to_numpy()
    if smoothed:
        for rows in table.groupby(["sample", "field"], sort=False).indices.values():
            points = table[["x_um", "y_um"]].to_numpy(float)[rows]
            tumour[rows] = smoothed_region(points, tumour[rows])
    columns = ["sample", "field", "x_um", "y_um", "tumour", "tumour_cell", *markers]
    done = table.assign(tumour=np.asarray(tumour, dtype=bool))[columns]
    return Cells(done, markers, "smoothed" if smoothed else "as given")


def _contradiction(file: str, column: str, stated: str) -> Finding:
    return Finding(
        code="pixels-called-um",
        severity="error",
        file=file,
        column=column,
        found=f"coordinates = {stated!r}, and the heading {column!r}",
        expected="one unit of the places of cells",
        action="correct coordinates; for pixels state pixel_um, the width of a pixel in um",
    )


def _no_pixel(file: str, column: str, unit: str) -> Finding:
    what = "in pixels" if unit else "in a unit that is not stated"
    return Finding(
        code="no-pixel-size",
        severity="error",
        file=file,
        column=column,
        found=f"places of cells {what}, and no pixel_um",
        expected="the width of a pixel in um, such as 0.5, or places in um",
        action='state pixel_um (the scanner writes it), or coordinates = "um"; it is not guessed, '
        "for every density depends on its square",
    )


def _no_region(text: TextTable, column: str | None) -> Finding:
    words = ", ".join(map(repr, text.cells[column].unique()[:6])) if column else ""
    return Finding(
        code="no-region",
        severity="error",
        file=text.name,
        column=column or "region",
        found=f"no word of tumour among {words}" if column else "neither a region nor a class",
        expected="which cells lie in the tumour and which in the stroma, or which are tumour cells",
        action="name the column (columns = { region = ... } or class = ...), and its words with "
        "tumour = [...] and stroma = [...]",
    )


def _unknown_region(file: str, column: str, words: list[str]) -> Finding:
    return Finding(
        code="unknown-region",
        severity="warning",
        file=file,
        column=column,
        found=f"cells in {', '.join(map(repr, words[:6]))}",
        expected="tumour or stroma",
        action="they are left out; add the words to tumour = [...] or stroma = [...] if they count",
    )


def _no_marker(text: TextTable) -> Finding:
    return Finding(
        code="no-cell-marker",
        severity="error",
        file=text.name,
        found=f"the columns {', '.join(list(text.cells.columns)[:12])}",
        expected="a column of 0 and 1 for CD8 or CD3, or classes that name them",
        action='name them: markers = ["CD8"], columns = { CD8 = "..." }',
    )
