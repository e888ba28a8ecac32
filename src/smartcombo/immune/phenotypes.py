"""Desert, excluded or inflamed: probabilities of each animal from its tissue, shares of each arm.

The rule follows Chen and Mellman: where T cells lie decides. It has three stated numbers: a density
cut for CD8, from published medians, and for CD3, twice that (`TissueOptions.cuts`), and how much
fewer contacts than by chance count as keeping away, a round number (`TissueOptions.avoidance`).
They were set when five published cores were known, and are no more than a convention. The calls of
those cores stay with the density cuts a quarter lower or higher, and with keeping away at 0.5 or
0.8; from 0.83 on the inflamed core lies between two. Densities say how
many cells there are, with the uncertainty of the count; K says how they lie, whatever their number;
neither alone tells an excluded from an inflamed tumour. What the cuts decide is tried with all of
them a quarter lower and higher, and an animal whose word changes is said to lie near a cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.immune.moves import SURE
from smartcombo.immune.tissue import KEYS, TissueOptions, animal_table
from smartcombo.stats.tissue_phenotype import (
    Compartment,
    avoidance,
    phenotype_probabilities,
    share_quantiles,
)
from smartcombo.study.arms import combinations_of
from smartcombo.study.model import Study
from smartcombo.study.questions import Question, first_of_each, study_questions

KINDS = ("desert", "excluded", "inflamed")
PHENOTYPE_COLUMNS = (*KEYS, "markers", "p_desert", "p_excluded", "p_inflamed", "phenotype",
                     "near_cut", "fields", "cells")  # fmt: skip
CUT_FACTORS = (0.75, 1.25)
"""Every density cut times these must leave the word as it is."""


def phenotype_table(study: Study, options: TissueOptions | None = None) -> pd.DataFrame:
    """Return the probabilities of the phenotypes of each animal with tissue.

    Markers with a cut have the same say: which T cells to count is a convention too, and an animal
    of which CD8 and CD3 say different things is uncertain.
    """
    options = options or TissueOptions()
    animals = animal_table(study, options)
    with_cut = {name for name, _, _ in options.cuts}
    own = animals[animals["marker"].isin(with_cut)]
    rows = [
        _phenotype(dict(zip(KEYS, key, strict=True)), rows, options)
        for key, rows in own.groupby(KEYS, sort=False, dropna=False)
    ]
    return pd.DataFrame(rows, columns=list(PHENOTYPE_COLUMNS))


def _phenotype(key: dict[str, Any], rows: pd.DataFrame, options: TissueOptions) -> dict[str, Any]:
    p = _probabilities(rows, options)
    word = tissue_word(p)
    others = [tissue_word(_probabilities(rows, options.scaled(f))) for f in CUT_FACTORS]
    return key | {
        "markers": ", ".join(rows["marker"]),
        **dict(zip([f"p_{kind}" for kind in KINDS], p, strict=True)),
        "phenotype": word,
        "near_cut": any(other != word for other in others),
        "fields": int(rows["fields"].iloc[0]),
        "cells": int(rows["cells"].iloc[0]),
    }


def _probabilities(rows: pd.DataFrame, options: TissueOptions) -> tuple[float, float, float]:
    cuts = {name: (inside, outside) for name, inside, outside in options.cuts}
    each = []
    for row in rows.to_dict("records"):
        tumour, stroma = (
            Compartment(row[f"{place}_n"], row[f"{place}_mm2"], row[f"dispersion_{place}"])
            for place in ("tumour", "stroma")
        )
        avoided = avoidance(row["k"], row["k_low"], row["k_high"], options.avoidance)
        each.append(phenotype_probabilities(tumour, stroma, cuts[row["marker"]], avoided))
    mean = np.mean(each, axis=0)
    return float(mean[0]), float(mean[1]), float(mean[2])


def tissue_word(p: Sequence[float]) -> str:
    """Return the phenotype that is sure, or the two it lies between."""
    if not np.isfinite(p[2]):
        return "no tumour in the section"
    if not np.isfinite(p[0]):
        return "inflamed" if p[2] >= SURE else "not told: no stroma in the section"
    order = np.argsort(p, kind="stable")[::-1]
    if p[order[0]] >= SURE:
        return KINDS[order[0]]
    first, second = sorted(order[:2])
    return f"between {KINDS[first]} and {KINDS[second]}"


def with_tissue(places: pd.DataFrame, phenotypes: pd.DataFrame) -> pd.DataFrame:
    """Return the places with the phenotypes of the animals that have tissue.

    Expression, flow and protein keep ``p_not_desert`` of their own; where there is no tissue,
    excluded and inflamed stay missing.
    """
    if places.empty or phenotypes.empty:
        return places
    known = phenotypes.drop_duplicates(["model", "animal", "day"])
    known = known.set_index(["model", "animal", "day"])
    table = places.copy()
    keys = pd.MultiIndex.from_frame(table[["model", "animal", "day"]])
    own = known.reindex(keys)
    there = own["phenotype"].notna().to_numpy()
    for name in (*(f"p_{kind}" for kind in KINDS), "phenotype"):
        table.loc[there, name] = own[name].to_numpy()[there]
    return table


def share_rows(study: Study, phenotypes: pd.DataFrame, level: float) -> list[dict[str, Any]]:
    """Return the share of each phenotype in each arm, and its change by question.

    The share is that of such animals, with what is not sure of each animal's phenotype and the
    small number of animals in its interval.
    """
    known = phenotypes.dropna(subset=[f"p_{kind}" for kind in KINDS])
    rows = []
    for (model, day, _), group in known.groupby(["model", "day", "tissue"], dropna=False,
                                                sort=False):  # fmt: skip
        arms = {str(arm): own for arm, own in group.groupby("arm", sort=False)}
        base = {"study": study.id, "model": model, "analysis": "landscape", "day": day,
                "level": level, "unit": "fraction of animals", "status": "ok",
                "method": "landscape.tissue/1"}  # fmt: skip
        asked = study_questions(study, combinations_of(study), tuple(arms)) if study.arms else []
        pairs = first_of_each([q for q in asked if not q.missing and _two(q, arms)])
        for kind in KINDS:
            drawn = {arm: share_quantiles(own[f"p_{kind}"].to_numpy(float))
                     for arm, own in arms.items()}  # fmt: skip
            rows += [
                base | _share(study, kind, arm, own, drawn[arm], level) for arm, own in arms.items()
            ]
            rows += [base | _change(kind, q, arms, drawn, level) for q in pairs]
    return rows


def _two(question: Question, arms: dict[str, pd.DataFrame]) -> bool:
    """Return whether a question compares two arms that have tissue."""
    return sorted(question.weights.values()) == [-1.0, 1.0] and set(question.weights) <= set(arms)


def _share(
    study: Study, kind: str, arm: str, own: pd.DataFrame, drawn: np.ndarray, level: float
) -> dict[str, Any]:
    p = own[f"p_{kind}"]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return {
        "endpoint": f"tissue: {kind}",
        "question": "",
        "estimand": "phenotype_share",
        "contrast": study.label(arm) if study.arms else "all",
        "arm": arm,
        "value": float(p.mean()),
        "low": min(float(low), float(p.mean())),
        "high": max(float(high), float(p.mean())),
        "n": len(own),
        "scale": f"share of animals that are {kind}; 0 is none, 1 is all",
        "null_model": "",
        "verdict": "",
    }


def _change(
    kind: str,
    question: Question,
    arms: dict[str, pd.DataFrame],
    drawn: dict[str, np.ndarray],
    level: float,
) -> dict[str, Any]:
    weights = question.weights
    plus, minus = (next(a for a, w in weights.items() if w == sign) for sign in (1.0, -1.0))
    apart = (drawn[plus][:, None] - drawn[minus]).ravel()
    low, high = np.quantile(apart, [(1 - level) / 2, (1 + level) / 2])
    mean = {arm: float(arms[arm][f"p_{kind}"].mean()) for arm in (plus, minus)}
    return {
        "endpoint": f"tissue: {kind}",
        "question": question.key,
        "estimand": "phenotype_share_difference",
        "contrast": question.label,
        "arm": question.arm,
        "value": mean[plus] - mean[minus],
        "low": float(low),
        "high": float(high),
        "n": len(arms[plus]) + len(arms[minus]),
        "scale": f"arm minus comparator; plus is more animals that are {kind}",
        "null_model": "",
        "verdict": "higher" if low > 0 else "lower" if high < 0 else "inconclusive",
    }
