"""Every figure has its words, its data, its method; a synthetic one says so."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.core.result import Result, estimates_frame
from smartcombo.report.figures.base import Context, Figure, columns_of, log_ticks, records, span
from smartcombo.report.figures.controls import control_rates
from smartcombo.report.figures.curves import LABEL_GAP, apart
from smartcombo.report.figures.doses import dose_effect
from smartcombo.report.figures.gallery import FIGURES, figures_of
from smartcombo.report.theme import VERDICTS, arm_colours, verdict_style
from smartcombo.report.words import (
    MINUS,
    decimals,
    degrees,
    number,
    p_value,
    plain,
    slug,
    with_interval,
)
from smartcombo.study.model import Study


@pytest.fixture(scope="module")
def example(example_folder: Path) -> Study:
    return sc.read_study(example_folder)


@pytest.fixture(scope="module")
def figures(example: Study, example_results: list[Result]) -> tuple[Figure, ...]:
    return figures_of(example, example_results)


OF_OTHER_DESIGNS = (dose_effect, control_rates)
"""The example has no dose series and names no earlier controls."""


def _other_designs(example: Study) -> list[Figure]:
    """Return the figures of dose series and earlier controls, drawn from made rows."""
    model = example.models[0].id
    doses = pd.DataFrame(
        {
            "model": model, "series": "X alone", "agent": "X", "partners": "", "kind": "dose",
            "arm": ["a", "b"], "level": ["0", "10 mg/kg"], "dose": [0.0, 10.0], "order": [0, 1],
            "n": 8, "value": [0.0, -0.02], "low": [np.nan, -0.03], "high": [np.nan, -0.01],
            "p": [np.nan, 0.01], "verdict": ["", "benefit"], "reference": "Vehicle",
        }
    )  # fmt: skip
    words = pd.DataFrame({"model": [model], "series": ["X alone"], "sentence": ["X alone: less."],
                          "turns": [False]})  # fmt: skip
    controls = pd.DataFrame(
        {"model": model, "label": ["2022", "now"], "n": 8, "value": [0.16, 0.17], "se": 0.01,
         "low": [0.14, 0.15], "high": [0.18, 0.19], "current": [False, True]}
    )  # fmt: skip
    tables = {"doses": doses, "dose_words": words, "controls": controls}
    made = Result(example.id, "made", estimates_frame([]), pd.DataFrame(), tables=tables)
    drawn = [draw(Context(example, made, model)) for draw in OF_OTHER_DESIGNS]
    return [figure for figure in drawn if figure is not None]


def test_figures_of_dose_series_and_earlier_controls_are_charts_with_words(
    example: Study,
) -> None:
    figures = _other_designs(example)
    assert [figure.group for figure in figures] == ["doses", "history"]
    for figure in figures:
        figure.chart().to_dict()
        assert figure.alt
        assert figure.caption


def test_each_tumour_model_gets_each_figure_once(
    example: Study, figures: tuple[Figure, ...]
) -> None:
    # Its animals all start with a tumour, and leave at the size limit only: no shift to draw.
    absent = {"tumour_free_curves", "delta_curve", *(draw.__name__ for draw in OF_OTHER_DESIGNS)}
    drawn = [draw for draw in FIGURES if draw.__name__ not in absent]
    assert len(figures) == len(drawn) * len(example.models)
    assert len({figure.id for figure in figures}) == len(figures)


def test_a_figure_has_words_for_eyes_and_for_ears_its_rows_and_its_method(
    figures: tuple[Figure, ...],
) -> None:
    known = {method.id for method in sc.methods()}
    for figure in figures:
        assert figure.title
        assert len(figure.caption) > 40
        assert len(figure.alt) > 40
        assert len(figure.data) > 0
        assert set(figure.method_ids) <= known


def test_a_synthetic_figure_says_so_in_the_picture(figures: tuple[Figure, ...]) -> None:
    for figure in figures:
        for drawing in [figure.drawing(), *([figure.drawing(raw=True)] if figure.raw_spec else [])]:
            assert "SYNTHETIC" in drawing["title"]["subtitle"]


def test_a_figure_holds_its_own_rows_and_asks_for_no_file(figures: tuple[Figure, ...]) -> None:
    for figure in figures:
        drawing = figure.drawing()
        assert len(drawing["datasets"]["table"]) == len(figure.data)
        text = json.dumps({key: drawing[key] for key in drawing if key != "$schema"})
        assert '"url"' not in text
        assert "NaN" not in text


def test_no_figure_draws_at_random(figures: tuple[Figure, ...]) -> None:
    for figure in figures:
        assert '"sample"' not in json.dumps(figure.spec)


def test_a_figure_without_a_raw_axis_refuses_it(figures: tuple[Figure, ...]) -> None:
    forest = next(figure for figure in figures if figure.group == "four-questions")
    with pytest.raises(ValueError, match="has no raw-axis version"):
        forest.drawing(raw=True)


def test_every_mouse_is_in_the_picture_of_every_mouse(
    example: Study, figures: tuple[Figure, ...]
) -> None:
    shown = pd.concat([f.data for f in figures if f.group == "every-mouse"])
    assert set(shown["animal"]) == set(example.animals["animal"])
    assert len(shown) == len(example.volumes)


def test_values_at_the_limit_are_drawn_at_the_limit(
    example: Study, figures: tuple[Figure, ...]
) -> None:
    shown = pd.concat([f.data for f in figures if f.group == "every-mouse"])
    assert (shown.loc[shown["at_limit"], "shown_value"] == example.readout.limit).all()


def test_a_figure_is_an_altair_chart_for_notebooks(figures: tuple[Figure, ...]) -> None:
    for figure in figures:
        assert figure.chart().to_dict(validate=True)["title"]["text"] == figure.title


def test_every_word_an_analysis_can_give_has_its_own_glyph_or_colour() -> None:
    words = {"benefit", "harm", "no relevant difference", "synergy", "antagonism", "additive",
             "inconclusive", "missing", "withheld", "not estimable", "higher", "lower",
             "more than additive", "less than additive"}  # fmt: skip
    assert words == set(VERDICTS)
    opposite = verdict_style("benefit"), verdict_style("harm")
    assert opposite[0].glyph != opposite[1].glyph
    assert opposite[0].colour != opposite[1].colour


def test_two_arms_never_share_a_colour(example: Study) -> None:
    colours = arm_colours(example.arms)
    assert len(set(colours.values())) == len(example.arms)


def test_labels_at_the_ends_of_curves_do_not_overlap() -> None:
    placed = apart([100.0, 101.0, 102.0, 339.0, 340.0], 340.0)
    gaps = [b - a for a, b in pairwise(placed)]
    assert min(gaps) >= LABEL_GAP - 1e-9
    assert max(placed) <= 340.0


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (number(-0.0001, 2), "0.00"),
        (number(-1234.5, 1), f"{MINUS}1\u202f234.5"),
        (with_interval(0.05135, 0.0213, 0.0814), "0.051 (0.021 to 0.081)"),
        (with_interval(float("nan"), 0, 1), "–"),
        (p_value(0.00001), "<0.0001"),
        (p_value(0.0427), "0.043"),
        (p_value(0.999), ">0.99"),
        (degrees(37.0), "37.0"),
        (degrees(float("inf")), "∞"),
        (plain(float("nan")), ""),
        (str(decimals(1.0, 1.0)), "3"),
    ],
)
def test_numbers_are_rounded_by_their_precision(said: str, expected: str) -> None:
    assert said == expected


def test_names_that_differ_by_a_sign_do_not_share_a_file() -> None:
    assert slug("A+B") != slug("A-B")


def test_axes_keep_every_value_inside() -> None:
    low, high = span(pd.Series([0.0, 3.0, 400.0]), log=True)
    assert low < 3.0 < 400.0 < high
    assert all(low <= tick <= high for tick in log_ticks(low, high))


def test_a_table_by_columns_is_the_table_with_repeated_words_written_once() -> None:
    table = pd.DataFrame(
        {"arm": ["a", "b", "a", None], "value": [1.5, float("nan"), 2.0, 3.25], "n": [1, 2, 3, 4],
         "sure": [True, False, True, True]}
    )  # fmt: skip
    columns = columns_of(table)
    assert columns[0] == {"name": "arm", "levels": ["a", "b", None], "codes": [0, 1, 0, 2]}
    back = [
        dict(zip(table.columns, row, strict=True))
        for row in zip(*(one.get("values") or [one["levels"][code] for code in one["codes"]]
                         for one in columns), strict=True)
    ]  # fmt: skip
    assert back == records(table)
