"""What would change our mind, what to do next, and what was decided so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from smartcombo.ranking.decisions import inputs_hash
from smartcombo.ranking.dossier import Dossier
from smartcombo.report.memo.lengths import (
    DECISIONS,
    EXPERIMENTS,
    LINE,
    MIND,
    NAME,
    NOTE,
    capped,
    cut,
    listed,
    more,
)
from smartcombo.report.memo.names import INHIBITOR, alone, gate_name, open_gates, stopping_gates


@dataclass(frozen=True, slots=True)
class Experiment:
    """A next experiment: what, how many animals, how likely it changes the first choice."""

    title: str
    animals: str
    change: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision on record; ``state`` says what it was taken on and what became of it."""

    head: str
    reasons: str
    dissent: str
    state: str


def what_would_change(dossier: Dossier, row: pd.Series) -> tuple[str, ...]:
    """Return what would turn the verdict or the place of a candidate.

    Gates, the variants in which its place differs, the rival, gaps among the criteria, in this
    order.
    """
    lines = [*_of_gates(dossier, row), *_of_variants(dossier, row), *_of_rival(dossier, row),
             *_of_gaps(dossier, row)]  # fmt: skip
    return capped(lines, MIND, letters=NOTE)


def experiments(dossier: Dossier, candidate: str) -> tuple[tuple[Experiment, ...], str]:
    """Return the most valuable experiments with a candidate, and the most valuable of all."""
    table = dossier.experiments
    if not len(table):
        return (), "No experiment that is foreseen could change the choice."
    own = table[table["candidate"] == candidate]
    none = "" if len(own) else "None is foreseen that could give this candidate a place. "
    shown = tuple(
        Experiment(_experiment(one), f"{one['animals']:.0f}", _chance(one["p_change"]))
        for one in own.head(EXPERIMENTS).to_dict("records")
    )
    best = table.iloc[0]
    if best["candidate"] == candidate:
        return shown, "The first of these is the most valuable of all candidates' experiments."
    other = cut(str(best["candidate"]).replace(" | ", " in "), NAME)
    cost = f"{best['animals']:.0f} animals, {_chance(best['p_change'])}"
    note = f"Of all candidates' experiments the most valuable is {best['title']} with {other}"
    return shown, f"{none}{cut(note, NOTE)} ({cost})."


def decided(dossier: Dossier, candidate: str) -> tuple[tuple[Decided, ...], str]:
    """Return the last decisions about a candidate, the newest first, and what is not shown."""
    log = dossier.decisions
    own = log[log["candidate"] == candidate] if len(log) else log
    if not len(own):
        return (), "None on record. smartcombo decide records one, with its dissent."
    now = inputs_hash(dossier.inputs)
    rows = own.iloc[::-1].to_dict("records")
    shown = tuple(_decided(row, now) for row in rows[:DECISIONS])
    return shown, "; ".join(more(len(rows) - DECISIONS))


def _of_gates(dossier: Dossier, row: pd.Series) -> list[str]:
    candidate = str(row["candidate"])
    word = str(dossier.evidence.verdicts.set_index("candidate").at[candidate, "word"])
    stops, still = stopping_gates(dossier, candidate), open_gates(dossier, candidate)
    if stops:
        return [f"Stopped: an experiment that answers {stops} otherwise would give it a place."]
    if word.startswith("promising"):
        return [f"Up: it would be promising without cautions, were these closed: {still}." if still
                else "Down: a further study that fails a gate (antagonism, toxicity) takes its "
                "place away."]  # fmt: skip
    up = alone(dossier, candidate, f"Up: a gain over {INHIBITOR} whose interval lies wholly above "
               "no effect would make it promising.")  # fmt: skip
    return [up, *([f"Open whatever the place: {still}."] if still else [])]


