"""The sections of the page, in its order: one module an analysis."""

from __future__ import annotations

from smartcombo.report.sections import clusters, dose_series, growth, history, progression, response
from smartcombo.report.sections.base import Section

SECTIONS: tuple[Section, ...] = (
    *growth.SECTIONS,
    *response.SECTIONS,
    *progression.SECTIONS,
    *dose_series.SECTIONS,
    *clusters.SECTIONS,
    *history.SECTIONS,
    *growth.TRUST,
)
"""A new analysis adds a module with its own ``SECTIONS`` and a line here."""
