"""Does the combination work, and does it do more than its parts: growth and the four questions."""

from __future__ import annotations

from smartcombo.efficacy.growth import growth
from smartcombo.efficacy.leaving import LeavingOptions, leaving
from smartcombo.efficacy.options import GrowthOptions
from smartcombo.efficacy.progression import ProgressionOptions, progression
from smartcombo.efficacy.response import ResponseOptions, response

__all__ = [
    "GrowthOptions",
    "LeavingOptions",
    "ProgressionOptions",
    "ResponseOptions",
    "growth",
    "leaving",
    "progression",
    "response",
]
