"""Colours, marks and type of every figure: one look, safe for colour-blind eyes and for print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from smartcombo.study.model import Arm, Role

Spec = dict[str, Any]
"""A Vega-Lite specification, or a part of one."""

VEGA_LITE = "https://vega.github.io/schema/vega-lite/v6.json"
VEGA_LITE_VERSION = "6.4"

FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"
"""Liberation Sans has Arial's metrics and ships with the converter: files look alike everywhere."""

INK = "#1f2933"
MUTED = "#66707c"
FAINT = "#a3acb6"
RULE = "#d9dee4"
GRID = "#eef1f4"
PAPER = "#ffffff"

ROLE_COLOURS: dict[Role, str] = {
    "vehicle": "#7b8794",
    "ici-alone": "#0072b2",
    "molecule-alone": "#e69f00",
    "combination": "#c2410c",
}
FURTHER_COLOURS = ("#cc79a7", "#009e73", "#56b4e9", "#6b4c9a", "#8c6d31", "#1f2933", "#d6c000")
"""For a second arm of the same role: Okabe and Ito's colours, then three apart from them."""


@dataclass(frozen=True, slots=True)
class VerdictStyle:
    """How a verdict is drawn: colour, glyph beside the word, Vega shape, filled or open."""

    colour: str
    glyph: str
    shape: str
    filled: bool


VERDICTS: dict[str, VerdictStyle] = {
    "benefit": VerdictStyle("#00795c", "▲", "triangle-up", True),
    "synergy": VerdictStyle("#00795c", "▲", "triangle-up", True),
    "harm": VerdictStyle("#9b2d6f", "▼", "triangle-down", True),
    "antagonism": VerdictStyle("#9b2d6f", "▼", "triangle-down", True),
    "additive": VerdictStyle("#33475b", "■", "square", True),
    "no relevant difference": VerdictStyle("#33475b", "■", "square", True),
    "higher": VerdictStyle("#a4342a", "▲", "triangle-up", True),
    "more than additive": VerdictStyle("#a4342a", "▲", "triangle-up", True),
    "lower": VerdictStyle("#1f5fa8", "▼", "triangle-down", True),
    "less than additive": VerdictStyle("#1f5fa8", "▼", "triangle-down", True),
    "inconclusive": VerdictStyle("#66707c", "○", "circle", False),
    "missing": VerdictStyle("#66707c", "–", "circle", False),
    "withheld": VerdictStyle("#8a4b08", "✕", "cross", False),
    "not estimable": VerdictStyle("#8a4b08", "✕", "cross", False),
}
"""Colour is never alone: each verdict has its own word, glyph and shape."""


def verdict_style(verdict: str) -> VerdictStyle:
    """Return the style of a verdict; an unknown word is drawn as inconclusive."""
    return VERDICTS.get(verdict, VERDICTS["inconclusive"])


def arm_colours(arms: Sequence[Arm]) -> dict[str, str]:
    """Return a colour for each arm id: by role, and a further one where a role repeats."""
    colours: dict[str, str] = {}
    further = iter(FURTHER_COLOURS * (1 + len(arms) // len(FURTHER_COLOURS)))
    for arm in arms:
        wanted = ROLE_COLOURS[arm.role]
        colours[arm.id] = wanted if wanted not in colours.values() else next(further)
    return colours


def theme() -> Spec:
    """Return the Vega-Lite configuration shared by all figures."""
    return {
        "background": PAPER,
        "font": FONT,
        "padding": 6,
        "view": {"stroke": None, "continuousWidth": 400, "continuousHeight": 240},
        "axis": _axis(),
        "axisY": {"domain": False, "ticks": False},
        "header": _header(),
        "legend": _legend(),
        "title": _title(),
        "text": {"font": FONT, "fontSize": 11, "color": INK},
        "line": {"strokeCap": "round", "strokeJoin": "round"},
        "rule": {"color": FAINT},
    }


def _axis() -> Spec:
    return {
        "domainColor": FAINT,
        "gridColor": GRID,
        "labelColor": MUTED,
        "labelFontSize": 11,
        "labelPadding": 5,
        "tickColor": FAINT,
        "tickSize": 4,
        "titleColor": INK,
        "titleFontSize": 11.5,
        "titleFontWeight": "normal",
        "titlePadding": 10,
    }


def _header() -> Spec:
    return {
        "labelColor": INK,
        "labelFontSize": 12.5,
        "labelFontWeight": "bold",
        "titleColor": MUTED,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
    }


def _legend() -> Spec:
    return {
        "labelColor": INK,
        "labelFontSize": 11.5,
        "labelLimit": 260,
        "symbolSize": 70,
        "titleColor": MUTED,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "orient": "top",
        "direction": "horizontal",
        "offset": 8,
    }


def _title() -> Spec:
    return {
        "anchor": "start",
        "color": INK,
        "fontSize": 15,
        "fontWeight": "bold",
        "subtitleColor": MUTED,
        "subtitleFontSize": 11.5,
        "subtitlePadding": 5,
        "offset": 16,
    }
