"""A short version of the simulation behind docs/validation/ranking, and what its table claims."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from scipy import stats

ROOT = Path(__file__).parents[2]
PROGRAMMES = 40


@pytest.fixture(scope="module")
def validation() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "validation_ranking", ROOT / "validation" / "ranking.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["validation_ranking"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    table = pd.read_csv(ROOT / "docs" / "validation" / "ranking.csv")
    return table.pivot(index="setting", columns="measure", values="value")


def test_the_largest_raw_gain_overstates_and_the_largest_shrunk_one_does_not(
    validation: ModuleType,
) -> None:
    table = pd.DataFrame(
        [validation.one_programme(validation.SETTINGS[0], k) for k in range(PROGRAMMES)]
    )
    z = stats.t.ppf(0.9995, PROGRAMMES - 1)
    limit = z * table[["bias raw", "bias shrunk"]].std() / PROGRAMMES**0.5
    assert table["bias raw"].mean() > 0.5 + limit["bias raw"]
    assert abs(table["bias shrunk"].mean()) < limit["bias shrunk"]
    error = z * table["coverage"].std() / PROGRAMMES**0.5
    assert 0.90 - error < table["coverage"].mean() < 0.98 + error


def test_the_published_table_is_the_one_that_was_simulated(validation: ModuleType) -> None:
    table = pd.read_csv(ROOT / "docs" / "validation" / "ranking.csv")
    assert (table["programmes"] == validation.PROGRAMMES).all()
    assert set(table["setting"]) == {setting.name for setting in validation.SETTINGS}
    page = (ROOT / "docs" / "validation" / "ranking.md").read_text(encoding="utf-8")
    assert page == validation.page(table)


def test_after_shrinkage_the_pick_is_right_on_average(published: pd.DataFrame) -> None:
    rows = published.drop(index="one criterion, few work")
    assert (rows["bias_se shrunk"].abs() < 0.1).all()
    assert (rows["bias raw"] > 0.9).all()
    assert (published["picked shrunk"] > published["picked raw"] + 0.05).all()


def test_where_few_work_shrinkage_promises_less_than_the_pick_holds(
    published: pd.DataFrame,
) -> None:
    assert published.loc["one criterion, few work", "bias shrunk"] < 0


@pytest.mark.parametrize("rule", ["raw TGI", "p of TGI", "raw gain"])
def test_the_truly_best_is_found_more_often_than_by_the_usual_rules(
    published: pd.DataFrame, rule: str
) -> None:
    assert (published["top3 smartcombo"] > published[f"top3 {rule}"] + 0.03).all()


def test_with_several_criteria_the_ranking_is_ahead_of_the_p_value_of_the_gain(
    published: pd.DataFrame,
) -> None:
    row = published.loc["four criteria, 15% missing"]
    assert row["top3 smartcombo"] > row["top3 p of the gain"] + 0.03
    assert row["chosen smartcombo"] > row["chosen p of the gain"]


def test_intervals_of_places_cover_90_to_98_percent(published: pd.DataFrame) -> None:
    assert published["coverage"].between(0.90, 0.98).all()
