"""The three numbers of a memo: chosen by rule, in plain words, each with interval and animals."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from smartcombo.ranking.criteria import Criterion
from smartcombo.ranking.dossier import Dossier
from smartcombo.ranking.lights import criterion_light
from smartcombo.report.memo.lengths import TITLE, cut
from smartcombo.report.memo.names import INHIBITOR, alone
from smartcombo.report.memo.numbers import WORDINGS, counted, raw, said
from smartcombo.report.ranking.words import LIGHTS

COUNT = 3
FURTHER = {
    "gain_over_ici": "Gain over the first partner alone",
    "interaction": "Interaction",
    "weight_loss": "Weight lost against vehicle",
    "infiltrated_by_molecule": "Infiltrated by the molecule alone",
    "inflamed_by_molecule": "Inflamed by the molecule alone",
    "response_over_ici": "Animals that respond",
}
"""Asked next, where fewer than three criteria are estimated."""
GREY = LIGHTS["grey"].colour
WORDS = {
    ("interaction", "benefit"): "synergy",
    ("interaction", "harm"): "antagonism",
    ("inflamed_by_molecule", "benefit"): "hotter",
    ("infiltrated_by_molecule", "benefit"): "hotter",
    ("inflamed_by_molecule", "harm"): "colder",
    ("infiltrated_by_molecule", "harm"): "colder",
}
"""What benefit and harm are called, where a measure has words of its own."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """A number as it is printed; ``at``, ``low``, ``high``, ``zero`` are percent of its bar.

    ``zero`` is where no effect lies; all four are ``None`` where there is no interval.
    """

    title: str
    value: str
    after: str
    interval: str
    raw: str
    n: str
    sign: str
    word: str
    colour: str
    at: float | None = None
    low: float | None = None
    high: float | None = None
    zero: float | None = None


def key_numbers(dossier: Dossier, candidate: str) -> tuple[KeyNumber, ...]:
    """Return three numbers, chosen by rule.

    The scored criteria that are estimated, the weightiest first; then, of what was measured and is
    no criterion, ``FURTHER``; then criteria that are counted or graded; then those without a value.
    Equal weights keep the order of ``programme.toml``.
    """
    rows = _criteria(dossier, candidate)
    estimated = [row for row in rows if math.isfinite(row["low"]) and row["high"] > row["low"]]
    exact = [row for row in rows if math.isfinite(row["value"]) and row not in estimated]
    missing = [row for row in rows if not math.isfinite(row["value"])]
    asked = {row["measure"] for row in rows}
    further = [row for row in _further(dossier, candidate) if row["measure"] not in asked]
    chosen = [*estimated, *further, *exact, *missing][:COUNT]
    return tuple(_key_number(dossier, row) for row in chosen)


def gain_words(dossier: Dossier, candidate: str) -> str:
    """Return the gain over the checkpoint inhibitor alone in half a sentence."""
    row = _pooled(dossier, candidate, "gain_over_ici")
    if row is None or not math.isfinite(row["value"]):
        return "it has no value"
    value, interval = said("gain_over_ici", row["value"], row["low"], row["high"], row["unit"])
    shown = alone(dossier, candidate, f"tumours {value} than with {INHIBITOR}")
    facts = [interval, ", ".join(_animals(row)), _single_studies(dossier, row)]
    return f"{shown} ({'; '.join(one for one in facts if one)})"


def plain_value(dossier: Dossier, candidate: str, criterion: str) -> str:
    """Return one criterion's value in words with its interval; nothing where it has none."""
    row = next((r for r in _criteria(dossier, candidate) if r["criterion"] == criterion), None)
    if row is None or not math.isfinite(row["value"]):
        return ""
    if not row["high"] > row["low"]:
        return counted(row["measure"], row)[0]
    value, interval = said(row["measure"], row["value"], row["low"], row["high"], row["unit"])
    return f"{value} ({interval})"


def inconclusive(dossier: Dossier, candidate: str) -> list[str]:
    """Return the scored criteria whose interval holds no effect, with their values."""
    rows = [row for row in _criteria(dossier, candidate) if row["high"] > row["low"]]
    held = [row for row in rows if _word(dossier, row)[0] == "inconclusive"]
    return [f"{row['title']}: {plain_value(dossier, candidate, row['criterion'])}, inconclusive"
            for row in held]  # fmt: skip


def shown_effects(dossier: Dossier, candidate: str, side: str) -> dict[str, str]:
    """Return, by criterion, the effects whose interval lies wholly on one side of no effect.

    Parameters
    ----------
    side
        ``for``: what is gained. ``against``: what is lost, and costs such as weight, however small.
    """
    found = {}
    for row in _criteria(dossier, candidate):
        criterion = _criterion(dossier, row)
        if criterion is None or criterion.no_effect is None:
            continue
        rising = (criterion.best > criterion.worst) == (side == "for")
        clear = row["low"] > criterion.no_effect if rising else row["high"] < criterion.no_effect
        if clear and row["high"] > row["low"] and (side == "against" or not criterion.is_cost):
            word = _word(dossier, row)[0]
            value = plain_value(dossier, candidate, row["criterion"])
            found[criterion.id] = f"{row['title']}: {value}, shown ({word})"
    return found


def _criteria(dossier: Dossier, candidate: str) -> list[Row]:
    """Return the scored criteria of a candidate, the weightiest first.

    An estimate carries the interval of the mean over its studies, which its verdict and gates go
    by; the ranking draws from its standard error, which is narrower where studies are few.
    """
    table = dossier.ranking.criteria
    facts = _facts(dossier)
    rows = []
    for row in table[table["candidate"] == candidate].to_dict("records"):
        own = facts.get(row["criterion"], {"measure": "", "weight": 1.0})
        pooled = _pooled(dossier, candidate, own["measure"]) or {}
        rows.append({**row, **own, **pooled})
    scored = [row for row in rows if row["weight"] > 0]
    return sorted(scored, key=lambda row: -round(row["weight"], 2))


