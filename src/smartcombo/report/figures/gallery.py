"""Which figures a report has, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from smartcombo.core.result import Result
from smartcombo.efficacy.single_mouse.options import ALL_MODELS
from smartcombo.report.figures.assays import assay_dots
from smartcombo.report.figures.base import Context, Figure
from smartcombo.report.figures.controls import control_rates
from smartcombo.report.figures.course import effect_course, synergy_course
from smartcombo.report.figures.curves import model_curves
from smartcombo.report.figures.diagnostics import influence, model_fit
from smartcombo.report.figures.doses import dose_effect
from smartcombo.report.figures.forest import four_questions
from smartcombo.report.figures.kinds import kinds_of_animals
from smartcombo.report.figures.landscape import landscape_map, panel_heat_map
from smartcombo.report.figures.leaving import leaving_days
from smartcombo.report.figures.programme import (
    indication_rates,
    programme_questions,
    programme_waterfalls,
    treatment_rates,
)
from smartcombo.report.figures.robustness import robustness_curve
from smartcombo.report.figures.scales import raw_and_relative
from smartcombo.report.figures.scores import clinical_scores
from smartcombo.report.figures.sensitivity import delta_curve, sensitivity_panel
from smartcombo.report.figures.side_by_side import assays_side_by_side, genes_moved
from smartcombo.report.figures.spaghetti import every_mouse
from smartcombo.report.figures.survival import (
    progression_curves,
    survival_curves,
    tumour_free_curves,
)
from smartcombo.report.figures.swimmer import swimmer
from smartcombo.report.figures.tissue import density_plane, phenotype_bars, tissue_maps
from smartcombo.report.figures.waterfall import waterfall
from smartcombo.report.figures.weights import weight_curves, weight_nadirs
from smartcombo.report.readouts import figure_in_words
from smartcombo.study.model import Study

FIGURES: tuple[Callable[[Context], Figure | None], ...] = (
    every_mouse,
    model_curves,
    four_questions,
    effect_course,
    synergy_course,
    kinds_of_animals,
    waterfall,
    progression_curves,
    survival_curves,
    tumour_free_curves,
    swimmer,
    leaving_days,
    sensitivity_panel,
    delta_curve,
    weight_curves,
    weight_nadirs,
    clinical_scores,
    dose_effect,
    control_rates,
    landscape_map,
    panel_heat_map,
    assays_side_by_side,
    assay_dots,
    phenotype_bars,
    density_plane,
    tissue_maps,
    genes_moved,
    robustness_curve,
    raw_and_relative,
    model_fit,
    influence,
)
PROGRAMME_FIGURES: tuple[Callable[[Context], Figure | None], ...] = (
    programme_questions,
    treatment_rates,
    indication_rates,
    programme_waterfalls,
)
"""Figures over all models, where the model is the unit."""


def figures_of(study: Study, results: Sequence[Result]) -> tuple[Figure, ...]:
    """Return every figure of every tumour model that its result has the data for."""
    drawn = [
        draw(context)
        for result in results
        for context, figures in _contexts(study, result)
        for draw in figures
    ]
    return tuple(figure_in_words(f, study.readout) for f in drawn if f is not None)


def _contexts(
    study: Study, result: Result
) -> list[tuple[Context, tuple[Callable[[Context], Figure | None], ...]]]:
    """Return what is drawn of a result: each tumour model by itself, or all of them as one."""
    if result.analysis == "programme":
        return [(Context(study, result, ALL_MODELS), PROGRAMME_FIGURES)]
    return [(Context(study, result, model.id), FIGURES) for model in study.models]
