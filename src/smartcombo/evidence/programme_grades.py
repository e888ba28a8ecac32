"""Two grades of each candidate, rigour and carry-over, each with the moves that made it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from smartcombo.evidence.programme_carry import carry_moves
from smartcombo.evidence.programme_claims import models_given
from smartcombo.evidence.programme_evidence import GRADE_COLUMNS, MOVE_COLUMNS
from smartcombo.evidence.programme_rigour import SCORES, arrive, rigour_moves, syrcle
from smartcombo.study.programme import Programme, StudiedArm

LETTERS = "DCBA"
START = {"rigour": "A", "carry_over": "C"}


def graded(
    programme: Programme, candidates: list[tuple[str, str, str]], claims: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the grades and the moves of every candidate."""
    grades: list[dict[str, Any]] = []
    moves: list[dict[str, Any]] = []
    for candidate, combination, context in candidates:
        base = {"candidate": candidate, "combination": combination, "context": context}
        own = _rigour(programme, combination, context)
        carried = claims[claims["combination"] == combination]
        over = _carry_over(programme, combination, context, carried)
        for grade, rows in ((own[0], own[1]), (over[0], over[1])):
            grades.append(base | grade)
            moves += [{"candidate": candidate, "grade": grade["grade"]} | row for row in rows]
    return (
        pd.DataFrame(grades, columns=list(GRADE_COLUMNS)),
        pd.DataFrame(moves, columns=list(MOVE_COLUMNS)),
    )


def studied_in(
    programme: Programme, combination: str, context: str
) -> list[tuple[StudiedArm, str]]:
    """Return each arm and tumour model in which a candidate was studied."""
    return [
        (one, model)
        for one in programme.studied
        if one.combination == combination
        for model in models_given(programme.study(one.study), one.parts.arm)
        if programme.context_of(model) == context
    ]


def _letter(start: str, moves: list[int]) -> str:
    place = LETTERS.index(start) + sum(moves)
    return LETTERS[int(np.clip(place, 0, len(LETTERS) - 1))]


def _rigour(
    programme: Programme, combination: str, context: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the grade of rigour: SYRCLE's score (0 to 10) over studies, and a letter.

    The score counts *unclear* as a half; ``low`` and ``high`` count it as no and as yes. A move of
    the letter counts once however many studies it was made in, and only if most of them give it.
    """
    studied = studied_in(programme, combination, context)
    studies = list(dict.fromkeys(one.study for one, _ in studied))
    items = {name: syrcle(programme.study(name)) for name in studies}
    gaps = {name: arrive(programme.study(name), programme.facts.fewest_animals) for name in studies}
    moves, counted = _counted(rigour_moves(programme, studied, len(studies)))
    letter = _letter(START["rigour"], counted)
    unclear = [[i.answer == "unclear" for i in own] for own in items.values()]
    score = float(np.mean([sum(SCORES[i.answer] for i in own) for own in items.values()]))
    half = float(np.mean([sum(own) for own in unclear])) / 2
    rows = [
        {"study": name, "item": f"{kind}: {item.name}", "answer": item.answer, "move": 0,
         "reason": item.reason}
        for kind, answered in (("SYRCLE", items), ("ARRIVE", gaps))
        for name, own in answered.items()
        for item in own
    ]  # fmt: skip
    missing = dict.fromkeys(i.name for own in gaps.values() for i in own if i.answer == "no")
    told = float(np.mean([np.mean([i.answer == "yes" for i in own]) for own in gaps.values()]))
    grade = {
        "grade": "rigour", "letter": letter, "score": score, "low": score - half,
        "high": score + half, "arrive": told, "moves": _sentence(START["rigour"], letter, moves),
        "gaps": ", ".join(missing),
    }  # fmt: skip
    return grade, moves + rows


def _counted(moves: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[int]]:
    """Return the moves, those that most experiments do not make set to 0, and each once."""
    shares = pd.DataFrame(moves).groupby("item", sort=False)["move"].mean()
    counted = {str(item): round(share) for item, share in shares.items()}
    kept = [one | {"move": one["move"] if counted[one["item"]] else 0} for one in moves]
    return kept, list(counted.values())


def _carry_over(
    programme: Programme, combination: str, context: str, claims: pd.DataFrame
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the grade of carry-over: C for a mouse experiment, moved up and down."""
    found = carry_moves(programme, combination, context, claims)
    letter = _letter(START["carry_over"], [one.move for one in found])
    rows = [
        {"study": "", "item": one.item, "answer": one.answer, "move": one.move,
         "reason": one.reason}
        for one in found
    ]  # fmt: skip
    score = float(LETTERS.index(letter))
    grade = {
        "grade": "carry_over", "letter": letter, "score": score, "low": score, "high": score,
        "arrive": float("nan"), "moves": _sentence(START["carry_over"], letter, rows),
        "gaps": ", ".join(one.item for one in found if one.answer == "unclear"),
    }  # fmt: skip
    return grade, rows


def _sentence(start: str, letter: str, moves: list[dict[str, Any]]) -> str:
    """Return the moves in words: ``A, -1 blinded (blinded is not stated): B``."""
    said: dict[str, None] = {}
    for one in moves:
        if one["move"]:
            said[f"{one['move']:+d} {one['item']} ({one['reason']})"] = None
    return f"{start}{''.join(f', {text}' for text in said)}: {letter}"
