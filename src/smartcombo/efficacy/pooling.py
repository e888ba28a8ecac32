"""Pool several studies of the same design, the study as the unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.core.finding import AnalysisRefused
from smartcombo.core.result import CHECK_COLUMNS, Result, adjusted_estimates
from smartcombo.core.verdicts import verdict
from smartcombo.stats.pooling import (
    Pooled,
    beta_binomial,
    log_odds_ratios,
    random_effects_mean,
)

PLUS_IS_GOOD = ("response_rate_difference", "tumour_free_rate_difference", "cure_rate_difference",
                "restricted_mean_difference", "response_log_odds_ratio",
                "tumour_free_log_odds_ratio", "cure_log_odds_ratio")  # fmt: skip
PLUS_IS_BAD = ("growth_rate_difference", "log_ratio")
"""Except for Q4, where a positive ``log_ratio`` of expected to observed is synergy."""
KEYS = ["estimand", "question", "null_model", "arm", "contrast"]
COUNT_COLUMNS = ("study", "k", "n", "k_other", "n_other")


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """Options of :func:`smartcombo.efficacy.pool`.

    Attributes
    ----------
    level
        Confidence level of pooled and prediction intervals.
    knapp
        Interval of the mean by Hartung and Knapp (default), never narrower than the normal one;
        else normal.
    """

    level: float = 0.95
    knapp: bool = True

    def __post_init__(self) -> None:
        if not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")


def pool(results: Sequence[Result], options: PoolOptions | None = None) -> Result:
    """Answer a question over several studies of the same design, the study as the unit.

    Animals of one study share the day, the hands and the batch of cells, so more animals do not
    replace another study. Give the results of one analysis, one a study; every question that two or
    more of them answer for the same arm and contrast is pooled, Q4 too (Bliss and independent
    action; not HSA, whose verdict rests on two tests). Restricted means need one stated horizon in
    all.

    Parameters
    ----------
    results
        Results of ``growth``, ``response`` or ``progression``, of studies whose arms have the same
        ids and labels.
    options
        Level, and how the interval of the mean is made.

    Returns
    -------
    Result
        ``estimates``: the pooled mean of each question with its interval, and the interval of the
        true effect in one new study (``predicted_...``, from three studies on); signs are those of
        the estimand. Response is pooled as difference and as log odds ratio (half an animal added
        to each cell). ``tables["studies"]``: what each study gave, with its weight;
        ``tables["pooled"]``: tau2, I2, prediction interval.

    Raises
    ------
    AnalysisRefused
        If no question is answered by two studies; the message lists what each one answers.

    References
    ----------
    DerSimonian and Laird 1986, 10.1016/0197-2456(86)90046-2; Hartung and Knapp 2001,
    10.1002/sim.791; Higgins 2009, 10.1111/j.1467-985X.2008.00552.x.
    """
    options = options or PoolOptions()
    repeated = [name for name, count in _names(results).items() if count > 1]
    if repeated:
        raise AnalysisRefused(
            f"pooling: two results of {', '.join(repeated)}; each study may count once in an "
            "analysis. Give each study its own id."
        )
    rows = pd.concat(
        [_answers(result) for result in results] + [_odds(result) for result in results],
        ignore_index=True,
    )
    shared = [
        own.reset_index(drop=True)
        for _, own in rows.groupby(KEYS, sort=False)
        if own["study"].nunique() > 1
    ]
    if not shared:
        raise AnalysisRefused(_nothing_shared(results, rows))
    return _assembled(shared, options, any(r.options.get("synthetic") for r in results))


def pool_counts(counts: pd.DataFrame, options: PoolOptions | None = None) -> Result:
    """Pool response counts of several studies, where only counts were published.

    Parameters
    ----------
    counts
        One row a study with ``study``, ``k`` responders of ``n`` animals in the arm, and
        ``k_other`` of ``n_other`` in its comparator.
    options
        Level, and how the interval of the mean is made.

    Returns
    -------
    Result
        As :func:`pool`, of the log odds ratio (plus is benefit); ``tables["rates"]`` has the
        beta-binomial mean and intraclass correlation of each arm.

    Raises
    ------
    ValueError
        If a column is missing, or a count lies outside 0 to n.
    """
    lacking = [name for name in COUNT_COLUMNS if name not in counts]
    if lacking:
        raise ValueError(
            f"counts has no column {', '.join(lacking)}; it has {list(counts.columns)}, expected "
            f"{', '.join(COUNT_COLUMNS)}"
        )
    for k, n in (("k", "n"), ("k_other", "n_other")):
        wrong = ~counts[k].between(0, counts[n])
        if wrong.any():
            row = counts[wrong].iloc[0]
            raise ValueError(
                f"study {row['study']}: {k}={row[k]:g} of {n}={row[n]:g}; expected 0 to {n}"
            )
    if counts["study"].nunique() < 2:
        raise AnalysisRefused(
            f"pooling: counts of {counts['study'].nunique()} study; expected two or more"
        )
    pairs = counts.assign(
        estimand="response_rate", question="", arm="arm", contrast="arm v comparator", model=""
    )
    result = _assembled([_log_odds(pairs)], options or PoolOptions())
    rates = []
    for name, k, n in (("arm", "k", "n"), ("comparator", "k_other", "n_other")):
        got = beta_binomial(counts[k].to_numpy(float), counts[n].to_numpy(float))
        rates.append((name, int(counts[n].sum()), len(counts), got.mean, got.icc))
    table = pd.DataFrame(rates, columns=["arm", "animals", "studies", "mean", "icc"])
    return Result(
        study=result.study,
        analysis=result.analysis,
        estimates=result.estimates,
        checks=result.checks,
        tables={**result.tables, "rates": table},
        methods=(*result.methods, "pooling.beta-binomial/1"),
        options=result.options,
    )


def _names(results: Sequence[Result]) -> dict[str, int]:
    names = [f"{result.study} ({result.analysis})" for result in results]
    return {name: names.count(name) for name in dict.fromkeys(names)}


def _answers(result: Result) -> pd.DataFrame:
    """Return the answered questions that can be pooled, each with a standard error."""
    table = result.estimates
    wanted = table["estimand"].isin([*PLUS_IS_GOOD, *PLUS_IS_BAD]) & (table["question"] != "")
    rows = table[wanted & table["low"].notna() & (table["null_model"] != "hsa")].copy()
    reach = 2 * stats.norm.ppf(0.5 + rows["level"].astype(float) / 2)
    width = (rows["high"] - rows["low"]) / reach
    rows["se"] = rows["se"].astype(float).fillna(width.astype(float))
    return rows.loc[rows["se"] > 0, [*KEYS, "study", "model", "value", "se", "unit", "n", "scale"]]


def _odds(result: Result) -> pd.DataFrame:
    pairs = result.tables.get("pairs")
    if result.analysis != "response" or pairs is None or pairs.empty:
        return pd.DataFrame()
    return _log_odds(pairs)


def _log_odds(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return log odds ratios of counts, half an animal added to each cell."""
    counts = (pairs[name].to_numpy(float) for name in ("k", "n", "k_other", "n_other"))
    value, variance = log_odds_ratios(*counts)
    return pd.DataFrame(
        {
            "estimand": pairs["estimand"].str.replace("_rate", "_log_odds_ratio"),
            "null_model": "",
            **{name: pairs[name] for name in ("question", "arm", "contrast", "study", "model")},
            "value": value,
            "se": np.sqrt(variance),
            "unit": "log odds ratio",
            "n": pairs["n"] + pairs["n_other"],
            "scale": "log odds of the arm minus comparator; plus is benefit",
        }
    )


