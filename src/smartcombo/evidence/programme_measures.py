"""From claims to the measures that criteria and gates ask for, the study as the unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.evidence.programme_evidence import POOLED_COLUMNS
from smartcombo.stats.pooling import Pooled, random_effects_mean
from smartcombo.study.programme_config import MeasureName

NO_WIDTH = 1e-12
"""Standard errors at or below this are no interval: nothing varied, so nothing is weighed."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Which claim a measure reads, and with which sign.

    Attributes
    ----------
    sign
        -1 where the estimand counts the other way round than the measure.
    """

    analysis: str
    estimand: str
    question: str
    unit: str
    text: str
    subject: str = "combination"
    null_model: str = ""
    topic: str = ""
    sign: float = 1.0


MEASURES: dict[MeasureName, Measure] = {
    "gain_over_ici": Measure(
        "classes", "floored_log_ratio", "Q2", "log ratio",
        "log ratio of mean volume, ICI alone to combination; plus is a gain", sign=-1.0),
    "gain_over_molecule": Measure(
        "classes", "floored_log_ratio", "Q3", "log ratio",
        "log ratio of mean volume, molecule alone to combination; plus is a gain", sign=-1.0),
    "interaction": Measure(
        "classes", "floored_log_ratio", "Q4", "log ratio",
        "log ratio of mean volume, expected (Bliss) to observed; plus is synergy",
        null_model="bliss"),
    "controlled_over_ici": Measure(
        "classes", "controlled_share_difference", "Q2", "fraction of animals",
        "share of animals controlled, combination minus ICI alone"),
    "response_over_ici": Measure(
        "response", "response_rate_difference", "Q2", "fraction of animals",
        "response rate, combination minus ICI alone"),
    "molecule_alone": Measure(
        "classes", "floored_log_ratio", "single", "log ratio",
        "log ratio of mean volume, vehicle to molecule alone; plus is activity",
        subject="molecule", sign=-1.0),
    "inflamed_by_molecule": Measure(
        "landscape", "shift", "single", "log2",
        "shift of the inflammation axis, molecule alone minus vehicle",
        subject="molecule", topic="inflammation"),
    "infiltrated_by_molecule": Measure(
        "landscape", "shift", "single", "log2",
        "shift of the infiltration axis, molecule alone minus vehicle",
        subject="molecule", topic="infiltration"),
    "weight_loss": Measure(
        "tolerability", "weight_log_ratio", "Q1", "log ratio",
        "log ratio of mean weight, vehicle to combination; plus is loss", sign=-1.0),
    "treatment_deaths": Measure(
        "tolerability", "treatment_death_rate_difference", "Q1", "fraction of animals",
        "animals found dead, or taken for weight or score, combination minus vehicle; plus is "
        "harm"),
    "published_response": Measure(
        "published", "response_log_odds_ratio", "Q2", "log odds ratio",
        "log odds of response from published counts, combination minus ICI alone; plus is a gain"),
}  # fmt: skip
"""Measures read from claims. ``breadth``, the grades and activity in patients are made elsewhere.
Volumes are those with vanished tumours counted at the detection limit: one measure holds for arms
of cured and of growing animals alike."""


def pooled_table(
    candidates: list[tuple[str, str, str]], claims: pd.DataFrame, level: float
) -> pd.DataFrame:
    """Return each measure of each candidate, over its studies, with ``POOLED_COLUMNS``.

    Within one study several days or assays of the same animals are averaged (with the largest of
    their standard errors); its tumour models are pooled by random effects, because their animals
    differ; then studies are, so that more animals in one study do not stand for another study.
    A single answer keeps its own interval.

    Parameters
    ----------
    candidates
        Candidate, combination, context.
    claims
        With ``CLAIM_COLUMNS``.
    level
        Of the intervals of the mean (Hartung and Knapp) and of a new study.
    """
    rows = [
        {"candidate": candidate, "combination": combination, "context": context}
        | _pooled(own, name, measure, level)
        for candidate, combination, context in candidates
        for own in [claims[claims["candidate"] == candidate]]
        for name, measure in MEASURES.items()
    ]
    return pd.DataFrame(rows, columns=list(POOLED_COLUMNS))


def measured(claims: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Return the claims that a measure reads, signed as the measure counts."""
    wanted = (
        claims["result"].astype(str).str.endswith(f"/{measure.analysis}")
        & (claims["estimand"] == measure.estimand)
        & (claims["question"] == measure.question)
        & (claims["subject"] == measure.subject)
    )
    if measure.null_model:
        wanted &= claims["null_model"] == measure.null_model
    if measure.topic:
        wanted &= claims["topic"] == measure.topic
    rows = claims[wanted]
    net = rows["claim"].astype(str).str.contains("/body_weight_net/")
    rows = rows[net] if (net & rows["value"].notna()).any() else rows[~net]
    value, low, high = (measure.sign * rows[n].astype(float) for n in ("value", "low", "high"))
    return rows.assign(value=value, low=np.minimum(low, high), high=np.maximum(low, high))


