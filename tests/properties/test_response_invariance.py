"""What must not change a response, a programme or a pooled mean; and what must never crash."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.stats.recist import RecistRule
from smartcombo.study.model import Study

sys.path.insert(0, str(Path(__file__).parents[1] / "efficacy"))
from studies import FOUR, programme, with_volumes, written

FEW = settings(
    max_examples=4, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
CURE = sc.efficacy.ResponseOptions(cure_day=14)
RECIST = sc.efficacy.ResponseOptions(rule=RecistRule(confirmed=True), cure_day=14)
RULES = st.sampled_from([CURE, RECIST])
NUMBERS = ["value", "low", "high", "p"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return written(tmp_path_factory.mktemp("response") / "study", seed=4)


@pytest.fixture(scope="module")
def mice(tmp_path_factory: pytest.TempPathFactory) -> Study:
    rng = np.random.default_rng(6)
    centre = {"vehicle": 0.12, "ici": 0.08, "molecule": 0.08, "both": -0.02}
    rates = {arm: list(rng.normal(rate, 0.06, 12)) for arm, rate in centre.items()}
    return programme(tmp_path_factory.mktemp("mice"), rates)


def _table(result: Result) -> pd.DataFrame:
    keys = ["model", "estimand", "question", "null_model", "arm"]
    return result.estimates.set_index(keys)[[*NUMBERS, "n", "verdict"]].sort_index()


def _same(first: Result, second: Result) -> None:
    pd.testing.assert_frame_equal(_table(first), _table(second), rtol=1e-9, atol=1e-12)


@FEW
@given(seed=st.integers(0, 2**32 - 1), options=RULES)
def test_the_order_and_the_names_of_animals_change_nothing(study, seed, options) -> None:
    ids = study.animals["animal"].tolist()
    order = np.random.default_rng(seed).permutation(len(ids))
    names = {animal: f"mouse {k:03d}" for animal, k in zip(ids, order, strict=True)}
    shuffled = study.volumes.sample(frac=1.0, random_state=seed)
    other = replace(
        study,
        volumes=shuffled.assign(animal=shuffled["animal"].map(names)),
        animals=study.animals.assign(animal=study.animals["animal"].map(names)),
    )
    _same(sc.efficacy.response(study, options), sc.efficacy.response(other, options))


@FEW
@given(factor=st.floats(1e-3, 1e3), options=RULES)
def test_the_unit_of_volume_changes_no_response(study, factor, options) -> None:
    other = replace(
        with_volumes(study, study.volumes.assign(value=study.volumes["value"] * factor)),
        readout=replace(study.readout, limit=study.readout.limit * factor),
    )
    _same(sc.efficacy.response(study, options), sc.efficacy.response(other, options))


@FEW
@given(names=st.permutations(["w", "x", "y", "z"]))
def test_the_names_of_arms_change_no_difference_and_no_odds(study, names) -> None:
    """Independent action draws from a stream of the arm's name: it moves by Monte Carlo error."""
    new = dict(zip([arm.id for arm in study.arms], names, strict=True))
    other = replace(
        study,
        arms=tuple(replace(arm, id=new[arm.id]) for arm in study.arms),
        volumes=study.volumes.assign(arm=study.volumes["arm"].map(new)),
        animals=study.animals.assign(arm=study.animals["arm"].map(new)),
    )
    first, second = (sc.efficacy.response(s, CURE).estimates for s in (study, other))
    first = first.assign(arm=first["arm"].map(new))
    exact = first["null_model"] == ""
    for name in NUMBERS:
        a, b = first[name].astype(float), second[name].astype(float)
        np.testing.assert_allclose(a[exact], b[exact], rtol=1e-9, atol=1e-12)
        # Twice the Monte Carlo error of a limit, as it says itself.
        np.testing.assert_allclose(a[~exact], b[~exact], atol=0.005)


@FEW
@given(cured=st.sets(st.sampled_from(["vehicle", "ici", "molecule", "both"]), min_size=1),
       options=RULES)  # fmt: skip
def test_arms_of_cured_mice_never_crash_and_never_give_a_false_number(
    study, cured, options
) -> None:
    gone = study.volumes["arm"].isin(cured) & (study.volumes["day"] > study.baseline_day)
    volumes = study.volumes.assign(
        value=study.volumes["value"].mask(gone, 0.0), at_limit=study.volumes["at_limit"] | gone
    )
    result = sc.efficacy.response(with_volumes(study, volumes), options)
    rates = result.estimates[result.estimates["estimand"] == "response_rate"].set_index("arm")
    assert (rates.loc[sorted(cured), "value"] == 1.0).all()
    answered = result.estimates[result.estimates["verdict"].isin(["benefit", "harm"])]
    assert answered["p"].lt(0.05).all()


@FEW
@given(arm=st.sampled_from(["vehicle", "ici", "molecule", "both"]))
def test_an_arm_of_one_mouse_has_a_wide_rate_and_growth_refuses_it(study, arm: str) -> None:
    own = study.animals.loc[study.animals["arm"] == arm, "animal"].iloc[1:]
    other = replace(
        study,
        volumes=study.volumes[~study.volumes["animal"].isin(own)],
        animals=study.animals[~study.animals["animal"].isin(own)],
    )
    rate = sc.efficacy.response(other).select(estimand="response_rate").set_index("arm").loc[arm]
    assert rate["n"] == 1
    assert rate["high"] - rate["low"] > 0.5
    with pytest.raises(sc.AnalysisRefused, match="one animal in"):
        sc.efficacy.growth(other)


@FEW
@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(0.01, 100))
def test_order_and_unit_change_nothing_in_a_programme(mice, seed: int, factor: float) -> None:
    shuffled = mice.volumes.sample(frac=1.0, random_state=seed)
    other = replace(
        with_volumes(mice, shuffled.assign(value=shuffled["value"] * factor)),
        readout=replace(mice.readout, limit=mice.readout.limit * factor),
        models=mice.models[::-1],
    )
    _same(sc.efficacy.single_mouse(mice), sc.efficacy.single_mouse(other))


@FEW
@given(cured=st.sets(st.sampled_from([arm.id for arm in FOUR]), min_size=1))
def test_a_programme_of_cured_mice_never_crashes(mice, cured) -> None:
    gone = mice.volumes["arm"].isin(cured) & (mice.volumes["day"] > 0)
    volumes = mice.volumes.assign(
        value=mice.volumes["value"].mask(gone, 0.0), at_limit=mice.volumes["at_limit"] | gone
    )
    result = sc.efficacy.single_mouse(with_volumes(mice, volumes))
    rates = result.estimates[(result.estimates["estimand"] == "response_rate")
                             & (result.estimates["model"] == "all models")]  # fmt: skip
    assert (rates.set_index("arm").loc[sorted(cured), "value"] == 1.0).all()


@FEW
@given(factor=st.floats(0.01, 100))
def test_the_unit_rescales_a_pooled_mean(factor: float) -> None:
    """Response counts have no unit; growth rates in another unit of time pool alike."""
    from smartcombo.stats.pooling import random_effects_mean

    values, variances = np.array([0.1, 0.4, 0.2, 0.6]), np.array([0.01, 0.02, 0.01, 0.05])
    first = random_effects_mean(values, variances)
    second = random_effects_mean(factor * values, factor**2 * variances)
    for name in ("value", "se", "low", "high", "predicted_low", "predicted_high"):
        assert getattr(second, name) == pytest.approx(factor * getattr(first, name), rel=1e-9)
    assert second.tau2 == pytest.approx(factor**2 * first.tau2, rel=1e-9)
