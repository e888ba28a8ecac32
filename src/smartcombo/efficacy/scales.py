"""Raw and relative volumes side by side, and a sentence where they disagree and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.efficacy.frame import GrowthFrame
from smartcombo.stats.design import Floats
from smartcombo.study.model import Study

NOTABLE_RATIO = 1.2
"""Raw and relative T/C that differ by this factor are reported as disagreeing: 20% of the effect
is what changes a drug's rank among its neighbours."""

SCALE_COLUMNS = (
    "model", "arm", "day", "scale", "value", "low", "high", "n", "n_vehicle", "sentence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Ratio:
    value: float
    low: float
    high: float
    n: int
    n_vehicle: int


def scales_table(study: Study, frame: GrowthFrame, day: float, level: float) -> pd.DataFrame:
    """Return T/C of each arm at a day on the raw and the relative scale (geometric means).

    Descriptive, of the animals still measured that day; Welch intervals on the log scale. The
    model's answer is the one to quote once animals have left.
    """
    vehicle = next((a.id for a in study.arms if a.role == "vehicle" and a.id in frame.arms), None)
    if vehicle is None:
        return pd.DataFrame(columns=list(SCALE_COLUMNS))
    wide = _at_day(frame, day)
    rows = []
    for arm in frame.arms:
        if arm == vehicle:
            continue
        raw = _ratio(wide, arm, vehicle, "raw", level)
        relative = _ratio(wide, arm, vehicle, "relative", level)
        if raw is None or relative is None:
            continue
        sentence = _sentence(study, frame, arm, vehicle, raw, relative)
        for scale, ratio in (("raw", raw), ("relative", relative)):
            rows.append(
                (frame.model, arm, day, scale, ratio.value, ratio.low, ratio.high, ratio.n,
                 ratio.n_vehicle, sentence)
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(SCALE_COLUMNS))


def _at_day(frame: GrowthFrame, day: float) -> pd.DataFrame:
    baseline = frame.rows[frame.rows["time"] == 0].set_index("animal")["y"]
    last = frame.rows[np.isclose(frame.rows["day"], day)]
    return last.assign(raw=last["y"], relative=last["y"] - last["animal"].map(baseline))


def _ratio(wide: pd.DataFrame, arm: str, vehicle: str, scale: str, level: float) -> _Ratio | None:
    treated = wide.loc[wide["arm"] == arm, scale].dropna().to_numpy(float)
    control = wide.loc[wide["arm"] == vehicle, scale].dropna().to_numpy(float)
    if len(treated) < 2 or len(control) < 2:
        return None
    difference = treated.mean() - control.mean()
    half = _welch_half_width(treated, control, level)
    return _Ratio(
        float(np.exp(difference)),
        float(np.exp(difference - half)),
        float(np.exp(difference + half)),
        len(treated),
        len(control),
    )


def _welch_half_width(a: Floats, b: Floats, level: float) -> float:
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    if va + vb == 0:
        return 0.0
    df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    return float(stats.t.ppf(0.5 + level / 2, df) * np.sqrt(va + vb))


def _sentence(
    study: Study, frame: GrowthFrame, arm: str, vehicle: str, raw: _Ratio, relative: _Ratio
) -> str:
    label = study.label(arm)
    gap = raw.value / relative.value
    opposite = (raw.value - 1) * (relative.value - 1) < 0
    if not opposite and 1 / NOTABLE_RATIO < gap < NOTABLE_RATIO:
        pair = f"T/C {raw.value:.2f} and {relative.value:.2f}"
        return f"{label}: raw and relative volumes agree ({pair})."
    how = "point in opposite directions" if opposite else "disagree"
    return (
        f"{label}: raw and relative volumes {how} (T/C {raw.value:.2f} raw, {relative.value:.2f} "
        f"relative), because the arms did not start alike: {_starts(study, frame, arm, vehicle)} "
        "A relative volume divides every later day by one noisy first measurement; the constrained "
        "model does not."
    )


def _starts(study: Study, frame: GrowthFrame, arm: str, vehicle: str) -> str:
    start = frame.rows[frame.rows["time"] == 0]
    means = {a: np.exp(start.loc[start["arm"] == a, "y"].mean()) for a in (arm, vehicle)}
    unit = study.readout.unit
    text = (
        f"geometric mean at baseline {means[arm]:.3g} {unit} v {means[vehicle]:.3g} {unit} "
        f"in {study.label(vehicle)}."
    )
    smallest = start.sort_values("shown_value", kind="stable").head(1)
    value = float(smallest["shown_value"].iloc[0])
    if value < 0.2 * float(start["shown_value"].median()):
        where = study.label(str(smallest["arm"].iloc[0]))
        text += f" One animal of {where} starts at {value:.3g} {unit}."
    return text
