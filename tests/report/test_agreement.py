"""The table that asks whether endpoints agree, and its sentence."""

from __future__ import annotations

from pathlib import Path

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.efficacy.endpoints import ENDPOINTS
from smartcombo.report.agreement import COSTS, agreements, cost_sentence, sentence


def test_every_endpoint_has_a_word_on_every_question(
    example_folder: Path, example_results: list[Result]
) -> None:
    study = sc.read_study(example_folder)
    found = agreements(study, example_results)
    assert [one.model for one in found] == [model.id for model in study.models]
    for one in found:
        stated = [e.words for e in ENDPOINTS if e.id != "cure"]
        assert [name for name, _ in one.rows] == stated
        assert all(word for _, words in one.rows for word in words)
        # The example has body weights and no clinical scores.
        assert [name for name, _ in one.costs] == [n for n in COSTS if n != "clinical scores"]


def test_growth_alone_has_two_endpoints_that_share_one_model(
    example_folder: Path, example_growth: Result
) -> None:
    found = agreements(sc.read_study(example_folder), [example_growth])
    assert all(len(one.rows) == 2 for one in found)


def test_endpoints_on_opposite_sides_are_named() -> None:
    rows = [
        ("growth rate", ("benefit", "harm", "inconclusive", "inconclusive")),
        ("response rate", ("benefit", "benefit", "inconclusive", "missing")),
    ]
    said = sentence(rows)
    assert said.startswith("The endpoints disagree: on Q2 response rate against growth rate")


def test_undecided_endpoints_are_counted_and_never_called_agreement() -> None:
    rows = [
        ("growth rate", ("benefit", "inconclusive", "inconclusive", "inconclusive")),
        ("response rate", ("inconclusive", "inconclusive", "inconclusive", "inconclusive")),
    ]
    assert "Q1 benefit by growth rate (1 of 2 undecided)" in sentence(rows)
    nothing = [(name, ("inconclusive",) * 4) for name, _ in rows]
    assert sentence(nothing) == "No endpoint decides any of the four questions."


def test_a_cost_is_named_beside_the_benefit_and_is_no_disagreement() -> None:
    costs = [
        ("body weight", ("harm", "harm", "inconclusive", "harm")),
        ("treatment-related deaths", ("inconclusive", "inconclusive", "inconclusive", "")),
    ]
    assert cost_sentence(costs) == " It has a cost: harm by body weight on Q1, Q2 and Q4."
    assert cost_sentence(costs[1:]) == " No harm is shown."
    assert cost_sentence([]) == ""
