"""A short version of the simulation of mixtures, and what its published table claims."""

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
STUDIES = 60
OWN = ("floored log ratio", "time to progression", "response")


@pytest.fixture(scope="module")
def validation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mixtures", ROOT / "validation" / "mixtures.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["mixtures"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return pd.read_csv(ROOT / "docs" / "validation" / "mixtures.csv")


def test_with_half_of_an_arm_cured_answers_hold_with_eight_mice(validation: ModuleType) -> None:
    validation.truth.cache_clear()
    validation.TRUTH_MICE = 40_000
    setting = validation.Setting(8, 0.5)
    table = validation.summary(validation._batch((setting, 0, STUDIES)), setting)
    own = table[table["method"] == "ours"]
    # 99.9% limits of 60 studies; the bias is at most 3.3 Monte Carlo errors.
    assert (STUDIES * own["coverage"] >= stats.binom.ppf(0.0005, STUDIES, 0.94)).all()
    assert (own["bias_in_se"].abs() < 3.3 / np.sqrt(STUDIES)).all()
    plus_one = table[(table["method"] == "+1 added, z") & (table["question"] == "Q2")]
    assert plus_one["bias_in_se"].item() < -0.25


def test_half_of_the_controls_are_culled_before_the_last_day(validation: ModuleType) -> None:
    drawn = validation.simulate(0.2, 1, 4000, np.random.default_rng(1))
    assert drawn.seen[0, 0, :, -1].mean() == pytest.approx(0.5, abs=0.06)
    assert drawn.below[0, 3, :, -1].mean() == pytest.approx(0.2, abs=0.03)


def test_times_and_responses_are_those_of_the_analyses(validation: ModuleType) -> None:
    """A curve that doubles every three days reaches four times its baseline on day 6."""
    y = np.log(80.0) + np.log(2.0) * validation.TIME / 3.0
    seen = np.ones((1, len(y)), bool)
    time, event = validation.progression_times(y[None], seen)
    assert (time[0], event[0]) == (pytest.approx(6.0), True)
    assert not validation.responses(np.exp(y)[None], seen)[0]
    falling = np.where(validation.TIME > 3, 0.0, 80.0)
    assert validation.responses(falling[None], seen)[0]


def test_the_published_bias_of_each_endpoint_is_within_the_target(published: pd.DataFrame) -> None:
    own = published[(published["method"] == "ours") & published["endpoint"].isin(OWN)]
    assert (own["studies"] >= 2000).all()
    assert len(own) == 6 * len(OWN) * 2
    assert own["bias_percent"].abs().max() < 5
    assert own["bias_in_se"].abs().max() < 0.25


def test_the_published_coverage_is_within_the_target_or_explained(published: pd.DataFrame) -> None:
    own = published[published["method"] == "ours"]
    times, volumes, response = (
        own[own["endpoint"] == name]
        for name in ("time to progression", "floored log ratio", "response")
    )
    assert times["coverage"].between(0.93, 0.97).all()
    few = volumes["cured"] == 0.2
    assert volumes.loc[~few, "coverage"].between(0.93, 0.97).all()
    assert (volumes.loc[few, "coverage_cure_seen"] > 0.98).all()
    # Where no mouse is cured (0.8 ** n) the interval misses: nothing else is lost.
    reach = 1 - 0.8 ** volumes.loc[few, "n"]
    assert (volumes.loc[few, "coverage"] > reach - 0.02).all()
    assert (response["coverage"] > 0.94).all()


def test_other_rules_miss_where_animals_are_cured(published: pd.DataFrame) -> None:
    table = published[(published["endpoint"] == OWN[0]) & (published["cured"] == 0.5)]
    coverage = table.groupby("method")["coverage"].max()
    assert coverage["+1 added, z"] < 0.93
    assert coverage["zeros missing, z"] < 0.93
    z = published[published["method"] == "Greenwood, z"]["coverage"]
    assert z.max() < 0.93
    none = published[(published["method"] == "last day, t") & (published["cured"] == 0)]
    assert (none["bias_in_se"].abs() > 0.25).all()


def test_the_growth_rate_of_a_mixture_is_that_of_no_animal(published: pd.DataFrame) -> None:
    rate = published[published["endpoint"] == "growth rate"].set_index("cured")
    assert (rate.loc[[0.0], "bias"].abs() < 0.01).all()
    assert (rate.loc[[0.5], "bias"] < -0.1).all()


def test_the_published_page_is_that_of_the_table(
    validation: ModuleType, published: pd.DataFrame
) -> None:
    validation.TRUTH_MICE = 400_000
    page = (ROOT / "docs" / "validation" / "mixtures.md").read_text(encoding="utf-8")
    assert page == validation.page(published)
