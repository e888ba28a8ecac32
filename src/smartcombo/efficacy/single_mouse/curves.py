"""One row a mouse, and one a model and treatment: call, growth rate, time to double."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from smartcombo.efficacy.response.calls import called_rows, curve_calls, starts
from smartcombo.efficacy.response.options import Reading
from smartcombo.stats.design import Floats
from smartcombo.study.model import Study


def mouse_table(study: Study, reading: Reading) -> pd.DataFrame:
    """Return the calls of each mouse with its growth rate (per day) and its model's indication.

    The rate is the least-squares slope of log volume from baseline on, values below detection at
    the limit; missing where no visit follows the baseline.
    """
    calls = curve_calls(study, reading)
    rows = called_rows(study)
    time = rows["day"].to_numpy(float) - study.baseline_day
    y = np.log(np.maximum(rows["value"].to_numpy(float), study.readout.limit))
    indication = {model.id: model.indication or "not stated" for model in study.models}
    return calls.assign(
        growth_rate=_slopes(time, y, starts(rows)), indication=calls["model"].map(indication)
    )


def _slopes(time: Floats, y: Floats, start: np.ndarray) -> Floats:
    """Return the least-squares slope of each curve, shape ``(m,)``; NaN for one visit."""
    first, size = start[:-1], np.diff(start)
    if not len(size):
        return np.empty(0)
    own = np.repeat(np.arange(len(size)), size)
    t = time - (np.add.reduceat(time, first) / size)[own]
    spread = np.add.reduceat(t * t, first)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(spread > 0, np.add.reduceat(t * y, first) / spread, np.nan))


@dataclass(frozen=True)
class Programme:
    """What each model gave under each treatment: arrays ``(models, arms)``, NaN where not given.

    ``responded`` is 0 or 1; ``rate`` is per day; ``time`` is days to twice the baseline, known
    where ``doubled`` is 1 and censored where it is 0.
    """

    models: tuple[str, ...]
    arms: tuple[str, ...]
    responded: Floats
    rate: Floats
    time: Floats
    doubled: Floats

    def column(self, arm: str) -> int:
        """Return the column of an arm."""
        return self.arms.index(arm)

    def of(self, models: set[str]) -> Programme:
        """Return the programme of some of its models."""
        kept = np.array([model in models for model in self.models], dtype=bool)
        return Programme(
            tuple(model for model in self.models if model in models), self.arms,
            self.responded[kept], self.rate[kept], self.time[kept], self.doubled[kept],
        )  # fmt: skip


def programme_of(study: Study, mice: pd.DataFrame) -> Programme:
    """Return the programme: one value a model and treatment.

    Where several mice of a model had one treatment, it responded if more than half of them did, its
    rate is their mean, and its time to double that of the middle mouse.
    """
    given = mice.groupby(["model", "arm"], sort=False)
    ranked = mice.sort_values(["time_to_double", "doubled"], kind="stable")
    keyed = ranked.groupby(["model", "arm"], sort=False)
    place, size = keyed.cumcount(), keyed["animal"].transform("size")
    middle = ranked[place == (size - 1) // 2].set_index(["model", "arm"])
    values = {
        "responded": (given["responded"].mean() > 0.5).astype(float),
        "rate": given["growth_rate"].mean(),
        "time": middle["time_to_double"],
        "doubled": middle["doubled"].astype(float),
    }
    models = tuple(model.id for model in study.models if model.id in set(mice["model"]))
    arms = tuple(arm.id for arm in study.arms if arm.id in set(mice["arm"]))
    wide = {
        name: column.unstack().reindex(index=list(models), columns=list(arms)).to_numpy(float)
        for name, column in values.items()
    }
    return Programme(models, arms, wide["responded"], wide["rate"], wide["time"], wide["doubled"])
