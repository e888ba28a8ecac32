"""The case of each candidate: for, against, unknown; gates; grades with their moves; claims."""

from __future__ import annotations

from typing import Any

import pandas as pd

from smartcombo.ranking.dossier import Dossier
from smartcombo.report.ranking.words import GATE_MARKS, LIGHTS, gate_lines, gate_title, percent
from smartcombo.report.words import number, with_interval

Row = dict[str, Any]
GRADES = {"rigour": "Rigour of the experiments", "carry_over": "Carry-over to patients"}
QUESTIONS = {
    "Q1": "v vehicle",
    "Q2": "v checkpoint inhibitor alone",
    "Q3": "v molecule alone",
    "Q4": "v expected without interaction",
    "single": "single agent v vehicle",
}
ENOUGH = {"yes": "✓", "no": "✕", "unclear": "?", "partly": "~"}


def case_rows(dossier: Dossier) -> list[Row]:
    """Return, a candidate, what speaks for and against it and what nobody knows."""
    reasons = dossier.ranking.reasons
    verdicts = dossier.evidence.verdicts.set_index("candidate")
    rows = []
    for row in dossier.ranking.summary.to_dict("records"):
        own = reasons[reasons["candidate"] == row["candidate"]]
        rows.append(
            {
                "id": row["candidate"],
                "combination": row["combination"],
                "context": row["context"],
                "gated": bool(row["gated"]),
                "for": _words(own, "for"),
                "against": _words(own, "against"),
                "unknown": _words(own, "unknown"),
                "answers_for": int(verdicts["answers_for"].get(row["candidate"], 0)),
                "answers_against": int(verdicts["answers_against"].get(row["candidate"], 0)),
                "grades": _grades(dossier, row["candidate"]),
            }
        )
    return rows


def _words(reasons: pd.DataFrame, side: str) -> list[str]:
    """Return the words of one side; several gates in one reason become one line each."""
    lines: list[str] = []
    for row in reasons[reasons["side"] == side].to_dict("records"):
        lines += gate_lines(row["words"]) if row["criterion"] == "gate" else [row["words"]]
    return [line[:1].upper() + line[1:] for line in lines]


def _grades(dossier: Dossier, candidate: str) -> list[Row]:
    table, moves = dossier.evidence.grades, dossier.evidence.moves
    rows = []
    for row in table[table["candidate"] == candidate].to_dict("records"):
        own = moves[(moves["candidate"] == candidate) & (moves["grade"] == row["grade"])]
        rows.append(
            {
                "title": GRADES.get(row["grade"], row["grade"]),
                "letter": row["letter"],
                "how": row["moves"],
                "gaps": row["gaps"],
                "moves": [_move(move) for move in own.to_dict("records")],
            }
        )
    return rows


def _move(row: Row) -> Row:
    study = "" if pd.isna(row["study"]) else str(row["study"])
    sign = {1: "up", -1: "down"}.get(int(row["move"]), "")
    return row | {"study": study, "mark": ENOUGH.get(str(row["answer"]), ""), "sign": sign}


def gate_table(dossier: Dossier) -> tuple[list[str], list[Row]]:
    """Return the gates' titles, and a row a candidate with a mark and a reason in each."""
    table = dossier.evidence.gates
    names = list(dict.fromkeys(table["gate"]))
    known = {(r["candidate"], r["gate"]): r for r in table.to_dict("records")}
    rows = [
        {
            "id": row["candidate"],
            "combination": row["combination"],
            "context": row["context"],
            "gates": [_gate(known.get((row["candidate"], name))) for name in names],
        }
        for row in dossier.ranking.summary.to_dict("records")
    ]
    return [gate_title(name) for name in names], rows


def _gate(row: Row | None) -> Row:
    if row is None:
        return {"state": "not asked", "mark": "", "style": LIGHTS["grey"], "reason": ""}
    state = "passed"
    if pd.isna(row["passed"]):
        state = "not answered"
    elif not row["passed"]:
        state = str(row["severity"])
    mark, light = GATE_MARKS[state]
    return {"state": state, "mark": mark, "style": LIGHTS[light], "reason": row["reason"]}


def conflict_rows(dossier: Dossier) -> list[Row]:
    """Return the questions that the claims answer both ways, each with both sides."""
    table = dossier.evidence.conflicts
    rows = []
    keys = ["candidate", "subject", "question", "topic"]
    for key, own in table.groupby(keys, sort=False):
        sides = {side: _sides(own[own["direction"] == side]) for side in ("for", "against")}
        rows.append(dict(zip(keys, key, strict=True)) | sides
                    | {"asks": QUESTIONS.get(key[2], key[2])})  # fmt: skip
    return rows


def _sides(claims: pd.DataFrame) -> list[str]:
    """Return one line a claim, with its study, interval and n."""
    lines = []
    for row in claims.to_dict("records"):
        if row["kind"] != "data":
            lines.append(f"{row['statement']} ({row['citation']})")
            continue
        told = with_interval(float(row["value"]), float(row["low"]), float(row["high"]))
        lines.append(f"{row['study']}, {row['model']}: {row['estimand'].replace('_', ' ')} {told} "
                     f"{row['unit']}, n = {row['n']:.0f}")  # fmt: skip
    return lines


def variant_rows(dossier: Dossier) -> list[Row]:
    """Return each variant of the ranking and whether the order holds in it."""
    return [
        row
        | {
            "agrees": "the same order" if row["tau"] == 1 else f"Kendall's tau {row['tau']:.2f}",
            "first": str(row["leaders"]).split("; ")[0],
            "light": LIGHTS["green" if row["same_leader"] else "amber"],
            "tied": str(row["leaders"]).split("; ")[1:],
        }
        for row in dossier.ranking.variants.to_dict("records")
    ]


def pair_table(dossier: Dossier) -> tuple[list[str], list[Row]]:
    """Return the probability that each candidate (row) is above each other (column)."""
    summary = dossier.ranking.summary
    names = list(summary.loc[~summary["gated"].astype(bool), "candidate"])
    known = {(r["above"], r["below"]): r["probability"]
             for r in dossier.ranking.pairwise.to_dict("records")}  # fmt: skip
    rows = [
        {"id": one, "cells": [percent(known[one, other]) if one != other else ""
                              for other in names]}
        for one in names
    ]  # fmt: skip
    return names, rows


def weight_table(dossier: Dossier) -> list[Row]:
    """Return the weights under which each candidate comes first; none where they are fixed."""
    if dossier.ranking.options["weights"] == "fixed":
        return []
    confidence = dossier.ranking.summary.set_index("candidate")["confidence"]
    return [
        {
            "id": candidate,
            "weights": [
                percent(own.get(name, float("nan"))) for name in dossier.reweighting.criteria
            ],
            "confidence": percent(confidence[candidate]),
        }
        for candidate, table in dossier.ranking.central_weights.groupby("candidate", sort=False)
        for own in [dict(zip(table["criterion"], table["weight"], strict=True))]
    ]


def experiment_rows(dossier: Dossier, most: int = 10) -> list[Row]:
    """Return the experiments in their order, with what each could change."""
    titles = dict(zip(dossier.criteria["criterion"], dossier.criteria["title"], strict=True))
    return [
        row
        | {
            "change": percent(row["p_change"]),
            "worth": number(row["value"], 4),
            "informs": ", ".join(titles.get(one, one) for one in row["criteria"].split("; ")),
        }
        for row in dossier.experiments.head(most).to_dict("records")
    ]
