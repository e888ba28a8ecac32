"""Mean log volume at a day, floored at the detection limit, where some animals left before it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from smartcombo.stats.covariance import marginal, subject_rows
from smartcombo.stats.design import Floats, Ints, LongDesign, MixedFit
from smartcombo.stats.restricted_mean import WelchTest, satterthwaite

Below = NDArray[np.bool_]


@dataclass(frozen=True)
class FlooredMeans:
    """Mean of each arm, and how much each animal moves it.

    Attributes
    ----------
    values
        Log volume of each animal at the day, measured or predicted, shape ``(m,)``.
    mean
        Mean by arm, shape ``(G,)``.
    influence
        Part of each animal in the error of each arm's mean, shape ``(m, G)``: its own deviation,
        and what it contributes to the lines by which others are predicted.
    arm
        Arm number of each animal, shape ``(m,)``.
    """

    values: Floats
    mean: Floats
    influence: Floats
    arm: Ints


@dataclass(frozen=True)
class GrowingLines:
    """The growing animals' model, and where each of its animals would be at the day.

    Attributes
    ----------
    fit, design
        The mixed model of the growing animals.
    animal
        Number among all animals of each subject of the design, shape ``(s,)``.
    x
        Fixed-effect columns of each subject at the day, shape ``(s, p)``.
    z
        Random-effect columns at the day, shape ``(q,)``.
    """

    fit: MixedFit
    design: LongDesign
    animal: Ints
    x: Floats
    z: Floats


def floored_means(
    known: Floats, arm: Ints, floor: float, lines: GrowingLines | None
) -> FlooredMeans:
    """Return the arms' means of log volume at the day with values below the floor at the floor.

    Parameters
    ----------
    known
        Log volume of each animal at the day, NaN where it must be predicted, shape ``(m,)``.
    arm
        Arm number of each animal, shape ``(m,)``.
    floor
        Log of the detection limit.
    lines
        Model of the growing animals; an animal predicted is one of them. None if there is none:
        an animal that needs one then leaves its arm without a mean (NaN).

    Notes
    -----
    A prediction is the animal's own line (best linear unbiased prediction), never the arm's mean.
    The influence of an animal holds its share in the fixed effects by which others are predicted,
    so that the prediction's error is part of the interval. The variances are taken as known.
    """
    values, groups = known.copy(), int(arm.max()) + 1
    slopes = np.zeros((groups, 0))
    share = np.zeros((len(arm), 0))
    if lines is not None:
        share = _fixed_effect_influence(lines, len(arm))
        slopes = np.zeros((groups, share.shape[1]))
        for s, rows in enumerate(subject_rows(lines.design)):
            i = int(lines.animal[s])
            if np.isfinite(values[i]):
                continue
            values[i], gradient = _prediction(lines, s, rows)
            if values[i] > floor:
                slopes[arm[i]] += gradient
    values = np.maximum(values, floor)
    size = np.bincount(arm, minlength=groups).astype(float)
    mean = np.bincount(arm, values, minlength=groups) / size
    own = (arm[:, None] == np.arange(groups)) * ((values - mean[arm]) / size[arm])[:, None]
    return FlooredMeans(values, mean, own + share @ (slopes / size[:, None]).T, arm)


def _prediction(lines: GrowingLines, s: int, rows: slice) -> tuple[float, Floats]:
    """Return a subject's log volume at the day, and its gradient in the fixed effects."""
    design, fit = lines.design, lines.fit
    weight = np.linalg.solve(marginal(fit, design, rows), design.Z[rows] @ fit.D @ lines.z)
    gradient = lines.x[s] - weight @ design.X[rows]
    return float(gradient @ fit.beta + weight @ design.y[rows]), gradient


