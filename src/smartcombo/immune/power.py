"""How many animals the next study needs, from how much this one's animals scatter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.random import DEFAULT_SEED, stream
from smartcombo.immune.markers import COMPOSITES
from smartcombo.immune.matching import LEAST_CONTROLS, MatchedGroup
from smartcombo.stats.switching import probability_half
from smartcombo.stats.two_arms import MOST, animals_needed
from smartcombo.study.model import Study

POWER = 0.8
DOUBLING = {"log2": 1.0, "log10": float(np.log10(2)), "log": float(np.log(2)),
            "ln": float(np.log(2)), "logit": float(np.log(2))}  # fmt: skip
"""First word of a unit -> the shift that is a doubling (logit: of the odds); others have none."""
SIZES = (5, 8, 12)
"""Animals an arm for which the chance of calling the switch is simulated."""
CALLED = 0.8
"""A switch is called where the probability of at least half is stated as this or more."""
REPEATS = 200
POWER_COLUMNS = (
    "model", "day", "tissue", "assay", "arm", "marker", "title", "unit", "sd_controls", "sd_arm",
    "shift_seen", "doubling", "n_doubling", "n_seen", "n_half_seen",
    *(f"called_with_{n}" for n in SIZES),
)  # fmt: skip


def power_table(study: Study, groups: Sequence[MatchedGroup]) -> pd.DataFrame:
    """Return, for each arm and marker, the animals an arm that the next study needs.

    ``n_doubling``, ``n_seen`` and ``n_half_seen`` give 80% power to Welch's test for a doubling,
    for the shift seen here, and for half of it (one seen in few animals is on average too large);
    missing above 200. ``called_with_8``, for the hot axes, is the chance that the probability of at
    least half is stated as 0.8 or more for 8 animals an arm that scatter like these.
    """
    rows = [
        _row(study, group, arm, marker)
        for group in groups
        if group.control and int((group.arm == group.control).sum()) >= LEAST_CONTROLS
        for arm in group.arms
        if arm != group.control and int((group.arm == arm).sum()) > 1
        for marker in group.markers.index
    ]
    table = pd.DataFrame(rows, columns=list(POWER_COLUMNS))
    return table.astype(dict.fromkeys(POWER_COLUMNS[8:], float))


def _row(study: Study, group: MatchedGroup, arm: str, marker: str) -> dict[str, Any]:
    controls, treated = group.of(group.control, marker), group.of(arm, marker)
    facts = group.markers.loc[marker]
    row: dict[str, Any] = {
        "model": group.model,
        "day": group.day,
        "tissue": group.tissue,
        "assay": group.assay,
        "arm": arm,
        "marker": marker,
        "title": facts["title"],
        "unit": facts["unit"],
    }
    if min(len(controls), len(treated)) < 2:
        return row
    sds = (float(np.std(controls, ddof=1)), float(np.std(treated, ddof=1)))
    seen = float(np.mean(treated) - np.mean(controls))
    doubling = DOUBLING.get(str(facts["unit"]).split(" ")[0], float("nan"))
    row |= {
        "sd_controls": sds[0],
        "sd_arm": sds[1],
        "shift_seen": seen,
        "doubling": doubling,
        "n_doubling": animals_needed(doubling, sds, POWER),
        "n_seen": animals_needed(seen, sds, POWER),
        "n_half_seen": animals_needed(seen / 2, sds, POWER),
    }
    if marker in COMPOSITES and marker != "exclusion" and sds[0] > 0:
        row |= called_chances(study, (controls.mean(), sds[0]), treated, (arm, marker))
    return row


def called_chances(
    study: Study, controls: tuple[float, float], treated: np.ndarray, names: tuple[str, ...]
) -> dict[str, float]:
    """Return the chance of calling the switch for each of ``SIZES``.

    Controls are drawn from a normal with mean and SD ``controls``; treated animals from those seen,
    blurred by half a control SD so that a few values do not repeat.
    """
    mean, sd = controls
    seed = DEFAULT_SEED if study.plan.seed is None else study.plan.seed
    chances = {}
    for n in SIZES:
        rng = stream(seed, "immune power", *names, n)
        hits = 0
        for _ in range(REPEATS):
            drawn = rng.choice(treated, n) + 0.5 * sd * rng.standard_normal(n)
            hits += probability_half(rng.normal(mean, sd, n), drawn) >= CALLED
        chances[f"called_with_{n}"] = hits / REPEATS
    return chances


def power_sentences(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return one sentence an arm and axis: animals an arm for the next study."""
    rows = [
        (row["model"], row["arm"], row["assay"], row["day"], row["marker"], _sentence(study, row))
        for row in table[table["marker"].isin(COMPOSITES)].to_dict("records")
        if np.isfinite(row["sd_controls"])
    ]
    return pd.DataFrame(rows, columns=["model", "arm", "assay", "day", "marker", "sentence"])


def _sentence(study: Study, row: dict[Any, Any]) -> str:
    day = f", day {row['day']:g}" if np.isfinite(row["day"]) else ""
    start = f"{study.label(str(row['arm']))}, {row['marker']} ({row['assay']}{day}): "
    parts = []
    if np.isfinite(row["doubling"]):
        parts.append(f"{_animals(row['n_doubling'])} for a doubling")
    parts.append(f"{_animals(row['n_seen'])} for the shift seen here")
    parts.append(f"{_animals(row['n_half_seen'])} for half of it")
    said = f"{start}{', '.join(parts)} ({100 * POWER:.0f}% power)"
    largest = row[f"called_with_{SIZES[-1]}"]
    if not np.isfinite(largest):
        return f"{said}."
    chances = ", ".join(f"{row[f'called_with_{n}']:.0%} with {n}" for n in SIZES)
    return f"{said}; a switch like this one would be called in {chances} animals an arm."


def _animals(n: float) -> str:
    return f"more than {MOST} animals an arm" if not np.isfinite(n) else f"{n:.0f} animals an arm"
