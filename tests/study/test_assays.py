"""The same values whatever file they stand in; normalisation as the peers have it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from broken_assays import (
    IN_FULL,
    NO_GENE,
    TOML,
    E,
    lanes,
    taken,
    tpm,
    wells,
    write_10x,
    write_rcc,
    write_sound_samples,
)
from typer.testing import CliRunner

import smartcombo as sc
from smartcombo.cli.main import app
from smartcombo.study.assays.model import Expression
from smartcombo.study.model import Study

STUDIES = Path(__file__).parents[1] / "data" / "studies"


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


def same_values(found: Expression, digits: float = 1e-9) -> None:
    expected = tpm().round(3)
    assert list(found.values.columns) == [sample for sample, _, _ in taken()]
    pd.testing.assert_frame_equal(
        found.values.rename_axis(None), expected, rtol=digits, atol=digits, check_names=False
    )


def test_satellite_animals_need_no_volumes_and_stay_out_of_the_growth_animals(sound: Path) -> None:
    study = sc.read_study(sound)
    assert len(study.samples) == 16
    assert not set(study.samples["animal"]) & set(study.animals["animal"])
    assert set(study.samples["strain"]) == {"BALB/c"}
    assert study.assays.present() == ("expression",)


def test_a_satellite_in_the_animals_table_is_not_called_never_measured(sound: Path) -> None:
    with (sound / "animals.csv").open("a", encoding="utf-8") as file:
        file.write("ici-s1,ici,i9,no,,planned-cull,16\n")
    assert sc.read_study(sound).findings == ()


def test_the_arm_of_a_sample_may_be_that_of_its_animal(sound: Path) -> None:
    text = (sound / "samples.csv").read_text(encoding="utf-8")
    text = text.replace("S-ici1,ici-s1,ici,", "S-ici1,i1,,")
    (sound / "samples.csv").write_text(text, encoding="utf-8")
    samples = sc.read_study(sound).samples.set_index("sample")
    assert samples.loc["S-ici1", "arm"] == "ici"


@pytest.mark.parametrize("kind", ["turned", "tsv", "xlsx", "parquet", "gz", "comma", "r"])
def test_the_same_values_come_out_of_every_form_of_table(sound: Path, kind: str) -> None:
    table = tpm().round(3)
    more = ""
    if kind == "turned":
        table.T.to_csv(sound / (name := "t.csv"), index_label="sample")
    elif kind == "tsv":
        table.to_csv(sound / (name := "t.tsv"), sep="\t", index_label="gene")
    elif kind == "xlsx":
        table.to_excel(sound / (name := "t.xlsx"), index_label="gene")
    elif kind == "parquet":
        table.to_parquet(sound / (name := "t.parquet"))
    elif kind == "gz":
        table.to_csv(sound / (name := "t.csv.gz"), index_label="gene")
    elif kind == "comma":
        table.to_csv(sound / (name := "t.csv"), sep=";", decimal=",", index_label="gene")
        more = 'decimal = ","\n'
    else:
        table.to_csv(sound / (name := "t.tsv"), sep="\t", index_label=False)
    found = expression(stated(sound, f'file = "{name}"\nscale = "tpm"\n{more}'))
    same_values(found)


def test_columns_of_annotation_are_no_samples_and_order_is_that_of_the_study(sound: Path) -> None:
    table = tpm().round(3)
    mixed = table[table.columns[::-1]].reset_index(names="Gene")
    mixed.insert(1, "length", 1000)
    mixed.insert(2, "description", "a gene")
    mixed.to_csv(sound / E, index=False)
    same_values(expression(sc.read_study(sound)))


def test_ensembl_ids_are_named_by_the_symbol_column_and_parts_of_a_gene_summed(sound: Path) -> None:
    table = tpm().round(3)
    split = table.loc[["Cd8a"]] / 2
    whole = pd.concat([table.drop(index="Cd8a"), split, split])
    ids = [f"ENSMUSG{k + NO_GENE:011}.{k % 5}" for k in range(len(whole))]
    whole.reset_index(names="symbol").assign(gene_id=ids).to_csv(sound / E, index=False)
    study = stated(sound, f'file = "{E}"\nscale = "tpm"\ncolumns = {{ gene = "gene_id" }}\n')
    found = expression(study)
    assert [f.code for f in study.findings] == ["duplicate-gene"]
    assert found.values.loc["Cd8a"].to_numpy() == pytest.approx(table.loc["Cd8a"].to_numpy())
    assert found.genes.loc["Cd8a", "original"].count("|") == 1


def test_ensembl_ids_alone_are_named_by_a_table_of_genes(sound: Path) -> None:
    table = tpm().round(3)
    ids = [f"ENSMUSG{k + NO_GENE:011}" for k in range(len(table))]
    names = pd.DataFrame({"gene_id": [f"{name}.7" for name in ids], "gene_name": table.index})
    names.to_csv(sound / "genes.csv", index=False)
    table.set_axis(ids, axis=0).to_csv(sound / E, index_label="gene")
    text = f'file = "{E}"\nscale = "tpm"\ngenes = "genes.csv"\n'
    same_values(expression(stated(sound, text)))


@pytest.mark.parametrize(("base", "log"), [("2", np.log2), ("10", np.log10), ("e", np.log)])
def test_logarithms_of_any_base_come_out_as_log2_and_back(sound: Path, base: str, log) -> None:
    table = tpm()
    log(table + 0.5).to_csv(sound / E, index_label="gene")
    text = f'file = "{E}"\nscale = "log"\nlog_base = "{base}"\nlog_offset = 0.5\n'
    found = expression(stated(sound, text))
    np.testing.assert_allclose(found.log2(), np.log2(table + 0.5), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.linear(), table, rtol=1e-9, atol=1e-9)


def test_log2_of_counts_is_the_stated_rule_and_knows_no_other_sample(sound: Path) -> None:
    counts = (20 * tpm()).round()
    counts.to_csv(sound / E, index_label="gene")
    found = expression(stated(sound, f'file = "{E}"\nscale = "counts"\n'))
    by_hand = np.log2(1e6 * (counts["S-x1"] + 0.5) / (counts["S-x1"].sum() + 1))
    np.testing.assert_allclose(found.log2()["S-x1"], by_hand, rtol=1e-12)
    fewer = Expression(found.values.drop(columns="S-x2"), "counts", found.genes, found.lost,
                       found.quality)  # fmt: skip
    pd.testing.assert_frame_equal(fewer.log2(), found.log2().drop(columns="S-x2"))


def test_counts_beside_tpm_are_kept_for_differential_expression(sound: Path) -> None:
    (20 * tpm()).round().to_csv(sound / "counts.csv", index_label="gene")
    with (sound / "study.toml").open("a", encoding="utf-8") as file:
        file.write('\n[tables.counts]\nfile = "counts.csv"\nscale = "counts"\n')
    study = sc.read_study(sound)
    assert study.findings == ()
    assert study.assays.counts is not None
    assert study.assays.counts.scale == "counts"
    assert expression(study).scale == "tpm"


def test_a_tidy_frame_has_every_value_once(sound: Path) -> None:
    found = expression(sc.read_study(sound))
    tidy = found.to_frame()
    assert list(tidy.columns) == ["gene", "sample", "value", "scale"]
    assert (
        tidy.pivot(index="gene", columns="sample", values="value").loc["Cd8a", "S-x1"]
        == (found.values.loc["Cd8a", "S-x1"])
    )
    assert len(tidy) == found.values.size


def test_without_anndata_the_message_names_the_extra(
    sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "anndata", None)
    with pytest.raises(ImportError, match=r"pip install 'smartcombo\[anndata\]'"):
        expression(sc.read_study(sound)).to_anndata()
    (sound / "x.h5ad").write_bytes(b"")
    with pytest.raises(sc.StudyError, match=r"\[missing-extra\].*smartcombo\[anndata\]"):
        stated(sound, 'file = "x.h5ad"\n')


def test_anndata_out_and_in_again_is_the_same(sound: Path) -> None:
    pytest.importorskip("anndata")
    before = expression(sc.read_study(sound))
    before.to_anndata().write_h5ad(sound / "x.h5ad")
    after = expression(stated(sound, 'file = "x.h5ad"\nscale = "tpm"\n'))
    pd.testing.assert_frame_equal(after.values, before.values)


def test_cells_are_summed_by_sample_from_folders_and_by_a_table_alike(sound: Path) -> None:
    for k, (sample, _, _) in enumerate(taken()):
        write_10x(sound / "many" / sample, 60 + k)
    many = expression(stated(sound, 'file = "many"\n'))
    assert many.scale == "counts"
    assert many.values.loc["Cd3e"].tolist() == [60 + k for k in range(16)]
    assert many.quality["cells"].tolist() == [60 + k for k in range(16)]
    counts = write_10x(sound / "one", sum(60 + k for k in range(16)))
    owner = [s for k, (s, _, _) in enumerate(taken()) for _ in range(60 + k)]
    rows = pd.DataFrame({"barcode": [f"AAC{k}-1" for k in range(counts.shape[1])], "sample": owner})
    rows.to_csv(sound / "cells.csv", index=False)
    path = sound / "study.toml"
    text = path.read_text(encoding="utf-8").replace('"many"', '"one"\ncells = "cells.csv"')
    path.write_text(text, encoding="utf-8")
    pd.testing.assert_frame_equal(expression(sc.read_study(sound)).values, many.values)


def test_minus_delta_ct_is_the_housekeepers_less_the_gene(sound: Path) -> None:
    table = wells()
    table.loc[(table["Sample"] == "S-x1") & (table["Target"] == "Cd8a"), "Ct"] = "Undetermined"
    table.to_csv(sound / E, index=False)
    found = expression(stated(sound, f'file = "{E}"\nformat = "qpcr"\n'))
    own = table[table["Sample"] == "S-ici2"]
    mean = own.assign(Ct=own["Ct"].astype(float)).groupby("Target")["Ct"].mean()
    assert found.values.loc["Cxcl9", "S-ici2"] == pytest.approx(mean["Tbp"] - mean["Cxcl9"])
    assert found.housekeepers == ("Tbp",)
    assert found.censored is not None
    assert found.censored.to_numpy().sum() == 1
    assert found.censored.loc["Cd8a", "S-x1"]
    reference = found.quality.loc["S-x1", "housekeeper_ct"]
    assert found.values.loc["Cd8a", "S-x1"] == pytest.approx(reference - 40)


def test_wide_thresholds_are_those_of_the_wells(sound: Path) -> None:
    table = wells().drop_duplicates(["Sample", "Target"])
    table.to_csv(sound / E, index=False)
    long = expression(stated(sound, f'file = "{E}"\nformat = "qpcr"\n')).values
    for turned in (False, True):
        wide = table.pivot(index="Target", columns="Sample", values="Ct")
        (wide.T if turned else wide).to_csv(sound / E)
        found = expression(sc.read_study(sound)).values
        pd.testing.assert_frame_equal(found.sort_index(), long.sort_index())


def test_a_folder_of_lanes_and_one_table_of_them_are_the_same(sound: Path) -> None:
    write_rcc(sound / "lanes", lanes())
    folder = expression(stated(sound, 'file = "lanes"\n'))
    lanes().to_csv(sound / "lanes.csv", index=False)
    path = sound / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"lanes"', '"lanes.csv"\nformat = "nsolver"'), encoding="utf-8")
    table = expression(sc.read_study(sound))
    pd.testing.assert_frame_equal(folder.values, table.values)
    assert folder.quality["fov_ratio"].tolist() == [0.98] * 16


def test_growth_is_skipped_with_one_note_where_there_are_no_volumes(
    sound: Path, tmp_path: Path
) -> None:
    path = sound / "study.toml"
    text = path.read_text(encoding="utf-8")
    for name in ("volumes", "animals"):
        start = text.index(f"[tables.{name}]")
        text = text[:start] + text[text.index("\n\n", start) + 2 :]
    path.write_text(text, encoding="utf-8")
    study = sc.read_study(sound)
    assert not study.has_volumes
    assert len(study.animals) == 16
    ran = CliRunner().invoke(app, ["run", str(sound), "--out", str(tmp_path / "out")])
    assert "growth" in ran.output
    assert "Traceback" not in ran.output


# ---- Real data ----------------------------------------------------------------------------------


@pytest.mark.realdata
def test_ct26_says_which_genes_the_counting_lost() -> None:
    study = sc.read_study(STUDIES / "ct26")
    said = {f.code: f.found for f in study.findings}
    assert "B2m" in said["housekeeping-zero"]
    assert {"B2m", "Cxcl10", "Ccl2", "Foxp3"} <= set(
        said["panel-gene-zero"].replace(":", ",").replace(" ", "").split(",")
    )
    found = expression(study)
    assert found.values.shape == (20_288, 20)
    assert study.assays.counts is not None
    assert (found.genes.loc["Klra7", "mask"]).startswith("BALB/c")
    assert "no-control-that-day" not in said


@pytest.mark.realdata
def test_the_treated_of_a_day_without_controls_are_named(shared_dir: Path, tmp_path: Path) -> None:
    meta = pd.read_csv(shared_dir / "data/immune/mouse/ct26_taylor2019_meta.csv")
    meta[~((meta["day"] == 14) & (meta["arm"] == "isotype"))].to_csv(tmp_path / "s.csv")
    text = (STUDIES / "ct26" / "study.toml").read_text(encoding="utf-8")
    start = text.index("[tables.samples]")
    text = text[:start] + '[tables.samples]\nfile = "s.csv"\ncolumns = { animal = "sample" }\n'
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    said = {f.code: f for f in sc.check_study(tmp_path)}
    assert "on day 14 and no control; controls are of day 7" in said["no-control-that-day"].found


@pytest.mark.realdata
def test_blood_with_22169_negative_tpm_is_refused_with_the_reason() -> None:
    with pytest.raises(sc.StudyError, match=r"\[negative-expression\].*22,169 negative values"):
        sc.read_study(STUDIES / "hoek")


@pytest.mark.realdata
def test_nanostring_quality_and_scaling_are_those_of_the_peers(shared_dir: Path) -> None:
    """The peer's factors use all 20 housekeepers; its table has four digits."""
    study = sc.read_study(STUDIES / "rnf5_nanostring")
    found = expression(study)
    peer = pd.read_csv(shared_dir / "peers/immune/rnf5_nanostring_qc.csv", index_col=0)
    pairs = {"fov_ratio": "fov_ratio", "binding_density": "binding_density",
             "linearity": "pos_linearity_r2", "background": "neg_mean_2sd", "positive_e": "pos_E",
             "positive_factor": "pos_factor"}  # fmt: skip
    for ours, theirs in pairs.items():
        np.testing.assert_allclose(found.quality[ours], peer[theirs], atol=5.1e-5, err_msg=ours)
    low = [f.subject for f in study.findings if f.code == "lane-low-input"]
    assert low == ["GSM3638131", "GSM3638133"]
    assert "library-confounded" in {f.code for f in study.findings}
    assert len(found.housekeepers) == 16
    assert not {"Tubb5", "Sf3a3", "Polr2a", "Hprt"} & set(found.housekeepers)


