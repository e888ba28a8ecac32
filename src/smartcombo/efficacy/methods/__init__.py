"""The methods of the efficacy analyses: question, estimand, assumptions, sources."""

from __future__ import annotations

from smartcombo.core.method import Method
from smartcombo.efficacy.methods import (
    classes,
    dose_series,
    growth,
    history,
    leaving,
    pooling,
    progression,
    response,
    single_mouse,
    tolerability,
)

METHODS: tuple[Method, ...] = (
    *growth.METHODS,
    *classes.METHODS,
    *response.METHODS,
    *progression.METHODS,
    *dose_series.METHODS,
    *history.METHODS,
    *single_mouse.METHODS,
    *pooling.METHODS,
    *tolerability.METHODS,
    *leaving.METHODS,
)
"""In the order of the report."""
