"""Genes that a mouse strain does not have, or has in another form than the reference."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from smartcombo.study.genes.identifiers import current_symbol
from smartcombo.study.genes.tables import fact_table

STRAINS = {
    "BALB/c": r"balb",
    "C57BL/6": r"c57bl|^b6|black6|bl6",
    "FVB": r"^fvb",
    "129": r"^129",
}
"""Strain -> how labs write it, lower case, without spaces."""


@dataclass(frozen=True)
class StrainMask:
    """Which genes can be read in a strain.

    Attributes
    ----------
    strain
        ``"BALB/c"``, ``"C57BL/6"``, ``"FVB"``, ``"129"``, or ``""`` where it is none of them.
    kept
        ``symbol`` of each gene that can be read.
    lost
        ``symbol``, ``reason`` and ``doi`` of each gene masked: its value says nothing of cells.
    ambiguous
        ``symbol`` and ``reason`` of genes that some strain masks, where the strain is not known.
    """

    strain: str
    kept: pd.DataFrame
    lost: pd.DataFrame
    ambiguous: pd.DataFrame


def strain_group(strain: str) -> str:
    """Return the strain a name means (``"C57BL/6J"`` is ``"C57BL/6"``), or ``""``.

    A cross of two strains (``"C57BL/6 x BALB/c"``) has the genes of both and is ``""``.
    """
    plain = re.sub(r"\s", "", strain.lower())
    found = [name for name, pattern in STRAINS.items() if re.search(pattern, plain)]
    return found[0] if len(found) == 1 else ""


def mask_for_strain(genes: Sequence[str], strain: str) -> StrainMask:
    """Return which mouse genes can be read in a strain, and why the others cannot.

    A masked gene has no transcript there (``H2-Ea`` in C57BL/6), or a sequence so different from
    the C57BL/6 reference (Ly49 genes, ``Klrb1c``) that its value compares strains and not cells.
    """
    group = strain_group(strain)
    asked = pd.DataFrame({"symbol": [current_symbol(str(gene), "mouse") for gene in genes]})
    table = fact_table("strains")
    rows = asked.merge(table, on="symbol", how="inner").drop_duplicates(["symbol", "strain"])
    lost = rows.loc[rows["strain"] == group, ["symbol", "reason", "doi"]]
    open_ones = rows[["symbol", "reason"]] if not group else rows.iloc[:0][["symbol", "reason"]]
    return StrainMask(
        strain=group,
        kept=asked[~asked["symbol"].isin(lost["symbol"])].reset_index(drop=True),
        lost=lost.reset_index(drop=True),
        ambiguous=open_ones.drop_duplicates("symbol").reset_index(drop=True),
    )
