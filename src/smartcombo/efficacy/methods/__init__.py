"""The methods of the efficacy analyses: question, estimand, assumptions, sources."""

from __future__ import annotations

from smartcombo.core.method import Method
from smartcombo.efficacy.methods import (
    classes,
    growth,
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
    *single_mouse.METHODS,
    *pooling.METHODS,
    *tolerability.METHODS,
    *leaving.METHODS,
)
"""In the order of the report."""
