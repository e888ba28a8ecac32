"""Programme of single mice: call -> match by model -> compare across models -> assemble."""

from __future__ import annotations

from typing import Any

import pandas as pd

from smartcombo.core.finding import AnalysisRefused, Finding
from smartcombo.core.result import CHECK_COLUMNS, Result, adjusted_estimates
from smartcombo.efficacy.accounting import ANALYSED, accounting
from smartcombo.efficacy.response.options import Reading
from smartcombo.efficacy.single_mouse.all_pairs import all_pairs
from smartcombo.efficacy.single_mouse.comparisons import Scope, question_rows, treatment_rows
from smartcombo.efficacy.single_mouse.curves import Programme, mouse_table, programme_of
from smartcombo.efficacy.single_mouse.options import ALL_MODELS, SingleMouseOptions
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study
from smartcombo.study.questions import Question, first_of_each, study_questions


def single_mouse(study: Study, options: SingleMouseOptions | None = None) -> Result:
    """Answer which treatments work across models, one mouse a treatment in each model.

    The model is the unit: a treatment's response rate is of models, and two treatments are compared
    within the models that had both. Use it where an arm of one model has one animal, as in
    collections of patient-derived xenografts; with several animals an arm, :func:`growth` and
    :func:`response` say more about each model.

    Parameters
    ----------
    study
        A checked study of several tumour models.
    options
        How a mouse is called, horizon, models a comparison needs.

    Returns
    -------
    Result
        ``estimates``, over all models and by indication (column ``model``), ``n`` counts models:
        response rates and mean growth rates; differences of paired models (response: **plus is
        benefit**; growth rate: **minus is benefit**; time to double: **plus is benefit**) and odds
        ratios (**above 1 is benefit**). Q4 under ``independent_action`` compares the combination
        with the best of its parts in each model; under ``bliss``, with the sum of their effects on
        growth. ``tables``: ``calls`` of each mouse, ``treatments``, ``all_pairs``, ``accounting``.

    Raises
    ------
    AnalysisRefused
        If the study has fewer models than a comparison needs.

    Notes
    -----
    The best of two single mice is taken from two noisy measurements, so independent action expects
    somewhat too much, and synergy beyond it is a strong claim.

    References
    ----------
    Gao 2015, 10.1038/nm.3954; Palmer and Sorger 2017, 10.1016/j.cell.2017.11.009; Tango 1998,
    10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B.
    """
    options = options or SingleMouseOptions()
    reading = options.response.resolved(study)
    mice = mouse_table(study, reading)
    programme = programme_of(study, mice)
    if len(programme.models) < options.minimum_models:
        raise AnalysisRefused(
            f"programme of {study.id}: {len(programme.models)} model(s) with measured animals; "
            f"comparing across models needs at least {options.minimum_models}. Use growth and "
            "response for studies of one model."
        )
    scopes = _scopes(study, programme, mice, reading, options)
    asked = study_questions(study, combinations_of(study), programme.arms)
    questions = first_of_each(q for q in asked if q.null_model in ("", "bliss"))
    parts = [adjusted_estimates(_rows(scope, questions)) for scope in scopes]
    tables = {
        "calls": mice,
        "treatments": _treatments(study, mice),
        "accounting": _accounting(study, mice),
    }
    if options.all_pairs:
        tables["all_pairs"] = all_pairs(programme, reading.level, options.minimum_models)
    return Result(
        study=study.id,
        analysis="programme",
        estimates=pd.concat(parts, ignore_index=True),
        checks=pd.DataFrame(columns=list(CHECK_COLUMNS)),
        findings=tuple(_findings(study, mice)),
        tables=tables,
        methods=(reading.method, "programme.rate/1", "programme.mcnemar/1", "programme.paired-t/1",
                 "programme.signed-rank/1", "programme.pseudo-values/1"),
        options=reading.record() | {
            "horizon": options.horizon,
            "minimum_models": options.minimum_models,
            "models": len(programme.models),
            "synthetic": study.synthetic,
        },
    )  # fmt: skip


def _rows(scope: Scope, questions: list[Question]) -> list[dict[str, Any]]:
    """Return the rows of a scope; an indication is silent on what it had no model for."""
    rows = treatment_rows(scope) + [row for q in questions for row in question_rows(scope, q)]
    return rows if scope.name == ALL_MODELS else [row for row in rows if row["n"] > 0]


