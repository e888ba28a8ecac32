"""Each animal has a card that says what was measured, given and called, and why it was left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.report.page import page_html
from smartcombo.report.sections import mice
from smartcombo.report.sections.mice import HEIGHT, WIDTH, mice_content
from smartcombo.study.model import Study, Treatment


@pytest.fixture
def study(example_folder: Path) -> Study:
    return sc.read_study(example_folder)


def test_every_animal_has_one_card_in_its_arm(study: Study, example_results: list[Result]) -> None:
    arms = mice_content(study, example_results)["arms"]
    shown = [card.animal for arm in arms for card in arm.cards]
    assert sorted(shown) == sorted(study.animals["animal"])
    for arm in arms:
        own = study.animals[study.animals["model"] == arm.model].set_index("animal")["arm"]
        assert {study.label(own[card.animal]) for card in arm.cards} == {arm.label}


def test_a_card_holds_every_measurement_inside_its_frame(
    study: Study, example_results: list[Result]
) -> None:
    cards = [c for arm in mice_content(study, example_results)["arms"] for c in arm.cards]
    counts = study.volumes.groupby("animal").size()
    for card in cards:
        assert len(card.marks) == counts[card.animal]
        assert all(0 < m.x < WIDTH and 0 < m.y < HEIGHT for m in card.marks)
    below = sum(mark.below for card in cards for mark in card.marks)
    assert below == study.volumes["at_limit"].sum() > 0


def test_a_card_says_the_call_and_how_the_animal_left(
    study: Study, example_results: list[Result]
) -> None:
    response = next(result for result in example_results if result.analysis == "response")
    calls = response.tables["calls"].set_index("animal")
    for arm in mice_content(study, example_results)["arms"]:
        for card in arm.cards:
            facts = dict(card.facts)
            assert facts["left"].startswith("day ")
            assert ("tumour-free" in facts) == bool(calls.loc[card.animal, "tumour_free"])
            assert facts["response"].startswith(mice.CALL_WORDS[calls.loc[card.animal, "category"]])


def test_an_excluded_animal_keeps_its_card_with_the_reason(
    study: Study, example_growth: Result
) -> None:
    first = study.animals["animal"].iloc[0]
    animals = study.animals.copy()
    animals.loc[0, ["excluded", "exclusion_reason"]] = [True, "no tumour at baseline"]
    content = mice_content(replace(study, animals=animals), [example_growth])
    card = next(c for arm in content["arms"] for c in arm.cards if c.animal == first)
    assert card.excluded
    assert dict(card.facts)["excluded"] == "no tumour at baseline"


def test_what_was_given_is_said_with_dose_route_and_schedule() -> None:
    given = frozenset({Treatment("anti-PD-1", 10.0, "mg/kg", "i.p.", "q3d x4"), Treatment("drug")})
    assert mice._given(given) == "anti-PD-1 (10 mg/kg, i.p., q3d x4) + drug"
    assert mice._given(frozenset()) == "no agent (vehicle)"


def test_more_animals_than_a_page_can_hold_are_counted_instead(
    study: Study, example_results: list[Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mice, "MOST_CARDS", 3)
    page = page_html(study, example_results, {})
    count = len(set(study.animals["animal"]) | set(study.samples["animal"]))
    assert f"{count} animals are too many for cards" in page
    assert 'class="mouse"' not in page


def test_every_animal_taken_for_samples_has_a_card_with_its_place(
    study: Study, example_results: list[Result]
) -> None:
    arms = mice_content(study, example_results)["sampled"]
    cards = {card.animal: dict(card.facts) for arm in arms for card in arm.cards}
    assert set(cards) == set(study.samples["animal"])
    landscape = next(result for result in example_results if result.analysis == "landscape")
    for row in landscape.tables["places"].itertuples():
        assert cards[row.animal]["taken"] == "day 14"
        assert row.phenotype in cards[row.animal][row.assay]
