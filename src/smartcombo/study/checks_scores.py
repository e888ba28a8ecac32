"""Checks of the clinical scores of a study: a function for each mistake."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.config import ScoreTable
from smartcombo.study.model import Study
from smartcombo.study.row_findings import row_finding

_at = partial(row_finding, "score")

MOSTLY = 0.5
"""Share of animals with a score above 0 at baseline beyond which 0 is not the normal score."""
STAYED = ("alive-at-end", "tumour-free", "unknown")
"""Fates that do not say that an animal was taken."""


def check_scores(study: Study, file: str, given: ScoreTable | None) -> list[Finding]:
    """Return the findings of every check of the clinical scores.

    Parameters
    ----------
    file
        Name of the file the scores came from.
    given
        What ``study.toml`` says of the table.
    """
    if given is None or study.scores.empty:
        return _limit_without_scores(study)
    return [finding for check in CHECKS for finding in check(study, file, given)]


def _limit_without_scores(study: Study) -> list[Finding]:
    limit = study.limits.clinical_score
    if limit is None:
        return []
    return [
        Finding(
            code="no-scores",
            severity="note",
            file="study.toml",
            column="tables.scores",
            found=f"a limit of clinical score {limit:g}, and no clinical scores",
            expected="the score of each animal at each visit under [tables.scores]",
            action="add them where they exist; until then nothing is said about clinical signs",
        )
    ]


def score_limit_not_stated(study: Study, file: str, given: ScoreTable) -> list[Finding]:
    """Find scores without the protocol's limit."""
    if study.limits.clinical_score is not None:
        return []
    return [
        Finding(
            code="score-limit-not-stated",
            severity="note",
            file="study.toml",
            column="limits.clinical_score",
            found="clinical scores, and no limit",
            expected="the score at which your protocol takes an animal, such as clinical_score = 3",
            action="state it: without it no arm is flagged and no animal is at the limit",
        )
    ]


def score_limit_beyond_scale(study: Study, file: str, given: ScoreTable) -> list[Finding]:
    """Find a limit that no score of the stated scale reaches."""
    limit = study.limits.clinical_score
    if limit is None or given.highest is None or limit <= given.highest:
        return []
    return [
        Finding(
            code="score-limit-beyond-scale",
            severity="error",
            file="study.toml",
            column="limits.clinical_score",
            found=f"a limit of {limit:g} on a scale from 0 to {given.highest:g}",
            expected="a limit on the scale",
            action="correct clinical_score under [limits], or highest under [tables.scores]",
        )
    ]


def score_twice(study: Study, file: str, given: ScoreTable) -> list[Finding]:
    """Find two scores of one animal on one day."""
    twice = study.scores[study.scores.duplicated(["animal", "day"])]
    return [
        _at(row, file, "duplicate-visit", "error",
            f"animal {row.animal} scored twice on day {row.day:g}",
            "one clinical score per animal and day", "delete one, or keep the worse and say so")
        for row in twice.itertuples()
    ]  # fmt: skip


def score_off_scale(study: Study, file: str, given: ScoreTable) -> list[Finding]:
    """Find scores below 0, or above the highest of the stated scale."""
    high = float("inf") if given.highest is None else given.highest
    rows = study.scores[(study.scores["score"] < 0) | (study.scores["score"] > high)]
    scale = "0 or more" if given.highest is None else f"0 to {given.highest:g}"
    return [
        _at(row, file, "score-off-scale", "error",
            f"score {row.score:g} of animal {row.animal} on day {row.day:g}", scale,
            "correct the score; leave the cell blank where the animal was not scored")
        for row in rows.itertuples()
    ]  # fmt: skip


def score_not_whole(study: Study, file: str, given: ScoreTable) -> list[Finding]:
    """Find scores between two of a scale of whole numbers."""
    rows = study.scores[study.scores["score"] % 1 != 0] if given.whole else study.scores[:0]
    return [
        _at(row, file, "score-not-whole", "error",
            f"score {row.score:g} of animal {row.animal} on day {row.day:g}",
            "a whole number, as [tables.scores] states",
            "correct the score, or take out whole = true if half scores are given")
        for row in rows.itertuples()
    ]  # fmt: skip


