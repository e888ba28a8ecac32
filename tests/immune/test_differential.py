"""Genes: limma's stored numbers, DESeq2's, filters, refusals."""

from __future__ import annotations

import os
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.immune.differential import DifferentialOptions, named_genes
from smartcombo.immune.engines import GeneDesign, deseq2_tests, enough_reads, linear_engine

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def ct26(shared_dir: Path) -> tuple[sc.Study, sc.Result]:
    os.environ["SMARTCOMBO_SHARED"] = str(shared_dir)
    study = sc.read_study(ROOT / "data" / "studies" / "ct26")
    return study, sc.immune.differential(study)


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    return pd.read_csv(ROOT / "reference" / "gene_counts.csv")


@pytest.mark.realdata
@pytest.mark.parametrize("day", [7, 14])
def test_published_tumours_give_limmas_stored_table_through_the_public_function(
    ct26: tuple[sc.Study, sc.Result], shared_dir: Path, day: int
) -> None:
    """The filter keeps edgeR's genes but for those the strain masks; the table is rounded to 1e-6.

    On day 7 the stored library factors differ from edgeR's own by 9e-6 in a log fold change.
    """
    genes = ct26[1].tables["genes"]
    own = genes[genes["day"] == day].set_index("gene")
    peer = shared_dir / "peers" / "immune" / f"ct26_limmavoom_day{day}_ICB_vs_isotype.csv"
    expected = pd.read_csv(peer, index_col=0)
    masked = ct26[0].assays.counts.genes["mask"]
    lost = set(expected.index) - set(own.index)
    assert set(own.index) <= set(expected.index)
    assert all(masked.to_numpy()[ct26[0].assays.counts.values.index.get_loc(g)] for g in lost)
    expected = expected.loc[own.index]
    np.testing.assert_allclose(own["value"], expected["logFC"], atol=2e-5)
    np.testing.assert_allclose(own["t"], expected["t"], atol=3e-4)
    np.testing.assert_allclose(own["p"], expected["P.Value"], atol=2e-4)
    called = (expected["adj.P.Val"] <= 0.05).sum()
    assert (own["verdict"] != "inconclusive").sum() == pytest.approx(called, abs=2)


@pytest.mark.realdata
def test_estimates_are_the_panels_genes_corrected_over_all_genes(
    ct26: tuple[sc.Study, sc.Result],
) -> None:
    result = ct26[1]
    genes, table = result.tables["genes"], result.estimates
    assert set(table["endpoint"].str.removeprefix("gene: ")) <= named_genes("mouse")
    stat1 = table[(table["endpoint"] == "gene: Stat1") & (table["day"] == 14)].iloc[0]
    assert stat1["verdict"] == "higher"
    same = genes[(genes["gene"] == "Stat1") & (genes["day"] == 14)].iloc[0]
    assert stat1["p_bh"] == same["p_bh"] > stat1["p"]


@pytest.mark.realdata
def test_voom_and_deseq2_give_like_fold_changes_where_deseq2_calls(
    ct26: tuple[sc.Study, sc.Result], shared_dir: Path
) -> None:
    """Two models of the same counts: on day 14 they differ by 3% in the median called gene."""
    peer = shared_dir / "peers" / "immune" / "ct26_DESeq2R_day14_ICB_vs_isotype.csv"
    deseq = pd.read_csv(peer, index_col=0)
    own = ct26[1].tables["genes"].query("day == 14").set_index("gene")["value"]
    called = deseq[deseq["padj"] < 0.05].index.intersection(own.index)
    there = deseq.loc[called, "log2FoldChange"]
    off = (own[called] - there).abs() / there.abs()
    assert off.median() < 0.035
    assert (off < 0.1).mean() > 0.9
    assert (np.sign(own[called]) == np.sign(there)).mean() > 0.999


