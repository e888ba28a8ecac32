"""Mean and spread of a few values of which some are only known to lie beyond a limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize
from scipy.special import log_ndtr, ndtr, ndtri

from smartcombo.stats.design import Floats, Ints

LEAST_MEASURED = 2
"""Measured values below which no spread can be estimated."""
REACH = 2.5
"""The SD is sought within a factor exp(REACH) of that of the values with limits in place."""
STEP = 1e-3
"""Step of the differences in log SD; the functions are smooth, so errors are of its square."""

LOG_TWO_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class SampleMean:
    """Mean of normal values by restricted likelihood.

    Attributes
    ----------
    mean, sd
        Of the values.
    variance
        Of the estimated mean.
    df
        Degrees of freedom of ``variance``: n - 1 where nothing is censored.
    """

    mean: float
    sd: float
    variance: float
    df: float


def sample_mean(values: Floats, side: Ints) -> SampleMean | None:
    """Return mean and SD of normal values, some censored; ``None`` with too few measured ones.

    Without censoring these are the mean, the SD with n - 1, and its Student interval, exactly.

    Parameters
    ----------
    values
        Shape ``(n,)``; the limit where censored.
    side
        Shape ``(n,)``: -1 at most the value, 0 measured, 1 at least the value.

    Notes
    -----
    Likelihood of Cohen and Tobin, the mean profiled out of the restricted likelihood so that the
    SD is not too small in small samples; degrees of freedom are twice its information in log SD.

    References
    ----------
    Tobin 1958, 10.2307/1907382; Helsel 2012, 10.1002/9781118162729.
    """
    values, side = np.asarray(values, dtype=float), np.asarray(side, dtype=int)
    n = len(values)
    if not side.any():
        if n < LEAST_MEASURED:
            return None
        sd = float(np.std(values, ddof=1))
        return SampleMean(float(np.mean(values)), sd, sd**2 / n, n - 1.0)
    measured = values[side == 0]
    if len(measured) < LEAST_MEASURED or np.ptp(measured) == 0:
        return None
    rough = float(np.log(np.std(values)))
    got = optimize.minimize_scalar(
        lambda s: -_restricted(values, side, s), bounds=(rough - REACH, rough + REACH),
        method="bounded", options={"xatol": 1e-6},
    )  # fmt: skip
    s = float(got.x)
    if abs(s - rough) > REACH - 1e-3:
        return None
    mean, information = _mean_at(values, side, s)
    slope = (_mean_at(values, side, s + STEP)[0] - _mean_at(values, side, s - STEP)[0]) / (2 * STEP)
    three = [_restricted(values, side, s + k * STEP) for k in (-1, 0, 1)]
    curve = -(three[0] - 2 * three[1] + three[2]) / STEP**2
    if not curve > 0:
        return None
    return SampleMean(mean, float(np.exp(s)), 1 / information + slope**2 / curve, curve / 2)


def filled(values: Floats, side: Ints) -> Floats:
    """Return the values, censored ones replaced by quantiles of what lies beyond their limit.

    So that mean and spread of the whole are about those of `sample_mean`; with too few measured
    values the limits stay.
    """
    out = np.array(values, dtype=float)
    got = sample_mean(values, side) if np.any(side) else None
    if got is None or got.sd == 0:
        return out
    for sign in (-1, 1):
        at = np.flatnonzero(np.asarray(side) == sign)
        share = (np.arange(len(at)) + 0.5) / max(len(at), 1)
        order = at[np.argsort(out[at], kind="stable")]
        limit = (out[order] - got.mean) / got.sd
        if sign < 0:
            out[order] = got.mean + got.sd * ndtri(share * ndtr(limit))
        else:
            out[order] = got.mean + got.sd * -ndtri((1 - share) * ndtr(-limit))
    return out


def _mean_at(values: Floats, side: Ints, s: float) -> tuple[float, float]:
    """Return the mean of highest likelihood at a log SD, and its information (Newton)."""
    sd = np.exp(s)
    mean = float(np.mean(values))
    information = len(values) / sd**2
    for _ in range(100):
        gradient, information = _slopes(values, side, mean, sd)
        step = gradient / information
        mean += float(np.clip(step, -2 * sd, 2 * sd))
        if abs(step) < 1e-12 * sd:
            break
    return mean, information


def _slopes(values: Floats, side: Ints, mean: float, sd: float) -> tuple[float, float]:
    z = (values - mean) / sd
    plain = side == 0
    turned = np.where(plain, 0.0, -side * z)
    hazard = np.exp(-0.5 * (turned**2 + LOG_TWO_PI) - log_ndtr(turned))
    gradient = np.where(plain, z, side * hazard).sum() / sd
    information = np.where(plain, 1.0, hazard * (turned + hazard)).sum() / sd**2
    return float(gradient), float(information)


def _restricted(values: Floats, side: Ints, s: float) -> float:
    """Return the restricted log likelihood at a log SD."""
    mean, information = _mean_at(values, side, s)
    z = (values - mean) / np.exp(s)
    terms = np.where(side == 0, -s - z**2 / 2, log_ndtr(-side * z))
    return float(terms.sum() - 0.5 * np.log(information))