def scores_not_from_zero(study: Study, file: str, given: ScoreTable) -> list[Finding]:
    """Find a scale on which a normal animal is not 0, such as body condition from 1 to 5."""
    early = study.scores[study.scores["day"] <= study.baseline_day]
    first = early.sort_values("day", kind="stable").groupby("animal")["score"].last()
    above = int((first > 0).sum())
    if not len(first) or above <= MOSTLY * len(first):
        return []
    found = f"{above} of {len(first)} animals score above 0 by the baseline day, median "
    return [
        Finding(
            code="scores-not-from-zero",
            severity="error",
            file=file,
            column="score",
            found=f"{found}{first.median():g}",
            expected="0 for a normal animal, more for a worse one",
            action="recode the scale; of body condition give the distance from normal (3 is 0, 2 "
            "is 1, 1 is 2), else the thinnest animals would count as the best",
        )
    ]


def scored_after_leaving(study: Study, file: str, given: ScoreTable) -> list[Finding]:
    """Find animals scored after the day on which they are said to have left."""
    stated = study.animals[~study.animals["fate_derived"].astype(bool)].set_index("animal")
    last = study.scores.sort_values("day", kind="stable").drop_duplicates("animal", keep="last")
    left = last["animal"].map(stated["fate_day"])
    return [
        _at(row, file, "scored-after-leaving", "warning",
            f"animal {row.animal} scored on day {row.day:g}, left on day "
            f"{stated.loc[row.animal, 'fate_day']:g}",
            "no clinical score after the fate day", "correct the fate day or the visit")
        for row in last[last["day"] > left].itertuples()
    ]  # fmt: skip


def _at_limit(study: Study) -> pd.DataFrame:
    """Return the scores at or past the protocol's limit, each animal in order of days."""
    limit = study.limits.clinical_score
    rows = study.scores.sort_values(["animal", "day"], kind="stable")
    return rows[:0] if limit is None else rows[rows["score"] >= limit]


def over_score_limit(study: Study, file: str, given: ScoreTable) -> list[Finding]:
    """Find animals scored again at or past the limit after they reached it."""
    rows = _at_limit(study)
    late = rows[rows.duplicated("animal")].drop_duplicates("animal")
    limit = study.limits.clinical_score
    return [
        _at(row, file, "over-score-limit", "warning",
            f"animal {row.animal} scored {row.score:g} on day {row.day:g}, and at or past "
            f"{limit:g} at an earlier visit",
            f"the animal to leave at {limit:g}", "check the humane endpoint of the protocol")
        for row in late.itertuples()
    ]  # fmt: skip


def score_limit_without_fate(study: Study, file: str, given: ScoreTable) -> list[Finding]:
    """Find animals that reached the limit and of which it is not recorded that they were taken."""
    home = study.animals.set_index("animal")
    findings = []
    for row in _at_limit(study).drop_duplicates("animal").itertuples():
        animal = home.loc[row.animal]
        if animal["fate"] not in STAYED and not animal["fate_derived"]:
            continue
        said = "no fate" if animal["fate_derived"] or animal["fate"] == "unknown" else (
            f"the fate {animal['fate']}"
        )  # fmt: skip
        findings.append(
            _at(row, file, "score-limit-without-fate", "warning",
                f"animal {row.animal} scored {row.score:g} on day {row.day:g}, with {said} in the "
                "animals table",
                f"an animal at {study.limits.clinical_score:g} to leave, with fate and fate_day",
                "write how it left (clinical-score, found-dead ...), or correct the score")
        )  # fmt: skip
    return findings


CHECKS: tuple[Callable[[Study, str, ScoreTable], list[Finding]], ...] = (
    score_limit_not_stated,
    score_limit_beyond_scale,
    score_twice,
    score_off_scale,
    score_not_whole,
    scores_not_from_zero,
    scored_after_leaving,
    over_score_limit,
    score_limit_without_fate,
)
