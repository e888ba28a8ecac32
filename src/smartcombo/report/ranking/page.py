"""Render a dossier as one self-contained page that opens offline."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from smartcombo.core.method import Method
from smartcombo.ranking.dossier import Dossier
from smartcombo.ranking.reweighting import Reweighting
from smartcombo.report.drawing import svg_of
from smartcombo.report.figures.base import Figure, records
from smartcombo.report.page import environment
from smartcombo.report.ranking import cases, cells, places
from smartcombo.report.ranking.figures import ranking_figures
from smartcombo.report.ranking.words import percent
from smartcombo.report.words import unit_text

MOST_MICE = 40_000
"""Measurements of single mice on the page; beyond it they are in ``mice.csv`` only."""


def write_page(dossier: Dossier, to: Path, run_info: Mapping[str, Any]) -> Path:
    """Write the page of a programme and return the file.

    Parameters
    ----------
    run_info
        Provenance to print; must hold no time of day.
    """
    to = Path(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(page_html(dossier, run_info), encoding="utf-8", newline="\n")
    return to


def page_html(dossier: Dossier, run_info: Mapping[str, Any]) -> str:
    """Return the page as HTML; a blinded dossier gives a blinded page."""
    made = environment()
    made.filters |= {"percent": percent}
    figures = ranking_figures(dossier)
    ordered = places.place_rows(dossier)
    gates, gated = cases.gate_table(dossier)
    names, pairs = cases.pair_table(dossier)
    return made.get_template("ranking/page.html.j2").render(
        dossier=dossier,
        level=dossier.ranking.options["level"],
        headline=places.headline(ordered, dossier.ranking.options["level"]),
        stopped=places.stopped_sentence(ordered),
        rows=ordered,
        cards=places.cards(ordered),
        columns=cells.column_rows(dossier),
        heat=cells.heat_rows(dossier),
        cases=cases.case_rows(dossier),
        gates=gates,
        gated=gated,
        conflicts=cases.conflict_rows(dossier),
        variants=cases.variant_rows(dossier),
        names=names,
        pairs=pairs,
        central=cases.weight_table(dossier),
        baseline=dossier.ranking.baseline.to_dict("records"),
        experiments=cases.experiment_rows(dossier),
        decisions=_blank(dossier.decisions),
        agents=dossier.agents.to_dict("records"),
        studies=dossier.studies.to_dict("records"),
        findings=dossier.findings.to_dict("records"),
        figures=[(figure, _image(figure)) for figure in figures],
        weights=_weights(dossier.reweighting),
        data=_json(_data(dossier)),
        methods=_methods(),
        run_info=run_info,
    )


def _blank(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows in which nothing stands for missing."""
    rows = table.astype(object).where(table.notna(), "").to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _weights(again: Reweighting) -> list[dict[str, Any]]:
    """Return a slider a criterion, at the mean weights of the ranking."""
    return [
        {"id": name, "title": title, "share": float(share)}
        for name, title, share in zip(again.criteria, again.titles, again.weights, strict=True)
    ]


def _data(dossier: Dossier) -> dict[str, Any]:
    """Return what the page's script reads: the draws, the evidence of each cell, the mice."""
    return {
        "draws": draws_of(dossier.reweighting),
        "cells": cells.cell_details(dossier),
        "mice": _mice(dossier.mice),
    }


def draws_of(again: Reweighting) -> dict[str, Any]:
    """Return the draws as JSON: 16-bit codes, little-endian, base64, candidate by criterion."""
    m, n, draws = again.codes.shape
    return {
        "candidates": list(again.candidates),
        "criteria": list(again.criteria),
        "shape": [m, n, draws],
        "codes": base64.b64encode(again.codes.astype("<u2").tobytes()).decode(),
        "low": again.low,
        "step": again.step,
        "weights": [float(w) for w in again.weights],
        "geometric": again.geometric,
    }


def _mice(mice: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return, a candidate, its animals as curves."""
    if len(mice) > MOST_MICE:
        return {}
    keys = ["study", "model", "arm", "role", "animal", "unit"]
    found: dict[str, list[dict[str, Any]]] = {}
    for candidate, own in mice.groupby("candidate", sort=False):
        curves = []
        for key, one in own.groupby(keys, sort=False):
            points = records(one[["day", "volume", "at_limit"]])
            facts = dict(zip(keys, map(str, key), strict=True))
            curves.append(
                facts
                | {"unit": unit_text(facts["unit"])}
                | {"points": [[p["day"], p["volume"], int(p["at_limit"])] for p in points]}
            )
        found[str(candidate)] = curves
    return found


def _json(value: Any) -> str:
    """Return JSON that is safe inside a script element."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")


def _image(figure: Figure) -> str:
    """Return a figure as a data URL: drawn once, no script needed."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg_of(figure).encode()).decode()


def _methods() -> Sequence[Method]:
    from smartcombo.evidence.programme_methods import METHODS as EVIDENCE
    from smartcombo.ranking.methods import METHODS

    return (*METHODS, *EVIDENCE)
