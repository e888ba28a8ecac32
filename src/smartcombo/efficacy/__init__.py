"""Does the combination work, and does it do more than its parts: growth and the four questions."""

from __future__ import annotations

from smartcombo.efficacy.classes import ClassesOptions, classes
from smartcombo.efficacy.growth import growth
from smartcombo.efficacy.options import GrowthOptions
from smartcombo.efficacy.progression import ProgressionOptions, progression
from smartcombo.efficacy.response import ResponseOptions, response

__all__ = [
    "ClassesOptions",
    "GrowthOptions",
    "ProgressionOptions",
    "ResponseOptions",
    "classes",
    "growth",
    "progression",
    "response",
]
