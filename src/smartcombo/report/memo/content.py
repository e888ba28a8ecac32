"""Everything a memo says of one candidate, in words, before any layout."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import pandas as pd

from smartcombo.ranking.decisions import DecisionRefused, inputs_hash, unknown_candidate
from smartcombo.ranking.dossier import Dossier
from smartcombo.report.memo.choices import (
    Decided,
    Experiment,
    decided,
    experiments,
    what_would_change,
)
from smartcombo.report.memo.key_numbers import KeyNumber, gain_words, key_numbers
from smartcombo.report.memo.lengths import (
    GATES,
    LINE,
    NAME,
    NOTE,
    PLACES,
    STRIP,
    cut,
    listed,
    more,
)
from smartcombo.report.memo.names import INHIBITOR, alone, gate_name, open_gates
from smartcombo.report.memo.reasons import Sides, sides_of
from smartcombo.report.ranking.words import gate_title, word_style

BRACKETS = re.compile(r" \((?:[^()]|\([^()]*\))*\)")
"""Left out of grades that are too long: the steps matter more than their evidence."""
NUMBERS_NOTE = (
    "The weightiest scored criteria that are estimated, then what else was measured. Right on each "
    "bar is better; dotted: no effect. Intervals are of the mean over studies, which verdict and "
    "gates go by; the ranking draws from its standard error, which is narrower."
)
FOOT = "Nothing here says that a patient will benefit."


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the strip of places; positions are percent of its width."""

    name: str
    place: str
    at: float
    low: float
    high: float
    first: str
    own: bool


@dataclass(frozen=True, slots=True)
class GateLine:
    """A gate that does not let the candidate pass freely."""

    state: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Grade:
    """Rigour or carry-over: a letter, and what made it."""

    title: str
    letter: str
    words: str


@dataclass(frozen=True, slots=True)
class Memo:
    """One candidate in words; everything is cut to what two pages hold."""

    synthetic: bool
    programme: str
    candidate: str
    name: str
    question: str
    word: str
    colour: str
    glyph: str
    verdict: str
    numbers: tuple[KeyNumber, ...]
    numbers_note: str
    place: str
    apart: str
    places: tuple[Place, ...]
    sides: Sides
    gates: tuple[GateLine, ...]
    passed: str
    mind: tuple[str, ...]
    experiments: tuple[Experiment, ...]
    experiments_note: str
    grades: tuple[Grade, ...]
    decisions: tuple[Decided, ...]
    decisions_note: str
    provenance: str
    foot: str


def memo_of(dossier: Dossier, candidate: str | None = None) -> Memo:
    """Return what the memo about one candidate says.

    Parameters
    ----------
    dossier
        Nothing else is read: a blinded dossier gives a blinded memo.
    candidate
        As the ranking names it; default: the first.

    Raises
    ------
    DecisionRefused
        If there is no such candidate; the message lists those there are.
    """
    names = list(dossier.ranking.summary["candidate"])
    candidate = candidate or names[0]
    if candidate not in names:
        raise DecisionRefused(unknown_candidate(candidate, names))
    row = dossier.ranking.summary.set_index("candidate", drop=False).loc[candidate]
    word = dossier.evidence.verdicts.set_index("candidate").loc[candidate]
    style = word_style(word["word"])
    name = f"{cut(row['combination'], NAME)} in {cut(row['context'], NAME)}"
    gates, passed = _gates(dossier, candidate)
    tested, tested_note = experiments(dossier, candidate)
    made, made_note = decided(dossier, candidate)
    return Memo(
        synthetic=dossier.synthetic, programme=cut(dossier.title, LINE), candidate=candidate,
        name=name, question=f"Should {name} go forward?", word=word["word"], colour=style.colour,
        glyph=style.glyph, verdict=_verdict(dossier, candidate, word),
        places=_places(dossier, candidate),
        numbers=key_numbers(dossier, candidate), numbers_note=NUMBERS_NOTE,
        place=_place(dossier, row), apart=_apart(row),
        sides=sides_of(dossier, candidate), gates=gates, passed=passed,
        mind=what_would_change(dossier, row), experiments=tested, experiments_note=tested_note,
        grades=_grades(dossier, candidate), decisions=made, decisions_note=made_note,
        provenance=_provenance(dossier), foot=FOOT,
    )  # fmt: skip


def _verdict(dossier: Dossier, candidate: str, word: pd.Series) -> str:
    """Return the one sentence after the word."""
    gain, still = gain_words(dossier, candidate), open_gates(dossier, candidate)
    if word["word"] == "stopped":
        return cut(f"by a gate: {word['reason']}.", NOTE)
    if word["word"].startswith("promising"):
        return cut(f"{gain}; {f'open: {still}' if still else 'no caution is open'}.", NOTE)
    hot = "the molecule alone makes the tumour hotter, but "
    start = hot if word["word"] == "hotter, not sensitised" else ""
    none = alone(dossier, candidate, f"no gain over {INHIBITOR} is shown")
    return cut(f"{start}{none}: {gain}.", NOTE)


