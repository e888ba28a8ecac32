"""Animals an arm that a comparison of two means needs."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

MOST = 200
"""Animals an arm beyond which no experiment on animals goes."""
PLACES = (np.arange(200) + 0.5) / 200
"""Midpoints of the rule over the estimated variance; its error of a power is below 0.001."""


def welch_power(shift: float, sds: tuple[float, float], n: int, level: float = 0.95) -> float:
    """Return the power of Welch's two-sided test with ``n`` animals in each of two arms.

    Noncentral t with Satterthwaite's degrees of freedom at the true SDs, by the mean over equally
    likely values of the estimated variance: library routines for that distribution fail far out.

    References
    ----------
    Moser, Stevens and Watts 1989, 10.1080/03610928908830001.
    """
    first, second = sds[0] ** 2 / n, sds[1] ** 2 / n
    variance = first + second
    if variance == 0 or n < 2:
        return float("nan")
    df = variance**2 / ((first**2 + second**2) / (n - 1))
    away = abs(shift) / np.sqrt(variance)
    limit = stats.t.ppf(0.5 + level / 2, df) * np.sqrt(stats.chi2.ppf(PLACES, df) / df)
    beyond = special.ndtr(away - limit) + special.ndtr(-away - limit)
    return float(np.mean(beyond))


def animals_needed(
    shift: float, sds: tuple[float, float], power: float = 0.8, level: float = 0.95
) -> int | None:
    """Return the fewest animals an arm that give this power; ``None`` above ``MOST`` or unknown.

    Parameters
    ----------
    shift
        Difference of means to be seen, on the scale of the SDs.
    sds
        SD of each arm.
    power, level
        Fractions.
    """
    if not (np.isfinite(shift) and np.isfinite(sds).all()) or shift == 0 or max(sds) == 0:
        return None
    low, high = 2, MOST
    if welch_power(shift, sds, high, level) < power:
        return None
    while low < high:
        middle = (low + high) // 2
        if welch_power(shift, sds, middle, level) >= power:
            high = middle
        else:
            low = middle + 1
    return low
