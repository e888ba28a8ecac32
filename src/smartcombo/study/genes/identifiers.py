"""Gene identifiers as tables have them: Ensembl or symbol, old or new, intact or damaged."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import pandas as pd

from smartcombo.study.genes.ensembl import STRAIN_ID, EnsemblId, is_used, named_id, read_id
from smartcombo.study.genes.tables import fact_table

Species = Literal["mouse", "human"]

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
NOT_A_GENE = re.compile(r"^(?:__\w+|N_(?:unmapped|multimapping|noFeature|ambiguous))$")
"""``__no_feature`` and ``N_unmapped``: what counters write under their genes."""
NO_NAME = ("", "nan", "na", "n/a", "-", "none")
CLEAR_SHARE = 0.7
"""A table is of the species whose style at least this share of its symbols has."""


@dataclass(frozen=True)
class GeneNames:
    """What became of each identifier; nothing disappears.

    Attributes
    ----------
    kept
        One row a kept identifier: ``position`` in what was given (from 0), ``original``, ``symbol``
        (its current name), ``how``: ``"symbol"``, ``"alias"``; ``"ensembl"`` by the symbol beside
        an Ensembl id or the table of the package; ``"retired"`` by that table from an id that newer
        releases do not have; ``"unnamed"``, an Ensembl id kept as the name, for nothing names it;
        ``"entrez"`` by the symbol beside a number.
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
        Symbols (old or new), Ensembl gene ids (a version suffix is dropped), or both in one cell.
    species
        Whose aliases are used, and whose Ensembl ids are named.
    symbols
        The symbol stated beside each Ensembl id or Entrez number. A number without one is lost. An
        id has the symbol beside it, unless only the id is known to the package; an id without any
        is named by the package's table, or kept as its own name.
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
    name, beside = original.strip(), _stated(beside)
    found = read_id(name)
    if found is None and (other := read_id(beside)):
        found, beside = other, name
    if found:
        return _by_id(found, beside, species)
    if name.isdigit() and beside:
        return current_symbol(beside, species), "entrez"
    if DAMAGED.match(name):
        return "", "a date or number that a spreadsheet made of a gene"
    if name.lower() in NO_NAME:
        return "", "no identifier"
    if NOT_A_GENE.match(name):
        return "", "a sum that the counting program wrote, no gene"
    if strain := STRAIN_ID.match(name):
        reason = f"an id of the genome of {strain[1]}, which only a symbol beside it names"
        return (current_symbol(beside, species), "ensembl") if beside else ("", reason)
    if name.isdigit():
        return "", "a number without a symbol beside it"
    symbol = current_symbol(name, species)
    return symbol, "symbol" if symbol == name else "alias"


def _stated(beside: str) -> str:
    return "" if beside.strip().lower() in NO_NAME else beside.strip()


def _by_id(found: EnsemblId, beside: str, species: Species) -> tuple[str, str]:
    """Return the symbol of an Ensembl id: as stated, else by the table, else the id itself."""
    if found.species != species:
        return "", f"an Ensembl id of the {found.species}"
    if found.kind != "gene":
        return "", f"a {found.kind}, and no gene"
    stated = "" if read_id(beside) else beside
    symbol = current_symbol(stated or found.beside, species)
    if is_used(symbol, species):
        return symbol, "ensembl"
    known = named_id(found.id)
    if known:
        return known.symbol, "retired" if known.retired else "ensembl"
    return (symbol, "ensembl") if symbol else (found.id, "unnamed")


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
    found = read_id(identifier)
    return found.id if found else identifier


def species_of(identifiers: Iterable[str]) -> str:
    """Return the species that a table's identifiers are of.

    Ensembl prefixes decide first, then the case of the symbols (``Cd8a`` mouse, ``CD8A`` human).

    Returns
    -------
    str
        ``"mouse"``, ``"human"``, or another species that Ensembl ids are of (``"rat"``);
        ``"capitals"`` are mouse genes in capitals (``H2-K1``, ``GM1234`` among ``CD8A``), which
        name no gene of either species; ``"unknown"`` is a table with no clear majority.
    """
    names = [str(name) for name in identifiers]
    ids = [read_id(name) for name in names]
    of = Counter(found.species for found in ids if found)
    if 2 * of.total() > len(names):
        most, count = of.most_common(1)[0]
        return most if count >= CLEAR_SHARE * of.total() else "unknown"
    plain = [name for name, found in zip(names, ids, strict=True) if found is None]
    return _species_of_symbols(plain)


def _species_of_symbols(names: list[str]) -> str:
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
