"""What a population is a part of: the words of a denominator, and of FlowJo's headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["fraction", "count", "amount", "intensity", "fold", "score"]

EXPECTED = (
    "'percent of CD45+', 'percent of live', 'percent of parent', 'fraction of ...', 'count', "
    "'cells per mg', 'intensity', 'fold of ...' or 'score'"
)
CELL_TYPES: dict[str, str] = {
    "cd8": "CD8 T", "cd8t": "CD8 T", "cd8+": "CD8 T", "cd4": "CD4 T", "cd4t": "CD4 T",
    "cd3": "T", "t": "T", "tcells": "T", "treg": "Treg", "tregs": "Treg", "foxp3": "Treg",
    "nk": "NK", "nkcells": "NK", "nk1.1": "NK", "nkt": "NKT", "b": "B", "bcells": "B",
    "cd19": "B", "b220": "B", "cd45": "leukocyte", "leukocyte": "leukocyte", "mdsc": "MDSC",
    "mmdsc": "M-MDSC", "gmdsc": "G-MDSC", "pmnmdsc": "G-MDSC", "tam": "macrophage",
    "tams": "macrophage", "macrophage": "macrophage", "macrophages": "macrophage",
    "f4/80": "macrophage", "m1": "M1 macrophage", "m2": "M2 macrophage",
    "m1macrophage": "M1 macrophage", "m2macrophage": "M2 macrophage", "dc": "DC", "dcs": "DC",
    "cdc1": "cDC1", "cd103dc": "cDC1", "neutrophil": "neutrophil", "neutrophils": "neutrophil",
    "monocyte": "monocyte", "monocytes": "monocyte", "fibroblast": "fibroblast",
    "caf": "fibroblast", "tumour": "tumour", "tumor": "tumour", "gzmbcd8": "activated CD8 T",
    "cd8gzmb": "activated CD8 T", "cd8ifng": "activated CD8 T", "ifngcd8": "activated CD8 T",
    "cd8ki67": "activated CD8 T", "activatedcd8t": "activated CD8 T", "cd8pd1": "PD-1+ CD8 T",
    "pd1cd8": "PD-1+ CD8 T", "pd1cd8t": "PD-1+ CD8 T", "activateddc": "activated DC",
    "activatedmacrophage": "activated macrophage", "tgfbetasignalling": "TGF-beta signalling",
    "psmad2": "TGF-beta signalling", "tcellposition": "T cell position",
}  # fmt: skip
"""Plain name -> cell type; a gate named by a marker is read where it has only one usual meaning."""
_PARTS = re.compile(r"^(percent|%|fraction|share|)\s*of\s+(.+)$")
_AMOUNT = re.compile(r"^(?:cells?|events?|number)\s*(?:per|/)\s*(\w+)$")
_FLOWJO = re.compile(r"^freq(?:uency|\.)?\s*of\s+(.+?)\s*(?:\(%\))?$")
_HEADING = re.compile(
    r"^(.+?)\s*[|(,]\s*((?:%|percent|fraction|freq)[^|()]*(?:\(%\))?)\s*\)?$", re.I
)


@dataclass(frozen=True)
class Denominator:
    """What a value is counted against.

    Attributes
    ----------
    of
        The whole of a fraction, the tissue of an amount, the reference of a fold.
    percent
        Of a fraction: true for percent, false for a fraction of 1, ``None`` where it is not said.
    """

    kind: Kind
    of: str = ""
    percent: bool | None = None

    @property
    def words(self) -> str:
        """Return the denominator as the report says it."""
        if self.kind == "fraction":
            return f"of {self.of}"
        if self.kind == "amount":
            return f"cells per {self.of}"
        return f"fold of {self.of}" if self.kind == "fold" and self.of else self.kind


def parse_denominator(text: str) -> Denominator | None:
    """Return a denominator read from its words, as declared or as FlowJo writes it."""
    said = " ".join(text.split())
    plain = said.lower()
    kept = {"count": "count", "events": "count", "cells": "count", "score": "score",
            "intensity": "intensity", "mfi": "intensity", "fold": "fold"}  # fmt: skip
    if plain in kept:
        return Denominator(kept[plain])  # type: ignore[arg-type]
    if re.match(r"^(median|mean|geometric mean|mfi)\b", plain):
        return Denominator("intensity")
    if plain.startswith("fold of "):
        return Denominator("fold", said[8:])
    if match := _AMOUNT.match(plain):
        return Denominator("amount", match[1])
    if match := _FLOWJO.match(plain):
        return Denominator("fraction", said[match.start(1) : match.end(1)], True)
    if match := _PARTS.match(plain):
        unit = {"percent": True, "%": True, "fraction": False, "share": False}.get(match[1])
        return Denominator("fraction", said[match.start(2) :], unit)
    return None


def split_heading(heading: str) -> tuple[str, str]:
    """Return the gate of a heading and the words of its denominator, empty where there are none."""
    if " | " in heading:
        gate, words = heading.rsplit(" | ", 1)
        return gate.strip(), words.strip()
    match = _HEADING.match(heading)
    return (match[1], match[2].strip()) if match else (heading.strip(), "")


def leaf(gate: str) -> str:
    """Return the last gate of a path."""
    return gate.rsplit("/", 1)[-1].strip()


def parent(gate: str) -> str:
    """Return the path of the gate above; empty at the root."""
    return gate.rsplit("/", 1)[0] if "/" in gate else ""


def cell_type_of(name: str) -> str:
    """Return the cell type that a name has for sure, else an empty text."""
    plain = re.sub(r"[\s_+\-.]|cells?$", "", name.lower()) if name.lower() != "nk1.1" else "nk1.1"
    return CELL_TYPES.get(plain, "")


def known_cell_types() -> tuple[str, ...]:
    """Return the cell types with a meaning in the landscape."""
    return tuple(dict.fromkeys(CELL_TYPES.values()))
