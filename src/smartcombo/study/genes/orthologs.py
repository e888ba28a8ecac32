"""Counterparts between mouse and human, by a table that is part of the package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from smartcombo.study.genes.identifiers import Species, current_symbol
from smartcombo.study.genes.tables import fact_table

PAIR_COLUMNS = ("given", "counterpart", "kind", "votes", "sources")


@dataclass(frozen=True)
class Orthologs:
    """What became of each gene on the way to the other species.

    Attributes
    ----------
    kept
        One row a pair with ``PAIR_COLUMNS``: ``kind`` is ``"one-to-one"``, ``"one-to-many"`` or
        ``"functional"`` (a counterpart by function, chosen by hand: ``HLA-A`` and ``H2-K1``),
        ``votes`` the number of independent sources (named in ``sources``) that state the pair.
    lost
        ``given`` and ``reason``: no counterpart exists, or the table does not know the gene.
    ambiguous
        The rows of ``kept`` of a gene with several counterparts, or that share a counterpart.
    """

    kept: pd.DataFrame
    lost: pd.DataFrame
    ambiguous: pd.DataFrame


def map_orthologs(genes: Sequence[str], source: Species) -> Orthologs:
    """Return the counterparts of genes in the other species.

    Parameters
    ----------
    genes
        Symbols of the species ``source``, old or new.
    source
        ``"human"`` maps to mouse, ``"mouse"`` to human.

    References
    ----------
    HomoloGene, 10.1093/nar/gkv1290; functional counterparts (MHC, KIR, granzymes, chemokines) by
    hand, and the pairs that authors of signatures for both species state.
    """
    target = "mouse" if source == "human" else "human"
    asked = pd.DataFrame({"given": list(dict.fromkeys(map(str, genes)))})
    asked[source] = [current_symbol(gene, source) for gene in asked["given"]]
    table = fact_table("orthologs").astype({"votes": int})
    table = table if source == "human" else table[table["mouse"] != ""]
    pairs = asked.merge(table, on=source, how="left")
    pairs[target] = pairs[target].fillna("")
    found = pairs[target] != ""
    known = pairs["kind"].eq("none")
    reason = known.map({True: f"no counterpart in {target}", False: "not in the ortholog table"})
    lost = pd.DataFrame({"given": pairs["given"], "reason": reason})[~found]
    kept = pairs[found].rename(columns={target: "counterpart"})[list(PAIR_COLUMNS)]
    kept = kept.astype({"votes": int}).reset_index(drop=True)
    several = kept["given"].duplicated(keep=False) | kept["counterpart"].duplicated(keep=False)
    return Orthologs(kept, lost.reset_index(drop=True), kept[several].reset_index(drop=True))
