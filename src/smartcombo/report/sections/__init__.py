"""The sections of the page, in its order: one module an analysis."""

from __future__ import annotations

from smartcombo.report.sections import (
    bootstrap,
    classes,
    clusters,
    dose_series,
    genes,
    growth,
    history,
    landscape,
    leaving,
    mice,
    planned,
    programme,
    progression,
    response,
    tissue,
    tolerability,
)
from smartcombo.report.sections.base import Section

SECTIONS: tuple[Section, ...] = (
    *planned.SECTIONS,
    *landscape.CLAIMS,
    *programme.SECTIONS,
    *growth.SECTIONS,
    *classes.SECTIONS,
    *response.SECTIONS,
    *progression.SECTIONS,
    *leaving.SECTIONS,
    *tolerability.SECTIONS,
    *clusters.SECTIONS,
    *bootstrap.SECTIONS,
    *dose_series.SECTIONS,
    *history.SECTIONS,
    *landscape.SECTIONS,
    *tissue.SECTIONS,
    *genes.SECTIONS,
    *growth.TRUST,
    *mice.SECTIONS,
)
"""A new analysis adds a module with its own ``SECTIONS`` and a line here."""
