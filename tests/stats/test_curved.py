"""Gompertz and bending mean curves: closed forms, brute force, and what scaling must do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from smartcombo.core.random import stream
from smartcombo.stats import curved
from smartcombo.stats.censored import fit_censored
from smartcombo.stats.covariance import subject_rows
from smartcombo.stats.curved import conditional, fit_shape, maximum_loglik
from smartcombo.stats.design import Floats
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.shapes import (
    SERIES,
    CurvedShape,
    ShapedDesign,
    gompertz_bend,
    gompertz_clock,
    linearised,
)

VISITS = np.array([0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0])
R, RHO = np.array([0.30, 0.20, 0.22, -0.10]), np.array([0.06, 0.04, 0.08, 0.05])
EARLY, LATE, BEND = np.array([0.18, 0.17, 0.18, 0.17]), np.array([0.0, -0.1, -0.05, -0.3]), 7.5


def shaped(shape: CurvedShape, mean: Floats, n: int = 6, seed: int = 1) -> ShapedDesign:
    """Return a study of four arms whose mean curves ``(4, visits)`` scatter by animal and visit."""
    rng = stream(seed, "curved", shape)
    arm = np.repeat(np.arange(4), n)
    clock = gompertz_clock(VISITS[None, :], RHO[:, None])[arm] if shape == "gompertz" else VISITS
    animals = rng.normal(4.4, 0.3, 4 * n)[:, None] + rng.normal(0, 0.02, 4 * n)[:, None] * clock
    y = animals + mean[arm] + rng.normal(0, 0.15, (4 * n, len(VISITS)))
    u = np.tile(VISITS, 4 * n)
    return ShapedDesign(
        shape, y.ravel(), np.ones((len(u), 1)), u,
        np.arange(0, len(u) + 1, len(VISITS)).astype(np.int64), arm, True, u + 1.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def gompertz() -> ShapedDesign:
    return shaped("gompertz", R[:, None] * gompertz_clock(VISITS[None, :], RHO[:, None]))


@pytest.fixture(scope="module")
def piecewise() -> ShapedDesign:
    return shaped(
        "piecewise", EARLY[:, None] * VISITS + LATE[:, None] * np.clip(VISITS - BEND, 0, None)
    )


def test_the_gompertz_clock_is_its_formula_and_time_itself_at_zero() -> None:
    u = np.linspace(0, 30, 7)
    for rho in (0.2, 0.003, -0.05):
        assert gompertz_clock(u, np.full(7, rho)) == pytest.approx((1 - np.exp(-rho * u)) / rho)
    assert np.array_equal(gompertz_clock(u, np.zeros(7)), u)


def test_the_clock_and_its_derivative_do_not_jump_where_the_series_ends() -> None:
    """1e-9: the series' first neglected term, and what cancellation leaves of the closed form."""
    u = np.ones(2)
    edge = SERIES * np.array([1 - 1e-9, 1 + 1e-9])
    assert np.ptp(gompertz_clock(u, edge)) < 1e-9
    assert np.ptp(gompertz_bend(u, edge)) < 1e-9


@given(st.floats(0, 40), st.floats(-0.1, 1.0))
def test_the_derivative_in_rho_is_that_of_the_clock(time: float, rho: float) -> None:
    h, u = 1e-6, np.array([time])
    up, down = (gompertz_clock(u, np.array([rho + s * h]))[0] for s in (1, -1))
    size = max(1.0, abs(up) * time)
    assert gompertz_bend(u, np.array([rho]))[0] == pytest.approx(
        (up - down) / (2 * h), abs=1e-7 * size
    )


def test_the_gradient_of_the_profile_is_its_central_difference(gompertz: ShapedDesign) -> None:
    profile = curved._profile(gompertz, np.ones(len(gompertz.y)))
    psi, h = np.array([0.02, 0.09, 0.05, 0.1]), 1e-6
    numeric = [(profile(psi + h * e)[0] - profile(psi - h * e)[0]) / (2 * h) for e in np.eye(4)]
    assert profile(psi)[1] == pytest.approx(numeric, rel=1e-5)


def _loglik(design: ShapedDesign, beta: Floats, psi: Floats, L: Floats, sigma: float) -> float:
    known = design.design(psi)
    total = 0.0
    for rows in subject_rows(known):
        Z = known.Z[rows]
        V = Z @ L @ L.T @ Z.T + sigma**2 * np.eye(len(Z))
        total += float(stats.multivariate_normal.logpdf(known.y[rows], known.X[rows] @ beta, V))
    return total


def test_the_likelihood_is_the_normal_density_and_no_better_one_is_near(
    gompertz: ShapedDesign,
) -> None:
    found = fit_shape(gompertz)
    fit = fit_mixed(gompertz.design(found.psi), reml=False)
    L, sigma = np.linalg.cholesky(fit.D), float(np.sqrt(fit.sigma2))
    assert _loglik(gompertz, fit.beta, found.psi, L, sigma) == pytest.approx(found.loglik, abs=1e-6)

    def minus(psi: Floats) -> float:
        """Return minus the profile log likelihood, by the linear model at each psi."""
        return -fit_mixed(gompertz.design(psi), reml=False).loglik

    brute = optimize.minimize(minus, found.psi * 1.1, method="Nelder-Mead",
                              options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 2000})  # fmt: skip
    assert found.loglik >= -brute.fun - 1e-7
    assert found.psi == pytest.approx(brute.x, abs=1e-4)