def test_genes_with_too_few_reads_are_left_out_as_edger_does() -> None:
    """Libraries of two million: ten reads in the median library, in as many as the smallest arm."""
    counts = np.array([[10, 10, 10, 0, 0, 0], [10, 10, 0, 0, 0, 0], [9, 9, 9, 9, 9, 9]], float)
    counts = np.vstack([counts, np.full((1, 6), 2e6) - counts.sum(axis=0)])
    assert enough_reads(counts, [3, 3]).tolist() == [True, False, False, True]
    assert enough_reads(counts, [2, 4]).tolist() == [True, True, False, True]
    assert enough_reads(np.array([[7.0, 7, 0], [1e6, 1e6, 1e6]]), [1, 2]).tolist() == [False, True]


def test_pydeseq2_finds_the_same_genes_as_voom_in_simulated_reads(counts: pd.DataFrame) -> None:
    """400 genes, eight samples, batches crossed: fold changes of genes both call agree within 20%.

    The two models are different; this shows that columns, contrast and units are the same.
    """
    pytest.importorskip("pydeseq2")
    counts = counts[counts.sum(axis=1) > 40]
    arm, batch = np.repeat([0, 1], 4), np.tile([0.0, 1.0], 4)
    X = np.column_stack([arm == 0, arm == 1, batch]).astype(float)
    design = GeneDesign(counts, X, ("a", "b"), {"a": 4, "b": 4})
    contrast = {"b": 1.0, "a": -1.0}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore")
        deseq = deseq2_tests(design, {"0": contrast}, 0.95)["0"]
    voom = linear_engine(design, counts=True).test(contrast, 0.95)
    both = (deseq["p"] < 0.001) & (voom["p"] < 0.001)
    assert both.sum() > 10
    off = (deseq["value"] - voom["value"]).abs() / deseq["value"].abs()
    assert off[both].median() < 0.2
    assert (np.sign(deseq["value"]) == np.sign(voom["value"]))[both].all()


def test_without_the_extra_the_message_names_it(
    counts: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pydeseq2.dds", None)
    design = GeneDesign(counts, np.eye(2).repeat(4, axis=0), ("a", "b"), {"a": 4, "b": 4})
    with pytest.raises(ImportError, match=r"smartcombo\[deseq2\]"):
        deseq2_tests(design, {"0": {"b": 1.0, "a": -1.0}}, 0.95)


def test_deseq2_without_counts_and_no_expression_are_refused(example_folder: Path) -> None:
    study = sc.read_study(example_folder)
    with pytest.raises(sc.AnalysisRefused, match=r"needs raw counts, found tpm"):
        sc.immune.differential(study, DifferentialOptions(engine="deseq2"))
    bare = replace(study, assays=type(study.assays)())
    with pytest.raises(sc.AnalysisRefused, match="no expression"):
        sc.immune.differential(bare)


def test_options_say_what_was_found() -> None:
    with pytest.raises(ValueError, match="not percent"):
        DifferentialOptions(level=95)
    with pytest.raises(ValueError, match="'limma'"):
        DifferentialOptions(engine="limma")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fraction such as"):
        DifferentialOptions(false_discovery=5)


def test_the_order_of_samples_and_genes_changes_nothing(example_folder: Path) -> None:
    study = sc.read_study(example_folder)
    expression = study.assays.expression
    order = np.random.default_rng(1).permutation(len(expression.values))
    shuffled = replace(
        expression, values=expression.values.iloc[order], genes=expression.genes.iloc[order]
    )
    other = replace(
        study,
        assays=replace(study.assays, expression=shuffled),
        samples=study.samples.iloc[::-1].reset_index(drop=True),
    )
    keys = ["model", "contrast", "endpoint", "question", "null_model"]
    one, two = (
        sc.immune.differential(s).estimates.set_index(keys).sort_index() for s in (study, other)
    )
    np.testing.assert_allclose(one["value"], two["value"], atol=1e-10)
    np.testing.assert_allclose(one["p_bh"], two["p_bh"], atol=1e-10)


def test_four_animals_in_four_arms_are_not_tested(example_folder: Path) -> None:
    study = sc.read_study(example_folder)
    few = study.samples.groupby(["model", "arm"]).head(1)
    result = sc.immune.differential(replace(study, samples=few))
    assert result.estimates.empty
    assert [f.found for f in result.findings] == ["4 animals in 4 arms"] * 2