def _fixed_effect_influence(lines: GrowingLines, animals: int) -> Floats:
    """Return how each animal moves the fixed effects, shape ``(m, p)``; sums to zero."""
    design, fit = lines.design, lines.fit
    scores = np.zeros((animals, design.X.shape[1]))
    information = np.zeros((design.X.shape[1],) * 2)
    residual = design.y - design.X @ fit.beta
    for s, rows in enumerate(subject_rows(design)):
        weighted = np.linalg.solve(marginal(fit, design, rows), design.X[rows])
        scores[lines.animal[s]] = weighted.T @ residual[rows]
        information += weighted.T @ design.X[rows]
    return np.asarray(np.linalg.solve(information, scores.T).T)


def floored_contrast(
    means: FlooredMeans, weights: Floats, regressing: Below, floor: float, level: float = 0.95
) -> WelchTest:
    """Return a contrast of the arms' means, weights ``(G,)``, by t with Satterthwaite's df.

    Parameters
    ----------
    regressing
        Which animals are of the regressing kind, shape ``(m,)``.
    floor
        Where a regressing animal ends: log of the detection limit.

    Notes
    -----
    Where every animal is measured at the day and none regresses it is Welch's test. In an arm with
    regressing animals the part of the variance between the two kinds is that of a share with one
    animal added to each kind (as Agresti and Caffo 2000, 10.1080/00031305.2000.10474560), so that
    an arm of cured animals alone is not taken as free of error. An arm in which no animal regressed
    is taken to hold none.
    """
    arm, size = means.arm, np.bincount(means.arm, minlength=len(means.mean))
    asked = weights != 0
    value = float(weights[asked] @ means.mean[asked])
    moved = means.influence[:, asked] @ weights[asked]
    if (size[asked] < 2).any():
        return WelchTest(value, *(float("nan"),) * 5, "one animal")
    if not np.isfinite(value):
        return WelchTest(value, *(float("nan"),) * 5, "not predicted")
    growing = means.values[~regressing & np.isfinite(means.values)]
    fall = floor - float(growing.mean()) if len(growing) else 0.0
    used = [g for g in np.flatnonzero(size > 1)
            if weights[g] != 0 or np.abs(moved[arm == g]).max() > 0]  # fmt: skip
    parts = [_arm_variance(moved[arm == g], regressing[arm == g], weights[g] * fall) for g in used]
    return satterthwaite(value, np.array(parts), np.asarray(size[used] - 1.0, dtype=float), level)


def _arm_variance(moved: Floats, regressing: Below, fall: float) -> float:
    """Return the variance that one arm's animals bring, from what each moves the contrast."""
    n, k = len(moved), int(regressing.sum())
    kinds = [moved[kind] for kind in (regressing, ~regressing) if kind.any()]
    within = sum(float(np.sum((own - own.mean()) ** 2)) for own in kinds)
    if k == 0:
        return n / (n - 1) * within
    gap = float(kinds[0].mean() - kinds[1].mean()) if k < n else fall / n
    share = (k + 1) / (n + 2)
    return n / (n - 1) * (within + n * share * (1 - share) * gap**2)


def with_hidden_cures(
    test: WelchTest, means: FlooredMeans, weights: Floats, regressing: Below, floor: float,
    level: float = 0.95,
) -> WelchTest:  # fmt: skip
    """Return the interval widened for cures that an arm could hide although it shows none.

    In an arm of n growing animals a share up to Jeffreys' upper limit of 0 in n could be cured;
    each such arm widens the side to which cures would move the contrast (square-and-add). p is
    NaN: there is no test of this.
    """
    down, up = [test.value - test.low], [test.high - test.value]
    for g in np.flatnonzero(weights):
        own = means.arm == g
        if regressing[own].any():
            continue
        n = int(own.sum())
        hidden = float(stats.beta.ppf(0.5 + level / 2, 0.5, n + 0.5))
        move = float(weights[g] * hidden * (floor - means.values[own].mean()))
        (down if move < 0 else up).append(move)
    low, high = test.value - np.hypot.reduce(down), test.value + np.hypot.reduce(up)
    return replace(test, low=float(low), high=float(high), p=float("nan"))
