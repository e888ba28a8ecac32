"""Endpoints: when each animal had its event, between which visits, and why it was not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from smartcombo.efficacy.events.options import ProgressionOptions
from smartcombo.efficacy.frame import GrowthFrame
from smartcombo.stats.design import Floats
from smartcombo.study.model import Study

DISEASE = ("size-limit", "ulceration", "weight-loss", "clinical-score", "found-dead")
"""Removals for disease: what death means where animals are not left to die. Planned culls are
censored."""
PROGRESSED = ("size-limit",)
"""Fates that are progression although the target was not reached; others are censored."""
TIME_COLUMNS = ("model", "endpoint", "arm", "animal", "batch", "time", "event", "after", "by",
                "reason", "origin")  # fmt: skip


@dataclass(frozen=True)
class Endpoint:
    """One kind of event.

    Attributes
    ----------
    id, name
        Name in the tables; what the time is called in words.
    at_visits
        True where the event is seen at visits and lies between two of them.
    compared
        False where the animals at risk are chosen by how they responded: arms are then described
        and not compared, because they are no longer alike.
    """

    id: str
    name: str
    at_visits: bool
    compared: bool = True


KINDS: dict[str, Endpoint] = {
    kind.id: kind
    for kind in (
        Endpoint("progression", "progression", True),
        Endpoint("humane_endpoint", "humane endpoint", False),
        Endpoint("survival", "removal for disease or death", False),
        Endpoint("tumour_free_survival", "a first tumour, or removal for disease", True),
        Endpoint("relapse", "relapse", True, compared=False),
    )
}


@dataclass(frozen=True)
class _Animal:
    """One animal from the baseline visit on."""

    time: Floats
    volume: Floats
    free: np.ndarray
    fate: str
    left_on: float


_Event = tuple[float, bool, float, float, str, float]
"""Time, event, last visit before, first visit at, reason, day since baseline that is time 0."""


def chosen_endpoints(
    study: Study, frame: GrowthFrame, options: ProgressionOptions
) -> tuple[Endpoint, ...]:
    """Return the endpoints asked for, or those the study holds events for.

    Progression always; survival where an animal was removed for disease; the humane endpoint
    where that is not the same; tumour-free survival where half of the animals start without a
    tumour; relapse where a tumour was there and went.
    """
    if options.endpoints is not None:
        return tuple(KINDS[name] for name in KINDS if name in options.endpoints)
    fates = _fates(study, frame)
    disease, humane = fates.isin(DISEASE), fates.isin(options.humane)
    starts = frame.rows.groupby("animal", sort=False)["at_limit"].first()
    later = frame.rows.groupby("animal", sort=False)["at_limit"].any()
    held = {
        "progression": True,
        "humane_endpoint": bool(humane.any() and (humane != disease).any()),
        "survival": bool(disease.any()),
        "tumour_free_survival": bool(starts.mean() >= 0.5),
        "relapse": bool((later & ~starts).any()),
    }
    return tuple(kind for kind in KINDS.values() if held[kind.id])


def event_times(
    study: Study, frame: GrowthFrame, options: ProgressionOptions, endpoint: Endpoint
) -> pd.DataFrame:
    """Return when each animal with a baseline had its event, with ``TIME_COLUMNS``.

    ``time`` counts days since baseline (for relapse since ``origin``, the first visit without
    tumour); the event lies after the visit ``after`` and by the visit ``by``; ``reason`` is why
    the time ends.
    """
    animals = study.animals.set_index("animal")
    of = _OF[endpoint.id]
    rows = []
    for name, own in frame.rows.groupby("animal", sort=False):
        if own["time"].iloc[0] > 0:
            continue
        animal = _Animal(
            own["time"].to_numpy(float),
            own["shown_value"].to_numpy(float),
            own["at_limit"].to_numpy(bool),
            str(animals["fate"].get(name, "unknown")),
            float(animals["fate_day"].get(name, np.nan)) - frame.baseline_day,
        )
        got = of(animal, options)
        if got is not None:
            batch = str(animals["batch"].get(name, ""))
            rows.append((frame.model, endpoint.id, own["arm"].iloc[0], name, batch, *got))
    return pd.DataFrame(rows, columns=list(TIME_COLUMNS))


def _fates(study: Study, frame: GrowthFrame) -> pd.Series:
    animals = study.animals.set_index("animal")
    return animals["fate"].reindex(list(frame.animals)).fillna("unknown")


def _progression(animal: _Animal, options: ProgressionOptions) -> _Event:
    target = options.multiple * animal.volume[0] if options.volume is None else options.volume
    when, after, by = crossing(animal.volume, animal.time, target)
    if np.isfinite(when):
        return when, True, after, by, "reached the target", 0.0
    return _left(animal, PROGRESSED, float(animal.time[-1]))


def _humane(animal: _Animal, options: ProgressionOptions) -> _Event:
    return _left(animal, options.humane, _last_day(animal))


def _survival(animal: _Animal, options: ProgressionOptions) -> _Event:
    return _left(animal, DISEASE, _last_day(animal))


def _last_day(animal: _Animal) -> float:
    last = float(animal.time[-1])
    return max(animal.left_on, last) if np.isfinite(animal.left_on) else last


def _left(animal: _Animal, events: tuple[str, ...], when: float) -> _Event:
    return when, animal.fate in events, when, when, animal.fate, 0.0


def _tumour_free(animal: _Animal, options: ProgressionOptions) -> _Event:
    return _first_tumour(animal, 0, "a tumour was measured")


def _relapse(animal: _Animal, options: ProgressionOptions) -> _Event | None:
    """Return the relapse of an animal whose tumour went; ``None`` for every other animal."""
    gone = np.flatnonzero(animal.free)
    if animal.free[0] or not len(gone):
        return None
    return _first_tumour(animal, int(gone[0]), "tumour again")


def _first_tumour(animal: _Animal, start: int, why: str) -> _Event:
    """Return the first visit with a tumour after a visit: seen then, begun since the one before."""
    origin = float(animal.time[start])
    with_tumour = np.flatnonzero(~animal.free[start:])
    if len(with_tumour):
        k = start + int(with_tumour[0])
        before = float(animal.time[max(k - 1, start)]) - origin
        at = float(animal.time[k]) - origin
        return at, True, before, at, why, origin
    when = _last_day(animal) if animal.fate in DISEASE else float(animal.time[-1])
    return *_left(animal, DISEASE, when - origin)[:-1], origin


_OF: dict[str, Callable[[_Animal, ProgressionOptions], _Event | None]] = {
    "progression": _progression,
    "humane_endpoint": _humane,
    "survival": _survival,
    "tumour_free_survival": _tumour_free,
    "relapse": _relapse,
}


def crossing(volume: Floats, time: Floats, target: float) -> tuple[float, float, float]:
    """Return when a curve first reaches the target, and the visits before and at; NaN if never.

    The time is interpolated on the log scale, as if growth were exponential between visits.
    """
    reached = np.flatnonzero(volume >= target)
    if not len(reached):
        return float("nan"), float("nan"), float("nan")
    k = int(reached[0])
    if k == 0:
        return 0.0, 0.0, 0.0
    share = np.log(target / volume[k - 1]) / np.log(volume[k] / volume[k - 1])
    when = time[k - 1] + share * (time[k] - time[k - 1])
    return float(when), float(time[k - 1]), float(time[k])
