"""Desert, excluded or inflamed: probabilities from counts over areas and from how cells mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from smartcombo.stats.design import Floats

PRIOR_COUNT = 0.5
"""Jeffreys' prior of a Poisson rate: half a cell more than were counted."""
PLACES = 400
"""Equally likely values that stand for the share of an arm."""


@dataclass(frozen=True)
class Compartment:
    """Cells counted in one compartment of an animal.

    Attributes
    ----------
    count, area
        Cells and mm2, over all fields.
    dispersion
        Variance of the counts of fields over that of Poisson counts; at least 1.
    """

    count: float
    area: float
    dispersion: float = 1.0

    def above(self, cut: float) -> float:
        """Return the probability that the density lies above ``cut`` cells per mm2.

        NaN without area.
        """
        if not self.area > 0:
            return float("nan")
        return float(stats.gamma.sf(cut, self._shape, scale=self.dispersion / self.area))

    def interval(self, level: float) -> tuple[float, float]:
        """Return the limits of the density, cells per mm2; NaN without area."""
        if not self.area > 0:
            return float("nan"), float("nan")
        tail = [(1 - level) / 2, (1 + level) / 2]
        low, high = stats.gamma.ppf(tail, self._shape, scale=self.dispersion / self.area)
        return (0.0 if self.count == 0 else float(low)), float(high)

    @property
    def density(self) -> float:
        """Return cells per mm2; NaN without area."""
        return self.count / self.area if self.area > 0 else float("nan")

    @property
    def _shape(self) -> float:
        return self.count / self.dispersion + PRIOR_COUNT


def field_dispersion(counts: Floats, areas: Floats) -> float:
    """Return how much more the counts of fields scatter than Poisson counts; at least 1.

    Pearson's statistic over its degrees of freedom; 1 with fewer than two fields or no cell.
    """
    there = areas > 0
    counts, areas = counts[there], areas[there]
    if len(counts) < 2 or counts.sum() == 0:
        return 1.0
    expected = areas * counts.sum() / areas.sum()
    chi2 = float(np.sum((counts - expected) ** 2 / expected))
    return max(1.0, chi2 / (len(counts) - 1))


def avoidance(k: float, low: float, high: float, cut: float, level: float = 0.95) -> float:
    """Return the probability that cells keep away from tumour cells.

    They do where they meet less than ``cut`` times as many as with shuffled labels.

    Parameters
    ----------
    k
        Cross-K from tumour to immune cells.
    low, high
        Its envelope at ``level`` when labels are shuffled: their geometric mean is what chance
        gives, their distance on the log scale how much chance scatters.

    Notes
    -----
    0 where there are too few cells for an envelope: few cells cannot say how they are placed.
    """
    if not (np.isfinite(k) and low > 0 and high > low):
        return 0.0
    if k <= 0:
        return 1.0
    spread = np.log(high / low) / (2 * stats.norm.ppf(0.5 + level / 2))
    return float(stats.norm.cdf((np.log(cut) - np.log(k / np.sqrt(low * high))) / spread))


def phenotype_probabilities(
    tumour: Compartment, stroma: Compartment, cuts: tuple[float, float], avoided: float
) -> tuple[float, float, float]:
    """Return the probabilities of desert, excluded and inflamed; they sum to one.

    Inflamed: more cells in the tumour than the cut, and they do not keep away from tumour cells.
    Desert: fewer than the cut in the tumour and in the stroma. Excluded: all else, cells in the
    stroma or in a tumour compartment whose tumour cells they keep away from.

    Parameters
    ----------
    cuts
        Cells per mm2 in tumour and in stroma.
    avoided
        As :func:`avoidance` returns it.

    Notes
    -----
    NaN where a compartment that decides has no area: desert and excluded without stroma, all three
    without tumour.
    """
    nan = float("nan")
    inside, outside = tumour.above(cuts[0]), stroma.above(cuts[1])
    if np.isnan(inside):
        return nan, nan, nan
    inflamed = inside * (1 - avoided)
    if np.isnan(outside):
        return nan, nan, inflamed
    return (1 - inside) * (1 - outside), (1 - inside) * outside + inside * avoided, inflamed


def share_quantiles(probabilities: Floats) -> Floats:
    """Return equally likely values of the share of such animals that are of a kind.

    Each animal is of the kind with its own probability; the number that are has the
    Poisson-binomial distribution, and given the number the share has Jeffreys' prior.

    Parameters
    ----------
    probabilities
        Of each animal, shape ``(n,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(PLACES,)``, ascending.
    """
    weights = np.ones(1)
    for p in probabilities:
        weights = np.convolve(weights, [1 - p, p])
    n = len(probabilities)
    grid = np.sin(np.linspace(0, np.pi / 2, 2001)) ** 2
    k = np.arange(n + 1)[:, None]
    whole = weights @ stats.beta.cdf(grid, 0.5 + k, 0.5 + n - k)
    return np.asarray(np.interp((np.arange(PLACES) + 0.5) / PLACES, whole, grid))
