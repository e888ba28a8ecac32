"""Cells of a table as numbers, truths, text or nothing, with the digits that a CSV has."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.report.drawing import FLOAT_FORMAT

Plain = str | float | int | bool | None


def plain(value: Any) -> Plain:
    """Return a cell as JSON and Excel know it; what is missing is nothing, infinity a word."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(FLOAT_FORMAT % value) if math.isfinite(value) else str(float(value))
    return str(value)
