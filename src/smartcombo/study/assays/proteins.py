"""Cytokines and chemokines by sample: units, and limits of detection as censoring."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.assays.model import PROTEIN_COLUMNS
from smartcombo.study.assays.tidy import (
    cell_numbers,
    negative_cells,
    read_cells,
    repeated_cells,
    undeclared,
)
from smartcombo.study.config import ProteinTable
from smartcombo.study.model import InputFile

NAMES = ("analyte", "protein", "cytokine", "chemokine", "target")
PICOGRAMS = {"fg": 1e-3, "pg": 1.0, "ng": 1e3, "ug": 1e6, "µg": 1e6, "mg": 1e9}
PER = {"ml": ("ml", 1.0), "l": ("ml", 1e3), "mg": ("mg", 1.0), "g": ("mg", 1e3)}
"""Volumes and masses, and by how many ml or mg a value per one of them is divided."""
GENES = {
    "rantes": "CCL5", "mig": "CXCL9", "ip10": "CXCL10", "itac": "CXCL11", "ifng": "IFNG",
    "ifngamma": "IFNG", "ifnγ": "IFNG", "mcp1": "CCL2", "mip1a": "CCL3", "mip1b": "CCL4",
    "mip1α": "CCL3", "mip1β": "CCL4", "mip2": "CXCL2", "mdc": "CCL22", "tarc": "CCL17",
    "eotaxin": "CCL11", "kc": "CXCL1", "tnf": "TNF", "tnfa": "TNF", "tnfα": "TNF",
    "tnfalpha": "TNF", "gmcsf": "CSF2", "gcsf": "CSF3", "mcsf": "CSF1", "vegf": "VEGFA",
    "vegfa": "VEGFA", "tgfb": "TGFB1", "tgfb1": "TGFB1", "tgfβ1": "TGFB1", "ifnb": "IFNB1",
    "ifnb1": "IFNB1", "ifnβ": "IFNB1", "ifna": "IFNA1", "il1a": "IL1A", "il1b": "IL1B",
    "il1β": "IL1B", "il12p70": "IL12", "granzymeb": "GZMB", "gzmb": "GZMB",
}  # fmt: skip
"""Usual names of proteins, without spaces and hyphens -> gene symbol in capitals."""
_BEYOND = re.compile(r"^\s*(?:oor\s*)?([<>])\s*=?\s*([\d.,eE+-]*)\s*$", re.IGNORECASE)
UNCLEAR = frozenset({"nd", "n.d.", "n.d", "bdl", "bql", "oor", "lod"})
MOSTLY = 0.5


def read_proteins(
    folder: Path, given: ProteinTable, samples: pd.DataFrame
) -> tuple[pd.DataFrame | None, InputFile | None, list[Finding]]:
    """Return one row a sample and analyte with ``PROTEIN_COLUMNS``, and what is wrong.

    ``<3.2``, ``OOR <`` and values at or beyond a declared limit are measurements: *below* or
    *above* their limit. A blank cell is missing.
    """
    cells, source, findings = read_cells(
        folder, given, NAMES, set(samples["sample"]), ignore=given.ignore, extra=("unit",)
    )
    if cells is None or source is None:
        return None, source, findings
    file = source.name
    findings += undeclared(file, set(given.declared), set(cells["name"]), "proteins")
    unclear = cells[cells["text"].str.strip().str.lower().isin(UNCLEAR)]
    findings += [_unclear(file, row) for row in unclear.itertuples()]
    cells, more = _limits(file, cells.drop(unclear.index), given)
    findings += more
    cells, more = cell_numbers(source, cells, given.decimal)
    findings += [*more, *repeated_cells(file, cells, "name"), *negative_cells(file, cells)]
    if any(finding.severity == "error" for finding in findings):
        return None, source, findings
    cells, more = _units(file, _censored(cells, given), given)
    findings += [*more, *_zeros(file, cells), *_mostly(file, cells)]
    if any(finding.severity == "error" for finding in findings):
        return None, source, findings
    names = {one: given.declared[one].name if one in given.declared else "" for one in
             cells["name"].unique()}  # fmt: skip
    rows = cells.assign(
        analyte=cells["name"],
        protein=[names[one] or gene_of(one) for one in cells["name"]],
    )
    return rows[list(PROTEIN_COLUMNS)].reset_index(drop=True), source, findings


def gene_of(name: str) -> str:
    """Return the gene symbol, in capitals, of a protein by its usual name (``RANTES``: CCL5)."""
    bare = re.sub(r"\(.*?\)|\[.*?\]", "", name)
    plain = re.sub(r"[\s\-_.]", "", bare.lower())
    return GENES.get(plain, re.sub(r"[\s\-_]", "", bare).upper())


def _limits(
    file: str, cells: pd.DataFrame, given: ProteinTable
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the cells with the number of a limit for each that lies beyond one."""
    sides, text, findings = [], [], []
    for row in cells.itertuples():
        match = _BEYOND.match(str(row.text))
        side = "" if match is None else "below" if match[1] == "<" else "above"
        number = str(row.text).lstrip("*").strip() if match is None else match[2]
        if match is not None and not number:
            facts = given.declared.get(str(row.name))
            limit = (facts.lower if side == "below" else facts.upper) if facts else None
            if limit is None:
                findings.append(_no_limit(file, row, str(row.text), side))
            number = "" if limit is None else repr(limit)
            number = number.replace(".", ",") if given.decimal == "," else number
        sides.append(side)
        text.append(number)
    return cells.assign(text=text, censored=sides), findings


