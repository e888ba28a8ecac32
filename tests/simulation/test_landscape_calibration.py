"""A short version of docs/validation/landscape.md; limits are 99.9% binomial ones."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from scipy import stats

ROOT = Path(__file__).parents[2]
REPEATS = 1500


@pytest.fixture(scope="module")
def validation() -> ModuleType:
    path = ROOT / "validation" / "landscape.py"
    spec = importlib.util.spec_from_file_location("landscape_validation", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["landscape_validation"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("n", "ratio", "share"), [(4, 1.6, 1.0), (8, 3.0, 1.0), (5, 1.0, 0.6)])
def test_the_interval_of_the_shift_covers_what_it_says(
    validation: ModuleType, n: int, ratio: float, share: float
) -> None:
    """93 to 97%, widened by the binomial's own spread; in SDs of few controls it may be wider."""
    got = validation.coverage(n, 0.59, ratio, share, REPEATS)
    low, high = (stats.binom.interval(0.999, REPEATS, p) for p in (0.93, 0.97))
    assert low[0] <= REPEATS * got["shift"] <= high[1]
    assert got["in SDs"] > low[0] / REPEATS


def test_stated_probabilities_come_true_as_often_as_stated(validation: ModuleType) -> None:
    """Thirds of the stated probability, within 0.07 and the binomial's own spread."""
    table = validation.stated(6, 0.3, 1200)
    for _, own in table.groupby("what"):
        for edge in (0.0, 1 / 3, 2 / 3):
            part = own[(own["stated"] >= edge) & (own["stated"] < edge + 0.3334)]
            error = 3.3 * (0.25 / len(part)) ** 0.5 + 0.07
            assert part["true"].mean() == pytest.approx(part["stated"].mean(), abs=error)


def test_a_thousand_shuffled_arms_are_hardly_ever_said_to_have_switched(
    validation: ModuleType,
) -> None:
    """Also where the animals that are shuffled had moved; 0.29 is said before any is seen."""
    table = validation.shuffle_table(1000)
    assert (table["stated"] < 0.29).all()
    assert (table["above_0.8"] < 0.02).all()
