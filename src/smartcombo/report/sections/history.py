"""Section on earlier controls: the answer with and without them, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.words import p_value, with_interval
from smartcombo.study.model import Study

PAIRS = {"growth_rate_without_history": "growth_rate_borrowed",
         "difference_without_history": "difference_borrowed"}  # fmt: skip


def history_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return each number without and with earlier controls, as text."""
    rows = []
    for result in results:
        if result.analysis != "history":
            continue
        keys = ["model", "question", "contrast", "arm"]
        for (model, _, contrast, arm), own in result.estimates.groupby(keys, sort=False):
            for alone, joint in PAIRS.items():
                first, second = _of(own, alone), _of(own, joint)
                if first is None or second is None:
                    continue
                rows.append(
                    {
                        "model": model,
                        "what": contrast or f"growth rate of {study.label(str(arm))}",
                        "alone": with_interval(first["value"], first["low"], first["high"]),
                        "joint": with_interval(second["value"], second["low"], second["high"]),
                        "alone_word": first["verdict"],
                        "joint_word": second["verdict"],
                    }
                )
    return rows


def _of(rows: pd.DataFrame, estimand: str) -> dict[str, Any] | None:
    own = rows[rows["estimand"] == estimand].to_dict("records")
    return {str(key): value for key, value in own[0].items()} if own else None


def history_words(results: Sequence[Result]) -> list[dict[str, str]]:
    """Return one sentence a tumour model: conflict, and what was borrowed."""
    words = []
    for result in results:
        if result.analysis != "history":
            continue
        for check in result.checks.to_dict("records"):
            gained = result.estimates[
                (result.estimates["estimand"] == "animals_borrowed")
                & (result.estimates["model"] == check["model"])
            ]
            said = "".join(
                f" Borrowing is worth {row.value:.1f} vehicle animals beside the {row.n:.0f} of "
                "today."
                for row in gained.itertuples()
            )
            sentence = f"{check['message']}{_conflict(check['value'])}{said}"
            words.append({"model": check["model"], "sentence": sentence})
    return words


def _conflict(p: float) -> str:
    return (
        "" if p != p else f" Conflict p = {p_value(p)}.".replace("= <", "< ").replace("= >", "> ")
    )


def _content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    return {"rows": history_rows(study, results), "words": history_words(results)}


SECTIONS = (Section("history", "What earlier controls add", "Earlier controls", _content),)
