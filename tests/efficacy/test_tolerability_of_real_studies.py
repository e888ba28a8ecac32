"""Published weights: counts in are counts analysed and exclusions, each with its reason."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.core.finding import StudyError

pytestmark = pytest.mark.realdata
STUDIES = Path(__file__).parents[1] / "data" / "studies"
DRAP = "data/invivo/drap_oneAN_volume_bodyweight.csv"


def test_mas9806_counts_every_volume_and_every_weight(shared_dir: Path) -> None:
    raw = pd.read_csv(shared_dir / "data/invivo/mas9806_her_fulv_trast_with_weight.csv")
    study = sc.read_study(STUDIES / "mas9806")
    assert len(study.volumes) == len(raw) == 519
    assert len(study.animals) == raw["animal"].nunique() == 28
    assert (study.volumes["value"] == 0).sum() == (raw["volume_mm3"] == 0).sum() == 142
    assert len(study.weights) == raw["weight_g"].notna().sum() == 513
    growth = sc.efficacy.growth(study, sc.efficacy.GrowthOptions(robustness=False))
    early = next(f for f in growth.findings if f.code == "visits-before-baseline")
    assert f"{(raw['day'] < 0).sum()} measurements of 28 animals" in early.found
    rates = growth.estimates[growth.estimates["estimand"] == "growth_rate"]
    assert rates["n"].sum() == 28
    result = sc.efficacy.tolerability(study)
    counts = result.tables["weighings"].set_index("weighings")["number"]
    before = raw["weight_g"].notna() & (raw["day"] < 0)
    assert counts.to_dict() == {
        "read": 513,
        "of excluded animals": 0,
        "before baseline": before.sum(),
        "without the tumour's volume": 0,
        "analysed": 513 - before.sum(),
    }
    assert result.tables["courses"]["animal"].nunique() == 28


def _drap(folder: Path, shared: Path, *, blank_dead: bool) -> Path:
    """Write DRAP's six arms as a study; its weights of 0 g are of a mouse that had died."""
    rows = pd.read_csv(shared / DRAP)
    if blank_dead:
        alive = rows["body_weight_g"] > 0
        rows[["body_weight_g", "volume_mm3"]] = rows[["body_weight_g", "volume_mm3"]].where(alive)
    folder.mkdir()
    rows.to_csv(folder / "volumes.csv", index=False)
    agents = [f'[[agent]]\nid = "{arm}"\nkind = "other"' for arm in _treated(rows)]
    arms = [f'[[arm]]\nid = "{arm}"\nagents = [{{ agent = "{arm}" }}]' for arm in _treated(rows)]
    tables = (
        '[tables.volumes]\nfile = "volumes.csv"\n[tables.weights]\nfile = "volumes.csv"\n'
        "[limits]\nweight_loss_fraction = 0.2"
    )
    head = '[study]\nid = "drap"\n[[arm]]\nid = "Control"\nagents = []'
    (folder / "study.toml").write_text("\n".join([head, *agents, *arms, tables]))
    return folder


def _treated(rows: pd.DataFrame) -> list[str]:
    return sorted(set(rows["arm"]) - {"Control"})


def test_the_weight_of_a_dead_mouse_in_drap_is_found_by_its_row(
    shared_dir: Path, tmp_path: Path
) -> None:
    raw = pd.read_csv(shared_dir / DRAP)
    row = int(raw.index[raw["body_weight_g"] == 0][0]) + 2
    with pytest.raises(StudyError, match="impossible-weight") as caught:
        sc.read_study(_drap(tmp_path / "s", shared_dir, blank_dead=False))
    found = next(f for f in caught.value.findings if f.code == "impossible-weight")
    assert (found.row, found.found.startswith("0 g for animal")) == (row, True)
    assert "counts as a cure: if it had died, blank that too" in found.action


def test_drap_runs_with_every_animal_once_the_cell_is_blank(
    shared_dir: Path, tmp_path: Path
) -> None:
    study = sc.read_study(_drap(tmp_path / "s", shared_dir, blank_dead=True))
    assert (len(study.volumes), len(study.weights)) == (382, 382)
    result = sc.efficacy.tolerability(study)
    assert len(result.tables["courses"]) == 48
    alone = result.select(question="single", estimand="weight_log_ratio")
    assert alone.loc[alone["endpoint"] == "body_weight", "n"].tolist() == [16] * 5
    assert set(result.checks.loc[result.checks["check"] == "weight-loss", "subject"]) == {
        "Control", *_treated(pd.read_csv(shared_dir / DRAP))
    }  # fmt: skip
