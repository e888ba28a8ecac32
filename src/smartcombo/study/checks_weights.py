"""Checks of the body weights of a study: a function for each mistake."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.model import Study
from smartcombo.study.row_findings import row_finding

_at = partial(row_finding, "weight_g")

MOUSE_G = (5.0, 80.0)
"""A weaned mouse weighs more than the first, an obese one less than the second."""
USUAL_G = (10.0, 60.0)
"""The median weight of a study of mice lies well within."""
SLIP_FACTOR = 1.3
"""A weighing this far off both neighbours, the same way, is a slip of the pen: a mouse does not
lose a quarter of itself and gain it back between visits."""
JUMP_FACTOR = 1.25
JUMP_DAYS = 4.0
"""A quarter in four days is beyond what a mouse loses without food."""
EXCHANGED_FAR, EXCHANGED_NEAR = np.log(1.08), np.log(1.03)
"""Two mice whose weights are off by 8% and fit within 3% when exchanged were mixed up."""
VOLUME_SHARE = 0.5
VOLUME_GROWTH = 2.5
"""Weaned mice do not more than double their weight in a study; tumours do."""
VEHICLE_LOSS = 0.10


def check_weights(study: Study, file: str) -> list[Finding]:
    """Return the findings of every check of the body weights.

    Parameters
    ----------
    file
        Name of the file the weights came from.
    """
    if study.weights.empty:
        return _limit_without_weights(study)
    return [finding for check in CHECKS for finding in check(study, file)]


def _limit_without_weights(study: Study) -> list[Finding]:
    limit = study.limits.weight_loss_fraction
    if limit is None:
        return []
    return [
        Finding(
            code="no-weights",
            severity="note",
            file="study.toml",
            column="tables.weights",
            found=f"a limit of {limit:.0%} weight loss, and no body weights",
            expected="the weights of each animal under [tables.weights]",
            action="add them where they exist; until then nothing is said about weight loss",
        )
    ]


def weight_limit_not_stated(study: Study, file: str) -> list[Finding]:
    """Find weights without the protocol's limit."""
    if study.limits.weight_loss_fraction is not None:
        return []
    return [
        Finding(
            code="weight-limit-not-stated",
            severity="note",
            file="study.toml",
            column="limits.weight_loss_fraction",
            found="body weights, and no limit of weight loss",
            expected="the limit of your protocol, such as weight_loss_fraction = 0.2",
            action="state it: without it no arm is flagged and no animal is past a limit",
        )
    ]


def weight_twice(study: Study, file: str) -> list[Finding]:
    """Find two weights of one animal on one day."""
    twice = study.weights[study.weights.duplicated(["animal", "day"])]
    return [
        _at(row, file, "duplicate-visit", "error",
            f"animal {row.animal} weighed twice on day {row.day:g}",
            "one weight per animal and day", "delete one, or give the mean and say so")
        for row in twice.itertuples()
    ]  # fmt: skip


def weight_is_volume(study: Study, file: str) -> list[Finding]:
    """Find a weight column that holds tumour volumes."""
    both = study.weights.merge(study.volumes, on=["animal", "day"], suffixes=("", "_v"))
    same = float((both["weight_g"] == both["value"]).mean()) if len(both) else 0.0
    ends = study.weights[study.weights["weight_g"] > 0].sort_values("day", kind="stable")
    ends = ends.groupby("animal")["weight_g"].agg(["first", "last", "size"])
    ratio = ends.loc[ends["size"] > 1, "last"] / ends.loc[ends["size"] > 1, "first"]
    growth = float(ratio.median()) if len(ratio) else 1.0
    if same <= VOLUME_SHARE and growth <= VOLUME_GROWTH:
        return []
    what = (
        f"{same:.0%} of the weights equal the volume of the same visit"
        if same > VOLUME_SHARE
        else f"weights that grow {growth:.2g}-fold from first to last visit"
    )
    return [_whole(file, "weight-is-volume", "error", what, "body weights",
                   "name the right column: columns = { value = \"...\" }")]  # fmt: skip


def weight_unit(study: Study, file: str) -> list[Finding]:
    """Find a whole table of mouse weights in another unit than stated."""
    median = float(study.weights["weight_g"].median())
    if not _mice(study) or USUAL_G[0] <= median <= USUAL_G[1] or weight_is_volume(study, file):
        return []
    unit = next((name for name, factor in (("kg", 1e3), ("mg", 1e-3))
                 if USUAL_G[0] <= median * factor <= USUAL_G[1]), "")  # fmt: skip
    action = f'state unit = "{unit}" under [tables.weights]' if unit else "check the weight column"
    return [_whole(file, "weight-unit", "error", f"a median weight of {median:.3g} g",
                   f"{USUAL_G[0]:g} to {USUAL_G[1]:g} g for a mouse", action)]  # fmt: skip


