"""What must not change an answer: order, names, units; and what must only rescale it."""

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
from smartcombo.efficacy.options import GrowthOptions
from smartcombo.study.model import Study

sys.path.insert(0, str(Path(__file__).parents[1] / "efficacy"))
from studies import with_volumes, written

QUICK = GrowthOptions(robustness=False)
FEW = settings(
    max_examples=8, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return written(tmp_path_factory.mktemp("properties") / "study", seed=4)


@pytest.fixture(scope="module")
def answer(study: Study) -> pd.DataFrame:
    return _numbers(sc.efficacy.growth(study, QUICK))


def _numbers(result: Result) -> pd.DataFrame:
    return result.estimates.drop(columns=["study"])


def _same(a: pd.DataFrame, b: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(a, b, rtol=1e-6, atol=1e-9)


@FEW
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_nothing(study: Study, answer: pd.DataFrame, seed: int) -> None:
    shuffled = study.volumes.sample(frac=1.0, random_state=seed)
    _same(_numbers(sc.efficacy.growth(with_volumes(study, shuffled), QUICK)), answer)


@FEW
@given(seed=st.integers(0, 2**32 - 1))
def test_the_names_of_animals_change_nothing(study: Study, answer: pd.DataFrame, seed: int) -> None:
    ids = study.animals["animal"].tolist()
    order = np.random.default_rng(seed).permutation(len(ids))
    names = {animal: f"mouse {k:03d}" for animal, k in zip(ids, order, strict=True)}
    renamed = replace(
        study,
        volumes=study.volumes.assign(animal=study.volumes["animal"].map(names)),
        animals=study.animals.assign(animal=study.animals["animal"].map(names)),
    )
    _same(_numbers(sc.efficacy.growth(renamed, QUICK)), answer)


@FEW
@given(factor=st.floats(1e-3, 1e3))
def test_the_unit_of_volume_rescales_volumes_and_no_answer(
    study: Study, answer: pd.DataFrame, factor: float
) -> None:
    other = replace(
        with_volumes(study, study.volumes.assign(value=study.volumes["value"] * factor)),
        readout=replace(study.readout, limit=study.readout.limit * factor),
    )
    got = _numbers(sc.efficacy.growth(other, QUICK))
    volume = got["estimand"] == "geometric_mean"
    for column in ("value", "low", "high"):
        got.loc[volume, column] /= factor
    _same(got, answer)


@FEW
@given(shift=st.integers(-6, 50))
def test_the_origin_of_the_day_axis_changes_no_rate(
    study: Study, answer: pd.DataFrame, shift: int
) -> None:
    moved = replace(
        with_volumes(study, study.volumes.assign(day=study.volumes["day"] + shift)),
        baseline_day=study.baseline_day + shift,
        animals=study.animals.assign(fate_day=study.animals["fate_day"] + shift),
    )
    got = _numbers(sc.efficacy.growth(moved, QUICK))
    got["day"] -= shift
    _same(got, answer)


def test_the_two_agents_can_swap(study: Study) -> None:
    """Bliss and HSA do not know which agent is called the checkpoint inhibitor."""
    other = {"checkpoint-inhibitor": "small-molecule", "small-molecule": "checkpoint-inhibitor"}
    agents = tuple(replace(agent, kind=other[agent.kind]) for agent in study.agents)
    roles = {"ici-alone": "molecule-alone", "molecule-alone": "ici-alone"}
    arms = tuple(replace(arm, role=roles.get(arm.role, arm.role)) for arm in study.arms)
    swapped = replace(study, agents=agents, arms=arms)
    first, second = (sc.efficacy.growth(s, QUICK).estimates for s in (study, swapped))
    for null in ("bliss", "hsa", "response_additivity"):
        a, b = (t.loc[t["null_model"] == null, "value"].to_numpy() for t in (first, second))
        np.testing.assert_allclose(a, b, rtol=1e-9)
    q2 = first.loc[first["question"] == "Q2", "value"].to_numpy()
    q3 = second.loc[second["question"] == "Q3", "value"].to_numpy()
    np.testing.assert_allclose(q2, q3, rtol=1e-9)


@FEW
@given(level=st.floats(0.6, 0.98))
def test_a_higher_level_holds_the_lower_ones_interval(
    study: Study, answer: pd.DataFrame, level: float
) -> None:
    wide = _numbers(sc.efficacy.growth(study, replace(QUICK, level=0.99)))
    narrow = _numbers(sc.efficacy.growth(study, replace(QUICK, level=level)))
    assert (wide["low"] <= narrow["low"]).all()
    assert (wide["high"] >= narrow["high"]).all()
    np.testing.assert_allclose(wide["value"], answer["value"])


def test_identical_arms_give_exactly_no_effect(study: Study) -> None:
    vehicle = study.volumes[study.volumes["arm"] == "vehicle"]
    animals = study.animals[study.animals["arm"] == "vehicle"]
    volumes, kept = (
        pd.concat([t.assign(arm=arm.id, animal=arm.id + t["animal"]) for arm in study.arms])
        for t in (vehicle, animals)
    )
    result = sc.efficacy.growth(replace(study, volumes=volumes, animals=kept), QUICK)
    rows = result.estimates[result.estimates["estimand"] == "growth_rate_difference"]
    np.testing.assert_allclose(rows["value"], 0.0, atol=1e-9)
    assert set(rows["verdict"]) == {"inconclusive"}
