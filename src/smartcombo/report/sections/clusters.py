"""Section on cages and batches: the questions with the animal and with the cage as the unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from smartcombo.core.result import Result
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import stack
from smartcombo.report.words import NULL_MODELS, degrees, p_value, with_interval
from smartcombo.study.model import Study


def cluster_rows(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return every question with cages or batches as the unit, as text."""
    return [
        row
        | {
            "question": "agent alone" if row["question"] == "single" else row["question"],
            "null": NULL_MODELS.get(row["null_model"], ""),
            "estimate": with_interval(row["value"], row["low"], row["high"]),
            "df": degrees(row["df"]),
            "p": p_value(row["p"]),
        }
        for row in stack(results, "clusters")
    ]


def cluster_sentences(study: Study, results: Sequence[Result]) -> list[dict[str, str]]:
    """Return one sentence for each tumour model and kind of cluster."""
    said: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in stack(results, "clusters"):
        said.setdefault((row["model"], row["cluster"]), []).append(row)
    return [
        {"model": model, "sentence": _sentence(name, rows)} for (model, name), rows in said.items()
    ]


def _sentence(name: str, rows: list[dict[str, Any]]) -> str:
    first = rows[0]
    changed = sum(row["verdict"] != row["animal_verdict"] for row in rows)
    whole = first["between"] < float("inf")
    held = (
        f"Every {name} holds one arm, so a comparison of arms has at most {first['between']:.0f} "
        f"degrees of freedom ({first['clusters']} {name}s less the arms)."
        if whole
        else f"{name.capitalize()}s hold animals of several arms."
    )
    words = "No word changes." if not changed else f"{changed} of {len(rows)} words change."
    return (
        f"{held} {name.capitalize()}s explain {first['share']:.0%} of the variation of growth "
        f"rates within arms. {words}"
    )


def _content(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    return {"rows": cluster_rows(study, results), "words": cluster_sentences(study, results)}


SECTIONS = (Section("clusters", "Are cages counted as mice?", "Cages", _content),)
