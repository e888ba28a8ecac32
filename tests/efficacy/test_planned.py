"""Planned tests are confirmatory, in their order, with one error for all claims."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.core.result import Result, estimates_frame
from smartcombo.efficacy.endpoints import ENDPOINTS, endpoint_called
from smartcombo.efficacy.planned import planned_tests
from smartcombo.study.model import Plan, PlannedTest, Study

ORDER = (PlannedTest("progression", "Q2"), PlannedTest("growth_rate", "Q4", "bliss"))


def planned(study: Study, *secondary: PlannedTest, confirmatory: bool = True) -> Study:
    """Return the study under another plan."""
    return replace(study, plan=Plan(confirmatory=confirmatory, secondary=secondary))


def made(p: dict[tuple[str, str, str], float]) -> Result:
    """Return a result that answers (arm, endpoint id, question) with these p-values."""
    rows = []
    for (arm, name, question), value in p.items():
        e = endpoint_called(name)
        null = e.null_model if question == "Q4" else ""
        rows.append({"model": "M", "arm": arm, "analysis": e.analysis, "endpoint": e.endpoint,
                     "estimand": e.estimand, "question": question, "null_model": null,
                     "p": value, "verdict": "benefit", "value": 0.1, "low": 0.0, "high": 0.2,
                     "n": 20, "unit": "day"})  # fmt: skip
    return Result("s", "made", estimates_frame(rows), pd.DataFrame())


@pytest.fixture
def study(example_folder: Path) -> Study:
    return sc.read_study(example_folder)


def test_a_test_after_one_that_did_not_succeed_is_not_reached(study: Study) -> None:
    p = {("both", "growth_rate", "Q2"): 0.01, ("both", "progression", "Q2"): 0.20,
         ("both", "growth_rate", "Q4"): 0.001}  # fmt: skip
    table = planned_tests(planned(study, *ORDER), [made(p)])
    assert list(table["claim"]) == ["claimed", "not shown", "not reached"]
    assert list(table["p_adjusted"]) == [0.01, 0.20, 0.20]


def test_two_combinations_share_the_error(study: Study) -> None:
    p = {("a", "growth_rate", "Q2"): 0.03, ("b", "growth_rate", "Q2"): 0.02}
    table = planned_tests(planned(study), [made(p)]).set_index("arm")
    assert table.loc["a", "claim"] == "not shown"
    assert table.loc["b", "claim"] == "claimed"
    assert table.loc["b", "p_adjusted"] == pytest.approx(0.04)


def test_a_missing_answer_stops_the_sequence(study: Study) -> None:
    p = {("both", "growth_rate", "Q2"): np.nan, ("both", "progression", "Q2"): 0.001}
    table = planned_tests(planned(study, *ORDER), [made(p)])
    assert list(table["claim"]) == ["not answered", "not reached"]


def test_without_a_plan_nothing_is_confirmatory(study: Study) -> None:
    p = {("both", "growth_rate", "Q2"): 0.01}
    assert planned_tests(planned(study, confirmatory=False), [made(p)]).empty


def test_the_error_over_all_claims_holds_under_the_null(study: Study) -> None:
    """Size of any claim at 5% over 300 studies of two combinations: at most 5% + 2 SE."""
    rng = np.random.default_rng(5)
    plan = planned(study, *ORDER)
    tests = [(test.endpoint, test.question) for test in plan.plan.tests]
    keys = [(arm, *test) for arm in "ab" for test in tests]
    wrong = 0
    for _ in range(300):
        result = made(dict(zip(keys, rng.uniform(size=len(keys)), strict=True)))
        wrong += bool((planned_tests(plan, [result])["claim"] == "claimed").any())
    assert wrong / 300 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)


def test_every_endpoint_a_plan_may_name_is_answered_by_an_analysis(
    study: Study, example_results: list[Result]
) -> None:
    estimates = pd.concat([result.estimates for result in example_results])
    for endpoint in (one for one in ENDPOINTS if one.id != "cure"):
        for question in ("Q1", "Q2", "Q3", "Q4"):
            found = endpoint.rows(estimates, question)
            assert len(found) == len(study.models), (endpoint.id, question)


def test_a_plan_with_a_misspelt_endpoint_is_an_error_that_says_what_is_allowed(
    example_folder: Path, tmp_path: Path
) -> None:
    import shutil

    folder = Path(shutil.copytree(example_folder, tmp_path / "study"))
    (folder / "plan.toml").write_text('[plan]\nsecondary = [{endpoint="growth", question="Q2"}]\n')
    with pytest.raises(sc.StudyError, match="growth_rate"):
        sc.read_study(folder)
