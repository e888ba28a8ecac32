"""Make the ortholog table of the package from a table of signatures with their mouse genes.

    python tools/make_gene_tables.py SIGNATURES_CSV

Facts only: which human gene stands for which mouse gene, and who says so. HomoloGene is cited as
10.1093/nar/gkv1290. ``votes`` counts the independent sources of a pair: HomoloGene, the authors of
a signature published for both species, and the hand-made list of functional counterparts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

TABLES = Path(__file__).parents[1] / "src" / "smartcombo" / "study" / "genes" / "tables"
SOURCES = {
    "homologene_1to1": "homologene",
    "homologene_1toN": "homologene",
    "native_mouse": "authors",
    "curated": "curated",
    "same_name": "same-name",
    "none": "curated",
}
KINDS = ("one-to-one", "one-to-many", "functional", "none")


def main(signatures: Path) -> None:
    """Write ``orthologs.csv``."""
    rows = pd.read_csv(signatures, dtype=str, keep_default_na=False)
    rows = rows[rows["gene_human"] != ""]
    pairs = rows.assign(
        human=current(rows["gene_human"], "human"),
        mouse=rows["gene_mouse"].str.split("|"),
        source=rows["mapping"].map(SOURCES),
    ).explode("mouse")
    pairs["mouse"] = current(pairs["mouse"], "mouse")
    said = pairs.groupby(["human", "mouse"])["source"].agg(lambda s: sorted(set(s)))
    table = said.rename("sources").reset_index()
    answered = set(table.loc[table["mouse"] != "", "human"])
    table = table[(table["mouse"] != "") | ~table["human"].isin(answered)]
    partners = table["human"].map(table[table["mouse"] != ""].groupby("human").size()).fillna(0)
    table["kind"] = [kind(*row) for row in zip(table["human"], table["mouse"], table["sources"],
                                               partners, strict=True)]  # fmt: skip
    table["votes"] = table["sources"].map(len)
    table["sources"] = table["sources"].map("|".join)
    order = ["human", "mouse", "kind", "votes", "sources"]
    table[order].sort_values(["human", "mouse"]).to_csv(
        TABLES / "orthologs.csv", index=False, lineterminator="\n"
    )


def current(symbols: pd.Series, species: str) -> pd.Series:
    """Return symbols by their current name."""
    aliases = pd.read_csv(TABLES / "aliases.csv", dtype=str)
    own = aliases[aliases["species"] == species]
    return symbols.replace(dict(zip(own["alias"], own["symbol"], strict=True)))


def kind(human: str, mouse: str, sources: list[str], partners: float) -> str:
    """Return how a pair is related."""
    if not mouse:
        return "none"
    if sources == ["curated"] and human.lower() != mouse.lower():
        return "functional"
    return "one-to-many" if partners > 1 else "one-to-one"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
