"""Ensembl ids: read out of what tables write, and named by a table of the package."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from smartcombo.study.genes.tables import fact_table

Kind = Literal["gene", "transcript", "protein"]
ID = re.compile(r"(?<![A-Z0-9])ENS([A-Z]{3,4})?([GTP])(\d{11})(?:\.\d+)?(?:_PAR_Y)?", re.IGNORECASE)
"""An id with its version; ``_PAR_Y`` marks the copy of a gene on Y, which is the same gene."""
STRAIN_ID = re.compile(r"^MGP_(\w+?)_[GTP]\d{7}")
"""An id of a genome of the Mouse Genomes Project."""
BETWEEN = re.compile(r"[|:;,/\s]+|_+")
GENOME = re.compile(r"^(?:grc[hm]\d+|hg\d+|mm\d+|OTT\w+|\d+|-)$", re.IGNORECASE)
"""What stands beside ids and names no gene: a genome, an id of Havana, a length."""
KINDS: dict[str, Kind] = {"G": "gene", "T": "transcript", "P": "protein"}
SPECIES = {
    "": "human", "MUS": "mouse", "RNO": "rat", "MMU": "macaque", "MFA": "cynomolgus macaque",
    "CAF": "dog", "FCA": "cat", "SSC": "pig", "OCU": "rabbit", "DAR": "zebrafish", "BTA": "cow",
    "CGR": "Chinese hamster", "MAU": "golden hamster",
}  # fmt: skip
ALTERNATE = "alternate"
"""Where the table has a release: the id is of a gene on a haplotype or a patch."""


@dataclass(frozen=True)
class EnsemblId:
    """An id as a table writes it.

    Attributes
    ----------
    id
        Without its version, in capitals.
    species
        ``"mouse"``, ``"human"``, ``"rat"`` ...; ``"unknown species ENSXXX"`` where its prefix is
        not known.
    kind
        ``"gene"``, ``"transcript"`` or ``"protein"``.
    beside
        The symbol in the same cell (``ENSMUSG00000053977|Cd8a``), or ``""``.
    """

    id: str
    species: str
    kind: Kind
    beside: str = ""


@dataclass(frozen=True)
class NamedId:
    """What the table of the package says of an id.

    Attributes
    ----------
    symbol
        The symbol the package uses.
    release
        The newest Ensembl release whose primary assembly has the id, or ``ALTERNATE``.
    """

    symbol: str
    release: str

    @property
    def retired(self) -> bool:
        """Return whether newer releases do not have the id."""
        return self.release not in (newest_release(), ALTERNATE)


def read_id(text: str) -> EnsemblId | None:
    """Return the Ensembl id in a cell, of its gene where it has several; ``None`` without one."""
    if "ENS" not in text[:64].upper():
        return None
    found = list(ID.finditer(text))
    if not found:
        return None
    best = next((match for match in found if match[2].upper() == "G"), found[0])
    prefix = (best[1] or "").upper()
    letter = best[2].upper()
    return EnsemblId(
        id=f"ENS{prefix}{letter}{best[3]}",
        species=SPECIES.get(prefix, f"unknown species ENS{prefix}"),
        kind=KINDS[letter],
        beside=_symbol_in(ID.sub("|", text)),
    )


def _symbol_in(rest: str) -> str:
    """Return the only name in what a cell has beside its ids, or ``""``."""
    names = [part for part in BETWEEN.split(rest) if part and not GENOME.match(part)]
    return names[0] if len(names) == 1 else ""


def named_id(identifier: str) -> NamedId | None:
    """Return what the package knows of an id without version; ``None`` where nothing."""
    return _table().get(identifier)


def is_used(symbol: str, species: str) -> bool:
    """Return whether a gene of the package has this symbol."""
    return symbol in _symbols(species)


@cache
def newest_release() -> str:
    """Return the newest Ensembl release that the table of the package knows."""
    return max(fact_table("ensembl")["release"].loc[lambda r: r != ALTERNATE], key=int)


@cache
def _table() -> dict[str, NamedId]:
    table = fact_table("ensembl")
    named = map(NamedId, table["symbol"], table["release"])
    return dict(zip(table["id"], named, strict=True))


@cache
def _symbols(species: str) -> frozenset[str]:
    table = fact_table("ensembl")
    mouse = table["id"].str.startswith("ENSMUS")
    return frozenset(table.loc[mouse if species == "mouse" else ~mouse, "symbol"])