def _assembled(groups: list[pd.DataFrame], options: PoolOptions, synthetic: bool = False) -> Result:
    pooled = [_pooled(own, options) for own in groups]
    rows = [
        row for own, got in zip(groups, pooled, strict=True) for row in _rows(own, got, options)
    ]
    name = "SYNTHETIC pooled" if synthetic else "pooled"
    return Result(
        study=name,
        analysis="pooling",
        estimates=adjusted_estimates(rows).assign(study=name),
        checks=pd.DataFrame(columns=list(CHECK_COLUMNS)),
        tables={
            "studies": pd.concat(
                [_weighted(own, got, options) for own, got in zip(groups, pooled, strict=True)],
                ignore_index=True,
            ),
            "pooled": pd.DataFrame(
                [_heterogeneity(own, got) for own, got in zip(groups, pooled, strict=True)]
            ),
        },
        methods=("pooling.random-effects/1",),
        options={"level": options.level, "knapp": options.knapp, "synthetic": synthetic},
    )


def _pooled(own: pd.DataFrame, options: PoolOptions) -> Pooled:
    return random_effects_mean(
        own["value"].to_numpy(float),
        own["se"].to_numpy(float) ** 2,
        level=options.level,
        knapp=options.knapp,
    )


def _rows(own: pd.DataFrame, got: Pooled, options: PoolOptions) -> list[dict[str, Any]]:
    first = own.iloc[0]
    sign = _sign(str(first["estimand"]), str(first["question"]))
    low, high = sorted((sign * got.low, sign * got.high))
    half = (got.high - got.low) / 2
    k = own["study"].nunique()
    base = {name: first[name] for name in KEYS} | {
        "study": "pooled",
        "model": ", ".join(dict.fromkeys(own["model"])),
        "analysis": "pooling",
        "endpoint": "pooled",
        "level": options.level,
        "unit": first["unit"],
        "n": int(own["n"].sum()),
        "method": "pooling.random-effects/1",
        "status": "ok",
    }
    mean = base | {
        "value": got.value, "low": got.low, "high": got.high, "se": got.se,
        "df": float(len(own) - 1) if options.knapp else np.inf,
        "p": _p_value(got.value, half, len(own), options),
        "scale": f"mean of {k} studies; {first['scale']}",
        "verdict": verdict(str(first["question"]), low, high, None),
    }  # fmt: skip
    new = base | {
        "estimand": f"predicted_{first['estimand']}",
        "value": got.value, "low": got.predicted_low, "high": got.predicted_high,
        "scale": f"true effect in one new study, from {k} studies; {first['scale']}",
        "status": "ok" if len(own) > 2 else "two studies: no prediction interval",
        "verdict": "",
    }  # fmt: skip
    return [mean, new]


