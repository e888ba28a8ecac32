"""Time to event of few animals: Kaplan-Meier, log-rank, restricted mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats

from smartcombo.stats.design import Floats, Ints

Events = NDArray[np.bool_]


@dataclass(frozen=True)
class KaplanMeier:
    """A survival curve at its distinct times, each array of shape ``(k,)``.

    Attributes
    ----------
    time, at_risk, events
        Distinct times of events or censoring, animals at risk just before, events then.
    survival
        Share without event after each time.
    low, high
        Pointwise interval on the log-log scale (as R's ``conf.type = "log-log"``).
    greenwood
        Sum of ``d / (n (n - d))`` up to each time: the relative variance of survival.
    """

    time: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    low: Floats
    high: Floats
    greenwood: Floats

    def at(self, time: float) -> float:
        """Return the share without event at a time."""
        k = int(np.searchsorted(self.time, time, side="right"))
        return 1.0 if k == 0 else float(self.survival[k - 1])


@dataclass(frozen=True)
class Summary:
    """A time or a difference of times, with its interval; NaN or infinity where not reached."""

    value: float
    se: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class LogRank:
    """Log-rank test of G groups: observed and expected events ``(G,)``, chi-square, df and p.

    ``variance`` is the covariance of observed minus expected, shape ``(G, G)``.
    """

    observed: Floats
    expected: Floats
    variance: Floats
    chi2: float
    df: int
    p: float


def kaplan_meier(time: Floats, event: Events, level: float = 0.95) -> KaplanMeier:
    """Return the survival curve of times ``(n,)`` with events ``(n,)``.

    References
    ----------
    Kaplan and Meier 1958, 10.1080/01621459.1958.10501452.
    """
    times = np.unique(time)
    at_risk = np.array([np.sum(time >= t) for t in times], dtype=float)
    events = np.array([np.sum((time == t) & event) for t in times], dtype=float)
    survival = np.cumprod(1 - events / at_risk)
    left = at_risk - events
    with np.errstate(divide="ignore"):
        terms = np.where(events > 0, events / (at_risk * left), 0.0)
    greenwood = np.cumsum(terms)
    low, high = _log_log(survival, greenwood, level)
    return KaplanMeier(times, at_risk, events, survival, low, high, greenwood)


def _log_log(survival: Floats, greenwood: Floats, level: float) -> tuple[Floats, Floats]:
    z = float(stats.norm.ppf(0.5 + level / 2))
    inside = (survival > 0) & (survival < 1)
    low, high = np.where(survival < 1, np.nan, 1.0), np.where(survival < 1, np.nan, 1.0)
    logs = np.log(survival[inside])
    half = z * np.sqrt(greenwood[inside]) / np.abs(logs)
    low[inside], high[inside] = np.exp(logs * np.exp(half)), np.exp(logs * np.exp(-half))
    return low, high


def median_time(curve: KaplanMeier) -> Summary:
    """Return the median and its interval: where the curve and its limits cross a half.

    A median not reached is infinite; so is an upper limit (Brookmeyer and Crowley 1982,
    10.2307/2530286).
    """

    def crosses(values: Floats) -> float:
        """Return the first time at which values have fallen to a half."""
        reached = np.flatnonzero(np.nan_to_num(values, nan=1.0) <= 0.5 + 1e-12)
        return float(curve.time[reached[0]]) if len(reached) else float("inf")

    value = crosses(curve.survival)
    exactly = np.flatnonzero(np.abs(curve.survival - 0.5) < 1e-12)
    later = np.flatnonzero(curve.survival < 0.5 - 1e-12)
    if len(exactly) and len(later):
        value = 0.5 * (value + float(curve.time[later[0]]))
    return Summary(value, float("nan"), crosses(curve.low), crosses(curve.high), float("nan"))


def restricted_mean(curve: KaplanMeier, tau: float, level: float = 0.95) -> Summary:
    """Return the mean time without event up to ``tau``: the area under the curve.

    References
    ----------
    Royston and Parmar 2013, 10.1186/1471-2288-13-152.
    """
    inside = curve.time < tau
    edges = np.r_[0.0, curve.time[inside], tau]
    heights = np.r_[1.0, curve.survival[inside]]
    areas = np.diff(edges) * heights
    value = float(np.sum(areas))
    after = np.cumsum(areas[::-1])[::-1][1:]
    terms = np.diff(np.r_[0.0, curve.greenwood[inside]])
    finite = np.isfinite(terms)
    variance = float(np.sum(after[finite] ** 2 * terms[finite]))
    se = float(np.sqrt(variance))
    half = float(stats.norm.ppf(0.5 + level / 2)) * se
    return Summary(value, se, value - half, value + half, float("nan"))


def restricted_mean_difference(a: Summary, b: Summary, level: float = 0.95) -> Summary:
    """Return the difference of two restricted means, a minus b: positive is longer in a."""
    value, se = a.value - b.value, float(np.hypot(a.se, b.se))
    if se == 0:
        return Summary(value, se, value, value, 1.0 if value == 0 else 0.0)
    half = float(stats.norm.ppf(0.5 + level / 2)) * se
    p = float(2 * stats.norm.sf(abs(value) / se))
    return Summary(value, se, value - half, value + half, p)


def logrank(time: Floats, event: Events, group: Ints, stratum: Ints | None = None) -> LogRank:
    """Return the log-rank test, stratified where strata are given.

    Parameters
    ----------
    time, event
        Times and whether the event happened, shape ``(n,)``.
    group
        Group number of each animal, 0 to G - 1.
    stratum
        Study or batch of each animal; compared within, summed over.

    References
    ----------
    Mantel 1966; Peto and Peto 1972, 10.2307/2344317.
    """
    groups = int(group.max()) + 1
    strata = np.zeros(len(time), dtype=np.int64) if stratum is None else stratum
    observed, expected = np.zeros(groups), np.zeros(groups)
    variance = np.zeros((groups, groups))
    for one in np.unique(strata):
        inside = strata == one
        for t in np.unique(time[inside & event]):
            risk = np.bincount(group[inside & (time >= t)], minlength=groups).astype(float)
            died = np.bincount(group[inside & event & (time == t)], minlength=groups)
            n, d = risk.sum(), died.sum()
            share = risk / n
            observed, expected = observed + died, expected + d * share
            if n > 1:
                spread = np.diag(share) - np.outer(share, share)
                variance += d * (n - d) / (n - 1) * spread
    gap = (observed - expected)[:-1]
    chi2 = float(gap @ np.linalg.pinv(variance[:-1, :-1]) @ gap)
    df = int(np.sum(expected > 0)) - 1
    return LogRank(observed, expected, variance, chi2, df, float(stats.chi2.sf(chi2, df)))


def restricted_mean_pseudo_values(time: Floats, event: np.ndarray, horizon: float) -> Floats:
    """Return the jackknife pseudo-value of the restricted mean of each unit, shape ``(n,)``.

    Their mean is the restricted mean nearly exactly (exactly without censoring before the horizon),
    and differences of two arms measured in the same units have an honest paired interval.

    Parameters
    ----------
    time, event
        Times and whether each is an event, shape ``(n,)``, n at least 2.
    horizon
        Time up to which means are taken.

    References
    ----------
    Andersen 2003, 10.1093/biomet/90.1.15; Andersen, Hansen and Klein 2004,
    10.1007/s10985-004-4771-0.
    """
    order = np.argsort(time, kind="stable")
    values = np.empty(len(time))
    values[order] = _pseudo_values(
        np.asarray(time, float)[order], np.asarray(event, bool)[order], float(horizon)
    )
    return values


@njit(cache=True)
def _pseudo_values(time, event, horizon):  # type: ignore[no-untyped-def]
    n = len(time)
    whole = _area_without(time, event, horizon, -1)
    values = np.empty(n)
    for i in range(n):
        values[i] = n * whole - (n - 1) * _area_without(time, event, horizon, i)
    return values


@njit(cache=True)
def _area_without(time, event, horizon, left_out):  # type: ignore[no-untyped-def]
    n = len(time)
    at_risk = n if left_out < 0 else n - 1
    curve, area, before, j = 1.0, 0.0, 0.0, 0
    while j < n and time[j] < horizon:
        now, died, gone = time[j], 0, 0
        while j < n and time[j] == now:
            if j != left_out:
                gone += 1
                died += 1 if event[j] else 0
            j += 1
        area += curve * (now - before)
        before = now
        if at_risk > 0:
            curve *= 1.0 - died / at_risk
        at_risk -= gone
    return area + curve * (horizon - before)


def logrank_hazard_ratio(test: LogRank, level: float = 0.95) -> Summary:
    """Return the hazard ratio of the first group of two that belongs to their log-rank test.

    One step from no difference, ``exp((O - E) / V)``: the effect beside the test's p, not an
    estimate of large ratios, which it draws towards 1. ``se`` is that of the log ratio. Missing
    where no stratum holds animals of both groups at an event.

    References
    ----------
    Yusuf et al. 1985, 10.1016/S0033-0620(85)80003-7.
    """
    spread = float(test.variance[0, 0])
    if spread <= 0:
        nothing = float("nan")
        return Summary(nothing, nothing, nothing, nothing, nothing)
    gap, se = float(test.observed[0] - test.expected[0]) / spread, spread**-0.5
    half = float(stats.norm.ppf(0.5 + level / 2)) * se
    low, high = float(np.exp(gap - half)), float(np.exp(gap + half))
    return Summary(float(np.exp(gap)), se, low, high, test.p)
