"""Response analysis: call every animal -> count -> compare -> assemble."""

from __future__ import annotations

from typing import Any

import pandas as pd

from smartcombo.core.finding import AnalysisRefused, Finding
from smartcombo.core.result import Result, adjusted_estimates
from smartcombo.efficacy.accounting import accounting
from smartcombo.efficacy.cluster_answers import cluster_checks
from smartcombo.efficacy.response.calls import curve_calls
from smartcombo.efficacy.response.options import ResponseOptions
from smartcombo.efficacy.response.rates import (
    Scope,
    exact_rates,
    outcomes,
    question_rows,
    rate_rows,
)
from smartcombo.study.model import Study


def response(study: Study, options: ResponseOptions | None = None) -> Result:
    """Answer how many animals of each arm respond, and the four questions about it.

    Use it beside the growth analysis wherever some animals are cured and others progress: a
    response rate stays defined whatever the mixture. Every animal with a baseline counts; one that
    left before the first day that counts is *not evaluable* and counts as no response. A cure needs
    follow-up to its day: an animal without it leaves the rate of cure, and the accounting says so.

    Parameters
    ----------
    study
        A checked study, from :func:`smartcombo.read_study`.
    options
        Rule, day of cure and level.

    Returns
    -------
    Result
        ``estimates``: rates of response (CR or PR), of animals tumour-free at their last visit and,
        where a day of cure is stated, cured, with Jeffreys intervals; differences, arm minus
        comparator: **plus is benefit**; odds ratios: **above 1 is benefit**; Q4 observed minus
        expected under independent action: **plus is synergy**. ``tables["calls"]``: one row an
        animal; ``tables["rates"]``: exact intervals beside them; ``tables["pairs"]``: the counts
        behind each comparison; ``tables["accounting"]``: animals in, called, and left out with the
        reason.

    Raises
    ------
    AnalysisRefused
        If the arms of the models have one animal each; :func:`single_mouse` answers there.

    References
    ----------
    Gao 2015, 10.1038/nm.3954; Miettinen and Nurminen 1985, 10.1002/sim.4780040211; Berry and
    Armitage 1995, 10.2307/2348891; Bliss 1939, 10.1111/j.1744-7348.1939.tb06990.x.
    """
    reading = (options or ResponseOptions()).resolved(study)
    _refuse_single_mice(study)
    calls = curve_calls(study, reading)
    scopes = [Scope(study, m.id, calls[calls["model"] == m.id], reading) for m in study.models]
    rows: list[dict[str, Any]] = []
    pairs: list[dict[str, Any]] = []
    for scope in scopes:
        if scope.calls.empty:
            continue
        asked, counted = question_rows(scope)
        rows += rate_rows(scope) + asked
        pairs += counted
    return Result(
        study=study.id,
        analysis="response",
        estimates=adjusted_estimates(rows),
        checks=cluster_checks(study, "response"),
        findings=(*(f for scope in scopes for f in _findings(scope)), *_not_volumes(study)),
        tables={
            "calls": calls,
            "rates": exact_rates(calls, reading),
            "pairs": pd.DataFrame(pairs),
            "accounting": accounting(study, "response", needs_baseline=True),
        },
        methods=(reading.method, "response.rate/1", "response.odds-ratio/1",
                 "response.independent-action/1"),
        options=reading.record() | {"synthetic": study.synthetic},
    )  # fmt: skip


def _refuse_single_mice(study: Study) -> None:
    if study.single_mouse:
        raise AnalysisRefused(
            f"response of {study.id}: most arms of its {len(study.models)} models have one animal, "
            "so an arm of one model has no rate. `single_mouse` takes each model as the unit and "
            "answers across models."
        )


def _not_volumes(study: Study) -> list[Finding]:
    """Return a finding where thresholds that were set for volumes are applied to another signal."""
    if study.readout.is_volume:
        return []
    return [
        Finding(
            code="response-not-volume",
            severity="warning",
            subject=study.id,
            found=f"responses called from {study.readout.name} in {study.readout.unit}",
            expected="a read-out in mm3, for which the thresholds of response rules were set",
            action="read them as changes of the signal; lead with the growth rate",
        )
    ]


def _findings(scope: Scope) -> list[Finding]:
    found = []
    left = scope.calls.loc[scope.calls["category"] == "not evaluable", "animal"]
    if len(left):
        found.append(
            Finding(
                code="not-evaluable",
                severity="note",
                subject=scope.model,
                found=f"{len(left)} animals without a visit from day "
                f"{scope.reading.rule.first_day:g} after baseline on: {_named(left)}",
                expected="a visit on which a response can be called",
                action="they count as no response",
            )
        )
    unknown = scope.calls.loc[scope.calls["cured"].isna(), "animal"]
    if "cure_rate" in outcomes(scope.reading) and len(unknown):
        found.append(
            Finding(
                code="cure-not-evaluable",
                severity="note",
                subject=scope.model,
                found=f"{len(unknown)} animals left without a tumour, or by plan, before day "
                f"{scope.reading.cure_day:g}: {_named(unknown)}",
                expected="follow-up to the day of cure",
                action="they stay out of the rate of cure, which is of the animals followed",
            )
        )
    return found


def _named(animals: pd.Series) -> str:
    return ", ".join(animals[:6]) + (" ..." if len(animals) > 6 else "")
