"""Published studies read whole: animals and rows in are animals and rows out, or a finding."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.study.model import Study

pytestmark = pytest.mark.realdata
FOLDERS = sorted(
    path.parent
    for path in (Path(__file__).parents[1] / "data").rglob("study.toml")
    if "[tables.volumes]" in path.read_text(encoding="utf-8")
)
NAMES = [folder.name for folder in FOLDERS]
PROGRAMMES = {"pdxe"}
"""One mouse an arm in each model: growth refuses them; `single_mouse` has its own tests."""

NO_GROWTH_MODEL = {"tumgrowth_tfs"}
"""Nearly every animal starts below detection: growth says so and withholds its verdicts."""


def _folder(name: str) -> Path:
    return FOLDERS[NAMES.index(name)]


def _raw(folder: Path, shared: Path) -> pd.DataFrame:
    """Return the rows that the study names, read by pandas alone."""
    facts = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    table = facts["tables"]["volumes"]
    rows = pd.read_csv(table["file"].replace("${SMARTCOMBO_SHARED}", str(shared)))
    for column, value in table.get("where", {}).items():
        rows = rows[rows[column].astype(str) == str(value)]
    rows = rows.rename(columns={"mouse": "animal"})
    if table.get("animal_ids") == "within-arm":
        rows = rows.assign(animal=rows["arm"] + rows["animal"].astype(str))
    return rows


@pytest.mark.parametrize("name", NAMES)
def test_every_animal_and_every_value_of_the_file_is_in_the_study(
    name: str, shared_dir: Path
) -> None:
    study = sc.read_study(_folder(name))
    raw = _raw(_folder(name), shared_dir)
    measured = raw[raw["volume_mm3"].notna()]
    unmeasured = set(raw["animal"].astype(str)) - set(measured["animal"].astype(str))
    assert len(study.volumes) == len(measured)
    assert len(study.animals) == measured["animal"].nunique()
    assert study.volumes["value"].sum() == pytest.approx(measured["volume_mm3"].sum(), rel=1e-12)
    named = {f.subject for f in study.findings if f.code == "animal-never-measured"}
    assert named == unmeasured


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PROGRAMMES])
def test_no_animal_is_lost_between_the_study_and_its_analysis(name: str) -> None:
    study = sc.read_study(_folder(name))
    growth = sc.efficacy.growth(study, sc.efficacy.GrowthOptions(robustness=False))
    rates = growth.estimates[growth.estimates["estimand"] == "growth_rate"]
    at_baseline_or_later = study.volumes[study.volumes["day"] >= study.baseline_day]
    assert rates["n"].sum() == at_baseline_or_later["animal"].nunique()
    table = growth.tables["accounting"]
    assert table["animals"].sum() == len(study.animals)
    assert table["measurements"].sum() == len(study.volumes)
    assert table.loc[table["fate"] == "analysed", "animals"].sum() == rates["n"].sum()
    fitted = rates["status"].isin(["ok", "boundary"])
    assert fitted.all() or name in NO_GROWTH_MODEL
    assert rates.loc[fitted, ["value", "low", "high"]].notna().all().all()


def _codes(study: Study) -> set[str]:
    return {finding.code for finding in study.findings}


def test_the_mouse_of_4t1_that_starts_at_two_cubic_millimetres_is_found() -> None:
    study = sc.read_study(_folder("gaba_4t1"))
    tiny = next(f for f in study.findings if f.code == "tiny-baseline")
    assert "2.1 mm3" in tiny.found
    assert {"baseline-imbalance", "randomisation-not-stated", "no-plan"} <= _codes(study)


def test_the_slip_in_ls1034_is_found_and_kept() -> None:
    study = sc.read_study(_folder("ls1034"))
    slip = next(f for f in study.findings if f.code == "unit-slip")
    assert "0.904 between 137.68 and 53.158" in slip.found
    assert (study.volumes["value"] == 0.904).any()


def test_complete_responders_are_below_detection_and_stay() -> None:
    study = sc.read_study(_folder("vetizou_2x2"))
    zeros = study.volumes[study.volumes["value"] == 0]
    assert len(zeros) == 28
    assert zeros["at_limit"].all()
    assert "detection-limit-default" in _codes(study)


def test_a_missing_single_arm_makes_questions_missing_and_never_zero() -> None:
    study = sc.read_study(_folder("mariathasan_mc38"))
    growth = sc.efficacy.growth(study)
    assert "missing-single-arm" in _codes(study)
    bliss = growth.estimates[growth.estimates["null_model"] == "bliss"]
    assert bliss["status"].str.startswith("missing: ").all()
    assert bliss["value"].isna().all()


def test_semi_synthetic_data_say_synthetic() -> None:
    assert sc.read_study(_folder("voronova_mc38")).synthetic