def _p_value(value: float, half: float, k: int, options: PoolOptions) -> float:
    """Return the two-sided p of the interval ``value`` plus and minus ``half``."""
    law = stats.t(k - 1) if options.knapp else stats.norm()
    critical = float(law.ppf(0.5 + options.level / 2))
    return float(2 * law.sf(abs(value) / (half / critical)))


def _sign(estimand: str, question: str) -> float:
    """Return -1 where plus is good, as verdicts speak of minus."""
    flipped = estimand in PLUS_IS_GOOD or (estimand == "log_ratio" and question == "Q4")
    return -1.0 if flipped else 1.0


def _weighted(own: pd.DataFrame, got: Pooled, options: PoolOptions) -> pd.DataFrame:
    weight = 1 / (own["se"].astype(float) ** 2 + got.tau2)
    half = float(stats.norm.ppf(0.5 + options.level / 2)) * own["se"].astype(float)
    return own.assign(
        low=own["value"] - half, high=own["value"] + half, weight=weight / weight.sum()
    )


def _heterogeneity(own: pd.DataFrame, got: Pooled) -> dict[str, Any]:
    w = 1 / own["se"].to_numpy(float) ** 2
    values = own["value"].to_numpy(float)
    mean = np.sum(w * values) / np.sum(w)
    Q, df = float(np.sum(w * (values - mean) ** 2)), len(own) - 1
    return {name: own.iloc[0][name] for name in KEYS} | {
        "studies": own["study"].nunique(), "animals": int(own["n"].sum()), "value": got.value,
        "low": got.low, "high": got.high, "tau2": got.tau2,
        "i2": max(0.0, 1 - df / Q) if Q > 0 else 0.0,
        "heterogeneity_p": float(stats.chi2.sf(Q, df)),
        "predicted_low": got.predicted_low, "predicted_high": got.predicted_high,
    }  # fmt: skip


def _nothing_shared(results: Sequence[Result], rows: pd.DataFrame) -> str:
    answered = (
        f"{result.study}: "
        + (
            "; ".join(dict.fromkeys(rows.loc[rows["study"] == result.study, "contrast"]))
            if len(rows)
            else "nothing"
        )
        for result in results
    )
    return (
        f"pooling of {len(results)} result(s): no question is answered by two studies with the "
        f"same arm and contrast ({' | '.join(answered)}). Give arms of the same design the same "
        "id and label in each study.toml."
    )