def _censored(cells: pd.DataFrame, given: ProteinTable) -> pd.DataFrame:
    """Return the cells with values at or beyond a declared limit at that limit."""
    lower = cells["name"].map({n: f.lower for n, f in given.declared.items()}).astype(float)
    upper = cells["name"].map({n: f.upper for n, f in given.declared.items()}).astype(float)
    plain = cells["censored"].eq("")
    below = plain & (cells["value"] <= lower)
    above = plain & (cells["value"] >= upper)
    value = cells["value"].where(~below, lower).where(~above, upper)
    side = cells["censored"].where(~below, "below").where(~above, "above")
    return cells.assign(value=value, censored=side)


def _units(
    file: str, cells: pd.DataFrame, given: ProteinTable
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the values in pg per ml or per mg."""
    declared = {name: facts.unit for name, facts in given.declared.items() if facts.unit}
    stated = cells["unit"] if "unit" in cells else pd.Series("", index=cells.index)
    stated = stated.where(stated.ne(""), cells["name"].map(declared).fillna(given.unit))
    read = {unit: parse_unit(unit) for unit in stated.unique()}
    bad = cells[stated.map(lambda unit: read[unit] is None)].drop_duplicates("name")
    findings = [_no_unit(file, row, stated[row.Index]) for row in bad.itertuples()]
    if findings:
        return cells, findings
    factor = np.array([(read[unit] or ("", 1.0))[1] for unit in stated])
    cells = cells.assign(unit=[(read[unit] or ("", 1.0))[0] for unit in stated],
                         value=cells["value"] * factor)  # fmt: skip
    for name, own in cells.groupby("name", sort=False):
        if own["unit"].nunique() > 1:
            findings.append(
                Finding("mixed-units", "error", f"{name} in {' and '.join(own['unit'].unique())}",
                        "one kind of unit for each protein",
                        "per ml and per mg cannot be turned into each other: give one", file,
                        int(own["row"].iloc[0]), str(name), str(name))
            )  # fmt: skip
    return cells, findings


def parse_unit(text: str) -> tuple[str, float] | None:
    """Return ``"pg/ml"`` or ``"pg/mg"`` and the factor to it; ``None`` for no such unit."""
    match = re.match(r"^\s*(\w+)\s*(?:/|per)\s*(\w+)(?:\s.*)?$", text.lower())
    if match is None or match[1] not in PICOGRAMS or match[2] not in PER:
        return None
    per, many = PER[match[2]]
    return f"pg/{per}", PICOGRAMS[match[1]] / many


def _zeros(file: str, cells: pd.DataFrame) -> list[Finding]:
    zero = cells[cells["value"].eq(0)]
    return [_no_limit(file, row, "0", "below") for row in zero.itertuples()]


def _mostly(file: str, cells: pd.DataFrame) -> list[Finding]:
    below = cells["censored"].eq("below").groupby(cells["name"])
    many = below.transform("sum")
    return [
        Finding("mostly-below-limit", "note",
                f"{name}: {many[own.index[0]]} of {len(own)} samples below its limit",
                "most samples above it",
                "they are treated as below the limit; differences between arms are wide",
                file, None, str(name), str(name))
        for name, own in cells.groupby("name", sort=False)
        if own["censored"].eq("below").mean() > MOSTLY
    ]  # fmt: skip


def _no_limit(file: str, row: object, found: str, side: str) -> Finding:
    name = str(row.name)  # type: ignore[attr-defined]
    key = "lower" if side == "below" else "upper"
    return Finding(
        "limit-not-stated", "error", f"{found!r} for {name}", f"the limit it lies {side}",
        f'write it in the cell, such as "<3.2", or under [tables.proteins.declared]: "{name}" = '
        f"{{ {key} = ... }}",
        file, int(row.row), str(row.column), str(row.sample),  # type: ignore[attr-defined]
    )  # fmt: skip


def _no_unit(file: str, row: object, unit: str) -> Finding:
    name = str(row.name)  # type: ignore[attr-defined]
    found = f"the unit {unit!r} of {name}" if unit else f"no unit of {name}"
    return Finding(
        "unit-not-stated", "error", found,
        "a mass per ml, mg or g, such as 'pg/ml' or 'pg/mg'",
        'write unit = "pg/ml" under [tables.proteins], or for one protein under '
        "[tables.proteins.declared]",
        file, None, "unit", name,
    )  # fmt: skip


def _unclear(file: str, row: object) -> Finding:
    text = str(row.text)  # type: ignore[attr-defined]
    return Finding(
        "not-detected-or-not-done", "error", repr(text),
        "a number, a limit such as '<3.2', 'OOR <', or a blank cell",
        "write '<' and the limit where it was too little to detect; leave the cell blank where it "
        "was not measured",
        file, int(row.row), str(row.column), str(row.sample),  # type: ignore[attr-defined]
    )  # fmt: skip
