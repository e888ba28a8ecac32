"""A short version of the simulation behind docs/validation; limits are 99.9% binomial ones."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy import stats

ROOT = Path(__file__).parents[2]
STUDIES = 300


@pytest.fixture(scope="module")
def validation() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "size_and_coverage", ROOT / "validation" / "size_and_coverage.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["size_and_coverage"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def simulated(validation: ModuleType) -> pd.Series:
    setting = validation.Setting(5, 8, True)
    rows = [validation.one_study(setting, number) for number in range(STUDIES)]
    return pd.DataFrame(rows).mean()


def test_the_bliss_test_keeps_its_size_with_five_mice_and_dropout(simulated: pd.Series) -> None:
    low, high = stats.binom.interval(0.999, STUDIES, 0.05)
    assert low <= STUDIES * simulated["reject_kenward_roger"] <= high
    assert simulated["cover_kenward_roger"] == pytest.approx(
        1 - simulated["reject_kenward_roger"], abs=0.01
    )


def test_the_band_holds_the_whole_course_where_pointwise_limits_do_not(
    simulated: pd.Series,
) -> None:
    assert STUDIES * simulated["any_day_band"] <= stats.binom.ppf(0.9995, STUDIES, 0.05)
    assert simulated["any_day_pointwise"] > simulated["any_day_band"]


def test_a_z_test_on_any_day_rejects_far_too_often(simulated: pd.Series) -> None:
    assert STUDIES * simulated["peer_z_any_day"] > stats.binom.ppf(0.9995, STUDIES, 0.05)


def test_the_published_table_says_what_was_simulated(validation: ModuleType) -> None:
    table = pd.read_csv(ROOT / "docs" / "validation" / "size-and-coverage.csv")
    assert (table["studies"] >= 2000).all()
    assert set(zip(table["n"], table["visits"], strict=True)) == {
        (setting.n, setting.visits) for setting in validation.SETTINGS
    }
    page = (ROOT / "docs" / "validation" / "size-and-coverage.md").read_text(encoding="utf-8")
    assert page == validation.page(table)


def test_the_published_table_below_detection_says_what_was_simulated() -> None:
    table = pd.read_csv(ROOT / "docs" / "validation" / "below-detection.csv")
    assert (table["studies"] >= 2000).all()
    coverage = table.groupby("method")["coverage"].agg(["min", "max"])
    assert coverage.loc["censored", "min"] >= 0.93
    assert coverage.loc["censored", "max"] <= 0.97
    assert coverage.loc["at the limit", "max"] < 0.93
    assert coverage.loc["plus one", "max"] < 0.8
    page = (ROOT / "docs" / "validation" / "below-detection.md").read_text(encoding="utf-8")
    assert page.count("\n|") == len(table) + 2


@pytest.fixture(scope="module")
def curved(validation: ModuleType) -> ModuleType:
    spec = importlib.util.spec_from_file_location("curved", ROOT / "validation" / "curved.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["curved"] = module
    spec.loader.exec_module(module)
    return module


def test_gompertz_and_the_exponential_keep_their_size_on_their_own_truth(
    curved: ModuleType,
) -> None:
    studies = 30
    for truth in ("exponential", "gompertz"):
        rows = [curved.one_study(curved.Setting(truth, 8), number) for number in range(studies)]
        table = pd.DataFrame(rows).mean()
        assert studies * table[f"reject {truth}"] <= stats.binom.ppf(0.9995, studies, 0.05)
        assert table[[f"best {m}" for m in curved.METHODS[:-1]]].sum() == pytest.approx(1.0)


def test_the_truth_of_the_curved_simulation_is_exactly_bliss(curved: ModuleType) -> None:
    for truth in curved.TRUTHS:
        growth = curved.mean_growth(truth, np.array([curved.DAY]))[:, 0]
        assert growth @ curved.BLISS == pytest.approx(0.0, abs=1e-12)


def test_the_published_table_of_curved_growth_says_what_was_simulated(curved: ModuleType) -> None:
    table = pd.read_csv(ROOT / "docs" / "validation" / "curved.csv")
    assert set(zip(table["truth"], table["n"], strict=True)) == {
        (setting.truth, setting.n) for setting in curved.SETTINGS
    }
    size = table.set_index(["truth", "method"])["size"]
    studies = int(table["studies"].min())
    low, high = (edge / studies for edge in stats.binom.interval(0.999, studies, 0.05))
    assert low <= size["gompertz", "gompertz"] <= high
    assert low <= size["exponential", "exponential"] <= high
    page = (ROOT / "docs" / "validation" / "curved.md").read_text(encoding="utf-8")
    assert page == curved.page(table)
