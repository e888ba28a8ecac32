"""Small tables of facts about genes, with their sources."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pandas as pd


@cache
def fact_table(name: str) -> pd.DataFrame:
    """Return a table of this package as text; callers must not change it.

    Parameters
    ----------
    name
        ``"aliases"`` (species, alias, symbol), ``"ensembl"`` (id, symbol, release, votes, sources,
        against), ``"orthologs"`` (human, mouse, kind, votes, sources) or ``"strains"`` (strain,
        symbol, reason, doi).
    """
    with (files(__name__) / f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)
