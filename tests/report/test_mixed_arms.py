"""Where an arm is a mixture the page does not lead with a rate that describes no animal."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.report.figures.base import Context
from smartcombo.report.figures.kinds import kinds_of_animals
from smartcombo.report.page import page_html
from smartcombo.report.sections.growth import answers
from smartcombo.study.model import Study

sys.path.insert(0, str(Path(__file__).parents[1] / "efficacy"))
from studies import FOUR, written


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Study:
    arms = tuple(replace(a, responder_fraction=0.5) if a.id == "both" else a for a in FOUR)
    return written(tmp_path_factory.mktemp("mixed") / "study", seed=3, arms=arms)


@pytest.fixture(scope="module")
def results(mixed: Study) -> list[Result]:
    growth = sc.efficacy.growth(mixed, sc.efficacy.GrowthOptions(robustness=False))
    return [growth, sc.efficacy.classes(mixed)]


def test_the_cards_of_a_mixed_arm_lead_with_volumes_and_say_why(
    mixed: Study, results: list[Result]
) -> None:
    (answer,) = answers(mixed, results)
    rows = results[1].estimates
    rows = rows[rows["estimand"] == "floored_log_ratio"]
    for card in answer.cards:
        assert "growth rate" not in " ".join(card.lines)
        assert card.lines[0].startswith("on day 22: ")
        assert "4 of 8 in" in card.lines[1]
        assert "describe neither" in card.caution
        wanted = rows[(rows["question"] == card.question) & (rows["arm"] == "both")]
        assert card.verdict == wanted["verdict"].item()


def test_growth_alone_still_warns_of_a_mixture(mixed: Study, results: list[Result]) -> None:
    (answer,) = answers(mixed, results[:1])
    for card in answer.cards:
        assert "growth rate averages both" in card.caution


def test_without_a_mixture_the_growth_rate_leads(tmp_path: Path) -> None:
    study = written(tmp_path / "study", seed=4)
    growth = sc.efficacy.growth(study, sc.efficacy.GrowthOptions(robustness=False))
    (answer,) = answers(study, [growth, sc.efficacy.classes(study)])
    assert answer.cards[0].lines[0].startswith("growth rate")
    assert not any(card.caution for card in answer.cards)


def test_the_page_names_the_kind_of_each_animal_of_a_mixed_arm(
    mixed: Study, results: list[Result]
) -> None:
    page = page_html(mixed, results, {})
    section = page[page.index('id="section-classes"') :]
    section = section[: section.index("</section>")]
    assert "two kinds of animals" in section
    kinds = results[1].tables["kinds"]
    for animal in kinds.loc[kinds["arm"] == "both", "animal"]:
        assert f">{animal}</td>" in section


def test_the_picture_holds_every_animal_with_its_kind(mixed: Study, results: list[Result]) -> None:
    figure = kinds_of_animals(Context(mixed, results[1], mixed.models[0].id))
    assert figure is not None
    kinds = results[1].tables["kinds"].set_index("animal")["kind"]
    drawn = figure.data.drop_duplicates("animal").set_index("animal")["kind"]
    assert drawn.sort_index().equals(kinds.sort_index())
    assert "controlled" in figure.alt
    predicted = figure.data[figure.data["mark"] == "predicted"]
    left = results[1].tables["kinds"]["source"] == "its own line"
    assert len(predicted) == left.sum()
