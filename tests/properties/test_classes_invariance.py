"""What must not change which animals are cured, nor any answer about them."""

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
from smartcombo.study.model import Study

sys.path.insert(0, str(Path(__file__).parents[1] / "efficacy"))
from studies import FOUR, with_volumes, written

FEW = settings(
    max_examples=6, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    arms = tuple(replace(a, responder_fraction=0.5) if a.id == "both" else a for a in FOUR)
    return written(tmp_path_factory.mktemp("classes") / "study", seed=5, arms=arms)


@pytest.fixture(scope="module")
def answer(study: Study) -> pd.DataFrame:
    return _numbers(study)


def _numbers(study: Study) -> pd.DataFrame:
    return sc.efficacy.classes(study).estimates.drop(columns=["study"])


def _same(a: pd.DataFrame, b: pd.DataFrame) -> None:
    # Shares and rates come from iterative fits: equal to the tolerance of their searches.
    pd.testing.assert_frame_equal(a, b, rtol=1e-4, atol=1e-5)


@FEW
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_and_the_names_of_animals_change_nothing(
    study: Study, answer: pd.DataFrame, seed: int
) -> None:
    ids = study.animals["animal"].tolist()
    order = np.random.default_rng(seed).permutation(len(ids))
    names = {animal: f"mouse {k:03d}" for animal, k in zip(ids, order, strict=True)}
    volumes = study.volumes.sample(frac=1.0, random_state=seed)
    renamed = replace(
        study,
        volumes=volumes.assign(animal=volumes["animal"].map(names)),
        animals=study.animals.assign(animal=study.animals["animal"].map(names)),
    )
    _same(_numbers(renamed), answer)


@FEW
@given(factor=st.floats(1e-3, 1e3))
def test_the_unit_of_volume_rescales_volumes_only(
    study: Study, answer: pd.DataFrame, factor: float
) -> None:
    other = replace(
        with_volumes(study, study.volumes.assign(value=study.volumes["value"] * factor)),
        readout=replace(study.readout, limit=study.readout.limit * factor),
    )
    got = _numbers(other)
    volume = got["estimand"] == "floored_geometric_mean"
    for column in ("value", "low", "high"):
        got.loc[volume, column] /= factor
    _same(got, answer)


@FEW
@given(order=st.permutations(range(4)))
def test_the_order_of_arms_changes_no_answer(
    study: Study, answer: pd.DataFrame, order: list[int]
) -> None:
    keys = ["question", "estimand", "arm", "null_model"]
    moved = _numbers(replace(study, arms=tuple(study.arms[k] for k in order)))
    columns = [*keys, "value", "low", "high", "n"]
    a, b = (t[columns].sort_values(keys).reset_index(drop=True) for t in (moved, answer))
    _same(a, b)


@FEW
@given(arms=st.sets(st.sampled_from(["vehicle", "ici", "molecule", "both"]), min_size=1))
def test_arms_of_cured_mice_are_always_answered(study: Study, arms: set[str]) -> None:
    gone = study.volumes["arm"].isin(arms) & (study.volumes["day"] > study.baseline_day)
    volumes = study.volumes.assign(
        value=study.volumes["value"].mask(gone, 0.0), at_limit=study.volumes["at_limit"] | gone
    )
    rows = _numbers(with_volumes(study, volumes))
    means = rows[rows["estimand"] == "floored_geometric_mean"].set_index("arm")["value"]
    np.testing.assert_allclose(means.loc[sorted(arms)], study.readout.limit)


@FEW
@given(arm=st.sampled_from(["vehicle", "ici", "molecule", "both"]))
def test_an_arm_of_one_mouse_is_refused_by_name(study: Study, arm: str) -> None:
    kept = study.animals.loc[study.animals["arm"] == arm, "animal"].iloc[0]
    few = study.volumes[(study.volumes["arm"] != arm) | (study.volumes["animal"] == kept)]
    with pytest.raises(sc.AnalysisRefused, match="one animal in"):
        _numbers(with_volumes(study, few))
