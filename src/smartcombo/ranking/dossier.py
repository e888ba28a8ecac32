"""A ranked programme as every page, memo, table and package of it sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd

from smartcombo.core.finding import findings_table
from smartcombo.evidence.programme_evidence import Evidence
from smartcombo.evidence.programme_measures import MEASURES
from smartcombo.ranking.mice import mice_of
from smartcombo.ranking.options import RankOptions
from smartcombo.ranking.programme import default_options, rank_programme
from smartcombo.ranking.programme_next import criteria_of, next_for
from smartcombo.ranking.result import Ranking
from smartcombo.ranking.reweighting import Reweighting, reweighting
from smartcombo.study.model import Study
from smartcombo.study.programme import FILE, Programme

AGENT_COLUMNS = ("agent", "names", "kind", "code", "partner", "target", "mechanism", "species",
                 "exposure", "activity", "liabilities")  # fmt: skip
STUDY_COLUMNS = ("study", "title", "models", "species", "arms", "animals", "randomised", "blinded",
                 "licence", "synthetic")  # fmt: skip
CRITERION_COLUMNS = ("criterion", "title", "measure", "text", "unit", "worst", "best", "weight")
INPUT_COLUMNS = ("study", "file", "sha256", "rows")


@dataclass(frozen=True)
class Dossier:
    """What is shown of a programme: plain tables and words, nothing that is not rendered.

    Attributes
    ----------
    programme, title, contact
        As ``[programme]`` states them.
    context
        What a combination is ranked in: ``model`` or ``indication``.
    synthetic
        Whether any study is made up; everything made from a dossier then says so.
    agents, combinations, studies, inputs
        ``AGENT_COLUMNS``; ``combination, title, agents``; ``STUDY_COLUMNS``; ``INPUT_COLUMNS``
        (the files read, with their checksums).
    criteria
        ``CRITERION_COLUMNS``: what counts, how it is read, its anchors and its share of the weight.
    mice
        Every measurement of the animals behind each candidate (`smartcombo.ranking.mice`).
    evidence
        Claims, grades, gates; its ``results`` are left behind.
    ranking, reweighting
        The order, and the draws from which a reader may rank again.
    experiments
        What to do next, as :func:`smartcombo.ranking.next_experiments` gives it.
    findings
        Of the programme and of its studies.
    decisions
        The log of decisions, oldest first; empty without one.
    blinded
        For whom it is blinded (`smartcombo.ranking.blinding`); empty where every name is shown.
    """

    programme: str
    title: str
    contact: str
    context: str
    synthetic: bool
    agents: pd.DataFrame
    combinations: pd.DataFrame
    studies: pd.DataFrame
    inputs: pd.DataFrame
    criteria: pd.DataFrame
    mice: pd.DataFrame
    evidence: Evidence
    ranking: Ranking
    reweighting: Reweighting
    experiments: pd.DataFrame
    findings: pd.DataFrame
    decisions: pd.DataFrame
    blinded: str = ""


def dossier_of(
    programme: Programme,
    evidence: Evidence,
    ranking: Ranking | None = None,
    *,
    options: RankOptions | None = None,
    decisions: pd.DataFrame | None = None,
) -> Dossier:
    """Return a programme with its ranking and everything that is shown beside it.

    Parameters
    ----------
    programme, evidence
        As `smartcombo.read_programme` and `smartcombo.evidence.gather` give them.
    ranking
        Made with these ``options``; default: it is made here.
    decisions
        The log of decisions; default none.

    Raises
    ------
    AnalysisRefused
        If the programme cannot be ranked.
    """
    options = options or default_options(programme)
    ranking = ranking or rank_programme(programme, evidence, options)
    again = reweighting(
        criteria_of(evidence), evidence.criteria, evidence.gates, ranking.summary,
        weights=evidence.weights["kind"], options=options,
    )  # fmt: skip
    return Dossier(
        programme=programme.id,
        title=programme.facts.title or programme.id,
        contact=programme.facts.contact,
        context=programme.facts.context,
        synthetic=programme.synthetic,
        agents=agents_table(programme),
        combinations=_combinations(programme),
        studies=studies_table(programme.studies),
        inputs=inputs_table(programme),
        criteria=criteria_rows(programme, evidence, again),
        mice=mice_of(programme),
        evidence=replace(evidence, results={}),
        ranking=ranking,
        reweighting=again,
        experiments=next_for(programme, evidence, options),
        findings=_findings(programme, evidence),
        decisions=pd.DataFrame() if decisions is None else decisions,
    )  # fmt: skip


def criteria_rows(programme: Programme, evidence: Evidence, again: Reweighting) -> pd.DataFrame:
    """Return the criteria in their order; the weight is the mean share of the score."""
    shares = dict(zip(again.criteria, again.weights, strict=True))
    rows = [
        {
            "criterion": one.id,
            "title": anchor["title"],
            "measure": one.measure,
            "text": MEASURES[one.measure].text if one.measure in MEASURES else anchor["unit"],
            "unit": anchor["unit"],
            "worst": one.worst,
            "best": one.best,
            "weight": float(shares.get(one.id, 0.0)),
        }
        for one, anchor in zip(programme.criteria, evidence.anchors, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(CRITERION_COLUMNS))


def agents_table(programme: Programme) -> pd.DataFrame:
    """Return every agent as ``programme.toml`` describes it, with ``AGENT_COLUMNS``."""
    rows = [
        {
            "agent": one.id,
            "names": "; ".join(one.names),
            "kind": one.kind,
            "code": one.code,
            "partner": one.partner,
            "target": one.target,
            "mechanism": one.mechanism,
            "species": "; ".join(one.species),
            "exposure": one.exposure,
            "activity": "; ".join(f"{a.indication}: {a.grade} ({a.source})" for a in one.activity),
            "liabilities": "; ".join(f"{x.text} ({x.source})" for x in one.liability),
        }
        for one in programme.agents
    ]
    return pd.DataFrame(rows, columns=list(AGENT_COLUMNS))


def _combinations(programme: Programme) -> pd.DataFrame:
    rows = [
        {"combination": one.id, "title": one.title or one.id,
         "agents": "; ".join(given.agent for given in one.agents)}
        for one in programme.combinations
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["combination", "title", "agents"])


def studies_table(studies: Iterable[Study]) -> pd.DataFrame:
    """Return what each study is, with ``STUDY_COLUMNS``."""
    rows = [
        {
            "study": study.id,
            "title": study.title,
            "models": "; ".join(model.id for model in study.models),
            "species": study.facts.get("species", ""),
            "arms": len(study.arms),
            "animals": len(study.animals),
            "randomised": study.facts.get("randomised"),
            "blinded": study.facts.get("blinded"),
            "licence": study.facts.get("licence", ""),
            "synthetic": study.synthetic,
        }
        for study in studies
    ]
    return pd.DataFrame(rows, columns=list(STUDY_COLUMNS))


def inputs_table(programme: Programme) -> pd.DataFrame:
    """Return every file read, the programme's own first."""
    own = (programme.folder / FILE).read_bytes()
    rows = [("", FILE, hashlib.sha256(own).hexdigest(), own.count(b"\n"))]
    rows += [
        (study.id, item.name, item.sha256, item.rows)
        for study in programme.studies
        for item in study.inputs
    ]
    return pd.DataFrame(rows, columns=list(INPUT_COLUMNS))


def _findings(programme: Programme, evidence: Evidence) -> pd.DataFrame:
    found = [*programme.findings, *(f for study in programme.studies for f in study.findings)]
    return findings_table(dict.fromkeys([*found, *evidence.findings]))
