"""Two kinds of animals: a mixture of a growing and a regressing class of log volumes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from smartcombo.stats.censored_kernel import subject_terms
from smartcombo.stats.design import Floats, Ints

Below = NDArray[np.bool_]
MixtureStatus = Literal["ok", "no candidate", "not_converged"]

POINTS = 5
"""Quadrature points in each random effect: classes differ by far more than the error."""
SHARE_STEPS = 60
"""Bisections of an arm's share: exact to rounding."""
EMPTY = 1e-12
"""A share below this is none."""
FALL = 0.7
"""A start calls an animal regressing from a fall of log volume by this: to half of its baseline."""
EDGE = 1e-3
"""Least standard deviation, relative to the residual's, at which a search starts."""
LOST = 1e10
"""Stands for minus a log likelihood that rounding has destroyed."""
GRADIENT = 1e-2


@dataclass(frozen=True)
class ClassFit:
    """A growth model with one or two classes, fitted by maximum likelihood.

    Attributes
    ----------
    classes
        1, or 2: growing and regressing.
    intercept, slope
        Mean log volume at time zero, and mean slope by arm ``(G,)``, of the growing class.
    regression
        Mean slope of the regressing class, 0 or less; NaN with one class.
    share
        Share of the regressing class by arm, shape ``(G,)``.
    posterior
        Probability that an animal is of the regressing class, shape ``(m,)``.
    likelihoods
        Log likelihood of each animal under each class, shape ``(m, classes)``.
    loglik, bic
        Maximised log likelihood; -2 loglik + parameters log(animals).
    """

    classes: int
    intercept: float
    slope: Floats
    regression: float
    share: Floats
    posterior: Floats
    likelihoods: Floats
    loglik: float
    bic: float
    converged: bool


@dataclass(frozen=True)
class Mixture:
    """One and two classes side by side, and the one chosen.

    ``status`` is ``no candidate`` where no animal ever shrank to half of its baseline, so that
    there is nothing a regressing class could hold, and ``not_converged`` where the search for two
    classes failed; one class is then chosen.
    """

    one: ClassFit
    two: ClassFit | None
    chosen: ClassFit
    status: MixtureStatus


@dataclass(frozen=True)
class Curves:
    """Log volumes of m animals, rows of an animal together in order of time.

    Attributes
    ----------
    y, time
        Log volume (the limit's log where ``below``) and days since baseline, shape ``(N,)``.
    below
        Rows at or below the detection limit, shape ``(N,)``.
    start
        First row of each animal and, last, N; shape ``(m + 1,)``.
    arm
        Arm number of each animal, shape ``(m,)``, 0 to G - 1.
    """

    y: Floats
    time: Floats
    below: Below
    start: Ints
    arm: Ints


def fit_mixture(curves: Curves) -> Mixture:
    """Return the number of kinds of animals, and the kind of each.

    Growing animals have a random intercept and slope around their arm's line. Regressing animals
    start alike and have one mean slope of 0 or less for all arms, with its own between-animal SD
    and a residual SD at least that of the growing. Values below the limit are left-censored in
    both. Two classes are chosen where their BIC is lower and an animal is more likely regressing
    than not.

    Notes
    -----
    Maximum likelihood from fixed starts, the shares of the arms profiled out exactly. The bound on
    the residual SD keeps the likelihood finite (Day 1969, 10.1093/biomet/56.3.463).

    References
    ----------
    Muthen and Shedden 1999, 10.1111/j.0006-341X.1999.00463.x; Schwarz 1978,
    10.1214/aos/1176344136.
    """
    problem = _problem(curves)
    one = _one_class(problem)
    candidates = _candidates(curves)
    if not candidates:
        return Mixture(one, None, one, "no candidate")
    fits = [_two_classes(problem, one, members) for members in candidates]
    two = max(fits, key=lambda fit: fit.loglik)
    better = two.converged and two.bic < one.bic and bool((two.posterior > 0.5).any())
    status: MixtureStatus = "ok" if two.converged else "not_converged"
    return Mixture(one, two, two if better else one, status)


