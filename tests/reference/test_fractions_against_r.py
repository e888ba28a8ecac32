"""Fractions of cell types: R's solvers on made mixtures, quanTIseq's settings on human samples.

The matrix of quanTIseq is not part of this repository: `read_til10` says where its files come from.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.immune.deconvolution import OTHER, SecondFit, cell_fractions
from smartcombo.stats.least_squares import mixture_fractions
from smartcombo.study.genes import map_orthologs

HERE = Path(__file__).parent
TIL10 = "SMARTCOMBO_TIL10"
"""Environment variable: the folder with quanTIseq's four files, as the user downloaded them."""
SIZE = {"B": 65, "NK": 118, "Macrophage": 138, "CD8": 70, "Common": 64, "Rare": 73}
ROUNDED = 5.01e-7
"""The stored fractions have six decimals."""


@pytest.fixture(scope="module")
def matrix() -> pd.DataFrame:
    return pd.read_csv(HERE / "fraction_matrix.csv", index_col=0)


@pytest.fixture(scope="module")
def mixtures() -> pd.DataFrame:
    return pd.read_csv(HERE / "fraction_mixtures.csv", index_col=0)


def expected(column: str) -> pd.DataFrame:
    """Return samples by cell types of ``fractions.csv``."""
    table = pd.read_csv(HERE / "fractions.csv")
    return table.pivot(index="sample", columns="cell_type", values=column)


@pytest.mark.parametrize("solver", ["lsei", "quadprog"])
def test_fractions_of_mrna_are_those_of_two_solvers_of_r(
    matrix: pd.DataFrame, mixtures: pd.DataFrame, solver: str
) -> None:
    """Ten of 24 mixtures reach the sum of one; three hold values below zero.

    The two solvers of R differ by 2e-14 from each other at most.
    """
    peer = expected(solver)[matrix.columns]
    for sample in mixtures:
        got = mixture_fractions(matrix.to_numpy(), mixtures[sample].to_numpy())
        np.testing.assert_allclose(got, peer.loc[sample], atol=1e-12, err_msg=str(sample))
    assert (peer.sum(axis=1) > 1 - 1e-9).sum() == 10


def test_fractions_of_cells_are_those_of_quantiseqs_steps_in_r(
    matrix: pd.DataFrame, mixtures: pd.DataFrame
) -> None:
    """The second fit is made in 13 of the 24 mixtures."""
    got = cell_fractions(
        mixtures,
        matrix,
        mrna_per_cell=SIZE,
        second_fit=SecondFit(rare="Rare", common="Common"),
        allow_negative=True,
    ).wide()
    peer = expected("cells")
    np.testing.assert_allclose(got.loc[peer.index, peer.columns], peer, atol=1e-12)


@pytest.fixture(scope="module")
def til10() -> sc.immune.Til10:
    folder = os.environ.get(TIL10)
    if not folder:
        pytest.skip(
            f"no matrix of quanTIseq: set {TIL10} to the folder with its four files "
            "(docs/cell-fractions.md)"
        )
    return sc.immune.read_til10(folder)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("table", "peer", "tumour", "genes"),
    [
        ("racle2017_melanoma_tpm.csv", "racle_quanTIseq.csv", True, 135 / 138),
        ("hoek2015_pbmc_expr.csv", "hoek_quanTIseq.csv", False, 1.0),
    ],
)
def test_quantiseqs_settings_give_the_stored_fractions(
    shared_dir: Path, til10: sc.immune.Til10, table: str, peer: str, tumour: bool, genes: float
) -> None:
    """Four melanoma samples and eight of blood; blood has corrected values below zero.

    The stored numbers are a quadratic program by quanTIseq's published steps. In melanoma
    quantiseqr's documentation states 135 of 138 genes found, as here.
    """
    expression = pd.read_csv(shared_dir / "data" / "immune" / "human" / table, index_col=0)
    stored = pd.read_csv(shared_dir / "peers" / "immune" / peer, index_col=0).T
    got = sc.immune.quantiseq(expression, til10, tumour=tumour, allow_negative=True)
    assert got.fractions["coverage"].unique() == pytest.approx([genes])
    wide = got.wide().rename(columns={OTHER: "Other"}).loc[stored.index, stored.columns]
    np.testing.assert_allclose(wide, stored, atol=ROUNDED)


def by_counterparts(tpm: pd.DataFrame, genes: list[str]) -> pd.DataFrame:
    """Return a mouse table by human genes: sums of counterparts, and the rest of a million."""
    pairs = map_orthologs(genes, "human").kept
    found = pairs[pairs["counterpart"].isin(tpm.index)]
    rows = {gene: tpm.loc[list(own["counterpart"])].sum() for gene, own in found.groupby("given")}
    table = pd.DataFrame(rows).T
    table.loc["every other gene"] = 1e6 - table.sum()
    return table


@pytest.mark.realdata
def test_mouse_tumours_by_counterparts_follow_the_stored_fractions(
    shared_dir: Path, til10: sc.immune.Til10
) -> None:
    """CT26: the counterparts behind the stored numbers, and their sum, are not known.

    Levels differ, by 0.056 of `Other` in the mean; CD8 T, M1 and B cells run in parallel.
    """
    tpm = shared_dir / "data" / "immune" / "mouse" / "ct26_taylor2019_tpm_approx.csv"
    peer = shared_dir / "peers" / "immune" / "ct26_via_orthologs_quanTIseq.csv"
    stored = pd.read_csv(peer, index_col=0).T
    table = by_counterparts(pd.read_csv(tpm, index_col=0), list(til10.matrix.index))
    got = sc.immune.quantiseq(table, til10, tumour=True)
    assert got.fractions["coverage"].unique() == pytest.approx([119 / 138])
    wide = got.wide().rename(columns={OTHER: "Other"}).loc[stored.index, stored.columns]
    off = wide - stored
    assert off.abs().max().max() == pytest.approx(0.1126, abs=1e-4)
    assert off["Other"].mean() == pytest.approx(0.0556, abs=1e-4)
    for cell in ("T.cells.CD8", "Macrophages.M1", "B.cells"):
        assert np.corrcoef(wide[cell], stored[cell])[0, 1] > 0.998
    np.testing.assert_allclose(wide["T.cells.CD4"], 0.0, atol=1e-12)
