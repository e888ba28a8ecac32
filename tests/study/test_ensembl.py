"""A table by Ensembl ids is the table by symbols; what the package cannot name is told and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from broken_assays import IN_FULL, TOML, E, taken, tpm, write_10x, write_sound_samples
from hypothesis import given
from hypothesis import strategies as st

import smartcombo as sc
from smartcombo.immune.panel import gene_lists
from smartcombo.immune.scores import panel_scores
from smartcombo.study.assays import checks, checks_tissue
from smartcombo.study.assays.checks import PANEL
from smartcombo.study.assays.model import Expression
from smartcombo.study.genes import current_symbol, resolve_genes, species_of
from smartcombo.study.genes.ensembl import ALTERNATE, newest_release, read_id
from smartcombo.study.genes.identifiers import Species
from smartcombo.study.genes.tables import fact_table
from smartcombo.study.model import Study

TABLE = (
    Path(__file__).parents[2]
    / "src" / "smartcombo" / "study" / "genes" / "tables" / "ensembl.csv"
)  # fmt: skip
NO_ENSEMBL_GENE = {
    # A clone, a gene that no release names so, and the older name of Rigi, which the panel has too.
    "human": {"MGC40069"}, "mouse": {"Il4i1b", "Ddx58"},
}  # fmt: skip
CD8A = "ENSMUSG00000053977"


def ids_of(species: Species) -> dict[str, str]:
    """Return symbol -> id, one of the newest release where there is one."""
    table = fact_table("ensembl")
    mouse = table["id"].str.startswith("ENSMUS")
    own = table[mouse if species == "mouse" else ~mouse]
    own = own.sort_values("release", key=lambda r: r != newest_release(), kind="stable")
    return dict(zip(own["symbol"][::-1], own["id"][::-1], strict=True))


def by_ids(table: pd.DataFrame, species: Species = "mouse") -> pd.DataFrame:
    """Return a table by ids with versions, and by symbols where a gene has no id."""
    ids = ids_of(species)
    names = [f"{ids[g]}.{k % 20}" if g in ids else g for k, g in enumerate(table.index)]
    return table.set_axis(names, axis=0)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_sound_samples(tmp_path / "study")


def stated(folder: Path, text: str) -> Study:
    """Return the study with another statement of its expression."""
    path = folder / "study.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(TOML, IN_FULL + text))
    return sc.read_study(folder)


def expression(study: Study) -> Expression:
    assert study.assays.expression is not None
    return study.assays.expression


def same_values(study: Study, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        expression(study).values, expected.rename_axis("gene"), check_names=False
    )


# ---- The table ----------------------------------------------------------------------------------


def test_the_table_names_each_id_once_by_the_name_the_package_uses() -> None:
    table = fact_table("ensembl")
    assert table["id"].str.fullmatch(r"ENS(MUS)?G\d{11}").all()
    assert table["id"].is_unique
    for name, symbol in zip(table["id"], table["symbol"], strict=True):
        assert symbol == current_symbol(symbol, "mouse" if "MUS" in name else "human")
    assert (table["release"].eq(ALTERNATE) | table["release"].str.isdigit()).all()


def test_every_row_of_the_table_says_how_many_independent_sources_say_so() -> None:
    table = fact_table("ensembl")
    sources = table["sources"].str.split("|")
    assert (table["votes"].astype(int) == sources.map(len)).all()
    assert set(sources.explode()) == {"ensembl", "entrez", "hgnc", "mgi", "uniprot"}
    primary = table[table["release"] == newest_release()]
    assert (primary["votes"].astype(int) >= 2).mean() > 0.99
    disputed = table[table["against"] != ""]
    assert len(disputed) < 20
    assert (disputed["votes"].astype(int) >= 2).all()


def test_the_table_stays_small() -> None:
    assert TABLE.stat().st_size < 500_000


def test_ids_that_the_literature_states_are_in_the_table() -> None:
    table = fact_table("ensembl").set_index("id")["symbol"]
    stated = {
        "ENSMUSG00000061232": "H2-K1", "ENSMUSG00000060802": "B2m", "ENSMUSG00000016496": "Cd274",
        "ENSMUSG00000026395": "Ptprc", "ENSMUSG00000037321": "Tap1", "ENSG00000153563": "CD8A",
        "ENSG00000206503": "HLA-A", "ENSG00000188389": "PDCD1", "ENSG00000120217": "CD274",
        "ENSG00000111537": "IFNG", "ENSG00000075624": "ACTB", "ENSG00000229807": "XIST",
    }  # fmt: skip
    assert table[list(stated)].to_dict() == stated


@pytest.mark.parametrize("species", ["mouse", "human"])
def test_every_gene_of_the_panel_and_of_the_checks_has_an_id(species: Species) -> None:
    asked = set(gene_lists()[f"gene_{species}"].dropna().str.split("|").explode())
    for genes in (checks.EVER_EXPRESSED, checks_tissue.CCL21, checks_tissue.B_CELL,
                  checks_tissue.MUSCLE, checks_tissue.ON_Y):  # fmt: skip
        asked |= set(genes[species])
    asked |= {checks_tissue.X_INACTIVE[species], *(PANEL if species == "mouse" else ())}
    assert asked - set(ids_of(species)) == NO_ENSEMBL_GENE[species]


def test_the_ortholog_and_strain_tables_are_covered_but_for_probes_and_clones() -> None:
    pairs = fact_table("orthologs")
    share = {s: pairs.loc[pairs[s] != "", s].isin(set(ids_of(s))).mean()
             for s in ("mouse", "human")}  # fmt: skip
    assert share["mouse"] > 0.995
    assert share["human"] > 0.98
    assert set(fact_table("strains")["symbol"]) <= set(ids_of("mouse"))


# ---- Identifiers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        CD8A, f"{CD8A}.13", CD8A.lower(), f" {CD8A} ", f"{CD8A}|Cd8a", f"Cd8a|{CD8A}.13",
        f"{CD8A}_Cd8a", f"Cd8a_{CD8A}", f"{CD8A}:Cd8a", f"{CD8A}.13;Cd8a", f"mm10___{CD8A}",
        f"GRCm39_{CD8A}", f"ENSMUST00000066747.13|{CD8A}.13|OTTMUSG1.2|Cd8a-201|Cd8a|1507|",
    ],
)  # fmt: skip
def test_an_id_is_read_however_it_is_written(written: str) -> None:
    kept = resolve_genes([written], "mouse").kept
    assert kept[["symbol", "how"]].to_numpy().tolist() == [["Cd8a", "ensembl"]]


def test_the_copy_of_a_gene_on_y_and_its_haplotypes_are_that_gene() -> None:
    ids = ["ENSG00000198223.17", "ENSG00000198223.17_PAR_Y", "ENSG00000206503", "ENSG00000227715"]
    assert list(resolve_genes(ids, "human").kept["symbol"]) == ["CSF2RA", "CSF2RA", "HLA-A",
                                                                "HLA-A"]  # fmt: skip


def test_the_id_that_ccl5_had_on_grch37_is_known_and_told_from_the_one_it_has() -> None:
    kept = resolve_genes(["ENSG00000161570.2", "ENSG00000271503.6"], "human").kept
    assert list(kept["symbol"]) == ["CCL5", "CCL5"]
    assert list(kept["how"]) == ["retired", "ensembl"]


def test_an_id_that_nothing_names_keeps_itself_and_one_of_another_species_is_lost() -> None:
    ids = ["ENSMUSG99999999999.3", "ENSRNOG00000012345", "ENSABCG00000012345", "ENSMUST00000066747",
           "MGP_BALBcJ_G0012345", "__no_feature", "N_unmapped"]  # fmt: skip
    named = resolve_genes(ids, "mouse")
    assert named.kept[["symbol", "how"]].to_numpy().tolist() == [["ENSMUSG99999999999", "unnamed"]]
    assert [reason.split(",")[0] for reason in named.lost["reason"]] == [
        "an Ensembl id of the rat", "an Ensembl id of the unknown species ENSABC",
        "a transcript", "an id of the genome of BALBcJ", *2 * ["a sum that the counting program "
                                                              "wrote"],
    ]  # fmt: skip


def test_a_symbol_beside_an_id_goes_first_unless_the_package_knows_only_the_id() -> None:
    ids = [
        CD8A,
        CD8A,
        CD8A,
        "ENSMUSG00000040296",
        "ENSMUSG99999999999",
        "Cd8b1",
        "MGP_FVBNJ_G0000001",
    ]
    beside = ["Cd8a", "", CD8A, "Cd8a-1", "Mine1", "ENSMUSG00000053044", "Cd4"]
    kept = resolve_genes(ids, "mouse", beside).kept
    assert list(kept["symbol"]) == ["Cd8a", "Cd8a", "Cd8a", "Rigi", "Mine1", "Cd8b1", "Cd4"]


def test_species_is_told_by_most_ids_and_ids_are_no_symbols_in_capitals() -> None:
    ids = [f"ENSRNOG{k:011}.2" for k in range(5)]
    assert species_of(ids) == "rat"
    assert species_of([f"{CD8A}|Cd8a", f"Cd4_{CD8A}"]) == "mouse"
    assert species_of([CD8A, CD8A, "Cd8a", "Cd4", "Ifng"]) == "mouse"
    assert species_of([CD8A, "ENSG00000153563"]) == "unknown"


@given(st.text(max_size=40))
def test_any_text_is_an_id_or_none_and_never_an_error(text: str) -> None:
    found = read_id(text)
    assert found is None or found.id in text.upper()


# ---- Tables of every form -----------------------------------------------------------------------

WRITTEN: dict[str, Callable[[str, str], str]] = {
    "plain": lambda id_, gene: id_,
    "version": lambda id_, gene: f"{id_}.4",
    "bar": lambda id_, gene: f"{id_}|{gene}",
    "symbol first": lambda id_, gene: f"{gene}_{id_}.4",
    "some symbols": lambda id_, gene: gene if len(gene) == 4 else id_,
}


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize("turned", [False, True])
def test_a_table_by_ids_is_the_table_by_symbols(sound: Path, form: str, turned: bool) -> None:
    table, ids = tpm().round(3), ids_of("mouse")
    names = [WRITTEN[form](ids[gene], gene) if gene in ids else gene for gene in table.index]
    written = table.set_axis(names, axis=0)
    (written.T if turned else written).to_csv(sound / E, index_label="name")
    study = sc.read_study(sound)
    assert study.findings == ()
    same_values(study, table)


def test_a_column_of_ids_is_read_beside_any_column_of_symbols(sound: Path) -> None:
    table, ids = tpm().round(3), ids_of("mouse")
    blank = [gene if k % 3 else "" for k, gene in enumerate(table.index)]
    names = [symbol or ids.get(gene, gene) for symbol, gene in zip(blank, table.index, strict=True)]
    columns = {
        "Symbol": blank,
        "Ensembl ID": [ids.get(g, f"{CD8A[:7]}{9:0<11}") for g in table.index],
    }
    kept = [k for k, (name, gene) in enumerate(zip(names, table.index, strict=True))
            if name != gene or blank[k]]  # fmt: skip
    written = table.reset_index(drop=True).assign(**columns).iloc[kept]
    written.to_csv(sound / E, index=False)
    same_values(sc.read_study(sound), table.iloc[kept])


@pytest.mark.parametrize("scale", ["counts", "log"])
def test_several_ids_of_a_gene_are_summed_and_of_logarithms_the_highest(
    sound: Path, scale: str
) -> None:
    table = (20 * tpm()).round()
    table = table if scale == "counts" else np.log2(table + 1)
    both = table.loc[["Cd8a", "Cd8b1"]].set_axis(["ENSMUSG00000025408.1", "ENSMUSG00000116429.1"])
    pd.concat([table.drop(index=["Cd8a", "Cd8b1"]), both]).to_csv(sound / E, index_label="gene")
    study = stated(sound, f'file = "{E}"\nscale = "{scale}"\n')
    found = expression(study)
    assert "duplicate-gene" in {f.code for f in study.findings}
    best = table.loc[["Cd8a", "Cd8b1"]].mean(axis=1).idxmax()
    wanted = table.loc[["Cd8a", "Cd8b1"]].sum() if scale == "counts" else table.loc[best]
    np.testing.assert_allclose(found.values.loc["Ddit3"], wanted)
    assert found.genes.loc["Ddit3", "original"] == "ENSMUSG00000025408.1|ENSMUSG00000116429.1"


def test_ids_that_nothing_names_stay_in_libraries_and_in_ranks(sound: Path) -> None:
    counts = (20 * tpm()).round()
    counts.to_csv(sound / E, index_label="gene")
    by_symbols = expression(stated(sound, f'file = "{E}"\nscale = "counts"\n'))
    others = [gene for gene in counts.index if gene not in ids_of("mouse")]
    names = {gene: f"ENSMUSG9{k:010}" for k, gene in enumerate(others)}
    by_ids(counts).rename(index=names).to_csv(sound / E, index_label="gene")
    study = sc.read_study(sound)
    found = expression(study)
    np.testing.assert_array_equal(found.log2(), by_symbols.log2())
    (note,) = [f for f in study.findings if f.code == "ensembl-unnamed"]
    share = (counts.loc[others].sum() / counts.sum()).median()
    assert f"{len(others):,} of 400 genes" in note.found
    assert f"{share:.1%}" in note.found
    assert set(found.genes.index[found.genes["how"] == "unnamed"]) == set(names.values())
    pd.testing.assert_frame_equal(
        panel_scores(found.linear()).scores, panel_scores(by_symbols.linear()).scores
    )


@pytest.mark.parametrize("form", ["index", "gene_ids", "numbers", "stated"])
def test_anndata_is_named_by_ids_in_its_index_or_in_any_column(sound: Path, form: str) -> None:
    anndata = pytest.importorskip("anndata")
    ids = ids_of("mouse")
    table = tpm().round(3).loc[lambda t: t.index.isin(set(ids))]
    names = table.index.map(ids)
    index = {"index": names, "numbers": pd.RangeIndex(len(names)).astype(str)}
    var = pd.DataFrame(index=index.get(form, table.index))
    if form != "index":
        var["accession" if form == "stated" else "gene_ids"] = names
    var["highly_variable"] = True
    anndata.AnnData(table.T.to_numpy(), obs=pd.DataFrame(index=table.columns), var=var).write_h5ad(
        sound / "x.h5ad"
    )
    text = 'file = "x.h5ad"\nscale = "tpm"\n'
    more = 'columns = { gene = "accession" }\n' if form == "stated" else ""
    same_values(stated(sound, text + more), table)


def test_one_symbol_in_a_hundred_may_have_another_id_and_no_more(sound: Path) -> None:
    ids = ids_of("mouse")
    genes = list(ids)[:400]
    table = tpm().set_axis(genes, axis=0)
    for exchanged, codes in ((1, []), (5, ["symbol-not-of-id"])):
        beside = [*genes[1 : exchanged + 1], genes[0], *genes[exchanged + 1 :]]
        names = [f"{ids[gene]}|{symbol}" for gene, symbol in zip(genes, beside, strict=True)]
        table.set_axis(names, axis=0).to_csv(sound / E, index_label="gene")
        found = [f.code for f in sc.read_study(sound).findings]
        assert [code for code in found if code == "symbol-not-of-id"] == codes


def test_a_column_that_anndata_does_not_have_is_named(sound: Path) -> None:
    anndata = pytest.importorskip("anndata")
    table = tpm()
    anndata.AnnData(
        table.T.to_numpy(), obs=pd.DataFrame(index=table.columns),
        var=pd.DataFrame({"n_cells": 1}, index=table.index),
    ).write_h5ad(sound / "x.h5ad")  # fmt: skip
    with pytest.raises(sc.StudyError, match=r"\[missing-column\].*var with n_cells"):
        stated(sound, 'file = "x.h5ad"\nscale = "tpm"\ncolumns = { gene = "ensembl" }\n')


@pytest.mark.parametrize("form", ["id symbol", "id id", "id", "symbol id"])
def test_a_10x_folder_is_named_by_either_column_of_its_features(sound: Path, form: str) -> None:
    ids = ids_of("mouse")
    for sample, _, _ in taken():
        write_10x(sound / "cells" / sample, 60)
        lines = ["\t".join(ids[gene] if part == "id" else gene for part in form.split())
                 for gene in PANEL]  # fmt: skip
        path = sound / "cells" / sample / "features.tsv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = expression(stated(sound, 'file = "cells"\n'))
    assert list(found.values.index) == list(PANEL)
    assert set(found.genes["how"]) == {"ensembl"}


# ---- The same scores ----------------------------------------------------------------------------


def test_the_built_in_example_by_ids_has_the_same_landscape(
    example_folder: Path, tmp_path: Path
) -> None:
    for file in example_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    table = pd.read_csv(tmp_path / "expression.csv", index_col=0)
    converted = by_ids(table)
    assert converted.index.str.startswith("ENSMUSG").mean() > 0.99
    converted.to_csv(tmp_path / "expression.csv", float_format="%.3f", index_label="gene")
    before, after = sc.read_study(example_folder), sc.read_study(tmp_path)
    pd.testing.assert_frame_equal(expression(after).values, expression(before).values)
    assert [f.code for f in after.findings] == [f.code for f in before.findings]
    one, other = sc.immune.landscape(before), sc.immune.landscape(after)
    for name, expected in one.tables.items():
        pd.testing.assert_frame_equal(other.tables[name], expected)


def test_a_human_table_by_ids_has_the_same_scores(sound: Path) -> None:
    path = sound / "study.toml"
    path.write_text(path.read_text().replace("[study]\n", '[study]\nspecies = "human"\n', 1))
    rng = np.random.default_rng(5)
    genes, samples = list(ids_of("human")), [sample for sample, _, _ in taken()]
    table = pd.DataFrame(rng.lognormal(2, 1.5, (len(genes), len(samples))), genes, samples)
    table = table / table.sum() * 1e6
    table.to_csv(sound / E, index_label="gene")
    before = expression(sc.read_study(sound))
    by_ids(table, "human").to_csv(sound / E, index_label="gene")
    after = expression(sc.read_study(sound))
    pd.testing.assert_frame_equal(after.values, before.values)
    one, other = (panel_scores(e.linear(), species="human") for e in (before, after))
    pd.testing.assert_frame_equal(other.scores, one.scores)
    status = one.coverage.set_index("signature")["status"]
    assert list(status.index[status != "ok"]) == ["mmcp_nk"], (
        "of mouse genes that have no human one"
    )


@pytest.mark.realdata
def test_ct26_by_ids_has_the_same_scores(shared_dir: Path, tmp_path: Path) -> None:
    """The table comes by symbols; each that the package knows is given its id instead."""
    own = Path(__file__).parents[1] / "data" / "studies" / "ct26"
    text = (own / "study.toml").read_text(encoding="utf-8")
    file = "mouse/ct26_taylor2019_tpm_approx.csv"
    table = pd.read_csv(shared_dir / "data" / "immune" / file, index_col=0)
    converted = by_ids(table)
    assert converted.index.str.startswith("ENSMUSG").sum() > 3_000
    converted.to_csv(tmp_path / "by_ids.csv")
    text = text.replace("${SMARTCOMBO_SHARED}/data/immune/" + file, "by_ids.csv")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    before, after = expression(sc.read_study(own)), expression(sc.read_study(tmp_path))
    pd.testing.assert_frame_equal(after.values, before.values)
    one, other = (panel_scores(e.linear()) for e in (before, after))
    pd.testing.assert_frame_equal(other.scores, one.scores)
