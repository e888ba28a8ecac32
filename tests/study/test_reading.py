"""The same study in the layouts and formats that labs have reads to the same measurements."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from broken import DAYS, MICE, STUDY_TOML, mice, volume, write_sound

from smartcombo.core.finding import StudyError
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study
from smartcombo.study.read import read_study


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "study")


def _table() -> pd.DataFrame:
    rows = [(a, arm, day, volume(a, arm, day)) for a, arm in mice() for day in DAYS]
    return pd.DataFrame(rows, columns=["animal", "arm", "day", "volume_mm3"])


def _wide() -> pd.DataFrame:
    wide = _table().pivot(index=["animal", "arm"], columns="day", values="volume_mm3")
    return wide.rename(columns=lambda day: f"Day {day}").reset_index()


def _toml(folder: Path, **replaced: str) -> None:
    text = (folder / "study.toml").read_text(encoding="utf-8")
    for new in replaced.values():
        text = text.replace('file = "volumes.csv"', new, 1)
    (folder / "study.toml").write_text(text, encoding="utf-8")


def _as_csv(folder: Path) -> None:
    _table().to_csv(folder / "volumes.csv", index=False)


def _as_tsv(folder: Path) -> None:
    _toml(folder, file='file = "volumes.tsv"')
    _table().to_csv(folder / "volumes.tsv", index=False, sep="\t")


def _as_german_csv(folder: Path) -> None:
    _toml(folder, file='file = "volumes.csv"\ndecimal = ","')
    _table().to_csv(folder / "volumes.csv", index=False, sep=";", decimal=",", encoding="utf-8-sig")


def _as_excel(folder: Path) -> None:
    pytest.importorskip("openpyxl", reason="the extra `excel` is not installed")
    _toml(folder, file='file = "volumes.xlsx"\nsheet = "callipers"')
    with pd.ExcelWriter(folder / "volumes.xlsx") as writer:
        pd.DataFrame({"note": ["empty"]}).to_excel(writer, sheet_name="notes")
        _table().to_excel(writer, sheet_name="callipers", index=False)


def _as_parquet(folder: Path) -> None:
    _toml(folder, file='file = "volumes.parquet"')
    _table().to_parquet(folder / "volumes.parquet", index=False)


def _as_wide_csv(folder: Path) -> None:
    _toml(folder, file='file = "volumes.csv"\nlayout = "wide"')
    _wide().to_csv(folder / "volumes.csv", index=False)


def _as_wide_excel(folder: Path) -> None:
    pytest.importorskip("openpyxl", reason="the extra `excel` is not installed")
    _toml(folder, file='file = "volumes.xlsx"\nlayout = "wide"')
    wide = _wide().rename(columns={f"Day {day}": day for day in DAYS})
    wide.to_excel(folder / "volumes.xlsx", index=False)


def _with_own_names(folder: Path) -> None:
    names = 'columns = { animal = "Maus", arm = "Gruppe", day = "Tag", value = "Vol" }'
    _toml(folder, file=f'file = "volumes.csv"\n{names}')
    _table().set_axis(["Maus", "Gruppe", "Tag", "Vol"], axis=1).to_csv(
        folder / "volumes.csv", index=False
    )


def _shuffled_with_blanks(folder: Path) -> None:
    table = _table().astype(str)
    blank = pd.DataFrame([["v1", "vehicle", "25", ""], ["b1", "both", "25", "n/a"]])
    table = pd.concat([table, blank.set_axis(table.columns, axis=1)])
    table.sample(frac=1.0, random_state=3).to_csv(folder / "volumes.csv", index=False)


WRITERS = (
    _as_csv, _as_tsv, _as_german_csv, _as_excel, _as_parquet, _as_wide_csv, _as_wide_excel,
    _with_own_names, _shuffled_with_blanks,
)  # fmt: skip


@pytest.mark.parametrize("write", WRITERS)
def test_every_layout_reads_to_the_same_measurements(
    sound: Path, write: Callable[[Path], None]
) -> None:
    columns = ["model", "arm", "animal", "day", "value", "at_limit"]
    expected = read_study(sound).volumes[columns]
    write(sound)
    got = read_study(sound)
    pd.testing.assert_frame_equal(got.volumes[columns], expected)
    assert got.findings == ()


@pytest.mark.parametrize(("formula", "factor"), [("L*W^2/2", 0.5), ("pi/6*L*W^2", math.pi / 6)])
@pytest.mark.parametrize("unit", ["mm", "cm"])
def test_a_volume_is_computed_by_the_stated_formula(
    sound: Path, formula: str, factor: float, unit: str
) -> None:
    scale = 10.0 if unit == "cm" else 1.0
    table = _table()
    side = (table["volume_mm3"] / factor) ** (1 / 3) / scale
    table = table.assign(length=side * 1.2, width=side / math.sqrt(1.2)).drop(columns="volume_mm3")
    table.to_csv(sound / "volumes.csv", index=False)
    _toml(sound, file=f'file = "volumes.csv"\nformula = "{formula}"\nlength_unit = "{unit}"')
    study = read_study(sound)
    merged = study.volumes.merge(_table(), on=["animal", "arm", "day"])
    np.testing.assert_allclose(merged["value"], merged["volume_mm3"], rtol=1e-12)
    assert "length" in study.readout.derivation


def test_another_read_out_keeps_its_own_unit(sound: Path) -> None:
    table = _table()
    table["volume_mm3"] *= 1e4
    table.rename(columns={"volume_mm3": "value"}).to_csv(sound / "volumes.csv", index=False)
    _toml(sound, file='file = "volumes.csv"\nreadout = "bioluminescence"\nunit = "photons/s"')
    study = read_study(sound)
    assert (study.readout.name, study.readout.unit) == ("bioluminescence", "photons/s")
    assert "impossible-volume" not in {finding.code for finding in study.findings}


def test_days_keep_the_axis_that_the_study_states(sound: Path) -> None:
    from_implant = read_study(sound)
    text = STUDY_TOML.replace('"implant"', '"first-dose"').replace(
        "baseline_day = 7", "baseline_day = 0"
    )
    (sound / "study.toml").write_text(text, encoding="utf-8")
    table = _table()
    table["day"] -= 7
    table.to_csv(sound / "volumes.csv", index=False)
    _replace(sound / "animals.csv", ",19\n", ",12\n")
    (sound / "plan.toml").write_text('[plan]\nprimary_question = "Q2"\nday = 12\n')
    from_dose = read_study(sound)
    assert (from_implant.day_axis, from_dose.day_axis) == ("implant", "first-dose")
    shift = from_implant.volumes["day"] - from_dose.volumes["day"]
    assert set(shift) == {7.0}
    assert from_implant.baseline_day - from_dose.baseline_day == 7.0


def _replace(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_fates_and_exclusions_are_kept_as_stated(sound: Path) -> None:
    _replace(sound / "animals.csv", "v1,vehicle,c1,no,,alive-at-end,19",
             "v1,vehicle,c1,yes,injected twice,ulceration,19")  # fmt: skip
    animals = read_study(sound).animals.set_index("animal")
    assert len(animals) == 24
    assert bool(animals.loc["v1", "excluded"])
    assert animals.loc["v1", "exclusion_reason"] == "injected twice"
    assert animals.loc["v1", "fate"] == "ulceration"
    assert not animals["fate_derived"].any()


def test_fates_are_derived_from_the_last_visit_where_not_given(sound: Path) -> None:
    _replace(sound / "study.toml", '[tables.animals]\nfile = "animals.csv"\n', "")
    text = (sound / "volumes.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in text if not line.startswith(("v6,vehicle,19", "i1,ici,19"))]
    kept = ["v6,vehicle,16,2100" if line.startswith("v6,vehicle,16") else line for line in kept]
    (sound / "volumes.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    animals = read_study(sound).animals.set_index("animal")
    assert animals.loc["v6", "fate"] == "size-limit"
    assert animals.loc["i1", "fate"] == "unknown"
    assert animals.loc["b1", "fate"] == "alive-at-end"
    assert animals["fate_derived"].all()


def test_ids_that_restart_in_each_arm_are_different_animals(sound: Path) -> None:
    for name in ("volumes.csv", "animals.csv"):
        path = sound / name
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([lines[0], *(line[1:] for line in lines[1:])]) + "\n")
    _toml(sound, file='file = "volumes.csv"\nanimal_ids = "within-arm"')
    study = read_study(sound)
    assert study.animals["animal"].nunique() == 4 * MICE
    assert {"vehicle:1", "both:6"} <= set(study.animals["animal"])
    assert study.findings == ()


THREE_AGENTS = """
[study]
id = "TRIPLE"
randomised = true

