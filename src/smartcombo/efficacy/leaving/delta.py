"""Had the animals that left grown otherwise: shifted multiple imputation and its tipping point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.core.random import stream
from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.answers import answer
from smartcombo.efficacy.fitting import FittedGrowth
from smartcombo.efficacy.frame import with_rows
from smartcombo.efficacy.leaving.leavers import SHIFTED
from smartcombo.efficacy.leaving.panel import DELTA, Case, later_rows
from smartcombo.efficacy.mean_curve import long_design
from smartcombo.stats.censored import fit_censored
from smartcombo.stats.design import Floats, LongDesign
from smartcombo.stats.imputation import (
    BELOW,
    MEASURED,
    MISSING,
    ParameterDraws,
    completed_outcomes,
    drawn_censored,
    drawn_parameters,
    first_completed,
    shifted_inference,
)
from smartcombo.stats.inference import DegreesOfFreedom, model_inference
from smartcombo.stats.mixed import fit_mixed
from smartcombo.study.questions import Question

STRESS = 0.5
"""Shift shown beside the other methods, as a share of the growth rate of the fastest arm."""
DISAGREEMENT = 1.25
"""Ratio of interval widths beyond which imputation and the reference disagree."""
SCOPES = ("combination", "all arms")
CURVE_COLUMNS = ["model", "combination", "question", "null_model", "contrast", "scope", "delta",
                 "value", "low", "high", "verdict"]  # fmt: skip
TIPPING_COLUMNS = ["model", "combination", "question", "null_model", "contrast", "scope",
                   "direction", "delta", "word", "becomes", "animals", "own_rate",
                   "largest"]  # fmt: skip


@dataclass(frozen=True)
class Imputed:
    """Completed data sets of one tumour model, not yet shifted.

    Attributes
    ----------
    outcomes
        Shape ``(M, N)``, rows as in ``design``.
    since
        Days since the animal of a row was last measured; 0 in rows that were, shape ``(N,)``.
    row_arm
        Arm number of each row, shape ``(N,)``.
    fastest
        Growth rate of the fastest arm, the unit of the shifts, per day.
    own_rate
        Growth rate predicted for each shifted animal, by animal.
    """

    case: Case
    design: LongDesign
    outcomes: Floats
    since: Floats
    row_arm: Floats
    fastest: float
    own_rate: pd.Series
    complete_df: Callable[[Floats], float]

    def shifted(self, delta: float, arms: Sequence[str]) -> FittedGrowth:
        """Return the pooled fit had leavers of these arms grown ``delta`` a day faster."""
        codes = [self.case.frame.arms.index(arm) for arm in arms if arm in self.case.frame.arms]
        shift = delta * self.since * np.isin(self.row_arm, codes)
        pooled = shifted_inference(self.design, self.outcomes, shift, self.complete_df)
        reference = self.case.reference
        beta = pooled.beta.mean(axis=0)
        fit = replace(reference.fit, beta=beta, cov_beta=pooled.covariance)
        return replace(reference, fit=fit, inference=pooled)


def shifted_animals(case: Case) -> pd.DataFrame:
    """Return the leavers whose later volumes neither size nor plan explains."""
    gone = case.leavers
    return gone[gone["before"] & gone["kind"].isin(SHIFTED)]


def impute(case: Case, imputations: int) -> Imputed | None:
    """Return completed data sets; ``None`` where no animal is to be shifted or the fit failed."""
    gone = shifted_animals(case)
    reference = case.reference
    if gone.empty or reference.status in ("not_converged", "singular"):
        return None
    more = later_rows(case, gone["animal"]).assign(missing=True)
    rows = case.frame.rows.assign(missing=False, since=0.0)
    frame = with_rows(case.frame, pd.concat([rows, more], ignore_index=True))
    missing = frame.rows["missing"].to_numpy(bool)
    below = frame.rows["at_limit"].to_numpy(bool) & (reference.censored > 0)
    kinds = np.where(missing, MISSING, np.where(below, BELOW, MEASURED)).astype(np.int8)
    design = long_design(frame, reference.curve)
    rng = stream(case.frame.seed, "leaving", case.frame.model)
    Y = completed_outcomes(_parameters(case, imputations, rng), design, kinds, rng)
    first = first_completed(design, Y)
    return Imputed(
        case=case,
        design=design,
        outcomes=Y,
        since=frame.rows["since"].to_numpy(float),
        row_arm=np.repeat(frame.arm_of, np.diff(frame.start)),
        fastest=_fastest(case),
        own_rate=_own_rates(frame.rows, Y, gone["animal"]),
        complete_df=model_inference(fit_mixed(first), first, _degrees(case)).degrees,
    )  # fmt: skip


def _degrees(case: Case) -> DegreesOfFreedom:
    """Return the rule of the degrees of freedom, which the options restrict to two."""
    chosen = case.reference.specification.inference
    return "satterthwaite" if chosen == "satterthwaite" else "kenward-roger"


def _parameters(case: Case, draws: int, rng: np.random.Generator) -> ParameterDraws:
    """Return draws of the reference's parameters; a censored fit is made again with all of them."""
    reference = case.reference
    if reference.censored:
        below = reference.frame.rows["at_limit"].to_numpy(bool)
        return drawn_censored(fit_censored(reference.design, below), draws, rng)
    return drawn_parameters(reference.fit, reference.design, draws, rng)


