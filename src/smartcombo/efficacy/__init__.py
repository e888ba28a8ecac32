"""Does the combination work, and does it do more than its parts: growth and the four questions."""

from __future__ import annotations

from smartcombo.efficacy.classes import ClassesOptions, classes
from smartcombo.efficacy.dose_series import DoseSeriesOptions, dose_series
from smartcombo.efficacy.events.options import ProgressionOptions
from smartcombo.efficacy.growth import growth
from smartcombo.efficacy.history import HistoryOptions, history
from smartcombo.efficacy.leaving import LeavingOptions, leaving
from smartcombo.efficacy.options import GrowthOptions
from smartcombo.efficacy.pooling import PoolOptions, pool, pool_counts
from smartcombo.efficacy.progression import progression
from smartcombo.efficacy.response import ResponseOptions, response
from smartcombo.efficacy.single_mouse import SingleMouseOptions, single_mouse
from smartcombo.efficacy.tolerability import TolerabilityOptions, tolerability

__all__ = [
    "ClassesOptions",
    "DoseSeriesOptions",
    "GrowthOptions",
    "HistoryOptions",
    "LeavingOptions",
    "PoolOptions",
    "ProgressionOptions",
    "ResponseOptions",
    "SingleMouseOptions",
    "TolerabilityOptions",
    "classes",
    "dose_series",
    "growth",
    "history",
    "leaving",
    "pool",
    "pool_counts",
    "progression",
    "response",
    "single_mouse",
    "tolerability",
]
