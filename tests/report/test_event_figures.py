"""The figures of times to event show every animal, and what Q4 expects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.report.figures.base import Context
from smartcombo.report.figures.survival import progression_curves, survival_curves
from smartcombo.report.figures.swimmer import dosing_text, swimmer
from smartcombo.study.model import Arm, Treatment


@pytest.fixture(scope="module")
def context(example_folder: Path, example_results: list[Result]) -> Context:
    study = sc.read_study(example_folder)
    timed = next(r for r in example_results if r.analysis == "progression")
    return Context(study, timed, study.models[0].id)


def test_the_swimmer_plot_has_one_bar_an_animal_that_ends_when_it_left(context: Context) -> None:
    figure = swimmer(context)
    assert figure is not None
    bars = figure.data[figure.data["kind"] == "bar"]
    animals = context.study.animals[context.study.animals["model"] == context.model]
    assert sorted(bars["animal"]) == sorted(animals["animal"])
    left = animals.set_index("animal")["fate_day"] - context.study.baseline_day
    np.testing.assert_allclose(bars["until"], left.loc[bars["animal"]].to_numpy())
    ends = figure.data[(figure.data["kind"] == "mark") & (figure.data["day"] == figure.data["end"])]
    assert set(ends["mark"]) >= {"removed: size limit", "alive at the end"}


def test_the_longest_follow_up_stands_on_top_of_its_arm(context: Context) -> None:
    figure = swimmer(context)
    assert figure is not None
    bars = figure.data[figure.data["kind"] == "bar"].sort_values("rank")
    for _, own in bars.groupby("arm"):
        assert own["until"].is_monotonic_decreasing


def test_dosing_is_said_where_it_is_stated() -> None:
    given = Treatment("aPD1", 10, "mg/kg", "ip", "q3d x 4")
    arm = Arm("ici", "ICI", frozenset({given, Treatment("X")}), "combination")
    assert dosing_text(arm) == "aPD1 10 mg/kg ip, q3d x 4"
    assert dosing_text(Arm("v", "V", frozenset(), "vehicle")) == ""


def test_the_expected_curve_lies_between_the_better_agent_and_the_sum(context: Context) -> None:
    figure = progression_curves(context)
    assert figure is not None
    expected = figure.data[figure.data["kind"] == "expected"]
    assert len(expected) > 3
    for low, high in (("least", "rho_low"), ("rho_low", "survival"), ("survival", "rho_high"),
                      ("rho_high", "most"), ("low", "high")):  # fmt: skip
        assert (expected[low] <= expected[high] + 1e-9).all()
    assert "expected: independent action" in set(expected["arm_label"])


def test_an_endpoint_without_events_has_no_figure(context: Context) -> None:
    assert survival_curves(context) is not None
    none = Context(context.study, context.result, "no such model")
    assert survival_curves(none) is None
