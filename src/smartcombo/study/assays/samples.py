"""The samples table: which animal, arm, day and batch each sample is of."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.arms import arm_names, plain_name, resolve_arm
from smartcombo.study.assays.model import SAMPLE_COLUMNS
from smartcombo.study.config import StudyFile, TableFacts
from smartcombo.study.model import Arm, InputFile, TumourModel
from smartcombo.study.tables import TextTable, find_column, load_table, missing_column, numbers

USUAL_NAMES = {
    "sample": ("sampleid", "sample_name", "id"),
    "animal": ("mouse", "mouseid", "animalid", "patient", "subject"),
    "arm": ("treatment", "group", "condition"),
    "model": ("tumour_model", "tumor_model", "cell_line"),
    "day": ("time", "timepoint"),
    "tissue": ("organ", "compartment"),
    "batch": ("run", "plate", "staining"),
    "assay": ("platform",),
    "sex": (),
}
TEXT_COLUMNS = ("tissue", "batch", "assay", "sex")


def read_samples(
    folder: Path,
    facts: StudyFile,
    arms: tuple[Arm, ...],
    models: tuple[TumourModel, ...],
    animals: pd.DataFrame,
) -> tuple[pd.DataFrame | None, InputFile | None, list[Finding]]:
    """Return one row a sample with ``SAMPLE_COLUMNS``, in the order of the file.

    A sample's arm may be left out where its animal has volumes. Animals taken for a sample only
    need no volumes.

    Parameters
    ----------
    animals
        One row an animal with volumes: ``animal``, ``arm``, ``model``, ``sex``.
    """
    given = facts.tables.samples
    if given is None:
        return None, None, []
    text, findings = load_table(folder, given)
    if text is None:
        return None, None, findings
    lost = [missing_column(text, name) for name in ("sample", "animal")
            if find_column(text, given, name, USUAL_NAMES[name]) is None]  # fmt: skip
    if lost:
        return None, text.input, [*findings, *lost]
    rows, more = _stated(text, given)
    findings = [*findings, *more, *_nameless(text.name, rows)]
    rows, more = _with_arm(text.name, rows, facts, arms, animals)
    findings += more
    rows, more = _with_model(text.name, rows, facts, models, animals)
    findings += more + _twice(text.name, rows)
    strains = {model.id: model.strain for model in models}
    rows["strain"] = [strains.get(model, "") for model in rows["model"]]
    known = dict(zip(animals["animal"], animals["sex"], strict=True))
    rows["sex"] = [sex or known.get(animal, "") for sex, animal in
                   zip(rows["sex"], rows["animal"], strict=True)]  # fmt: skip
    sound = rows["sample"].ne("") & rows["arm"].notna() & rows["animal"].ne("")
    rows = rows[sound & rows["model"].notna()].drop_duplicates("sample")
    return rows[list(SAMPLE_COLUMNS)].reset_index(drop=True), text.input, findings


def _stated(text: TextTable, given: TableFacts) -> tuple[pd.DataFrame, list[Finding]]:
    found = {name: find_column(text, given, name, known) for name, known in USUAL_NAMES.items()}
    rows = pd.DataFrame({"row": text.cells.index}, index=text.cells.index)
    for name, column in found.items():
        rows[name] = text.cells[column] if column else ""
    findings: list[Finding] = []
    if found["day"]:
        rows["day"], findings = numbers(text, found["day"], given.decimal)
    else:
        rows["day"] = float("nan")
    return rows, findings


def _nameless(file: str, rows: pd.DataFrame) -> list[Finding]:
    lost = rows[rows["sample"].eq("") | rows["animal"].eq("")]
    return [
        Finding(
            code="sample-without-animal",
            severity="error",
            file=file,
            row=int(row.row),
            column="sample" if not row.sample else "animal",
            subject=str(row.sample),
            found=f"no animal for sample {row.sample}" if row.sample else "no sample id",
            expected="a sample id and the animal it was taken from",
            action="the animal is what is counted; write it, also where it has no volumes",
        )
        for row in lost.itertuples()
    ]


def _with_arm(
    file: str, rows: pd.DataFrame, facts: StudyFile, arms: tuple[Arm, ...], animals: pd.DataFrame
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the rows with arms by id: as stated, else the arm of the animal."""
    lookup = arm_names(arms, {arm.id: arm.names for arm in facts.arm})
    stated = [resolve_arm(name, lookup) if name else None for name in rows["arm"]]
    volumes = facts.tables.volumes
    if volumes is not None and volumes.animal_ids == "within-arm":
        names = [f"{arm}:{animal}" if arm and animal else animal
                 for arm, animal in zip(stated, rows["animal"], strict=True)]  # fmt: skip
        rows = rows.assign(animal=names)
    measured = dict(zip(animals["animal"], animals["arm"], strict=True))
    findings = []
    for row, arm in zip(rows.itertuples(), stated, strict=True):
        own = measured.get(row.animal)
        if row.arm and arm is None:
            findings.append(_unknown_arm(file, row, [a.id for a in arms]))
        elif arm is None and own is None and arms:
            findings.append(_armless(file, row))
        elif arm is not None and own is not None and own != arm:
            findings.append(_conflict(file, row, own))
    filled = [arm or measured.get(animal, None if arms else "") for arm, animal in
              zip(stated, rows["animal"], strict=True)]  # fmt: skip
    return rows.assign(arm=pd.Series(filled, index=rows.index, dtype=object)), findings


