"""What must not change an answer about weight: order, names, the unit of the scale."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smartcombo as sc
from smartcombo.study.model import Study

sys.path.insert(0, str(Path(__file__).parents[1] / "reference"))
from weight_study import weighed_study

FEW = settings(max_examples=5, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return weighed_study(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def answer(study: Study) -> pd.DataFrame:
    return sc.efficacy.tolerability(study).estimates


def _same(a: pd.DataFrame, b: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(a, b, rtol=1e-5, atol=1e-7)


@FEW
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_and_the_names_of_animals_change_nothing(
    study: Study, answer: pd.DataFrame, seed: int
) -> None:
    ids = study.animals["animal"].tolist()
    order = np.random.default_rng(seed).permutation(len(ids))
    names = {animal: f"mouse {k:03d}" for animal, k in zip(ids, order, strict=True)}
    weights, volumes, animals = (
        table.assign(animal=table["animal"].map(names)).sample(frac=1.0, random_state=seed)
        for table in (study.weights, study.volumes, study.animals)
    )
    other = replace(study, weights=weights, volumes=volumes, animals=animals)
    _same(sc.efficacy.tolerability(other).estimates, answer)


@FEW
@given(factor=st.floats(0.2, 5.0))
def test_the_unit_of_weight_changes_no_answer_as_weighed(
    study: Study, answer: pd.DataFrame, factor: float
) -> None:
    weights = study.weights.assign(weight_g=study.weights["weight_g"] * factor)
    got = sc.efficacy.tolerability(replace(study, weights=weights)).estimates
    weighed = answer["endpoint"] != "body_weight_net"
    _same(got[weighed], answer[weighed])


def test_net_of_the_tumour_weights_and_volumes_rescale_together(
    study: Study, answer: pd.DataFrame
) -> None:
    other = replace(
        study,
        weights=study.weights.assign(weight_g=2 * study.weights["weight_g"]),
        volumes=study.volumes.assign(value=2 * study.volumes["value"]),
    )
    _same(sc.efficacy.tolerability(other).estimates, answer)
