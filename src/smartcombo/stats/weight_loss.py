"""Body weight of single animals: nadir, area under the loss curve, first crossing of a limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from smartcombo.stats.design import Floats


@dataclass(frozen=True)
class Course:
    """Loss of weight of one animal from baseline, visits joined by straight lines.

    Attributes
    ----------
    nadir
        Lowest change from baseline after baseline, a fraction; -0.1 is a loss of 10%, and it is
        positive where the animal never fell below its baseline. NaN without a later visit.
    nadir_time
        Days since baseline of the first visit at the nadir.
    area
        Integral of the loss (only what is below baseline) over time, fraction x days.
    span
        Days from baseline to the last visit.
    crossing
        Days since baseline at which the loss first reaches the limit, interpolated; NaN where it
        does not, or without a limit.
    """

    nadir: float
    nadir_time: float
    area: float
    span: float
    crossing: float


def weight_course(weight: Floats, time: Floats, limit: float | None = None) -> Course:
    """Return the course of one animal.

    Parameters
    ----------
    weight
        Grams, shape ``(k,)``; the first is the baseline.
    time
        Days since baseline, increasing from 0, shape ``(k,)``.
    limit
        Loss, a fraction; ``None`` for no limit.
    """
    loss = 1.0 - weight / weight[0]
    if len(loss) < 2:
        nan = float("nan")
        return Course(nan, nan, 0.0, 0.0, nan)
    worst = 1 + int(np.argmax(loss[1:]))
    return Course(
        nadir=float(-loss[worst]),
        nadir_time=float(time[worst]),
        area=_area_above_zero(loss, time),
        span=float(time[-1]),
        crossing=float("nan") if limit is None else _crossing(loss, time, limit),
    )


def _area_above_zero(value: Floats, time: Floats) -> float:
    """Return the exact integral of the positive part of a piecewise linear curve."""
    a, b, dt = value[:-1], value[1:], np.diff(time)
    whole = 0.5 * (np.maximum(a, 0) + np.maximum(b, 0))
    crosses = a * b < 0
    gap = np.where(crosses, np.abs(a - b), 1.0)
    triangle = 0.5 * np.maximum(a, b) ** 2 / gap
    return float(np.sum(dt * np.where(crosses, triangle, whole)))


def _crossing(loss: Floats, time: Floats, limit: float) -> float:
    past = np.flatnonzero(loss >= limit)
    if not len(past):
        return float("nan")
    k = int(past[0])
    if k == 0:
        return float(time[0])
    share = (limit - loss[k - 1]) / (loss[k] - loss[k - 1])
    return float(time[k - 1] + share * (time[k] - time[k - 1]))


@dataclass(frozen=True)
class MeanTest:
    """A mean or a difference of means with t interval; NaN limits where n is too small."""

    value: float
    low: float
    high: float
    se: float
    df: float
    p: float


def mean_interval(x: Floats, level: float = 0.95) -> MeanTest:
    """Return the mean of one sample with its t interval; ``p`` is NaN."""
    n = len(x)
    value = float(np.mean(x)) if n else float("nan")
    if n < 2:
        return MeanTest(value, *(float("nan"),) * 5)
    return _interval(value, float(np.var(x, ddof=1) / n), n - 1.0, level, test=False)


def welch(x: Floats, y: Floats, level: float = 0.95) -> MeanTest:
    """Return mean(x) - mean(y) with Welch's interval and test (10.1093/biomet/34.1-2.28)."""
    value = float(np.mean(x) - np.mean(y)) if len(x) and len(y) else float("nan")
    if min(len(x), len(y)) < 2:
        return MeanTest(value, *(float("nan"),) * 5)
    a, b = float(np.var(x, ddof=1) / len(x)), float(np.var(y, ddof=1) / len(y))
    if a + b == 0:
        return _interval(value, 0.0, float(len(x) + len(y) - 2), level, test=True)
    df = (a + b) ** 2 / (a**2 / (len(x) - 1) + b**2 / (len(y) - 1))
    return _interval(value, a + b, df, level, test=True)


def _interval(value: float, variance: float, df: float, level: float, *, test: bool) -> MeanTest:
    se = float(np.sqrt(variance))
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * se
    p = float("nan")
    if test and se > 0:
        p = float(2 * stats.t.sf(abs(value) / se, df))
    return MeanTest(value, value - reach, value + reach, se, df, p)
