"""The section of resampled animals: there when asked for, beside the words of the model."""

from __future__ import annotations

from pathlib import Path

import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.report.sections.bootstrap import SECTIONS, bootstrap_rows
from smartcombo.study.model import Study


@pytest.fixture(scope="module")
def study(example_folder: Path) -> Study:
    return sc.read_study(example_folder)


@pytest.fixture(scope="module")
def growth(study: Study) -> Result:
    return sc.efficacy.growth(study, sc.efficacy.GrowthOptions(bootstrap=199))


def test_each_question_stands_with_both_words(study: Study, growth: Result) -> None:
    rows = bootstrap_rows(study, [growth])
    asked = growth.estimates
    asked = asked[asked["estimand"].isin(["log_ratio", "excess_inhibition"])]
    asked = asked[asked["question"] != ""]
    assert len(rows) == len(asked) > 4
    assert [row["model_verdict"] for row in rows] == list(asked["verdict"])
    assert all(row["refits"].endswith("of 199") for row in rows)


def test_the_page_shows_the_section_only_where_it_was_asked_for(
    study: Study, growth: Result, example_growth: Result, tmp_path: Path
) -> None:
    page = sc.report(study, growth, to=tmp_path / "with.html").read_text(encoding="utf-8")
    assert SECTIONS[0].title in page
    assert "199 of 199" in page
    plain = sc.report(study, example_growth, to=tmp_path / "without.html")
    assert SECTIONS[0].title not in plain.read_text(encoding="utf-8")
