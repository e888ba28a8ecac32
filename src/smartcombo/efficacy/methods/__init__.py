"""The methods of the efficacy analyses: question, estimand, assumptions, sources."""

from __future__ import annotations

from smartcombo.core.method import Method
from smartcombo.efficacy.methods import dose_series, growth, history, progression, response

METHODS: tuple[Method, ...] = (
    *growth.METHODS,
    *response.METHODS,
    *progression.METHODS,
    *dose_series.METHODS,
    *history.METHODS,
)
"""In the order of the report."""