[[agent]]
id = "anti-PD-1"
names = ["RMP1-14", "aPD-1"]
kind = "checkpoint-inhibitor"

[[agent]]
id = "X"
kind = "small-molecule"

[[agent]]
id = "Y"
kind = "small-molecule"

[tables.volumes]
file = "volumes.csv"
detection_limit = 5
"""
SETS: dict[str, tuple[str, ...]] = {
    "veh": (), "p": ("aPD-1",), "x": ("X",), "y": ("Y",), "px": ("anti PD1", "X"),
    "py": ("RMP1-14", "Y"), "xy": ("X", "Y"), "pxy": ("anti-PD-1", "X", "Y"),
}  # fmt: skip


def _design(folder: Path, arms: dict[str, str], head: str = THREE_AGENTS) -> Study:
    folder.mkdir()
    blocks = "".join(
        f'\n[[arm]]\nid = "{name}"\nagents = {agents}\n' for name, agents in arms.items()
    )
    (folder / "study.toml").write_text(head + blocks, encoding="utf-8")
    rows = ["animal,arm,day,volume"]
    rows += [f"{arm}{k},{arm},{day},{40 + 5 * k + 9 * day}" for arm in arms for k in range(5)
             for day in (0, 3, 6)]  # fmt: skip
    (folder / "volumes.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return read_study(folder)


def _agents(names: tuple[str, ...], dose: str = "") -> str:
    return "[" + ", ".join(f'{{ agent = "{name}"{dose} }}' for name in names) + "]"


def test_roles_follow_from_the_sets_of_agents_whatever_the_alias(tmp_path: Path) -> None:
    study = _design(tmp_path / "s", {name: _agents(agents) for name, agents in SETS.items()})
    roles = {arm.id: arm.role for arm in study.arms}
    assert roles["veh"] == "vehicle"
    assert roles["p"] == "ici-alone"
    assert roles["x"] == roles["y"] == "molecule-alone"
    assert {name for name, role in roles.items() if role == "combination"} == {
        "px", "py", "xy", "pxy",
    }  # fmt: skip
    assert study.arm("px").agents == frozenset({"anti-PD-1", "X"})


def test_a_triple_is_set_against_each_pair_and_each_single(tmp_path: Path) -> None:
    study = _design(tmp_path / "s", {name: _agents(agents) for name, agents in SETS.items()})
    triple = next(c for c in combinations_of(study) if c.arm == "pxy")
    assert set(triple.pairs.values()) == {"px", "py", "xy"}
    assert set(triple.singles.values()) == {"p", "x", "y"}
    assert (triple.ici, triple.molecule) == ("p", "xy")


def test_doses_make_different_arms_and_a_combination_meets_its_own_dose(tmp_path: Path) -> None:
    arms = {
        "veh": "[]", "p": _agents(("aPD-1",)),
        "x10": _agents(("X",), ", dose = 10"), "x50": _agents(("X",), ", dose = 50"),
        "px10": '[{ agent = "aPD-1" }, { agent = "X", dose = 10 }]',
        "px50": '[{ agent = "aPD-1" }, { agent = "X", dose = 50 }]',
    }  # fmt: skip
    head = THREE_AGENTS
    study = _design(tmp_path / "s", arms, head)
    singles = {c.arm: set(c.singles.values()) for c in combinations_of(study)}
    assert singles == {"px10": {"p", "x10"}, "px50": {"p", "x50"}}


def test_a_combination_whose_single_agent_arm_is_missing_says_so(tmp_path: Path) -> None:
    study = _design(tmp_path / "s", {k: _agents(SETS[k]) for k in ("veh", "p", "px", "py", "y")})
    codes = {(f.code, f.subject) for f in study.findings}
    assert ("missing-single-arm", "X") in codes
    assert ("missing-single-arm", "Y") not in codes


def test_two_tumour_models_are_told_apart_by_their_column(sound: Path) -> None:
    _replace(sound / "study.toml", '[model]\nid = "CT26"',
             '[[model]]\nid = "CT26"\n\n[[model]]\nid = "MC38"\nnames = ["mc 38"]')  # fmt: skip
    _replace(sound / "study.toml", '[tables.animals]\nfile = "animals.csv"\n', "")
    first = _table().assign(model="CT26")
    second = _table().assign(model="mc-38", animal=lambda t: "m" + t["animal"])
    pd.concat([first, second]).to_csv(sound / "volumes.csv", index=False)
    study = read_study(sound)
    assert study.volumes.groupby("model").size().to_dict() == {"CT26": 120, "MC38": 120}


def test_a_filter_reads_only_the_rows_it_names(sound: Path) -> None:
    table = pd.concat([_table().assign(run="A"), _table().assign(run="B", volume_mm3=-1.0)])
    table.to_csv(sound / "volumes.csv", index=False)
    _toml(sound, file='file = "volumes.csv"\nwhere = { run = "A" }')
    assert len(read_study(sound).volumes) == 120
    _replace(sound / "study.toml", '"A"', '"C"')
    with pytest.raises(StudyError, match="empty-table"):
        read_study(sound)


def test_what_a_study_holds_cannot_be_changed_by_accident(sound: Path) -> None:
    study = read_study(sound)
    with pytest.raises(AttributeError, match=r"cannot assign"):
        study.id = "other"