def share_interval(fit: ClassFit, arm: Ints, level: float = 0.95) -> Floats:
    """Return profile-likelihood limits of each arm's share, shape ``(G, 2)``; curves held.

    The classes' curves stay at their maximum: where animals are told apart with certainty this is
    the likelihood interval of a binomial proportion.
    """
    drop = 0.5 * float(_chi2(level))
    groups = len(fit.share)
    limits = np.full((groups, 2), np.nan)
    for g in range(groups):
        odds = fit.likelihoods[arm == g]
        top = _share_value(odds, fit.share[g])

        def below(p: float, odds: Floats = odds, top: float = top) -> float:
            """Return how far the profile has fallen beyond the interval's drop."""
            return top - _share_value(odds, p) - drop

        p, tiny = fit.share[g], 1e-10
        limits[g, 0] = 0.0 if p < 1e-6 else optimize.brentq(below, tiny, p)
        limits[g, 1] = 1.0 if p > 1 - 1e-6 else optimize.brentq(below, p, 1 - tiny)
    return limits


def _chi2(level: float) -> float:
    from scipy import stats

    return float(stats.chi2.ppf(level, 1))


def _share_value(odds: Floats, p: float) -> float:
    """Return the log likelihood of one arm's animals at a share."""
    with np.errstate(divide="ignore"):
        return float(np.sum(np.logaddexp(odds[:, 0] + np.log1p(-p), odds[:, 1] + np.log(p))))


@dataclass(frozen=True)
class _Problem:
    """The arrays of both classes, time scaled to end at one."""

    curves: Curves
    X: Floats
    X2: Floats
    Z: Floats
    span: float
    groups: int

    def terms(self, parameters: Floats, X: Floats) -> tuple[Floats, Floats]:
        """Return log likelihood (m,) and score (m, size) of each animal under a class."""
        c, (nodes, weights) = self.curves, _rule()
        return subject_terms(parameters, c.y, c.below, X, self.Z, c.start, nodes, weights)


def _problem(curves: Curves) -> _Problem:
    span = max(float(curves.time.max()), 1e-12)
    t, groups = curves.time / span, int(curves.arm.max()) + 1
    arm = np.repeat(curves.arm, np.diff(curves.start))
    ones = np.ones_like(t)
    X = np.column_stack([ones, (arm[:, None] == np.arange(groups)) * t[:, None]])
    Z = np.column_stack([ones, t])
    return _Problem(curves, np.ascontiguousarray(X), Z.copy(), Z, span, groups)


@lru_cache(maxsize=1)
def _rule() -> tuple[Floats, Floats]:
    """Return the product Gauss-Hermite rule: points (K, 2) and log weights with exp(x'x)."""
    x, w = np.polynomial.hermite.hermgauss(POINTS)
    nodes = np.array(list(product(x, repeat=2)))
    logs = np.array([np.sum(np.log(one)) for one in product(w, repeat=2)])
    return nodes, logs + np.sum(nodes**2, axis=1)


def _lines(curves: Curves, span: float) -> Floats:
    """Return intercept, slope (per span) and residual variance of each animal, shape ``(m, 3)``."""
    lines = np.zeros((len(curves.arm), 3))
    for i, (a, b) in enumerate(zip(curves.start[:-1], curves.start[1:], strict=True)):
        t, y = curves.time[a:b] / span, curves.y[a:b]
        spread = float(np.sum((t - t.mean()) ** 2))
        slope = float(np.sum((t - t.mean()) * y)) / spread if spread > 0 else 0.0
        left = y - y.mean() - slope * (t - t.mean())
        lines[i] = y.mean() - slope * t.mean(), slope, float(left @ left) / max(b - a - 2, 1)
    return lines


