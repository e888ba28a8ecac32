"""A programme, its results and findings under neutral names, so that all words come out blind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.core.result import Result
from smartcombo.ranking.blinding_key import BlindingKey, hidden_arms, programme_agent
from smartcombo.ranking.blinding_words import WITHHELD, Scrubber
from smartcombo.study.arms import plain_name
from smartcombo.study.model import Arm, Study
from smartcombo.study.programme import Programme, agent_names
from smartcombo.study.programme_config import (
    LiteratureFacts,
    ProgrammeAgentFacts,
    PublishedFacts,
)

PLAIN_FILE = re.compile(
    r"(study|plan|programme|volumes?|animals?|weights?|samples?|expression|counts|cells|flow|"
    r"populations|proteins|tissue|tumou?rs?|data)\.(toml|csv|tsv|xlsx|parquet|h5ad)"
)
"""Names of files that say nothing; every other becomes ``file-1.csv``."""
REFERENCE = "reference {} (withheld)"
"""In the place of a source, which would lead to the name of what it is about."""


def neutral_programme(programme: Programme, key: BlindingKey, scrub: Scrubber) -> Programme:
    """Return the programme with neutral studies, arms and references; its numbers are untouched.

    Combinations and agents keep their ids: random streams know candidates by them.
    """
    names = _study_names(programme, key)
    return replace(
        programme,
        agents=tuple(_agent(one, key, scrub) for one in programme.agents),
        literature=_literature(programme, key, scrub),
        published=_published(programme, key),
        studies=tuple(_study(one, programme, key, names, scrub) for one in programme.studies),
        studied=tuple(replace(one, study=names[one.study]) for one in programme.studied),
        findings=(),
    )


def neutral_results(
    programme: Programme, key: BlindingKey, results: Mapping[str, Iterable[Result]]
) -> dict[str, tuple[Result, ...]]:
    """Return the results under the neutral names of their studies and arms."""
    names = _study_names(programme, key)
    return {
        names[study.id]: tuple(
            _result(one, names[study.id], arm_labels(programme, key, study))
            for one in results[study.id]
        )
        for study in programme.studies
    }


def arm_labels(programme: Programme, key: BlindingKey, study: Study) -> dict[str, str]:
    """Return label of an arm -> what it gives, by codes, of every arm that may be shown."""
    lookup = agent_names(programme.agents)
    known = {agent.id: programme_agent(agent, lookup) for agent in study.agents}
    shown = [a for a in study.arms if a.id not in hidden_ids(programme, key, study)]
    plain = {a.label: _given(a, key, known, doses=False) for a in shown}
    often = Counter(plain.values())
    found: dict[str, str] = {}
    for arm in shown:
        label = plain[arm.label]
        label = label if often[label] == 1 else _given(arm, key, known, doses=True)
        taken = sum(one.partition(" (arm ")[0] == label for one in found.values())
        found[arm.label] = label if not taken else f"{label} (arm {taken + 1})"
    return found


def hidden_ids(programme: Programme, key: BlindingKey, study: Study) -> set[str]:
    """Return the ids of the arms of a study that give anything that is not shown."""
    return {arm.id for arm in hidden_arms(programme, study.id, key.labels)}


def shown_studies(programme: Programme, key: BlindingKey, scrub: Scrubber) -> list[Study]:
    """Return the studies shown, with the arms and animals shown, under neutral names."""
    return [
        _study(_cut(one, programme, key), programme, key, dict(key.studies), scrub)
        for one in programme.studies
        if one.id in key.studies
    ]


def neutral_files(study: Study) -> dict[str, str]:
    """Return name of a file of a study -> one that says nothing, its ending kept."""
    names = list(dict.fromkeys(item.name for item in study.inputs))
    odd = [name for name in names if not PLAIN_FILE.fullmatch(name.lower())]
    return {name: f"file-{number}{PurePath(name).suffix.lower()[:8]}" for number, name in
            enumerate(odd, start=1)}  # fmt: skip


def inputs_shown(programme: Programme, key: BlindingKey, inputs: pd.DataFrame) -> pd.DataFrame:
    """Return the files of the studies shown; of a study shared with others no number of rows."""
    rows = []
    for study in programme.studies:
        if study.id not in key.studies:
            continue
        files, shared = neutral_files(study), bool(hidden_ids(programme, key, study))
        own = inputs[inputs["study"] == study.id].to_dict("records")
        rows += [
            {"study": key.studies[study.id], "file": files.get(row["file"], row["file"]),
             "sha256": row["sha256"], "rows": None if shared else row["rows"]}
            for row in own
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(inputs.columns), dtype=object)


def findings_shown(programme: Programme, key: BlindingKey, scrub: Scrubber) -> list[Finding]:
    """Return the findings of the studies shown; none that is about what is hidden."""
    found: list[Finding] = []
    for study in programme.studies:
        if study.id not in key.studies:
            continue
        own = scrub.also({**neutral_files(study), **arm_labels(programme, key, study),
                          study.id: key.studies[study.id]})  # fmt: skip
        hidden = _hidden_words(programme, key, study)
        found += [
            own.finding(one)
            for one in study.findings
            if not (hidden and hidden.search(" ".join((one.subject, one.found, one.expected))))
        ]
    found += [scrub.finding(one) for one in programme.findings
              if one.subject in {*key.combinations, *key.labels} and one.subject]  # fmt: skip
    return [one for one in found if WITHHELD not in (one.found, one.expected, one.file)]


def _hidden_words(programme: Programme, key: BlindingKey, study: Study) -> re.Pattern[str] | None:
    """Return a pattern of the hidden arms and their animals; ``None`` where nothing is hidden."""
    hidden = hidden_ids(programme, key, study)
    if not hidden:
        return None
    words = [word for arm in study.arms if arm.id in hidden for word in (arm.id, arm.label)]
    for table in (study.animals, study.samples):
        if "animal" in table:
            words += [str(a) for a in table.loc[table["arm"].isin(hidden), "animal"].dropna()]
    body = "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True) if word)
    return re.compile(rf"(?<![^\W_])(?:{body})(?![^\W_])", re.IGNORECASE)


def _study_names(programme: Programme, key: BlindingKey) -> dict[str, str]:
    """Return neutral names of all studies; those not shown leave with their rows."""
    rest = [study.id for study in programme.studies if study.id not in key.studies]
    return dict(key.studies) | {name: f"other-{n}" for n, name in enumerate(rest, start=1)}


def _cut(study: Study, programme: Programme, key: BlindingKey) -> Study:
    """Return a study without the arms that are hidden, and without their animals."""
    hidden = hidden_ids(programme, key, study)
    animals = study.animals[~study.animals["arm"].isin(hidden)]
    sampled = study.samples[~study.samples["arm"].isin(hidden)]
    there = {*animals["model"], *sampled["model"]}
    return replace(
        study,
        arms=tuple(arm for arm in study.arms if arm.id not in hidden),
        models=tuple(model for model in study.models if model.id in there),
        animals=animals,
    )


def _study(
    study: Study,
    programme: Programme,
    key: BlindingKey,
    names: Mapping[str, str],
    scrub: Scrubber,
) -> Study:
    """Return a study under its neutral name, its arms called by what they give."""
    labels = arm_labels(programme, key, study)
    facts = {name: scrub.value(value) for name, value in study.facts.items()}
    return replace(
        study,
        id=names[study.id],
        title=scrub.text(study.title),
        arms=tuple(replace(arm, label=labels.get(arm.label, arm.label)) for arm in study.arms),
        facts=facts,
    )


def _given(arm: Arm, key: BlindingKey, known: Mapping[str, str], *, doses: bool) -> str:
    """Return what an arm gives: ``P1-01 + anti-PD-1``, with doses where arms differ by them."""
    order = {name: place for place, name in enumerate(key.labels)}
    told = []
    for one in sorted(arm.treatments, key=lambda t: order.get(known.get(t.agent, t.agent), 0)):
        name = key.labels[known.get(one.agent, one.agent)]
        dose = f" {one.dose:g} {one.unit}" if doses and one.dose is not None else ""
        told.append(f"{name}{dose}".strip())
    return " + ".join(told) or "Vehicle"


def _result(result: Result, study: str, labels: Mapping[str, str]) -> Result:
    table = result.estimates
    longest = sorted(labels, key=len, reverse=True)
    found = re.compile(
        rf"(?<![^\W_])(?:{'|'.join(re.escape(one) for one in longest) or '(?!)'})(?![^\W_])"
    )
    told = {one: found.sub(lambda match: labels[match.group(0)], one)
            for one in set(table["contrast"]) if isinstance(one, str)}  # fmt: skip
    return replace(
        result,
        study=study,
        estimates=table.assign(study=study, contrast=table["contrast"].replace(told)),
    )


def _agent(agent: ProgrammeAgentFacts, key: BlindingKey, scrub: Scrubber) -> ProgrammeAgentFacts:
    """Return an agent whose sources lead nowhere, where it is called by its code."""
    if agent.id not in key.labels:
        return agent
    coded = agent.id in key.coded

    def source(text: str, number: int) -> str:
        return REFERENCE.format(number) if coded else scrub.text(text)

    return agent.model_copy(
        update={
            "exposure": scrub.text(agent.exposure),
            "activity": tuple(
                one.model_copy(update={"source": source(one.source, number)})
                for number, one in enumerate(agent.activity, start=1)
            ),
            "liability": tuple(
                one.model_copy(
                    update={"text": scrub.text(one.text), "source": source(one.source, number)}
                )
                for number, one in enumerate(agent.liability, start=1 + len(agent.activity))
            ),
        }
    )


def _literature(
    programme: Programme, key: BlindingKey, scrub: Scrubber
) -> tuple[LiteratureFacts, ...]:
    """Return the claims about what is shown; those about a coded molecule without their source."""
    lookup = agent_names(programme.agents)
    found: list[LiteratureFacts] = []
    for claim in programme.literature:
        agent = lookup.get(plain_name(claim.agent), "")
        if agent not in key.labels and claim.combination not in key.combinations:
            continue
        free = agent in key.labels and agent not in key.coded
        cited = scrub.text(claim.citation) if free else REFERENCE.format(len(found) + 1)
        found.append(
            claim.model_copy(
                update={
                    "statement": scrub.text(claim.statement),
                    "citation": cited,
                    "doi": claim.doi if free and cited != WITHHELD else "",
                }
            )
        )
    return tuple(found)


def _published(programme: Programme, key: BlindingKey) -> tuple[PublishedFacts, ...]:
    own = [one for one in programme.published if one.combination in key.combinations]
    return tuple(
        one.model_copy(
            update={"study": f"publication-{n}", "citation": REFERENCE.format(f"p{n}"), "doi": ""}
        )
        for n, one in enumerate(own, start=1)
    )
