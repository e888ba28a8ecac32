"""Section of the time-to-event analysis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from smartcombo.core.result import Result
from smartcombo.report.event_words import NAMES, event_words
from smartcombo.report.sections.base import Section
from smartcombo.report.sections.rows import pick, text_of
from smartcombo.report.words import number, p_value, with_interval
from smartcombo.study.model import Study


def event_blocks(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return one block for each endpoint and tumour model: arms, questions, tests, as text."""
    blocks = []
    for result in results:
        if result.analysis == "progression":
            keys = result.estimates[["endpoint", "model"]].drop_duplicates()
            order = {name: k for k, name in enumerate(NAMES)}
            for endpoint, model in sorted(keys.values.tolist(), key=lambda k: order[k[0]]):
                blocks.append(_block(study, result, endpoint, model))
    return blocks


def _block(study: Study, result: Result, endpoint: str, model: str) -> dict[str, Any]:
    rows = _own(result.estimates, endpoint, model)
    times = _own(result.tables["times"], endpoint, model)
    return {
        "endpoint": endpoint,
        "model": model,
        "title": NAMES[endpoint],
        "event": event_words(study, result, endpoint),
        "horizon": f"{result.options['horizon'][model][endpoint]:.3g}",
        "arms": _arms(study, rows, times),
        "questions": _questions(rows),
        "delays": _delays(rows),
        "logrank": _logrank(_own(result.tables["logrank"], endpoint, model)),
        "correlation": _checks(result, endpoint, model, "correlation of responses"),
        "visits": _visits(result, endpoint, model),
    }


def _own(table: pd.DataFrame, endpoint: str, model: str) -> pd.DataFrame:
    if table.empty:
        return table
    return table[(table["endpoint"] == endpoint) & (table["model"] == model)]


def _arms(study: Study, rows: pd.DataFrame, times: pd.DataFrame) -> list[dict[str, Any]]:
    alone = rows[rows["question"] == ""]
    found = []
    for arm, own in alone.groupby("arm", sort=False):
        found.append(
            {
                "label": study.label(str(arm)),
                "n": f"{own['n'].iloc[0]:.0f}",
                "events": str(int(times.loc[times["arm"] == arm, "event"].sum())),
                "median": _days(pick(own, "median_time")),
                "mean": text_of(own, "restricted_mean"),
                "doubling": _days(pick(own, "animal_doubling_time"), "does not grow"),
            }
        )
    return found


def _days(row: dict[str, Any] | None, never: str = "not reached") -> str:
    """Return a time with its interval, in words where it or its limit is infinite."""
    if row is None:
        return ""
    if not math.isfinite(row["value"]):
        low = row["low"]
        return f"{never} (above {low:.3g})" if math.isfinite(low) else never
    ends = [f"{x:.3g}" if math.isfinite(x) else never for x in (row["low"], row["high"])]
    return f"{row['value']:.3g} ({ends[0]} to {ends[1]})"