def impossible_weight(study: Study, file: str) -> list[Finding]:
    """Find single weights that no weaned mouse has, and weights of nothing."""
    if weight_is_volume(study, file) or weight_unit(study, file):
        return []
    low, high = MOUSE_G if _mice(study) else (0.0, np.inf)
    w = study.weights["weight_g"]
    rows = study.weights[(w <= 0) | (w < low) | (w > high)]
    zero = study.volumes[study.volumes["value"] == 0]
    cured = set(zip(zero["animal"], zero["day"], strict=True))
    return [
        _at(row, file, "impossible-weight", "error", f"{row.weight_g:g} g for animal {row.animal}",
            f"{low:g} to {high:g} g", _mend(row, cured))
        for row in rows.itertuples()
    ]  # fmt: skip


def _mend(row: Any, cured: set[tuple[str, float]]) -> str:
    """Return what to do; a dead mouse written as 0 in both columns would count as cured."""
    action = "check the decimal point; leave the cell blank where the animal was not weighed"
    if row.weight_g > 0 or (row.animal, row.day) not in cured:
        return action
    return f"{action}; its volume of 0 that day counts as a cure: if it had died, blank that too"


def weight_slip(study: Study, file: str) -> list[Finding]:
    """Find one weighing far off both neighbours of the same animal."""
    rows = _neighbours(study)
    up = np.minimum(rows["weight_g"] / rows["before"], rows["weight_g"] / rows["after"])
    down = np.minimum(rows["before"] / rows["weight_g"], rows["after"] / rows["weight_g"])
    return [
        _at(row, file, "weight-slip", "warning",
            f"{row.weight_g:g} g between {row.before:g} and {row.after:g} g of animal {row.animal}",
            "a weight near its neighbours",
            "check the decimal point and the order of the digits; it is analysed as written")
        for row in rows[(up > SLIP_FACTOR) | (down > SLIP_FACTOR)].itertuples()
    ]  # fmt: skip


def weight_jump(study: Study, file: str) -> list[Finding]:
    """Find a change of weight between two visits that a mouse does not make."""
    rows = _neighbours(study)
    change = np.exp(np.abs(np.log(rows["weight_g"] / rows["before"])))
    quick = rows["day"] - rows["day_before"] <= JUMP_DAYS
    return [
        _at(row, file, "weight-jump", "warning",
            f"{row.before:g} to {row.weight_g:g} g from day {row.day_before:g} to {row.day:g} in "
            f"animal {row.animal}",
            f"a change below {JUMP_FACTOR - 1:.0%} in {JUMP_DAYS:g} days",
            "check both weights and the id; they are analysed as written")
        for row in rows[quick & (change > JUMP_FACTOR)].itertuples()
    ]  # fmt: skip


def weights_exchanged(study: Study, file: str) -> list[Finding]:
    """Find two animals whose weights of one visit fit only when exchanged."""
    rows = _neighbours(study)
    share = (rows["day"] - rows["day_before"]) / (rows["day_after"] - rows["day_before"])
    rows = rows.assign(due=rows["before"] + share * (rows["after"] - rows["before"]))
    odd = rows[np.abs(np.log(rows["weight_g"] / rows["due"])) > EXCHANGED_FAR]
    findings = []
    for (_, day), visit in odd.groupby(["model", "day"], sort=False):
        mice = list(visit.itertuples())
        findings += [
            _at(a, file, "weights-exchanged", "warning",
                f"day {day:g}: {a.weight_g:g} g of animal {a.animal} and {b.weight_g:g} g of "
                f"animal {b.animal} fit their other days only when exchanged",
                "the weight of each animal in its own row",
                "look it up in the notebook; they are analysed as written")
            for k, a in enumerate(mice) for b in mice[k + 1:] if _fit_exchanged(a, b)
        ]  # fmt: skip
    return findings


def _fit_exchanged(a: object, b: object) -> bool:
    gaps = np.log([a.weight_g / b.due, b.weight_g / a.due])  # type: ignore[attr-defined]
    return bool(np.all(np.abs(gaps) < EXCHANGED_NEAR))


