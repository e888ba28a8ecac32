"""Programmes of single mice: many models, one mouse a treatment in each, the model as the unit."""

from __future__ import annotations

from smartcombo.efficacy.single_mouse.analysis import single_mouse
from smartcombo.efficacy.single_mouse.options import SingleMouseOptions

__all__ = ["SingleMouseOptions", "single_mouse"]
