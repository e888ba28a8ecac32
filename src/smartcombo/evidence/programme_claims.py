"""Results become claims: which question, of which combination, in which direction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.core.result import Result
from smartcombo.core.verdicts import verdict
from smartcombo.evidence.programme_evidence import CLAIM_COLUMNS
from smartcombo.immune.markers import COMPOSITES
from smartcombo.stats.pooling import log_odds_ratios
from smartcombo.study.arms import plain_name
from smartcombo.study.model import Study
from smartcombo.study.programme import Programme, StudiedArm, agent_names
from smartcombo.study.programme_config import LiteratureFacts, PublishedFacts

TOPICS: dict[str, str] = {
    "growth_rate_difference": "growth",
    "log_ratio": "volume",
    "excess_inhibition": "volume",
    "floored_log_ratio": "volume",
    "controlled_share_difference": "control",
    "growing_rate_difference": "growth",
    "response_rate_difference": "response",
    "tumour_free_rate_difference": "response",
    "cure_rate_difference": "response",
    "restricted_mean_difference": "time",
    "hazard_ratio": "time",
    "weight_log_ratio": "tolerability",
    "treatment_death_rate_difference": "tolerability",
    "past_weight_limit_rate_difference": "tolerability",
    "worse_score_probability": "tolerability",
    "past_score_limit_rate_difference": "tolerability",
    "shift": "landscape",
}
"""Estimand -> topic. Each estimand here is one claim; others of the same numbers (ratios, growth
inhibition, odds) would count them twice."""
FOR = ("benefit", "synergy", "higher", "more than additive")
AGAINST = ("harm", "antagonism", "lower", "less than additive")
NEITHER = ("inconclusive", "no relevant difference", "additive")
LOW_IS_GOOD = ("exclusion",)
"""Axes of the landscape on which less is better."""
LITERATURE_TOPICS = {
    "inflamed": "inflammation", "infiltrated": "infiltration", "tolerated": "tolerability",
    "necessity": "necessity", "human": "human", "class_precedent": "class precedent",
}  # fmt: skip
SEPARATOR = " | "


def candidate_id(combination: str, context: str) -> str:
    """Return the id of a candidate: ``COMBINATION | MODEL OR INDICATION``."""
    return f"{combination}{SEPARATOR}{context}"


def candidates_of(programme: Programme) -> list[tuple[str, str]]:
    """Return each combination and context in which animals were given it, programme order first."""
    found: dict[tuple[str, str], None] = {}
    for combination in programme.combinations:
        for one in programme.studied:
            if one.combination == combination.id:
                study = programme.study(one.study)
                for model in models_given(study, one.parts.arm):
                    found[combination.id, programme.context_of(model)] = None
    return list(found)


def models_given(study: Study, arm: str) -> list[str]:
    """Return the tumour models in which an arm has animals, followed or sampled."""
    there = [set(table.loc[table["arm"] == arm, "model"]) for table in (study.animals,
             study.samples) if len(table)]  # fmt: skip
    given = set().union(*there)
    return [model.id for model in study.models if model.id in given]


def claims_table(programme: Programme, results: Iterable[Result]) -> pd.DataFrame:
    """Return every claim with ``CLAIM_COLUMNS``: those of the studies, then the literature.

    Parameters
    ----------
    results
        Results of the studies, of any analysis; each says which study it is of.
    """
    by_study: dict[str, list[Result]] = {}
    for result in results:
        by_study.setdefault(result.study, []).append(result)
    rows = [
        row
        for one in programme.studied
        for result in by_study.get(one.study, [])
        for row in _data_claims(programme, one, result)
    ]
    rows += [
        _literature_claim(programme, number, claim, combination, context)
        for number, claim in enumerate(programme.literature, start=1)
        for combination, context in _subjects(programme, claim)
    ]
    rows += [
        _published_claim(programme, one, context)
        for one in programme.published
        for combination, context in candidates_of(programme)
        if combination == one.combination and context in _contexts(programme, one.context)
    ]
    return pd.DataFrame(rows, columns=list(CLAIM_COLUMNS))


def _data_claims(programme: Programme, one: StudiedArm, result: Result) -> list[dict[str, Any]]:
    table = result.estimates
    kept = table[table["estimand"].isin(list(TOPICS)) & (table["question"] != "")]
    asked = kept[kept["model"].isin(models_given(programme.study(one.study), one.parts.arm))]
    return [
        _data_claim(programme, one, result, row, subject)
        for row in asked.to_dict("records")
        if (subject := _subject(one, row)) and _topic(row)
    ]


def _subject(one: StudiedArm, row: dict[str, Any]) -> str:
    if row["question"] == "single":
        named = {one.parts.molecule: "molecule", one.parts.ici: "ici"}
        return named.get(row["arm"], "")
    return "combination" if row["arm"] == one.parts.arm else ""


def _topic(row: dict[str, Any]) -> str:
    """Return the topic; of the landscape only its axes, whose markers are not counted again."""
    if row["analysis"] != "landscape":
        return TOPICS[row["estimand"]]
    marker = str(row["endpoint"]).rpartition(": ")[2]
    return marker if marker in COMPOSITES else ""


def _data_claim(
    programme: Programme, one: StudiedArm, result: Result, row: dict[str, Any], subject: str
) -> dict[str, Any]:
    context, topic = programme.context_of(row["model"]), _topic(row)
    copied = ("study", "model", "question", "null_model", "estimand", "contrast", "day", "value",
              "low", "high", "level", "unit", "scale", "n", "verdict", "method")  # fmt: skip
    return {name: row[name] for name in copied} | {
        "claim": _claim_id(row, one.combination),
        "kind": "data",
        "candidate": candidate_id(one.combination, context),
        "combination": one.combination,
        "context": context,
        "subject": subject,
        "topic": topic,
        "se": _standard_error(row),
        "direction": direction(str(row["verdict"]), topic),
        "status": row["status"],
        "result": f"{result.study}/{result.analysis}",
        "statement": "",
        "citation": "",
        "doi": "",
        "synthetic": programme.study(one.study).synthetic,
    }


def _claim_id(row: dict[str, Any], combination: str) -> str:
    """Return a name that says what is claimed, the same from run to run."""
    endpoint = "" if row["analysis"] in ("growth", "classes") else row["endpoint"]
    day = f"day {row['day']:g}" if row["analysis"] == "landscape" else ""
    parts = (row["study"], row["analysis"], row["model"], combination, row["question"],
             row["null_model"], endpoint, day, row["estimand"], row["contrast"])  # fmt: skip
    return "/".join(str(part) for part in parts if part)


def direction(verdict: str, topic: str) -> str:
    """Return whether a word speaks for or against a combination, for neither, or says nothing."""
    good, bad = (AGAINST, FOR) if topic in LOW_IS_GOOD else (FOR, AGAINST)
    if verdict in good:
        return "for"
    if verdict in bad:
        return "against"
    return "neither" if verdict in NEITHER else "unanswered"


def _standard_error(row: dict[str, Any]) -> float:
    """Return the standard error as given, else that of a normal interval of the same width."""
    if np.isfinite(row["se"]):
        return float(row["se"])
    if row["estimand"] == "hazard_ratio":
        return float("nan")
    reach = 2 * stats.norm.ppf(0.5 + row["level"] / 2)
    return float((row["high"] - row["low"]) / reach)


def _subjects(programme: Programme, claim: LiteratureFacts) -> Sequence[tuple[str, str]]:
    """Return the candidates a claim of the literature is about."""
    agent = agent_names(programme.agents).get(plain_name(claim.agent), "")
    contexts = _contexts(programme, claim.context)
    return [
        (combination, context)
        for combination, context in candidates_of(programme)
        if combination == claim.combination
        or agent in {one.id for one in programme.agents_of(combination)}
        if not claim.context or context in contexts
    ]


def _contexts(programme: Programme, name: str) -> set[str]:
    """Return what is ranked of a tumour model or indication."""
    wanted = plain_name(name)
    models = {m for m, i in programme.indications.items() if wanted in map(plain_name, (m, i))}
    return {programme.context_of(model) for model in models}


def _published_claim(programme: Programme, one: PublishedFacts, context: str) -> dict[str, Any]:
    """Return published counts as a log odds ratio, half an animal added to each cell."""
    counts = (one.responders, one.animals, one.responders_ici, one.animals_ici)
    values, variances = log_odds_ratios(*(np.array([float(count)]) for count in counts))
    value, se = float(values[0]), float(np.sqrt(variances[0]))
    level = programme.facts.level
    reach = float(stats.norm.ppf(0.5 + level / 2)) * se
    word = verdict("Q2", -value - reach, -value + reach, None)
    return {
        "claim": f"published/{one.study}/{one.combination}/{one.context}",
        "kind": "literature", "candidate": candidate_id(one.combination, context),
        "combination": one.combination, "context": context, "study": one.study,
        "model": one.context, "subject": "combination", "topic": "response", "question": "Q2",
        "null_model": "", "estimand": "response_log_odds_ratio",
        "contrast": "combination v checkpoint inhibitor alone", "value": value,
        "low": value - reach, "high": value + reach, "level": level, "se": se,
        "unit": "log odds ratio", "scale": "log odds, combination minus ICI; plus is benefit",
        "n": one.animals + one.animals_ici, "verdict": word,
        "direction": direction(word, "response"), "status": "ok",
        "method": "pooling.random-effects/1", "result": f"{one.study}/published",
        "statement": f"{one.responders} of {one.animals} v {one.responders_ici} of "
        f"{one.animals_ici} responded", "citation": one.citation, "doi": one.doi,
        "synthetic": programme.synthetic,
    }  # fmt: skip


def _literature_claim(
    programme: Programme, number: int, claim: LiteratureFacts, combination: str, context: str
) -> dict[str, Any]:
    return {
        "claim": f"literature {number}: {claim.citation}",
        "kind": "literature",
        "candidate": candidate_id(combination, context),
        "combination": combination,
        "context": context,
        "subject": "molecule" if claim.agent else "combination",
        "topic": LITERATURE_TOPICS.get(claim.question, "literature"),
        "question": claim.question,
        "direction": claim.direction,
        "statement": claim.statement,
        "citation": claim.citation,
        "doi": claim.doi,
        "status": "written by hand, not computed",
        "synthetic": programme.synthetic,
    }
