"""Curved growth against R's nlme: a line with a known bend exactly, Gompertz as far as nlme goes.

nlme's Gompertz maximises a linearised likelihood in turns (Lindstrom and Bates 1990,
10.2307/2532087); ours, with rho by arm, is exact. Where the random effects enter linearly nlme's
log likelihood is the exact one at its estimates, so ours must be at least as high.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from peer_sets import PEERS, load

from smartcombo.stats.curved import conditional, fit_shape
from smartcombo.stats.design import Floats, LongDesign, MixedFit
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.residuals import random_effects
from smartcombo.stats.shapes import (
    ShapedDesign,
    gompertz_bend,
    gompertz_clock,
    linearised,
)

HERE = Path(__file__).parent
BEND = 8.0


def _simulated(shape: str) -> ShapedDesign:
    rows = pd.read_csv(HERE / "curved_data.csv").query("shape == @shape")
    animals = rows.groupby("animal")
    return ShapedDesign(
        shape=shape,  # type: ignore[arg-type]
        y=rows["y"].to_numpy(),
        intercepts=np.ones((len(rows), 1)),
        u=rows["time"].to_numpy(float),
        start=np.r_[0, np.cumsum(animals.size())].astype(np.int64),
        group=animals["arm"].first().to_numpy(),
        random_intercept=True,
        time=rows["time"].to_numpy(float) + 1.0,
    )


def _nlme(shape: str) -> pd.DataFrame:
    return pd.read_csv(HERE / "curved.csv").query("shape == @shape").set_index("parameter")


def test_a_line_with_a_known_bend_is_that_of_lme() -> None:
    """Both are the same linear model; 1e-7 is what lme's stopping rule leaves."""
    theirs = _nlme("piecewise")
    design = _simulated("piecewise").design(np.array([BEND]))
    ours = fit_mixed(design)
    order = ["(Intercept)"]
    for arm in range(4):
        order += [f"time:arm{arm}", f"arm{arm}:late"]
    theirs = theirs.loc[order]
    assert ours.beta == pytest.approx(theirs["estimate"].to_numpy(), abs=1e-7)
    assert np.sqrt(np.diag(ours.cov_beta)) == pytest.approx(theirs["se"].to_numpy(), rel=1e-6)
    assert ours.loglik == pytest.approx(theirs["loglik"].iloc[0], abs=1e-7)
    full = fit_mixed(design, reml=False)
    assert full.loglik == pytest.approx(theirs["loglik_ml"].iloc[0], abs=1e-7)
    assert np.sqrt(ours.sigma2) == pytest.approx(theirs["sigma"].iloc[0], rel=1e-6)


def test_the_estimated_bend_is_likelier_than_the_true_one() -> None:
    shaped = _simulated("piecewise")
    found = fit_shape(shaped)
    at_truth = fit_mixed(shaped.design(np.array([BEND])), reml=False).loglik
    assert found.loglik >= at_truth
    assert found.psi[0] == pytest.approx(BEND, abs=1.5)


def test_gompertz_is_at_least_as_likely_as_that_of_nlme_and_near_it() -> None:
    """Within one standard error: the combination's rho is the weakest, at 0.53 of one."""
    theirs, shaped = _nlme("gompertz"), _simulated("gompertz")
    found = fit_shape(shaped)
    assert found.status == "ok"
    assert found.loglik > theirs["loglik"].iloc[0]
    assert found.loglik - theirs["loglik"].iloc[0] < 0.5
    beta = fit_mixed(shaped.design(found.psi), reml=False).beta
    full = fit_mixed(linearised(shaped, found.psi, beta, found.free), reml=False)
    ours = np.r_[conditional(full.beta, full.cov_beta, 4)[:5], found.psi]
    assert (np.abs(ours - theirs["estimate"]) / theirs["se"]).max() < 0.6
    assert np.sqrt(np.diag(full.cov_beta)) == pytest.approx(theirs["se"].to_numpy(), rel=0.07)


def _peer(name: str) -> tuple[ShapedDesign, pd.DataFrame]:
    design = load(name).design
    table = pd.read_csv(PEERS / "gompertz_nlme_estimates.csv")
    theirs = table[(table["dataset"] == name) & (table["spec"] == "gompertz_base")]
    shaped = ShapedDesign(
        "gompertz", design.y, np.empty((len(design.y), 0)), design.time, design.start,
        design.group, False, design.time,
    )  # fmt: skip
    return shaped, theirs


def _lindstrom_bates(shaped: ShapedDesign, start: Floats) -> tuple[MixedFit, float]:
    """Return the peers' model, r and rho random in each animal, by turns on our linear kernel."""
    arm, G = shaped.arm, shaped.n_arms
    subject = np.repeat(np.arange(len(shaped.group)), np.diff(shaped.start))
    own = arm[:, None] == np.arange(G)
    beta, b = start, np.zeros((len(shaped.group), 2))
    for _ in range(100):
        r, rho = beta[:G][arm] + b[subject, 0], beta[G:][arm] + b[subject, 1]
        B, dB = gompertz_clock(shaped.u, rho), r * gompertz_bend(shaped.u, rho)
        X, Z = np.column_stack([own * B[:, None], own * dB[:, None]]), np.column_stack([B, dB])
        w = shaped.y - r * B + X @ beta + np.sum(Z * b[subject], axis=1)
        turn = LongDesign(w, X, Z, shaped.start, shaped.group, shaped.time)
        fit = fit_mixed(turn, reml=False)
        step = float(np.abs(fit.beta - beta).max())
        beta, b = fit.beta, random_effects(fit, turn)
        if step < 1e-9:
            break
    return fit, step


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["gaba_antipd1", "chl1"])
def test_the_peers_gompertz_with_random_rho_is_reproduced_where_nlme_converged(name: str) -> None:
    """To 0.5% of a standard error: nlme stops at a relative change of 1e-3 to 1e-6."""
    shaped, theirs = _peer(name)
    psi = fit_shape(shaped, accelerating=True).psi
    beta = fit_mixed(shaped.design(psi), reml=False).beta
    fit, step = _lindstrom_bates(shaped, np.r_[beta, psi])
    assert step < 1e-9
    assert (np.abs(fit.beta - theirs["estimate"]) / theirs["SE"]).max() < 5e-3
    assert fit.loglik == pytest.approx(theirs["logLik"].iloc[0], abs=5e-3)
    assert np.sqrt(np.diag(fit.cov_beta)) == pytest.approx(theirs["SE"].to_numpy(), rel=0.05)


@pytest.mark.realdata
def test_where_nlme_stopped_short_our_likelihood_is_higher_with_fewer_parameters() -> None:
    shaped, theirs = _peer("grwth_data_sim")
    assert fit_shape(shaped, accelerating=True).loglik > theirs["logLik"].iloc[0] + 0.5


@pytest.mark.realdata
def test_gompertz_fits_where_nlme_gave_up() -> None:
    shaped, theirs = _peer("sw837")
    assert theirs["logLik"].isna().all()
    found = fit_shape(shaped)
    assert found.status == "ok"
    assert np.isfinite(found.loglik)
