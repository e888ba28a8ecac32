"""Small numbers stay amber: the traps that looked like successes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from programmes import CRITERIA, GAIN, LOSS, table

import smartcombo as sc
from smartcombo.ranking import light
from smartcombo.ranking.lights import criterion_light
from smartcombo.stats.proportions import difference


def test_four_of_eight_against_one_of_ten_is_amber() -> None:
    """Ulevostinag with pembrolizumab: the response rates that did not last."""
    seen = difference(4, 8, 1, 10)
    assert seen.value == pytest.approx(0.4)
    got = light(seen.low, seen.high, no_effect=0.0, less_is_better=False, n=18)
    assert (got.colour, got.word) == ("amber", "inconclusive")


def test_a_hazard_ratio_of_62_percent_with_a_wide_interval_is_amber() -> None:
    """Eganelisib with nivolumab: HR 0.62 (0.28 to 1.36)."""
    got = light(0.28, 1.36, no_effect=1.0, less_is_better=True, n=49)
    assert (got.colour, got.word) == ("amber", "inconclusive")


def test_a_p_value_above_the_threshold_set_beforehand_is_negative() -> None:
    """Lenvatinib with pembrolizumab in liver cancer: p = 0.0227 against 0.0185."""
    got = light(0.708, 0.997, no_effect=1.0, less_is_better=True, n=794, p=0.0227,
                threshold=0.0185)  # fmt: skip
    assert (got.colour, got.word) == ("amber", "negative")
    assert "0.0227 misses the threshold 0.0185" in got.reason
    at = light(0.7, 0.99, no_effect=1.0, less_is_better=True, n=794, p=0.0185, threshold=0.0185)
    assert at.word == "negative"
    below = light(0.7, 0.99, no_effect=1.0, less_is_better=True, n=794, p=0.0184, threshold=0.0185)
    assert below.colour == "green"


def test_clear_intervals_are_green_or_red_and_few_animals_are_not_green() -> None:
    good = {"no_effect": 0.0, "less_is_better": False}
    assert light(0.1, 0.9, n=40, **good).colour == "green"
    assert light(0.1, 0.9, n=8, **good).word == "few animals"
    assert light(0.1, 0.9, n=np.nan, **good).colour == "amber"
    assert light(-0.9, -0.1, n=8, **good).colour == "red"
    assert light(-0.9, -0.1, n=8, no_effect=0.0, less_is_better=True).word == "few animals"
    assert light(np.nan, np.nan, n=8, **good).colour == "grey"


def test_one_small_study_leads_a_ranking_only_with_its_caution_and_no_green_light() -> None:
    values = {f"c{k}@x": (0.1 * k, 0.2 * k, 5.0) for k in range(6)}
    rows = pd.concat([table(values), table({"small@x": (1.2, 2.0, 1.0)}, n=10)])
    got = sc.ranking.rank(CRITERIA, rows)
    first = got.summary.iloc[0]
    assert first["candidate"] == "small@x"
    assert "few animals: at most 10 behind any criterion" in first["cautions"]
    cell = got.criteria.set_index(["candidate", "criterion"]).loc[("small@x", GAIN.id)]
    assert (cell["colour"], cell["word"]) == ("amber", "few animals")


def test_a_cost_is_judged_by_its_anchors_since_any_of_it_would_be_harm() -> None:
    cost = replace(LOSS, no_effect=0.0)
    assert cost.is_cost
    assert not GAIN.is_cost
    assert criterion_light(cost, 1.0, 4.0, 40).word == "little cost"
    assert criterion_light(cost, 8.0, 12.0, 40).colour == "amber"
    assert criterion_light(cost, 21.0, 30.0, 8).word == "too much"
    assert criterion_light(cost, 1.0, 4.0, 8).word == "few animals"
    assert criterion_light(cost, np.nan, np.nan, 8).word == "missing"
    assert criterion_light(LOSS, 1.0, 4.0, 40).word == "no reference"
    assert criterion_light(GAIN, -0.4, -0.1, 40).word == "harm"


def test_four_arms_need_the_animals_of_four_arms() -> None:
    four = replace(GAIN, arms=4)
    assert criterion_light(GAIN, 0.1, 0.9, 16).colour == "green"
    assert criterion_light(four, 0.1, 0.9, 16).word == "few animals"
    assert criterion_light(four, 0.1, 0.9, 24).colour == "green"


@pytest.mark.parametrize(
    ("agreed", "colour"), [("for", "green"), ("against", "red"), ("", "amber")]
)
def test_studies_that_each_say_so_outweigh_an_interval_over_too_few_of_them(
    agreed: str, colour: str
) -> None:
    assert criterion_light(GAIN, -2.0, 4.0, 40, agreed=agreed).colour == colour
    assert criterion_light(GAIN, -2.0, 4.0, 8, agreed="").word == "inconclusive"
