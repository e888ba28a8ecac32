"""Fractions of cell types by a matrix of the user's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from smartcombo.immune.deconvolution import OTHER, cell_fractions

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
