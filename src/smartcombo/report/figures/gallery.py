"""Which figures a report has, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from smartcombo.core.result import Result
from smartcombo.report.figures.assays import assay_dots
from smartcombo.report.figures.base import Context, Figure
from smartcombo.report.figures.course import effect_course, synergy_course
from smartcombo.report.figures.curves import model_curves
from smartcombo.report.figures.diagnostics import influence, model_fit
from smartcombo.report.figures.forest import four_questions
from smartcombo.report.figures.landscape import landscape_map, panel_heat_map
from smartcombo.report.figures.robustness import robustness_curve
from smartcombo.report.figures.scales import raw_and_relative
from smartcombo.report.figures.spaghetti import every_mouse
from smartcombo.report.figures.survival import progression_curves
from smartcombo.report.figures.waterfall import waterfall
from smartcombo.study.model import Study

FIGURES: tuple[Callable[[Context], Figure | None], ...] = (
    every_mouse,
    model_curves,
    four_questions,
    effect_course,
    synergy_course,
    waterfall,
    progression_curves,
    landscape_map,
    panel_heat_map,
    assay_dots,
    robustness_curve,
    raw_and_relative,
    model_fit,
    influence,
)


def figures_of(study: Study, results: Sequence[Result]) -> tuple[Figure, ...]:
    """Return every figure of every tumour model that its result has the data for."""
    contexts = [Context(study, result, model.id) for result in results for model in study.models]
    drawn = [draw(context) for context in contexts for draw in FIGURES]
    return tuple(figure for figure in drawn if figure is not None)
