"""Body weights over time, long or wide, from their own file or from that of the volumes."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.config import StudyFile, WeightTable
from smartcombo.study.model import WEIGHT_COLUMNS, Arm, InputFile, TumourModel, no_weights
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

WEIGHT_NAMES = (
    "weight_g", "weight", "bodyweight_g", "body_weight", "bodyweight", "bw", "bw_g", "mass_g",
    "weight_mg", "weight_kg",
)  # fmt: skip
GRAMS = {"g": 1.0, "mg": 1e-3, "kg": 1e3}
CLOSE_ENOUGH = 0.6
"""Similarity of two ids from which one is offered as the misspelling of the other."""


@dataclass(frozen=True)
class ReadWeights:
    """The weighings in grams and the file they came from."""

    table: pd.DataFrame
    input: InputFile | None


def read_weights(
    folder: Path,
    facts: StudyFile,
    arms: tuple[Arm, ...],
    models: tuple[TumourModel, ...],
    animals: pd.DataFrame,
) -> tuple[ReadWeights, list[Finding]]:
    """Return the weighings of the animals of a study, with what is wrong.

    Each weighing belongs to an animal of the volumes: it takes that animal's arm and model, and
    what the weights table says of them must agree.
    """
    given = facts.tables.weights
    if given is None:
        return ReadWeights(no_weights(), None), []
    text, findings = load_table(folder, given)
    if text is None:
        return ReadWeights(no_weights(), None), findings
    reader = wide_rows if given.layout == "wide" else _long
    rows, more = reader(text, given)
    findings = [*findings, *more]
    if rows is None:
        return ReadWeights(no_weights(), text.input), findings
    table, more = _placed(rows, facts, arms, animals, text.name)
    table = table.assign(weight_g=table["value"] * GRAMS[given.unit])
    return ReadWeights(_sorted(table, arms, models), text.input), [*findings, *more]


def _long(text: TextTable, given: WeightTable) -> tuple[pd.DataFrame | None, list[Finding]]:
    known = USUAL_NAMES | {"value": WEIGHT_NAMES}
    columns = {name: find_column(text, given, name, known[name])
               for name in ("animal", "day", "value")}  # fmt: skip
    lost = [missing_column(text, "weight" if name == "value" else name)
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


def _identities(text: TextTable, given: WeightTable, animal: str) -> pd.DataFrame:
    """Return animal, arm and model as written; arm and model are empty where not stated."""
    table = pd.DataFrame({"animal": text.cells[animal]}, index=text.cells.index)
    for name in ("arm", "model"):
        column = find_column(text, given, name, USUAL_NAMES[name])
        table[name] = text.cells[column] if column else ""
    return table


def _placed(
    rows: pd.DataFrame, facts: StudyFile, arms: tuple[Arm, ...], animals: pd.DataFrame, file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the weighings with the arm and model of their animal, and who is not in the study."""
    findings = nameless(rows, file)
    rows = rows[rows["animal"] != ""].reset_index(drop=True)
    stated, more = _stated_places(rows, facts, arms, file)
    findings += more
    volumes = facts.tables.volumes
    if volumes is not None and volumes.animal_ids == "within-arm":
        rows = rows.assign(animal=stated["arm"].fillna("?") + ":" + rows["animal"])
    home = animals.set_index("animal")
    findings += _strangers(rows, list(home.index), file)
    findings += _never_weighed(rows, home, file)
    known = rows["animal"].isin(home.index)
    rows, stated = rows[known], stated[known]
    placed = rows.assign(
        arm=rows["animal"].map(home["arm"]), model=rows["animal"].map(home["model"])
    )
    findings += _conflicts(placed, stated, file)
    return placed[placed["value"].notna() & placed["day"].notna()], findings


def _stated_places(
    rows: pd.DataFrame, facts: StudyFile, arms: tuple[Arm, ...], file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return arm and model as the weights table states them, missing where it does not."""
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


def _strangers(rows: pd.DataFrame, known: list[str], file: str) -> list[Finding]:
    findings = []
    for animal, own in rows.groupby("animal", sort=False):
        if animal in known:
            continue
        near = difflib.get_close_matches(str(animal), known, n=1, cutoff=CLOSE_ENOUGH)
        hint = f"did you mean {near[0]!r}? " if near else ""
        findings.append(
            Finding(
                code="unknown-weight-animal",
                severity="error",
                file=file,
                row=int(own["row"].iloc[0]),
                column="animal",
                subject=str(animal),
                found=f"weights of animal {animal!r}, which has no volume",
                expected="an animal of the volumes table",
                action=f"{hint}correct the id, or delete its weights",
            )
        )
    return findings


def _never_weighed(rows: pd.DataFrame, home: pd.DataFrame, file: str) -> list[Finding]:
    weighed = set(rows.loc[rows["value"].notna(), "animal"])
    never = [str(animal) for animal in home.index if animal not in weighed]
    return [
        Finding(
            code="animal-never-weighed",
            severity="warning",
            file=file,
            column="weight_g",
            subject=animal,
            found=f"no weight of animal {animal} of {home.loc[animal, 'arm']}",
            expected="weights of each animal",
            action="it does not count in tolerability; check its id",
        )
        for animal in never
    ]


def _conflicts(placed: pd.DataFrame, stated: pd.DataFrame, file: str) -> list[Finding]:
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
                found=f"{row.animal} weighed in {row.said!r}, measured in {getattr(row, name)!r}",
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
    return ordered[list(WEIGHT_COLUMNS)].reset_index(drop=True)
