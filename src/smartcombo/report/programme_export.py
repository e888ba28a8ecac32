"""The folder of a ranked programme: every table as CSV, and its provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from smartcombo.ranking.blinding_terms import Matcher
from smartcombo.ranking.dossier import Dossier
from smartcombo.report.drawing import write_csv, write_figures
from smartcombo.report.export import versions, written_whole
from smartcombo.report.leaks import require_no_leaks
from smartcombo.report.memo import write_memos
from smartcombo.report.ranking.figures import ranking_figures
from smartcombo.report.ranking.page import write_page
from smartcombo.report.ranking_json import write_json
from smartcombo.report.workbook import write_workbook


def write_ranking(dossier: Dossier, out: Path, *, forbidden: Matcher | None = None) -> Path:
    """Write the ranking and all it stands on, replacing an earlier one; whole or not at all.

    Parameters
    ----------
    dossier
        Blinded or not.
    forbidden
        What no byte may hold, of the key that a blinded dossier was made with.

    Returns
    -------
    Path
        The folder: ``ranking.csv``, ``reasons.csv``, the other tables of the ranking and of the
        evidence, ``next_experiments.csv``, ``findings.csv``; all tables in ``ranking.json`` and,
        where the extra ``excel`` is there, ``ranking.xlsx``; ``figures``, ``provenance.json``,
        the page ``report.html``, and in ``memos`` the decision memo of every candidate.

    Raises
    ------
    StudyError
        If anything forbidden can be read in any file; nothing is written then.
    """
    with written_whole(out) as work:
        tables, info = ranking_tables(dossier), provenance(dossier)
        for name, table in tables.items():
            write_csv(table, work / f"{name}.csv")
        write_json(tables, info, work / "ranking.json")
        write_workbook(tables, info, work / "ranking.xlsx")
        text = json.dumps(info, indent=2, sort_keys=True)
        (work / "provenance.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        write_figures(ranking_figures(dossier), work / "figures")
        write_page(dossier, work / "report.html", info)
        write_memos(dossier, work / "memos")
        if forbidden is not None:
            require_no_leaks(work, forbidden)
    return Path(out)


def ranking_tables(dossier: Dossier) -> dict[str, pd.DataFrame]:
    """Return every table of a dossier by file name; made data says SYNTHETIC in each row."""
    ranking, evidence = dossier.ranking, dossier.evidence
    tables = {
        "ranking": ranking.summary,
        "reasons": ranking.reasons,
        "groups": ranking.groups,
        "acceptability": ranking.acceptability,
        "pairwise": ranking.pairwise,
        "central_weights": ranking.central_weights,
        "criteria": ranking.criteria,
        "anchors": dossier.criteria,
        "sensitivity": ranking.sensitivity,
        "variants": ranking.variants,
        "baseline": ranking.baseline,
        "next_experiments": dossier.experiments,
        "gates": evidence.gates,
        "verdicts": evidence.verdicts,
        "claims": evidence.claims,
        "conflicts": evidence.conflicts,
        "pooled": evidence.pooled,
        "grades": evidence.grades,
        "moves": evidence.moves,
        "agents": dossier.agents,
        "combinations": dossier.combinations,
        "studies": dossier.studies,
        "inputs": dossier.inputs,
        "mice": dossier.mice,
        "decisions": dossier.decisions,
        "findings": dossier.findings,
    }
    kept = {name: table for name, table in tables.items() if len(table.columns)}
    return {name: _marked(table) for name, table in kept.items()} if dossier.synthetic else kept


def _marked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a first column that says SYNTHETIC: no row goes without it."""
    return pd.concat([pd.Series("SYNTHETIC", index=table.index, name="data"), table], axis=1)


def _licence(studies: pd.DataFrame) -> str:
    """Return the licence that all studies state, or nothing."""
    stated = set(studies["licence"].fillna("").astype(str)) if "licence" in studies else set()
    return stated.pop() if len(stated) == 1 else ""


def provenance(dossier: Dossier) -> Mapping[str, Any]:
    """Return inputs, options, methods and versions; no time of day, no path."""
    inputs = dossier.inputs.to_dict("records")
    return {
        "programme": dossier.programme,
        "title": dossier.title,
        "contact": dossier.contact,
        "licence": _licence(dossier.studies),
        "blinded": dossier.blinded,
        "synthetic": dossier.synthetic,
        "inputs": [{str(key): value for key, value in row.items()} for row in inputs],
        "formula": dossier.ranking.formula,
        "methods": list(dossier.ranking.methods),
        "options": dict(dossier.ranking.options),
        "versions": versions(),
    }
