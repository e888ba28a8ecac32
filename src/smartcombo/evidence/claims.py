"""From cold to hot: inflamed, infiltrated, sensitised, each shown or not, with what carries it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from smartcombo.core.finding import AnalysisRefused
from smartcombo.core.result import CHECK_COLUMNS, Result, estimates_frame
from smartcombo.evidence.headline import headline, reasons
from smartcombo.evidence.immune_claims import immune_rows, immune_word
from smartcombo.evidence.sensitised import sensitised_rows, sensitised_word
from smartcombo.study.model import Study

CLAIM_COLUMNS = ("study", "model", "arm", "role", "claim", "word", "reason")
EVIDENCE_COLUMNS = (
    "study", "model", "arm", "claim", "question", "analysis", "endpoint", "contrast", "null_model",
    "day", "value", "low", "high", "level", "unit", "scale", "p", "p_holm", "n", "verdict", "note",
)  # fmt: skip
HEADLINE_COLUMNS = (
    "study", "model", "arm", "role", "inflamed", "infiltrated", "sensitised", "headline",
    "sentence",
)  # fmt: skip
IMMUNE_CLAIMS = {"inflamed": "inflammation", "infiltrated": "infiltration"}
"""Claim -> axis of the landscape."""


@dataclass(frozen=True)
class Linked:
    """Another study of the same programme and its results, joined at the level of arms."""

    study: Study
    results: tuple[Result, ...]


def claims(study: Study, results: Sequence[Result], linked: Sequence[Linked] = ()) -> Result:
    """Answer which claims each treatment has earned: inflamed, infiltrated, sensitised.

    The molecule alone and the inhibitor alone are asked as the combination is. A claim is *shown*,
    *not shown* (the interval holds zero, or assays conflict), *against* (the interval lies on the
    other side), or has *no evidence*. Use it to keep "hotter" apart from "works better".

    Parameters
    ----------
    study
        The study whose samples were read.
    results
        Its results: the landscape, and growth, progression or response where tumours were followed.
    linked
        Other studies of the programme whose growth is used; their arms are found by agents and
        doses. Their own study comes first, then these in order.

    Returns
    -------
    Result
        ``tables``: ``claims`` (word and reason of each), ``claim_evidence`` (the estimates, with
        interval, n and sign, for and against), ``headlines`` (one sentence an arm).

    Raises
    ------
    AnalysisRefused
        If no result is a landscape.

    References
    ----------
    Chen and Mellman 2017, 10.1038/nature21349.
    """
    landscapes = [result for result in results if result.analysis == "landscape"]
    if not landscapes:
        raise AnalysisRefused(
            f"claims of {study.id}: no landscape among "
            f"{', '.join(r.analysis for r in results) or 'no results'}; run sc.immune.landscape"
        )
    sources = [Linked(study, tuple(results)), *linked]
    rows: list[dict[str, Any]] = []
    evidence: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    for model, arm in _treated(study, landscapes[0]):
        base = {"study": study.id, "model": model, "arm": arm.id, "role": arm.role}
        found = _found(study, landscapes[0], sources, model, arm.id)
        rows += [
            base | {"claim": c, "word": word, "reason": reason}
            for c, (word, reason, _) in found.items()
        ]
        evidence += [
            {"study": study.id} | row | {"model": model, "arm": arm.id, "claim": c}
            for c, (_, _, carried) in found.items()
            for row in carried
        ]
        words = {c: word for c, (word, _, _) in found.items()}
        parts = {c: reason for c, (_, reason, _) in found.items()}
        start = f"{study.label(arm.id)}: {headline(words)}"
        said.append(
            base | words | {"headline": headline(words), "sentence": f"{start}. {reasons(parts)}"}
        )
    return Result(
        study=study.id,
        analysis="claims",
        estimates=estimates_frame([]),
        checks=pd.DataFrame(columns=list(CHECK_COLUMNS)),
        tables={
            "claims": pd.DataFrame(rows, columns=list(CLAIM_COLUMNS)),
            "claim_evidence": pd.DataFrame(evidence, columns=list(EVIDENCE_COLUMNS)),
            "headlines": pd.DataFrame(said, columns=list(HEADLINE_COLUMNS)),
        },
        methods=("claims.cold_to_hot/1",),
        options={"linked": [one.study.id for one in linked]},
    )


def _treated(study: Study, landscape: Result) -> list[tuple[str, Any]]:
    """Return each tumour model and treated arm that was sampled, combinations first."""
    markers = landscape.tables["markers"]
    order = {"combination": 0, "molecule-alone": 1, "ici-alone": 2}
    there = set(zip(markers["model"], markers["arm"], strict=True))
    arms = sorted((a for a in study.arms if a.role in order), key=lambda a: order[a.role])
    return [(m.id, arm) for m in study.models for arm in arms if (m.id, arm.id) in there]


def _found(
    study: Study, landscape: Result, sources: Sequence[Linked], model: str, arm: str
) -> dict[str, tuple[str, str, list[dict[str, Any]]]]:
    """Return, for each claim, its word, its reason, and the estimates that carry it."""
    found = {}
    for claim, axis in IMMUNE_CLAIMS.items():
        carried = immune_rows(landscape, axis, model, arm)
        found[claim] = (*immune_word(carried, axis, study.plan.level), carried)
    if _role(study, arm) == "ici-alone":
        return found | {"sensitised": ("not asked", "not asked of the inhibitor itself", [])}
    carried = sensitised_rows(study, [(s.study, s.results) for s in sources], model, arm)
    found["sensitised"] = (*sensitised_word(carried), carried)
    return found


def _role(study: Study, arm: str) -> str:
    return next(one.role for one in study.arms if one.id == arm)
