"""The three claims: kept apart, for and against, joined by arm, also over two studies."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.evidence.arms import arm_there
from smartcombo.evidence.headline import headline
from smartcombo.evidence.sensitised import sensitised_word
from smartcombo.immune.landscape import landscape_of
from smartcombo.immune.rows import MARKER_COLUMNS
from smartcombo.study.model import Treatment

STUDIES = Path(__file__).resolve().parents[1] / "data" / "studies"
MADE = Path(__file__).resolve().parents[1] / "immune" / "made.py"


@pytest.fixture(scope="module")
def made() -> ModuleType:
    spec = importlib.util.spec_from_file_location("made_for_claims", MADE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["made_for_claims"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def study(example_folder: Path) -> sc.Study:
    return sc.read_study(example_folder)


def words(result: sc.Result, arm: str, model: str = "SYN-MEL") -> pd.Series:
    table = result.tables["headlines"]
    return table[(table["arm"] == arm) & (table["model"] == model)].iloc[0]


def with_q4(growth: sc.Result, verdict: str) -> sc.Result:
    """Return growth whose Q4 rows carry another word."""
    table = growth.estimates.copy()
    own = (table["question"] == "Q4") & (table["estimand"] == "growth_rate_difference")
    table.loc[own, "verdict"] = verdict
    return replace(growth, estimates=table)


@pytest.mark.parametrize(
    ("inflamed", "infiltrated", "sensitised", "said"),
    [
        ("shown", "shown", "shown", "hotter and sensitised"),
        ("shown", "shown", "against", "hotter, not sensitised"),
        ("shown", "shown", "not shown", "hotter, not shown to be sensitised"),
        ("shown", "shown", "no evidence", "hotter, sensitisation not tested"),
        ("not shown", "not shown", "shown", "sensitised without a visible switch"),
        ("against", "not shown", "not shown", "not hotter, not shown to be sensitised"),
        ("not shown", "not shown", "not asked", "not shown to be hotter"),
        ("shown", "not shown", "shown", "inflamed, not shown to be infiltrated and sensitised"),
        ("no evidence", "no evidence", "shown", "sensitised; no evidence whether hotter"),
        ("against", "shown", "against", "more cells, less inflamed, not sensitised"),
    ],
)
def test_the_headline_keeps_the_claims_apart(
    inflamed: str, infiltrated: str, sensitised: str, said: str
) -> None:
    got = headline({"inflamed": inflamed, "infiltrated": infiltrated, "sensitised": sensitised})
    assert got == said


def test_hotter_and_sensitised_and_hotter_not_sensitised_are_both_sayable(
    study: sc.Study, made: ModuleType, example_growth: sc.Result
) -> None:
    hot = {"both": 2.0, "VPS34i": 1.5}
    markers = made.made_markers({("RNA", "infiltration"): hot, ("RNA", "inflammation"): hot})
    landscape = landscape_of(study, markers)
    for verdict, said in (
        ("synergy", "hotter and sensitised"),
        ("antagonism", "hotter, not sensitised"),
    ):
        growth = with_q4(example_growth, verdict)
        result = sc.evidence.claims(study, [growth, landscape])
        assert words(result, "both")["headline"] == said
        assert words(result, "VPS34i")["headline"] == said
        assert words(result, "anti-PD-1")["sensitised"] == "not asked"


def test_every_claim_carries_estimates_with_interval_and_n(
    study: sc.Study, example_results: list[sc.Result]
) -> None:
    result = sc.evidence.claims(study, [r for r in example_results if r.analysis != "claims"])
    evidence = result.tables["claim_evidence"]
    assert {"Q1", "Q2", "Q3", "Q4"} <= set(evidence["question"])
    assert (evidence["low"] <= evidence["value"]).all()
    assert (evidence["n"] > 0).all()
    growth = evidence[evidence["claim"] == "sensitised"]
    assert growth["note"].str.contains("joined by arm").all()
    assert "not those whose growth" in words(result, "both")["sentence"]


def test_one_hot_assay_and_one_cold_one_show_nothing(study: sc.Study, made: ModuleType) -> None:
    shifts = {("RNA", "infiltration"): {"both": 2.0}, ("flow", "infiltration CD8"): {"both": -2.0}}
    result = sc.evidence.claims(study, [landscape_of(study, made.made_markers(shifts))])
    claim = result.tables["claims"].query("arm == 'both' and claim == 'infiltrated'").iloc[0]
    assert claim["word"] == "not shown"
    assert "conflict" in claim["reason"]
    assert words(result, "both")["inflamed"] == "no evidence"


def estimate(question: str, verdict: str, value: float = -0.1) -> dict[str, Any]:
    return {"question": question, "verdict": verdict, "value": value, "low": value - 0.05,
            "high": value + 0.05, "unit": "1/day", "n": 20, "endpoint": "growth_rate",
            "day": float("nan"), "contrast": "a v b", "note": "joined by arm"}  # fmt: skip


@pytest.mark.parametrize(
    ("q4", "q2", "alone", "word"),
    [
        ("synergy", "inconclusive", "benefit", "shown"),
        ("antagonism", "benefit", "inconclusive", "against"),
        ("inconclusive", "benefit", "inconclusive", "shown"),
        ("inconclusive", "benefit", "benefit", "not shown"),
        ("inconclusive", "harm", "inconclusive", "against"),
        ("inconclusive", "inconclusive", "inconclusive", "not shown"),
    ],
)
def test_the_inhibitor_must_do_more_with_the_molecule_than_without(
    q4: str, q2: str, alone: str, word: str
) -> None:
    rows = [estimate("Q4", q4), estimate("Q2", q2), estimate("single", alone)]
    assert sensitised_word(rows)[0] == word


def test_arms_of_two_studies_meet_through_agents_and_doses(study: sc.Study) -> None:
    renamed = [replace(a, id=f"G{k}", label=f"Group {k}") for k, a in enumerate(study.arms)]
    other = replace(study, id="other", arms=tuple(renamed))
    for k, arm in enumerate(study.arms):
        assert arm_there(study, arm.id, other) == (f"G{k}", "")
    weaker = [
        replace(a, treatments=frozenset(Treatment(t.agent, 1.0, "mg/kg") for t in a.treatments))
        for a in renamed
    ]
    there, differs = arm_there(study, "both", replace(other, arms=tuple(weaker)))
    assert there
    assert ("there" in differs) == any(t.dose for a in study.arms for t in a.treatments)
    assert arm_there(study, "both", replace(other, arms=())) == ("", "")


@pytest.mark.realdata
def test_in_emt6_the_combination_is_inflamed_infiltrated_and_sensitised(shared_dir: Path) -> None:
    """Mariathasan 2018: flow of CD8, CD8 effector signature, pSMAD2, and growth of other animals.

    Mean folds of CD8 are 1.00, 1.04 (anti-TGF-beta), 1.43 (anti-PD-L1) and 2.02 (both). Seven of
    ten animals of the combination are cured and three are not: tumour-free animals are counted.
    """
    os.environ["SMARTCOMBO_SHARED"] = str(shared_dir)
    study = sc.read_study(STUDIES / "mariathasan_emt6")
    landscape = landscape_of(study, emt6_markers(shared_dir))
    growth, response = sc.efficacy.growth(study), sc.efficacy.response(study)
    result = sc.evidence.claims(study, [landscape, growth, response])
    assert words(result, "both", "EMT6")["headline"] == "hotter and sensitised"
    alone = words(result, "anti-TGFb", "EMT6")
    assert (alone["inflamed"], alone["infiltrated"]) == ("not shown", "not shown")
    assert alone["headline"] == "sensitised without a visible switch"
    evidence = result.tables["claim_evidence"]
    flow = evidence[(evidence["endpoint"] == "flow: CD8 T cells") & (evidence["question"] == "Q1")]
    assert flow["low"].iloc[0] > 0
    cured = evidence[(evidence["claim"] == "sensitised") & (evidence["arm"] == "both")]
    assert set(cured["note"].str.split(",").str[0]) == {"by tumour-free"}
    assert cured.set_index("question").loc["Q4", ["value", "verdict"]].tolist() == [0.6, "synergy"]
    means = np.exp(landscape.tables["markers"].query("marker == 'CD8 T cells'")
                   .set_index("arm")["value"]).groupby("arm").mean()  # fmt: skip
    folds = means[["vehicle", "anti-PD-L1", "anti-TGFb", "both"]]
    assert folds.to_numpy() == pytest.approx([1.00, 1.43, 1.04, 2.02], abs=0.01)


def emt6_markers(shared_dir: Path) -> pd.DataFrame:
    """Return the published markers as log values, by arm; rows are mice without names."""
    table = pd.read_csv(shared_dir / "data" / "invivo" / "mariathasan2018_pd_markers.csv")
    known = {
        "CD8_Tcells_fold_vs_isotype": ("flow", "CD8 T cells", "infiltration"),
        "GzmB_MFI_in_CD8_fold": ("flow", "GzmB in CD8", "inflammation"),
        "pSMAD2_histoscore": ("tissue", "pSMAD2", "exclusion"),
    }
    arms = {"Isotype": "vehicle", "aPD-L1": "anti-PD-L1", "aTGFb": "anti-TGFb"}
    own = table[table["marker"].isin(known)].dropna()
    rows = []
    for (marker, arm), values in own.groupby(["marker", "arm"])["value"]:
        assay, name, axis = known[marker]
        log = np.log(values) if assay == "flow" else values
        for k, value in enumerate(log):
            unit = "log" if assay == "flow" else "histoscore"
            animal = f"{arm}-{assay}-{k}"
            rows.append(("EMT6", arms.get(arm, "both"), animal, 7.0, "tumour", "", assay, name,
                         name, axis, value, unit, "ok"))  # fmt: skip
    return pd.DataFrame(rows, columns=list(MARKER_COLUMNS[:-1])).assign(censored="")


def test_without_a_landscape_the_claims_are_refused(
    study: sc.Study, example_growth: sc.Result
) -> None:
    with pytest.raises(sc.AnalysisRefused, match=r"no landscape among growth"):
        sc.evidence.claims(study, [example_growth])


@pytest.mark.realdata
def test_the_study_folder_of_emt6_says_so_too(shared_dir: Path) -> None:
    """The same claims from the folder: granzyme B in CD8 T cells is what inflammation stands on."""
    os.environ["SMARTCOMBO_SHARED"] = str(shared_dir)
    study = sc.read_study(STUDIES / "mariathasan_emt6")
    results = [sc.efficacy.growth(study), sc.efficacy.response(study), sc.immune.landscape(study)]
    result = sc.evidence.claims(study, results)
    assert words(result, "both", "EMT6")["headline"] == "hotter and sensitised"
    alone = words(result, "anti-TGFb", "EMT6")
    assert (alone["inflamed"], alone["infiltrated"]) == ("not shown", "not shown")
