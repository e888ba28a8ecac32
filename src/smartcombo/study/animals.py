"""The animals table: as given, completed with a finding where it is silent."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.arms import arm_names, resolve_arm
from smartcombo.study.config import StudyFile, TableFacts
from smartcombo.study.model import ANIMAL_COLUMNS, FATES, Arm, InputFile
from smartcombo.study.tables import TextTable, find_column, load_table, missing_column, numbers

YES = frozenset({"yes", "true", "1", "y", "x", "excluded"})
NO = frozenset({"", "no", "false", "0", "n"})
TEXT_COLUMNS = ("cage", "sex", "batch", "exclusion_reason", "fate")
NUMBER_COLUMNS = ("enrolment_day", "fate_day")


def read_animals(
    folder: Path,
    facts: StudyFile,
    arms: tuple[Arm, ...],
    volumes: pd.DataFrame,
    covariates: tuple[str, ...] = (),
) -> tuple[pd.DataFrame, InputFile | None, list[Finding]]:
    """Return one row an animal measured, with what the animals table says or what follows.

    ``covariates`` are further columns that come with it, as text.
    """
    base = _measured(volumes)
    given = facts.tables.animals
    if given is None:
        completed, derived = _completed(_blank(base), volumes, facts)
        return completed, None, derived
    text, findings = load_table(folder, given)
    if text is None:
        table, _, _ = read_animals(folder, _without_table(facts), arms, volumes)
        return table, None, findings
    extra = tuple(name for name in covariates if name not in ANIMAL_COLUMNS)
    table, more = _joined(text, given, facts, arms, base, extra)
    completed, derived = _completed(table, volumes, facts, extra)
    return completed, text.input, [*findings, *more, *derived]


def _without_table(facts: StudyFile) -> StudyFile:
    return facts.model_copy(update={"tables": facts.tables.model_copy(update={"animals": None})})


def _measured(volumes: pd.DataFrame) -> pd.DataFrame:
    columns = ["animal", "arm", "model"]
    return volumes[columns].drop_duplicates("animal").reset_index(drop=True)


def _joined(
    text: TextTable,
    given: TableFacts,
    facts: StudyFile,
    arms: tuple[Arm, ...],
    base: pd.DataFrame,
    extra: tuple[str, ...],
) -> tuple[pd.DataFrame, list[Finding]]:
    column = find_column(text, given, "animal", ("mouse", "animalid", "mouseid", "id"))
    if column is None:
        return _blank(base), [missing_column(text, "animal")]
    rows, findings = _stated(text, given, column)
    for name in extra:
        found = find_column(text, given, name, ())
        if found is None:
            findings.append(missing_column(text, name))
        rows[name] = text.cells[found] if found else ""
    measured = facts.tables.volumes
    if measured is not None and measured.animal_ids == "within-arm" and rows["arm"].notna().all():
        lookup = arm_names(arms, {arm.id: arm.names for arm in facts.arm})
        rows["arm"] = rows["arm"].map(lambda name: resolve_arm(name, lookup))
        rows["animal"] = rows["arm"] + ":" + rows["animal"]
    findings += _repeated(text.name, rows) + _membership(text.name, rows, base)
    findings += _arm_conflicts(text.name, rows, base, facts, arms)
    rows = rows.drop_duplicates("animal").drop(columns=["arm", "row"])
    table = base.merge(rows, on="animal", how="left")
    table["excluded"] = table["excluded"].eq(True)
    table[list(TEXT_COLUMNS)] = table[list(TEXT_COLUMNS)].fillna("")
    return table, findings


def _blank(base: pd.DataFrame) -> pd.DataFrame:
    table = base.assign(excluded=False, **dict.fromkeys(TEXT_COLUMNS, ""))
    return table.assign(**dict.fromkeys(NUMBER_COLUMNS, float("nan")))


def _stated(text: TextTable, given: TableFacts, column: str) -> tuple[pd.DataFrame, list[Finding]]:
    findings: list[Finding] = []
    rows = pd.DataFrame({"animal": text.cells[column], "row": text.cells.index})
    arm = find_column(text, given, "arm", ("treatment", "group"))
    rows["arm"] = text.cells[arm] if arm else None
    for name in TEXT_COLUMNS:
        found = find_column(text, given, name, ())
        rows[name] = text.cells[found] if found else ""
    for name in NUMBER_COLUMNS:
        found = find_column(text, given, name, ())
        rows[name] = float("nan")
        if found:
            rows[name], more = numbers(text, found, given.decimal)
            findings += more
    excluded = find_column(text, given, "excluded", ())
    words = text.cells[excluded].str.lower() if excluded else pd.Series("", index=rows.index)
    rows["excluded"] = words.isin(YES)
    findings += [
        _finding(
            text.name, int(row), "excluded", "bad-value", repr(word), "yes or no", "write yes or no"
        )
        for row, word in words[~words.isin(YES | NO)].items()
    ]
    return rows, findings + _row_findings(text.name, rows)


def _row_findings(file: str, rows: pd.DataFrame) -> list[Finding]:
    findings = []
    for row in rows.itertuples():
        if row.excluded and not row.exclusion_reason:
            findings.append(
                _finding(file, row.row, "exclusion_reason", "exclusion-without-reason",
                         f"animal {row.animal} excluded, no reason", "a reason for each exclusion",
                         "write why and by which rule stated before", row.animal)
            )  # fmt: skip
        if row.fate and row.fate not in FATES:
            findings.append(
                _finding(file, row.row, "fate", "unknown-fate", repr(row.fate),
                         f"one of {', '.join(FATES)}", "use the nearest of these words", row.animal)
            )  # fmt: skip
    return findings


def _repeated(file: str, rows: pd.DataFrame) -> list[Finding]:
    repeated = rows["animal"][rows["animal"].duplicated()].unique()
    return [
        _finding(file, int(rows.loc[rows["animal"] == a, "row"].iloc[-1]), "animal",
                 "duplicate-animal", f"animal {a} twice", "each animal once", "merge the rows", a)
        for a in repeated
    ]  # fmt: skip


def _finding(
    file: str,
    row: int,
    column: str,
    code: str,
    found: str,
    expected: str,
    action: str,
    who: str = "",
) -> Finding:
    return Finding(code, "error", found, expected, action, file, int(row), column, str(who))


def _membership(file: str, rows: pd.DataFrame, base: pd.DataFrame) -> list[Finding]:
    findings = []
    for animal in sorted(set(base["animal"]) - set(rows["animal"])):
        findings.append(
            Finding("animal-not-listed", "error", f"animal {animal} has measurements",
                    "each measured animal in the animals table",
                    "add it, or correct the id where it is misspelt", file, None, "animal", animal)
        )  # fmt: skip
    for animal in sorted(set(rows["animal"]) - set(base["animal"])):
        findings.append(
            Finding("animal-never-measured", "warning", f"animal {animal} has no measurement",
                    "measurements of each animal",
                    "it counts as enrolled and contributes nothing", file, None, "animal", animal)
        )  # fmt: skip
    return findings


def _arm_conflicts(
    file: str, rows: pd.DataFrame, base: pd.DataFrame, facts: StudyFile, arms: tuple[Arm, ...]
) -> list[Finding]:
    lookup = arm_names(arms, {arm.id: arm.names for arm in facts.arm})
    measured = dict(zip(base["animal"], base["arm"], strict=True))
    findings = []
    for row in rows[rows["arm"].notna()].itertuples():
        stated = row.arm if row.arm in {a.id for a in arms} else resolve_arm(str(row.arm), lookup)
        if stated != measured.get(row.animal, stated):
            findings.append(
                _finding(file, row.row, "arm", "arm-conflict",
                         f"{row.animal} in {row.arm!r}, measured in {measured[row.animal]!r}",
                         "one arm per animal in all tables", "correct the wrong one", row.animal)
            )  # fmt: skip
    return findings


def _completed(
    table: pd.DataFrame,
    volumes: pd.DataFrame,
    facts: StudyFile,
    extra: tuple[str, ...] = (),
) -> tuple[pd.DataFrame, list[Finding]]:
    """Derive fates where none is stated: by the last volume, the size limit and the last day."""
    last = volumes.sort_values("day", kind="stable").groupby("animal").last()
    end = volumes.groupby("model")["day"].max()
    silent = table["fate"] == ""
    measured = facts.tables.volumes
    in_mm3 = measured is not None and measured.unit == "mm3"
    limit = facts.limits.volume_mm3 if in_mm3 else None
    fates = [
        _fate(last.loc[a, "value"], last.loc[a, "day"] >= end[m], limit)
        for a, m in zip(table["animal"], table["model"], strict=True)
    ]
    table = table.assign(fate_derived=silent, fate=table["fate"].where(~silent, fates))
    days = table["animal"].map(last["day"])
    table["fate_day"] = table["fate_day"].where(table["fate_day"].notna(), days)
    findings = [_derived(int(silent.sum()), limit)] if silent.any() else []
    return table[[*ANIMAL_COLUMNS, *extra]].reset_index(drop=True), findings


def _fate(value: float, at_end: bool, limit: float | None) -> str:
    if at_end:
        return "alive-at-end"
    if limit is not None and value >= limit:
        return "size-limit"
    return "unknown"


def _derived(count: int, limit: float | None) -> Finding:
    rule = f"the limit of {limit:g} mm3" if limit else "no size limit stated"
    return Finding(
        code="fate-derived",
        severity="note",
        found=f"no fate stated for {count} animals",
        expected="how and when each animal left, in the animals table",
        action=f"derived from the last visit ({rule}): alive-at-end, size-limit or unknown",
    )


def sampled_animals(samples: pd.DataFrame) -> pd.DataFrame:
    """Return one row an animal of which samples were taken, in a study without volumes."""
    base = samples[["animal", "arm", "model"]].drop_duplicates("animal").reset_index(drop=True)
    table = _blank(base).assign(fate="unknown", fate_derived=True)
    return table[list(ANIMAL_COLUMNS)]
