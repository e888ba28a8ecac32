"""Does the combination work, and does it do more than its parts: growth and the four questions."""

from __future__ import annotations

from smartcombo.efficacy.dose_series import DoseSeriesOptions, dose_series
from smartcombo.efficacy.growth import growth
from smartcombo.efficacy.history import HistoryOptions, history
from smartcombo.efficacy.options import GrowthOptions
from smartcombo.efficacy.progression import ProgressionOptions, progression
from smartcombo.efficacy.response import ResponseOptions, response

__all__ = [
    "DoseSeriesOptions",
    "GrowthOptions",
    "HistoryOptions",
    "ProgressionOptions",
    "ResponseOptions",
    "dose_series",
    "growth",
    "history",
    "progression",
    "response",
]
