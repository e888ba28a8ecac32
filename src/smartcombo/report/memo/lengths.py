"""What fits two pages: how many of each are shown, how long each may be, and how a cut is said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

PAGES = 2
TITLE, NAME, STRIP, LINE, NOTE = 70, 60, 40, 160, 240
"""Letters of a title, a name, a name in the strip of places, a reason in half the width, a note
over the whole."""
REASONS, UNKNOWN, GATES, MIND, EXPERIMENTS, DECISIONS, PLACES = 6, 2, 7, 5, 3, 2, 6
"""Items of each part; a test prints the longest memo of all and counts its pages."""
LONG_WORD, PIECE = 24, 12
"""A longer word may break after every so many letters: file names and codes have no spaces."""
BREAK = "\u200b"
CAPITAL, WIDE = 1.4, 1.9
"""How many small letters a capital takes, and a W, an M or a letter of East Asia."""


def cut(text: str, most: int = LINE) -> str:
    """Return a text no wider than ``most`` small letters, cut after a word, with an ellipsis."""
    clean = " ".join(str(text).split())
    ends = list(accumulate(map(_width, clean)))
    if ends and ends[-1] > most:
        head = clean[: sum(end <= most - 1 for end in ends)]
        at = head.rfind(" ")
        clean = (head[:at] if at > len(head) // 2 else head).rstrip(" ,;:(…") + "…"
    return re.sub(rf"\S{{{LONG_WORD},}}", _breakable, clean)


def wide(part: Any) -> float:
    """Return how many small letters the texts of a record, at any depth, are wide."""
    if isinstance(part, str):
        return sum(map(_width, part))
    if isinstance(part, Mapping):
        return sum(map(wide, part.values()))
    return sum(map(wide, part)) if isinstance(part, tuple | list) else 0.0


def _width(letter: str) -> float:
    if letter in "WM@%" or unicodedata.east_asian_width(letter) in "WF":
        return WIDE
    return CAPITAL if letter.isupper() or letter in "mw" else 1.0


def capped(items: Sequence[str], most: int, *, letters: int = LINE) -> tuple[str, ...]:
    """Return the first items, each cut, and how many more there are."""
    shown = [cut(item, letters) for item in items[:most]]
    return (*shown, *more(len(items) - most))


def more(left: int) -> tuple[str, ...]:
    """Return the line that says how many were left out; none where none was."""
    return (f"and {left} more: see the page of the programme",) if left > 0 else ()


def listed(names: Iterable[str], most: int = 3) -> str:
    """Return names as ``a, b and 3 more``."""
    every = [cut(name, NAME) for name in names]
    if len(every) <= most:
        return ", ".join(every)
    return f"{', '.join(every[:most])} and {len(every) - most} more"


def _breakable(found: re.Match[str]) -> str:
    word = found.group(0)
    return BREAK.join(word[at : at + PIECE] for at in range(0, len(word), PIECE))
