"""A short version of the simulation behind docs/validation/leaving; limits are 99.9% ones."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from scipy import stats

ROOT = Path(__file__).parents[2]
STUDIES = 60


@pytest.fixture(scope="module")
def validation() -> ModuleType:
    for name in ("size_and_coverage", "leaving"):
        path = ROOT / "validation" / f"{name}.py"
        key = name if name == "size_and_coverage" else "validation_leaving"
        spec = importlib.util.spec_from_file_location(key, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[key] = module
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return pd.read_csv(ROOT / "docs" / "validation" / "leaving.csv")


def test_controls_culled_first_hide_the_drug_from_the_last_day_mean_but_not_from_the_model(
    validation: ModuleType,
) -> None:
    setting = validation.SETTINGS[0]
    table = pd.DataFrame([validation.one_study(setting, k) for k in range(STUDIES)])
    z = stats.norm.ppf(0.9995)
    for method, biased in (("mixed model", False), ("last-day mean", True)):
        error = table[f"error Q1 {method}"].dropna()
        limit = z * error.std() / len(error) ** 0.5
        assert (error.mean() > limit) if biased else (abs(error.mean()) < limit), method
    covered = table["cover Q1 mixed model"].sum()
    low, high = stats.binom.interval(0.999, STUDIES, 0.95)
    assert low <= covered <= high


def test_the_published_table_is_the_one_that_was_simulated(
    validation: ModuleType, published: pd.DataFrame
) -> None:
    size_only = published["setting"] == "size limit only"
    assert (published.loc[size_only, "studies"] >= validation.STUDIES).all()
    assert (published["studies"] >= validation.STUDIES * validation.FEWER).all()
    assert set(zip(published["setting"], published["n"], strict=True)) == {
        (setting.name, setting.n) for setting in validation.SETTINGS
    }
    page = (ROOT / "docs" / "validation" / "leaving.md").read_text(encoding="utf-8")
    assert page.count("\n|") == len(published) + 2


def test_at_the_size_limit_only_the_mixed_model_is_unbiased_and_keeps_its_coverage(
    published: pd.DataFrame,
) -> None:
    rows = published[published["setting"] == "size limit only"]
    ours = rows[rows["method"] == "mixed model"]
    assert ((ours["bias_percent"].abs() < 5) | (ours["bias_in_sd"].abs() < 0.25)).all()
    assert ours["coverage"].between(0.93, 0.97).all()
    others = rows[(rows["method"] != "mixed model") & (rows["contrast"] == "Q1")]
    assert (others["bias_percent"] > 10).all()
    assert (others["coverage"] < 0.9).all()


def test_where_leaving_depends_on_growth_the_joint_model_is_nearer_the_truth(
    published: pd.DataFrame,
) -> None:
    rows = published[published["setting"] == "ulceration in the combination"]
    bias = rows.pivot(index="contrast", columns="method", values="bias").abs()
    assert (bias["joint model"] < bias["mixed model"]).all()
    assert (bias["imputed, delta +0.03"] < bias["imputed, delta 0"]).all()
