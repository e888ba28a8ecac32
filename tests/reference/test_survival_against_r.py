"""Time to event against R's survival, and against the tables of the peers' data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from peer_sets import PEERS

from smartcombo.stats.cox import cox
from smartcombo.stats.independent_action import log_survival_excess
from smartcombo.stats.interval_censored import turnbull
from smartcombo.stats.time_to_event import (
    kaplan_meier,
    logrank,
    logrank_hazard_ratio,
    median_time,
    restricted_mean,
)

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


def test_hazard_ratios_within_batches_are_those_of_coxph_with_strata() -> None:
    """R: coxph(Surv(time, event) ~ factor(arm) + strata(batch), ties = "efron")."""
    time, event = DATA["time"].to_numpy(float), DATA["event"].to_numpy(bool)
    batch = DATA["batch"].to_numpy()
    fit = cox(time, event, _columns(DATA["arm"].to_numpy()), stratum=batch)
    np.testing.assert_allclose(fit.beta, REFERENCE["cox_strata"].to_numpy(), rtol=1e-6)
    np.testing.assert_allclose(fit.se, REFERENCE["cox_strata_se"].to_numpy(), rtol=1e-6)
    assert fit.loglik == pytest.approx(REFERENCE["cox_strata_loglik", 0], abs=1e-8)


@pytest.mark.parametrize("pair", [(0, 3), (1, 2)])
def test_a_batch_without_events_says_nothing_as_in_coxph(pair: tuple[int, int]) -> None:
    """R: coxph(Surv(time, event) ~ I(arm == pair[2]) + strata(third)), no event in the last."""
    third = np.arange(len(DATA)) % 3
    kept = DATA["arm"].isin(pair).to_numpy()
    own, strata = DATA[kept], third[kept]
    event = own["event"].to_numpy(bool) & (strata != 2)
    column = (own["arm"] == pair[1]).to_numpy(float)[:, None]
    fit = cox(own["time"].to_numpy(float), event, column, stratum=strata)
    at = 10 * pair[0] + pair[1]
    assert fit.beta[0] == pytest.approx(REFERENCE["cox_pair", at], rel=1e-6)
    assert fit.se[0] == pytest.approx(REFERENCE["cox_pair_se", at], rel=1e-6)
    assert fit.loglik == pytest.approx(REFERENCE["cox_pair_loglik", at], abs=1e-8)


@pytest.mark.parametrize("pair", [(0, 3), (1, 2)])
def test_pairwise_log_rank_tests_within_batches_are_those_of_survdiff(
    pair: tuple[int, int],
) -> None:
    own = DATA[DATA["arm"].isin(pair)]
    group = (own["arm"] == pair[1]).to_numpy(np.int64)
    test = logrank(
        own["time"].to_numpy(float), own["event"].to_numpy(bool), group, own["batch"].to_numpy()
    )
    assert test.chi2 == pytest.approx(REFERENCE[f"logrank_pair{pair[0]}{pair[1]}", 0], abs=1e-8)
    variance = REFERENCE[f"logrank_pair_variance{pair[0]}{pair[1]}", 0]
    assert test.variance[0, 0] == pytest.approx(variance, abs=1e-8)
    assert logrank_hazard_ratio(test).se == pytest.approx(variance**-0.5, abs=1e-8)


def test_curves_of_events_between_visits_are_those_of_survfit_and_no_less_likely() -> None:
    data = pd.read_csv(HERE / "interval_data.csv")
    left, right = data["left"].to_numpy(float), data["right"].fillna(np.inf).to_numpy(float)
    got = turnbull(left, right)
    theirs = REFERENCE["turnbull"]
    ends = np.r_[got.right[:-1], np.inf]
    # survfit stops where no share moves by 5e-5, hundreds of steps before the maximum: 1e-3.
    for end, survival in zip(ends[:-1], 1 - np.cumsum(got.mass[0])[:-1], strict=True):
        assert theirs[theirs.index <= end].iloc[-1] == pytest.approx(survival, abs=1e-3)
    at_end = np.array([theirs[theirs.index <= end].iloc[-1] for end in ends])
    mass = np.clip(-np.diff(np.r_[1.0, at_end]), 1e-300, None)
    inside = (left[:, None] <= got.left) & (got.right <= right[:, None])
    exact = left == right
    inside[exact] = (got.left == left[exact, None]) & (got.right == right[exact, None])
    inside[~exact] &= ~((got.left == got.right) & (got.left == left[~exact, None]))
    ours, survfit = (np.log(inside @ m).sum() for m in (got.mass[0], mass / mass.sum()))
    assert ours >= survfit - 1e-9


SETS = ["gaba_4x", "ls1034_4x", "sw837_2x", "cr1197_4x", "vetizou_200", "semisyn_ct26_1000",
        "semisyn_mc38_1000"]  # fmt: skip


def _peers(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    stored = pd.read_csv(PEERS / "survival_reference.csv")
    return pd.read_csv(PEERS / f"tte_{name}.csv"), stored[stored["dataset"] == name]


@pytest.mark.realdata
@pytest.mark.parametrize("name", SETS)
def test_the_peers_medians_and_excess_over_additive_hazards_are_reproduced(name: str) -> None:
    data, stored = _peers(name)
    medians = stored[stored["quantity"] == "KM_median"].set_index("arm")
    curves = {}
    for arm in medians.index:
        own = data[data["arm"] == arm]
        curves[arm] = kaplan_meier(own["time"].to_numpy(float), own["event"].to_numpy(bool))
        median = medians.loc[arm, "estimate"]
        assert median_time(curves[arm]).value == (median if np.isfinite(median) else np.inf)
        low = medians.loc[arm, "lwr"]
        if np.isfinite(low):  # their limits are on survfit's default log scale, ours on log-log
            assert median_time(curves[arm]).low <= low
    excess = stored[stored["quantity"].str.startswith("Bliss_survival")]
    control, a, b, both = medians.index
    for row in excess.itertuples():
        at = float(row.quantity.split("=")[1])
        own = [curves[arm] for arm in (both, control, a, b)]
        k = [int(np.searchsorted(c.time, at, side="right")) for c in own]
        variance = np.array([0.0 if i == 0 else c.greenwood[i - 1]
                             for c, i in zip(own, k, strict=True)])  # fmt: skip
        value, se = log_survival_excess(np.array([c.at(at) for c in own]), variance)
        assert value == pytest.approx(row.estimate, abs=EXACT)
        assert se == pytest.approx(row.se, abs=EXACT)


@pytest.mark.realdata
@pytest.mark.parametrize("name", SETS)
def test_the_peers_data_give_the_stored_numbers(name: str) -> None:
    data, stored = _peers(name)
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
