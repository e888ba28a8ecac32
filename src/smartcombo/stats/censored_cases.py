"""Refit the left-censored mixed model to resampled animals, each refit from the whole fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smartcombo.stats.cases import CaseFits
from smartcombo.stats.censored import (
    STEP,
    censored_problem,
    rough_errors,
    start_at,
)
from smartcombo.stats.censored_cases_kernel import refit_cases, tables_at
from smartcombo.stats.design import Floats, Ints, LongDesign, MixedFit


@dataclass(frozen=True)
class CensoredCases:
    """The censored model, ready to be refitted to resamples.

    Attributes
    ----------
    first
        Parameters that each refit starts from, shape ``(s,)``.
    data, tables, steps
        The kernel's arrays, what each animal adds at ``first``, and steps of differences.
    """

    first: Floats
    data: tuple[Any, ...]
    tables: tuple[Floats, ...]
    steps: Floats

    def refit(self, draws: Ints) -> CaseFits:
        """Return the fit of each resample; ``draws`` (B, m) says how often an animal is in it.

        As :func:`fit_censored` of a study of copies, well within a hundredth of a standard error.
        """
        return CaseFits(
            *refit_cases(
                np.ascontiguousarray(draws), self.first, self.data, self.tables, self.steps
            )
        )


def censored_cases(design: LongDesign, below: NDArray[np.bool_], fit: MixedFit) -> CensoredCases:
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
    first, data = start_at(fit, scale), problem.arrays()
    steps = STEP * rough_errors(problem, first)
    return CensoredCases(first, data, tables_at(first, data, steps), steps)