def _fastest(case: Case) -> float:
    curve = case.reference.curve
    rates = [curve.growth(arm, case.time) @ case.reference.fit.beta for arm in curve.arms]
    return float(np.max(np.abs(rates))) / case.time


def _own_rates(rows: pd.DataFrame, Y: Floats, animals: pd.Series) -> pd.Series:
    """Return the growth rate imputed after leaving, mean over imputations, by animal."""
    mean = pd.Series(Y.mean(axis=0))
    rates = {}
    for animal in animals:
        own = np.flatnonzero((rows["animal"] == animal).to_numpy())
        time, y = rows["time"].to_numpy(float)[own], mean.to_numpy()[own]
        rates[animal] = float(np.polyfit(time, y, 1)[0]) if len(own) > 1 else float("nan")
    return pd.Series(rates)


def scope_arms(case: Case, question: Question, scope: str) -> tuple[str, ...]:
    """Return the arms whose leavers are shifted."""
    return (question.arm,) if scope == "combination" else case.frame.arms


def delta_curves(imputed: Imputed, shifts: int) -> pd.DataFrame:
    """Return every answer as log ratio at the declared day over the grid of shifts and scopes."""
    case = imputed.case
    grid = imputed.fastest * np.arange(-shifts, shifts + 1) / shifts
    rows: list[tuple[Any, ...]] = []
    fits: dict[tuple[tuple[str, ...], float], FittedGrowth] = {}
    for question in answerable(case):
        for scope in SCOPES:
            arms = scope_arms(case, question, scope)
            for delta in grid:
                key = (arms, float(delta))
                if key not in fits:
                    fits[key] = imputed.shifted(float(delta), arms)
                rows.append(_curve_row(case, question, scope, float(delta), fits[key]))
    return pd.DataFrame(rows, columns=CURVE_COLUMNS)


def answerable(case: Case) -> list[Question]:
    """Return the questions all of whose arms are there."""
    return [q for q in case.questions if not q.missing]


def _curve_row(
    case: Case, question: Question, scope: str, delta: float, fitted: FittedGrowth
) -> tuple[Any, ...]:
    got = answer(fitted, question, case.time)
    sign = -1.0 if question.key == "Q4" else 1.0
    low, high = sorted((sign * got.low, sign * got.high))
    word = verdict(question.key, got.low, got.high, case.reading.margin_log_ratio)
    return (case.frame.model, question.arm, question.key, question.null_model, question.label,
            scope, delta, sign * got.value, low, high, word)  # fmt: skip


