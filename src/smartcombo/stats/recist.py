"""RECIST-like calls: each visit against the protocol's thresholds, and the best of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit

from smartcombo.stats.design import Floats, Ints
from smartcombo.stats.response import Category

Measure = Literal["volume", "diameter"]
Reference = Literal["baseline", "nadir"]
BEST_FIRST: tuple[Category, ...] = ("CR", "PR", "SD", "PD", "not evaluable")
COMPLETE, PARTIAL, STABLE, PROGRESSIVE, NONE = range(5)


@dataclass(frozen=True, slots=True)
class RecistRule:
    """Thresholds of change from baseline, in per cent, that a protocol states.

    Attributes
    ----------
    measure
        What the changes are of: the ``"diameter"`` a sphere of that volume would have (default,
        the scale of RECIST), or the ``"volume"`` itself. -30% of diameter is -66% of volume.
    complete, partial, progressive
        CR: a change at or below ``complete``; PR: at or below ``partial``; PD: at or above
        ``progressive``; else SD. A tumour below detection is a change of -100%.
    progressive_from
        What PD is counted from: ``"baseline"``, or the smallest tumour so far (``"nadir"``).
    first_day
        Days after baseline from which a visit counts.
    confirmed
        Count CR and PR only where two visits in a row say so.
    stop_at_progression
        Let no visit after the first PD count. Off by default: under immune checkpoint inhibitors a
        tumour may grow before it responds.
    """

    measure: Measure = "diameter"
    complete: float = -100.0
    partial: float = -30.0
    progressive: float = 20.0
    progressive_from: Reference = "baseline"
    first_day: float = 1.0
    confirmed: bool = False
    stop_at_progression: bool = False

    def __post_init__(self) -> None:
        if self.measure not in ("volume", "diameter"):
            raise ValueError(f"measure={self.measure!r}: expected 'volume' or 'diameter'")
        if self.progressive_from not in ("baseline", "nadir"):
            raise ValueError(
                f"progressive_from={self.progressive_from!r}: expected 'baseline' or 'nadir'"
            )
        if not -100 <= self.complete <= self.partial < self.progressive:
            raise ValueError(
                f"complete={self.complete:g}, partial={self.partial:g}, "
                f"progressive={self.progressive:g}: expected per cent that rise in this order, "
                "from -100 on"
            )


def recist_calls(volume: Floats, time: Floats, start: Ints, rule: RecistRule) -> list[Category]:
    """Return the best call of m curves.

    Parameters
    ----------
    volume
        Volumes ``(N,)``, 0 below detection; rows of a curve together in order of time, the first is
        the baseline and above zero.
    time
        Days since baseline ``(N,)``.
    start
        First row of each curve and, last, N; shape ``(m + 1,)``.
    """
    size = np.cbrt(volume) if rule.measure == "diameter" else volume
    codes = _best(
        size, time, start, rule.first_day, rule.complete, rule.partial, rule.progressive,
        rule.progressive_from == "nadir", rule.confirmed, rule.stop_at_progression,
    )  # fmt: skip
    return [BEST_FIRST[code] for code in codes]


@njit(cache=True)
def _best(  # type: ignore[no-untyped-def]
    size, time, start, first_day, complete, partial, progressive, from_nadir, confirmed, stop
):
    m = len(start) - 1
    found = np.full(m, NONE)
    for i in range(m):
        base, smallest, before = size[start[i]], size[start[i]], NONE
        for j in range(start[i] + 1, start[i + 1]):
            reference = smallest if from_nadir else base
            grown = np.inf if reference <= 0.0 and size[j] > 0.0 else -100.0
            if reference > 0.0:
                grown = 100.0 * (size[j] / reference - 1.0)
            call = _call(100.0 * (size[j] / base - 1.0), grown, complete, partial, progressive)
            smallest = min(smallest, size[j])
            if time[j] < first_day:
                continue
            counted = call
            if confirmed and call < STABLE:
                counted = max(call, before) if before < STABLE else STABLE
            found[i] = min(found[i], counted)
            before = call
            if stop and call == PROGRESSIVE:
                break
    return found


@njit(cache=True)
def _call(change, grown, complete, partial, progressive):  # type: ignore[no-untyped-def]
    if change <= complete:
        return COMPLETE
    if grown >= progressive:
        return PROGRESSIVE
    if change <= partial:
        return PARTIAL
    return STABLE
