"""Measurements over time, long or wide, as one tidy table."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.arms import arm_names, plain_name, resolve_arm
from smartcombo.study.config import StudyFile, TableFacts, VolumeTable
from smartcombo.study.model import VOLUME_COLUMNS, Arm, InputFile, TumourModel
from smartcombo.study.tables import (
    TextTable,
    find_column,
    load_table,
    missing_column,
    numbers,
)

USUAL_NAMES = {
    "animal": ("mouse", "mouseid", "animalid", "id", "subject"),
    "arm": ("treatment", "group", "condition"),
    "day": ("time", "days"),
    "value": ("volume_mm3", "volume", "tumvol", "tumourvolume", "tumorvolume", "tv"),
    "length": ("length_mm", "l"),
    "width": ("width_mm", "w"),
    "model": ("tumour_model", "tumor_model", "cell_line"),
}
DAY_HEADER = re.compile(r"^(?:day|d|t)?[\s_.]*(-?\d+(?:[.,]\d+)?)$", re.IGNORECASE)
ALMOST_A_DAY = re.compile(r"^(?:day|d|t)?[\s_.]*-?\d", re.IGNORECASE)
"""A heading that begins like a day and is none, such as ``Day 1O`` or ``14b``."""
FORMULAE: dict[str, tuple[str, float]] = {
    "L*W^2/2": ("length * width^2 / 2", 0.5),
    "pi/6*L*W^2": ("pi/6 * length * width^2", math.pi / 6),
}


@dataclass(frozen=True)
class ReadVolumes:
    """The tidy measurements, where they came from, and how a volume was computed."""

    table: pd.DataFrame
    input: InputFile
    derivation: str


def read_volumes(
    folder: Path, facts: StudyFile, arms: tuple[Arm, ...]
) -> tuple[ReadVolumes | None, list[Finding]]:
    """Return the measurements as model, arm, animal, day, value, row; or what is wrong."""
    given = facts.tables.volumes
    if given is None:
        return None, []
    text, findings = load_table(folder, given)
    if text is None:
        return None, findings
    reader = _wide if given.layout == "wide" else _long
    table, derivation, more = reader(text, given)
    findings = [*findings, *more]
    if table is None:
        return None, findings
    table, arm_findings = resolve_arms(table, facts, arms, text.name)
    table, model_findings = resolve_models(table, facts, text.name)
    findings += arm_findings + model_findings
    findings += nameless(table, text.name)
    table = table[table["arm"].notna() & table["model"].notna() & (table["animal"] != "")]
    if given.animal_ids == "within-arm":
        table = table.assign(animal=table["arm"] + ":" + table["animal"])
    if table.empty:
        return None, findings
    return ReadVolumes(table, text.input, derivation), findings


def _long(text: TextTable, given: VolumeTable) -> tuple[pd.DataFrame | None, str, list[Finding]]:
    computed = bool(given.formula)
    needed = ["animal", "arm", "day", *(("length", "width") if computed else ("value",))]
    columns = {name: find_column(text, given, name, USUAL_NAMES[name]) for name in needed}
    lost = [missing_column(text, name) for name, column in columns.items() if column is None]
    if lost:
        return None, "", lost
    found = {name: str(column) for name, column in columns.items()}
    day, findings = numbers(text, found["day"], given.decimal)
    findings += [missing_day(text.name, int(row), found["day"]) for row in day[day.isna()].index
                 if text.cells.loc[row, found["day"]] == ""]  # fmt: skip
    if computed:
        value, derivation, more = _computed(text, found, given)
    else:
        value, more = numbers(text, found["value"], given.decimal)
        derivation = "as given"
    table = identities(text, given, found).assign(day=day, value=value, row=text.cells.index)
    return _measured(table), derivation, findings + more + _never_measured(table, text.name)


def _measured(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out blank cells: a visit without a measurement is not a measurement."""
    return table[table["value"].notna() & table["day"].notna()]