def agreed(claims: pd.DataFrame, measure: Measure) -> str:
    """Return ``for`` or ``against`` where every answered claim, one at least, says so; else empty.

    With two studies the pooled interval is so wide (one degree of freedom) that two clear answers
    would read as less than one.
    """
    told = measured(claims, measure)["direction"]
    told = told[told != "unanswered"]
    return str(told.iloc[0]) if told.nunique() == 1 and told.iloc[0] in ("for", "against") else ""


def _pooled(claims: pd.DataFrame, name: str, measure: Measure, level: float) -> dict[str, Any]:
    rows = measured(claims, measure)
    base = {"measure": name, "unit": measure.unit, "level": level}
    answered = rows[
        rows["value"].notna() & (rows["direction"] != "unanswered") & (rows["se"] > NO_WIDTH)
    ]
    if answered.empty:
        tried = not rows.empty and (~rows["status"].astype(str).str.startswith("missing")).any()
        return base | {
            "studies": 0, "models": 0, "n": 0, "status": "not estimable" if tried else "missing",
            "source": "; ".join(rows["claim"]),
        }  # fmt: skip
    by_model = answered.groupby(["study", "model"], sort=False).agg(
        value=("value", "mean"), se=("se", "max"), n=("n", "max")
    )
    by_study = pd.DataFrame(
        [_mean(own, level) for _, own in by_model.groupby("study", sort=False)],
        columns=["value", "se"],
    )
    got, i2 = _over_studies(by_study, level)
    if len(answered) == 1:
        got = replace(got, low=float(answered["low"].iloc[0]), high=float(answered["high"].iloc[0]))
    return base | {
        "value": got.value, "low": got.low, "high": got.high, "se": got.se,
        "predicted_low": got.predicted_low, "predicted_high": got.predicted_high,
        "tau2": got.tau2, "i2": i2, "studies": len(by_study),
        "models": len(set(by_model.index.get_level_values("model"))),
        "n": int(by_model["n"].sum()), "status": "ok", "source": "; ".join(answered["claim"]),
    }  # fmt: skip


def _mean(own: pd.DataFrame, level: float) -> tuple[float, float]:
    got = _random_effects(own, level)
    return got.value, got.se


def _over_studies(own: pd.DataFrame, level: float) -> tuple[Pooled, float]:
    """Return the pooled mean and I2: the share of the scatter that is between studies."""
    if len(own) == 1:
        return _random_effects(own, level), float("nan")
    w = 1 / own["se"].to_numpy(float) ** 2
    values = own["value"].to_numpy(float)
    Q = float(np.sum(w * (values - np.sum(w * values) / np.sum(w)) ** 2))
    i2 = max(0.0, 1 - (len(own) - 1) / Q) if Q > 0 else 0.0
    return _random_effects(own, level), i2


def _random_effects(own: pd.DataFrame, level: float) -> Pooled:
    variances = own["se"].to_numpy(float) ** 2
    return random_effects_mean(own["value"].to_numpy(float), variances, level=level)
