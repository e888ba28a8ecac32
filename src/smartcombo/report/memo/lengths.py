"""What fits two pages: how many of each are shown, how long each may be, and how a cut is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

PAGES = 2
TITLE, NAME, LINE, NOTE = 110, 90, 150, 230
"""Letters of a title, a candidate's name in a table, a reason, and a note over the full width."""
REASONS, UNKNOWN, GATES, MIND, EXPERIMENTS, DECISIONS, PLACES = 6, 3, 5, 5, 3, 2, 6
"""Items of each part; a test prints the longest memo of all and counts its pages."""
LONG_WORD, PIECE = 30, 20
"""A longer word may break after every so many letters: file names and codes have no spaces."""
BREAK = "\u200b"


def cut(text: str, most: int = LINE) -> str:
    """Return a text of at most ``most`` letters, cut after a word and marked with an ellipsis."""
    clean = " ".join(str(text).split())
    if len(clean) > most:
        head = clean[: most - 1]
        at = head.rfind(" ")
        clean = (head[:at] if at > most // 2 else head).rstrip(" ,;:") + "…"
    return re.sub(rf"\S{{{LONG_WORD},}}", _breakable, clean)


def capped(items: Sequence[str], most: int, *, letters: int = LINE) -> tuple[str, ...]:
    """Return the first items, each cut, and how many more there are."""
    shown = [cut(item, letters) for item in items[:most]]
    return (*shown, *more(len(items) - most))


def more(left: int) -> tuple[str, ...]:
    """Return the line that says how many were left out; none where none was."""
    return (f"and {left} more: see the page of the programme",) if left > 0 else ()


def listed(names: Iterable[str], most: int = 4) -> str:
    """Return names as ``a, b and 3 more``."""
    every = [cut(name, NAME) for name in names]
    if len(every) <= most:
        return ", ".join(every)
    return f"{', '.join(every[:most])} and {len(every) - most} more"


def _breakable(found: re.Match[str]) -> str:
    word = found.group(0)
    return BREAK.join(word[at : at + PIECE] for at in range(0, len(word), PIECE))
