"""A section of the page: its heading, its word in the menu, and what its template shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smartcombo.core.result import Result
from smartcombo.study.model import Study

Content = Callable[[Study, Sequence[Result]], Mapping[str, Any]]


def figures_only(study: Study, results: Sequence[Result]) -> Mapping[str, Any]:
    """Return nothing beside the figures."""
    return {}


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Attributes
    ----------
    id
        Group of the figures it shows, its anchor, and the name of its template,
        ``templates/sections/ID.html.j2``, where it has one.
    title, menu
        Heading, and the word in the menu.
    content
        What the template shows, by name; the template reads it as ``own``. A section without
        figures, and with nothing under any name, is left out of the page.
    """

    id: str
    title: str
    menu: str
    content: Content = figures_only