def _facts(dossier: Dossier) -> dict[str, Row]:
    if not len(dossier.criteria):
        return {}
    rows = dossier.criteria[["criterion", "measure", "weight"]].to_dict("records")
    return {row["criterion"]: row for row in rows}


def _pooled(dossier: Dossier, candidate: str, measure: str) -> Row | None:
    """Return the value, interval, animals and studies of a measure; ``None`` where not pooled."""
    table = dossier.evidence.pooled
    found = table[(table["candidate"] == candidate) & (table["measure"] == measure)]
    if not len(found):
        return None
    row = found.iloc[0].to_dict()
    names = ("candidate", "value", "low", "high", "level", "n", "unit", "studies", "source",
             "measure")  # fmt: skip
    return {name: row[name] for name in names}


def _further(dossier: Dossier, candidate: str) -> list[Row]:
    rows = [_pooled(dossier, candidate, measure) for measure in FURTHER]
    return [{**row, "criterion": "", "title": FURTHER[row["measure"]]}
            for row in rows if row is not None and math.isfinite(row["low"])]  # fmt: skip


def _key_number(dossier: Dossier, row: Row) -> KeyNumber:
    """Return a row as it is printed."""
    title, measure = cut(row["title"], TITLE), row["measure"]
    if not math.isfinite(row["value"]):
        return KeyNumber(title, "no value", f"({row['status']})", "", "", "nothing was measured",
                         "drawn from what others show", "missing", GREY)  # fmt: skip
    if not row["high"] > row["low"]:
        value, after = counted(measure, row)
        return KeyNumber(title, cut(value, 30), after, "exact: counted or graded", "", "", "", "",
                         GREY)  # fmt: skip
    value, interval = said(measure, row["value"], row["low"], row["high"], row["unit"])
    wording = WORDINGS.get(measure)
    word, colour = _word(dossier, row)
    return KeyNumber(
        title, value, alone(dossier, row["candidate"], wording.after) if wording else "",
        f"{100 * row['level']:.0f}% interval {interval}",
        raw(row["value"], row["low"], row["high"], row["unit"]),
        "; ".join(one for one in (", ".join(_animals(row)), _single_studies(dossier, row)) if one),
        wording.sign if wording else "", word, colour, *_bar(dossier, row),
    )  # fmt: skip


def _animals(row: Row) -> list[str]:
    found = [f"{row['n']:.0f} animals"] if row["n"] == row["n"] else ["animals not stated"]
    studies = row.get("studies")
    return [*found, f"{studies:.0f} stud{'y' if studies == 1 else 'ies'}"] if studies else found


def _single_studies(dossier: Dossier, row: Row) -> str:
    """Return what each study says alone, where several are pooled: ``single: 2 for, 1 neither``."""
    if not row.get("studies", 0) > 1:
        return ""
    claims = dossier.evidence.claims
    own = claims[claims["claim"].isin(str(row["source"]).split("; "))]
    told = own.groupby("study")["direction"].agg(_agreed)
    counts = Counter(told)
    words = [f"{counts[one]} {one}" for one in ("for", "against", "neither") if counts[one]]
    return f"by study: {', '.join(words)}" if words else ""


def _agreed(directions: pd.Series) -> str:
    """Return what all claims of one study say; ``neither`` where they differ."""
    found = set(directions) - {"unanswered"}
    return str(next(iter(found))) if len(found) == 1 else "neither"


def _criterion(dossier: Dossier, row: Row) -> Criterion | None:
    """Return the anchors of a row; of what is no criterion, those of any gain, and of a cost none.

    How much weight loss is too much is for the programme to say.
    """
    anchors = {anchor["id"]: anchor for anchor in dossier.evidence.anchors}
    anchor = anchors.get(row["criterion"])
    if anchor:
        return Criterion(**anchor)
    if row["criterion"] or row["measure"] == "weight_loss":
        return None
    arms = 4 if row["measure"] == "interaction" else 2
    return Criterion(row["measure"], row["title"], row["unit"], 0.0, 1.0, no_effect=0.0, arms=arms)


def _word(dossier: Dossier, row: Row) -> tuple[str, str]:
    """Return the word of an interval and its colour; as the ranking gives it, else none."""
    criterion = _criterion(dossier, row)
    if criterion is None:
        return str(row.get("word", "")), LIGHTS[str(row.get("colour", "grey"))].colour
    light = criterion_light(criterion, row["low"], row["high"], row["n"])
    return WORDS.get((row["measure"], light.word), light.word), LIGHTS[light.colour].colour


def _bar(dossier: Dossier, row: Row) -> tuple[float | None, ...]:
    """Return where value, ends and no effect lie on a bar on which better is to the right."""
    criterion = _criterion(dossier, row)
    anchors = [criterion.worst, criterion.best] if criterion else [0.0]
    none = criterion.no_effect if criterion else 0.0
    ends = [*anchors, row["low"], row["high"], *([] if none is None else [none])]
    least, reach = min(ends), max(ends) - min(ends)
    turned = criterion is not None and criterion.best < criterion.worst

    def across(value: float) -> float:
        part = 100 * (value - least) / reach
        return round(100 - part if turned else part, 2)

    low, high = sorted((across(row["low"]), across(row["high"])))
    return across(row["value"]), low, high, None if none is None else across(none)
