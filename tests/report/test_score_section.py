"""Clinical scores on the page: the table of arms, one figure, and the card of each mouse."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.report.figures.base import Context
from smartcombo.report.figures.scores import clinical_scores
from smartcombo.report.sections import tolerability
from smartcombo.report.sections.mice import mice_content
from smartcombo.study.model import Limits, Study

sys.path.insert(0, str(Path(__file__).parents[1] / "efficacy"))
from scored import PEAKS, scored_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return scored_study(tmp_path_factory.mktemp("scored") / "study")


@pytest.fixture(scope="module")
def result(study: Study) -> Result:
    return sc.efficacy.tolerability(study)


def _section(study: Study, result: Result) -> dict[str, object]:
    return dict(tolerability.SECTIONS[0].content(study, [result]))


def test_the_table_says_worst_scores_and_who_reached_the_limit(
    study: Study, result: Result
) -> None:
    rows = {row["label"]: row for row in tolerability.score_arms(study, [result])}
    assert list(rows) == ["vehicle", "ici", "molecule", "both"]
    assert rows["both"]["median"] == "2 (0 to 3)"
    assert rows["both"]["worst"] == "3"
    assert rows["both"]["limit"] == "2 of 8 (3 to 65%)"
    assert rows["both"]["jeffreys"] == "6 to 59%"
    assert rows["both"]["days"] == "not reached"
    assert "protocol's 3" in str(_section(study, result)["score_limit"])


def test_a_time_to_the_limit_that_is_reached_has_its_limits(study: Study) -> None:
    low = replace(study, limits=Limits(clinical_score=1))
    rows = tolerability.score_arms(low, [sc.efficacy.tolerability(low)])
    assert rows[-1]["days"] == "3 (3 to 6)"


def test_a_page_without_a_limit_or_without_scores_says_so(study: Study) -> None:
    free = replace(study, limits=Limits())
    section = _section(free, sc.efficacy.tolerability(free))
    assert "no arm is flagged for it" in str(section["score_limit"])
    assert {row["limit"] for row in section["scored"]} == {"not known"}  # type: ignore[union-attr]
    silent = replace(study, scores=study.scores[:0])
    assert _section(silent, sc.efficacy.tolerability(silent))["scored"] == []


def test_the_figure_holds_every_score_the_most_ill_on_top(study: Study, result: Result) -> None:
    figure = clinical_scores(Context(study, result, "M1"))
    assert figure is not None
    visits = figure.data[figure.data["kind"] == "visit"]
    assert len(visits) == len(study.scores)
    worst = visits.groupby(["arm", "place"])["score"].max().unstack()
    for arm, peaks in PEAKS.items():
        assert worst.loc[arm].tolist() == sorted(peaks, reverse=True)
    assert visits["at_limit"].sum() == (study.scores["score"] >= 3).sum()
    assert figure.synthetic
    assert "both worst 3, 2 of 8 at or past 3" in figure.alt
    assert "at or past the protocol's limit of 3" in figure.caption


def test_an_animal_found_dead_has_its_cross_on_the_day(study: Study) -> None:
    animals = study.animals.copy()
    dead = animals["animal"] == "M1-both-01"
    animals.loc[dead, ["fate", "fate_day"]] = ["found-dead", 16.0]
    scores = study.scores[(study.scores["animal"] != "M1-both-01") | (study.scores["day"] <= 16)]
    other = replace(study, animals=animals, scores=scores)
    figure = clinical_scores(Context(other, sc.efficacy.tolerability(other), "M1"))
    assert figure is not None
    left = figure.data[figure.data["kind"] == "left"]
    assert left[["animal", "day", "place", "left"]].to_numpy().tolist() == [
        ["M1-both-01", 16.0, 0, "found dead"]
    ]


def test_no_figure_without_scores(study: Study) -> None:
    silent = replace(study, scores=study.scores[:0])
    assert clinical_scores(Context(silent, sc.efficacy.tolerability(silent), "M1")) is None


def test_the_card_of_a_mouse_says_its_worst_score_and_the_limit(
    study: Study, result: Result
) -> None:
    results = [sc.efficacy.growth(study), result]
    cards = {card.animal: dict(card.facts)
             for arm in mice_content(study, results)["arms"] for card in arm.cards}  # fmt: skip
    assert cards["M1-both-01"]["clinical score"] == "worst 0"
    assert cards["M1-both-06"]["clinical score"] == "worst 2 on day 13"
    assert cards["M1-both-08"]["clinical score"] == (
        "worst 3 on day 13; at the protocol's limit (3) on day 13"
    )
