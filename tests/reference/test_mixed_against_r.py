"""The mixed model against R: nlme, clubSandwich, lme4, lmerTest and pbkrtest.

Tolerances. nlme stops where the log likelihood changes little, which leaves a weakly identified
variance, and so the standard errors, uncertain at 1e-6 to 1e-5 relative on four fits; there ours
must have the higher likelihood, shown in 50 digits. lme4's optimiser is tightened in
``make_references.R``.
"""

from __future__ import annotations

from decimal import Decimal, getcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from peer_sets import PEERS, SETS, PeerDesign, load
from reference_designs import (
    CONSTRAINED_SETS,
    SYNTHETIC,
    constrained_design,
    constrained_rows,
    synthetic_rows,
)

from smartcombo.stats.design import Floats, MixedFit
from smartcombo.stats.inference import model_inference
from smartcombo.stats.mixed import fit_mixed
from smartcombo.stats.mixed_origin import fit_origin, origin_sums
from smartcombo.stats.robust import cr2_inference

HERE = Path(__file__).parent
ON_ROOT = ("u87mg", "bv173", "chl1", "cr1197", "gaba_antipd1")
BASE = [(name, "base") for name in SETS] + [(name, "sqrt") for name in ON_ROOT]
STOPPED_SHORT = {("bv173", "base"), ("snu81", "base"), ("u87mg", "base"), ("u87mg", "sqrt")}
VARIANCES = {
    "base_varIdentTrt": "group",
    "base_varIdentAnimal": "subject",
    "base_varPowerTime": "power",
}
DEGENERATE = {("u87mg", "base_varIdentAnimal"), ("u87mg", "base_varIdentTrt")}
"""Two visits an animal: residual variances run to zero, and nlme stops on the way. The rates are
those of nlme; its variances and standard errors are where it stopped."""


def _design(name: str, spec: str) -> PeerDesign:
    design = load(name)
    return design.in_square_root_of_time() if spec == "sqrt" else design


def _peers(name: str, spec: str, arms: tuple[str, ...]) -> pd.DataFrame:
    table = pd.read_csv(PEERS / "nlme_fits.csv")
    chosen = table[(table["dataset"] == name) & (table["spec"] == spec)]
    return chosen.set_index("arm").loc[list(arms)]


def _se(fit: MixedFit) -> Floats:
    return np.sqrt(np.diag(fit.cov_beta))


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "spec"), BASE)
def test_slopes_through_the_origin_are_those_of_nlme(name: str, spec: str) -> None:
    peer = _design(name, spec)
    fit = fit_mixed(peer.design)
    stored = _peers(name, spec, peer.arms)
    tolerance = 1e-5 if (name, spec) in STOPPED_SHORT else 1e-6
    assert len(peer.design.y) == stored["n_obs"].iloc[0]
    assert len(peer.animals) == stored["n_animals"].iloc[0]
    np.testing.assert_allclose(fit.beta, stored["growth_rate"], rtol=1e-6)
    np.testing.assert_allclose(_se(fit), stored["SE_model"], rtol=tolerance)
    assert fit.loglik == pytest.approx(stored["logLik_REML"].iloc[0], abs=1e-6)
    assert np.sqrt(fit.sigma2) == pytest.approx(stored["sigma"].iloc[0], rel=1e-5)
    slope_sd = stored["sd_random_slope"].iloc[0]
    assert np.sqrt(fit.D[0, 0]) == pytest.approx(slope_sd, rel=max(1e-5, 2 * tolerance))
    ml = fit_mixed(peer.design, reml=False).loglik
    assert ml == pytest.approx(stored["logLik_ML"].iloc[0], abs=1e-6)


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "spec"), sorted(STOPPED_SHORT))
def test_where_nlme_stopped_short_ours_is_likelier_in_fifty_digits(name: str, spec: str) -> None:
    peer = _design(name, spec)
    fit = fit_mixed(peer.design)
    stored = _peers(name, spec, peer.arms).iloc[0]
    ours = _exact_deviance(peer, fit.D[0, 0] / fit.sigma2)
    theirs = _exact_deviance(peer, (stored["sd_random_slope"] / stored["sigma"]) ** 2)
    assert ours < theirs
    assert float(ours) == pytest.approx(-2 * fit.loglik, abs=1e-9)