def _start_one(problem: _Problem, inside: Below) -> Floats:
    """Return parameters of the growing class from the lines of the animals inside."""
    lines, arm = _lines(problem.curves, problem.span), problem.curves.arm
    own = lines[inside] if inside.any() else lines
    slope = np.array([
        np.mean(lines[inside & (arm == g), 1]) if (inside & (arm == g)).any()
        else own[:, 1].mean() for g in range(problem.groups)
    ])  # fmt: skip
    sigma = np.sqrt(max(float(np.median(own[:, 2])), 1e-4))
    arms = arm[inside] if inside.any() else arm
    spread = np.std(own[:, 0]), np.std(own[:, 1] - slope[arms])
    b, s = (max(float(sd), EDGE * sigma) for sd in spread)
    return np.r_[own[:, 0].mean(), slope, b, 0.0, s, np.log(sigma)]


def _minimum(function, start: Floats, scale: Floats) -> tuple[Floats, bool]:  # type: ignore[no-untyped-def]
    """Return where a function with gradient is least, by BFGS in scaled parameters."""

    def scaled(x: Floats) -> tuple[float, Floats]:
        """Return value and gradient; where arithmetic fails, a wall."""
        try:
            value, gradient = function(start + scale * x)
        except ZeroDivisionError:
            return LOST, np.zeros_like(x)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return LOST, np.zeros_like(x)
        return value, gradient * scale

    found = optimize.minimize(
        scaled, np.zeros(len(start)), jac=True, method="BFGS",
        options={"gtol": GRADIENT, "maxiter": 120},
    )  # fmt: skip
    near = bool(found.fun < LOST and np.max(np.abs(found.jac)) < 100 * GRADIENT)
    return np.asarray(start + scale * found.x), near


def _scale(problem: _Problem, start: Floats) -> Floats:
    """Return rough standard errors of the growing class's parameters."""
    m, sigma, G = len(problem.curves.arm), np.exp(start[-1]), problem.groups
    b, s = start[G + 1] + sigma, start[G + 3] + sigma
    own = np.maximum(np.bincount(problem.curves.arm, minlength=G), 1)
    rows = np.sqrt(2.0 * len(problem.curves.y))
    return np.r_[b / np.sqrt(m), s / np.sqrt(own), np.array([b, s, s]) / np.sqrt(2 * m), 1 / rows]


def _one_class(problem: _Problem) -> ClassFit:
    start = _start_one(problem, np.ones(len(problem.curves.arm), dtype=bool))

    def minus(theta: Floats) -> tuple[float, Floats]:
        """Return minus log likelihood and gradient."""
        values, scores = problem.terms(theta, problem.X)
        return -float(values.sum()), -scores.sum(axis=0)

    theta, near = _minimum(minus, start, _scale(problem, start))
    values, _ = problem.terms(theta, problem.X)
    m, G = len(values), problem.groups
    loglik = float(values.sum())
    return ClassFit(
        1, float(theta[0]), theta[1 : G + 1] / problem.span, float("nan"), np.zeros(G),
        np.zeros(m), values[:, None], loglik, len(theta) * np.log(m) - 2 * loglik, near,
    )  # fmt: skip


def _candidates(curves: Curves) -> list[Below]:
    """Return the distinct starts: which animals regress, by three fixed rules."""
    first, last = curves.start[:-1], curves.start[1:] - 1
    later = curves.below & (curves.time > 0)
    fall = curves.y[first] - np.minimum.reduceat(curves.y, first)
    rules = [
        later[last],
        curves.y[last] <= curves.y[first] - FALL,
        (fall >= FALL) | np.logical_or.reduceat(later, first),
    ]
    kept: dict[bytes, Below] = {}
    for rule in rules:
        if rule.any():
            kept.setdefault(rule.tobytes(), rule)
    return list(kept.values())


