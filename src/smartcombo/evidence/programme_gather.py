"""From a programme to its evidence: run the analyses, claim, pool, grade, gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from smartcombo import efficacy, immune
from smartcombo.core.finding import AnalysisRefused, Finding
from smartcombo.core.result import Result
from smartcombo.evidence.programme_claims import candidate_id, candidates_of, claims_table
from smartcombo.evidence.programme_criteria import anchors_of, criteria_table, verdicts_table
from smartcombo.evidence.programme_evidence import Evidence
from smartcombo.evidence.programme_gates import Case, gates_table
from smartcombo.evidence.programme_grades import graded
from smartcombo.evidence.programme_measures import pooled_table
from smartcombo.study.model import Study
from smartcombo.study.programme import Programme

ANALYSES = ("classes", "response", "progression", "tolerability")


def gather(programme: Programme, results: Mapping[str, Sequence[Result]] | None = None) -> Evidence:
    """Answer what several studies say of each combination in each tumour, for and against.

    Parameters
    ----------
    programme
        As `smartcombo.read_programme` returns it.
    results
        Study id -> its results, where they were made before; else the analyses are run here
        (growth, classes, response, progression, tolerability, landscape).

    Returns
    -------
    Evidence
        Frozen tables: claims, measures pooled with the study as the unit, the two grades with
        their moves, the criteria a ranking draws from, gates, and one word a candidate.

    Raises
    ------
    AnalysisRefused
        If no study gives animals any combination of the programme.

    References
    ----------
    Hooijmans et al. 2014, 10.1186/1471-2288-14-43 (SYRCLE); Percie du Sert et al. 2020,
    10.1371/journal.pbio.3000410 (ARRIVE 2.0); Hartung and Knapp 2001, 10.1002/sim.791.
    """
    candidates = [(candidate_id(*pair), *pair) for pair in candidates_of(programme)]
    if not candidates:
        raise AnalysisRefused(
            f"evidence of {programme.id}: none of its {len(programme.combinations)} combinations "
            f"was given in its {len(programme.studies)} studies; smartcombo check names the arms"
        )
    made, findings = _results(programme, results)
    claims = claims_table(programme, [one for own in made.values() for one in own])
    pooled = pooled_table(candidates, claims, programme.facts.level)
    grades, moves = graded(programme, candidates, claims)
    gates = gates_table(_cases(programme, candidates, claims, pooled, made))
    return Evidence(
        programme=programme.id,
        claims=claims,
        pooled=pooled,
        grades=grades,
        moves=moves,
        criteria=criteria_table(programme, candidates, claims, pooled, grades),
        gates=gates,
        verdicts=verdicts_table(programme, candidates, claims, pooled, gates),
        anchors=anchors_of(programme),
        weights={"kind": programme.weights.kind, "order": programme.weights.order},
        findings=(*programme.findings, *findings),
        synthetic=programme.synthetic,
        results=made,
    )


def without_each_study(programme: Programme, evidence: Evidence) -> dict[str, pd.DataFrame]:
    """Return, for each study, the criteria as they would be without it: no analysis is run again.

    Parameters
    ----------
    evidence
        As `gather` returned it for this programme.

    Returns
    -------
    dict
        Study id -> table with ``CRITERIA_COLUMNS``; a candidate that only this study knows is
        absent. Empty for a programme of one study.
    """
    if len(programme.studies) < 2:
        return {}
    rest = {study.id: programme.without(study.id) for study in programme.studies}
    return {
        name: gather(less, evidence.results).criteria
        for name, less in rest.items()
        if candidates_of(less)
    }


def study_results(study: Study) -> tuple[tuple[Result, ...], tuple[Finding, ...]]:
    """Return every result a study can give, and why it cannot give the others."""
    results: list[Result] = []
    findings: list[Finding] = []
    for name in ("growth", *ANALYSES, "landscape"):
        if not (study.assays.present() if name == "landscape" else study.has_volumes):
            continue
        try:
            results.append(_analysed(study, name))
        except AnalysisRefused as refusal:
            findings.append(_refused(study, name, refusal))
    return tuple(results), tuple(findings)


def _analysed(study: Study, name: str) -> Result:
    if name == "growth":
        return efficacy.growth(study, efficacy.GrowthOptions(robustness=False))
    analysis = getattr(immune if name == "landscape" else efficacy, name)
    result: Result = analysis(study)
    return result


def _refused(study: Study, name: str, refusal: AnalysisRefused) -> Finding:
    return Finding(
        code="analysis-refused",
        severity="warning",
        subject=study.id,
        found=str(refusal),
        expected=f"a study of which {name} can be made",
        action="its claims are missing, which widens the ranking and lowers nothing",
    )


def _results(
    programme: Programme, given: Mapping[str, Sequence[Result]] | None
) -> tuple[dict[str, tuple[Result, ...]], list[Finding]]:
    """Return the results by study: those given, else made here."""
    made: dict[str, tuple[Result, ...]] = {}
    findings: list[Finding] = []
    for study in programme.studies:
        if given is not None and study.id in given:
            made[study.id] = tuple(given[study.id])
        else:
            made[study.id], refused = study_results(study)
            findings += refused
    return made, findings


def _cases(
    programme: Programme,
    candidates: list[tuple[str, str, str]],
    claims: pd.DataFrame,
    pooled: pd.DataFrame,
    results: Mapping[str, tuple[Result, ...]],
) -> list[Case]:
    everything = tuple(one for own in results.values() for one in own)
    return [
        Case(programme, candidate, combination, context,
             claims[claims["candidate"] == candidate],
             pooled[pooled["candidate"] == candidate], everything)
        for candidate, combination, context in candidates
    ]  # fmt: skip
