"""Numbers of an animal and visit that stand beside the volumes: body weights, clinical scores."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.config import StudyFile, VisitTable
from smartcombo.study.model import Arm, InputFile, TumourModel
from smartcombo.study.tables import (
    TextTable,
    find_column,
    load_table,
    missing_column,
    numbers,
)
from smartcombo.study.volumes import (
    USUAL_NAMES,
    missing_day,
    nameless,
    resolve_arms,
    resolve_models,
    wide_rows,
)

CLOSE_ENOUGH = 0.6
"""Similarity of two ids from which one is offered as the misspelling of the other."""


@dataclass(frozen=True)
class VisitKind:
    """What is recorded at each visit, and the words and codes of what may be wrong with it.

    Attributes
    ----------
    noun, done
        ``"weight"`` and ``"weighed"``; ``"clinical score"`` and ``"scored"``.
    column
        Name of the value in the table of the study.
    names
        Usual headings of the value in a long table.
    stranger, never
        Codes of an animal without volumes, and of an animal never weighed or scored.
    if_never
        What to do about the latter.
    """

    noun: str
    done: str
    column: str
    names: tuple[str, ...]
    stranger: str
    never: str
    if_never: str


@dataclass(frozen=True)
class ReadVisits:
    """One row a visit with model, arm, animal, day, value and row; and the file it came from."""

    table: pd.DataFrame
    input: InputFile | None


def read_visits(
    folder: Path,
    facts: StudyFile,
    given: VisitTable | None,
    arms: tuple[Arm, ...],
    models: tuple[TumourModel, ...],
    animals: pd.DataFrame,
    kind: VisitKind,
) -> tuple[ReadVisits, list[Finding]]:
    """Return what was recorded of the animals of a study, with what is wrong.

    Each row belongs to an animal of the volumes: it takes that animal's arm and model, and what
    the table says of them must agree.
    """
    nothing = pd.DataFrame(columns=["model", "arm", "animal", "day", "value", "row"])
    if given is None:
        return ReadVisits(nothing, None), []
    text, findings = load_table(folder, given)
    if text is None:
        return ReadVisits(nothing, None), findings
    if given.layout == "wide":
        rows, more = wide_rows(text, given)
    else:
        rows, more = _long(text, given, kind)
    findings = [*findings, *more]
    if rows is None:
        return ReadVisits(nothing, text.input), findings
    table, more = _placed(rows, facts, arms, animals, text.name, kind)
    return ReadVisits(_sorted(table, arms, models), text.input), [*findings, *more]


def _long(
    text: TextTable, given: VisitTable, kind: VisitKind
) -> tuple[pd.DataFrame | None, list[Finding]]:
    known = USUAL_NAMES | {"value": kind.names}
    columns = {name: find_column(text, given, name, known[name])
               for name in ("animal", "day", "value")}  # fmt: skip
    lost = [missing_column(text, kind.noun if name == "value" else name)
            for name, column in columns.items() if column is None]  # fmt: skip
    if lost:
        return None, lost
    found = {name: str(column) for name, column in columns.items()}
    day, findings = numbers(text, found["day"], given.decimal)
    findings += [missing_day(text.name, int(row), found["day"]) for row in day[day.isna()].index
                 if text.cells.loc[row, found["day"]] == ""]  # fmt: skip
    value, more = numbers(text, found["value"], given.decimal)
    table = _identities(text, given, found["animal"])
    return table.assign(day=day, value=value, row=text.cells.index), findings + more


def _identities(text: TextTable, given: VisitTable, animal: str) -> pd.DataFrame:
    """Return animal, arm and model as written; arm and model are empty where not stated."""
    table = pd.DataFrame({"animal": text.cells[animal]}, index=text.cells.index)
    for name in ("arm", "model"):
        column = find_column(text, given, name, USUAL_NAMES[name])
        table[name] = text.cells[column] if column else ""
    return table


def _placed(
    rows: pd.DataFrame,
    facts: StudyFile,
    arms: tuple[Arm, ...],
    animals: pd.DataFrame,
    file: str,
    kind: VisitKind,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the visits with the arm and model of their animal, and who is not in the study."""
    findings = nameless(rows, file)
    rows = rows[rows["animal"] != ""].reset_index(drop=True)
    stated, more = _stated_places(rows, facts, arms, file)
    findings += more
    volumes = facts.tables.volumes
    if volumes is not None and volumes.animal_ids == "within-arm":
        rows = rows.assign(animal=stated["arm"].fillna("?") + ":" + rows["animal"])
    home = animals.set_index("animal")
    findings += _strangers(rows, list(home.index), file, kind)
    findings += _never_seen(rows, home, file, kind)
    known = rows["animal"].isin(home.index)
    rows, stated = rows[known], stated[known]
    placed = rows.assign(
        arm=rows["animal"].map(home["arm"]), model=rows["animal"].map(home["model"])
    )
    findings += _conflicts(placed, stated, file, kind)
    return placed[placed["value"].notna() & placed["day"].notna()], findings


