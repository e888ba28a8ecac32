"""Which contrasts a design can ask: three agents, shared controls, missing arms."""

from __future__ import annotations

from pathlib import Path

import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.efficacy.options import GrowthOptions
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Agent, Study
from smartcombo.study.questions import Question, study_questions
from smartcombo.study.read import read_study
from smartcombo.study.simulate import ArmDesign, SimulationDesign, simulate_study
from smartcombo.study.simulated_files import write_study

AGENTS = (
    Agent("P", "checkpoint-inhibitor"),
    Agent("X", "small-molecule"),
    Agent("Y", "small-molecule"),
)
RATES = {
    "v": 0.16,
    "P": 0.14,
    "X": 0.13,
    "Y": 0.15,
    "PX": 0.09,
    "PY": 0.13,
    "XY": 0.12,
    "PXY": 0.05,
}


def _study(folder: Path, arms: tuple[str, ...]) -> Study:
    designs = tuple(
        ArmDesign(arm, RATES[arm], () if arm == "v" else tuple(arm), n=6) for arm in arms
    )
    return read_study(
        write_study(simulate_study(SimulationDesign(designs), seed=3, agents=AGENTS), folder)
    )


def _asked(study: Study) -> tuple[Question, ...]:
    return study_questions(study, combinations_of(study), tuple(arm.id for arm in study.arms))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return _study(tmp_path_factory.mktemp("full") / "study", tuple(RATES))


@pytest.fixture(scope="module")
def growth(full: Study) -> Result:
    return sc.efficacy.growth(full, GrowthOptions(robustness=False))


def _of(questions: tuple[Question, ...], arm: str, null: str = "") -> list[Question]:
    return [q for q in questions if q.arm == arm and q.null_model == null]


def test_a_triple_is_asked_against_each_single_and_each_pair(full: Study) -> None:
    asked = _of(_asked(full), "PXY")
    against = {arm for q in asked for arm, weight in q.weights.items() if weight < 0}
    assert against == {"v", "P", "X", "Y", "PX", "PY", "XY"}


def test_bliss_of_three_agents_has_two_vehicles(full: Study) -> None:
    triple = _of(_asked(full), "PXY", "bliss")[0]
    assert dict(triple.weights) == {"PXY": 1.0, "P": -1.0, "X": -1.0, "Y": -1.0, "v": 2.0}


def test_a_triple_is_also_set_against_each_pair_with_the_third_agent(full: Study) -> None:
    pairs = [dict(q.weights) for q in _of(_asked(full), "PXY", "bliss")[1:]]
    assert {"PXY": 1.0, "PX": -1.0, "Y": -1.0, "v": 1.0} in pairs
    assert len(pairs) == 3


def test_the_highest_single_agent_of_a_triple_includes_the_pairs(full: Study) -> None:
    hsa = _of(_asked(full), "PXY", "hsa")[0]
    assert set(hsa.parts) == {"P", "X", "Y", "PX", "PY", "XY"}


def test_every_linear_contrast_sums_to_zero(full: Study) -> None:
    for question in _asked(full):
        if question.kind == "linear":
            assert sum(question.weights.values()) == pytest.approx(0.0)


def test_combinations_that_share_controls_are_corrected_together(growth: Result) -> None:
    rows = growth.estimates
    q2 = rows[(rows["question"] == "Q2") & (rows["estimand"] == "growth_rate_difference")]
    assert len(q2) == 4
    assert (q2["p_holm"] >= q2["p"]).all()
    assert q2["p_holm"].max() > q2["p"].min()


def test_a_pair_without_checkpoint_inhibitor_is_still_asked_its_questions(growth: Result) -> None:
    rows = growth.estimates
    assert set(rows.loc[rows["arm"] == "XY", "question"]) >= {"Q1", "Q2", "Q3", "Q4"}


@pytest.mark.parametrize(
    ("arms", "missing"),
    [
        (("v", "P", "PX"), {("Q3", ""), ("Q4", "bliss"), ("Q4", "hsa")}),
        (("P", "X", "PX"), {("Q1", ""), ("Q4", "bliss")}),
        (("v", "X", "PX"), {("Q2", ""), ("Q4", "bliss")}),
    ],
)
def test_a_missing_arm_makes_its_questions_missing_with_the_reason(
    tmp_path: Path, arms: tuple[str, ...], missing: set[tuple[str, str]]
) -> None:
    study = _study(tmp_path / "study", arms)
    asked = {(q.key, q.null_model): q.missing for q in _asked(study) if q.arm == "PX"}
    assert all(asked[key] for key in missing)
    rows = sc.efficacy.growth(study, GrowthOptions(robustness=False)).estimates
    for question, null in missing:
        row = rows[(rows["question"] == question) & (rows["null_model"] == null)].iloc[0]
        assert row["verdict"] == "missing"
        assert row["status"].startswith("missing: the study has no")
        assert row[["value", "low", "high", "p"]].isna().all()


def test_the_third_order_interaction_is_what_the_pairs_do_not_predict(full: Study) -> None:
    asked = _of(_asked(full), "PXY", "pairs")
    assert dict(asked[0].weights) == {
        "PXY": 1.0, "PX": -1.0, "PY": -1.0, "XY": -1.0, "P": 1.0, "X": 1.0, "Y": 1.0, "v": -1.0,
    }  # fmt: skip
    means = dict(RATES)
    effects = {arm: means[arm] - means["v"] for arm in means}
    expected = sum(effects[p] for p in ("PX", "PY", "XY")) - sum(effects[s] for s in "PXY")
    contrast = sum(weight * means[arm] for arm, weight in asked[0].weights.items())
    assert contrast == pytest.approx(effects["PXY"] - expected)


def test_every_pair_of_a_triple_has_its_own_four_questions(full: Study) -> None:
    for pair in ("PX", "PY", "XY"):
        keys = {q.key for q in _asked(full) if q.arm == pair and not q.missing}
        assert {"Q1", "Q2", "Q3", "Q4"} <= keys


def test_without_its_pairs_the_third_order_interaction_is_missing(tmp_path: Path) -> None:
    study = _study(tmp_path / "study", ("v", "P", "X", "Y", "PX", "PXY"))
    asked = _of(_asked(study), "PXY", "pairs")
    assert asked[0].missing == "the study has no arm of P and Y, X and Y"


def test_the_report_card_of_a_triple_names_its_pairs(full: Study, growth: Result) -> None:
    from smartcombo.report.sections.growth import answers

    cards = {one.combination: one.cards for one in answers(full, [growth])}
    assert any(line.startswith("pairs:") for line in cards["PXY"][3].lines)
    assert not any(line.startswith("pairs:") for line in cards["PX"][3].lines)
