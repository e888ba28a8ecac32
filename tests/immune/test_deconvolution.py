"""Fractions of cell types by a matrix of the user's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.immune.deconvolution import OTHER, SecondFit, cell_fractions

RNG = np.random.default_rng(12)
GENES = [f"Gene{k}" for k in range(60)]
CELLS = ["CD8 T", "B", "Macrophage"]
MATRIX = pd.DataFrame(RNG.gamma(0.6, 60.0, (60, 3)), index=GENES, columns=CELLS)
TRUTH = pd.DataFrame({"s1": [0.2, 0.1, 0.3], "s2": [0.0, 0.0, 0.05], "s3": [0.5, 0.2, 0.3]},
                     index=CELLS)  # fmt: skip
MIXED = MATRIX @ TRUTH


def test_known_mixtures_are_recovered_and_the_rest_is_other() -> None:
    wide = cell_fractions(MIXED, MATRIX).wide()
    np.testing.assert_allclose(wide[CELLS].T, TRUTH, atol=1e-9)
    np.testing.assert_allclose(wide[OTHER], 1 - TRUTH.sum(), atol=1e-9)


def test_fractions_of_a_sample_sum_to_one_and_do_not_depend_on_the_others() -> None:
    noisy = MIXED * RNG.gamma(20, 1 / 20, MIXED.shape)
    whole, alone = cell_fractions(noisy, MATRIX), cell_fractions(noisy[["s2"]], MATRIX)
    np.testing.assert_allclose(whole.wide().sum(axis=1), 1.0)
    pd.testing.assert_frame_equal(whole.wide().loc[["s2"]], alone.wide(), check_exact=True)
    assert whole.fractions["explained"].between(0.8, 1.0).all()


def test_cells_rich_in_mrna_are_fewer_than_their_mrna() -> None:
    plain = cell_fractions(MIXED, MATRIX).wide()
    scaled = cell_fractions(MIXED, MATRIX, mrna_per_cell={"Macrophage": 2.0}).wide()
    np.testing.assert_allclose(scaled[OTHER], plain[OTHER])
    odds = (scaled["Macrophage"] / scaled["B"]) / (plain["Macrophage"] / plain["B"])
    assert odds["s1"] == pytest.approx(0.5)


def test_lost_genes_are_named_and_too_many_are_refused() -> None:
    some = cell_fractions(MIXED.drop(index=GENES[:15]), MATRIX)
    assert some.lost == tuple(GENES[:15])
    assert set(some.fractions["status"]) == {"caution"}
    with pytest.raises(ValueError, match="30 of 60 genes"):
        cell_fractions(MIXED.iloc[:30], MATRIX)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (np.log2(MIXED + 0.01), "negative values"),
        (MIXED.where(MIXED.iloc[0, 0] < MIXED), "missing values"),
        (pd.concat([MIXED, MIXED.iloc[:1]]), "stand twice"),
    ],
)
def test_a_table_that_is_not_linear_or_whole_is_refused(table: pd.DataFrame, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        cell_fractions(table, MATRIX)


def test_a_total_undoes_the_unit_of_a_sample() -> None:
    rest = pd.DataFrame([1e6 - MIXED.sum()], index=["Rest"])
    whole = pd.concat([MIXED, rest])
    other_unit = whole * [0.1, 1.0, 7.0]
    plain, total = cell_fractions(whole, MATRIX), cell_fractions(other_unit, MATRIX, total=1e6)
    np.testing.assert_allclose(total.wide(), plain.wide(), atol=1e-9)
    with pytest.raises(ValueError, match=r"samples \['s2'\] sum to zero"):
        cell_fractions(MIXED * [1, 0, 1], MATRIX, total=1e6)


def test_dropped_genes_count_neither_in_the_fit_nor_as_lost() -> None:
    bent = MIXED.copy()
    bent.loc[GENES[:20]] *= 50
    got = cell_fractions(bent, MATRIX, drop=GENES[:20])
    assert got.lost == ()
    assert set(got.fractions["coverage"]) == {1.0}
    np.testing.assert_allclose(got.wide()[CELLS].T, TRUTH, atol=1e-9)


def test_a_rare_cell_type_is_the_mean_of_two_fits_where_the_first_gives_little() -> None:
    """By hand: with B = 0 in the first fit, B' = b/2 and CD8' = CD8 - (b + b/2)/2."""
    second = SecondFit(rare="B", common="CD8 T", below=0.02)
    truth = pd.Series([0.4, 0.0, 0.3], index=CELLS)
    mixed = (MATRIX @ truth).to_frame("s")
    b = cell_fractions(mixed, MATRIX.drop(columns="CD8 T")).wide()["B"].iloc[0]
    assert b > 0.02
    changed = pd.Series({"CD8 T": 0.4 - 0.75 * b, "B": b / 2, "Macrophage": 0.3, OTHER: 0.3})
    got = cell_fractions(mixed, MATRIX, second_fit=second).wide().loc["s", changed.index]
    np.testing.assert_allclose(got, changed / changed.sum(), atol=1e-9)
    enough = cell_fractions(MIXED[["s1"]], MATRIX, second_fit=second)
    pd.testing.assert_frame_equal(enough.wide(), cell_fractions(MIXED[["s1"]], MATRIX).wide())


def test_values_below_zero_are_taken_only_when_allowed() -> None:
    with pytest.raises(ValueError, match="180 negative values"):
        cell_fractions(-MIXED, MATRIX)
    none = cell_fractions(-MIXED, MATRIX, allow_negative=True).wide()
    np.testing.assert_array_equal(none[OTHER], 1.0)


def test_a_cell_type_the_matrix_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\['Macrophages'\]: expected cell types of the matrix"):
        cell_fractions(MIXED, MATRIX, mrna_per_cell={"Macrophages": 2.0})
    with pytest.raises(ValueError, match=r"\['Tregs'\].*spell them as its columns"):
        cell_fractions(MIXED, MATRIX, second_fit=SecondFit("Tregs", "B"))


def test_quantiseq_without_its_files_says_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "TIL10_signature.txt").write_text("ID\tB.cells\n", "utf-8")
    with pytest.raises(FileNotFoundError, match=r"no TIL10_mRNA_scaling.txt, .*icbi-lab/quanTIseq"):
        sc.immune.read_til10(tmp_path)


def test_quantiseq_uses_the_files_of_the_folder(tmp_path: Path) -> None:
    """Made files of quanTIseq's format: noisy genes never count, aberrant ones not in tumours."""
    cells = ["B.cells", "T.cells.CD4", "Tregs"]
    matrix = MATRIX.set_axis([gene.upper() for gene in GENES]).set_axis(cells, axis=1)
    matrix.to_csv(tmp_path / "TIL10_signature.txt", sep="\t", index_label="ID")
    sizes = "B.cells\t65\nT.cells.CD4\t64\nTregs\t130\n"
    (tmp_path / "TIL10_mRNA_scaling.txt").write_text(sizes, "utf-8")
    (tmp_path / "TIL10_TCGA_aberrant_immune_genes.txt").write_text("GENE1\nGENE2\n", "utf-8")
    (tmp_path / "TIL10_rmgenes.txt").write_text("GENE0", "utf-8")
    til10 = sc.immune.read_til10(tmp_path)
    weights = pd.Series([0.13, 0.16, 0.39], index=cells)
    bulk = (matrix @ weights).to_frame("s")
    bulk.loc["REST"] = 1e6 - bulk.sum()
    bulk.loc["GENE0"] *= 90
    bulk.loc[["GENE1", "GENE2"]] *= 30
    bulk.loc["REST"] += 1e6 - bulk.sum()
    got = sc.immune.quantiseq(bulk, til10, tumour=True).wide().loc["s", cells]
    by_cell = weights / pd.Series(til10.mrna_per_cell)
    np.testing.assert_allclose(got, by_cell / by_cell.sum() * weights.sum(), atol=1e-9)
    of_mrna = sc.immune.quantiseq(bulk, til10, tumour=True, mrna_scaling=False).wide()
    np.testing.assert_allclose(of_mrna.loc["s", cells], weights, atol=1e-9)
    blood = sc.immune.quantiseq(bulk, til10, tumour=False).wide().loc["s", cells]
    assert np.abs(blood - got).max() > 0.01
