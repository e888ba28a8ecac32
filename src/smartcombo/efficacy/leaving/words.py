"""What a reader is told: who left, and how far an answer could be off because of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from smartcombo.efficacy.leaving.delta import shifted_animals
from smartcombo.efficacy.leaving.leavers import KIND_WORDS, SHIFTED
from smartcombo.efficacy.leaving.panel import JOINT, MAR, Case
from smartcombo.study.questions import NULL_NAMES

WORD_COLUMNS = ["model", "key", "sentence"]
LEVEL = 0.05
"""At which a difference between arms is called one."""
SLOWEST = 0.01
"""Growth per day below which a multiple of it says nothing."""


def summary(case: Case, tests: pd.DataFrame) -> str:
    """Return how many animals left before the declared day, why, and whether arms differ."""
    leavers, day = case.leavers, case.reading.day
    gone = leavers[leavers["before"]]
    model = case.frame.model
    if gone.empty:
        return (
            f"{model}: no animal left before the declared day {day:g}; every answer rests on all "
            f"{len(leavers)} animals, and leaving cannot change it."
        )
    kinds = [
        f"{count} {words}{_reasons(gone) if kind == 'other' else ''}"
        for kind, words in KIND_WORDS.items()
        if (count := int((gone["kind"] == kind).sum()))
    ]
    text = (
        f"{model}: {len(gone)} of {len(leavers)} animals left before the declared day {day:g}: "
        f"{_join(kinds)}. {_difference(tests)}"
    )
    if not gone["kind"].isin(SHIFTED).any():
        text += (
            " Their measured volumes, or the plan, explain why they left: the mixed model "
            "respects that, and there is nothing to shift."
        )
    return text


def _reasons(gone: pd.DataFrame) -> str:
    counts = gone.loc[gone["kind"] == "other", "reason"].value_counts(sort=False)
    said = [f"{count} {str(why).replace('-', ' ')}" for why, count in counts.items()]
    return f" ({', '.join(said)})"


def _difference(tests: pd.DataFrame) -> str:
    said = []
    for row in tests.itertuples():
        word = "differ" if row.p < LEVEL else "do not clearly differ"
        said.append(f"leaving {row.leaving} (log-rank p = {row.p:.2g}: arms {word})")
    return f"Over the whole study, {'; '.join(said)}." if said else ""


def answer_sentences(
    case: Case, rows: list[dict[str, Any]], tips: pd.DataFrame
) -> list[tuple[str, str]]:
    """Return, for each answer at the declared day, key and sentence: how far could it be off."""
    table = pd.DataFrame(rows)
    said = []
    for question in case.questions:
        if question.missing or shifted_animals(case).empty:
            continue
        own = table[
            (table["question"] == question.key) & (table["null_model"] == question.null_model)
            & (table["contrast"] == question.label) & (table["estimand"] == "log_ratio")
        ]  # fmt: skip
        reference = own[own["method"] == MAR].iloc[0]
        name = f"{question.key} {NULL_NAMES.get(question.null_model, '')}".strip()
        text = (
            f"{name}, {question.label}: the answer is {reference['verdict']} "
            f"(log ratio {reference['value']:.2f}). "
        )
        mine = tips[
            (tips["question"] == question.key) & (tips["null_model"] == question.null_model)
            & (tips["contrast"] == question.label)
        ]  # fmt: skip
        edge = set(mine["word"]) - {reference["verdict"]}
        if edge:
            text += f"With the leavers imputed and not shifted it is already {edge.pop()}. "
        text += _tipping(mine) + _joint(own, reference)
        said.append((f"{question.key}:{question.null_model}:{question.arm}", text))
    return said


def _tipping(tips: pd.DataFrame) -> str:
    """Return the nearest tipping points in words: the combination's own leavers, then all."""
    moved = tips[tips["animals"] > 0]
    if moved.empty:
        return "No animal of its arms was shifted. "
    nearest = {scope: _nearest(own) for scope, own in moved.groupby("scope", sort=False)}
    own, every = nearest.get("combination"), nearest["all arms"]
    if own is None or int(own["animals"]) == int(every["animals"]):
        whose = "of any arm" if own is None else "of the combination"
        return _whole(every if own is None else own, whose) + " "
    text = _whole(own, "of the combination")
    text += f" Were all {int(every['animals'])} leavers shifted alike, "
    if np.isfinite(every["delta"]):
        return text + f"{_size(every)} would change it to {every['becomes']}. "
    return text + "no shift tried would change it. "


