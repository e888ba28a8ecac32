"""Which kind each animal is, and where each stands at the declared day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from smartcombo.efficacy.fitting import FittedGrowth, fit_growth
from smartcombo.efficacy.frame import GrowthFrame, only_animals
from smartcombo.efficacy.options import Specification
from smartcombo.stats.design import Floats
from smartcombo.stats.floored_mean import Below, FlooredMeans, GrowingLines, floored_means
from smartcombo.stats.mixture import Curves, Mixture, fit_mixture

GROWING, CONTROLLED = "growing", "controlled"
"""A controlled tumour vanishes, shrinks or stands: the class whose mean slope is 0 or less."""


FAILED = ("singular", "not_converged")
"""Statuses of a growth model of which no number is given."""


@dataclass(frozen=True)
class Kinds:
    """The animals of one tumour model by kind, and what each kind's model says.

    Attributes
    ----------
    frame
        Every animal that is analysed.
    mixture
        One and two classes, and the one chosen.
    controlled
        Which animals are called controlled, shape ``(m,)``.
    growing
        The growth model of the growing animals alone; None where there is none to fit. Where it
        failed (see its status) nobody is predicted.
    known, how
        Log volume at the day where it is measured or follows from the animal's kind, else NaN;
        and in words where the number comes from; shape ``(m,)``.
    means
        Means of log volume at the day, floored at the detection limit.
    floor
        Natural log of the detection limit.
    """

    frame: GrowthFrame
    mixture: Mixture
    controlled: Below
    growing: FittedGrowth | None
    known: Floats
    how: tuple[str, ...]
    means: FlooredMeans
    floor: float

    def counts(self, arm: str) -> tuple[int, int]:
        """Return the controlled animals of an arm, and all of its animals."""
        own = self.frame.arm_of == self.frame.arms.index(arm)
        return int(self.controlled[own].sum()), int(own.sum())

    def mixed(self, arm: str) -> bool:
        """Return whether an arm holds animals of both kinds."""
        k, n = self.counts(arm)
        return 0 < k < n


def kinds_of(frame: GrowthFrame, limit: float, time: float, level: float) -> Kinds:
    """Return the kinds of animals, and their volumes ``time`` days after baseline."""
    curves = Curves(
        frame.y, frame.time, frame.rows["at_limit"].to_numpy(bool), frame.start, frame.arm_of
    )
    mixture = fit_mixture(curves)
    controlled = mixture.chosen.posterior > 0.5
    growing = _growing(frame, controlled, level)
    floor = float(np.log(limit))
    known, how = _at_day(curves, mixture, controlled, time, floor)
    failed = growing is None or growing.status in FAILED
    lines = None if growing is None or failed else _lines(frame, growing, time)
    if lines is None:
        how = ["not predicted" if np.isnan(y) else word for y, word in zip(known, how, strict=True)]
    means = floored_means(known, frame.arm_of, floor, lines)
    return Kinds(frame, mixture, controlled, growing, known, tuple(how), means, floor)


def _growing(frame: GrowthFrame, controlled: Below, level: float) -> FittedGrowth | None:
    """Return the growth model of the growing animals in arms where any was seen again."""
    kept = {animal for animal, gone in zip(frame.animals, controlled, strict=True) if not gone}
    rows = frame.rows[frame.rows["animal"].isin(kept)]
    followed = set(rows.loc[rows["time"] > 0, "arm"])
    kept &= set(rows.loc[rows["arm"].isin(followed), "animal"])
    if not kept:
        return None
    return fit_growth(only_animals(frame, kept), Specification(), level)


def _at_day(
    curves: Curves, mixture: Mixture, controlled: Below, time: float, floor: float
) -> tuple[Floats, list[str]]:
    """Return log volume at the day where it needs no growth model, else NaN; and whence."""
    values, how = np.full(len(controlled), np.nan), []
    for i, (a, b) in enumerate(zip(curves.start[:-1], curves.start[1:], strict=True)):
        t, y = curves.time[a:b], curves.y[a:b]
        if t[0] <= time <= t[-1]:
            values[i] = np.interp(time, t, y)
            how.append("measured" if (t == time).any() else "between two visits")
        elif controlled[i]:
            values[i] = y[-1] + mixture.chosen.regression * max(time - t[-1], 0.0)
            how.append("controlled when last seen")
        else:
            how.append("its own line")
    return np.where(np.isnan(values), np.nan, np.maximum(values, floor)), how


def _lines(frame: GrowthFrame, growing: FittedGrowth, time: float) -> GrowingLines:
    number = {animal: i for i, animal in enumerate(frame.animals)}
    own = growing.frame
    x = np.array([growing.curve.level(own.arms[g], time) for g in own.arm_of])
    animal = np.array([number[name] for name in own.animals], dtype=np.int64)
    return GrowingLines(growing.fit, growing.design, animal, x, np.array([1.0, time]))


def animals_table(kinds: Kinds) -> pd.DataFrame:
    """Return one row an animal: kind, probability, and its volume at the day with its source."""
    frame = kinds.frame
    last = frame.rows.groupby("animal", sort=False)["day"].last()
    return pd.DataFrame(
        {
            "model": frame.model,
            "arm": [frame.arms[g] for g in frame.arm_of],
            "animal": frame.animals,
            "kind": np.where(kinds.controlled, CONTROLLED, GROWING),
            "probability_controlled": kinds.mixture.chosen.posterior,
            "value_at_day": np.exp(kinds.means.values),
            "source": kinds.how,
            "last_day": last.reindex(frame.animals).to_numpy(),
        }
    )