def tipping_points(imputed: Imputed, curves: pd.DataFrame) -> pd.DataFrame:
    """Return the smallest shift, on each side of zero, at which the word of an answer changes.

    ``delta`` is missing where no shift tried changes it; ``largest`` is the largest tried.
    """
    gone = shifted_animals(imputed.case)
    keys = ["model", "combination", "question", "null_model", "contrast", "scope"]
    rows = []
    for names, own in curves.groupby(keys, sort=False):
        arms = imputed.case.frame.arms if names[5] == "all arms" else (names[1],)
        moved = gone.loc[gone["arm"].isin(arms), "animal"]
        rate = float(imputed.own_rate[moved].mean()) if len(moved) else float("nan")
        for direction in (1, -1):
            delta, word, becomes = _tip(own, direction)
            tried = float(own["delta"].max())
            rows.append((*names, direction, delta, word, becomes, len(moved), rate, tried))
    return pd.DataFrame(rows, columns=TIPPING_COLUMNS)


def _tip(curve: pd.DataFrame, direction: int) -> tuple[float, str, str]:
    """Return where the word changes: the interval's limit crosses zero between two shifts."""
    side = curve[curve["delta"] * direction >= 0].sort_values("delta", key=np.abs)
    words = side["verdict"].to_numpy()
    changed = np.flatnonzero(words != words[0])
    if not len(changed):
        return float("nan"), str(words[0]), ""
    k = int(changed[0])
    before, after = side.iloc[k - 1], side.iloc[k]
    crossings = [
        before["delta"] + before[end] / (before[end] - after[end]) * (after["delta"]
                                                                      - before["delta"])
        for end in ("low", "high")
        if before[end] * after[end] < 0
    ]  # fmt: skip
    found = min(crossings, key=abs) if crossings else after["delta"]
    return float(found), str(words[0]), str(words[k])


def disagreement_finding(case: Case, curves: pd.DataFrame) -> tuple[Finding, ...]:
    """Return the finding that imputation without a shift is not as sure as the reference."""
    flat = curves[(curves["delta"] == 0) & (curves["null_model"] != "hsa")]
    ratios = []
    for question in answerable(case):
        own = flat[(flat["contrast"] == question.label) & (flat["question"] == question.key)]
        if len(own):
            got = answer(case.reference, question, case.time)
            width = float((own["high"] - own["low"]).iloc[0])
            ratios.append(width / (got.high - got.low))
    if not ratios or 1 / DISAGREEMENT < min(ratios) <= max(ratios) < DISAGREEMENT:
        return ()
    worst = max(ratios, key=lambda ratio: abs(np.log(ratio)))
    return (
        Finding(
            code="imputation-disagrees",
            severity="warning",
            subject=case.frame.model,
            found=f"imputed without a shift, an interval is {worst:.2f} times that of the "
            "mixed model",
            expected="about the same width: both assume the same",
            action="the growth model does not describe these curves, often where some animals are "
            "cured: trust the mixed model's interval, and tipping points only roughly",
        ),
    )


def tipping_rows(case: Case, tips: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the tipping points against the answer as rows of estimates."""
    rows = []
    for tip in tips.itertuples():
        side = "faster" if tip.direction > 0 else "slower"
        found = bool(np.isfinite(tip.delta))
        nobody = tip.animals == 0
        becomes = f"the word becomes {tip.becomes}" if found else "no shift changes the word"
        rows.append(
            {
                "study": case.reading.study.id,
                "model": tip.model,
                "analysis": "leaving",
                "endpoint": "volume",
                "question": tip.question,
                "estimand": "tipping_point",
                "contrast": tip.contrast,
                "null_model": tip.null_model,
                "arm": tip.combination,
                "day": case.reading.day,
                "value": tip.delta,
                "level": case.reading.level,
                "unit": "1/day",
                "scale": f"growth after leaving {side} than predicted, leavers of "
                f"{'the combination' if tip.scope == 'combination' else 'all arms'}: {becomes}",
                "n": int(tip.animals),
                "method": DELTA,
                "status": _status(found=found, nobody=nobody, largest=tip.largest),
                "verdict": tip.word,
            }
        )
    return rows


def _status(*, found: bool, nobody: bool, largest: float) -> str:
    if nobody:
        return "no animal to shift"
    return "ok" if found else f"not reached up to {largest:.3g} per day"
