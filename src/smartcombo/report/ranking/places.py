"""The order of the candidates as the page shows it: cards, bars, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from smartcombo.ranking.dossier import Dossier
from smartcombo.report.ranking.words import PROMISING, gate_lines, percent, places, word_style
from smartcombo.report.words import number

Row = dict[str, Any]
MOST_CARDS = 4
MOST_NAMED = 3


def place_rows(dossier: Dossier) -> list[Row]:
    """Return one row a candidate in the order of places, gated ones last."""
    words = dossier.evidence.verdicts.set_index("candidate")
    bars = {
        name: own["probability"].tolist()
        for name, own in dossier.ranking.acceptability.groupby("candidate", sort=False)
    }
    return [
        _row(row, words, bars.get(row["candidate"], []))
        for row in dossier.ranking.summary.to_dict("records")
    ]


def _row(row: Row, words: pd.DataFrame, bars: Sequence[float]) -> Row:
    word = str(words["word"].get(row["candidate"], "not decided"))
    gated = bool(row["gated"])
    return {
        "id": row["candidate"],
        "combination": row["combination"],
        "context": row["context"],
        "word": word,
        "style": word_style(word),
        "reason": str(words["reason"].get(row["candidate"], "")).partition("; open:")[0],
        "gated": gated,
        "stops": str(row["stops"]),
        "cautions": gate_lines(str(row["cautions"])),
        "place": "" if gated else f"{row['place']:.0f}",
        "group": row["group"],
        "interval": "" if gated else places(row["rank_low"], row["rank_high"]),
        "p_first": percent(row["p_first"]),
        "p_top_third": percent(row["p_top_third"]),
        "score": number(row["score"], 2),
        "score_interval": f"{number(row['score_low'], 2)} to {number(row['score_high'], 2)}",
        "bars": [{"place": k, "share": share} for k, share in enumerate(bars, 1)],
        "apart": str(row["not_separated_from"]),
    }


def cards(rows: Sequence[Row]) -> list[Row]:
    """Return the candidates worth a card: the first ones that no gate stops."""
    return [row for row in rows if not row["gated"]][:MOST_CARDS]


def headline(rows: Sequence[Row], level: float) -> str:
    """Return the answer in one or two sentences."""
    ranked = [row for row in rows if not row["gated"]]
    if not ranked:
        return "No candidate passes the gates: nothing is ranked."
    first, rest = ranked[0], [row for row in ranked[1:] if row["group"] == ranked[0]["group"]]
    name = in_context(first)
    if len(ranked) == 1:
        said = f"{name} is the only candidate that no gate stops: there is nothing to rank."
    else:
        said = (f"{name} comes first with probability {first['p_first']} (place "
                f"{first['interval']}, {100 * level:.0f}% interval)")  # fmt: skip
        others = ", ".join(in_context(row) for row in rest[:MOST_NAMED])
        others += f" and {len(rest) - MOST_NAMED} more" if len(rest) > MOST_NAMED else ""
        said += f", and cannot be told apart from {others}." if rest else ", apart from the others."
    if first["word"] not in PROMISING:
        said += f" That is a place among these candidates, not a promise: it is {first['word']}."
    return said


def stopped_sentence(rows: Sequence[Row]) -> str:
    """Return who is stopped and why, in one sentence; empty where nobody is."""
    stopped = [row for row in rows if row["gated"]]
    if not stopped:
        return ""
    told = "; ".join(f"{in_context(row)} ({row['stops'].split(':')[0]})" for row in stopped)
    return f"Stopped by a gate, whatever the weights: {told}."


def in_context(row: Row) -> str:
    """Return ``COMBINATION in MODEL``."""
    return f"{row['combination']} in {row['context']}"
