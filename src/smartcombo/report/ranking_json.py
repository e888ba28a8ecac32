"""A ranking as one JSON file: every table, what its columns mean, and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from smartcombo.report.column_words import COLUMNS, TABLES
from smartcombo.report.plain_values import plain

SCHEMA = "smartcombo-ranking/1"
"""Changes when a key goes or means something else; a new table or column changes nothing."""


def write_json(tables: Mapping[str, pd.DataFrame], info: Mapping[str, Any], path: Path) -> None:
    """Write every table with the provenance in one file; the same bytes from the same tables."""
    whole = {
        "schema": SCHEMA,
        "synthetic": info["synthetic"],
        "provenance": info,
        "columns": {
            name: COLUMNS.get(name, name)
            for name in sorted({str(c) for table in tables.values() for c in table.columns})
        },
        "tables": {name: _table(name, table) for name, table in tables.items()},
    }
    text = json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def read_json(path: str | Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a ``ranking.json``, by name.

    Raises
    ------
    ValueError
        If the file has another schema.
    """
    whole = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(whole, dict) or whole.get("schema") != SCHEMA:
        found = whole.get("schema") if isinstance(whole, dict) else type(whole).__name__
        raise ValueError(f"{path}: found schema {found!r}; expected {SCHEMA!r}; read it with the "
                         "version of smartcombo that wrote it")  # fmt: skip
    return {
        name: pd.DataFrame(one["rows"], columns=one["columns"])
        for name, one in whole["tables"].items()
    }


def _table(name: str, table: pd.DataFrame) -> dict[str, Any]:
    return {
        "title": TABLES.get(name, name),
        "columns": [str(column) for column in table.columns],
        "rows": [[plain(cell) for cell in row] for row in table.itertuples(index=False)],
    }
