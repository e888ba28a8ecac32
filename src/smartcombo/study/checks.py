"""Checks of the measurements of a study that could be read: a function for each mistake."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.checks_arms import ARM_CHECKS
from smartcombo.study.config import StudyFile
from smartcombo.study.model import Study
from smartcombo.study.row_findings import row_finding

_at = partial(row_finding, "value")

IMPOSSIBLE_VOLUME_MM3 = 20_000.0
"""A tumour of 20 cm3 would weigh as much as the mouse."""
SLIP_FACTOR = 8.0
"""A visit this far off both neighbours is more likely a slip of the decimal point than a tumour;
10-fold slips show as about 8-fold or more beside a growing neighbour."""
FASTEST_DOUBLING_HOURS = 12.0
"""The fastest syngeneic lines double in about a day; half of that is not growth."""
SMALL_MEDIAN_MM3 = 2.0
"""A cube of 1.3 mm: half the measurements of a study are never so small."""
REGROWTH_FACTOR = 4.0
"""Growth is called impossible only beyond this factor: callipers err by a third on small ones."""


def check_measurements(study: Study, facts: StudyFile) -> list[Finding]:
    """Return the findings of every check on a study that could be read."""
    file = study.inputs[1].name
    findings = [finding for check in CHECKS for finding in check(study, file)]
    return findings + [finding for check in ARM_CHECKS for finding in check(study)]


def animals_in_two_arms(study: Study, file: str) -> list[Finding]:
    """Find animals measured in two arms or models; in all arms, ids that were reused."""
    places = study.volumes.groupby("animal")[["arm", "model"]].nunique().max(axis=1)
    twice = sorted(places.index[places > 1])
    if not twice:
        return []
    if len(twice) > 0.5 * len(places) and len(twice) > 2:
        return [
            Finding(
                code="ids-reused",
                severity="error",
                file=file,
                column="animal",
                found=f"the ids {', '.join(twice[:6])} ... in several arms",
                expected="an id for each animal",
                action='if ids restart in each arm, state animal_ids = "within-arm" under '
                "[tables.volumes]",
            )
        ]
    return [
        Finding(
            code="animal-in-two-arms",
            severity="error",
            file=file,
            row=_odd_row(study, animal),
            column="arm",
            subject=animal,
            found=f"animal {animal} in {' and '.join(_arms_of(study, animal))}",
            expected="one arm for each animal",
            action="correct the arm or the id",
        )
        for animal in twice
    ]


def _odd_row(study: Study, animal: str) -> int:
    """Return the first row of the arm in which the animal has fewest measurements."""
    rows = study.volumes[study.volumes["animal"] == animal]
    counts = rows.groupby(["arm", "model"], sort=False)["row"].agg(["size", "min"])
    return int(counts.sort_values("size", kind="stable")["min"].iloc[0])


def _arms_of(study: Study, animal: str) -> list[str]:
    rows = study.volumes[study.volumes["animal"] == animal]
    return list(dict.fromkeys(rows["arm"]))


def duplicate_visits(study: Study, file: str) -> list[Finding]:
    """Find two measurements of one animal on one day."""
    twice = study.volumes[study.volumes.duplicated(["animal", "arm", "model", "day"])]
    return [
        _at(row, file, "duplicate-visit", "error", f"animal {row.animal} twice on day {row.day:g}",
            "one measurement per animal and day", "delete one, or give the mean and say so")
        for row in twice.itertuples()
    ]  # fmt: skip


def negative_values(study: Study, file: str) -> list[Finding]:
    """Find values below zero."""
    rows = study.volumes[study.volumes["value"] < 0]
    return [
        _at(row, file, "negative-volume", "error", f"{row.value:g} {study.readout.unit}",
            "zero or more", "correct it; a regressed tumour is 0")
        for row in rows.itertuples()
    ]  # fmt: skip


def impossible_values(study: Study, file: str) -> list[Finding]:
    """Find volumes that no mouse carries."""
    if study.readout.unit != "mm3":
        return []
    rows = study.volumes[study.volumes["value"] > IMPOSSIBLE_VOLUME_MM3]
    return [
        _at(row, file, "impossible-volume", "error", f"{row.value:g} mm3",
            f"at most {IMPOSSIBLE_VOLUME_MM3:,.0f} mm3 in a mouse",
            "check the unit and the decimal point")
        for row in rows.itertuples()
    ]  # fmt: skip


def unit_slips(study: Study, file: str) -> list[Finding]:
    """Find one volume far off both neighbours of the same animal, on the log scale.

    Light may change ten-fold from day to day; only volumes are judged.
    """
    if not study.readout.is_volume:
        return []
    rows = _with_neighbours(study)
    up = np.minimum(rows["value"] / rows["before"], rows["value"] / rows["after"])
    down = np.minimum(rows["before"] / rows["value"], rows["after"] / rows["value"])
    slipped = rows[(up > SLIP_FACTOR) | (down > SLIP_FACTOR)]
    return [
        _at(row, file, "unit-slip", "warning",
            f"{row.value:g} between {row.before:g} and {row.after:g} {study.readout.unit} of "
            f"animal {row.animal}", "a value near its neighbours",
            "check the decimal point in the notebook; it is analysed as written")
        for row in slipped.itertuples()
    ]  # fmt: skip


def impossible_growth(study: Study, file: str) -> list[Finding]:
    """Find growth between two visits faster than any tumour; only of volumes."""
    if not study.readout.is_volume:
        return []
    rows = _with_neighbours(study)
    factor = rows["value"] / rows["before"]
    hours = 24.0 * (rows["day"] - rows["day_before"])
    fast = rows[(factor > REGROWTH_FACTOR) & (hours < np.log2(factor) * FASTEST_DOUBLING_HOURS)]
    return [
        _at(row, file, "impossible-growth", "warning",
            f"{row.before:g} to {row.value:g} {study.readout.unit} from day {row.day_before:g} to "
            f"{row.day:g} in animal {row.animal}",
            f"doubling in no less than {FASTEST_DOUBLING_HOURS:g} h",
            "check both values; they are analysed as written")
        for row in fast.itertuples()
    ]  # fmt: skip


def _with_neighbours(study: Study) -> pd.DataFrame:
    rows = study.volumes[study.volumes["value"] > 0].copy()
    animal = rows.groupby(["model", "arm", "animal"])
    rows["before"], rows["after"] = animal["value"].shift(1), animal["value"].shift(-1)
    rows["day_before"] = animal["day"].shift(1)
    return rows


def over_limit(study: Study, file: str) -> list[Finding]:
    """Find tumours measured again after they passed the protocol's limit."""
    limit = study.limits.volume_mm3
    if limit is None or study.readout.unit != "mm3":
        return []
    rows = study.volumes
    past = rows["value"] > limit
    seen = past.groupby([rows["model"], rows["arm"], rows["animal"]]).cumsum()
    late = rows[past & (seen > 1)]
    return [
        _at(row, file, "over-limit", "warning",
            f"{row.value:g} mm3 on day {row.day:g}, past {limit:g} mm3 at an earlier visit",
            f"the animal to leave at {limit:g} mm3", "check the humane endpoint of the protocol")
        for row in late.itertuples()
    ]  # fmt: skip


