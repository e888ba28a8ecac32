"""Are cages counted as mice: the questions again with random effects of cages and batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.core.result import CHECK_COLUMNS
from smartcombo.core.verdicts import verdict
from smartcombo.efficacy.answers import Answer, answer
from smartcombo.efficacy.clusters import clusters_of, nested_fit, slope_share
from smartcombo.efficacy.fitting import FittedGrowth, fit_growth
from smartcombo.efficacy.options import Cluster, can_cluster
from smartcombo.study.clusters import CLUSTERS, clustering
from smartcombo.study.model import Study
from smartcombo.study.questions import Question

CLUSTER_COLUMNS = (
    "model", "cluster", "clusters", "between", "share", "arm", "question", "null_model", "contrast",
    "value", "low", "high", "df", "p", "verdict", "animal_verdict", "status",
)  # fmt: skip
FEWEST = 4
"""With fewer clusters in all, a variance between them cannot be estimated."""


def clusters_table(
    study: Study,
    fitted: FittedGrowth,
    questions: Sequence[Question],
    time: float,
    margin: float | None,
) -> pd.DataFrame:
    """Return each question with the animal as the unit and with cages or batches above it.

    Empty where the animals table states neither cages nor batches, where they are fewer than four,
    or where each holds one animal. ``share`` is the part of the variation of growth rates within
    arms that lies between clusters; both units are fitted alike, values below detection at the
    limit. Values are log ratios at the declared day, as in the robustness
    table.
    """
    rows = []
    for name in CLUSTERS:
        stated = clustering(study, fitted.frame.model, name)
        found = clusters_of(fitted.frame, name)
        crowded = found.count < len(fitted.frame.animals)
        if stated is None or not crowded or found.count < FEWEST:
            continue
        rows += _of_cluster(fitted, name, questions, time, margin)
    return pd.DataFrame(rows, columns=list(CLUSTER_COLUMNS))


def _of_cluster(
    fitted: FittedGrowth,
    name: Cluster,
    questions: Sequence[Question],
    time: float,
    margin: float | None,
) -> list[dict[str, Any]]:
    primary = fitted.specification
    if not can_cluster(primary):
        primary = replace(primary, variance="common", inference="satterthwaite")
    plain = fitted
    if fitted.censored or primary != fitted.specification or primary.cluster != "animal":
        by_animal = replace(primary, cluster="animal", detection="at-limit")
        plain = fit_growth(fitted.selected, by_animal, fitted.level)
    again = fit_growth(fitted.selected, replace(primary, cluster=name), fitted.level)
    clusters = clusters_of(again.frame, name)
    if again.status in ("singular", "not_converged"):
        return []
    shared = {
        "model": fitted.frame.model,
        "cluster": name,
        "clusters": clusters.count,
        "between": clusters.between,
        "share": slope_share(nested_fit(again.design, clusters)),
        "status": again.status,
    }
    asked = [q for q in questions if not q.missing and q.kind != "additive-response"]
    return [shared | _row(q, answer(again, q, time), answer(plain, q, time), margin) for q in asked]


def _row(question: Question, got: Answer, plain: Answer, margin: float | None) -> dict[str, Any]:
    sign = -1.0 if question.key == "Q4" else 1.0
    low, high = sorted((sign * got.low, sign * got.high))
    return {
        "arm": question.arm,
        "question": question.key,
        "null_model": question.null_model,
        "contrast": question.label,
        "value": sign * got.value,
        "low": low,
        "high": high,
        "df": got.df,
        "p": got.p,
        "verdict": verdict(question.key, got.low, got.high, margin),
        "animal_verdict": verdict(question.key, plain.low, plain.high, margin),
    }


def cluster_findings(study: Study, table: pd.DataFrame) -> tuple[Finding, ...]:
    """Return, for each kind of cluster, the effective numbers and the words that change."""
    return tuple(
        _finding(study, str(model), str(name), rows)
        for (model, name), rows in table.groupby(["model", "cluster"], sort=False)
        if _matters(rows)
    )


def _matters(rows: pd.DataFrame) -> bool:
    whole = bool((rows["between"] < float("inf")).any())
    return whole or bool((rows["verdict"] != rows["animal_verdict"]).any())


def _finding(study: Study, model: str, name: str, rows: pd.DataFrame) -> Finding:
    share = float(rows["share"].iloc[0])
    stated = clustering(study, model, "cage" if name == "cage" else "batch")
    counts = "" if stated is None else "; ".join(
        f"{study.label(arm)} {n} animals in {stated.per_arm[arm]} count as "
        f"{stated.effective(arm, share):.1f}"
        for arm, n in stated.animals.items()
    )  # fmt: skip
    changed = rows[rows["verdict"] != rows["animal_verdict"]]
    words = "; ".join(
        f"{r.question} {r.contrast}: {r.animal_verdict} becomes {r.verdict}"
        for r in changed.itertuples()
    )
    return Finding(
        code="cluster-effect",
        severity="warning",
        subject=model,
        column=name,
        found=f"{name}s explain {share:.0%} of the variation of growth rates within arms "
        f"({counts}){'; ' + words if words else ''}",
        expected=f"answers that do not depend on which {name} an animal lived in",
        action=f'read the answers by {name}; make them primary with cluster="{name}"',
    )


def cluster_checks(study: Study, analysis: str) -> pd.DataFrame:
    """Return, for analyses that count animals, a caution where whole cages got one arm."""
    rows = []
    for model, name in product([model.id for model in study.models], CLUSTERS):
        stated = clustering(study, model, name)
        if stated is None or not stated.whole:
            continue
        said = ", ".join(f"{study.label(arm)} {k}" for arm, k in stated.per_arm.items())
        rows.append(
            {
                "study": study.id,
                "model": model,
                "analysis": analysis,
                "check": f"whole {name}s treated",
                "subject": "",
                "value": float(min(stated.per_arm.values())),
                "threshold": float("nan"),
                "unit": f"{name}s in the smallest arm",
                "status": "caution",
                "message": f"Every {name} holds one arm ({said}): intervals and p-values count "
                f"animals and are too narrow if animals of a {name} are alike.",
            }
        )
    return pd.DataFrame(rows, columns=list(CHECK_COLUMNS))
