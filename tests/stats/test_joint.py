"""The joint model of growth and leaving against brute force and against the separate models."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from smartcombo.core.random import stream
from smartcombo.stats.design import LongDesign
from smartcombo.stats.joint import (
    Leaving,
    fit_joint,
    joint_problem,
    starting_point,
)
from smartcombo.stats.joint_kernel import joint_terms
from smartcombo.stats.mixed import fit_mixed

TIME = 3.0 * np.arange(6)
D = np.array([[0.09, 0.002], [0.002, 0.0009]])


def simulated(n: int, association: float, seed: int) -> tuple[LongDesign, Leaving]:
    """Return two arms of n animals that leave at a hazard of 0.04 by their random slope."""
    rng = stream(seed, "joint", n)
    arm = np.repeat([0, 1], n)
    effects = rng.multivariate_normal(np.zeros(2), D, size=2 * n)
    rate = np.array([0.15, 0.08])[arm] + effects[:, 1]
    y = 4.4 + effects[:, :1] + rate[:, None] * TIME + rng.normal(0, 0.2, (2 * n, len(TIME)))
    hazard = 0.04 * np.exp(association * effects[:, 1] / 0.03)
    leaves = rng.exponential(size=2 * n) / hazard
    time = np.minimum(leaves, TIME[-1])
    keep = TIME[None, :] <= time[:, None]
    rows = np.broadcast_to(TIME, y.shape)[keep]
    own = (np.repeat(arm, keep.sum(axis=1))[:, None] == np.arange(2)) * rows[:, None]
    design = LongDesign(
        y[keep], np.column_stack([np.ones(len(rows)), own]),
        np.column_stack([np.ones(len(rows)), rows]),
        np.r_[0, np.cumsum(keep.sum(axis=1))].astype(np.int64), arm.astype(np.int64), rows + 1.0,
    )  # fmt: skip
    return design, Leaving(time, leaves < TIME[-1])


def likelihood(design: LongDesign, leaving: Leaving, parameters: np.ndarray, below: np.ndarray):
    """Return the kernel's log likelihood."""
    problem = joint_problem(design, leaving, below)
    x, w = np.polynomial.hermite.hermgauss(20)
    g, v = np.polynomial.hermite.hermgauss(15)
    nodes = np.array([(a, b) for a in g for b in g])
    weights = np.array([math.log(a) + math.log(b) for a in v for b in v])
    return joint_terms(
        parameters, design.y, below, design.X, design.Z / problem.scale, design.start,
        design.group, problem.hazard_of, leaving.time, leaving.left, x, w, nodes,
        weights + (nodes**2).sum(axis=1),
    )[0]  # fmt: skip


@pytest.mark.parametrize("limit", [None, 4.2])
def test_the_likelihood_is_that_of_brute_force_integration(limit: float | None) -> None:
    design, leaving = simulated(2, 1.0, seed=3)
    below = np.zeros(len(design.y), bool) if limit is None else design.y < limit
    if limit is not None:
        assert 0 < below.sum() < len(below)
        design = replace(design, y=np.where(below, limit, design.y))
    leaving = Leaving(leaving.time, np.array([True, False, True, True]))
    scale = np.sqrt(np.mean(design.Z**2, axis=0))
    beta, L, sigma = np.array([4.3, 0.14, 0.09]), np.array([[0.3, 0.0], [0.1, 0.25]]), 0.25
    gamma, alpha = np.log([0.05, 0.03]), 0.8
    parameters = np.r_[beta, L[0, 0], L[1, 0], L[1, 1], math.log(sigma), gamma, alpha]
    sd = math.hypot(L[1, 0], L[1, 1])
    axis = np.linspace(-7, 7, 241)
    grid = np.array(np.meshgrid(axis, axis, indexing="ij")).reshape(2, -1).T
    total = 0.0
    for i in range(4):
        rows = slice(design.start[i], design.start[i + 1])
        fixed, Z = design.X[rows] @ beta, design.Z[rows] / scale
        y, cut = design.y[rows], below[rows]
        g, t, left = gamma[design.group[i]], leaving.time[i], leaving.left[i]

        effect = grid @ L.T
        z = (y - fixed - effect @ Z.T) / sigma
        logs = stats.norm.logpdf(grid).sum(axis=1)
        logs += (stats.norm.logpdf(z[:, ~cut]) - math.log(sigma)).sum(axis=1)
        logs += stats.norm.logcdf(z[:, cut]).sum(axis=1)
        s = effect[:, 1] / sd
        logs += left * (g + alpha * s) - np.exp(g + alpha * s) * t
        value = np.exp(logs).sum() * (axis[1] - axis[0]) ** 2
        total += math.log(value)
    # The grid is exact to rounding for such smooth integrands; the product rule, used where rows
    # lie below the limit, has 15 points in each direction.
    assert likelihood(design, leaving, parameters, below) == pytest.approx(total, abs=2e-5)


def test_without_association_it_is_the_growth_model_and_the_hazards_apart() -> None:
    design, leaving = simulated(10, 0.0, seed=5)
    fit = fit_mixed(design)
    problem = joint_problem(design, leaving)
    start = starting_point(problem, fit)
    events = [leaving.left[design.group == g].sum() for g in (0, 1)]
    days = [leaving.time[design.group == g].sum() for g in (0, 1)]
    apart = sum(d * math.log(d / t) - d for d, t in zip(events, days, strict=True))
    assert problem.objective(start) == pytest.approx(fit.loglik + apart, abs=1e-8)
    for k in range(len(start) - 1):
        moved = start.copy()
        moved[k] += 1e-3
        assert problem.objective(moved) < problem.objective(start) + 1e-6
    got = fit_joint(design, leaving, fit)
    assert got.loglik_independent == pytest.approx(fit.loglik + apart, abs=1e-6)
    assert abs(got.association) < 3 * got.association_se


def test_it_finds_the_association_and_the_rates_it_was_simulated_with() -> None:
    design, leaving = simulated(300, 1.0, seed=11)
    fit = fit_mixed(design)
    got = fit_joint(design, leaving, fit)
    assert got.status == "ok"
    assert got.association == pytest.approx(1.0, abs=3.3 * got.association_se)
    assert got.association_se < 0.2
    errors = (got.beta - [4.4, 0.15, 0.08]) / np.sqrt(np.diag(got.cov_beta))
    assert np.abs(errors).max() < 3.3
    assert np.exp(got.log_hazard) == pytest.approx(0.04, rel=0.35)
    assert got.loglik > got.loglik_independent + 5
    # Growth alone takes the fast for the leavers it no longer sees, and is too slow.
    assert (fit.beta[1:] < got.beta[1:]).all()


def test_an_arm_in_which_nobody_left_has_no_hazard() -> None:
    design, leaving = simulated(10, 0.5, seed=2)
    only = Leaving(leaving.time, leaving.left & (design.group == 1))
    got = fit_joint(design, only, fit_mixed(design))
    assert got.log_hazard[0] == -np.inf
    assert np.isfinite(got.log_hazard[1])
    assert np.isfinite(got.beta).all()