def _place(dossier: Dossier, row: pd.Series) -> str:
    ranked = int((~dossier.ranking.summary["gated"].astype(bool)).sum())
    if row["gated"]:
        return f"No place: a gate stops it. {ranked} other candidates are ranked."
    return (f"Place {row['place']:.0f} of {ranked} ({100 * row['level']:.0f}% interval "
            f"{row['rank_low']:.0f} to {row['rank_high']:.0f}); first with probability "
            f"{row['p_first']:.2f}.")  # fmt: skip


def _apart(row: pd.Series) -> str:
    if row["gated"]:
        return ""
    names = [one.replace(" | ", " in ") for one in str(row["not_separated_from"]).split("; ")]
    if not any(names):
        return "It can be told apart from every other candidate."
    return f"It cannot be told apart from {listed(names)}."


def _places(dossier: Dossier, candidate: str) -> tuple[Place, ...]:
    """Return the first places, and the candidate's own where it is further down."""
    ranked = dossier.ranking.summary[~dossier.ranking.summary["gated"].astype(bool)]
    shown = ranked.head(PLACES)
    own = ranked[ranked["candidate"] == candidate]
    if len(own) and candidate not in set(shown["candidate"]):
        shown = pd.concat([shown.head(PLACES - 1), own])
    count = max(len(ranked), 1)
    return tuple(
        Place(
            cut(f"{one.combination} in {one.context}", STRIP), f"{one.place:.0f}",
            _across(one.place, count), _across(one.rank_low - 0.5, count),
            _across(one.rank_high + 0.5, count), f"{one.p_first:.2f}", one.candidate == candidate,
        )
        for one in shown.itertuples()
    )  # fmt: skip


def _across(place: float, count: int) -> float:
    """Return where a place lies, percent of the width; each place is a column."""
    return round(100 * (float(place) - 0.5) / count, 2)


def _gates(dossier: Dossier, candidate: str) -> tuple[tuple[GateLine, ...], str]:
    """Return the gates that are not passed, stops first, and the names of those that are."""
    table = dossier.evidence.gates
    own = table[table["candidate"] == candidate].to_dict("records")
    lines = [(_state(one), one) for one in own if not _passed(one)]
    lines.sort(key=lambda pair: ("stops", "not answered", "caution").index(pair[0]))
    shown = [GateLine(state, gate_name(one["gate"], answered=state != "not answered"),
                      cut(one["reason"], NOTE)) for state, one in lines[:GATES]]  # fmt: skip
    shown += [GateLine("", "", text) for text in more(len(lines) - GATES)]
    names = [gate_title(one["gate"]) for one in own if _passed(one)]
    return tuple(shown), cut(
        f"Passed: {', '.join(names)}.", 2 * NOTE
    ) if names else "No gate was passed."


def _passed(gate: dict[str, Any]) -> bool:
    return not pd.isna(gate["passed"]) and bool(gate["passed"])


def _state(gate: dict[str, Any]) -> str:
    if pd.isna(gate["passed"]):
        return "not answered"
    return "stops" if gate["severity"] == "stop" else "caution"


def _grades(dossier: Dossier, candidate: str) -> tuple[Grade, ...]:
    table = dossier.evidence.grades
    own = table[table["candidate"] == candidate].to_dict("records")
    titles = {"rigour": "Rigour of the studies", "carry_over": "Carry-over to patients"}
    return tuple(
        Grade(titles.get(one["grade"], one["grade"]), one["letter"], cut(_grade_words(one), NOTE))
        for one in own
    )


def _grade_words(grade: dict[str, Any]) -> str:
    """Return what made a grade, and what it lacks."""
    score = (f"SYRCLE {grade['score']:g} of 10 ({grade['low']:g} to {grade['high']:g}); "
             if grade["grade"] == "rigour" else "")  # fmt: skip
    gaps = f"; not stated: {grade['gaps']}" if grade["gaps"] else ""
    moves = str(grade["moves"]).rpartition(": ")[0].replace("-1", "−1")
    start, _, steps = moves.partition(", ")
    words = f"{score}starts at {start}{f', {steps}' if steps else ''}{gaps}."
    return words if len(words) <= NOTE else BRACKETS.sub("", words)


def _provenance(dossier: Dossier) -> str:
    """Return what the memo stands on; no time of day, so that the same inputs give its bytes."""
    log = dossier.decisions
    entries = (f"{len(log)} decisions, the last {log['sha256'].iloc[-1][:12]}"
               if len(log) else "no decisions")  # fmt: skip
    options = dossier.ranking.options
    return (
        f"smartcombo {metadata.version('smartcombo')}; programme {cut(dossier.programme, NAME)}; "
        f"inputs {inputs_hash(dossier.inputs)[:12]} ({len(dossier.inputs)} files); "
        f"{options['draws']} draws, seed {options['seed']}; {entries}."
    )
