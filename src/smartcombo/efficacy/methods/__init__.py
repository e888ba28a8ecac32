"""The methods of the efficacy analyses: question, estimand, assumptions, sources."""

from __future__ import annotations

from smartcombo.core.method import Method
from smartcombo.efficacy.methods import classes, growth, progression, response

METHODS: tuple[Method, ...] = (
    *growth.METHODS,
    *classes.METHODS,
    *response.METHODS,
    *progression.METHODS,
)
"""In the order of the report."""
