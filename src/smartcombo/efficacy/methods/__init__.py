"""The methods of the efficacy analyses: question, estimand, assumptions, sources."""

from __future__ import annotations

from smartcombo.core.method import Method
from smartcombo.efficacy.methods import growth, leaving, progression, response

METHODS: tuple[Method, ...] = (
    *growth.METHODS,
    *response.METHODS,
    *progression.METHODS,
    *leaving.METHODS,
)
"""In the order of the report."""
