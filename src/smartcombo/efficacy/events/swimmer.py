"""One row an animal: how long it was followed, when its tumour was gone, how it ended."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smartcombo.efficacy.events.endpoints import DISEASE
from smartcombo.efficacy.events.reading import Reading
from smartcombo.efficacy.frame import GrowthFrame
from smartcombo.study.model import Study

COLUMNS = ("model", "arm", "animal", "start", "end", "free_from", "free_to", "progressed",
           "best_day", "best_percent", "fate", "ending")  # fmt: skip


def swimmer_table(study: Study, frame: GrowthFrame, readings: tuple[Reading, ...]) -> pd.DataFrame:
    """Return the follow-up of each animal, in days since baseline.

    One row for each stretch without tumour, at least one an animal: ``free_from`` and ``free_to``
    are the first and last visit of the stretch (missing where there was none), ``progressed`` the
    time to progression where it was reached, ``best_day`` and ``best_percent`` the lowest volume
    after baseline where it lay below the baseline.
    """
    animals = study.animals.set_index("animal")
    progressed = _progressed(readings)
    rows = []
    for name, own in frame.rows.groupby("animal", sort=False):
        fate = str(animals["fate"].get(name, "unknown"))
        left = float(animals["fate_day"].get(name, np.nan)) - frame.baseline_day
        time = own["time"].to_numpy(float)
        end = max(float(time[-1]), left) if np.isfinite(left) else float(time[-1])
        best = _best(time, own["shown_value"].to_numpy(float))
        shared = (frame.model, own["arm"].iloc[0], name, float(time[0]), end)
        ended = (progressed.get(name, np.nan), *best, fate, _ending(fate))
        for stretch in _stretches(time, own["at_limit"].to_numpy(bool)):
            rows.append((*shared, *stretch, *ended))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _progressed(readings: tuple[Reading, ...]) -> dict[str, float]:
    for reading in readings:
        if reading.endpoint.id == "progression":
            reached = reading.times[reading.times["reason"] == "reached the target"]
            return dict(zip(reached["animal"], reached["time"], strict=True))
    return {}


def _best(time: np.ndarray, volume: np.ndarray) -> tuple[float, float]:
    """Return day and change of the lowest volume, missing where none lay below the baseline."""
    if len(volume) < 2 or volume[1:].min() >= volume[0]:
        return float("nan"), float("nan")
    k = 1 + int(np.argmin(volume[1:]))
    return float(time[k]), float(100 * (volume[k] / volume[0] - 1))


def _stretches(time: np.ndarray, free: np.ndarray) -> list[tuple[float, float]]:
    """Return first and last visit of each stretch at or below the limit; one missing if none."""
    edges = np.flatnonzero(np.diff(np.r_[False, free, False].astype(int)))
    pairs = [(float(time[a]), float(time[b - 1])) for a, b in edges.reshape(-1, 2)]
    return pairs or [(float("nan"), float("nan"))]


def _ending(fate: str) -> str:
    """Return what the symbol at the end of a bar says."""
    if fate in DISEASE:
        return {"found-dead": "found dead"}.get(fate, f"removed: {fate.replace('-', ' ')}")
    return {"alive-at-end": "alive at the end", "tumour-free": "tumour-free at the end",
            "planned-cull": "planned cull"}.get(fate, f"left: {fate}")  # fmt: skip
