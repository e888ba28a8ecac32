"""Check: which arms the protocol's own limits flag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.result import CHECK_COLUMNS
from smartcombo.study.model import Study

SCORE_STOP = 0.5
"""Share of animals at the limit of the clinical score from which the median animal is."""


def limit_checks(
    study: Study,
    model: str,
    rows: Sequence[Mapping[str, Any]],
    tables: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Return a flag for each arm: *stop* where its mean loss reaches the protocol's limit.

    *caution* where one animal is past the limit, or the interval of the mean loss reaches it; and
    for any treatment-related death. Of clinical scores *stop* where half of the animals reach the
    limit, *caution* where one does. Without a stated limit nothing is flagged by it.
    """
    found = []
    limit = study.limits.weight_loss_fraction
    if limit is not None and not tables["courses"].empty:
        arms = dict.fromkeys(tables["courses"]["arm"])
        found += [_weight(study, model, str(arm), limit, tables) for arm in arms]
    highest, scores = study.limits.clinical_score, tables["score_courses"]
    if highest is not None and not scores.empty:
        arms = dict.fromkeys(scores["arm"])
        found += [_score(study, model, str(arm), highest, scores) for arm in arms]
    found += [
        _deaths(study, model, row)
        for row in rows
        if row["estimand"] == "treatment_death_rate" and row["verdict"] != "missing"
    ]
    return pd.DataFrame(found, columns=list(CHECK_COLUMNS))


def _weight(
    study: Study, model: str, arm: str, limit: float, tables: Mapping[str, pd.DataFrame]
) -> tuple[Any, ...]:
    courses, curves = tables["courses"], tables["weight_curves"]
    own = courses[courses["arm"] == arm]
    past = int(own["past_limit"].sum())
    curve = curves[curves["arm"] == arm] if len(curves) else curves
    loss = max(0.0, -float(curve["value"].min())) if len(curve) else float("nan")
    reach = -float(curve["low"].min()) if len(curve) else float("nan")
    status = "ok"
    if past or (np.isfinite(reach) and reach >= limit):
        status = "caution"
    if np.isfinite(loss) and loss >= limit:
        status = "stop"
    mean = f"mean loss up to {loss:.1%}" if np.isfinite(loss) else "mean loss not estimable"
    message = (
        f"{study.label(arm)}: {mean}; {past} of {len(own)} animals past the protocol's limit of "
        f"{limit:.0%}"
    )
    return (study.id, model, "tolerability", "weight-loss", arm, loss, limit, "fraction", status,
            message)  # fmt: skip


def _score(
    study: Study, model: str, arm: str, limit: float, courses: pd.DataFrame
) -> tuple[Any, ...]:
    own = courses[courses["arm"] == arm]
    past, share = int(own["past_limit"].sum()), float(own["past_limit"].mean())
    status = "stop" if share >= SCORE_STOP else "caution" if past else "ok"
    message = (
        f"{study.label(arm)}: worst clinical score {own['worst'].max():g}; {past} of {len(own)} "
        f"animals at or past the protocol's limit of {limit:g}"
    )
    return (study.id, model, "tolerability", "clinical-score", arm, share, SCORE_STOP,
            "fraction of animals", status, message)  # fmt: skip


def _deaths(study: Study, model: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    count = round(row["value"] * row["n"])
    message = (
        f"{study.label(row['arm'])}: {count} of {row['n']} found dead, or taken for weight or score"
    )
    return (study.id, model, "tolerability", "treatment-deaths", row["arm"], float(count), 0.0,
            "animals", "caution" if count else "ok", message)  # fmt: skip
