"""Assays side by side: one, two and three of them, in agreement and in conflict."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.immune.landscape import landscape_of

HOT = {"both": 2.0, "VPS34i": 1.2}


@pytest.fixture(scope="module")
def made() -> ModuleType:
    spec = importlib.util.spec_from_file_location("made", Path(__file__).with_name("made.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["made"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def study(example_folder: Path) -> sc.Study:
    return sc.read_study(example_folder)


def said(result: sc.Result, arm: str = "both", axis: str = "infiltration") -> pd.Series:
    table = result.tables["agreement_sentences"]
    return table[(table["arm"] == arm) & (table["axis"] == axis)].iloc[0]


def test_one_assay_says_that_nothing_confirms_it(study: sc.Study, made: ModuleType) -> None:
    result = landscape_of(study, made.made_markers({("RNA", "infiltration"): HOT}))
    row = said(result)
    assert row["word"] == "one assay"
    assert "one assay only" in row["sentence"]


def test_three_assays_that_say_the_same_agree(study: sc.Study, made: ModuleType) -> None:
    shifts = {
        ("RNA", "infiltration"): HOT,
        ("flow", "infiltration CD8"): HOT,
        ("tissue", "infiltration CD8 density"): HOT,
    }
    row = said(landscape_of(study, made.made_markers(shifts)))
    assert (row["word"], row["assays"]) == ("agree", 3)
    assert "flow infiltration CD8" in row["sentence"]


def test_an_assay_that_does_not_decide_is_neither_agreement_nor_conflict(
    study: sc.Study, made: ModuleType
) -> None:
    shifts = {("RNA", "infiltration"): HOT, ("flow", "infiltration CD8"): {"both": 0.3}}
    row = said(landscape_of(study, made.made_markers(shifts)))
    assert row["word"] == "partly"
    assert "inconclusive by flow" in row["sentence"]


def test_assays_that_say_the_opposite_conflict_and_are_not_averaged(
    study: sc.Study, made: ModuleType
) -> None:
    shifts = {("RNA", "infiltration"): HOT, ("flow", "infiltration CD8"): {"both": -2.0}}
    result = landscape_of(study, made.made_markers(shifts))
    row = said(result)
    assert row["word"] == "conflict"
    assert "higher by RNA" in row["sentence"]
    assert "lower by flow" in row["sentence"]
    table = result.tables["agreement"]
    assert set(table.loc[table["arm"] == "both", "assay"]) == {"RNA", "flow"}


def test_assays_that_rank_animals_against_each_other_conflict_even_where_no_arm_moved(
    study: sc.Study, made: ModuleType
) -> None:
    """As in KPCY clones, where a published RNA score and flow of CD8 have rho = -0.49."""
    rna = made.made_markers({("RNA", "infiltration"): {}})
    flow = rna.assign(assay="flow", marker="infiltration CD8", title="CD8", value=10 - rna["value"])
    flow["value"] += 0.6 * np.random.default_rng(1).standard_normal(len(flow))
    result = landscape_of(study, pd.concat([rna, flow], ignore_index=True))
    pair = result.tables["assay_pairs"].iloc[0]
    assert pair["verdict"] == "against each other"
    assert pair["low"] < pair["value"] < pair["high"] < 0
    assert said(result)["word"] == "conflict"
    assert "rank against each other" in said(result)["sentence"]


def test_the_scale_of_an_assay_does_not_matter(study: sc.Study, made: ModuleType) -> None:
    markers = made.made_markers({("RNA", "infiltration"): HOT})
    one, two = (
        landscape_of(study, m).tables["agreement"]
        for m in (markers, markers.assign(value=1000 * markers["value"] + 7))
    )
    np.testing.assert_allclose(one["value"], two["value"])
