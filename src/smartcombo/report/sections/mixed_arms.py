"""What leads an answer where an arm holds cured and growing animals: never its growth rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.efficacy.diagnostics import MIXTURE_SHARE
from smartcombo.report.sections.rows import pick, stack
from smartcombo.report.words import p_value
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study


@dataclass(frozen=True)
class Lead:
    """The word and numbers of the volumes counted at the limit, and why they lead."""

    verdict: str
    lines: tuple[str, ...]
    small: str
    caution: str


def mixed_lead(
    study: Study, results: Sequence[Result], model: str, arm: str, question: str
) -> Lead | None:
    """Return what leads a question in which an arm is a mixture; None where none is."""
    kinds = {r["arm"]: r for r in stack(results, "arm_kinds") if r["model"] == model}
    asked = _arms(study, arm, question)
    mixed = [kinds[one] for one in asked if one in kinds and _is_mixed(kinds[one])]
    own = _rows(results, model, arm, question)
    if not mixed or own.empty:
        return None
    volume = pick(own, "floored_log_ratio", "bliss" if question == "Q4" else "")
    share = pick(own, "controlled_share_difference",
                 "independent_action" if question == "Q4" else "")  # fmt: skip
    if volume is None or volume["verdict"] == "missing":
        return None
    counts = [f"{kinds[one]['controlled']} of {kinds[one]['animals']} in {study.label(one)}"
              for one in asked if one in kinds]  # fmt: skip
    named = " and ".join(study.label(row["arm"]) for row in mixed)
    p = p_value(volume["p"])
    return Lead(
        verdict=str(volume["verdict"]),
        lines=(_volume_line(volume, question), f"controlled: {', '.join(counts)}{_word(share)}"),
        small=f"p {p if p[0] in '<>' else '= ' + p}, {volume['n']:.0f} animals".replace(
            "p –, ", ""
        ),
        caution=f"{named} {'holds' if len(mixed) == 1 else 'hold'} cured and growing animals: a "
        "growth rate would average both and describe neither, so volumes lead, counted at the "
        "detection limit where below.",
    )


def _is_mixed(row: dict[str, Any]) -> bool:
    """Tell whether the smaller kind of an arm is large enough for its rate to mislead."""
    share = row["controlled"] / row["animals"]
    return row["kinds"] > 1 and MIXTURE_SHARE <= share <= 1 - MIXTURE_SHARE


def mixture_caution(results: Sequence[Result], model: str) -> str:
    """Return the growth analysis' own warning of a mixture, where no kinds were called."""
    if any(result.analysis == "classes" for result in results):
        return ""
    for result in results:
        rows = result.checks
        found = rows[(rows["check"] == "one kind of animal an arm") & (rows["model"] == model)
                     & (rows["status"] == "caution")]  # fmt: skip
        if len(found):
            return str(found["message"].iloc[0])
    return ""


def _arms(study: Study, arm: str, question: str) -> list[str]:
    """Return the arms of a question, the combination first."""
    for c in combinations_of(study):
        if c.arm != arm:
            continue
        alone = [one for one in c.singles.values() if one]
        others = {"Q1": [c.vehicle], "Q2": [c.ici], "Q3": [c.molecule],
                  "Q4": [*alone, c.vehicle]}[question]  # fmt: skip
        return [arm, *(one for one in others if one)]
    return [arm]


def _rows(results: Sequence[Result], model: str, arm: str, question: str) -> pd.DataFrame:
    for result in results:
        if result.analysis == "classes":
            rows = result.estimates
            return rows[(rows["model"] == model) & (rows["arm"] == arm)
                        & (rows["question"] == question)]  # fmt: skip
    return pd.DataFrame()


def _volume_line(row: dict[str, Any], question: str) -> str:
    value, low, high = (math.exp(row[name]) for name in ("value", "low", "high"))
    numbers = f"{value:.2g} times" if value < 0.1 else f"{value:.2f} times"
    limits = f"({low:.2g} to {high:.2g})"
    if question == "Q4":
        return f"on day {row['day']:g}: Bliss expects {numbers} the observed volume {limits}"
    return f"on day {row['day']:g}: {numbers} the volume {limits}"


def _word(share: dict[str, Any] | None) -> str:
    if share is None or share["verdict"] in ("", "missing"):
        return ""
    return f" ({share['verdict']} by share)"