def measured_after_leaving(study: Study, file: str) -> list[Finding]:
    """Find animals measured after the day on which they left."""
    last = study.volumes.sort_values("day", kind="stable").drop_duplicates("animal", keep="last")
    left = study.animals.set_index("animal")["fate_day"]
    rows = last[last["day"] > last["animal"].map(left)]
    return [
        _at(row, file, "measured-after-leaving", "error",
            f"animal {row.animal} measured on day {row.day:g}, left on day {left[row.animal]:g}",
            "no measurement after the fate day", "correct the fate day or the visit")
        for row in rows.itertuples()
    ]  # fmt: skip


def small_unit(study: Study, file: str) -> list[Finding]:
    """Find a whole study whose volumes look like cm3 under the name of mm3."""
    positive = study.volumes.loc[study.volumes["value"] > 0, "value"]
    if study.readout.unit != "mm3" or positive.empty or positive.median() >= SMALL_MEDIAN_MM3:
        return []
    return [
        Finding(
            code="small-unit",
            severity="warning",
            file=file,
            column="value",
            found=f"a median volume of {positive.median():.3g} mm3",
            expected=f"at least {SMALL_MEDIAN_MM3:g} mm3; a tumour can be felt from about 30 mm3",
            action='state the unit of the table, for example unit = "cm3"',
        )
    ]


def missed_visits(study: Study, file: str) -> list[Finding]:
    """Find animals not measured on a day of their model between their first and last visit."""
    findings = []
    for model, rows in study.volumes.groupby("model", sort=False):
        days = rows.groupby("day")["animal"].nunique()
        common = set(days.index[days > 0.5 * rows["animal"].nunique()])
        for animal, own in rows.groupby("animal", sort=False):
            first, last = own["day"].min(), own["day"].max()
            missed = sorted(d for d in common - set(own["day"]) if first < d < last)
            if missed:
                findings.append(
                    Finding(
                        code="missed-visit",
                        severity="note",
                        file=file,
                        subject=str(animal),
                        found=f"animal {animal} of {model} not measured on day "
                        + ", ".join(f"{day:g}" for day in missed),
                        expected="a measurement at each visit while in the study",
                        action="none is needed: the model uses the visits there are",
                    )
                )
    return findings


CHECKS: tuple[Callable[[Study, str], list[Finding]], ...] = (
    animals_in_two_arms,
    duplicate_visits,
    negative_values,
    impossible_values,
    unit_slips,
    impossible_growth,
    over_limit,
    measured_after_leaving,
    small_unit,
    missed_visits,
)
