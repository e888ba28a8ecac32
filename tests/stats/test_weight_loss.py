"""Nadir, area and crossing of one animal: by hand, by brute force, and what rescales them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartcombo.stats.weight_loss import mean_interval, weight_course, welch

DAYS = np.array([0.0, 2.0, 4.0, 8.0])
FINE = np.linspace(0, 8, 160_001)
GRID_ERROR = 1e-8
"""Rectangles of 5e-5 days on pieces that are straight lines."""


def test_an_animal_that_loses_and_recovers_by_hand() -> None:
    course = weight_course(np.array([20.0, 18.0, 16.0, 20.0]), DAYS, limit=0.15)
    assert course.nadir == pytest.approx(-0.2)
    assert course.nadir_time == 4.0
    assert course.area == pytest.approx(0.1 * 2 / 2 + 0.15 * 2 + 0.2 * 4 / 2)
    assert course.crossing == pytest.approx(3.0)
    assert course.span == 8.0


def test_a_gain_is_no_loss_and_the_nadir_is_then_positive() -> None:
    course = weight_course(np.array([20.0, 21.0, 22.0, 24.0]), DAYS, limit=0.1)
    assert course.area == 0.0
    assert course.nadir == pytest.approx(0.05)
    assert np.isnan(course.crossing)


def test_an_animal_weighed_once_has_no_nadir() -> None:
    course = weight_course(np.array([20.0]), np.array([0.0]), limit=0.1)
    assert np.isnan(course.nadir)
    assert course.area == course.span == 0.0


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.floats(12.0, 30.0), min_size=4, max_size=4), st.floats(0.1, 50.0))
def test_area_is_the_integral_and_the_unit_of_weight_changes_nothing(
    grams: list[float], factor: float
) -> None:
    weight = np.array(grams)
    course = weight_course(weight, DAYS, limit=0.2)
    loss = np.maximum(0, 1 - np.interp(FINE, DAYS, weight) / weight[0])
    assert course.area == pytest.approx(np.trapezoid(loss, FINE), abs=GRID_ERROR)
    other = weight_course(factor * weight, DAYS, limit=0.2)
    assert other.area == pytest.approx(course.area, abs=1e-12)
    assert other.nadir == pytest.approx(course.nadir, abs=1e-12)


def test_the_first_crossing_is_where_the_interpolated_curve_first_reaches_the_limit() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        weight = np.r_[20.0, 20 * rng.uniform(0.7, 1.1, 3)]
        loss = 1 - np.interp(FINE, DAYS, weight) / 20.0
        past = np.flatnonzero(loss >= 0.15)
        got = weight_course(weight, DAYS, limit=0.15).crossing
        if len(past):
            assert got == pytest.approx(FINE[past[0]], abs=1e-4)
        else:
            assert np.isnan(got)


def test_means_of_few_animals_say_what_they_cannot() -> None:
    one = mean_interval(np.array([0.1]))
    assert one.value == 0.1
    assert np.isnan(one.low)
    assert np.isnan(welch(np.array([0.1]), np.array([0.2, 0.3])).p)
    same = welch(np.full(3, 5.0), np.full(4, 5.0))
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    assert np.isnan(same.p)
