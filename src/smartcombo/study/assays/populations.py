"""Cell populations by sample, each with what it is a part of."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.assays.checks_populations import check_populations
from smartcombo.study.assays.denominators import (
    EXPECTED,
    Denominator,
    cell_type_of,
    known_cell_types,
    leaf,
    parent,
    parse_denominator,
    split_heading,
)
from smartcombo.study.assays.model import POPULATION_COLUMNS
from smartcombo.study.assays.tidy import (
    cell_numbers,
    negative_cells,
    read_cells,
    repeated_cells,
    undeclared,
)
from smartcombo.study.config import PopulationTable
from smartcombo.study.model import InputFile

NAMES = ("population", "gate", "marker", "variable", "subset")


@dataclass(frozen=True)
class Heading:
    """One column of the table, or one population of a long table: what it measures."""

    gate: str
    denominator: Denominator
    cell_type: str
    assay: str
    declared: bool


def read_populations(
    folder: Path, given: PopulationTable, samples: pd.DataFrame
) -> tuple[pd.DataFrame | None, InputFile | None, list[Finding]]:
    """Return one row a sample and population with ``POPULATION_COLUMNS``, and what is wrong.

    A blank cell is missing; zero is a measurement. Event counts beside fractions are kept as
    ``events`` of ``total``.
    """
    cells, source, findings = read_cells(
        folder, given, NAMES, set(samples["sample"]), ignore=given.ignore, unnamed=given.unnamed,
        extra=("denominator", "cell_type"),
    )  # fmt: skip
    if cells is None or source is None:
        return None, source, findings
    if "denominator" in cells:
        own = cells["denominator"].ne("")
        cells["name"] = cells["name"].where(~own, cells["name"] + " | " + cells["denominator"])
    headings, more = _headings(source.name, cells, given)
    findings += more
    cells, more = cell_numbers(source, cells, given.decimal, percent_sign=True)
    findings += [*more, *repeated_cells(source.name, cells, "name")]
    scores = [n for n, heading in headings.items() if heading.denominator.kind == "score"]
    findings += negative_cells(source.name, cells[~cells["name"].isin(scores)])
    if any(finding.severity == "error" for finding in findings):
        return None, source, findings
    rows = _rows(cells, headings)
    findings += check_populations(source.name, rows)
    return _fractions(rows)[list(POPULATION_COLUMNS)], source, findings


def _headings(
    file: str, cells: pd.DataFrame, given: PopulationTable
) -> tuple[dict[str, Heading], list[Finding]]:
    """Return what each heading measures, and those of which that is not known."""
    stated = dict(zip(cells["name"], cells.get("cell_type", cells["name"].map(lambda _: "")),
                      strict=True))  # fmt: skip
    headings: dict[str, Heading] = {}
    findings: list[Finding] = []
    used: set[str] = set()
    for name, cell_type in stated.items():
        gate, words = split_heading(name)
        key = next((k for k in (name, gate, leaf(gate)) if k in given.declared), None)
        facts = given.declared[key] if key is not None else None
        used |= {key} if key is not None else set()
        said = facts.denominator if facts and (key == name or not words) else words
        found = parse_denominator(said) if said else None
        if found is None:
            findings.append(_not_stated(file, name, said))
            continue
        if found.kind == "fraction" and found.of.lower() == "parent":
            found = replace(found, of=leaf(parent(gate)) or "parent")
        kind = (facts.cell_type if facts else "") or cell_type or cell_type_of(leaf(gate))
        if kind and not cell_type_of(kind) and kind not in known_cell_types():
            findings.append(_unknown_cell_type(file, name, kind))
        same_kind = facts is not None and found.kind == _kind(facts.denominator)
        headings[name] = Heading(gate, found, cell_type_of(kind) or kind,
                                 facts.assay if facts else "flow", same_kind)  # fmt: skip
    there = {one for name in stated for one in (name, split_heading(name)[0])}
    findings += undeclared(file, set(given.declared) - used, there, "populations")
    return headings, findings


def _kind(words: str) -> str:
    found = parse_denominator(words)
    return found.kind if found else ""


def _rows(cells: pd.DataFrame, headings: dict[str, Heading]) -> pd.DataFrame:
    """Return the populations; raw event counts stand beside the fractions they belong to."""
    for name in ("gate", "cell_type", "assay", "declared"):
        cells[name] = [getattr(headings[one], name) for one in cells["name"]]
    parts = [headings[one].denominator for one in cells["name"]]
    cells = cells.assign(
        kind=[part.kind for part in parts],
        of=[part.of for part in parts],
        percent=[part.percent for part in parts],
        denominator=[part.words for part in parts],
    )
    counts = cells[cells["kind"].eq("count")]
    events = counts.set_index(["sample", "gate"])["value"]
    fractions = cells["kind"].eq("fraction")
    kept = cells[~cells["kind"].eq("count") | cells["declared"]].copy()
    kept["events"] = _looked_up(events, kept["sample"], kept["gate"])
    above = [_whole(gate, of, set(counts["gate"])) for gate, of in
             zip(kept["gate"], kept["of"], strict=True)]  # fmt: skip
    kept["total"] = _looked_up(events, kept["sample"], pd.Series(above, index=kept.index))
    kept.loc[~fractions.reindex(kept.index), ["events", "total"]] = np.nan
    return kept.assign(population=_short(kept)).reset_index(drop=True)


def _looked_up(events: pd.Series, sample: pd.Series, gate: pd.Series) -> np.ndarray:
    keys = zip(sample, gate, strict=True)
    known = events.to_dict()
    return np.array([known.get(key, np.nan) for key in keys], dtype=float)


def _whole(gate: str, of: str, counted: set[str]) -> str:
    """Return the gate whose events are the whole: the nearest one above with that name."""
    above = parent(gate)
    while above:
        if leaf(above) == of and above in counted:
            return above
        above = parent(above)
    return next((one for one in sorted(counted) if leaf(one) == of), "")


def _short(rows: pd.DataFrame) -> pd.Series:
    """Return the last gate as the name of a population, its path where that is not enough."""
    last = rows["gate"].map(leaf)
    paths = rows.assign(last=last).groupby(["last", "denominator"])["gate"].transform("nunique")
    return last.where(paths == 1, rows["gate"])


def _fractions(rows: pd.DataFrame) -> pd.DataFrame:
    """Return percent as fractions; a fraction of unsaid scale with values above 1 is percent."""
    unsaid = rows["percent"].isna() & rows["kind"].eq("fraction")
    percent = rows["percent"].eq(True) | unsaid
    return rows.assign(value=rows["value"].where(~percent, rows["value"] / 100))


def _not_stated(file: str, name: str, said: str) -> Finding:
    near = difflib.get_close_matches(said.lower(), ["count", "intensity", "fold", "score"], n=1)
    hint = f"did you mean {near[0]!r}? " if said and near else ""
    return Finding(
        code="unknown-denominator" if said else "denominator-not-stated",
        severity="error",
        file=file,
        column=name,
        subject=name,
        found=repr(said) if said else f"no denominator of {name!r}",
        expected=EXPECTED,
        action=f"{hint}write under [tables.populations.declared]: "
        f'"{name}" = {{ denominator = "percent of CD45+" }}, or what it is; or list it in `ignore`',
    )


def _unknown_cell_type(file: str, name: str, kind: str) -> Finding:
    return Finding(
        code="unknown-cell-type",
        severity="warning",
        file=file,
        column=name,
        subject=name,
        found=repr(kind),
        expected=f"one of {', '.join(known_cell_types())}",
        action="it is shown by its name, and is part of no axis",
    )