def _nearest(tips: pd.DataFrame) -> pd.Series:
    """Return the tipping point nearest to no shift, or a row without one."""
    found = tips[np.isfinite(tips["delta"])]
    return tips.iloc[0] if found.empty else found.loc[found["delta"].abs().idxmin()]


def _size(tip: pd.Series) -> str:
    side = "faster" if tip["delta"] > 0 else "slower"
    return f"{abs(tip['delta']):.2g} per day {side}"


def _whole(tip: pd.Series, whose: str) -> str:
    animals = int(tip["animals"])
    who = f"the {animals} mice {whose}" if animals > 1 else f"the one mouse {whose}"
    who += " that left for reasons other than size, or unstated,"
    if not np.isfinite(tip["delta"]):
        return (
            f"It would not change had {who} afterwards grown up to {tip['largest']:.2g} per day "
            "faster or slower than predicted."
        )
    text = (
        f"It would change to {tip['becomes']} only if {who} had afterwards grown {_size(tip)} than "
        "predicted"
    )
    rate = tip["own_rate"]
    if np.isfinite(rate) and rate > SLOWEST:
        times = 1 + tip["delta"] / rate
        text += (
            f" ({times:.1f} times their own rate of {rate:.2g})"
            if times > 0
            else f" (shrunk, where their own rate was {rate:.2g})"
        )
    return text + "."


def _joint(rows: pd.DataFrame, reference: pd.Series) -> str:
    joint = rows[rows["method"] == JOINT]
    if joint.empty or not np.isfinite(joint["value"].iloc[0]):
        return ""
    moved = float(joint["value"].iloc[0] - reference["value"])
    text = f"The joint model moves it by {moved:+.2f}"
    if np.isfinite(reference["se"]) and reference["se"] > 0:
        text += f" ({abs(moved) / reference['se']:.1f} standard errors)"
    if joint["verdict"].iloc[0] != reference["verdict"]:
        text += f" and says {joint['verdict'].iloc[0]}"
    return text + "."


def overall(case: Case, tips: pd.DataFrame, rows: list[dict[str, Any]]) -> str:
    """Return the one sentence of the panel: which words could change, and by how little."""
    table = pd.DataFrame(rows)
    gone = shifted_animals(case)
    if gone.empty:
        return ""
    decided = table[(table["method"] == MAR) & (table["estimand"] == "log_ratio")]
    decided = decided[decided["verdict"] != "missing"]
    names, near = [], []
    for row in decided.itertuples():
        name = f"{row.question} {NULL_NAMES.get(row.null_model, '')}".strip()
        own = tips[
            (tips["contrast"] == row.contrast) & (tips["null_model"] == row.null_model)
            & np.isfinite(tips["delta"])
        ]  # fmt: skip
        names.append(f"{name} ({row.verdict})")
        if len(own):
            smallest = float(own["delta"].abs().min())
            near.append((smallest, f"{name} ({row.verdict}) at {smallest:.2g} per day"))
    largest = float(tips["largest"].iloc[0]) if len(tips) else float("nan")
    start = f"{case.frame.model}, how far off: "
    if not near:
        return (
            f"{start}no word of the panel changes had the {len(gone)} leavers grown up to "
            f"{largest:.2g} per day faster or slower than predicted."
        )
    kept = len(names) - len(near)
    steady = (
        f"{kept} of {len(names)} words hold against every shift up to {largest:.2g} per day; "
        if kept
        else ""
    )
    return f"{start}{steady}the nearest to change is {min(near)[1]}."


def _join(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
