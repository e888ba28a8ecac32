"""Leaving the study: who left when and why, and how far an answer could be off because of it."""

from __future__ import annotations

from smartcombo.efficacy.leaving.analysis import leaving
from smartcombo.efficacy.leaving.options import LeavingOptions

__all__ = ["LeavingOptions", "leaving"]
