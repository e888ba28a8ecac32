"""The methods of the efficacy analyses: question, estimand, assumptions, sources."""

from __future__ import annotations

from smartcombo.core.method import Method
from smartcombo.efficacy.methods import growth, progression, response, tolerability

METHODS: tuple[Method, ...] = (
    *growth.METHODS,
    *response.METHODS,
    *progression.METHODS,
    *tolerability.METHODS,
)
"""In the order of the report."""
