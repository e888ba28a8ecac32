"""Names, marks and numbers of the programme page."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from smartcombo.report.words import MINUS, number, with_interval


@dataclass(frozen=True, slots=True)
class LightStyle:
    """How a traffic light is drawn: colour of the mark, of the cell, and a glyph."""

    colour: str
    wash: str
    glyph: str


LIGHTS = {
    "green": LightStyle("#00795c", "#dcf0e9", "▲"),
    "amber": LightStyle("#8a5a00", "#fdf0d2", "●"),
    "red": LightStyle("#9b2d6f", "#f6dfec", "▼"),
    "grey": LightStyle("#66707c", "#eef1f4", "–"),
}
"""Never colour alone: each light has its own glyph, and the cell says its word."""

WORD_STYLES = {
    "promising": LIGHTS["green"],
    "promising, with cautions": LIGHTS["amber"],
    "hotter, not sensitised": LIGHTS["amber"],
    "not decided": LIGHTS["grey"],
    "stopped": LIGHTS["red"],
}

GATES = {
    "species": "acts on the target of patients",
    "model_species": "acts on the target of the animals",
    "antagonism": "no antagonism",
    "less_than_expected": "not less than expected of its parts",
    "toxicity": "tolerated",
    "arms": "every agent alone was an arm",
    "animals": "enough animals",
    "one_model": "more than one model",
    "one_study": "more than one study",
    "randomised": "randomised",
}
GATE_MARKS = {
    "passed": ("✓", "green"),
    "caution": ("!", "amber"),
    "stop": ("✕", "red"),
    "not answered": ("?", "grey"),
}
STARTS = re.compile(
    rf"; (?=(?:{'|'.join(GATES)}): |few animals: |no number of animals |\d+ of \d+ criteria )"
)
PROMISING = ("promising", "promising, with cautions")


def gate_title(gate: str) -> str:
    """Return what a gate asks, in words; a gate of one's own keeps its name."""
    return GATES.get(gate, gate.replace("_", " "))


def gate_lines(text: str) -> list[str]:
    """Return the gates and cautions joined in one text as a line each, in words.

    A reason may itself hold semicolons: only what begins with the name of a gate begins a line.
    """
    lines = []
    for one in filter(None, STARTS.split(text)):
        gate, colon, rest = one.partition(": ")
        lines.append(_gate_line(gate, rest) if colon and gate in GATES else one)
    return lines


def _gate_line(gate: str, reason: str) -> str:
    """Return one open gate in words; what nothing answers is unknown, not failed."""
    unknown = re.fullmatch(r"not answered \((.*)\)", reason)
    if unknown:
        return f"not known: {gate_title(gate)} ({unknown.group(1)})"
    return f"not passed: {gate_title(gate)} ({reason})"


def word_style(word: str) -> LightStyle:
    """Return the style of a verdict word; one of someone's own is grey."""
    return WORD_STYLES.get(word, LIGHTS["grey"])


def percent(share: float) -> str:
    """Return a probability in whole per cent, never 0 or 100 unless it is."""
    if share is None or not math.isfinite(share):
        return "–"
    if 0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1:
        return ">99%"
    return f"{100 * share:.0f}%"


def places(low: float, high: float) -> str:
    """Return ``2`` or ``1 to 3``."""
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"


def value_text(value: float, low: float, high: float) -> str:
    """Return a value with its interval; an exact one alone."""
    if not math.isfinite(value):
        return "–"
    if not math.isfinite(low) or low == high:
        return f"{value:.3g}".replace("-", MINUS)
    return with_interval(value, low, high)


def factor_text(unit: str, value: float, low: float, high: float) -> str:
    """Return a logarithm as the factor it stands for, ``3.9-fold (3.1 to 5.0)``; else nothing."""
    base = {"log ratio": math.e, "log odds ratio": math.e, "log2": 2.0}.get(unit)
    if base is None or not math.isfinite(value):
        return ""
    name = "odds ratio" if unit == "log odds ratio" else "fold"
    middle = _three(base**value)
    between = f" ({_three(base**low)} to {_three(base**high)})" if math.isfinite(low) else ""
    return f"{name} {middle}{between}" if name == "odds ratio" else f"{middle}-fold{between}"


def _three(value: float) -> str:
    """Return about three digits, plain."""
    if value >= 100:
        return number(value, 0)
    return number(value, 2 if value < 10 else 1)
