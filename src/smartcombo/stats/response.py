"""Best response of one growth curve and its mRECIST category (Gao 2015, 10.1038/nm.3954)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit

from smartcombo.stats.design import Floats, Ints

Category = Literal["CR", "PR", "SD", "PD", "not evaluable"]
CATEGORIES: tuple[Category, ...] = ("CR", "PR", "SD", "PD", "not evaluable")


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """Thresholds of best and best average change, in per cent of baseline volume.

    A curve is CR where best change and best average change lie below both thresholds, else PR, else
    SD, else PD. Changes count from ``first_day`` days after baseline; the average of a day runs
    over all visits since baseline.
    """

    first_day: float = 10.0
    complete: tuple[float, float] = (-95.0, -40.0)
    partial: tuple[float, float] = (-50.0, -20.0)
    stable: tuple[float, float] = (35.0, 30.0)

    def __post_init__(self) -> None:
        if not self.first_day >= 0:
            raise ValueError(f"first_day={self.first_day!r}: expected days after baseline, 0 on")
        rising = list(zip(self.complete, self.partial, self.stable, strict=True))
        if any(list(step) != sorted(step) for step in rising):
            raise ValueError(
                f"complete={self.complete}, partial={self.partial}, stable={self.stable}: expected "
                "per cent that rise in this order"
            )


MRECIST = ResponseRule()


@dataclass(frozen=True)
class CurveResponses:
    """Best change and best average change (per cent), their days, and time to double.

    Each of shape ``(m,)``; NaN where no visit counts. ``doubled`` says whether the volume reached
    twice its baseline; else ``time_to_double`` is the last day (censored).
    """

    best: Floats
    best_day: Floats
    best_average: Floats
    best_average_day: Floats
    time_to_double: Floats
    doubled: np.ndarray


def curve_responses(
    volume: Floats, time: Floats, start: Ints, first_day: float = MRECIST.first_day
) -> CurveResponses:
    """Return the responses of m curves.

    Parameters
    ----------
    volume
        Volumes ``(N,)``, rows of a curve together in order of time; the first is the baseline and
        above zero.
    time
        Days since baseline ``(N,)``.
    start
        First row of each curve and, last, N; shape ``(m + 1,)``.
    first_day
        Days after baseline from which a change counts.
    """
    return CurveResponses(*_responses(volume, time, start, first_day))


@njit(cache=True)
def _responses(volume, time, start, first_day):  # type: ignore[no-untyped-def]
    m = len(start) - 1
    best, best_day = np.full(m, np.nan), np.full(m, np.nan)
    average, average_day = np.full(m, np.nan), np.full(m, np.nan)
    doubling, doubled = np.full(m, np.nan), np.zeros(m, dtype=np.bool_)
    for i in range(m):
        base, total = volume[start[i]], 0.0
        for j in range(start[i], start[i + 1]):
            change = 100.0 * (volume[j] / base - 1.0)
            total += change
            count = j - start[i] + 1
            if time[j] >= first_day:
                if not best[i] <= change:
                    best[i], best_day[i] = change, time[j]
                if not average[i] <= total / count:
                    average[i], average_day[i] = total / count, time[j]
            if not doubled[i]:
                doubling[i] = time[j]
                if volume[j] >= 2.0 * base:
                    doubled[i] = True
                    share = (2.0 * base - volume[j - 1]) / (volume[j] - volume[j - 1])
                    doubling[i] = time[j - 1] + share * (time[j] - time[j - 1])
    return best, best_day, average, average_day, doubling, doubled


def categorise(best: Floats, best_average: Floats, rule: ResponseRule = MRECIST) -> list[Category]:
    """Return the category of each pair of best and best average change, per cent."""
    steps: tuple[tuple[Category, tuple[float, float]], ...] = (
        ("CR", rule.complete), ("PR", rule.partial), ("SD", rule.stable),
    )  # fmt: skip
    found: list[Category] = []
    for change, average in zip(best, best_average, strict=True):
        if not (np.isfinite(change) and np.isfinite(average)):
            found.append("not evaluable")
            continue
        met = (name for name, (least, mean) in steps if change < least and average < mean)
        found.append(next(met, "PD"))
    return found
