"""The times of one endpoint in one tumour model, and what every row about them shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.random import stream
from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.events.endpoints import Endpoint, event_times
from smartcombo.efficacy.events.options import ProgressionOptions
from smartcombo.efficacy.frame import GrowthFrame
from smartcombo.stats.design import Floats, Ints
from smartcombo.stats.resampled_curves import draw_animals
from smartcombo.stats.restricted_mean import WelchTest
from smartcombo.stats.time_to_event import (
    KaplanMeier,
    LogRank,
    Summary,
    kaplan_meier,
    logrank,
    restricted_mean,
)
from smartcombo.study.model import Study

DRAWS = 1999
"""Bootstrap draws of mice."""
FARTHEST = 1e300
"""Stands for an infinite limit where a word is chosen: such a limit is on one side of zero."""


@dataclass(frozen=True)
class Reading:
    """The times of one endpoint in one tumour model.

    Attributes
    ----------
    times
        Table of :func:`smartcombo.efficacy.events.endpoints.event_times`.
    horizon
        Days up to which mean times are taken.
    weights
        Arm id -> how often each of its animals is drawn, shape ``(DRAWS, n)``.
    """

    study: Study
    frame: GrowthFrame
    endpoint: Endpoint
    options: ProgressionOptions
    times: pd.DataFrame
    horizon: float
    level: float
    weights: Mapping[str, Floats]

    @property
    def arms(self) -> tuple[str, ...]:
        """Return the arms with animals, in the study's order."""
        return tuple(dict.fromkeys(self.times["arm"]))

    def rows(self, arm: str) -> pd.DataFrame:
        """Return the animals of an arm."""
        return self.times[self.times["arm"] == arm]

    def of(self, arm: str) -> tuple[Floats, np.ndarray]:
        """Return times and events of an arm."""
        own = self.rows(arm)
        return own["time"].to_numpy(float), own["event"].to_numpy(bool)

    def curve(self, arm: str) -> KaplanMeier:
        """Return the survival curve of an arm."""
        return kaplan_meier(*self.of(arm), self.level)

    def mean(self, arm: str) -> Summary:
        """Return the restricted mean of an arm."""
        return restricted_mean(self.curve(arm), self.horizon, self.level)

    def base(self, estimand: str, unit: str) -> dict[str, Any]:
        """Return what every row of the estimates shares."""
        return {
            "study": self.study.id,
            "model": self.frame.model,
            "analysis": "progression",
            "endpoint": self.endpoint.id,
            "estimand": estimand,
            "question": "",
            "null_model": "",
            "contrast": "",
            "day": self.horizon + self.frame.baseline_day,
            "level": self.level,
            "unit": unit,
            "method": "progression.kaplan-meier/1",
            "status": "ok",
            "verdict": "",
        }

    def logrank(self, arms: tuple[str, ...]) -> tuple[LogRank, int] | None:
        """Return the log-rank test of arms, stratified by batch, and the number of strata.

        ``None`` where there is nothing to test: one arm, or no event.
        """
        own = self.times[self.times["arm"].isin(arms)]
        event = own["event"].to_numpy(bool)
        if own["arm"].nunique() < 2 or not event.any():
            return None
        place = {arm: k for k, arm in enumerate(arms)}
        group: Ints = own["arm"].map(place).to_numpy(np.int64)
        strata = batches(own)
        test = logrank(own["time"].to_numpy(float), event, group, strata)
        return test, int(strata.max()) + 1


def batches(rows: pd.DataFrame) -> Ints:
    """Return the number of each animal's batch, 0 on, shape ``(n,)``: what is compared within."""
    numbered: Ints = pd.factorize(rows["batch"])[0].astype(np.int64)
    return numbered


def within(strata: int) -> str:
    """Return the words on the batches that a comparison is made within; empty for one."""
    return f", within {strata} batches" if strata > 1 else ""


def read_endpoint(
    study: Study, frame: GrowthFrame, options: ProgressionOptions, endpoint: Endpoint
) -> Reading:
    """Return the times of an endpoint with its horizon and its draws of animals."""
    times = event_times(study, frame, options, endpoint)
    level = study.plan.level if options.level is None else options.level
    horizon = followed(times) if options.horizon is None else options.horizon
    weights = {
        str(arm): draw_animals(len(own), DRAWS, stream(frame.seed, "mice", endpoint.id,
                                                       frame.model, str(arm)))
        for arm, own in times.groupby("arm", sort=False)
    }  # fmt: skip
    return Reading(study, frame, endpoint, options, times, horizon, level, weights)


def followed(times: pd.DataFrame) -> float:
    """Return the longest time up to which every arm's curve is known."""
    if times.empty:
        return 0.0
    ends = []
    for _, own in times.groupby("arm", sort=False):
        last = own.sort_values(["time", "event"]).iloc[-1]
        ends.append(np.inf if last["event"] else float(last["time"]))
    known = min(ends)
    return float(times["time"].max()) if np.isinf(known) else float(known)


def numbers(got: Summary | WelchTest) -> dict[str, float]:
    """Return value, interval, standard error and p of a summary as columns of a row."""
    return {"value": got.value, "low": got.low, "high": got.high, "se": got.se, "p": got.p}


def longer_is_better(key: str, low: float, high: float) -> str:
    """Return the word of an interval of days gained; a limit may be infinite, not missing."""
    low, high = (float(np.clip(x, -FARTHEST, FARTHEST)) for x in (low, high))
    return verdict(key, -high, -low, None)
