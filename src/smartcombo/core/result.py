"""The one frozen object every analysis returns, and the fixed columns of its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd

from smartcombo.core.finding import Finding, findings_table
from smartcombo.core.verdicts import benjamini_hochberg, holm

ESTIMATE_COLUMNS = (
    "study", "model", "analysis", "endpoint", "question", "estimand", "contrast", "null_model",
    "arm", "day", "value", "low", "high", "level", "se", "df", "p", "p_holm", "p_bh", "unit",
    "scale", "n", "method", "status", "verdict",
)  # fmt: skip
"""Columns of ``estimates.csv``.

``model`` names the tumour model (a study may hold several), ``question`` is Q1 to Q4, ``single``
or empty, ``verdict`` is the word that belongs to the number.
"""

NUMBERS = ("day", "value", "low", "high", "level", "se", "df", "p", "p_holm", "p_bh", "n")
"""Columns of ``estimates.csv`` that hold numbers."""

CHECK_COLUMNS = ("study", "model", "analysis", "check", "subject", "value", "threshold", "unit",
                 "status", "message")  # fmt: skip
"""Columns of ``checks.csv``; ``status`` is ``ok``, ``caution`` or ``stop``."""

FAMILY = ["endpoint", "estimand", "question"]
"""P-values of one endpoint, estimand and question, over combinations, tumour models and null
models, are corrected together."""


def empty_table() -> pd.DataFrame:
    """Return a table without rows or columns."""
    return pd.DataFrame()


def stacked(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return tables one below the other; empty ones give no more than their columns."""
    every = list(tables)
    full = [table for table in every if not table.empty]
    return pd.concat(full, ignore_index=True) if full else every[0]


@dataclass(frozen=True)
class Result:
    """What an analysis found: estimates, checks, findings and the tables its figures show.

    Attributes
    ----------
    analysis
        Name of the analysis, such as ``"growth"``.
    estimates
        Tidy table with ``ESTIMATE_COLUMNS``: one row a number, with interval, n, unit and word.
    checks
        Diagnostics with ``CHECK_COLUMNS``.
    findings
        What the reader must know about the data behind the numbers.
    tables
        Data behind the figures, by name.
    methods
        Ids of the methods used, as in ``smartcombo methods``.
    options
        Every resolved option, for provenance.
    """

    study: str
    analysis: str
    estimates: pd.DataFrame
    checks: pd.DataFrame
    findings: tuple[Finding, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    methods: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    @property
    def findings_table(self) -> pd.DataFrame:
        """Return the findings as a table, worst first."""
        return findings_table(self.findings)

    def select(self, *, question: str | None = None, estimand: str | None = None) -> pd.DataFrame:
        """Return the estimates of one question (``"Q2"``) or estimand (``"growth_rate"``)."""
        rows = self.estimates
        if question is not None:
            rows = rows[rows["question"] == question]
        if estimand is not None:
            rows = rows[rows["estimand"] == estimand]
        return rows.reset_index(drop=True)


def estimates_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table with exactly ``ESTIMATE_COLUMNS``; missing keys become missing.

    Raises
    ------
    KeyError
        If a row has a key that is not a column, so that a misspelt name cannot vanish.
    """
    unknown = {key for row in rows for key in row} - set(ESTIMATE_COLUMNS)
    if unknown:
        raise KeyError(f"not columns of an estimate: {sorted(unknown)}")
    table = pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))
    return table.astype(dict.fromkeys(NUMBERS, float))


def adjusted_estimates(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return all rows as a table with Holm and BH p-values within each family."""
    table = estimates_frame(rows)
    for _, family in table[table["p"].notna() & (table["question"] != "")].groupby(FAMILY):
        p = family["p"].to_numpy(float)
        table.loc[family.index, "p_holm"] = holm(p)
        table.loc[family.index, "p_bh"] = benjamini_hochberg(p)
    return table
