"""Markers: every assay as values of animals on a scale where differences add."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from smartcombo.immune.panel import PANEL
from smartcombo.immune.populations import population_markers
from smartcombo.immune.proteins import protein_markers
from smartcombo.immune.rows import MARKER_COLUMNS, joined, with_samples
from smartcombo.immune.scores import panel_scores
from smartcombo.study.assays.model import Expression
from smartcombo.study.genes.identifiers import Species
from smartcombo.study.model import Study

COMPOSITES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "infiltration": (
        "Infiltration (T and cytotoxic cells)",
        "infiltration",
        ("danaher_t", "danaher_cytotoxic", "cd8_teff"),
    ),
    "inflammation": (
        "Inflammation (interferon gamma, chemokines)",
        "inflammation",
        ("ifng6", "spranger13", "chemokine_axis"),
    ),
    "exclusion": ("Exclusion (fibroblasts, TGF-beta)", "exclusion", ("panftbrs", "caf")),
}
"""Axis -> title, theme, and the signatures whose log2 scores are averaged. The axes of the
landscape; a convention, stated in the report."""


def marker_table(study: Study) -> pd.DataFrame:
    """Return every marker of every animal that has it, one row each, with ``MARKER_COLUMNS``.

    Several samples of an animal on a day are averaged: the animal is the unit.
    """
    table = joined([build(study) for build in BUILDERS], MARKER_COLUMNS)
    if table.empty:
        return table
    keys = [name for name in MARKER_COLUMNS if name not in ("value", "status", "censored")]
    grouped = table.groupby(keys, sort=False, dropna=False)
    worst = {"ok": 0, "caution": 1, "refused": 2}
    averaged = grouped.agg(
        value=("value", "mean"),
        status=("status", lambda s: max(s, key=lambda w: worst[w.split(":")[0]])),
        censored=("censored", lambda s: s.iloc[0] if s.nunique() == 1 else ""),
    )
    return averaged.reset_index()[list(MARKER_COLUMNS)]


def expression_markers(study: Study) -> pd.DataFrame:
    """Return the panel's scores and the three axes of each sample with expression."""
    expression = study.assays.expression
    if expression is None:
        return pd.DataFrame(columns=list(MARKER_COLUMNS))
    masked = expression.values.index.difference(expression.usable())
    species: Species = "human" if study.facts.get("species") == "human" else "mouse"
    got = panel_scores(
        linear_values(expression),
        species=species,
        methods=("published",),
        masked=list(masked),
        housekeepers=expression.housekeepers,
    )
    titles = {one.id: one.title for one in PANEL}
    scores = got.scores.rename(columns={"signature": "marker", "score": "value"})
    scores = scores.assign(title=scores["marker"].map(titles))
    columns = ["sample", "marker", "title", "theme", "value", "unit", "status"]
    whole = pd.concat([scores[columns], _composites(scores)], ignore_index=True)
    return with_samples(study, whole[whole["status"] != "refused"], "RNA")


def linear_values(expression: Expression) -> pd.DataFrame:
    """Return normalised linear expression: TPM, counts per million, or 2 to the power of log2."""
    if expression.scale in ("tpm", "nanostring"):
        return expression.values
    return np.exp2(expression.log2())


def _composites(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the axes: means of the log2 scores of their signatures in each sample."""
    wide = scores.pivot(index="sample", columns="marker", values="value")
    status = scores.pivot(index="sample", columns="marker", values="status")
    rows = []
    for marker, (title, theme, parts) in COMPOSITES.items():
        there = [part for part in parts if part in wide and (status[part] != "refused").all()]
        if not there:
            continue
        short = len(there) < len(parts) or (status[there] == "caution").any().any()
        rows.append(
            pd.DataFrame(
                {
                    "sample": wide.index,
                    "marker": marker,
                    "title": title,
                    "theme": theme,
                    "value": wide[there].mean(axis=1).to_numpy(),
                    "unit": "log2",
                    "status": "caution" if short else "ok",
                }
            )
        )
    return pd.concat(rows, ignore_index=True) if rows else scores.iloc[:0]


BUILDERS: tuple[Callable[[Study], pd.DataFrame], ...] = (
    expression_markers,
    population_markers,
    protein_markers,
)
"""One function an assay; cells in tissue, whose options count, are added by the landscape."""
