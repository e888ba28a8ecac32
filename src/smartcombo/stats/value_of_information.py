"""What an experiment would be worth to a choice, before it is made.

The choice falls on the option of the highest expected value. An experiment about one option moves
that option's expected value to ``m + s Z`` (``Z`` standard normal, ``s`` the preposterior standard
deviation); it has value as far as the choice may then change.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from smartcombo.stats.design import Floats


def preposterior_sd(value: Floats, x: Floats, se: Floats) -> float:
    """Return how far an experiment is expected to move the mean of ``value``.

    Normal approximation: regression of the value on what the experiment would measure,
    ``s^2 = sum_k cov(value, x_k)^2 / (var x_k + se_k^2)``.

    Parameters
    ----------
    value
        Draws of the option's overall value, shape ``(draws,)``.
    x
        Draws of the independent quantities that would be measured, shape ``(draws, q)``.
    se
        Standard error with which each would be measured, shape ``(q,)``; 0: known afterwards.

    References
    ----------
    Strong 2015, 10.1177/0272989X15575286.
    """
    shared = (value - value.mean()) @ (x - x.mean(axis=0)) / (len(value) - 1)
    total = x.var(axis=0, ddof=1) + se**2
    parts = np.divide(shared**2, total, out=np.zeros_like(total), where=total > 0)
    return float(np.sqrt(parts.sum()))


def value_of_moving(
    means: Floats, option: int, sd: float, *, chosen: int = 1, available: bool = True
) -> tuple[float, float]:
    """Return the expected gain of the choice, and the probability that the choice changes.

    Parameters
    ----------
    means
        Expected value of each option, shape ``(m,)``, m above ``chosen``.
    option
        Whose mean the experiment moves.
    sd
        Its preposterior standard deviation.
    chosen
        How many options are taken; the value of the choice is the sum of theirs.
    available
        Whether the option can be taken without the experiment.

    Returns
    -------
    tuple of float
        Expected value of sample information, zero or more, in units of the value; probability.
    """
    rest = float(np.sort(np.delete(means, option))[-chosen])
    ahead = float(means[option]) - rest
    worth = max(ahead, 0.0) if available else 0.0
    if sd <= 0:
        return max(ahead, 0.0) - worth, float(ahead > 0 and not available)
    z = ahead / sd
    taken = float(stats.norm.cdf(z))
    gain = sd * float(stats.norm.pdf(z)) + ahead * taken - worth
    change = taken if ahead <= 0 or not available else 1.0 - taken
    return max(gain, 0.0), change
