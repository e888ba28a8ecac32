"""Made studies for the landscape: markers of chosen means, on scales where differences add."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from smartcombo.immune.rows import MARKER_COLUMNS

ARMS = ("vehicle", "anti-PD-1", "VPS34i", "both")


def made_markers(
    shifts: Mapping[tuple[str, str], Mapping[str, float]],
    *,
    n: int = 8,
    day: float = 14.0,
    model: str = "SYN-MEL",
    seed: int = 3,
    arms: tuple[str, ...] = ARMS,
) -> pd.DataFrame:
    """Return markers of SD 0.5 with given shifts.

    Parameters
    ----------
    shifts
        (assay, marker) -> arm -> shift; the theme is that of the marker's axis.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for (assay, marker), by_arm in shifts.items():
        axis = marker.split(" ")[0]
        for arm in arms:
            for k in range(n):
                value = 5.0 + by_arm.get(arm, 0.0) + 0.5 * rng.standard_normal()
                rows.append((model, arm, f"{arm}-{k}", day, "tumour", "", assay, marker, marker,
                             axis, value, "log2", "ok"))  # fmt: skip
    return pd.DataFrame(rows, columns=list(MARKER_COLUMNS[:-1])).assign(censored="")
