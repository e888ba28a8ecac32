"""Does the combination work, and does it do more than its parts: growth and the four questions."""

from __future__ import annotations

from smartcombo.efficacy.growth import growth
from smartcombo.efficacy.options import GrowthOptions
from smartcombo.efficacy.progression import ProgressionOptions, progression
from smartcombo.efficacy.response import ResponseOptions, response
from smartcombo.efficacy.tolerability import TolerabilityOptions, tolerability

__all__ = [
    "GrowthOptions",
    "ProgressionOptions",
    "ResponseOptions",
    "TolerabilityOptions",
    "growth",
    "progression",
    "response",
    "tolerability",
]
