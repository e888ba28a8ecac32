"""What was measured, before any model: every animal's curve and the design by arm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smartcombo.efficacy.frame import GrowthFrame
from smartcombo.study.model import Study

OBSERVED_COLUMNS = (
    "model", "arm", "animal", "day", "value", "shown_value", "at_limit", "baseline_value", "fate",
    "fate_day", "is_last", "excluded", "exclusion_reason",
)  # fmt: skip


def observed_table(study: Study, model: str) -> pd.DataFrame:
    """Return every measurement of a tumour model, excluded animals marked, zeros at the limit."""
    rows = study.volumes[study.volumes["model"] == model].copy()
    animals = study.animals.set_index("animal")
    for column in ("fate", "fate_day", "excluded", "exclusion_reason"):
        rows[column] = rows["animal"].map(animals[column])
    baseline = rows[rows["day"] == study.baseline_day].set_index("animal")["value"]
    rows["baseline_value"] = rows["animal"].map(baseline)
    rows["shown_value"] = rows["value"].clip(lower=study.readout.limit)
    rows["is_last"] = rows["day"] == rows.groupby("animal")["day"].transform("max")
    return rows[list(OBSERVED_COLUMNS)].reset_index(drop=True)


def design_table(study: Study, frame: GrowthFrame) -> pd.DataFrame:
    """Return one row an arm: agents, role, animals, exclusions, visits, baseline, how they left."""
    return pd.DataFrame([_arm_row(study, frame, arm.id) for arm in study.arms])


def _arm_row(study: Study, frame: GrowthFrame, arm: str) -> dict[str, object]:
    rows = frame.rows[frame.rows["arm"] == arm]
    start = rows.loc[rows["time"] == 0, "y"]
    animals = study.animals
    own = animals[(animals["arm"] == arm) & (animals["model"] == frame.model)]
    kept = own[~own["excluded"].astype(bool)]
    fates = kept["fate"].value_counts(sort=False).sort_index()
    return {
        "model": frame.model,
        "arm": arm,
        "label": study.label(arm),
        "role": study.arm(arm).role,
        "agents": " + ".join(sorted(study.arm(arm).agents)),
        "n_animals": rows["animal"].nunique(),
        "n_excluded": int(own["excluded"].astype(bool).sum()),
        "n_measurements": len(rows),
        "first_day": rows["day"].min(),
        "last_day": rows["day"].max(),
        "baseline_geometric_mean": float(np.exp(start.mean())) if len(start) else float("nan"),
        "n_at_limit": int(rows["at_limit"].sum()),
        "fates": ", ".join(f"{count} {fate}" for fate, count in fates.items()),
    }