def _two_classes(problem: _Problem, one: ClassFit, members: Below) -> ClassFit:
    """Return the mixture fitted from one start: which animals regress."""
    G, arm = problem.groups, problem.curves.arm
    base = _start_one(problem, ~members)
    lines = _lines(problem.curves, problem.span)[members]
    sigma = np.exp(base[-1])
    wide = np.sqrt(max(float(np.mean(lines[:, 2])), (1.2 * sigma) ** 2))
    spread = max(float(np.std(lines[:, 1])), sigma)
    regression = np.log(max(-float(lines[:, 1].mean()), 0.1))
    start = np.r_[base, regression, spread, np.log(wide / sigma - 1.0)]
    scale = np.r_[_scale(problem, base), 0.3, spread / 2, 0.3]

    def minus(theta: Floats) -> tuple[float, Floats]:
        """Return minus the log likelihood with the shares at their best, and its gradient."""
        (v1, s1), (v2, s2) = problem.terms(theta[: G + 5], problem.X), problem.terms(
            _regressing(theta, G), problem.X2)  # fmt: skip
        odds = np.column_stack([v1, v2])
        share = _shares(odds, arm, G)
        value, posterior = _posterior(odds, share[arm])
        whole = np.column_stack([s1 * (1 - posterior)[:, None], np.zeros((len(arm), 3))])
        whole += _mapped(theta, s2 * posterior[:, None], G)
        return -value, -whole.sum(axis=0)

    theta, near = _minimum(minus, start, scale)
    return _assembled(problem, theta, near)


def _regressing(theta: Floats, G: int) -> Floats:
    """Return the kernel's parameters of the regressing class."""
    with np.errstate(over="ignore"):
        wider = theta[G + 4] + np.logaddexp(0.0, theta[G + 7])
        return np.r_[theta[0], -np.exp(theta[G + 5]), theta[G + 1], 0.0, theta[G + 6], wider]


def _mapped(theta: Floats, score: Floats, G: int) -> Floats:
    """Return scores of the regressing class as scores of all parameters, shape ``(m, G + 8)``."""
    whole = np.zeros((len(score), G + 8))
    whole[:, 0] = score[:, 0]
    whole[:, G + 5] = -np.exp(theta[G + 5]) * score[:, 1]
    whole[:, G + 1] = score[:, 2]
    whole[:, G + 6] = score[:, 4]
    whole[:, G + 4] = score[:, 5]
    whole[:, G + 7] = score[:, 5] / (1.0 + np.exp(-theta[G + 7]))
    return whole


def _shares(odds: Floats, arm: Ints, groups: int) -> Floats:
    """Return the share of the second class of each arm that has the largest likelihood.

    The likelihood is concave in a share: its slope is halved in on, all arms at once.
    """
    ratio = np.exp(np.clip(odds[:, 1] - odds[:, 0], -300, 300)) - 1.0
    low, high = np.zeros(groups), np.ones(groups)
    for _ in range(SHARE_STEPS):
        middle = 0.5 * (low + high)
        rising = np.bincount(arm, ratio / (1.0 + middle[arm] * ratio), minlength=groups) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    middle = 0.5 * (low + high)
    return np.where(middle < EMPTY, 0.0, np.where(middle > 1 - EMPTY, 1.0, middle))


def _posterior(odds: Floats, share: Floats) -> tuple[float, Floats]:
    """Return the log likelihood and each animal's probability of the second class."""
    tiny = 1e-15
    first = odds[:, 0] + np.log(np.maximum(1 - share, tiny))
    second = odds[:, 1] + np.log(np.maximum(share, tiny))
    total = np.logaddexp(first, second)
    return float(total.sum()), np.exp(second - total)


def _assembled(problem: _Problem, theta: Floats, near: bool) -> ClassFit:
    G, arm = problem.groups, problem.curves.arm
    v1, _ = problem.terms(theta[: G + 5], problem.X)
    v2, _ = problem.terms(_regressing(theta, G), problem.X2)
    odds = np.column_stack([v1, v2])
    share = _shares(odds, arm, G)
    value, posterior = _posterior(odds, share[arm])
    free = len(theta) + G
    return ClassFit(
        2, float(theta[0]), theta[1 : G + 1] / problem.span,
        float(-np.exp(theta[G + 5]) / problem.span), share, posterior, odds, value,
        free * np.log(len(arm)) - 2 * value, near,
    )  # fmt: skip
