"""How fast an animal's tumour doubles, and by how many days a treatment holds it back."""

from __future__ import annotations

import numpy as np

from smartcombo.stats.design import Floats


def doubling_time(time: Floats, log_volume: Floats) -> float:
    """Return ln 2 over the least-squares slope of log volume, in the unit of time.

    Infinite where the tumour does not grow; missing with fewer than two times.
    """
    if len(np.unique(time)) < 2:
        return float("nan")
    centred = time - time.mean()
    slope = float(centred @ log_volume / (centred @ centred))
    return float(np.log(2) / slope) if slope > 0 else float("inf")
