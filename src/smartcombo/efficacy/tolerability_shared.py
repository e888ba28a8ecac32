"""What every row of tolerability shares: the reading of one tumour model, rates, differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from smartcombo.core.verdicts import verdict
from smartcombo.stats.design import ContrastTest
from smartcombo.stats.proportions import Proportion, clopper_pearson, difference
from smartcombo.stats.weight_loss import MeanTest
from smartcombo.study.model import Study
from smartcombo.study.questions import Question


@dataclass(frozen=True)
class Reading:
    """What the rows of one tumour model share; ``day`` is the declared day, NaN without weights."""

    study: Study
    model: str
    day: float
    level: float
    questions: tuple[Question, ...]

    @property
    def arms(self) -> list[str]:
        """Return the arms with animals that are not excluded."""
        present = set(self.animals["arm"])
        return [arm.id for arm in self.study.arms if arm.id in present]

    @property
    def animals(self) -> pd.DataFrame:
        """Return the animals of the model that are not excluded."""
        table = self.study.animals
        return table[(table["model"] == self.model) & ~table["excluded"].astype(bool)]

    @property
    def compared(self) -> list[Question]:
        """Return the questions that compare two arms."""
        return [q for q in self.questions if not q.null_model]


def base_row(
    reading: Reading, endpoint: str, estimand: str, unit: str, method: str
) -> dict[str, Any]:
    """Return what a row of an estimand holds before its numbers."""
    return {
        "study": reading.study.id,
        "model": reading.model,
        "analysis": "tolerability",
        "endpoint": endpoint,
        "estimand": estimand,
        "question": "",
        "null_model": "",
        "contrast": "",
        "day": reading.day,
        "level": reading.level,
        "unit": unit,
        "method": method,
        "status": "ok",
        "verdict": "",
    }


def asked(question: Question) -> dict[str, Any]:
    """Return the columns that say which question a row answers."""
    return {
        "arm": question.arm,
        "question": question.key,
        "contrast": question.label,
        "null_model": question.null_model,
    }


def missing(reason: str) -> dict[str, Any]:
    """Return the columns of a question that cannot be answered."""
    return {"n": 0, "scale": "", "status": reason, "verdict": "missing"}


def numbers(got: MeanTest | ContrastTest) -> dict[str, float]:
    """Return value, interval, standard error, degrees of freedom and p as columns."""
    return {"value": got.value, "low": got.low, "high": got.high, "se": got.se, "df": got.df,
            "p": got.p}  # fmt: skip


def share(got: Proportion) -> dict[str, float]:
    """Return value, interval and p of a proportion as columns."""
    return {"value": got.value, "low": got.low, "high": got.high, "p": got.p}


def harm_word(low: float, high: float, *, more_is_better: bool) -> str:
    """Return *benefit*, *harm* or *inconclusive*, for Q4 as for every other question."""
    return verdict("Q2", -high, -low, None) if more_is_better else verdict("Q2", low, high, None)


def comparator(question: Question) -> str:
    """Return the arm that a comparison compares with."""
    return next(arm for arm, weight in question.weights.items() if weight < 0)


def counts_of(table: pd.DataFrame, arm: str, outcome: str) -> tuple[int, int]:
    """Return how many animals of an arm have an outcome, and how many there are."""
    own = table[table["arm"] == arm]
    return int(own[outcome].sum()), len(own)


def rate_rows(
    reading: Reading, base: dict[str, Any], counts: dict[str, tuple[int, int]], scale: str
) -> list[dict[str, Any]]:
    """Return the rate of each arm with its exact interval."""
    rows = []
    for arm, (k, n) in counts.items():
        if n:
            got = share(clopper_pearson(k, n, reading.level))
            rows.append(base | {"arm": arm, "n": n, "scale": f"{scale}; plus is harm"} | got)
    return rows


def difference_rows(
    reading: Reading, base: dict[str, Any], counts: dict[str, tuple[int, int]], lack: str
) -> list[dict[str, Any]]:
    """Return the difference in rates of each question, arm minus comparator.

    ``lack`` says why an arm has no rate.
    """
    rows = []
    for question in reading.compared:
        row = base | asked(question) | {"estimand": f"{base['estimand']}_difference"}
        if question.missing:
            rows.append(row | missing(f"missing: {question.missing}"))
            continue
        own, other = (counts.get(a, (0, 0)) for a in (question.arm, comparator(question)))
        if not own[1] or not other[1]:
            rows.append(row | missing(f"missing: {lack} in one of the arms"))
            continue
        got = difference(*own, *other, reading.level)
        word = harm_word(got.low, got.high, more_is_better=False)
        found = {"n": own[1] + other[1], "scale": "arm minus comparator; plus is harm"}
        rows.append(row | share(got) | found | {"verdict": word})
    return rows
