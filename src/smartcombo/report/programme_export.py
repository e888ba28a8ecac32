"""The folder of a ranked programme: every table as CSV, and its provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from smartcombo.core.finding import findings_table
from smartcombo.evidence.programme_evidence import Evidence
from smartcombo.ranking.result import Ranking
from smartcombo.report.export import versions, write_csv, written_whole
from smartcombo.study.programme import Programme


def write_ranking(programme: Programme, evidence: Evidence, ranking: Ranking, out: Path) -> Path:
    """Write the ranking and all it stands on, replacing an earlier one; whole or not at all.

    Returns
    -------
    Path
        The folder: ``ranking.csv``, ``reasons.csv``, the other tables of the ranking and of the
        evidence, ``findings.csv``, ``provenance.json``.
    """
    with written_whole(out) as work:
        for name, table in _tables(programme, evidence, ranking).items():
            write_csv(_marked(table) if programme.synthetic else table, work / f"{name}.csv")
        text = json.dumps(_provenance(programme, ranking), indent=2, sort_keys=True)
        (work / "provenance.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    return Path(out)


def _tables(programme: Programme, evidence: Evidence, ranking: Ranking) -> dict[str, pd.DataFrame]:
    found = [*programme.findings, *(f for study in programme.studies for f in study.findings)]
    return {
        "ranking": ranking.summary,
        "reasons": ranking.reasons,
        "groups": ranking.groups,
        "acceptability": ranking.acceptability,
        "pairwise": ranking.pairwise,
        "central_weights": ranking.central_weights,
        "criteria": ranking.criteria,
        "sensitivity": ranking.sensitivity,
        "variants": ranking.variants,
        "gates": evidence.gates,
        "verdicts": evidence.verdicts,
        "claims": evidence.claims,
        "pooled": evidence.pooled,
        "grades": evidence.grades,
        "moves": evidence.moves,
        "findings": findings_table(dict.fromkeys([*found, *evidence.findings])),
    }


def _marked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a first column that says SYNTHETIC: no row goes without it."""
    return pd.concat([pd.Series("SYNTHETIC", index=table.index, name="data"), table], axis=1)


def _provenance(programme: Programme, ranking: Ranking) -> Mapping[str, Any]:
    """Return inputs, options, methods and versions; no time of day, no path."""
    return {
        "programme": programme.id,
        "synthetic": programme.synthetic,
        "inputs": {
            study.id: [
                {"file": item.name, "sha256": item.sha256, "rows": item.rows}
                for item in study.inputs
            ]
            for study in programme.studies
        },
        "formula": ranking.formula,
        "methods": list(ranking.methods),
        "options": dict(ranking.options),
        "versions": versions(),
    }