def _never_measured(table: pd.DataFrame, file: str) -> list[Finding]:
    """Find animals that have rows and no value in any of them."""
    by_animal = table["value"].notna().groupby([table["arm"], table["animal"]], sort=False)
    return [
        Finding(
            code="animal-never-measured",
            severity="warning",
            file=file,
            row=int(table.loc[(table["arm"] == arm) & (table["animal"] == animal), "row"].min()),
            column="value",
            subject=str(animal),
            found=f"animal {animal} of {arm} has only blank cells",
            expected="measurements of each animal",
            action="it contributes nothing; say in the animals table why it was never measured",
        )
        for (arm, animal), measured in by_animal.any().items()
        if not measured and animal != ""
    ]


def identities(text: TextTable, given: TableFacts, found: dict[str, str]) -> pd.DataFrame:
    """Return animal, arm and model of each row, as written."""
    model = find_column(text, given, "model", USUAL_NAMES["model"])
    return pd.DataFrame(
        {
            "animal": text.cells[found["animal"]],
            "arm": text.cells[found["arm"]],
            "model": text.cells[model] if model else "",
        },
        index=text.cells.index,
    )


def _computed(
    text: TextTable, found: dict[str, str], given: VolumeTable
) -> tuple[pd.Series, str, list[Finding]]:
    length, findings = numbers(text, found["length"], given.decimal)
    width, more = numbers(text, found["width"], given.decimal)
    scale = 10.0 if given.length_unit == "cm" else 1.0
    name, factor = FORMULAE[given.formula]
    swapped = length.index[width > length]
    findings = [*findings, *more]
    findings += [
        Finding(
            code="width-above-length",
            severity="warning",
            file=text.name,
            row=int(row),
            column=found["width"],
            found=f"width {width[row]:g} above length {length[row]:g}",
            expected="the longer diameter as length",
            action="check the columns; the volume is computed as written",
        )
        for row in swapped
    ]
    return factor * (scale * length) * (scale * width) ** 2, name, findings


def _wide(text: TextTable, given: VolumeTable) -> tuple[pd.DataFrame | None, str, list[Finding]]:
    table, findings = wide_rows(text, given)
    if table is None:
        return None, "", findings
    return _measured(table), "as given", findings + _never_measured(table, text.name)


def wide_rows(text: TextTable, given: TableFacts) -> tuple[pd.DataFrame | None, list[Finding]]:
    """Return a table with a column a day as one row a cell, blank cells too."""
    columns = {
        name: find_column(text, given, name, USUAL_NAMES[name]) for name in ("animal", "arm")
    }
    lost = [missing_column(text, name) for name, column in columns.items() if column is None]
    days = {c: m for c in text.cells.columns if (m := DAY_HEADER.match(c))}
    if not days:
        lost.append(missing_column(text, "a day, such as 0, 7 or Day 7"))
    if lost:
        return None, lost
    found = {name: str(column) for name, column in columns.items()}
    base = identities(text, given, found)
    findings = [
        _unread_day(text.name, column)
        for column in text.cells.columns
        if column not in days and ALMOST_A_DAY.match(column)
    ]
    pieces = []
    for column, match in days.items():
        value, more = numbers(text, column, given.decimal)
        findings += more
        day = float(match.group(1).replace(",", "."))
        pieces.append(base.assign(day=day, value=value, row=text.cells.index))
    return pd.concat(pieces), findings


def _unread_day(file: str, column: str) -> Finding:
    return Finding(
        code="day-heading",
        severity="error",
        file=file,
        row=1,
        column=column,
        found=f"the heading {column!r}",
        expected="a day, such as 7, d7 or Day 7",
        action="correct the heading, or rename the column if it holds something else",
    )


def missing_day(file: str, row: int, column: str) -> Finding:
    """Return the finding of a row without its day."""
    return Finding(
        code="missing-day",
        severity="error",
        file=file,
        row=row,
        column=column,
        found="a blank cell",
        expected="the day of the visit",
        action="write the day, or delete the row",
    )


