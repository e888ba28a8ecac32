"""The page of a programme of single mice: its own section, each model once, nothing of growth."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.report.figures.gallery import figures_of
from smartcombo.report.page import page_html
from smartcombo.report.sections.programme import question_table, treatment_table
from smartcombo.study.model import Study

sys.path.insert(0, str(Path(__file__).parents[1] / "efficacy"))
from studies import programme

RATES = {
    "vehicle": [0.1] * 8,
    "ici": [-np.inf, -np.inf, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05],
    "molecule": [0.05] * 7 + [float("nan")],
    "both": [-np.inf] * 6 + [0.01, 0.02],
}


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Result]:
    study = programme(tmp_path_factory.mktemp("page"), RATES)
    return study, sc.efficacy.single_mouse(study, sc.efficacy.SingleMouseOptions(minimum_models=4))


def test_a_programme_has_its_four_figures_and_none_a_model(analysed) -> None:
    figures = figures_of(analysed[0], [analysed[1]])
    assert [figure.id for figure in figures] == [
        "programme-questions", "programme-rates", "programme-indications", "programme-waterfalls",
    ]  # fmt: skip
    assert all(figure.synthetic for figure in figures)
    assert len(figures[-1].data) == 31
    assert "both (8)" in figures[1].data["treatment"].str.replace("  ", " ").tolist()


def test_the_page_tells_the_unit_the_rule_and_the_accounts(analysed) -> None:
    page = page_html(analysed[0], [analysed[1]], {})
    for words in ("One mouse a treatment in each of 8 models", "Every animal and measurement",
                  "mRECIST: best change", "from day 10 after baseline on", "SYNTHETIC",
                  "best of its parts"):  # fmt: skip
        assert words in page, words
    assert 'id="section-four-questions"' not in page
    assert 'id="section-response"' not in page


def test_the_tables_of_the_section_hold_every_treatment_and_question(analysed) -> None:
    study, result = analysed
    treatments = treatment_table([result])
    assert treatments[0]["label"] == "both"
    assert sum(row["mice"] for row in treatments) == 31
    questions = question_table(study, [result])
    assert [row["question"] for row in questions] == ["Q1", "Q2", "Q3", "Q4"]
    assert [row["n"] for row in questions] == ["8", "8", "7", "7"]
    assert questions[0]["cells"]["odds"]["ratio"].startswith("∞ (")
