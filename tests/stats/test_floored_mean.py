"""Floored means: Welch where all are measured, each animal's own line where one left."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from smartcombo.stats.design import LongDesign
from smartcombo.stats.floored_mean import (
    GrowingLines,
    floored_contrast,
    floored_means,
    with_hidden_cures,
)
from smartcombo.stats.mixed import fit_mixed

FLOOR = np.log(4.0)
DAY = 12.0
WEIGHTS = np.array([-1.0, 1.0])


def _lines(rng: np.random.Generator, n: int = 6) -> tuple[GrowingLines, np.ndarray, np.ndarray]:
    """Return the model of two arms of growing animals, its arms, and who was seen at the day."""
    time = np.array([0.0, 3.0, 6.0, 9.0, 12.0])
    arm = np.repeat([0, 1], n).astype(np.int64)
    slope = np.array([0.2, 0.1])[arm] + 0.03 * rng.standard_normal(2 * n)
    y = 4.0 + 0.3 * rng.standard_normal((2 * n, 1)) + slope[:, None] * time
    y += 0.15 * rng.standard_normal(y.shape)
    seen = np.ones(y.shape, bool)
    seen[[0, 2], 3:] = False
    seen[7, 4] = False
    sizes = seen.sum(axis=1)
    of_row, t = np.repeat(arm, sizes), np.broadcast_to(time, y.shape)[seen]
    ones = np.ones_like(t)
    X = np.column_stack([ones, (of_row[:, None] == [0, 1]) * t[:, None]])
    start = np.r_[0, np.cumsum(sizes)].astype(np.int64)
    design = LongDesign(y[seen], X, np.column_stack([ones, t]), start, arm, t + 1)
    x = np.column_stack([np.ones(2 * n), (arm[:, None] == [0, 1]) * DAY])
    animal = np.arange(2 * n)
    lines = GrowingLines(fit_mixed(design), design, animal, x, np.array([1.0, DAY]))
    return lines, arm, np.where(seen[:, -1], y[:, -1], np.nan)


def test_where_all_are_measured_it_is_welchs_test() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(6, 1, 8), rng.normal(5, 2, 10)
    arm = np.repeat([0, 1], [8, 10]).astype(np.int64)
    means = floored_means(np.r_[a, b], arm, FLOOR - 10, None)
    got = floored_contrast(means, WEIGHTS, np.zeros(18, bool), FLOOR - 10)
    want = stats.ttest_ind(b, a, equal_var=False)
    limits = want.confidence_interval(0.95)
    assert (got.value, got.p, got.df) == pytest.approx((b.mean() - a.mean(), want.pvalue, want.df))
    assert (got.low, got.high) == pytest.approx((limits.low, limits.high))


def test_an_animal_that_left_is_predicted_by_its_own_conditional_mean() -> None:
    lines, arm, known = _lines(np.random.default_rng(3))
    means = floored_means(known, arm, FLOOR, lines)
    fit, d = lines.fit, lines.design
    rows = slice(d.start[2], d.start[3])
    Z = np.vstack([d.Z[rows], lines.z])
    joint = Z @ fit.D @ Z.T
    seen = joint[:-1, :-1] + fit.sigma2 * np.eye(len(Z) - 1)
    residual = d.y[rows] - d.X[rows] @ fit.beta
    want = lines.x[2] @ fit.beta + joint[-1, :-1] @ np.linalg.solve(seen, residual)
    assert means.values[2] == pytest.approx(want)
    measured = np.isfinite(known)
    np.testing.assert_allclose(means.values[measured], known[measured])


def test_predictions_widen_the_interval_by_the_error_of_the_lines() -> None:
    lines, arm, known = _lines(np.random.default_rng(3))
    means = floored_means(known, arm, FLOOR, lines)
    got = floored_contrast(means, WEIGHTS, np.zeros(len(arm), bool), FLOOR)
    taken = floored_means(means.values, arm, FLOOR, None)
    naive = floored_contrast(taken, WEIGHTS, np.zeros(len(arm), bool), FLOOR)
    assert got.value == pytest.approx(naive.value)
    assert got.se != pytest.approx(naive.se, rel=1e-3)
    # The fixed effects' influences sum to zero: no animal's error is counted twice.
    np.testing.assert_allclose(means.influence.sum(axis=0), 0.0, atol=1e-9)


def test_values_below_the_floor_count_at_the_floor() -> None:
    arm = np.repeat([0, 1], 4).astype(np.int64)
    known = np.r_[6.0, 6.5, 5.5, 6.2, -50.0, 0.0, FLOOR, 5.0]
    assert floored_means(known, arm, FLOOR, None).mean[1] == pytest.approx((3 * FLOOR + 5) / 4)


def test_an_arm_of_cured_animals_alone_is_not_free_of_error() -> None:
    arm = np.repeat([0, 1], 8).astype(np.int64)
    known = np.r_[np.linspace(5, 7, 8), np.full(8, FLOOR)]
    cured = known == FLOOR
    means = floored_means(known, arm, FLOOR, None)
    got = floored_contrast(means, np.array([0.0, 1.0]), cured, FLOOR)
    share = 9 / 10
    assert got.se == pytest.approx(np.sqrt(share * (1 - share) / 7) * (6.0 - FLOOR))
    assert got.status == "ok"


def test_hidden_cures_widen_towards_smaller_volumes_of_the_arm_and_nest() -> None:
    rng = np.random.default_rng(5)
    arm = np.repeat([0, 1], 8).astype(np.int64)
    growing = np.zeros(16, bool)
    means = floored_means(rng.normal(6, 0.3, 16), arm, FLOOR, None)
    plain = floored_contrast(means, WEIGHTS, growing, FLOOR)
    wide = with_hidden_cures(plain, means, WEIGHTS, growing, FLOOR)
    assert wide.low < plain.low < plain.value < plain.high < wide.high
    only = np.where(arm == 0, True, False)
    one_side = with_hidden_cures(plain, means, WEIGHTS, only, FLOOR)
    assert one_side.low == pytest.approx(wide.low)
    assert one_side.high == pytest.approx(plain.high)


def test_an_animal_without_a_line_leaves_its_arm_without_an_answer_and_no_other() -> None:
    arm = np.repeat([0, 1, 2], 4).astype(np.int64)
    known = np.r_[np.linspace(5, 7, 4), np.linspace(4, 6, 4), 5.0, np.nan, 5.5, 6.0]
    means = floored_means(known, arm, FLOOR, None)
    growing = np.zeros(12, bool)
    lost = floored_contrast(means, np.array([-1.0, 0.0, 1.0]), growing, FLOOR)
    assert (lost.status, np.isnan(lost.value)) == ("not predicted", True)
    others = floored_contrast(means, np.array([-1.0, 1.0, 0.0]), growing, FLOOR)
    assert others.p == pytest.approx(stats.ttest_ind(known[4:8], known[:4], equal_var=False).pvalue)


def test_an_arm_of_one_animal_has_no_interval() -> None:
    arm = np.array([0, 0, 0, 1])
    means = floored_means(np.array([5.0, 6.0, 7.0, 5.0]), arm, FLOOR, None)
    got = floored_contrast(means, WEIGHTS, np.zeros(4, bool), FLOOR)
    assert got.status == "one animal"
    assert np.isnan(got.low)
