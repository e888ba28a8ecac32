"""A shift in standard deviations of the controls, so that assays of any unit stand side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from smartcombo.stats.design import Floats


@dataclass(frozen=True)
class ScaledShift:
    """Treated mean minus controls' mean, in SDs of the controls; limits NaN with fewer than 2."""

    value: float
    low: float
    high: float
    se: float
    n: int


def standardised_shift(controls: Floats, treated: Floats, level: float) -> ScaledShift:
    """Return the shift in SDs of the controls, with an interval that knows the SD is estimated.

    Parameters
    ----------
    controls, treated
        Values of animals on one scale, shapes ``(m,)`` and ``(n,)``.
    level
        Confidence level, a fraction.

    Notes
    -----
    The arms keep their own variances. Below four controls the SD is so uncertain that the shift of
    the marker's own scale says more.

    References
    ----------
    Bonett 2008, 10.1037/1082-989X.13.2.99.
    """
    m, n = len(controls), len(treated)
    nan = float("nan")
    if m < 2 or n < 1:
        return ScaledShift(nan, nan, nan, nan, m + n)
    spread = float(np.std(controls, ddof=1))
    if not spread > 0:
        return ScaledShift(nan, nan, nan, nan, m + n)
    value = float(np.mean(treated) - np.mean(controls)) / spread
    if n < 2:
        return ScaledShift(value, nan, nan, nan, m + n)
    ratio = float(np.var(treated, ddof=1)) / spread**2
    se = float(np.sqrt(value**2 / (2 * (m - 1)) + ratio / (n - 1) + 1 / (m - 1)))
    reach = float(stats.norm.ppf(0.5 + level / 2)) * se
    return ScaledShift(value, value - reach, value + reach, se, m + n)
