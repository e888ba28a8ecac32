"""Proportions of few animals: intervals, differences, and independent action."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats


@dataclass(frozen=True)
class Proportion:
    """A proportion ``k / n`` or a difference of them, with its interval and two-sided p.

    ``p`` is NaN for a single proportion.
    """

    value: float
    low: float
    high: float
    p: float


def clopper_pearson(k: int, n: int, level: float = 0.95) -> Proportion:
    """Return the exact interval: never below its level (10.1093/biomet/26.4.404)."""
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(stats.beta.ppf(tail, k, n - k + 1))
    high = 1.0 if k == n else float(stats.beta.ppf(1 - tail, k + 1, n - k))
    return Proportion(k / n, low, high, float("nan"))


def jeffreys(k: int, n: int, level: float = 0.95) -> Proportion:
    """Return the equal-tailed Jeffreys interval, 0 or 1 at the ends (10.1214/ss/1009213286)."""
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(stats.beta.ppf(tail, k + 0.5, n - k + 0.5))
    high = 1.0 if k == n else float(stats.beta.ppf(1 - tail, k + 0.5, n - k + 0.5))
    return Proportion(k / n, low, high, float("nan"))


def difference(k1: int, n1: int, k2: int, n2: int, level: float = 0.95) -> Proportion:
    """Return ``k1/n1 - k2/n2`` with the score interval of Miettinen and Nurminen.

    The p-value is of the same test, so that interval and p agree (10.1002/sim.4780040211).
    """
    value = k1 / n1 - k2 / n2
    critical = float(stats.norm.ppf(0.5 + level / 2))

    def excess(delta: float) -> float:
        """Return the score statistic at a difference."""
        return _score(k1, n1, k2, n2, delta)

    edge = 1.0 - 1e-9
    low = (
        -1.0
        if excess(-edge) <= critical
        else optimize.brentq(lambda d: excess(d) - critical, -edge, min(value, edge))
    )
    high = (
        1.0
        if excess(edge) >= -critical
        else optimize.brentq(lambda d: excess(d) + critical, max(value, -edge), edge)
    )
    p = float(2 * stats.norm.sf(abs(excess(0.0))))
    return Proportion(value, float(low), float(high), min(1.0, p))


def _score(k1: int, n1: int, k2: int, n2: int, delta: float) -> float:
    """Return the score statistic of ``p1 - p2 = delta``."""
    p2 = _restricted(k1, n1, k2, n2, delta)
    p1 = min(max(p2 + delta, 0.0), 1.0)
    total = n1 + n2
    variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * total / (total - 1)
    gap = k1 / n1 - k2 / n2 - delta
    if variance <= 0:
        return 0.0 if gap == 0 else float(np.sign(gap) * np.inf)
    return float(gap / np.sqrt(variance))


def _restricted(k1: int, n1: int, k2: int, n2: int, delta: float) -> float:
    """Return the maximum likelihood estimate of p2 given ``p1 = p2 + delta``."""
    total, k = n1 + n2, k1 + k2
    l2 = (n1 + 2 * n2) * delta - total - k
    l1 = (n2 * delta - total - 2 * k2) * delta + k
    l0 = k2 * delta * (1 - delta)
    q = l2**3 / (3 * total) ** 3 - l1 * l2 / (6 * total**2) + l0 / (2 * total)
    root = np.sqrt(max(l2**2 / (3 * total) ** 2 - l1 / (3 * total), 0.0))
    p = np.copysign(root, q)
    angle = (np.pi + np.arccos(np.clip(q / p**3 if p != 0 else 0.0, -1.0, 1.0))) / 3
    return float(np.clip(2 * p * np.cos(angle) - l2 / (3 * total), 0.0, 1.0))


def excess_over_independent_action(
    combination: tuple[int, int], parts: tuple[tuple[int, int], ...], level: float = 0.95
) -> Proportion:
    """Return observed minus expected response if the agents act independently.

    Expected is ``1 - prod(1 - p)`` over the single agents (Bliss 1939,
    10.1111/j.1744-7348.1939.tb06990.x). Positive: more animals respond than independent action
    explains.

    Parameters
    ----------
    combination, parts
        Responders and animals of the combination and of each agent alone.

    Notes
    -----
    Limits are recovered from Wilson's interval of each arm (square-and-add: Newcombe 1998,
    10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; Zou and Donner 2008,
    10.1002/sim.3095). p is one minus the level at which the interval reaches zero. Where agents
    alone cure no animal few outcomes are possible and the interval covers more than its level.
    """
    value, low, high = _excess_limits(combination, parts, level)

    def holds(trial: float) -> bool:
        """Return whether zero is inside at a level."""
        _, low, high = _excess_limits(combination, parts, trial)
        return low <= 0.0 <= high

    inside, outside = 1.0 - 1e-9, 0.0
    if holds(outside):
        return Proportion(value, low, high, 1.0)
    for _ in range(50):
        middle = 0.5 * (inside + outside)
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return Proportion(value, low, high, 1.0 - inside)


def _excess_limits(
    combination: tuple[int, int], parts: tuple[tuple[int, int], ...], level: float
) -> tuple[float, float, float]:
    """Return observed minus expected, and its limits by square-and-add."""
    z = float(stats.norm.ppf(0.5 + level / 2))
    observed, rates = combination[0] / combination[1], np.array([k / n for k, n in parts])
    limits = np.array([_wilson(k, n, z) for k, n in parts])
    others = np.array([np.prod(np.delete(1 - rates, i)) for i in range(len(parts))])
    value = observed - (1 - float(np.prod(1 - rates)))
    low, high = _wilson(*combination, z)
    down = np.r_[observed - low, others * (limits[:, 1] - rates)]
    up = np.r_[high - observed, others * (rates - limits[:, 0])]
    return value, value - float(np.hypot.reduce(down)), value + float(np.hypot.reduce(up))


def _wilson(k: int, n: int, z: float) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion."""
    centre = (k + z * z / 2) / (n + z * z)
    half = z * np.sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return max(0.0, centre - half), min(1.0, centre + half)
