"""Genes are named by tables and by nothing else; what is lost is listed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartcombo.study.genes import (
    current_symbol,
    map_orthologs,
    mask_for_strain,
    resolve_genes,
    species_of,
    strain_group,
)
from smartcombo.study.genes.tables import fact_table

ROOT = Path(__file__).parents[2]


def test_old_symbols_become_current_and_current_ones_stay() -> None:
    named = resolve_genes(["Ctgf", "Ccn2", "Hist1h2ac", "Tmem173", "Cd8a"], "mouse")
    assert list(named.kept["symbol"]) == ["Ccn2", "Ccn2", "H2ac6", "Sting1", "Cd8a"]
    assert list(named.kept["how"]) == ["alias", "symbol", "alias", "alias", "symbol"]
    assert list(named.ambiguous["original"]) == ["Ctgf", "Ccn2"]


def test_an_ensembl_id_is_named_by_the_column_beside_it_whatever_its_version() -> None:
    ids = ["ENSMUSG00000053977.13", "ENSMUSG00000053977", "ENSMUSG99999999999.4", "ENSG00000153563"]
    named = resolve_genes(ids, "mouse", ["Cd8a", "Cd8a", "Mine1", "CD8A"])
    assert list(named.kept["symbol"]) == ["Cd8a", "Cd8a", "Mine1"]
    assert list(named.lost["reason"]) == ["an Ensembl id of the human"]


def test_a_number_is_a_gene_only_with_its_symbol_beside_it() -> None:
    named = resolve_genes(["12525", "43891", "12525"], "mouse", ["Cd8a", "Cd8b1", ""])
    assert list(named.kept["symbol"]) == ["Cd8a", "Cd8b1"]
    assert list(named.lost["reason"]) == ["a number without a symbol beside it"]


@pytest.mark.parametrize("name", ["1-Mar", "Sep-2", "2001-03-01", "43891", "2-Sept", "3/1/2001"])
def test_what_a_spreadsheet_made_of_a_gene_is_lost_and_never_guessed(name: str) -> None:
    lost = resolve_genes([name], "mouse").lost
    assert "spreadsheet" in lost["reason"].iloc[0]


@given(st.lists(st.one_of(st.text(max_size=12), st.sampled_from(["Cd8a", "Ctgf", "1-Mar", "NA"]))))
def test_every_identifier_is_kept_or_lost_once(names: list[str]) -> None:
    named = resolve_genes(names, "mouse")
    positions = [*named.kept["position"], *named.lost["position"]]
    assert sorted(positions) == list(range(len(names)))


def test_capitals_never_make_an_ortholog() -> None:
    assert list(resolve_genes(["CD8A"], "mouse").kept["symbol"]) == ["CD8A"]
    mapped = map_orthologs(["Cd8a", "H2-K1", "Klra7"], "mouse")
    assert "CD8A" in set(mapped.kept["counterpart"])
    assert "H2-K1" not in set(mapped.kept["counterpart"])
    assert "KLRA7" not in set(mapped.kept["counterpart"])


def test_orthologs_say_how_they_are_related_and_who_says_so() -> None:
    mapped = map_orthologs(["CXCL8", "CD8A", "HLA-A", "HLA-B", "CTGF", "NOSUCH1"], "human")
    kept = mapped.kept.set_index("given")
    assert kept.loc["CD8A", ["counterpart", "kind", "votes"]].tolist() == ["Cd8a", "one-to-one", 2]
    assert set(kept.loc["HLA-A", "counterpart"]) == {"H2-K1", "H2-D1"}
    assert set(kept.loc["HLA-A", "kind"]) == {"functional"}
    assert kept.loc["CTGF", "counterpart"] == "Ccn2"
    assert set(mapped.ambiguous["given"]) == {"HLA-A", "HLA-B"}
    lost = dict(zip(mapped.lost["given"], mapped.lost["reason"], strict=True))
    assert lost == {"CXCL8": "no counterpart in mouse", "NOSUCH1": "not in the ortholog table"}


def test_every_pair_of_the_table_is_by_current_names_with_its_votes() -> None:
    table = fact_table("orthologs")
    for species in ("human", "mouse"):
        assert (table[species] == [current_symbol(g, species) for g in table[species]]).all()
    assert (table["votes"].astype(int) == table["sources"].str.count(r"\|") + 1).all()
    assert not table.duplicated(["human", "mouse"]).any()
    assert ((table["mouse"] == "") == (table["kind"] == "none")).all()


def test_an_alias_never_hides_a_current_gene() -> None:
    aliases = fact_table("aliases")
    for species, own in aliases.groupby("species"):
        assert not own["alias"].duplicated().any()
        current = set(fact_table("orthologs")[species]) | set(own["symbol"])
        assert not set(own["alias"]) & current


@pytest.mark.realdata
def test_the_table_of_orthologs_is_what_its_script_makes(
    shared_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ROOT / "tools" / "make_gene_tables.py"
    spec = importlib.util.spec_from_file_location("make_gene_tables", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    (tmp_path / "aliases.csv").write_bytes((script.TABLES / "aliases.csv").read_bytes())
    monkeypatch.setattr(script, "TABLES", tmp_path)
    script.main(shared_dir / "data" / "immune" / "signatures.csv")
    made = (tmp_path / "orthologs.csv").read_text(encoding="utf-8")
    kept = ROOT / "src" / "smartcombo" / "study" / "genes" / "tables" / "orthologs.csv"
    assert made == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("BALB/c", "BALB/c"), ("BALB/cAnNCrl", "BALB/c"), ("C57BL/6J", "C57BL/6"),
        ("C57Bl6", "C57BL/6"), ("B6", "C57BL/6"), ("FVB/N", "FVB"), ("129S1/SvImJ", "129"),
        ("C57BL/6 x BALB/c", ""), ("NSG", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_strain_is_known_however_it_is_written(name: str, group: str) -> None:
    assert strain_group(name) == group


def test_mhc_ii_and_ly49_are_masked_by_strain() -> None:
    genes = ["H2-Ea-ps", "H2-Aa", "Klrb1c", "Klra7", "Cd8a"]
    black = mask_for_strain(genes, "C57BL/6")
    white = mask_for_strain(genes, "BALB/c")
    assert list(black.lost["symbol"]) == ["H2-Ea"]
    assert set(white.lost["symbol"]) == {"Klrb1c", "Klra7"}
    assert white.lost["doi"].str.startswith("10.").all()
    assert {"H2-Ea", "H2-Aa", "Cd8a"} <= set(white.kept["symbol"])
    unknown = mask_for_strain(genes, "")
    assert len(unknown.kept) == len(genes)
    assert set(unknown.ambiguous["symbol"]) == {"H2-Ea", "Klrb1c", "Klra7"}


def test_species_is_told_by_prefix_and_case_and_capitals_are_neither() -> None:
    mouse = ["Cd8a", "H2-K1", "0610009B22Rik", "mt-Nd1", "Gm1234", "Ifng"]
    human = ["CD8A", "HLA-A", "C1orf112", "MT-ND1", "IFNG"]
    assert species_of(mouse) == "mouse"
    assert species_of(human) == "human"
    assert species_of([name.upper() for name in mouse]) == "capitals"
    assert species_of(["ENSMUSG00000000001.4", "ENSMUSG00000000003"]) == "mouse"
    assert species_of(["ENSG00000000003"]) == "human"
    assert species_of(["1", "2"]) == "unknown"
    assert species_of([*mouse, *human]) == "unknown"


def test_tables_are_facts_with_a_source() -> None:
    strains = fact_table("strains")
    assert set(strains.columns) == {"strain", "symbol", "reason", "doi"}
    assert strains["doi"].str.match(r"10\.\d{4}/").all()
    assert isinstance(strains, pd.DataFrame)