@pytest.mark.realdata
def test_nanostring_values_with_all_housekeepers_are_those_of_the_peers(
    shared_dir: Path, tmp_path: Path
) -> None:
    """The peer's values have two digits, its scores four."""
    own = STUDIES / "rnf5_nanostring"
    raw = pd.read_csv(
        shared_dir / "data/immune/mouse/rnf5_li2019_nanostring_rcc_raw.csv", dtype=str
    )
    keepers = list(raw.loc[raw["Code_Class"] == "Housekeeping", "Gene_Name"])
    text = (own / "study.toml").read_text(encoding="utf-8") + f"housekeepers = {keepers}\n"
    (tmp_path / "study.toml").write_text(text.replace("'", '"'), encoding="utf-8")
    (tmp_path / "samples.csv").write_bytes((own / "samples.csv").read_bytes())
    found = expression(sc.read_study(tmp_path))
    peer = pd.read_csv(shared_dir / "peers/immune/rnf5_nanostring_qc.csv", index_col=0)
    np.testing.assert_allclose(found.quality["housekeeper_factor"], peer["hk_factor"], atol=5.1e-5)
    table = shared_dir / "data/immune/mouse/rnf5_li2019_nanostring_normalized.csv"
    theirs = pd.read_csv(table, index_col=0)
    by_original = found.values.set_axis(found.genes["original"], axis=0)
    np.testing.assert_allclose(by_original.loc[theirs.index], theirs, atol=0.0051)
    scores = pd.read_csv(
        shared_dir / "peers/immune/rnf5_nanostring_scores_WT_vs_KO.csv", index_col="signature"
    )
    wild = list(theirs.columns[:5])
    for name, genes in (("Danaher2017_CD8_T_cells", ["Cd8a", "Cd8b1"]),
                        ("Rooney2015_CYT", ["Gzma", "Prf1"])):  # fmt: skip
        ours = found.log2().loc[genes, wild].to_numpy().mean()
        assert ours == pytest.approx(scores.loc[name, "WT"], abs=2e-4)