def _stated_places(
    rows: pd.DataFrame, facts: StudyFile, arms: tuple[Arm, ...], file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return arm and model as the table states them, missing where it does not."""
    stated = pd.DataFrame({"arm": None, "model": None}, index=rows.index, dtype=object)
    findings: list[Finding] = []
    with_arm, with_model = rows[rows["arm"] != ""], rows[rows["model"] != ""]
    if len(with_arm):
        table, more = resolve_arms(with_arm, facts, arms, file)
        stated["arm"] = table["arm"]
        findings += more
    if len(with_model):
        table, more = resolve_models(with_model, facts, file)
        stated["model"] = table["model"]
        findings += more
    return stated, findings


def _strangers(rows: pd.DataFrame, known: list[str], file: str, kind: VisitKind) -> list[Finding]:
    findings = []
    for animal, own in rows.groupby("animal", sort=False):
        if animal in known:
            continue
        near = difflib.get_close_matches(str(animal), known, n=1, cutoff=CLOSE_ENOUGH)
        hint = f"did you mean {near[0]!r}? " if near else ""
        findings.append(
            Finding(
                code=kind.stranger,
                severity="error",
                file=file,
                row=int(own["row"].iloc[0]),
                column="animal",
                subject=str(animal),
                found=f"{kind.noun}s of animal {animal!r}, which has no volume",
                expected="an animal of the volumes table",
                action=f"{hint}correct the id, or delete its {kind.noun}s",
            )
        )
    return findings


def _never_seen(
    rows: pd.DataFrame, home: pd.DataFrame, file: str, kind: VisitKind
) -> list[Finding]:
    seen = set(rows.loc[rows["value"].notna(), "animal"])
    never = [str(animal) for animal in home.index if animal not in seen]
    return [
        Finding(
            code=kind.never,
            severity="warning",
            file=file,
            column=kind.column,
            subject=animal,
            found=f"no {kind.noun} of animal {animal} of {home.loc[animal, 'arm']}",
            expected=f"{kind.noun}s of each animal",
            action=kind.if_never,
        )
        for animal in never
    ]


def _conflicts(
    placed: pd.DataFrame, stated: pd.DataFrame, file: str, kind: VisitKind
) -> list[Finding]:
    findings = []
    for name in ("arm", "model"):
        said = stated[name].to_numpy(object)
        other = pd.notna(said) & (said != placed[name].to_numpy(object))
        odd = placed.assign(said=said)[other].drop_duplicates("animal")
        findings += [
            Finding(
                code="arm-conflict",
                severity="error",
                file=file,
                row=int(row.row),
                column=name,
                subject=str(row.animal),
                found=f"{row.animal} {kind.done} in {row.said!r}, measured in "
                f"{getattr(row, name)!r}",
                expected=f"one {name} per animal in all tables",
                action="correct the wrong one",
            )
            for row in odd.itertuples()
        ]
    return findings


def _sorted(
    table: pd.DataFrame, arms: tuple[Arm, ...], models: tuple[TumourModel, ...]
) -> pd.DataFrame:
    arm_order = {arm.id: k for k, arm in enumerate(arms)}
    model_order = {model.id: k for k, model in enumerate(models)}
    keys = table.assign(_m=table["model"].map(model_order), _a=table["arm"].map(arm_order))
    ordered = keys.sort_values(["_m", "_a", "animal", "day", "row"], kind="stable")
    return ordered[["model", "arm", "animal", "day", "value", "row"]].reset_index(drop=True)