def resolve_arms(
    table: pd.DataFrame, facts: StudyFile, arms: tuple[Arm, ...], file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the table with arm ids for what the file calls the arms; unknown ones missing."""
    lookup = arm_names(arms, {arm.id: arm.names for arm in facts.arm})
    resolved = {name: resolve_arm(name, lookup) for name in table["arm"].unique()}
    known = [name for arm in facts.arm for name in (arm.id, *arm.names)]
    findings = [
        unknown_name("unknown-arm", "arm", name, known, file, first_row(table, "arm", name))
        for name, arm in resolved.items()
        if arm is None
    ]
    return table.assign(arm=table["arm"].map(resolved)), findings


def resolve_models(
    table: pd.DataFrame, facts: StudyFile, file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the table with model ids for what the file calls the models."""
    models = facts.model
    if len(models) < 2:
        return table.assign(model=models[0].id if models else "tumour"), []
    lookup = {plain_name(name): m.id for m in models for name in (m.id, *m.names, m.line) if name}
    resolved = {name: lookup.get(plain_name(name)) for name in table["model"].unique()}
    known = [model.id for model in models]
    findings = [
        unknown_name("unknown-model", "model", name, known, file, first_row(table, "model", name))
        for name, model in resolved.items()
        if model is None
    ]
    return table.assign(model=table["model"].map(resolved)), findings


def nameless(table: pd.DataFrame, file: str) -> list[Finding]:
    """Find rows that name no animal."""
    rows = table.loc[table["animal"] == "", "row"].unique()
    return [
        Finding(
            code="missing-animal",
            severity="error",
            file=file,
            row=int(row),
            column="animal",
            found="a measurement of no animal",
            expected="the animal's id in each row",
            action="write the id, or delete the row",
        )
        for row in rows
    ]


def first_row(table: pd.DataFrame, column: str, name: str) -> int:
    """Return the first row that bears a name."""
    return int(table.loc[table[column] == name, "row"].iloc[0])


def unknown_name(code: str, what: str, name: str, known: list[str], file: str, row: int) -> Finding:
    """Return the finding of a name that study.toml does not know."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return Finding(
        code=code,
        severity="error",
        file=file,
        row=row,
        column=what,
        subject=name,
        found=f"{what} {name!r}",
        expected=f"one of {', '.join(known)}",
        action=f"{hint}correct it, or add it to `names` of its [[{what}]] in study.toml",
    )


def detection_limit(given: VolumeTable, table: pd.DataFrame) -> tuple[float, bool, list[Finding]]:
    """Return the limit, whether it was stated, and a finding where it was not and matters.

    The default is the smallest positive value of the study: nothing smaller was ever recorded.
    """
    positive = table.loc[table["value"] > 0, "value"]
    smallest = float(positive.min()) if len(positive) else 1.0
    if given.detection_limit is not None:
        return given.detection_limit, True, []
    zeros = table[table["value"] == 0]
    if zeros.empty:
        return smallest / 2, False, []
    return (
        smallest,
        False,
        [
            Finding(
                code="detection-limit-default",
                severity="warning",
                file=Path(given.file).name,
                column="value",
                found=f"{len(zeros)} zeros, {zeros['animal'].nunique()} animals; no limit stated",
                expected="detection_limit under [tables.volumes]",
                action=f"the smallest positive value, {smallest:g} {given.unit}, is used; "
                "state what the instrument can tell from nothing",
            )
        ],
    )


def sort_volumes(
    table: pd.DataFrame, arms: tuple[Arm, ...], models: tuple[TumourModel, ...]
) -> pd.DataFrame:
    """Return the measurements in the order of models, arms, animals and days."""
    arm_order = {arm.id: k for k, arm in enumerate(arms)}
    model_order = {model.id: k for k, model in enumerate(models)}
    keys = table.assign(_m=table["model"].map(model_order), _a=table["arm"].map(arm_order))
    ordered = keys.sort_values(["_m", "_a", "animal", "day", "row"], kind="stable")
    return ordered[list(VOLUME_COLUMNS)].reset_index(drop=True)
