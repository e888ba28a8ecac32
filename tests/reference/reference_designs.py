"""Log volumes with their baseline, for the constrained model with random intercept and slope."""

from __future__ import annotations

import numpy as np
import pandas as pd
from peer_sets import DATA, SETS

from smartcombo.core.random import stream
from smartcombo.stats.design import LongDesign

CONSTRAINED_SETS = ("gaba_antipd1", "sw837", "ls1034", "cr1197", "semisyn_mc38", "bv173")
SYNTHETIC = {"synthetic_balanced": (8, 8, 0), "synthetic_dropout": (6, 7, 3)}
"""Mice an arm, visits, and the last visits that each third mouse misses."""


def constrained_rows(name: str) -> pd.DataFrame:
    """Return y, time, arm, animal of a real set, baseline kept and zeros dropped."""
    peer = SETS[name]
    rows = pd.read_csv(DATA / f"{peer.file}.csv", dtype={"animal": str})
    rows = rows.query(peer.where) if peer.where else rows
    keep = rows["arm"].isin(peer.arms) & (rows["volume_mm3"] > 0) & (rows["day"] >= peer.t0)
    rows = rows[keep].sort_values(["animal", "day"], kind="stable")
    return pd.DataFrame(
        {
            "y": np.log(rows["volume_mm3"].to_numpy()),
            "time": rows["day"].to_numpy(dtype=float) - peer.t0,
            "arm": [peer.arms.index(arm) for arm in rows["arm"]],
            "animal": rows["animal"].to_numpy(),
        }
    )


def synthetic_rows() -> dict[str, pd.DataFrame]:
    """Return simulated studies, so that the comparison runs where the real data are absent."""
    return {name: _simulated(name, *size) for name, size in SYNTHETIC.items()}


def _simulated(name: str, mice: int, visits: int, missed: int) -> pd.DataFrame:
    rng = stream(7, name)
    rows = []
    for k in range(4 * mice):
        arm = k // mice
        intercept, slope = rng.normal(4.5, 0.3), rng.normal(0.15 - 0.02 * arm, 0.03)
        seen = visits - (missed if k % 3 == 0 else 0)
        time = 3.0 * np.arange(seen)
        y = intercept + slope * time + rng.normal(0, 0.2, seen)
        rows += [(y[j], time[j], arm, f"m{k:03d}") for j in range(seen)]
    return pd.DataFrame(rows, columns=["y", "time", "arm", "animal"])


def constrained_design(rows: pd.DataFrame) -> LongDesign:
    """Return a common intercept, a slope for each arm, random intercept and slope."""
    arm, time = rows["arm"].to_numpy(), rows["time"].to_numpy()
    own = (arm[:, None] == np.arange(arm.max() + 1)) * time[:, None]
    codes, animals = pd.factorize(rows["animal"])
    counts = np.bincount(codes, minlength=len(animals))
    return LongDesign(
        y=rows["y"].to_numpy(),
        X=np.column_stack([np.ones(len(rows)), own]),
        Z=np.column_stack([np.ones(len(rows)), time]),
        start=np.r_[0, np.cumsum(counts)].astype(np.int64),
        group=rows.drop_duplicates("animal")["arm"].to_numpy(dtype=np.int64),
        time=time,
    )
