"""A ranked programme as one partner may see it: own molecules by code, all others absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from smartcombo.core.finding import Finding, StudyError, findings_table
from smartcombo.evidence.programme_evidence import Evidence
from smartcombo.evidence.programme_gather import gather, without_each_study
from smartcombo.ranking.blinding_decisions import decisions_shown
from smartcombo.ranking.blinding_key import BlindingKey, blinding_key
from smartcombo.ranking.blinding_parts import (
    findings_shown,
    inputs_shown,
    neutral_programme,
    neutral_results,
    shown_studies,
)
from smartcombo.ranking.blinding_words import WITHHELD, Scrubber
from smartcombo.ranking.decisions import inputs_hash
from smartcombo.ranking.dossier import (
    AGENT_COLUMNS,
    Dossier,
    agents_table,
    criteria_rows,
    inputs_table,
    studies_table,
)
from smartcombo.ranking.mice import mice_of
from smartcombo.ranking.options import RankOptions
from smartcombo.ranking.programme import criteria_at, default_options
from smartcombo.ranking.programme_next import criteria_of, next_for
from smartcombo.ranking.rank import rank
from smartcombo.ranking.result import Ranking
from smartcombo.ranking.reweighting import Reweighting, reweighting
from smartcombo.study.programme import FILE, Programme

TABLES = ("claims", "pooled", "grades", "moves", "criteria", "gates", "verdicts")


def blinded(
    programme: Programme,
    evidence: Evidence,
    partner: str | BlindingKey | None,
    *,
    options: RankOptions | None = None,
    decisions: pd.DataFrame | None = None,
) -> Dossier:
    """Return what one partner may see of a programme; every page made of it is blind.

    Use it for whoever may know their own molecules by code alone. Estimates, shrinkage and gaps
    lean on all candidates, as in the whole ranking; places are among those shown. Not for hiding
    that there are others: an estimate shrunk towards their mean tells of it.

    Parameters
    ----------
    programme, evidence
        As `smartcombo.read_programme` and `smartcombo.evidence.gather` give them; the evidence with
        its results.
    partner
        As an ``[[agent]]`` states it; ``None``: all molecules, by codes alone; or a key made before
        by :func:`smartcombo.ranking.blinding_key`.
    options, decisions
        As :func:`smartcombo.ranking.dossier_of` takes them; the candidates in the options by names.

    Returns
    -------
    Dossier
        Studies, files, references and arms under neutral names; free text that still names
        something hidden is withheld, and says so.

    Raises
    ------
    UnknownPartner, StudyError, AnalysisRefused
        As :func:`smartcombo.ranking.blinding_key`; ``StudyError`` too where a tumour model or
        criterion is called by a hidden name.
    """
    key = partner if isinstance(partner, BlindingKey) else blinding_key(programme, partner)
    names = {f"{name} | ": f"{label} | " for name, label in key.combinations.items()}
    scrub = Scrubber(key, {**dict(key.combinations), **names})
    options = replace(options or default_options(programme), shown=key.candidates)
    neutral = neutral_programme(programme, key, scrub)
    told = gather(neutral, neutral_results(programme, key, evidence.results))
    try:
        return _assembled(programme, neutral, evidence, told, scrub, options, decisions)
    except ValueError as fault:
        raise StudyError([_unshowable(str(fault))]) from fault


def _assembled(
    programme: Programme,
    neutral: Programme,
    evidence: Evidence,
    told: Evidence,
    scrub: Scrubber,
    options: RankOptions,
    decisions: pd.DataFrame | None,
) -> Dossier:
    """Return the dossier: numbers as of all candidates, words of those shown."""
    key = scrub.key
    table = criteria_at(programme, evidence, options.level)
    table = _with_sources(table, told.criteria, key)
    gates = _of_shown(told.gates, key)
    ranking = _ranking(programme, evidence, table, gates, key, options)
    again = reweighting(
        criteria_of(evidence), table, gates, ranking.summary,
        weights=evidence.weights["kind"], options=options,
    )  # fmt: skip
    findings = findings_shown(programme, key, scrub)
    inputs = scrub.table(inputs_shown(programme, key, inputs_table(programme)))
    return Dossier(
        programme=scrub.text(programme.id),
        title=f"{scrub.text(programme.facts.title or programme.id)} ({key.words})",
        contact=scrub.text(programme.facts.contact),
        context=programme.facts.context,
        synthetic=programme.synthetic,
        agents=_agents(neutral, scrub),
        combinations=_combinations(programme, key),
        studies=scrub.table(studies_table(shown_studies(programme, key, scrub))),
        inputs=inputs,
        criteria=scrub.table(criteria_rows(programme, evidence, again)),
        mice=scrub.table(_with_neutral_animals(_of_shown(mice_of(neutral), key), scrub)),
        evidence=_evidence(told, tuple(findings), scrub),
        ranking=_scrubbed(ranking, scrub),
        reweighting=_reweighting(again, scrub),
        experiments=scrub.table(next_for(programme, replace(evidence, gates=gates), options)),
        findings=findings_table(dict.fromkeys(findings)),
        decisions=decisions_shown(
            pd.DataFrame() if decisions is None else decisions,
            scrub, inputs_hash(inputs_table(programme)), inputs_hash(inputs),
        ),
        blinded=key.words,
    )  # fmt: skip


def _of_shown(table: pd.DataFrame, key: BlindingKey) -> pd.DataFrame:
    return table[table["candidate"].isin(key.candidates)].reset_index(drop=True)


def _with_neutral_animals(mice: pd.DataFrame, scrub: Scrubber) -> pd.DataFrame:
    """Return the mice; one whose id cannot be shown, or would be another's, gets a number."""
    every = mice[["study", "animal"]].drop_duplicates()
    shown = every["animal"].astype(str).map(scrub.text)
    twice = shown.groupby(every["study"]).transform(lambda own: own.duplicated(keep=False))
    numbers = (every.groupby("study").cumcount() + 1).astype(str)
    neutral = shown.where(~(twice.astype(bool) | (shown == WITHHELD)), "animal " + numbers)
    names = dict(zip(zip(every["study"], every["animal"], strict=True), neutral, strict=True))
    pairs = zip(mice["study"], mice["animal"], strict=True)
    return mice.assign(animal=[names[pair] for pair in pairs])


