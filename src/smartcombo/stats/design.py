"""What a mixed model is fitted to, and what a fit is: frozen arrays with stated shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FitStatus = Literal["ok", "boundary", "not_converged", "singular"]
VarianceModel = Literal["common", "group", "subject", "power"]


@dataclass(frozen=True)
class LongDesign:
    """Repeated measurements of N rows on m subjects, rows of a subject together.

    Attributes
    ----------
    y
        Outcome, shape ``(N,)``; log volume or log relative volume.
    X
        Fixed-effect columns, shape ``(N, p)``, full column rank.
    Z
        Random-effect columns, shape ``(N, q)`` with ``q`` 1 or 2: ``[t]`` or ``[1, t]``.
    start
        First row of each subject and, last, N; shape ``(m + 1,)``.
    group
        Arm number of each subject, shape ``(m,)``, 0 to G - 1; for variances by group.
    time
        Time of each row for the power-of-time variance, shape ``(N,)``.
    """

    y: Floats
    X: Floats
    Z: Floats
    start: Ints
    group: Ints
    time: Floats

    @property
    def n_subjects(self) -> int:
        """Return the number of subjects m."""
        return len(self.start) - 1


@dataclass(frozen=True)
class MixedFit:
    """A fitted linear mixed model ``y = X beta + Z b + e``.

    Marginal covariance of subject i: ``V_i = Z_i D Z_i' + sigma2 * diag(s_ij ** 2)`` with the
    residual standard-deviation ratio ``s`` 1 (common), by group or subject, or ``|time| ** power``.

    Attributes
    ----------
    beta
        Fixed effects, shape ``(p,)``.
    cov_beta
        Model covariance of ``beta``, shape ``(p, p)``: inverse of the sum of ``X' V^-1 X``.
    D
        Covariance of the random effects, shape ``(q, q)``, in units of y squared.
    sigma2
        Residual variance (of the reference stratum where variances differ).
    variance_parameters
        Ratios of residual SD to that of stratum 0, shape ``(G,)`` or ``(m,)``; the power, shape
        ``(1,)``; empty for the common variance.
    residual_sd
        Residual SD of each row, shape ``(N,)``.
    loglik
        Maximised (restricted) log likelihood with all constants, in nlme's convention.
    reml
        Whether ``loglik`` is the restricted one.
    status
        ``boundary`` where a variance is estimated as zero or a correlation as one.
    n_iterations
        Steps of the optimiser.
    """

    beta: Floats
    cov_beta: Floats
    D: Floats
    sigma2: float
    variance_model: VarianceModel
    variance_parameters: Floats
    residual_sd: Floats
    loglik: float
    reml: bool
    status: FitStatus
    n_iterations: int


@dataclass(frozen=True)
class ContrastTest:
    """Estimate and inference of one linear contrast ``c' beta``; interval ``value +- t * se``.

    ``statistic`` is ``value / se``, referred to t with ``df`` degrees of freedom, two-sided ``p``.
    """

    value: float
    se: float
    df: float
    statistic: float
    p: float
    low: float
    high: float
    level: float