def _unknown_arm(file: str, row: object, known: list[str]) -> Finding:
    return _at(file, row, "unknown-arm", "arm", repr(row.arm),  # type: ignore[attr-defined]
               f"one of {', '.join(known)}, or one of their names",
               "correct it, or add the name to `names` of the arm in study.toml")  # fmt: skip


def _armless(file: str, row: object) -> Finding:
    return _at(file, row, "sample-without-arm", "arm",
               f"no arm for sample {row.sample}, and animal {row.animal} "  # type: ignore[attr-defined]
               "has no volumes", "the arm of each sample", "write the arm")  # fmt: skip


def _conflict(file: str, row: object, own: str) -> Finding:
    return _at(file, row, "arm-conflict", "arm",
               f"{row.animal} in {row.arm!r}, measured in {own!r}",  # type: ignore[attr-defined]
               "one arm per animal in all tables", "correct the wrong one")  # fmt: skip


def _with_model(
    file: str,
    rows: pd.DataFrame,
    facts: StudyFile,
    models: tuple[TumourModel, ...],
    animals: pd.DataFrame,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the rows with tumour models by id: the only one, as stated, or of the animal."""
    if len(models) == 1:
        return rows.assign(model=models[0].id), []
    lookup = {plain_name(n): m.id for m in facts.model for n in (m.id, *m.names, m.line) if n}
    measured = dict(zip(animals["animal"], animals["model"], strict=True))
    found = [
        lookup.get(plain_name(model)) if model else measured.get(animal)
        for model, animal in zip(rows["model"], rows["animal"], strict=True)
    ]
    findings = [
        _at(file, row, "unknown-model", "model", repr(row.model),
            f"one of {', '.join(m.id for m in models)}",
            "correct it, or add the name to `names` of the model in study.toml")
        for row, known in zip(rows.itertuples(), found, strict=True)
        if known is None
    ]  # fmt: skip
    return rows.assign(model=pd.Series(found, index=rows.index, dtype=object)), findings


def _twice(file: str, rows: pd.DataFrame) -> list[Finding]:
    again = rows[rows["sample"].ne("") & rows["sample"].duplicated()]
    return [
        _at(file, row, "duplicate-sample", "sample", f"sample {row.sample} twice",
            "each sample once", "give each sample its own id, or delete a row")
        for row in again.itertuples()
    ]  # fmt: skip


def _at(
    file: str, row: object, code: str, column: str, found: str, expected: str, action: str
) -> Finding:
    number, sample = int(row.row), str(row.sample)  # type: ignore[attr-defined]
    return Finding(code, "error", found, expected, action, file, number, column, sample)
