"""Does the combination work, and does it do more than its parts: growth and the four questions."""

from __future__ import annotations

from smartcombo.efficacy.events.options import ProgressionOptions
from smartcombo.efficacy.growth import growth
from smartcombo.efficacy.options import GrowthOptions
from smartcombo.efficacy.progression import progression
from smartcombo.efficacy.response import ResponseOptions, response

__all__ = [
    "GrowthOptions",
    "ProgressionOptions",
    "ResponseOptions",
    "growth",
    "progression",
    "response",
]
