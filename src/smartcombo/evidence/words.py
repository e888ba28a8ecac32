"""An estimate in a few words."""

from __future__ import annotations

import math
from typing import Any

UNITS = {"1/day": "per day", "mm3": "mm³"}


def brief(row: dict[str, Any]) -> str:
    """Return ``+1.2 log2 (0.4 to 2.0), 10 animals, RNA, day 14``."""
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    places = _places(low, high, value)
    between = ""
    if math.isfinite(low):
        between = f" ({low:.{places}f} to {high:.{places}f})"
    assay = f", {row['endpoint'].split(': ')[0]}" if ": " in str(row["endpoint"]) else ""
    day = f", day {row['day']:g}" if assay and row["day"] == row["day"] else ""
    unit = UNITS.get(row["unit"], row["unit"])
    text = f"{value:+.{places}f} {unit}{between}, {row['n']:.0f} animals{assay}{day}"
    return text.replace("-", "\u2212") if not assay else _signed(text)


def _signed(text: str) -> str:
    """Return the text with true minus signs before numbers, hyphens in names left alone."""
    out = text.replace("(-", "(\u2212").replace(" to -", " to \u2212")
    return "\u2212" + out[1:] if out.startswith("-") else out


def _places(low: float, high: float, value: float) -> int:
    """Return decimals that show the interval's half-width, or the value, to two digits."""
    size = (high - low) / 2 if math.isfinite(low) and high > low else abs(value)
    if not math.isfinite(size) or size <= 0:
        return 2
    return min(max(1 - math.floor(math.log10(size)), 0), 6)