def _questions(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each question on one line: days gained, hazard ratio, log-rank test, word."""
    asked = rows[rows["question"] != ""]
    found = []
    for (question, contrast), own in asked.groupby(["question", "contrast"], sort=False):
        null = "independent_action" if question == "Q4" else ""
        gap = pick(own, "restricted_mean_difference", null)
        if gap is None:
            continue
        test = pick(own, "logrank_hazard_ratio")
        found.append(
            {
                "question": {"single": "agent alone"}.get(question, question),
                "contrast": contrast,
                "gap": with_interval(gap["value"], gap["low"], gap["high"]),
                "p": p_value(gap["p"]),
                "hazard": _ratio(pick(own, "hazard_ratio")),
                "logrank": "" if test is None else p_value(test["p"]),
                "holm": "" if test is None else p_value(test["p_holm"]),
                "n": f"{gap['n']:.0f}",
                "verdict": gap["verdict"],
                "status": gap["status"] if gap["verdict"] in ("missing", "not estimable") else "",
            }
        )
    return found


def _ratio(row: dict[str, Any] | None) -> str:
    if row is None or not math.isfinite(row["value"]):
        return ""
    low, high = (f"{x:.2g}" if x < 1000 else "no limit" for x in (row["low"], row["high"]))
    return f"{row['value']:.2g} ({low} to {high})"


def _delays(rows: pd.DataFrame) -> list[dict[str, Any]]:
    found = []
    delayed = rows[rows["estimand"] == "growth_delay"]
    specific = rows[rows["estimand"] == "specific_growth_delay"].set_index("contrast")
    for row in delayed.to_dict("records"):
        own = specific.loc[row["contrast"]] if row["contrast"] in specific.index else None
        found.append(
            {
                "contrast": row["contrast"],
                "days": _delay(row),
                "doublings": "" if own is None else _delay(own.to_dict()),
                "verdict": row["verdict"],
                "status": "" if row["status"] == "ok" else row["status"],
            }
        )
    return found


def _delay(row: dict[Any, Any]) -> str:
    """Return a delay with its interval; an end beyond the follow-up is said, not drawn."""
    if math.isnan(row["value"]):
        return "–"
    if not math.isfinite(row["value"]):
        inner = row["low"] if row["value"] > 0 else row["high"]
        side = "above" if row["value"] > 0 else "below"
        return f"not reached ({side} {number(inner, 1)})" if math.isfinite(inner) else "not reached"
    low, high = (
        number(x, 1) if math.isfinite(x) else "no limit" for x in (row["low"], row["high"])
    )
    return f"{number(row['value'], 1)} ({low} to {high})"


def _logrank(rows: pd.DataFrame) -> str:
    if rows.empty:
        return ""
    row = rows.iloc[0]
    p = p_value(row["p"])
    within = f" within {row['strata']:.0f} batches" if row["strata"] > 1 else ""
    return (
        f"Log-rank test over all arms{within}: chi-square {row['chi2']:.1f} on {row['df']:.0f} "
        f"degrees of freedom, p {p if p.startswith('<') else '= ' + p}, "
        f"{row['animals']:.0f} animals."
    )


def _checks(result: Result, endpoint: str, model: str, check: str) -> list[dict[str, Any]]:
    checks = result.checks
    own = checks[(checks["model"] == model) & (checks["check"] == check)]
    own = own[own["subject"].str.startswith(f"{endpoint}: ")]
    return [
        {"contrast": row["subject"].removeprefix(f"{endpoint}: "), "said": row["message"],
         "status": row["status"]}
        for row in own.to_dict("records")
    ]  # fmt: skip


def _visits(result: Result, endpoint: str, model: str) -> str:
    """Return one sentence: whether the visits are too far apart to trust the days between."""
    said = _checks(result, endpoint, model, "events between visits")
    if not said:
        return ""
    widest = _own(result.tables["visits"], endpoint, model)["widest_days"].max()
    start = f"Events lie between two visits, up to {widest:.3g} days apart. "
    moved = [one["contrast"] for one in said if one["status"] != "ok"]
    if not moved:
        return start + (
            "They are close enough: wherever events lie between their visits, no difference "
            "moves by more than a quarter of its standard error."
        )
    other = [f"{one['contrast']} {one['said'].rsplit('its word ')[1]}"
             for one in said if "its word becomes" in one["said"]]  # fmt: skip
    words = "No word changes." if not other else f"Words that change: {'; '.join(other)}."
    return start + (
        f"They are too far apart not to matter for {len(moved)} of {len(said)} contrasts: with the "
        "place of events between visits the difference moves by more than a quarter of its "
        f"standard error. {words}"
    )


SECTIONS = (
    Section(
        "progression",
        "How long until tumours progress",
        "Progression",
        lambda study, results: {"blocks": event_blocks(study, results)},
    ),
)
