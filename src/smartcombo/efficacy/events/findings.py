"""What the reader must know about the animals behind the times."""

from __future__ import annotations

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.efficacy.events.endpoints import DISEASE
from smartcombo.efficacy.events.reading import Reading

ENDED = ("alive-at-end", "tumour-free", "planned-cull")
"""Fates that end the follow-up of an animal without telling anything about its tumour."""


def event_findings(readings: tuple[Reading, ...]) -> tuple[Finding, ...]:
    """Return who was censored for another reason, and who could not be timed."""
    found: list[Finding] = []
    for reading in readings:
        if reading.endpoint.id == "progression":
            found += _left_before(reading.frame.model, reading.times)
        if reading.endpoint.id in ("survival", "humane_endpoint"):
            found += _left_unexplained(reading)
    return (*_without_baseline(readings[0]), *found) if readings else ()


def _left_before(model: str, times: pd.DataFrame) -> list[Finding]:
    left = times[~times["event"] & ~times["reason"].isin(ENDED)]
    if left.empty:
        return []
    return [
        Finding(
            code="left-before-progression",
            severity="warning",
            subject=model,
            found=f"{len(left)} animals left before progression and before the end "
            f"({_reasons(left)})",
            expected="leaving that has nothing to do with the tumour",
            action="they are censored when last seen; if they were about to progress, times are "
            "too long",
        )
    ]


def _left_unexplained(reading: Reading) -> list[Finding]:
    times = reading.times
    left = times[~times["event"] & ~times["reason"].isin((*ENDED, *DISEASE))]
    if left.empty:
        return []
    return [
        Finding(
            code="left-without-reason",
            severity="warning",
            subject=reading.frame.model,
            found=f"{len(left)} animals left before the end ({_reasons(left)}), "
            f"endpoint {reading.endpoint.name}",
            expected="why and when each animal left, in the animals table",
            action="they are censored when last seen; if they were removed for disease, times are "
            "too long: state their fate",
        )
    ]


def _without_baseline(reading: Reading) -> list[Finding]:
    late = sorted(set(reading.frame.animals) - set(reading.times["animal"]))
    if reading.endpoint.id == "relapse" or not late:
        return []
    return [
        Finding(
            code="no-baseline",
            severity="warning",
            subject=reading.frame.model,
            found=f"{len(late)} animals not measured on the baseline day: {', '.join(late[:6])}"
            + (" ..." if len(late) > 6 else ""),
            expected="each animal measured at baseline, where its time starts",
            action="they have no time to event and stay out of these curves",
        )
    ]


def _reasons(left: pd.DataFrame) -> str:
    return ", ".join(f"{n} {why}" for why, n in left["reason"].value_counts().items())
