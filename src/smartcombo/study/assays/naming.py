"""The genes of an expression table by their current names, and what is said of those without."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from smartcombo.core.finding import Finding, Severity
from smartcombo.study.assays.raw import RawExpression
from smartcombo.study.genes import GeneNames, resolve_genes, species_of
from smartcombo.study.genes.ensembl import named_id, newest_release, read_id
from smartcombo.study.genes.identifiers import Species

MOST_NAMED = 12
"""Genes that a finding names one by one."""
OF_A_TABLE = 0.5
"""A table is of transcripts or of Entrez numbers where more than this share of its rows is."""
EXCHANGED = 0.01
"""Share of symbols beside other ids up to which none is named: releases exchange few (CCL3L1)."""
STATE_SYMBOLS = 'columns = { symbol = "..." }, or genes = "FILE"'


def named_genes(
    raw: RawExpression, species: Species, file: str
) -> tuple[GeneNames | None, list[Finding]]:
    """Return the current names of the genes; refuse a table of another species.

    An Ensembl id that nothing names keeps itself as name: what it counts belongs to the library
    and to the ranks of its sample.
    """
    original = list(raw.matrix.values.index)
    seen = species_of(original)
    if seen not in (species, "unknown"):
        return None, [_other_species(file, seen, species, original)]
    refused = _no_genes_at_all(file, original, raw.matrix.symbols)
    if refused:
        return None, [refused]
    named = resolve_genes(original, species, raw.matrix.symbols)
    if named.kept["how"].eq("unnamed").all():
        return None, [_no_gene(file, original)]
    findings = [
        *_damaged_genes(file, named),
        *_lost_genes(file, named),
        *_unnamed_ids(file, raw, named),
        *_retired_ids(file, named),
        *_contradicted(file, named),
        *_repeated_genes(file, raw, named),
    ]
    return named, findings


def _no_genes_at_all(file: str, original: list[str], symbols: list[str] | None) -> Finding | None:
    """Return why identifiers of another kind than genes cannot be read, or ``None``."""
    kinds = [found.kind for found in map(read_id, original) if found]
    if len(kinds) - kinds.count("gene") > OF_A_TABLE * len(original):
        return _transcripts(file, original)
    entrez = [name for name in original if name.strip().isdigit()]
    if symbols is None and len(entrez) > OF_A_TABLE * len(original):
        return _entrez(file, entrez)
    return None


def _damaged_genes(file: str, named: GeneNames) -> list[Finding]:
    damaged = named.lost[_is_damaged(named)]
    if damaged.empty:
        return []
    return [
        Finding(
            code="spreadsheet-gene",
            severity="warning",
            file=file,
            row=int(damaged["position"].iloc[0]) + 2,
            column="gene",
            found=f"{len(damaged)} genes turned into dates or numbers: "
            + _some(damaged["original"]),
            expected="gene symbols such as Marchf1 or Septin2",
            action="export again without opening it in a spreadsheet; these genes are left out",
        )
    ]


def _is_damaged(named: GeneNames) -> pd.Series:
    return named.lost["reason"].str.contains("spreadsheet")


def _lost_genes(file: str, named: GeneNames) -> list[Finding]:
    other = named.lost[~_is_damaged(named)]
    if other.empty:
        return []
    why = [f"{count:,} {reason}" for reason, count in other["reason"].value_counts().items()]
    return [
        _gene_finding(
            "gene-without-symbol", "warning", file,
            f"{len(other):,} identifiers name no gene: {_some(other['original'])} "
            f"({'; '.join(why)})",
            "symbols or Ensembl ids of the species",
            f"these are left out; state {STATE_SYMBOLS}",
        )
    ]  # fmt: skip


def _unnamed_ids(file: str, raw: RawExpression, named: GeneNames) -> list[Finding]:
    unnamed = named.kept[named.kept["how"] == "unnamed"]
    if unnamed.empty:
        return []
    held = ""
    if raw.scale in ("counts", "tpm"):
        values = raw.matrix.values
        share = (values.iloc[unnamed["position"].to_numpy()].sum() / values.sum()).median()
        held = f", with {share:.1%} of what a sample (the median) counts"
    return [
        _gene_finding(
            "ensembl-unnamed", "note", file,
            f"{len(unnamed):,} of {len(named.kept):,} genes have an Ensembl id that the table of "
            f"the package does not name{held}: {_some(unnamed['original'])}",
            "symbols, where these genes matter to you",
            "they are kept by their ids and count in libraries and ranks; no signature of the "
            f"panel has them. To name them state {STATE_SYMBOLS}",
        )
    ]  # fmt: skip


def _retired_ids(file: str, named: GeneNames) -> list[Finding]:
    retired = named.kept[named.kept["how"] == "retired"]
    if retired.empty:
        return []
    said = [f"{row.symbol} ({_id(row.original)}, last in Ensembl {_release(row.original)})"
            for row in retired.itertuples()]  # fmt: skip
    return [
        _gene_finding(
            "ensembl-retired", "note", file,
            f"{len(retired):,} genes have ids that newer releases do not have: {_some(said)}",
            f"ids of Ensembl {newest_release()}, the newest that the package knows",
            "they are named by the symbol they had; the table was counted on an older release, and "
            "genes that it did not have then are missing",
        )
    ]  # fmt: skip


def _contradicted(file: str, named: GeneNames) -> list[Finding]:
    """Find symbols beside ids that are of other genes, as sorting one column alone makes them."""
    said, asked = [], 0
    for row in named.kept[named.kept["how"] == "ensembl"].itertuples():
        identifier = _id(row.original)
        known = named_id(identifier)
        if known is None or known.retired:
            continue
        asked += 1
        if known.symbol != row.symbol:
            said.append(f"{row.symbol} beside {identifier}, which is {known.symbol}")
    if len(said) <= EXCHANGED * asked:
        return []
    return [
        _gene_finding(
            "symbol-not-of-id", "warning", file,
            f"{len(said):,} symbols stand beside the id of another gene: {_some(said)}",
            "the id and the symbol of one gene in each row",
            "look whether one of the columns was sorted or filled alone; the symbols are used",
        )
    ]  # fmt: skip


def _id(original: str) -> str:
    found = read_id(original)
    return found.id if found else original


def _release(original: str) -> str:
    known = named_id(_id(original))
    return known.release if known else ""


def _repeated_genes(file: str, raw: RawExpression, named: GeneNames) -> list[Finding]:
    if named.ambiguous.empty:
        return []
    symbols = list(dict.fromkeys(named.ambiguous["symbol"]))
    rule = "the row with the highest mean is used" if raw.scale == "log2" else "they are summed"
    return [
        _gene_finding(
            "duplicate-gene", "warning", file,
            f"{len(symbols):,} genes in several rows: {_some(symbols)}",
            "a row a gene",
            f"{rule}; check that they are parts of one gene and not repeats",
        )
    ]  # fmt: skip


def _some(names: Iterable[object]) -> str:
    listed = [str(name) for name in names]
    more = f" and {len(listed) - MOST_NAMED:,} more" if len(listed) > MOST_NAMED else ""
    return ", ".join(listed[:MOST_NAMED]) + more


def _gene_finding(
    code: str, severity: Severity, file: str, found: str, expected: str, action: str
) -> Finding:
    return Finding(code, severity, found, expected, action, file, None, "gene")


def _other_species(file: str, seen: str, species: str, original: list[str]) -> Finding:
    what = "gene symbols in capitals" if seen == "capitals" else f"{seen} genes"
    return _gene_finding(
        "other-species", "error", file,
        f"{what}: {', '.join(original[:6])} ...",
        f"{species} genes, as species = {species!r} says",
        "give the table as it left the alignment; capitals are no orthologs, and signatures are "
        "mapped by the ortholog table of the package",
    )  # fmt: skip


def _no_gene(file: str, original: list[str]) -> Finding:
    return _gene_finding(
        "no-gene", "error", file,
        f"no identifier that names a gene: {', '.join(original[:6])}",
        "symbols or Ensembl ids",
        'name the columns: columns = { gene = "...", symbol = "..." }',
    )  # fmt: skip


def _transcripts(file: str, original: list[str]) -> Finding:
    return _gene_finding(
        "transcript-ids", "error", file,
        f"transcripts or proteins: {', '.join(original[:6])} ...",
        "genes: symbols, or ids such as ENSMUSG00000053977 or ENSG00000153563",
        "sum transcripts by gene (tximport, or the table by gene of the aligner), and give that",
    )  # fmt: skip


def _entrez(file: str, original: list[str]) -> Finding:
    return _gene_finding(
        "entrez-ids", "error", file,
        f"{len(original):,} plain numbers, as Entrez ids are: {', '.join(original[:6])} ...",
        "symbols or Ensembl ids",
        "add the symbols: a column beside the numbers (columns = { gene = \"...\", symbol = "
        '"..." }), or genes = "FILE" with the columns gene and symbol',
    )  # fmt: skip
