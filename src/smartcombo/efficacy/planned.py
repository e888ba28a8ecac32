"""What the plan stated before looking, and which of it can be claimed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from smartcombo.core.result import Result, stacked
from smartcombo.efficacy.endpoints import endpoint_called
from smartcombo.study.model import Study

PLANNED_COLUMNS = (
    "model", "arm", "order", "endpoint", "question", "null_model", "contrast", "value", "low",
    "high", "unit", "n", "p", "p_adjusted", "verdict", "claim",
)  # fmt: skip
CLAIMS = ("claimed", "not shown", "not reached", "not answered")


def planned_tests(study: Study, results: Sequence[Result]) -> pd.DataFrame:
    """Return the planned tests of each combination and tumour model, and what may be claimed.

    Planned tests are confirmatory, everything else is exploratory. Each combination in each tumour
    model is a family member with an equal share of the error (Bonferroni over the K of them);
    within it the tests are taken in the plan's order, and a test counts only where every test
    before it succeeded (fixed sequence).

    Parameters
    ----------
    study
        With its plan; without one the table is empty.
    results
        What the analyses returned.

    Returns
    -------
    pandas.DataFrame
        One row a test with ``PLANNED_COLUMNS``. ``p_adjusted`` is the largest of K p up to that
        test, at most 1. ``claim`` is ``claimed`` (adjusted p below 1 - level), ``not shown``,
        ``not reached`` (an earlier test did not succeed) or ``not answered`` (missing, or no test).

    References
    ----------
    Bretz, Maurer, Brannath and Posch 2009, 10.1002/sim.3495.
    """
    estimates = stacked([result.estimates for result in results])
    rows = [row for order, test in enumerate(study.plan.tests, 1)
            for row in _answers(estimates, order, test)]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(PLANNED_COLUMNS))
    members = [own for _, own in table.groupby(["model", "arm"], sort=False)]
    parts = [_in_sequence(own, len(members), 1 - study.plan.level) for own in members]
    return pd.concat(parts, ignore_index=True) if parts else table


def _answers(estimates: pd.DataFrame, order: int, test: Any) -> list[dict[str, Any]]:
    """Return the row of one test for each combination and tumour model."""
    endpoint = endpoint_called(test.endpoint)
    found = endpoint.rows(estimates, test.question, test.null_model)
    first = found.drop_duplicates(["model", "arm"])
    return [{**row, "order": order, "endpoint": endpoint.words} for row in first.to_dict("records")]


def _in_sequence(tests: pd.DataFrame, members: int, alpha: float) -> pd.DataFrame:
    """Return the tests of one member with adjusted p-values and claims."""
    tests = tests.sort_values("order", kind="stable")
    adjusted, claims, reached, largest = [], [], True, 0.0
    for p in tests["p"].to_numpy(float):
        answered = p == p
        largest = max(largest, min(1.0, members * p)) if answered else 1.0
        succeeded = answered and largest < alpha
        claims.append(_claim(answered, reached, succeeded))
        adjusted.append(largest if answered else float("nan"))
        reached = reached and succeeded
    return tests.assign(p_adjusted=adjusted, claim=claims)


def _claim(answered: bool, reached: bool, succeeded: bool) -> str:
    if not reached:
        return "not reached"
    if not answered:
        return "not answered"
    return "claimed" if succeeded else "not shown"
