"""Response of each animal, response rates of each arm, and the four questions about them."""

from __future__ import annotations

from smartcombo.efficacy.response.analysis import response
from smartcombo.efficacy.response.calls import curve_calls
from smartcombo.efficacy.response.options import ResponseOptions

__all__ = ["ResponseOptions", "curve_calls", "response"]
