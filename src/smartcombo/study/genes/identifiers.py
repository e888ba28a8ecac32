"""Gene identifiers as tables have them: Ensembl or symbol, old or new, intact or damaged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import pandas as pd

from smartcombo.study.genes.tables import fact_table

Species = Literal["mouse", "human"]
NamedSpecies = Literal["mouse", "human", "capitals", "unknown"]

ENSEMBL = re.compile(r"^(ENS(?:MUS)?G\d{11})(?:\.\d+)?$")
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"
DAMAGED = re.compile(
    rf"^(?:\d{{1,2}}-(?:{MONTHS})|(?:{MONTHS})-\d{{1,2}}|\d{{4}}-\d\d-\d\d(?: 00:00:00)?"
    r"|\d{1,2}/\d{1,2}/\d{2,4}|[34]\d{4}(?:\.0)?)$",
    re.IGNORECASE,
)
"""``1-Mar``, ``Sep-2``, ``2001-03-01`` and ``43891``: what a spreadsheet makes of MARCH1, SEPT2."""
HUMAN_STYLE = re.compile(r"^[A-Z][A-Z0-9]*(?:orf\d+)?(?:[-.][A-Z0-9]+)*$")
MOUSE_STYLE = re.compile(r"^(?:[A-Z][a-z0-9-]*[a-z][a-zA-Z0-9-.]*|\d+[A-Z]\d+Rik|mt-\w+|H2-\w+)$")
MOUSE_ONLY = re.compile(r"^(?:\d{7}[A-Z]\d\dRIK|GM\d{3,}|H2-[KDLAE]\w*|MT-ND\dL?RIK)$")
"""Mouse genes under capitals: names no human gene has."""
CLEAR_SHARE = 0.7
"""A table is of the species whose style at least this share of its symbols has."""


@dataclass(frozen=True)
class GeneNames:
    """What became of each identifier; nothing disappears.

    Attributes
    ----------
    kept
        One row a kept identifier: ``position`` in what was given (from 0), ``original``, ``symbol``
        (its current name), ``how`` (``"symbol"``, ``"alias"``, ``"ensembl"`` or ``"entrez"``).
    lost
        One row a lost identifier: ``position``, ``original``, ``reason``.
    ambiguous
        The rows of ``kept`` whose symbol stands for several identifiers.
    """

    kept: pd.DataFrame
    lost: pd.DataFrame
    ambiguous: pd.DataFrame


def resolve_genes(
    identifiers: Sequence[str], species: Species, symbols: Sequence[str] | None = None
) -> GeneNames:
    """Return the current symbol of each identifier, and those that have none.

    Upper and lower case are never changed: a human symbol in a mouse study stays one, and
    `map_orthologs` is the only way from one species to the other.

    Parameters
    ----------
    identifiers
        Symbols (old or new) or Ensembl gene ids (a version suffix is dropped).
    species
        Whose aliases are used.
    symbols
        The symbol stated beside each Ensembl id or Entrez number; one without is lost.
    """
    stated = list(symbols) if symbols is not None else [""] * len(identifiers)
    rows = [
        (position, original, *_resolved(original, beside, species))
        for position, (original, beside) in enumerate(
            zip(map(str, identifiers), stated, strict=True)
        )
    ]
    table = pd.DataFrame(rows, columns=["position", "original", "symbol", "how"])
    found = table["symbol"] != ""
    kept = table[found].reset_index(drop=True)
    lost = table.loc[~found, ["position", "original", "how"]].rename(columns={"how": "reason"})
    twice = kept[kept["symbol"].duplicated(keep=False)].sort_values("symbol", kind="stable")
    return GeneNames(kept, lost.reset_index(drop=True), twice.reset_index(drop=True))


def _resolved(original: str, beside: str, species: Species) -> tuple[str, str]:
    """Return the symbol and how it was found, or no symbol and why."""
    name = original.strip()
    ensembl = ENSEMBL.match(name)
    if ensembl:
        if _ensembl_species(name) != species:
            return "", f"an Ensembl id of the {_ensembl_species(name)}"
        known = current_symbol(beside.strip(), species)
        return (known, "ensembl") if known else ("", "an Ensembl id without a symbol beside it")
    if name.isdigit() and beside.strip():
        return current_symbol(beside.strip(), species), "entrez"
    if DAMAGED.match(name):
        return "", "a date or number that a spreadsheet made of a gene"
    if not name or name.lower() in ("nan", "na", "n/a", "-"):
        return "", "no identifier"
    if name.isdigit():
        return "", "a number without a symbol beside it"
    symbol = current_symbol(name, species)
    return symbol, "symbol" if symbol == name else "alias"


def current_symbol(symbol: str, species: Species) -> str:
    """Return the current name of a gene; a name without a newer one is returned as it is."""
    return _aliases(species).get(symbol, symbol)


@cache
def _aliases(species: Species) -> dict[str, str]:
    table = fact_table("aliases")
    own = table[table["species"] == species]
    return dict(zip(own["alias"], own["symbol"], strict=True))


def without_version(identifier: str) -> str:
    """Return an Ensembl id without the version after its point; other names as they are."""
    found = ENSEMBL.match(identifier.strip())
    return found.group(1) if found else identifier


def _ensembl_species(identifier: str) -> Species:
    return "mouse" if identifier.startswith("ENSMUS") else "human"


def species_of(identifiers: Iterable[str]) -> NamedSpecies:
    """Return the species that a table's identifiers are of.

    Ensembl prefixes decide first, then the case of the symbols (``Cd8a`` mouse, ``CD8A`` human).
    ``"capitals"`` are mouse genes in capitals (``H2-K1``, ``GM1234`` among ``CD8A``), which name no
    gene of either species; ``"unknown"`` is a table with no clear majority.
    """
    names = [str(name) for name in identifiers]
    ensembl = [_ensembl_species(name) for name in names if ENSEMBL.match(name)]
    if 2 * len(ensembl) > len(names):
        mouse = ensembl.count("mouse") / len(ensembl)
        return "mouse" if mouse >= CLEAR_SHARE else "human" if mouse <= 0.3 else "unknown"
    symbols = [n for n in names if re.search("[A-Za-z]{2}", n) and not DAMAGED.match(n)]
    if not symbols:
        return "unknown"
    human = sum(bool(HUMAN_STYLE.match(name)) for name in symbols) / len(symbols)
    mouse = sum(bool(MOUSE_STYLE.match(name)) for name in symbols) / len(symbols)
    if human >= CLEAR_SHARE:
        return "capitals" if _capitalised_mouse(symbols) else "human"
    return "mouse" if mouse >= CLEAR_SHARE else "unknown"


def _capitalised_mouse(symbols: list[str]) -> bool:
    return any(MOUSE_ONLY.match(name) for name in symbols)