def _exact_deviance(peer: PeerDesign, ratio: float) -> Decimal:
    """Return -2 restricted log likelihood of the slopes through the origin, in 50 digits."""
    getcontext().prec = 50
    sums = origin_sums(peer.design.y, peer.design.time, peer.subject, len(peer.animals))
    rows = range(len(peer.animals))
    s, q, u = ([Decimal(float(v)) for v in values] for values in (sums.s, sums.q, sums.u))
    r, arms = Decimal(ratio), len(peer.arms)
    A, B = [Decimal(0)] * arms, [Decimal(0)] * arms
    rest, logs = Decimal(0), Decimal(0)
    for i in rows:
        w, g = 1 / (1 + r * s[i]), int(peer.design.group[i])
        A[g], B[g] = A[g] + w * s[i], B[g] + w * q[i]
        rest, logs = rest + u[i] - r * w * q[i] ** 2, logs - w.ln()
    rest -= sum(b * b / a for a, b in zip(A, B, strict=True))
    df = len(peer.design.y) - arms
    constant = Decimal(df) * (Decimal(2 * np.pi) * rest / df).ln() + df
    return constant + logs + sum(a.ln() for a in A)


@pytest.mark.realdata
@pytest.mark.parametrize("name", SETS)
def test_the_one_parameter_likelihood_gives_the_general_fit(name: str) -> None:
    peer = load(name)
    general = fit_mixed(peer.design)
    origin = fit_origin(peer.design.y, peer.design.time, peer.subject, peer.design.group)
    np.testing.assert_allclose(origin.beta, general.beta, rtol=1e-8)
    np.testing.assert_allclose(np.diag(origin.cov_beta), np.diag(general.cov_beta), rtol=1e-6)
    assert origin.loglik == pytest.approx(general.loglik, abs=1e-8)


@pytest.mark.realdata
@pytest.mark.parametrize("spec", VARIANCES)
@pytest.mark.parametrize("name", SETS)
def test_unequal_variances_are_those_of_nlme_or_likelier(name: str, spec: str) -> None:
    peer = load(name)
    fit = fit_mixed(peer.design, variance=VARIANCES[spec])  # type: ignore[arg-type]
    stored = _peers(name, spec, peer.arms)
    assert fit.loglik > stored["logLik_REML"].iloc[0] - 1e-7
    scale = np.abs(stored["growth_rate"]).max()
    np.testing.assert_allclose(fit.beta, stored["growth_rate"], rtol=1e-4, atol=1e-5 * scale)
    if (name, spec) in DEGENERATE:
        return
    np.testing.assert_allclose(_se(fit), stored["SE_model"], rtol=1e-4)
    assert np.sqrt(fit.D[0, 0]) == pytest.approx(stored["sd_random_slope"].iloc[0], rel=1e-4)
    np.testing.assert_allclose(
        _ratios(fit, peer, spec), _stored_ratios(name, spec, peer), rtol=1e-3
    )


def _ratios(fit: MixedFit, peer: PeerDesign, spec: str) -> Floats:
    if spec == "base_varPowerTime":
        return fit.variance_parameters
    _, first = np.unique(peer.subject, return_index=True)
    by_animal = fit.residual_sd[first]
    if spec == "base_varIdentAnimal":
        return by_animal / by_animal[0]
    by_arm = np.array([by_animal[peer.design.group == arm][0] for arm in range(len(peer.arms))])
    return by_arm / by_arm[0]