def test_standard_errors_are_those_of_the_full_hessian(gompertz: ShapedDesign) -> None:
    """Of the growth to day 18, by the expected Hessian in all thirteen parameters, variances too.

    To 0.2%: ours leaves out what the spread of the animals says about rho.
    """
    found = fit_shape(gompertz)
    fit = fit_mixed(gompertz.design(found.psi), reml=False)
    ours = fit_mixed(linearised(gompertz, found.psi, fit.beta, found.free), reml=False).cov_beta
    at = np.r_[fit.beta, found.psi, np.linalg.cholesky(fit.D)[np.tril_indices(2)],
               np.sqrt(fit.sigma2)]  # fmt: skip
    truth = _moments(gompertz, at)

    def expected(parameters: Floats) -> float:
        """Return its expectation where the estimates are the truth."""
        total = 0.0
        for (m0, V0), (m, V) in zip(truth, _moments(gompertz, parameters), strict=True):
            spread = V0 + np.outer(m - m0, m - m0)
            total -= 0.5 * (np.linalg.slogdet(V)[1] + np.trace(np.linalg.solve(V, spread)))
        return float(total)

    full = np.linalg.inv(-_hessian(expected, at))[:9, :9]
    for arm in range(4):
        rho, c = found.psi[arm : arm + 1], np.zeros(9)
        c[1 + arm] = gompertz_clock(VISITS[-1:], rho)[0]
        c[5 + arm] = fit.beta[1 + arm] * gompertz_bend(VISITS[-1:], rho)[0]
        assert np.sqrt(c @ ours @ c) == pytest.approx(np.sqrt(c @ full @ c), rel=2e-3)


def _unpacked(parameters: Floats) -> tuple[Floats, Floats, Floats, float]:
    L = np.zeros((2, 2))
    L[np.tril_indices(2)] = parameters[9:12]
    return parameters[:5], parameters[5:9], L, float(parameters[12])


def _moments(design: ShapedDesign, parameters: Floats) -> list[tuple[Floats, Floats]]:
    beta, psi, L, sigma = _unpacked(parameters)
    known = design.design(psi)
    return [
        (known.X[r] @ beta,
         known.Z[r] @ L @ L.T @ known.Z[r].T + sigma**2 * np.eye(r.stop - r.start))
        for r in subject_rows(known)
    ]  # fmt: skip