def _of_variants(dossier: Dossier, row: pd.Series) -> list[str]:
    """Return where its place differs when a criterion, a study or the way of adding up changes."""
    table = dossier.ranking.sensitivity
    own = table[table["candidate"] == row["candidate"]]
    if row["gated"] or not len(own):
        return []
    moved = own[own["place"] != row["place"]]
    if not len(moved):
        return [f"Its place is the same in all {len(own)} variants (without each criterion, "
                "without each study, other ways of adding up)."]  # fmt: skip
    told = [f"{one.variant} (place {one.place:.0f})" for one in moved.itertuples()]
    line = f"Its place differs in {len(moved)} of {len(own)} variants: {listed(told, 3)}"
    return [f"{line}{_of_leaders(dossier, moved) if row['place'] == 1 else ''}."]


def _of_leaders(dossier: Dossier, moved: pd.DataFrame) -> str:
    """Return who leads instead."""
    table = dossier.ranking.sensitivity
    first = table[(table["place"] == 1) & table["variant"].isin(moved["variant"])]
    names = first["candidate"].str.replace(" | ", " in ", regex=False)
    return f"; then {listed(names.unique())} leads"


def _of_rival(dossier: Dossier, row: pd.Series) -> list[str]:
    """Return how sure the order with its neighbour is: the one above it, of the first the next."""
    pairs, summary = dossier.ranking.pairwise, dossier.ranking.summary
    beside = row["place"] + (1 if row["place"] == 1 else -1)
    neighbour = summary.loc[summary["place"] == beside, "candidate"]
    if row["gated"] or not len(neighbour):
        return []
    name = str(neighbour.iloc[0])
    share = pairs[(pairs["above"] == name) & (pairs["below"] == row["candidate"])]["probability"]
    percent = 100 * float(share.iloc[0])
    told = (
        "more than 99" if percent > 99.5 else "less than 1" if percent < 0.5 else f"{percent:.0f}"
    )
    shown = cut(name.replace(" | ", " in "), NAME)
    return [f"{shown}, one place {'below' if row['place'] == 1 else 'above'}, is the better in "
            f"{told}% of draws."]  # fmt: skip


def _of_gaps(dossier: Dossier, row: pd.Series) -> list[str]:
    """Return the scored criteria without a value, with the share of the score they carry."""
    table = dossier.ranking.criteria
    own = table[(table["candidate"] == row["candidate"]) & table["value"].isna()]
    shares = dict(zip(dossier.reweighting.criteria, dossier.reweighting.weights, strict=True))
    gaps = [
        (one.title, shares[one.criterion]) for one in own.itertuples() if one.criterion in shares
    ]
    if not gaps:
        return []
    told = listed(f"{title} ({100 * share:.0f}% of the weights)" for title, share in gaps)
    return [f"Unknown: {told}."]


def _names(cell: Any) -> str:
    return ", ".join(gate_name(one) for one in str(cell).split("; ") if one)


def _experiment(row: dict[str, Any]) -> str:
    opens = f"; answers {_names(row['opens'])}" if row["opens"] else ""
    return cut(f"{row['title'][:1].upper()}{row['title'][1:]}{opens}", LINE)


def _chance(p: float) -> str:
    return "below 1%" if p < 0.01 else f"{100 * p:.0f}%"


def _decided(row: dict[str, Any], now: str) -> Decided:
    """Return a decision in words."""
    known = [] if row["inputs"] == now else ["the inputs have changed since"]
    if pd.notna(row["superseded_by"]):
        known.append(f"superseded by decision {row['superseded_by']}")
    if pd.notna(row["supersedes"]):
        known.append(f"supersedes decision {row['supersedes']}")
    if row["despite_gate"]:
        known.append(f"despite a gate: {row['despite_gate']}")
    if row["change_mind"]:
        known.append(f"would change it: {row['change_mind']}")
    place = f", place {row['place']}" if pd.notna(row["place"]) else ""
    return Decided(
        cut(f"{row['number']}. {row['action']}, {row['date']}, {row['owner']}", NAME),
        cut(row["reasons"], NOTE),
        cut(f"Dissent: {row['dissent'] or 'none'}", NOTE),
        cut("; ".join([f"Taken on: {row['verdict']}{place}", *known]), NOTE),
    )
