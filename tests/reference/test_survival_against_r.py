"""Time to event against R's survival, and against the tables of the peers' data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from peer_sets import PEERS

from smartcombo.stats.cox import cox
from smartcombo.stats.time_to_event import kaplan_meier, logrank, median_time, restricted_mean

HERE = Path(__file__).parent
EXACT = 1e-9
DATA = pd.read_csv(HERE / "survival_data.csv")
REFERENCE = pd.read_csv(HERE / "survival.csv").set_index(["quantity", "index"])["value"]


def _arm(arm: int) -> tuple[np.ndarray, np.ndarray]:
    own = DATA[DATA["arm"] == arm]
    return own["time"].to_numpy(float), own["event"].to_numpy(bool)


def _columns(arm: np.ndarray) -> np.ndarray:
    return (arm[:, None] == np.arange(1, arm.max() + 1)).astype(float)


@pytest.mark.parametrize("arm", range(4))
def test_survival_curves_and_their_intervals_are_those_of_survfit(arm: int) -> None:
    curve = kaplan_meier(*_arm(arm))
    for day in (3, 7, 12):
        if (f"survival{arm}", day) not in REFERENCE.index:
            continue
        k = np.searchsorted(curve.time, day, side="right") - 1
        assert curve.at(day) == pytest.approx(REFERENCE[f"survival{arm}", day], abs=EXACT)
        if k >= 0 and 0 < curve.survival[k] < 1:
            assert curve.low[k] == pytest.approx(REFERENCE[f"low{arm}", day], abs=EXACT)
            assert curve.high[k] == pytest.approx(REFERENCE[f"high{arm}", day], abs=EXACT)


@pytest.mark.parametrize("arm", range(4))
def test_medians_and_restricted_means_are_those_of_survfit(arm: int) -> None:
    curve = kaplan_meier(*_arm(arm))
    median, mean = median_time(curve), restricted_mean(curve, 12.0)
    expected = REFERENCE[f"median{arm}", 0]
    assert median.value == pytest.approx(np.inf if np.isnan(expected) else expected)
    assert median.low == pytest.approx(REFERENCE[f"median_low{arm}", 0])
    assert mean.value == pytest.approx(REFERENCE[f"rmst{arm}", 12], abs=EXACT)
    assert mean.se == pytest.approx(REFERENCE[f"rmst_se{arm}", 12], abs=EXACT)


def test_the_log_rank_test_is_that_of_survdiff_also_stratified() -> None:
    time, event = DATA["time"].to_numpy(float), DATA["event"].to_numpy(bool)
    arm, batch = DATA["arm"].to_numpy(), DATA["batch"].to_numpy()
    plain = logrank(time, event, arm)
    assert plain.chi2 == pytest.approx(REFERENCE["logrank", 0], abs=1e-8)
    np.testing.assert_allclose(plain.expected, REFERENCE["expected"].to_numpy(), atol=EXACT)
    assert plain.df == 3
    stratified = logrank(time, event, arm, batch)
    assert stratified.chi2 == pytest.approx(REFERENCE["logrank_stratified", 0], abs=1e-8)


def test_hazard_ratios_are_those_of_coxph_with_efrons_ties() -> None:
    time, event = DATA["time"].to_numpy(float), DATA["event"].to_numpy(bool)
    fit = cox(time, event, _columns(DATA["arm"].to_numpy()))
    np.testing.assert_allclose(fit.beta, REFERENCE["cox"].to_numpy(), rtol=1e-6)
    np.testing.assert_allclose(fit.se, REFERENCE["cox_se"].to_numpy(), rtol=1e-6)
    assert fit.loglik == pytest.approx(REFERENCE["cox_loglik", 0], abs=1e-8)


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["gaba_4x", "ls1034_4x", "sw837_2x", "cr1197_4x"])
def test_the_peers_data_give_the_stored_numbers(name: str) -> None:
    data = pd.read_csv(PEERS / f"tte_{name}.csv")
    stored = pd.read_csv(PEERS / "survival_reference.csv")
    stored = stored[stored["dataset"] == name]
    time, event = data["time"].to_numpy(float), data["event"].to_numpy(bool)
    arms = list(dict.fromkeys(stored.loc[stored["quantity"] == "KM_median", "arm"]))
    arm = np.array([arms.index(a) for a in data["arm"]])
    chi2 = stored.loc[stored["quantity"] == "logrank_chisq_4arms", "estimate"].iloc[0]
    assert logrank(time, event, arm).chi2 == pytest.approx(chi2, rel=1e-6)
    means = stored[stored["quantity"].str.startswith("RMST")]
    for row in means.itertuples():
        own = arm == arms.index(row.arm)
        tau = float(row.quantity.split("=")[1])
        got = restricted_mean(kaplan_meier(time[own], event[own]), tau)
        assert got.value == pytest.approx(row.estimate, rel=1e-6)
    hazards = stored[stored["quantity"] == "cox_logHR_vs_control_efron"].set_index("arm")
    fit = cox(time, event, _columns(arm))
    for k, one in enumerate(arms[1:]):
        if abs(hazards.loc[one, "estimate"]) > 10:
            assert fit.status == "boundary"
            continue
        if fit.status == "ok":
            assert fit.beta[k] == pytest.approx(hazards.loc[one, "estimate"], rel=1e-5)
            assert fit.se[k] == pytest.approx(hazards.loc[one, "se"], rel=1e-5)
