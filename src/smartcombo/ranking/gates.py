"""Gates before weights: who may be ranked, and why not."""

from __future__ import annotations

import pandas as pd

from smartcombo.ranking.criteria import GATE_COLUMNS


def no_gates() -> pd.DataFrame:
    """Return a table of gates without rows."""
    return pd.DataFrame(columns=list(GATE_COLUMNS))


def gate_words(gates: pd.DataFrame, candidates: list[str]) -> pd.DataFrame:
    """Return, a candidate, whether a gate stops it and in which words.

    A gate that nothing answers is a caution, whatever its severity: what was not looked at has
    neither passed nor failed.

    Returns
    -------
    DataFrame
        Index candidate; columns ``gated`` (bool), ``stops`` and ``cautions`` (text, ``;`` apart).
    """
    stops: dict[str, list[str]] = {name: [] for name in candidates}
    cautions: dict[str, list[str]] = {name: [] for name in candidates}
    for row in gates.to_dict("records"):
        if pd.isna(row["passed"]):
            cautions[row["candidate"]].append(f"{row['gate']}: not answered ({row['reason']})")
        elif not row["passed"]:
            side = stops if row["severity"] == "stop" else cautions
            side[row["candidate"]].append(f"{row['gate']}: {row['reason']}")
    return pd.DataFrame(
        {
            "gated": [bool(stops[name]) for name in candidates],
            "stops": ["; ".join(stops[name]) for name in candidates],
            "cautions": ["; ".join(cautions[name]) for name in candidates],
        },
        index=pd.Index(candidates, name="candidate"),
    )
