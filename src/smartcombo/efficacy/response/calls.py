"""One call an animal: best response, category, tumour-free, cured."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from smartcombo.efficacy.response.options import Reading
from smartcombo.stats.recist import RecistRule, recist_calls
from smartcombo.stats.response import categorise, curve_responses
from smartcombo.study.model import Study

RESPONDERS = ("CR", "PR")


def curve_calls(study: Study, reading: Reading) -> pd.DataFrame:
    """Return best response, category, tumour-free, cure and time to double of each animal.

    All tumour models at once. A volume at or below the detection limit is no measurable tumour: a
    change of -100%. Excluded animals, and those not measured at baseline, have no call.

    Returns
    -------
    pandas.DataFrame
        One row an animal, in the order of models, arms and animals. ``cured`` is missing where an
        animal was not followed to the day of cure.
    """
    rows = called_rows(study)
    start = starts(rows)
    time = rows["day"].to_numpy(float) - study.baseline_day
    limit = rows["at_limit"].to_numpy(bool)
    volume = np.maximum(rows["value"].to_numpy(float), study.readout.limit)
    volume[limit & (time > 0)] = 0.0
    rule = reading.rule
    found = curve_responses(volume, time, start, rule.first_day)
    first, last = rows.iloc[start[:-1]], rows.iloc[start[1:] - 1]
    category = (
        recist_calls(volume, time, start, rule)
        if isinstance(rule, RecistRule)
        else categorise(found.best, found.best_average, rule)
    )
    table = pd.DataFrame(
        {
            "model": first["model"].to_numpy(),
            "arm": first["arm"].to_numpy(),
            "animal": first["animal"].to_numpy(),
            "category": category,
            "best_percent": found.best,
            "best_day": found.best_day + study.baseline_day,
            "best_average_percent": found.best_average,
            "time_to_double": found.time_to_double,
            "doubled": found.doubled,
            "tumour_free": last["at_limit"].to_numpy(bool),
            "tumour_free_since": _free_since(limit, rows["day"].to_numpy(float), start),
            "last_day": last["day"].to_numpy(),
        }
    )
    fates = table["animal"].map(study.animals.set_index("animal")["fate"])
    table["tumour_free"] |= fates.eq("tumour-free")
    cured = _cured(table, fates, reading.cure_day)
    return table.assign(responded=table["category"].isin(RESPONDERS), cured=cured)


def called_rows(study: Study) -> pd.DataFrame:
    """Return the measurements from baseline on of animals that can be called, curves together."""
    animals = study.animals
    out = set(animals.loc[animals["excluded"].astype(bool), "animal"])
    rows = study.volumes[study.volumes["day"] >= study.baseline_day]
    seen = set(rows.loc[rows["day"] == study.baseline_day, "animal"]) - out
    rows = rows[rows["animal"].isin(seen)]
    models = {model.id: k for k, model in enumerate(study.models)}
    arms = {arm.id: k for k, arm in enumerate(study.arms)}
    order = np.lexsort(
        (rows["day"], rows["animal"], rows["arm"].map(arms), rows["model"].map(models))
    )
    return rows.iloc[order].reset_index(drop=True)


def starts(rows: pd.DataFrame) -> np.ndarray:
    """Return the first row of each animal and, last, the number of rows."""
    ids = rows["animal"].to_numpy()
    if not len(ids):
        return np.zeros(1, dtype=np.int64)
    return np.r_[np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]]), len(ids)].astype(np.int64)


def _free_since(at_limit: np.ndarray, day: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the first day of the visits below detection that last to the end; NaN without any."""
    since = np.full(len(start) - 1, np.nan)
    for i, (a, b) in enumerate(pairwise(start)):
        measurable = np.flatnonzero(~at_limit[a:b])
        k = a if not len(measurable) else a + measurable[-1] + 1
        if k < b:
            since[i] = day[k]
    return since


def _cured(table: pd.DataFrame, fates: pd.Series, day: float | None) -> pd.Series:
    """Return whether each animal is cured at a day; missing where that cannot be known.

    An animal that leaves with a tumour is not cured, whenever it leaves; one that leaves before the
    day without one, or was taken by plan, was not followed and is not evaluable.
    """
    if day is None:
        return pd.Series(pd.NA, index=table.index, dtype="boolean")
    followed = table["last_day"] >= day
    free = table["tumour_free"] & (table["tumour_free_since"].fillna(np.inf) <= day)
    unknown = ~followed & (table["tumour_free"] | fates.eq("planned-cull"))
    return (followed & free).astype("boolean").mask(unknown)