def no_baseline_weight(study: Study, file: str) -> list[Finding]:
    """Find animals without a weight on the baseline day."""
    day = study.baseline_day
    there = set(study.weights.loc[study.weights["day"] == day, "animal"])
    animals = study.weights.drop_duplicates("animal")
    if not there:
        days = ", ".join(f"{d:g}" for d in sorted(study.weights["day"].unique())[:8])
        return [_whole(file, "no-baseline-weight", "warning",
                       f"nobody was weighed on the baseline day {day:g}; weights on days {days}",
                       "each animal weighed at baseline",
                       "no change from baseline can be given; correct the days")]  # fmt: skip
    return [
        _at(row, file, "no-baseline-weight", "warning",
            f"no weight of animal {row.animal} on day {day:g}", "each animal weighed at baseline",
            "it has no nadir and no loss; its weights stay in the model")
        for row in animals[~animals["animal"].isin(there)].itertuples()
    ]  # fmt: skip


def vehicle_loses_weight(study: Study, file: str) -> list[Finding]:
    """Find a vehicle arm that loses weight: days in reverse order, or a control that is ill."""
    findings = []
    vehicles = {arm.id for arm in study.arms if arm.role == "vehicle"}
    own = study.weights[study.weights["arm"].isin(vehicles) & (study.weights["weight_g"] > 0)]
    for model, rows in own[own["day"] >= study.baseline_day].groupby("model", sort=False):
        ends = rows.sort_values("day", kind="stable").groupby("animal")["weight_g"]
        change = float((ends.last() / ends.first() - 1).mean())
        if change <= -VEHICLE_LOSS:
            findings.append(
                _whole(file, "vehicle-loses-weight", "warning",
                       f"vehicle animals of {model}: {change:.0%} from first to last visit",
                       "animals that hold their weight without treatment",
                       "check that first and last visit are not exchanged; if they are right, the "
                       "tumour or the handling costs weight, and arms v vehicle look better")
            )  # fmt: skip
    return findings


def past_weight_limit(study: Study, file: str) -> list[Finding]:
    """Find animals weighed again after they passed the protocol's limit."""
    limit = study.limits.weight_loss_fraction
    if limit is None:
        return []
    rows = study.weights[study.weights["day"] >= study.baseline_day]
    at = rows[rows["day"] == study.baseline_day].drop_duplicates("animal").set_index("animal")
    loss = 1 - rows["weight_g"] / rows["animal"].map(at["weight_g"])
    past = loss >= limit
    late = rows.assign(loss=loss)[past & (past.groupby(rows["animal"]).cumsum() > 1)]
    return [
        _at(row, file, "over-weight-limit", "warning",
            f"animal {row.animal} {row.loss:.0%} below baseline on day {row.day:g}, and past "
            f"{limit:.0%} at an earlier visit",
            f"the animal to leave at {limit:.0%}", "check the humane endpoint of the protocol")
        for row in late.drop_duplicates("animal").itertuples()
    ]  # fmt: skip


def weighed_after_leaving(study: Study, file: str) -> list[Finding]:
    """Find animals weighed after the day on which they are said to have left."""
    stated = study.animals[~study.animals["fate_derived"].astype(bool)].set_index("animal")
    last = study.weights.sort_values("day", kind="stable").drop_duplicates("animal", keep="last")
    left = last["animal"].map(stated["fate_day"])
    return [
        _at(row, file, "weighed-after-leaving", "warning",
            f"animal {row.animal} weighed on day {row.day:g}, left on day "
            f"{stated.loc[row.animal, 'fate_day']:g}",
            "no weight after the fate day", "correct the fate day or the visit")
        for row in last[last["day"] > left].itertuples()
    ]  # fmt: skip


def _mice(study: Study) -> bool:
    return str(study.facts.get("species", "mouse")).lower() in ("mouse", "mus musculus")


def _neighbours(study: Study) -> pd.DataFrame:
    rows = study.weights[study.weights["weight_g"] > 0].copy()
    animal = rows.groupby("animal", sort=False)
    rows["before"], rows["after"] = animal["weight_g"].shift(1), animal["weight_g"].shift(-1)
    rows["day_before"], rows["day_after"] = animal["day"].shift(1), animal["day"].shift(-1)
    return rows


def _whole(file: str, code: str, severity: str, found: str, expected: str, action: str) -> Finding:
    return Finding(code, severity, found, expected, action, file, None, "weight_g")  # type: ignore[arg-type]


CHECKS: tuple[Callable[[Study, str], list[Finding]], ...] = (
    weight_limit_not_stated,
    weight_twice,
    weight_is_volume,
    weight_unit,
    impossible_weight,
    weight_slip,
    weight_jump,
    weights_exchanged,
    no_baseline_weight,
    vehicle_loses_weight,
    past_weight_limit,
    weighed_after_leaving,
)
