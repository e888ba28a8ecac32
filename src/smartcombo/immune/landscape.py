"""The landscape of each tumour, and whether a treatment switched it from cold to hot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pandas as pd

from smartcombo.core.finding import AnalysisRefused
from smartcombo.core.result import CHECK_COLUMNS, Result, stacked
from smartcombo.immune.agreement import agreement_sentences, agreement_table, assay_pairs
from smartcombo.immune.course import course_table
from smartcombo.immune.levels import level_table
from smartcombo.immune.markers import COMPOSITES, marker_table
from smartcombo.immune.matching import MatchedGroup, matched_groups
from smartcombo.immune.moves import place_table, switch_sentence, switch_table
from smartcombo.immune.phenotypes import (
    PHENOTYPE_COLUMNS,
    phenotype_table,
    share_rows,
    with_tissue,
)
from smartcombo.immune.power import power_sentences, power_table
from smartcombo.immune.shifts import shift_estimates, shift_rows
from smartcombo.immune.tissue import TissueOptions, animal_table, field_table, tissue_markers
from smartcombo.immune.tissue_map import map_table
from smartcombo.stats.switching import LEVEL
from smartcombo.study.model import Study


@dataclass(frozen=True, slots=True)
class LandscapeOptions:
    """Options of :func:`smartcombo.immune.landscape`.

    Attributes
    ----------
    level
        Confidence level of intervals; default that of plan.toml (0.95).
    tissue
        Margin, radii and the cuts between desert, excluded and inflamed.
    """

    level: float | None = None
    tissue: TissueOptions = field(default_factory=TissueOptions)

    def __post_init__(self) -> None:
        if self.level is not None and not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")


def landscape(study: Study, options: LandscapeOptions | None = None) -> Result:
    """Answer where each tumour lies between cold and hot, and how many each treatment moved.

    Every animal is compared with the vehicle animals of its own model, day and tissue. Read the
    molecule alone as closely as the combination: what it does to the landscape without a
    checkpoint inhibitor is the claim "cold to hot".

    Parameters
    ----------
    study
        A checked study with samples and at least one assay.
    options
        Level.

    Returns
    -------
    Result
        ``estimates``: shifts of every marker on its log scale, arm minus comparator, **plus is
        higher** (more infiltrated, more inflamed; for exclusion markers more excluded); Q4 is
        observed minus additive, **plus is more than additive**. ``tables``: ``switch`` (how many
        animals of each arm lie past the controls' 95% predictive bound, which, and the probability
        that the treatment moves at least half), ``places`` (each animal on the axes, with the
        probabilities of its phenotype), ``markers`` (the values), ``levels`` (means of
        populations and proteins by arm, in their units), ``sentences``; of tissue ``phenotypes``
        (desert, excluded, inflamed), ``tissue`` (by animal), ``fields``; ``agreement`` and
        ``agreement_sentences`` (the assays side by side, in SDs of the controls), ``assay_pairs``
        (how two assays rank the same animals), ``switch_course`` (steps between doses and days),
        ``power`` and ``power_sentences`` (animals an arm for the next study).

    Raises
    ------
    AnalysisRefused
        If the study has no samples with an assay.

    References
    ----------
    Chen and Mellman 2017, 10.1038/nature21349 (desert, excluded, inflamed).
    """
    if not study.assays.present():
        raise AnalysisRefused(
            f"landscape of {study.id}: no expression, populations, proteins or cells; name their "
            "tables in study.toml"
        )
    options = options or LandscapeOptions()
    markers = stacked([marker_table(study), tissue_markers(study, options.tissue)])
    phenotypes = phenotype_table(study, options.tissue)
    result = _landscape(study, markers, phenotypes, options)
    return replace(result, tables=dict(result.tables) | _as_measured(study, result, options))


def landscape_of(
    study: Study, markers: pd.DataFrame, options: LandscapeOptions | None = None
) -> Result:
    """Return the landscape of markers that are at hand already, as :func:`landscape` does.

    Parameters
    ----------
    study
        Says which arm is what; its samples and assays are not read.
    markers
        One row an animal and marker, with ``MARKER_COLUMNS``, on scales where differences add.
    options
        Level.
    """
    none = pd.DataFrame(columns=list(PHENOTYPE_COLUMNS))
    return _landscape(study, markers, none, options or LandscapeOptions())


def _landscape(
    study: Study, markers: pd.DataFrame, phenotypes: pd.DataFrame, options: LandscapeOptions
) -> Result:
    level = study.plan.level if options.level is None else options.level
    groups, findings = matched_groups(study, markers)
    rows = [row for group in groups for row in shift_rows(study, group, level)]
    rows += share_rows(study, phenotypes, level)
    moves = switch_table(groups, level)
    return Result(
        study=study.id,
        analysis="landscape",
        estimates=shift_estimates(rows),
        checks=pd.DataFrame(columns=list(CHECK_COLUMNS)),
        findings=tuple(findings),
        tables={
            "markers": markers,
            "switch": moves,
            "places": with_tissue(place_table(groups), phenotypes),
            "phenotypes": phenotypes,
            "sentences": _sentences(study, moves, level),
            **_further(study, groups, level),
        },
        methods=("landscape.panel/1", "landscape.populations/1", "landscape.shift/1",
                 "landscape.switch/1", "landscape.phenotype/1", "landscape.tissue/1",
                 "landscape.agreement/1"),
        options=_resolved(level) | {"tissue": asdict(options.tissue)},
    )  # fmt: skip


def _as_measured(
    study: Study, result: Result, options: LandscapeOptions
) -> dict[str, pd.DataFrame]:
    """Return the tables of what the assays hold, in their own units."""
    return {
        "levels": level_table(study, result.options["level"]),
        "tissue": animal_table(study, options.tissue),
        "map": map_table(study),
        "fields": field_table(study, options.tissue),
    }


def _further(study: Study, groups: Sequence[MatchedGroup], level: float) -> dict[str, pd.DataFrame]:
    """Return what is read beside the shifts: agreement of assays, course, power."""
    agreement, pairs = agreement_table(groups, level), assay_pairs(groups, level)
    power = power_table(study, groups)
    return {
        "agreement": agreement,
        "agreement_sentences": agreement_sentences(study, agreement, pairs),
        "assay_pairs": pairs,
        "switch_course": course_table(study, groups, level),
        "power": power,
        "power_sentences": power_sentences(study, power),
    }


def _sentences(study: Study, moves: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return a sentence for each treated arm and axis."""
    axes = moves[moves["marker"].isin(COMPOSITES)]
    rows = [
        (row.model, row.arm, row.assay, row.day, row.marker, switch_sentence(study, row, level))
        for row in axes.itertuples()
    ]
    return pd.DataFrame(rows, columns=["model", "arm", "assay", "day", "marker", "sentence"])


def _resolved(level: float) -> dict[str, Any]:
    return {
        "level": level,
        "bound_level": LEVEL,
        "axes": {axis: list(parts) for axis, (_, _, parts) in COMPOSITES.items()},
    }
