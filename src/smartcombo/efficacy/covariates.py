"""Baseline covariates: columns of the animals table that the growth model adjusts for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.core.finding import AnalysisRefused, Finding
from smartcombo.stats.design import Floats
from smartcombo.study.model import Study

NOT_COVARIATES = ("animal", "arm", "model", "excluded", "exclusion_reason", "fate", "fate_day",
                  "fate_derived")  # fmt: skip
"""What is not known before treatment, or is not a property of the animal."""
IMBALANCE_LEVEL = 0.05
MOST_LEVELS = 6
"""More levels than this describe animals one by one, and leave nothing to compare."""


def covariate_columns(
    study: Study, model: str, names: Sequence[str], animals: set[str]
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return one row an animal and one column a covariate, each with mean zero, and findings.

    Numbers enter in standard deviations; words as one column a level but the first. An animal
    without the covariate takes the mean, and a finding says so.

    Raises
    ------
    AnalysisRefused
        If the animals table has no such column, or it cannot be a covariate.
    """
    rows = study.animals[(study.animals["model"] == model) & study.animals["animal"].isin(animals)]
    rows = rows.set_index("animal")
    columns: dict[str, Floats] = {}
    findings = []
    for name in names:
        _require(study, name)
        values, known = _coded(rows[name], name)
        if not values:
            continue
        columns |= {key: _centred(value, known) for key, value in values.items()}
        findings += _unknown(model, name, rows.index[~known])
        findings += _imbalance(study, model, name, rows, known)
    return pd.DataFrame(columns, index=rows.index), findings


def _require(study: Study, name: str) -> None:
    if name in NOT_COVARIATES or name not in study.animals.columns:
        known = [column for column in study.animals.columns if column not in NOT_COVARIATES]
        raise AnalysisRefused(
            f"covariate {name!r}: expected a column of the animals table that is known before "
            f"treatment; this study has {', '.join(known)}. Correct covariates in plan.toml."
        )


def _coded(column: pd.Series, name: str) -> tuple[dict[str, Floats], np.ndarray]:
    """Return named columns of numbers, and which animals are known."""
    numbers = pd.to_numeric(column, errors="coerce")
    text = column.fillna("").astype(str)
    stated = (text != "") & (text != "nan")
    if stated.any() and numbers[stated].notna().all():
        known = stated.to_numpy(bool)
        spread = float(numbers[known].std()) if known.sum() > 1 else 0.0
        if not spread > 0:
            return {}, known
        return {f"covariate {name}": numbers.to_numpy(float) / spread}, known
    levels = sorted(set(text[stated]))
    if len(levels) > MOST_LEVELS:
        raise AnalysisRefused(
            f"covariate {name!r} has {len(levels)} levels; expected at most {MOST_LEVELS}. For "
            'cages or batches use cluster="cage" or cluster="batch".'
        )
    return (
        {f"covariate {name}={level}": (text == level).to_numpy(float) for level in levels[1:]},
        stated.to_numpy(bool),
    )


def _centred(values: Floats, known: np.ndarray) -> Floats:
    mean = float(np.mean(values[known]))
    return np.where(known, values - mean, 0.0)


def _unknown(model: str, name: str, animals: pd.Index) -> list[Finding]:
    if not len(animals):
        return []
    return [
        Finding(
            code="covariate-missing",
            severity="warning",
            subject=model,
            column=name,
            found=f"no {name} for {len(animals)} animals ({', '.join(map(str, animals[:6]))})",
            expected=f"{name} of every animal, as the plan adjusts for it",
            action="they take the mean of the others; complete the animals table",
        )
    ]


def _imbalance(
    study: Study, model: str, name: str, rows: pd.DataFrame, known: np.ndarray
) -> list[Finding]:
    own = rows[known]
    p, said = _balance(study, own["arm"], own[name])
    if not p < IMBALANCE_LEVEL:
        return []
    return [
        Finding(
            code="covariate-imbalance",
            severity="warning",
            subject=model,
            column=name,
            found=f"arms of {model} differ in {name}: {said} (p = {p:.2g})",
            expected=f"arms alike in {name}, as after randomisation",
            action="the growth model adjusts for it; where an arm has one kind of animal only, "
            "nothing can",
        )
    ]


def _balance(study: Study, arm: pd.Series, values: pd.Series) -> tuple[float, str]:
    """Return the p-value that arms are alike, and each arm in words."""
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.notna().all():
        groups = {
            str(key): group.to_numpy(float) for key, group in numbers.groupby(arm, sort=False)
        }
        full = [group for group in groups.values() if len(group)]
        if len(full) < 2 or np.ptp(np.concatenate(full)) == 0:
            return float("nan"), ""
        said = ", ".join(f"{study.label(key)} mean {g.mean():.3g}" for key, g in groups.items())
        return float(stats.kruskal(*full).pvalue), said
    table = pd.crosstab(arm, values)
    if min(table.shape) < 2:
        return float("nan"), ""
    said = "; ".join(
        f"{study.label(str(key))} " + ", ".join(f"{n} {level}" for level, n in row.items())
        for key, row in table.iterrows()
    )
    return float(stats.chi2_contingency(table.to_numpy(), correction=False).pvalue), said