def _stored_ratios(name: str, spec: str, peer: PeerDesign) -> Floats:
    table = pd.read_csv(PEERS / "nlme_variance_function_params.csv")
    chosen = table[(table["dataset"] == name) & (table["spec"] == spec)]
    values = chosen.set_index("param")["value"]
    if spec == "base_varPowerTime":
        return values.to_numpy()
    names = peer.animals if spec == "base_varIdentAnimal" else peer.arms
    return (values.loc[list(names)] / values.loc[names[0]]).to_numpy()


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "spec"), BASE)
def test_cr2_and_its_degrees_of_freedom_are_those_of_clubsandwich(name: str, spec: str) -> None:
    peer = _design(name, spec)
    fit = fit_mixed(peer.design)
    table = pd.read_csv(PEERS / "nlme_contrasts_final_time.csv")
    chosen = table[(table["dataset"] == name) & (table["spec"] == spec)]
    exact = fit.loglik <= _peers(name, spec, peer.arms)["logLik_REML"].iloc[0] + 1e-11
    tolerance = 1e-6 if exact else 1e-5
    robust = cr2_inference(fit, peer.design)
    for row in chosen[chosen["vcov"] == "CR2"].to_dict("records"):
        test = robust.tests(_contrast(row, peer.arms))[0]
        assert test.value == pytest.approx(row["contrast_estimate"], rel=1e-6)
        assert test.se == pytest.approx(row["SE"], rel=1e-6)
        assert test.df == pytest.approx(row["df_t"], rel=tolerance)
        assert test.p == pytest.approx(row["p_t"], rel=1e-5)


def _contrast(row: dict[str, object], arms: tuple[str, ...]) -> Floats:
    """Return Bliss, or the combination against the peers' HSA reference."""
    if row["null_model"] == "Bliss":
        return np.r_[float(len(arms) - 3), -np.ones(len(arms) - 2), 1.0]
    out = np.zeros(len(arms))
    out[-1], out[arms.index(str(row["hsa_reference"]))] = 1.0, -1.0
    return out


def _lmertest(name: str, rows: pd.DataFrame) -> None:
    """Compare; at the boundary (correlation one) lmerTest's Satterthwaite df are numerical noise.

    Its finite differences then straddle a fold of the likelihood; Kenward-Roger, the default here,
    uses expected information and agrees there too.
    """
    design = constrained_design(rows)
    fit, ml = fit_mixed(design), fit_mixed(design, reml=False)
    table = pd.read_csv(HERE / "lmertest.csv")
    chosen = table[table["set"] == name].set_index("contrast")
    arms = design.X.shape[1] - 1
    contrasts = {
        "bliss": np.r_[0.0, arms - 3, -np.ones(arms - 2), 1.0],
        "against_a": np.r_[np.zeros(2), -1.0, np.zeros(arms - 3), 1.0],
    }
    for key, contrast in contrasts.items():
        r = chosen.loc[key]
        satterthwaite = model_inference(fit, design, "satterthwaite").tests(contrast)[0]
        kenward_roger = model_inference(fit, design).tests(contrast)[0]
        assert fit.loglik == pytest.approx(r["loglik_reml"], abs=1e-6)
        assert ml.loglik == pytest.approx(r["loglik_ml"], abs=1e-6)
        assert satterthwaite.value == pytest.approx(r["estimate"], rel=1e-5)
        assert satterthwaite.se == pytest.approx(r["se"], rel=1e-4)
        if fit.status == "ok":
            assert satterthwaite.df == pytest.approx(r["df_satterthwaite"], rel=1e-4)
            assert satterthwaite.p == pytest.approx(r["p_satterthwaite"], rel=1e-4)
        assert kenward_roger.se == pytest.approx(r["se_kenward_roger"], rel=1e-4)
        assert kenward_roger.df == pytest.approx(r["df_kenward_roger"], rel=1e-4)
        assert kenward_roger.p == pytest.approx(r["p_kenward_roger"], rel=1e-4)


@pytest.mark.parametrize("name", SYNTHETIC)
def test_random_intercept_and_slope_are_those_of_lmertest_on_simulated_studies(name: str) -> None:
    _lmertest(name, synthetic_rows()[name])


@pytest.mark.realdata
@pytest.mark.parametrize("name", CONSTRAINED_SETS)
def test_random_intercept_and_slope_are_those_of_lmertest_on_real_studies(name: str) -> None:
    _lmertest(name, constrained_rows(name))
