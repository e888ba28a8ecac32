"""Shrinkage: the reference, closed forms, and tau averaged over by another integration."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from smartcombo.core.random import stream
from smartcombo.stats.pooling import log_odds_ratios
from smartcombo.stats.shrinkage import (
    between_variance,
    shrink,
    shrink_averaged,
    shrink_proportions,
)


@pytest.mark.realdata
def test_counts_of_the_six_studies_shrink_as_the_reference_does(shared_dir: Path) -> None:
    file = shared_dir / "peers" / "patients" / "shrinkage_reference.json"
    reference = json.loads(file.read_text(encoding="utf-8"))
    table = pd.read_csv(shared_dir / "data" / "invivo" / "mariathasan2018_complete_regressions.csv")
    emt6 = table[table["model"] == "EMT6"]
    n = emt6["n_per_arm"].to_numpy(float)
    columns = {"apdl1": "apdl1_cr_pct", "combo": "combo_cr_pct"}
    counts = {name: n * emt6[column].to_numpy(float) / 100 for name, column in columns.items()}
    for name, expected in reference["betabinomial"].items():
        got = shrink_proportions(counts[name], n)
        # The reference prints three digits.
        assert got.value == pytest.approx(expected["shrunk"], abs=5.01e-4)
        assert got.mean == pytest.approx(expected["bb_mean"], abs=5e-5)
        # Mean and ICC are found by search; what follows from them is closed form.
        assert got.design_effect == pytest.approx(1 + 9 * got.icc, abs=1e-12)
        assert got.design_effect == pytest.approx(expected["design_effect"], abs=1e-3)
        assert got.effective_n == pytest.approx(expected["effective_n"], abs=1e-2)
    ratios = log_odds_ratios(counts["combo"], n, counts["apdl1"], n)
    pooled = shrink(*ratios, "DL")
    assert pooled.mean == pytest.approx(reference["logor_re"]["mu"], abs=1e-6)
    assert pooled.mean_se == pytest.approx(reference["logor_re"]["se"], abs=1e-6)
    assert pooled.tau2 == pytest.approx(reference["logor_re"]["tau2"], abs=1e-6)


def test_counts_shrink_by_the_closed_form_of_the_reference_fit() -> None:
    k, n = np.array([8.0, 7, 3, 7, 9, 10]), np.full(6, 10.0)
    got = shrink_proportions(k, n)
    total = (1 - got.icc) / got.icc
    assert got.value == pytest.approx((k + got.mean * total) / (n + total), abs=1e-12)
    assert (got.low < got.value).all()
    assert (got.value < got.high).all()


def test_with_equal_errors_everything_is_a_closed_form() -> None:
    y, v = np.array([0.0, 1.0, 2.0, 5.0]), np.full(4, 0.5)
    tau2 = np.var(y, ddof=1) - 0.5
    for method in ("DL", "PM", "REML"):
        got = shrink(y, v, method)
        assert got.tau2 == pytest.approx(tau2, rel=1e-5)
        kept = tau2 / (tau2 + 0.5)
        assert got.value == pytest.approx(2.0 + kept * (y - 2.0), rel=1e-5)
        variance = kept * 0.5 + (1 - kept) ** 2 * (tau2 + 0.5) / 4
        assert got.se == pytest.approx(np.full(4, np.sqrt(variance)), rel=1e-5)
        assert got.wrong_sign == pytest.approx(stats.norm.cdf(-got.value / got.se))


def test_effects_that_agree_have_no_variance_between_them() -> None:
    for method in ("DL", "PM", "REML"):
        assert between_variance(np.array([0.1, 0.11, 0.09]), np.full(3, 0.2), method) == 0.0


def test_averaging_over_tau_is_the_integral_by_quadrature() -> None:
    y = np.array([0.9, -0.2, 0.3, 0.1, 0.5, 0.0])
    v = np.array([0.2, 0.05, 0.1, 0.3, 0.08, 0.15])
    upper = 4 * np.std(y, ddof=1)

    def likelihood(tau: float) -> float:
        """Return the restricted likelihood through the contrasts of the effects."""
        contrasts = np.linalg.svd(np.eye(6) - 1 / 6)[0][:, :5]
        covariance = contrasts.T @ np.diag(v + tau**2) @ contrasts
        return float(stats.multivariate_normal(np.zeros(5), covariance).pdf(y @ contrasts))

    def mean_of(tau: float, i: int) -> float:
        """Return the posterior mean of effect i at tau."""
        w = 1 / (v + tau**2)
        mu = np.sum(w * y) / np.sum(w)
        return float(mu + tau**2 / (tau**2 + v[i]) * (y[i] - mu))

    total = integrate.quad(likelihood, 0, upper)[0]
    got = shrink_averaged(y, v)
    for i in range(6):
        part = integrate.quad(lambda t, i=i: likelihood(t) * mean_of(t, i), 0, upper)[0]
        # The grid of 400 points.
        assert got.value[i] == pytest.approx(part / total, abs=1e-4)


def test_where_no_spread_is_seen_averaging_does_not_call_all_effects_equal() -> None:
    y, v = np.array([0.2, 0.21, 0.19, 0.2, 0.22]), np.full(5, 0.04)
    assert shrink(y, v).tau2 == 0.0
    assert shrink_averaged(y, v).se.min() > shrink(y, v).se.max()


def test_intervals_averaged_over_tau_cover_the_truth() -> None:
    rng, inside, total = stream(1, "shrinkage coverage"), 0, 0
    for _ in range(150):
        truth = rng.normal(0.2, 0.25, 20)
        v = rng.uniform(0.2, 0.7, 20) ** 2
        got = shrink_averaged(truth + rng.standard_normal(20) * np.sqrt(v), v)
        inside += int((np.abs(got.value - truth) < 1.96 * got.se).sum())
        total += 20
    # 3,000 effects in 150 correlated sets: four errors of 0.5 points and the same again for sets.
    assert inside / total == pytest.approx(0.95, abs=0.03)
