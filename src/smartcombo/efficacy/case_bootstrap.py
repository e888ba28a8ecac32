"""Bootstrap of animals: the questions again, each refit to animals drawn within their arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from smartcombo.core.finding import AnalysisRefused
from smartcombo.core.parallel import threaded
from smartcombo.core.random import stream
from smartcombo.core.result import ESTIMATE_COLUMNS, estimates_frame
from smartcombo.efficacy.estimates import Reading, question_rows
from smartcombo.efficacy.fitting import FittedGrowth, can_censor
from smartcombo.stats.cases import CaseFits, PlainCases, joined, plain_cases, resampled
from smartcombo.stats.censored_cases import CensoredCases, censored_cases
from smartcombo.stats.design import Ints
from smartcombo.stats.inference import TInference
from smartcombo.study.questions import Question

METHOD = "growth.case-bootstrap/1"
BOOTSTRAP_COLUMNS = (*ESTIMATE_COLUMNS, "draws", "settled")
FEWEST_ANIMALS = 5
"""An arm of 5 animals has 126 different resamples, one of 4 has 35: too few for a tail."""
FEWEST_IN_TAIL = 5
"""Resamples that must lie beyond an interval for its limits to be those of the bootstrap."""
LEAST_SETTLED = 0.9
"""Share of refits that must find their maximum: those that do not are no random selection."""


def bootstrap_table(
    fitted: FittedGrowth,
    questions: Sequence[Question],
    reading: Reading,
    *,
    draws: int,
    workers: int = 1,
) -> pd.DataFrame:
    """Return the questions with studentised intervals from resampled animals.

    Whole animals are drawn with replacement within their arms and the model of ``fitted`` is
    refitted, values below the detection limit censored where they are in ``fitted``.

    Parameters
    ----------
    draws
        Resamples.
    workers
        Threads; change no number.

    Returns
    -------
    pandas.DataFrame
        Rows as in the estimates, with ``draws`` and how many refits ``settled``. The estimate and
        ``se`` are those of the model; limits and p are those of the bootstrap; ``df`` is missing.
        Where fewer than nine refits in ten settled there are no limits and the word is withheld.

    Raises
    ------
    AnalysisRefused
        If an arm has fewer than five animals, or draws are too few for the confidence level.
    """
    require_resamples(fitted, draws)
    case, settled = _resampled_fit(fitted, draws, workers)
    rows = estimates_frame(question_rows(case, questions, reading))
    asked = rows["verdict"] != "missing"
    if asked.any() and 0 < settled < draws:
        rows.loc[asked, "status"] = f"{settled} of {draws} refits settled"
    rows = rows.assign(
        method=METHOD,
        scale=rows["scale"].map(reading.study.readout.words),
        draws=draws,
        settled=settled,
    )
    return rows[list(BOOTSTRAP_COLUMNS)]


def require_resamples(fitted: FittedGrowth, draws: int) -> None:
    """Refuse where arms or draws are too few, and say which.

    Raises
    ------
    AnalysisRefused
        As `bootstrap_table`.
    """
    frame, level = fitted.frame, fitted.level
    few = [f"{arm} ({frame.count(arm)})" for arm in frame.arms if frame.count(arm) < FEWEST_ANIMALS]
    if few:
        raise AnalysisRefused(
            f"growth of {frame.model}: bootstrap={draws} resamples animals within arms, and these "
            f"have fewer than {FEWEST_ANIMALS} animals: {', '.join(few)}. Leave bootstrap at 0; "
            "inference='bootstrap' simulates instead."
        )
    needed = int(np.ceil(FEWEST_IN_TAIL / (1 - level) - 1e-9))
    if draws < needed:
        raise AnalysisRefused(
            f"growth of {frame.model}: bootstrap={draws} leaves fewer than {FEWEST_IN_TAIL} "
            f"resamples beyond an interval of level {level:g}; expected at least {needed}."
        )


def _resampled_fit(fitted: FittedGrowth, draws: int, workers: int) -> tuple[FittedGrowth, int]:
    """Return the fit with its contrasts referred to the resamples, and how many settled."""
    if fitted.status in ("not_converged", "singular"):
        return fitted, 0
    parts = np.array_split(_draws(fitted, draws), workers)
    fits = joined(threaded(partial(_refitted, _cases(fitted)), parts, workers=workers))
    settled = int(fits.settled.sum())
    if settled < LEAST_SETTLED * draws:
        none = TInference(fitted.fit.beta, fitted.fit.cov_beta, lambda _: np.nan)
        failed = replace(fitted.fit, status="not_converged")
        return replace(fitted, fit=failed, inference=none), settled
    return replace(fitted, inference=fits.inference(fitted.fit)), settled


def _refitted(cases: CensoredCases | PlainCases, draws: Ints) -> CaseFits:
    return cases.refit(draws)


def _cases(fitted: FittedGrowth) -> CensoredCases | PlainCases:
    """Return the model of a fit, ready for resamples."""
    below = fitted.frame.rows["at_limit"].to_numpy(dtype=bool)
    if can_censor(fitted.specification) and below.any():
        return censored_cases(fitted.design, below, fitted.fit)
    return plain_cases(fitted.design)


def _draws(fitted: FittedGrowth, draws: int) -> Ints:
    """Return how often each animal is drawn, shape ``(draws, m)``; each arm has its own stream."""
    frame = fitted.frame
    out = np.zeros((draws, len(frame.animals)), dtype=np.int64)
    for number in range(len(frame.arms)):
        own = np.flatnonzero(frame.arm_of == number)
        rng = stream(frame.seed, "case-bootstrap", frame.model, number)
        out[:, own] = resampled(len(own), draws, rng)
    return out
