"""RECIST-like calls of curves worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from smartcombo.stats.recist import RecistRule, recist_calls
from smartcombo.stats.response import ResponseRule

VOLUME = RecistRule(measure="volume", partial=-50, progressive=50)


def _call(volume: list[float], rule: RecistRule) -> str:
    curve = np.array(volume)
    time = 4.0 * np.arange(len(curve))
    return recist_calls(curve, time, np.array([0, len(curve)]), rule)[0]


@pytest.mark.parametrize(
    ("volume", "rule", "expected"),
    [
        ([100, 90, 40, 120, 300], VOLUME, "PR"),
        ([100, 90, 40, 120, 300], replace(VOLUME, confirmed=True), "SD"),
        ([100, 45, 40, 120, 300], replace(VOLUME, confirmed=True), "PR"),
        ([100, 160, 40, 0, 0], VOLUME, "CR"),
        ([100, 160, 40, 0, 0], replace(VOLUME, stop_at_progression=True), "PD"),
        ([100, 40, 0], replace(VOLUME, confirmed=True), "PR"),
        ([100, 40, 0, 0], replace(VOLUME, confirmed=True), "CR"),
        ([100, 0, 60, 0], replace(VOLUME, confirmed=True), "SD"),
        ([100, 120, 140], VOLUME, "SD"),
        ([100, 160, 200], VOLUME, "PD"),
        ([100, 75, 130], replace(VOLUME, progressive_from="nadir", first_day=8), "PD"),
        ([100, 75, 130], replace(VOLUME, first_day=8), "SD"),
        ([100, 120], replace(VOLUME, first_day=8), "not evaluable"),
        ([100], VOLUME, "not evaluable"),
        ([100, 0, 1], replace(VOLUME, progressive_from="nadir", first_day=8), "PD"),
    ],
)
def test_a_curve_is_called_by_the_stated_rule(volume, rule, expected) -> None:
    assert _call(volume, rule) == expected


def test_the_diameter_is_the_cube_root_of_the_volume() -> None:
    """-30% of diameter is 0.343 of the volume, +20% is 1.728 of it."""
    rule = RecistRule()
    assert _call([1000, 342.9], rule) == "PR"
    assert _call([1000, 343.1], rule) == "SD"
    assert _call([1000, 1727.9], rule) == "SD"
    assert _call([1000, 1728.1], rule) == "PD"


def test_a_rule_that_cannot_be_is_refused_with_what_was_found() -> None:
    with pytest.raises(ValueError, match=r"complete=-20, partial=-30, .* expected per cent"):
        RecistRule(complete=-20)
    with pytest.raises(ValueError, match=r"measure='area': expected 'volume' or 'diameter'"):
        RecistRule(measure="area")
    with pytest.raises(ValueError, match=r"progressive_from='start': expected 'baseline'"):
        RecistRule(progressive_from="start")
    with pytest.raises(ValueError, match=r"first_day=-1: expected days after baseline"):
        ResponseRule(first_day=-1)
    with pytest.raises(ValueError, match=r"partial=\(-98, -20\).* expected per cent that rise"):
        ResponseRule(partial=(-98, -20))