def _hessian(f: Callable[[Floats], float], at: Floats) -> Floats:
    h = 1e-4 * np.maximum(np.abs(at), 0.05)
    E = np.diag(h)
    k = len(at)
    H = np.empty((k, k))
    for i in range(k):
        for j in range(i + 1):
            corners = [f(at + a * E[i] + b * E[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            H[i, j] = H[j, i] = (corners[0] - corners[1] - corners[2] + corners[3]) / (
                4 * h[i] * h[j]
            )
    return H


def test_a_regressing_tumour_is_the_mirror_of_a_growing_one(gompertz: ShapedDesign) -> None:
    mirror = replace(gompertz, y=-gompertz.y)
    one, other = fit_shape(gompertz), fit_shape(mirror)
    assert other.psi == pytest.approx(one.psi, abs=1e-5)
    assert other.loglik == pytest.approx(one.loglik, abs=1e-7)


@settings(max_examples=8, deadline=None)
@given(st.floats(0.1, 10.0))
def test_days_or_weeks_give_the_same_curve(unit: float) -> None:
    bent = LATE[:, None] * np.clip(VISITS - BEND, 0, None)
    slowing = R[:, None] * gompertz_clock(VISITS[None, :], RHO[:, None])
    for shape, mean in (("gompertz", slowing), ("piecewise", bent)):
        design = shaped(shape, mean)  # type: ignore[arg-type]
        one, other = fit_shape(design), fit_shape(replace(design, u=design.u * unit))
        assert other.loglik == pytest.approx(one.loglik, abs=1e-5)
        power = -1 if shape == "gompertz" else 1
        assert other.psi * unit**-power == pytest.approx(one.psi, abs=2e-4 * np.max(one.psi))


def test_growth_that_speeds_up_falls_to_the_exponential_at_the_boundary() -> None:
    design = shaped(
        "gompertz", R[:, None] * gompertz_clock(VISITS[None, :], -np.full((4, 1), 0.06))
    )
    found = fit_shape(design)
    assert found.status == "boundary"
    assert np.array_equal(found.psi, np.zeros(4))
    assert len(found.free) == 0
    straight = fit_mixed(design.design(np.zeros(4)), reml=False)
    assert found.loglik == pytest.approx(straight.loglik, abs=1e-8)
    assert fit_shape(design, accelerating=True).psi == pytest.approx(np.full(4, -0.06), abs=0.02)


def test_the_bend_is_found_and_its_profile_peaks_there(piecewise: ShapedDesign) -> None:
    found = fit_shape(piecewise)
    assert found.status == "ok"
    assert found.psi[0] == pytest.approx(BEND, abs=1.0)
    assert found.profile[:, 1].max() == found.loglik
    for bend in np.linspace(3.5, 14.5, 60):
        assert (
            fit_mixed(piecewise.design(np.array([bend])), reml=False).loglik <= found.loglik + 1e-6
        )


def test_visits_too_few_to_tell_a_bend_are_a_status(piecewise: ShapedDesign) -> None:
    keep = piecewise.u <= 3.0
    few = ShapedDesign(
        "piecewise", piecewise.y[keep], piecewise.intercepts[keep], piecewise.u[keep],
        np.arange(0, keep.sum() + 1, 2).astype(np.int64), piecewise.group, True,
        piecewise.time[keep],
    )  # fmt: skip
    found = fit_shape(few)
    assert found.status == "singular"
    assert np.isnan(found.loglik)


def test_arms_of_unequal_variance_raise_the_likelihood_in_turns(gompertz: ShapedDesign) -> None:
    rng = stream(3, "noise")
    noisy = gompertz.y + np.where(gompertz.arm == 2, 0.5, 0.0) * rng.standard_normal(
        len(gompertz.y)
    )
    design = replace(gompertz, y=noisy)
    common, by_arm = fit_shape(design), fit_shape(design, variance="group")
    assert by_arm.status in ("ok", "boundary")
    assert by_arm.loglik > common.loglik + 10
    at = fit_mixed(design.design(by_arm.psi), variance="group", reml=False)
    assert at.loglik == pytest.approx(by_arm.loglik, abs=1e-8)
    for step in 0.002 * np.eye(4)[by_arm.free]:
        for sign in (-1, 1):
            moved = fit_mixed(design.design(by_arm.psi + sign * step), variance="group", reml=False)
            assert moved.loglik <= by_arm.loglik + 1e-3


def test_an_estimate_at_zero_is_least_squares_without_its_column(gompertz: ShapedDesign) -> None:
    fit = fit_mixed(gompertz.design(RHO))
    wide = linearised(gompertz, RHO, fit.beta, np.arange(4))
    whole = fit_mixed(wide)
    known = gompertz.design(RHO)
    identity = whole.sigma2 * np.eye(len(VISITS))
    weight = [
        np.linalg.inv(known.Z[r] @ whole.D @ known.Z[r].T + identity) for r in subject_rows(known)
    ]
    S = sum(known.X[r].T @ W @ known.X[r] for r, W in zip(subject_rows(known), weight, strict=True))
    v = sum(known.X[r].T @ W @ known.y[r] for r, W in zip(subject_rows(known), weight, strict=True))
    assert conditional(whole.beta, whole.cov_beta, 4) == pytest.approx(
        np.r_[np.linalg.solve(S, v), np.zeros(4)], abs=1e-9
    )


@pytest.mark.parametrize("name", ["gompertz", "piecewise"])
def test_a_value_known_only_to_lie_below_a_huge_limit_is_no_value(
    name: str, request: pytest.FixtureRequest
) -> None:
    """To 1% of psi, a 25th of its standard error: the inner search stops at a hundredth of one."""
    design = request.getfixturevalue(name)
    last = len(design.y) - 1
    below = np.arange(last + 1) == last
    hidden = fit_shape(replace(design, y=np.where(below, 30.0, design.y)), below=below)
    start = design.start.copy()
    start[-1] = last
    without = ShapedDesign(
        design.shape, design.y[:-1], design.intercepts[:-1], design.u[:-1], start, design.group,
        True, design.time[:-1],
    )  # fmt: skip
    plain = fit_shape(without)
    assert hidden.psi == pytest.approx(plain.psi, rel=1e-2)
    assert hidden.loglik == pytest.approx(plain.loglik, abs=1e-3)


def test_a_censored_gompertz_keeps_the_truth_that_the_limit_would_bend() -> None:
    """Straight regression cut at the limit looks like a plateau; censoring knows that it is not."""
    straight = np.array([0.15, 0.1, 0.1, -0.2])[:, None] * VISITS
    design = shaped("gompertz", straight)
    limit = np.log(10.0)
    below = design.y < limit
    cut = replace(design, y=np.where(below, limit, design.y))
    assert below.mean() > 0.05
    naive, censored = fit_shape(cut), fit_shape(cut, below=below)
    assert naive.psi[3] > 0.05
    assert censored.psi[3] < 0.03
    assert maximum_loglik(cut.design(censored.psi), below) == pytest.approx(
        censored.loglik, abs=1e-3
    )
    assert fit_censored(cut.design(censored.psi), below).fit.status in ("ok", "boundary")
