"""Body weights of simulated mice: growth, loss by treatment, the tumour's mass, the scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
GRAMS_PER_MM3 = 1e-3
"""Density of tumour taken as that of water, 1 g/cm3."""


@dataclass(frozen=True, slots=True)
class BodyWeights:
    """How the mice of a design weigh: growth, loss by treatment, the tumour's own mass.

    At ``t`` days after the first visit a mouse weighs
    ``(m_i exp(growth_rate t) (1 - l_i (1 - exp(-t / onset_days))) + V / 1000) exp(e)`` grams, with
    ``m_i`` log-normal about ``baseline_g``, ``l_i`` the arm's ``weight_loss`` times a log-normal
    sensitivity, ``V`` the volume measured in mm3 (density 1 g/cm3), ``e`` normal with SD
    ``residual_sd``.

    Attributes
    ----------
    baseline_g, baseline_sd
        Geometric mean at the first visit without the tumour, and between-mouse SD of its log.
    growth_rate
        Of young mice, per day.
    onset_days
        Days after which 63% of the loss is reached.
    sensitivity_sd
        Between-mouse SD of the log of the loss.
    residual_sd
        SD of a weighing on the log scale: food, drink and the scale.
    loss_limit
        Limit of weight loss of the protocol, a fraction, written to ``study.toml``. No mouse is
        culled for it: volumes do not depend on weights.
    """

    baseline_g: float = 20.0
    baseline_sd: float = 0.06
    growth_rate: float = 0.003
    onset_days: float = 4.0
    sensitivity_sd: float = 0.3
    residual_sd: float = 0.015
    loss_limit: float | None = 0.2

    def __post_init__(self) -> None:
        if self.baseline_g <= 0 or self.onset_days <= 0:
            raise ValueError(
                f"baseline_g={self.baseline_g!r}, onset_days={self.onset_days!r}: expected above 0"
            )
        if min(self.baseline_sd, self.sensitivity_sd, self.residual_sd) < 0:
            raise ValueError("standard deviations of body weights: expected 0 or more")


def body_weights(
    design: BodyWeights,
    *,
    mouse: NDArray[np.intp],
    time: Floats,
    volume_mm3: Floats,
    loss: float,
    rng: np.random.Generator,
) -> Floats:
    """Return what the scale shows at each visit of one arm.

    Parameters
    ----------
    mouse
        Number of the mouse of each row, 0 to n - 1, shape ``(N,)``.
    time
        Days since the first visit, shape ``(N,)``.
    volume_mm3
        Tumour volume of the same visit, shape ``(N,)``.
    loss
        Fraction of body weight that the treatment costs at its plateau.
    rng
        Of this arm's weights alone.

    Returns
    -------
    ndarray
        Grams, shape ``(N,)``.
    """
    n = int(mouse.max()) + 1
    z = rng.standard_normal((2, n))
    start = design.baseline_g * np.exp(design.baseline_sd * z[0])
    share = loss * np.exp(design.sensitivity_sd * z[1])
    lost = share[mouse] * (1 - np.exp(-time / design.onset_days))
    body = start[mouse] * np.exp(design.growth_rate * time) * (1 - lost)
    scale = np.exp(design.residual_sd * rng.standard_normal(len(mouse)))
    return np.asarray((body + GRAMS_PER_MM3 * volume_mm3) * scale)
