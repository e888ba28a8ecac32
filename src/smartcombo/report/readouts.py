"""Say "signal" where a study measured light: the page's sentences are written for volumes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from smartcombo.report.figures.base import Figure
from smartcombo.study.model import Readout

SHOWN = re.compile(r"(<(?:script|style|pre)\b.*?</(?:script|style|pre)>|<[^>]*>)", re.DOTALL)
ATTRIBUTE = re.compile(r'((?:title|aria-label)=")([^"]*)(")')
SENTENCES = ("title", "text", "subtitle", "description")
"""Keys of a drawing whose text a person reads."""


def figure_in_words(figure: Figure, readout: Readout) -> Figure:
    """Return a figure whose titles, caption and alternative text fit the read-out."""
    if readout.is_volume:
        return figure
    return replace(
        figure,
        title=readout.words(figure.title),
        caption=readout.words(figure.caption),
        alt=readout.words(figure.alt),
        spec=_drawing(figure.spec, readout),
        raw_spec=None if figure.raw_spec is None else _drawing(figure.raw_spec, readout),
    )


def _drawing(part: Any, readout: Readout, key: str = "") -> Any:
    if isinstance(part, dict):
        return {name: _drawing(value, readout, name) for name, value in part.items()}
    if isinstance(part, list):
        return [_drawing(value, readout, key) for value in part]
    return readout.words(part) if isinstance(part, str) and key in SENTENCES else part


def page_in_words(html: str, readout: Readout) -> str:
    """Return a page whose visible text fits the read-out; scripts and links stay as they are."""
    if readout.is_volume:
        return html
    parts = SHOWN.split(html)
    return "".join(
        _tag(part, readout) if k % 2 else readout.words(part) for k, part in enumerate(parts)
    )


def _tag(tag: str, readout: Readout) -> str:
    if tag.startswith(("<script", "<style", "<pre")):
        return tag
    return ATTRIBUTE.sub(
        lambda found: found.group(1) + readout.words(found.group(2)) + found.group(3), tag
    )
