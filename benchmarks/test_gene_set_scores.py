"""Scores of 40 gene sets in 1,000 samples of 22,000 genes, against gseapy's Rust core."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from smartcombo.stats.gene_sets import ranked_samples, singscore, ssgsea

gseapy = pytest.importorskip("gseapy", reason="the peer: pip install gseapy")
GENES, SAMPLES, SETS = 22_000, 1_000, 40


@pytest.fixture(scope="module")
def expression() -> np.ndarray:
    """Return values without ties: there the two implementations must agree."""
    return np.random.default_rng(1).gamma(0.8, 40.0, (GENES, SAMPLES))


@pytest.fixture(scope="module")
def sets() -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [rng.choice(GENES, int(size), replace=False) for size in rng.integers(6, 200, SETS)]


def test_rank_scores_of_the_panel(benchmark, expression, sets) -> None:
    ranked_samples(expression[:50, :2])

    def score() -> np.ndarray:
        """Return ssGSEA and singscore of every set."""
        ranked = ranked_samples(expression)
        both = [ssgsea(ranked, sets), np.array([singscore(ranked, one) for one in sets])]
        return np.concatenate(both)

    benchmark.group = f"{SETS} gene sets, {SAMPLES} samples, {GENES} genes"
    scores = benchmark.pedantic(score, rounds=3)
    assert np.isfinite(scores).all()


def test_rank_scores_by_the_peer(benchmark, expression, sets) -> None:
    names = [f"G{k}" for k in range(GENES)]
    table = pd.DataFrame(expression, index=names, columns=[f"s{k}" for k in range(SAMPLES)])
    named = {f"set{k}": [names[g] for g in one] for k, one in enumerate(sets)}
    benchmark.group = f"{SETS} gene sets, {SAMPLES} samples, {GENES} genes"

    def score() -> pd.DataFrame:
        """Return the peer's ssGSEA, one thread."""
        done = gseapy.ssgsea(table, named, outdir=None, min_size=1, max_size=500, threads=1,
                             no_plot=True, sample_norm_method="rank")  # fmt: skip
        return done.res2d

    done = benchmark.pedantic(score, rounds=1)
    own = ssgsea(ranked_samples(expression[:, :3]), sets)
    peer = done.pivot(index="Term", columns="Name", values="ES").loc[
        list(named), ["s0", "s1", "s2"]
    ]
    np.testing.assert_allclose(own, peer.to_numpy(float), atol=1e-3 * own.std())
