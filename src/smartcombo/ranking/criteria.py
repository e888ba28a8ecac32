"""What candidates are ranked on: criteria with anchors, their values, the gates before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from smartcombo.core.finding import AnalysisRefused

CRITERIA_COLUMNS = ("candidate", "combination", "context", "criterion", "value", "se", "n", "unit",
                    "status", "source")  # fmt: skip
"""Columns of a table of criteria, one row a candidate and criterion.

``context`` is the tumour model or indication; ``se`` missing: the value is exact; ``n`` animals, or
studies where the criterion counts those; ``source`` ids of the claims behind it, apart by ``;``. A
table may also hold ``low`` and ``high``, the interval to show and to judge by where the normal one
of ``se`` would be too narrow (few studies), and ``agreed``, ``for`` or ``against`` where each of
several studies says so by itself.
"""

GATE_COLUMNS = ("candidate", "gate", "passed", "severity", "reason")
"""Columns of a table of gates; ``passed`` is true, false, or missing where nothing answers it."""

VALUE_STATUSES = ("ok", "missing", "not estimable")
SEVERITIES = ("stop", "caution")
WeightKind = Literal["fixed", "ordered", "unknown"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that matters, on a scale stated before the data.

    Attributes
    ----------
    id, title, unit
        Stable name; the same in words; unit of ``worst`` and ``best``.
    worst, best
        Values that score 0 and 1. ``best`` below ``worst`` says that less is better.
    weight
        Weight of the step from worst to best under fixed weights, zero or more. With weight zero it
        is shown and not scored, such as the one behind the baseline rule.
    order
        Place in the order of importance, 1 the weightiest, under ordered weights; may be shared.
    no_effect
        Value that means no effect, where there is one: decides what is for and what is against.
    arms
        Arms whose animals ``n`` counts: 2 of a comparison (default), 4 of an interaction.
    """

    id: str
    title: str
    unit: str
    worst: float
    best: float
    weight: float | None = None
    order: int | None = None
    no_effect: float | None = None
    arms: int = 2

    def __post_init__(self) -> None:
        anchors = np.array([self.worst, self.best])
        if not np.isfinite(anchors).all() or self.worst == self.best:
            raise ValueError(
                f"criterion {self.id!r}: found worst={self.worst!r}, best={self.best!r}; expected "
                "two different finite values, which score 0 and 1"
            )
        if self.weight is not None and not 0 <= self.weight < np.inf:
            raise ValueError(
                f"criterion {self.id!r}: found weight={self.weight!r}; expected zero or more"
            )
        if self.arms < 1:
            raise ValueError(f"criterion {self.id!r}: found arms={self.arms!r}; expected 1 or more")
        if self.order is not None and self.order < 1:
            raise ValueError(
                f"criterion {self.id!r}: found order={self.order!r}; expected 1 (weightiest) or "
                "more"
            )

    @property
    def is_cost(self) -> bool:
        """Return whether no effect is already the best there is, as of weight loss."""
        if self.no_effect is None:
            return False
        return (self.best - self.no_effect) * (self.best - self.worst) <= 0

    @property
    def scored(self) -> bool:
        """Return whether it has a part in the score."""
        return self.weight != 0


def checked(
    criteria: Sequence[Criterion], table: pd.DataFrame, gates: pd.DataFrame, weights: str
) -> None:
    """Refuse tables that cannot be ranked, with every reason at once.

    Raises
    ------
    AnalysisRefused
        Naming where, what was found, what is expected and what to do.
    """
    problems = _missing_columns("criteria table", table, CRITERIA_COLUMNS)
    problems += _missing_columns("gates table", gates, GATE_COLUMNS) if len(gates) else []
    if not problems:
        problems = [*_of_table(criteria, table), *_of_gates(table, gates)]
    problems += _of_weights(criteria, weights)
    if problems:
        raise AnalysisRefused(
            f"{len(problems)} problem(s) stop this ranking:\n" + "\n".join(problems)
        )


def _missing_columns(name: str, table: pd.DataFrame, columns: tuple[str, ...]) -> list[str]:
    absent = [column for column in columns if column not in table.columns]
    if not absent:
        return []
    return [f"{name}: found no column {', '.join(absent)}; expected {', '.join(columns)}; add them"]


def _of_table(criteria: Sequence[Criterion], table: pd.DataFrame) -> list[str]:
    """Return what is wrong with the rows of the criteria table."""
    known = {criterion.id for criterion in criteria}
    problems = []
    for name in sorted(set(table["criterion"]) - known):
        problems.append(f"criteria table: found criterion {name!r}; expected {sorted(known)}; "
                        "declare it with its anchors or drop its rows")  # fmt: skip
    twice = table[table.duplicated(["candidate", "criterion"])]
    for row in twice.itertuples():
        problems.append(f"criteria table, {row.candidate}, {row.criterion}: found two rows; "
                        "expected one; pool them first")  # fmt: skip
    for row in table.itertuples():
        where = f"criteria table, {row.candidate}, {row.criterion}"
        if row.status not in VALUE_STATUSES:
            problems.append(f"{where}: found status {row.status!r}; expected one of "
                            f"{VALUE_STATUSES}; correct it")  # fmt: skip
        elif row.status == "ok" and (pd.isna(row.value) or not np.isfinite(row.value)):
            problems.append(f"{where}: found value {row.value!r} with status 'ok'; expected a "
                            "number; say 'missing' where there is none")  # fmt: skip
        if not (pd.isna(row.se) or 0 <= row.se < np.inf):
            problems.append(f"{where}: found se {row.se!r}; expected zero or more, or missing for "
                            "an exact value; correct it")  # fmt: skip
    return problems


def _of_gates(table: pd.DataFrame, gates: pd.DataFrame) -> list[str]:
    """Return what is wrong with the gates, and whether anything is left to rank."""
    if not len(table):
        return ["criteria table: found no row; expected one a candidate and criterion; add them"]
    if not len(gates):
        return []
    problems = []
    for name in sorted(set(gates["candidate"]) - set(table["candidate"])):
        problems.append(f"gates table: found candidate {name!r}; expected one of the criteria "
                        "table; correct the name or give its criteria")  # fmt: skip
    for word in sorted(set(gates["severity"]) - set(SEVERITIES)):
        problems.append(f"gates table: found severity {word!r}; expected one of {SEVERITIES}; "
                        "correct it")  # fmt: skip
    return problems


def _of_weights(criteria: Sequence[Criterion], weights: str) -> list[str]:
    """Return what is wrong with the weights."""
    if weights not in get_args(WeightKind):
        return [f"weights: found {weights!r}; expected one of {get_args(WeightKind)}; choose one"]
    scored = [criterion for criterion in criteria if criterion.scored]
    if not scored:
        return ["criteria: found none with a weight; expected one or more; give one a weight"]
    field = {"fixed": "weight", "ordered": "order"}.get(weights)
    bare = [c.id for c in scored if field and getattr(c, field) is None]
    if not bare:
        return []
    return [f"criteria {bare}: found no {field}; expected one with {weights} weights; state it, or "
            "rank with weights='unknown'"]  # fmt: skip