def _scopes(
    study: Study,
    programme: Programme,
    mice: pd.DataFrame,
    reading: Reading,
    options: SingleMouseOptions,
) -> list[Scope]:
    """Return all models, and each indication with enough of them."""
    base: dict[str, Any] = {
        "study": study.id,
        "analysis": "programme",
        "question": "",
        "null_model": "",
        "contrast": "",
        "level": reading.level,
        "status": "ok",
        "verdict": "",
    }
    groups = [(ALL_MODELS, set(programme.models))]
    by_indication = mice.groupby("indication", sort=True)["model"].agg(set)
    if len(by_indication) > 1:
        groups += [
            (str(k), v) for k, v in by_indication.items() if len(v) >= options.minimum_models
        ]
    return [
        Scope(
            name, programme.of(models), reading.level, options.horizon, options.minimum_models, base
        )
        for name, models in groups
    ]


def _treatments(study: Study, mice: pd.DataFrame) -> pd.DataFrame:
    """Return counts of categories by treatment, best response rate first."""
    counts = pd.crosstab(mice["arm"], mice["category"])
    for name in ("CR", "PR", "SD", "PD", "not evaluable"):
        if name not in counts:
            counts[name] = 0
    table = counts.assign(
        models=mice.groupby("arm")["model"].nunique(),
        mice=mice.groupby("arm").size(),
        response_rate=mice.groupby("arm")["responded"].mean(),
    ).reset_index()
    table["label"] = table["arm"].map(study.label)
    table = table.sort_values(["response_rate", "models", "arm"], ascending=[False, False, True])
    return table.reset_index(drop=True)


def _accounting(study: Study, mice: pd.DataFrame) -> pd.DataFrame:
    """Return the accounting of the calls, and that of growth rates, which need a second visit."""
    calls = accounting(study, "programme", needs_baseline=True)
    lone = mice.loc[mice["growth_rate"].isna(), ["model", "arm", "animal"]]
    growth = calls.assign(analysis="programme, growth rate")
    if lone.empty:
        return pd.concat([calls, growth], ignore_index=True)
    keys = ["model", "arm"]
    lost = lone.groupby(keys, sort=False)["animal"].size()
    visits = study.volumes[study.volumes["animal"].isin(lone["animal"])].groupby(keys).size()
    index = pd.MultiIndex.from_frame(growth[keys])
    used = growth["fate"].eq(ANALYSED).to_numpy()
    gone = lost.reindex(index).fillna(0).to_numpy(int) * used
    rows = visits.reindex(index).fillna(0).to_numpy(int) * used
    left_out = growth[gone > 0].assign(
        fate="one visit only", animals=gone[gone > 0], measurements=rows[gone > 0]
    )
    growth = growth.assign(
        animals=growth["animals"] - gone, measurements=growth["measurements"] - rows
    )
    growth = pd.concat([growth[growth["animals"] + growth["measurements"] > 0], left_out])
    return pd.concat([calls, growth], ignore_index=True)


def _findings(study: Study, mice: pd.DataFrame) -> list[Finding]:
    several = int((mice.groupby(["model", "arm"])["animal"].size() > 1).sum())
    unseen = int((mice["category"] == "not evaluable").sum())
    lost = len(study.animals) - len(mice)
    found = []
    if several:
        found.append(
            Finding(
                code="several-mice-an-arm",
                severity="note",
                subject=ALL_MODELS,
                found=f"{several} arms of a model with several mice",
                expected="one mouse a model and treatment",
                action="the model is one unit: it responds if more than half of them do",
            )
        )
    if unseen:
        found.append(
            Finding(
                code="not-evaluable",
                severity="note",
                subject=ALL_MODELS,
                found=f"{unseen} mice without a visit from the first day that counts on",
                expected="a visit on which a response can be called",
                action="they count as no response",
            )
        )
    if lost:
        found.append(
            Finding(
                code="no-baseline",
                severity="warning",
                subject=ALL_MODELS,
                found=f"{lost} mice not measured on the baseline day, or excluded",
                expected="a baseline for every mouse",
                action="they have no call; the accounting names the reasons",
            )
        )
    return found
