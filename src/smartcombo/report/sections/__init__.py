"""The sections of the page, in its order: one module an analysis."""

from __future__ import annotations

from smartcombo.report.sections import (
    genes,
    growth,
    landscape,
    mice,
    planned,
    programme,
    progression,
    response,
)
from smartcombo.report.sections.base import Section

SECTIONS: tuple[Section, ...] = (
    *planned.SECTIONS,
    *programme.SECTIONS,
    *growth.SECTIONS,
    *response.SECTIONS,
    *progression.SECTIONS,
    *landscape.SECTIONS,
    *genes.SECTIONS,
    *growth.TRUST,
    *mice.SECTIONS,
)
"""A new analysis adds a module with its own ``SECTIONS`` and a line here."""
