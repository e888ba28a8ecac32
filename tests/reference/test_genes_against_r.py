"""Moderated tests of genes equal limma's voom and eBayes, TMM equals edgeR's, lowess equals R's.

The references come from make_genes.R; tolerances of 1e-9 are the arithmetic's, others say why.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from smartcombo.stats.lowess import lowess
from smartcombo.stats.moderated import (
    effective_libraries,
    linear_fits,
    log_counts,
    moderated_tests,
    precision_weights,
    variance_prior,
)

HERE = Path(__file__).parent
GROUP = np.repeat([0.0, 1.0], 4)
X = np.column_stack([np.ones(8), GROUP, np.tile([0.0, 1.0], 4)])
CONTRAST = np.array([0.0, 1.0, 0.0])


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    return pd.read_csv(HERE / "gene_counts.csv").to_numpy(float)


def reference(model: str) -> pd.DataFrame:
    """Return limma's numbers of one model."""
    table = pd.read_csv(HERE / "gene_tests.csv", skipinitialspace=True)
    return table[table["model"].str.strip() == model].reset_index(drop=True)


@pytest.mark.parametrize("span", [0.2, 0.5, 0.9])
def test_lowess_is_that_of_r(span: float) -> None:
    table = pd.read_csv(HERE / "gene_smooth.csv")
    x, smooth = lowess(table["x"].to_numpy(), table["y"].to_numpy(), span)
    np.testing.assert_array_equal(x, table["x"])
    np.testing.assert_allclose(smooth, table[f"span_{span}"], rtol=1e-9)


def test_effective_libraries_are_those_of_edger(counts: np.ndarray) -> None:
    factors = effective_libraries(counts) / counts.sum(axis=0)
    expected = pd.read_csv(HERE / "gene_norm.csv")["factor"]
    np.testing.assert_allclose(factors, expected, rtol=1e-9)


def test_precision_weights_and_tests_are_those_of_limma(counts: np.ndarray) -> None:
    y, weights = precision_weights(counts, effective_libraries(counts), X)
    got = moderated_tests(linear_fits(y, X, weights), CONTRAST)
    expected = reference("voom")
    np.testing.assert_allclose(weights[:, 0], expected["weight_1"], rtol=1e-9)
    np.testing.assert_allclose(weights[:, 7], expected["weight_8"], rtol=1e-9)
    np.testing.assert_allclose(got.value, expected["value"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(got.t, expected["t"], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(got.p, expected["p"], rtol=1e-8)
    assert got.df == pytest.approx(expected["df"][0], rel=1e-8)


def test_moderated_tests_without_weights_are_those_of_limma(counts: np.ndarray) -> None:
    fits = linear_fits(log_counts(counts, effective_libraries(counts)), X)
    prior, expected = variance_prior(fits.variance, fits.df), reference("plain")
    assert prior.df == pytest.approx(expected["prior_df"][0], rel=1e-8)
    assert prior.variance == pytest.approx(expected["prior_variance"][0], rel=1e-8)
    got = moderated_tests(fits, CONTRAST)
    np.testing.assert_allclose(got.t, expected["t"], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(got.p, expected["p"], rtol=1e-8)


@pytest.mark.realdata
@pytest.mark.parametrize("day", [7, 14])
def test_published_tumours_give_the_stored_numbers_of_limma(shared_dir: Path, day: int) -> None:
    """CT26 with and without anti-PD-L1 and anti-CTLA-4: log fold changes and t of every gene.

    The stored table is rounded to 1e-6. On day 7 edgeR, run again on these rows, gives our library
    factors to 15 digits, and the stored table differs from both by 9e-6 in a log fold change.
    """
    data = shared_dir / "data" / "immune" / "mouse"
    meta = pd.read_csv(data / "ct26_taylor2019_meta.csv")
    own = meta[meta["day"] == day]
    peer = shared_dir / "peers" / "immune" / f"ct26_limmavoom_day{day}_ICB_vs_isotype.csv"
    expected = pd.read_csv(peer, index_col=0)
    table = pd.read_csv(data / "ct26_taylor2019_counts.csv", index_col=0)
    counts = table.loc[expected.index, own["sample"]].to_numpy(float)
    treated = (own["arm"] != "isotype").to_numpy(float)
    columns = np.column_stack([np.ones(len(own)), treated])
    y, weights = precision_weights(counts, effective_libraries(counts), columns)
    got = moderated_tests(linear_fits(y, columns, weights), np.array([0.0, 1.0]))
    np.testing.assert_allclose(got.value, expected["logFC"], atol=2e-5)
    np.testing.assert_allclose(got.t, expected["t"], atol=3e-4)
    np.testing.assert_allclose(got.p, expected["P.Value"], atol=2e-4)
