"""Refit the left-censored mixed model to resampled animals, each refit from the whole fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smartcombo.stats.cases import CaseFits, copied
from smartcombo.stats.censored import (
    STEP,
    fit_censored,
    censored_problem,
    rough_errors,
    start_at,
)
from smartcombo.stats.censored_cases_kernel import refit_cases, tables_at
from smartcombo.stats.design import Floats, Ints, LongDesign, MixedFit

Below = NDArray[np.bool_]


@dataclass(frozen=True)
class CensoredCases:
    """The censored model, ready to be refitted to resamples.

    Attributes
    ----------
    design, below
        What the whole fit was made of; ``below`` of shape ``(N,)``.
    first
        Parameters that each refit starts from, shape ``(s,)``.
    data, tables, steps
        The kernel's arrays, what each animal adds at ``first``, and steps of differences.
    """

    design: LongDesign
    below: Below
    first: Floats
    data: tuple[Any, ...]
    tables: tuple[Floats, ...]
    steps: Floats

    def refit(self, draws: Ints) -> CaseFits:
        """Return the fit of each resample; ``draws`` (B, m) says how often an animal is in it.

        As :func:`fit_censored` of a study of copies, well within a thousandth of a standard error.
        A refit that the whole fit is no good start for is made anew from copies.
        """
        draws = np.ascontiguousarray(draws)
        beta, cov_beta, settled = refit_cases(
            draws, self.first, self.data, self.tables, self.steps
        )
        for b in np.flatnonzero(~settled):
            beta[b], cov_beta[b], settled[b] = self._anew(draws[b])
        return CaseFits(beta, cov_beta, settled)

    def _anew(self, counts: Ints) -> tuple[Floats, Floats, bool]:
        design, rows = copied(self.design, counts)
        fit = fit_censored(design, self.below[rows]).fit
        return fit.beta, fit.cov_beta, fit.status in ("ok", "boundary")


def censored_cases(design: LongDesign, below: Below, fit: MixedFit) -> CensoredCases:
    """Return the resampling model of a censored design, from its whole ``fit``.

    Parameters
    ----------
    design
        ``y`` holds the limit in censored rows.
    below
        Which rows are censored, shape ``(N,)``.
    fit
        Of :func:`fit_censored`, with status ``ok`` or ``boundary``.

    References
    ----------
    Hughes 1999, 10.1111/j.0006-341X.1999.00625.x.
    """
    problem, scale = censored_problem(design, np.asarray(below))
    first = start_at(fit, scale)
    steps = STEP * rough_errors(problem, first)
    data = problem.arrays()
    return CensoredCases(
        design, problem.below, first, data, tables_at(first, data, steps), steps
    )