def _with_sources(criteria: pd.DataFrame, told: pd.DataFrame, key: BlindingKey) -> pd.DataFrame:
    """Return the criteria of all candidates; the sources by their neutral names."""
    rows = ["candidate", "criterion"]
    source = told.set_index(rows)["source"]
    names = [source.get(pair, "") for pair in zip(*(criteria[one] for one in rows), strict=True)]
    return criteria.assign(source=names)


def _ranking(
    programme: Programme,
    evidence: Evidence,
    table: pd.DataFrame,
    gates: pd.DataFrame,
    key: BlindingKey,
    options: RankOptions,
) -> Ranking:
    """Return the ranking of the candidates shown, also without each study shown."""
    without = without_each_study(programme, evidence)
    return rank(
        criteria_of(evidence),
        table,
        gates,
        weights=evidence.weights["kind"],
        options=options,
        without={key.studies[name]: rows for name, rows in without.items() if name in key.studies},
    )


def _scrubbed(ranking: Ranking, scrub: Scrubber) -> Ranking:
    """Return the ranking with codes in the place of names, in tables, words and options."""
    tables = {
        name: scrub.table(value)
        for name, value in vars(ranking).items()
        if isinstance(value, pd.DataFrame)
    }
    shown = set(scrub.key.candidates)
    options = dict(ranking.options)
    usual = [name for name in options.pop("population") if name in shown]
    kept = {**options, "shown": (), "population": tuple(usual)}
    return replace(
        ranking, **tables, formula=scrub.text(ranking.formula), options=scrub.value(kept)
    )


def _reweighting(again: Reweighting, scrub: Scrubber) -> Reweighting:
    return replace(
        again,
        candidates=scrub.value(again.candidates),
        criteria=scrub.value(again.criteria),
        titles=scrub.value(again.titles),
    )


def _evidence(told: Evidence, findings: tuple[Finding, ...], scrub: Scrubber) -> Evidence:
    tables = {name: scrub.table(_of_shown(getattr(told, name), scrub.key)) for name in TABLES}
    return replace(
        told,
        **tables,
        programme=scrub.text(told.programme),
        anchors=tuple(_scrubbed_anchor(anchor, scrub) for anchor in told.anchors),
        weights=scrub.value(dict(told.weights)),
        findings=findings,
        results={},
    )


def _scrubbed_anchor(anchor: Mapping[str, Any], scrub: Scrubber) -> dict[str, Any]:
    return {name: scrub.value(value) for name, value in anchor.items()}


def _agents(neutral: Programme, scrub: Scrubber) -> pd.DataFrame:
    """Return the agents shown: of a coded one its code, and what is known of it without a name."""
    key = scrub.key
    rows = []
    for row in agents_table(neutral).to_dict("records"):
        name = row["agent"]
        if name not in key.labels:
            continue
        if name in key.coded:
            row |= {"agent": key.labels[name], "names": "", "target": "", "mechanism": ""}
            row["partner"] = key.partner or ""
        rows.append(row)
    return scrub.table(pd.DataFrame(rows, columns=list(AGENT_COLUMNS)))


def _combinations(programme: Programme, key: BlindingKey) -> pd.DataFrame:
    rows = [
        {"combination": label, "title": label,
         "agents": "; ".join(key.labels[agent.id] for agent in programme.agents_of(name))}
        for name, label in key.combinations.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["combination", "title", "agents"])


def _unshowable(fault: str) -> Finding:
    return Finding(
        code="blinding-conflict",
        severity="error",
        file=FILE,
        found=fault,
        expected="tumour models, indications and criteria called by nothing that is hidden",
        action="rename it in programme.toml and its studies",
    )
