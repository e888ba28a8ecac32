"""Numbers and names as a reader wants them: rounded by their precision, with the word beside."""

from __future__ import annotations

import math
import re
from typing import Any

from smartcombo.efficacy.shapes import SHAPE_WORDS
from smartcombo.study.questions import NULL_NAMES

NULL_MODELS = NULL_NAMES
SHAPES = SHAPE_WORDS
QUESTIONS = {
    "Q1": "Does the combination work at all?",
    "Q2": "Does the molecule add to the checkpoint inhibitor?",
    "Q3": "Does the checkpoint inhibitor add to the molecule?",
    "Q4": "Is it more than expected without interaction?",
}
NOT_STATED = "not stated"
MINUS = "\u2212"
FIGURES_OF_PRECISION = 2
"""Digits of the interval's half-width that are shown; more would be noise."""


def decimals(low: float, high: float) -> int:
    """Return the decimals that show an interval's half-width to two digits (0 to 8)."""
    half = (high - low) / 2
    if not math.isfinite(half) or half <= 0:
        return 3
    return min(max(FIGURES_OF_PRECISION - 1 - math.floor(math.log10(half)), 0), 8)


def number(value: float, places: int) -> str:
    """Return a number with a true minus sign and thin thousands; never ``-0``."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:,.{places}f}".replace(",", "\u202f")
    if float(f"{value:.{places}f}") == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def with_interval(value: float, low: float, high: float) -> str:
    """Return ``0.051 (0.022 to 0.081)`` with decimals by the width of the interval."""
    if not math.isfinite(value):
        return "–"
    places = decimals(low, high)
    if not (math.isfinite(low) and math.isfinite(high)):
        return number(value, 3)
    return f"{number(value, places)} ({number(low, places)} to {number(high, places)})"


def p_value(p: float) -> str:
    """Return a p-value to two digits; ``<0.0001`` below that."""
    if p is None or not math.isfinite(p):
        return "–"
    if p < 1e-4:
        return "<0.0001"
    if p > 0.995:
        return ">0.99"
    return f"{p:.{max(2, 1 - math.floor(math.log10(p)))}f}"


def degrees(df: float) -> str:
    """Return degrees of freedom to one decimal; ``∞`` for a normal reference."""
    if df is None or math.isnan(df):
        return "–"
    return "∞" if math.isinf(df) else f"{df:.1f}"


def plain(value: Any) -> str:
    """Return any cell of a table as text: six digits for numbers, nothing for missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def slug(*parts: str) -> str:
    """Return parts as one name for files and anchors: lower case, letters, digits, hyphens.

    A part that loses characters keeps a short number made of them, so that two arms called
    ``A+B`` and ``A-B`` do not share a file.
    """
    return "-".join(_slug(part) for part in parts)


def _slug(part: str) -> str:
    clean = re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-")
    lossless = re.sub(r"[ _./-]+", "-", part.lower()).strip("-")
    if clean == lossless:
        return clean
    return f"{clean}-{sum((i + 1) * ord(c) for i, c in enumerate(part)) % 9973}".strip("-")


def unit_text(unit: str) -> str:
    """Return a unit as printed: ``mm³``, ``a day``."""
    return {"mm3": "mm³", "mm2": "mm²", "1/day": "per day"}.get(unit, unit)
