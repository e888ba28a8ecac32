"""The section about leaving: calm where nobody left, complete where animals did."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.report.figures.base import Context
from smartcombo.report.figures.gallery import figures_of
from smartcombo.report.figures.leaving import REASONS, leaving_days
from smartcombo.report.figures.sensitivity import delta_curve, sensitivity_panel
from smartcombo.report.page import page_html
from smartcombo.study.model import FATES, Study


@pytest.fixture(scope="module")
def early(example_folder: Path) -> Study:
    """Return the example, in which four mice of the combination left by ulceration."""
    study = sc.read_study(example_folder)
    volumes, animals = study.volumes, study.animals.copy()
    rows = animals[(animals["arm"] == "both") & (animals["model"] == "SYN-MEL")]
    for who, day in zip(rows["animal"].tolist()[:4], (11.0, 14.0, 16.0, 16.0), strict=True):
        volumes = volumes[~((volumes["animal"] == who) & (volumes["day"] > day))]
        animals.loc[animals["animal"] == who, ["fate", "fate_day"]] = ("ulceration", day)
    return replace(study, volumes=volumes.reset_index(drop=True), animals=animals)


@pytest.fixture(scope="module")
def result(early: Study) -> Result:
    return sc.efficacy.leaving(early, sc.efficacy.LeavingOptions(imputations=20, shifts=3))


def section(page: str) -> str:
    """Return the markup of the section."""
    return page[page.index('id="section-leaving"') : page.index('id="findings"')]


def test_the_section_names_reasons_methods_and_what_is_not_recommended(
    early: Study, result: Result
) -> None:
    text = section(page_html(early, [result], {}))
    for words in ("ulceration", "size limit", "mixed model (reference)", "joint model",
                  "carried forward", "how far off", "per day faster"):  # fmt: skip
        assert words in text, words
    # Five answers and three rules, in each of the two tumour models.
    assert text.count("<small>not recommended</small>") == 2 * 5 * 3
    assert all("SYNTHETIC" in caption for caption in re.findall(r"<caption>(.*?)<", text))


def test_a_study_that_nobody_left_has_one_sentence_a_model_and_no_panel(early: Study) -> None:
    animals = early.animals.assign(fate="alive-at-end")
    got = sc.efficacy.leaving(replace(early, animals=animals))
    text = section(page_html(early, [got], {}))
    assert text.count("no animal left before the declared day") == 2
    assert "<figure" not in text
    assert "<table" not in text


def test_the_figures_hold_every_animal_every_method_and_the_tipping_points(
    early: Study, result: Result
) -> None:
    context = Context(early, result, "SYN-MEL")
    days, panel, curve = leaving_days(context), sensitivity_panel(context), delta_curve(context)
    assert days is not None
    assert panel is not None
    assert curve is not None
    assert len(days.data) == 40
    assert "4 ulceration" in days.alt
    assert panel.data.groupby("panel")["row"].nunique().tolist() == [6, 6]
    tips = result.tables["tipping_points"]
    shown = tips[
        tips["delta"].notna() & (tips["animals"] > 0) & (tips["model"] == "SYN-MEL")
        & tips["question"].isin(["Q2", "Q4"]) & tips["null_model"].isin(["", "bliss"])
    ]  # fmt: skip
    assert (curve.data["kind"] == "tip").sum() == len(shown)


def test_a_model_without_early_leavers_draws_no_shift(early: Study, result: Result) -> None:
    assert delta_curve(Context(early, result, "SYN-CRC")) is None


def test_the_answers_of_other_figures_and_of_agreement_are_not_repeated(
    early: Study, result: Result, example_growth: Result
) -> None:
    ids = pd.Series([figure.id for figure in figures_of(early, [example_growth, result])])
    assert ids.is_unique
    assert ids.str.startswith("four-questions").sum() == 2


def test_every_fate_has_a_mark_of_its_own() -> None:
    assert set(REASONS) == {fate.replace("-", " ") for fate in FATES}
    assert len(set(REASONS.values())) == len(REASONS)
