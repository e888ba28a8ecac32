"""Cell populations as markers: fractions as log odds, everything counted as log2."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from smartcombo.immune.rows import MARKER_COLUMNS, joined, with_samples
from smartcombo.study.model import Study

THEMES: dict[str, str] = {
    "CD8 T": "cytotoxic T cells", "activated CD8 T": "cytotoxic T cells",
    "PD-1+ CD8 T": "checkpoints", "T": "T cells", "CD4 T": "T cells", "NKT": "T cells",
    "Treg": "regulatory T cells", "NK": "natural killer cells", "B": "B cells",
    "leukocyte": "leukocytes", "MDSC": "myeloid suppression", "M-MDSC": "myeloid suppression",
    "G-MDSC": "myeloid suppression", "macrophage": "macrophages", "M1 macrophage": "macrophages",
    "M2 macrophage": "myeloid suppression", "activated macrophage": "antigen presentation",
    "DC": "antigen presentation", "cDC1": "antigen presentation",
    "activated DC": "antigen presentation", "neutrophil": "neutrophils", "monocyte": "monocytes",
    "fibroblast": "exclusion", "TGF-beta signalling": "exclusion",
    "T cell position": "T cell position", "tumour": "tumour cells",
}  # fmt: skip
"""Cell type -> theme of the panel."""
AXES = {
    "CD8 T": "infiltration",
    "activated CD8 T": "inflammation",
    "TGF-beta signalling": "exclusion",
    "fibroblast": "exclusion",
}
"""Cell type -> axis of its assay. A convention, stated in the report: how many CD8 T cells there
are is infiltration, what they do (granzyme B, interferon gamma) is inflammation."""
AXIS_TITLES = {
    "infiltration": "Infiltration",
    "inflammation": "Inflammation",
    "exclusion": "Exclusion",
}
WITHIN = re.compile(
    r"^(cd3\+?|cd8\+?|t cells?|lymphocytes|parent|cd3\+? ?t cells?)$", re.IGNORECASE
)
"""Wholes within which CD8 T cells say which T cells there are, and not how many."""
CLOSENESS = ("amount", "live", "leukocyte", "fold", "other", "score", "count")
"""Denominators by how directly they measure infiltration, closest first."""


def population_markers(study: Study) -> pd.DataFrame:
    """Return each population of each sample on its scale, CD8 to Treg ratios, and the axes.

    Fractions as log odds; counts, cells per mg, intensities and folds as log2; scores as they are.
    Zero is a measurement: with event counts half an event is added to each side, else half the
    smallest value above zero stands for it.
    """
    rows = study.assays.populations
    if rows is None or rows.empty:
        return pd.DataFrame(columns=list(MARKER_COLUMNS))
    parts = []
    for assay, own in rows.dropna(subset=["value"]).groupby("assay", sort=False):
        scaled = joined([_scaled(one) for _, one in own.groupby(
            ["population", "denominator"], sort=False)], COLUMNS)  # fmt: skip
        whole = joined([scaled, _ratios(own), _axes(scaled)], COLUMNS)
        parts.append(with_samples(study, whole, str(assay)))
    return joined(parts, MARKER_COLUMNS)


COLUMNS = ("sample", "marker", "title", "theme", "value", "unit", "status", "cell_type", "kind",
           "denominator")  # fmt: skip


def _scaled(own: pd.DataFrame) -> pd.DataFrame:
    """Return one population on the scale where differences add."""
    first = own.iloc[0]
    value, unit, status = _on_scale(own, str(first["kind"]))
    title = first["population"].replace("_", " ")
    words = "" if first["kind"] in ("intensity", "fold", "score") else _words(own)
    return pd.DataFrame(
        {
            "sample": own["sample"],
            "marker": slug(f"{first['population']} {first['denominator']}"),
            "title": f"{title}, {words}" if words else title,
            "theme": THEMES.get(first["cell_type"], "other populations"),
            "value": value,
            "unit": unit,
            "status": status,
            "cell_type": first["cell_type"],
            "kind": first["kind"],
            "denominator": first["denominator"],
        }
    )


def _words(own: pd.DataFrame) -> str:
    kind, words = own.iloc[0][["kind", "denominator"]]
    return f"% {words}" if kind == "fraction" else str(words)


def _on_scale(own: pd.DataFrame, kind: str) -> tuple[np.ndarray, str, str]:
    """Return values, unit and status of one population over all samples."""
    value = own["value"].to_numpy(float)
    if kind == "score":
        return value, "score", "ok"
    zero, full = value <= 0, (value >= 1) & (kind == "fraction")
    status = "ok"
    if kind == "fraction" and own[["events", "total"]].notna().to_numpy().all():
        events, total = own["events"].to_numpy(float), own["total"].to_numpy(float)
        return np.log((events + 0.5) / (total - events + 0.5)), "logit", "ok"
    if zero.any() or full.any():
        inner = value[~zero & ~full]
        if not len(inner):
            return np.full(len(value), np.nan), "logit" if kind == "fraction" else "log2", "refused"
        value = np.where(zero, inner.min() / 2, value)
        value = np.where(full, 1 - (1 - inner.max()) / 2, value)
        status = f"caution: {int((zero | full).sum())} of {len(value)} at 0 or 100%"
    if kind == "fraction":
        return np.log(value / (1 - value)), "logit", status
    return np.log2(value), "log2", status


def _ratios(own: pd.DataFrame) -> pd.DataFrame:
    """Return log2 of CD8 T cells to regulatory T cells where both are counted against one whole."""
    parts = []
    counted = own[own["kind"].isin(["fraction", "amount", "count"]) & own["value"].gt(0)]
    for denominator, same in counted.groupby("denominator", sort=False):
        wide = same[same["cell_type"].isin(["CD8 T", "Treg"])].drop_duplicates(
            ["sample", "cell_type"]
        ).pivot(index="sample", columns="cell_type", values="value")  # fmt: skip
        if {"CD8 T", "Treg"} - set(wide):
            continue
        wide = wide.dropna()
        parts.append(
            pd.DataFrame(
                {
                    "sample": wide.index,
                    "marker": slug(f"CD8 to Treg {denominator}"),
                    "title": "CD8 T cells to regulatory T cells",
                    "theme": "regulatory T cells",
                    "value": np.log2(wide["CD8 T"] / wide["Treg"]).to_numpy(),
                    "unit": "log2",
                    "status": "ok",
                    "cell_type": "",
                    "kind": "ratio",
                    "denominator": denominator,
                }
            )
        )
    return joined(parts[:1], COLUMNS)


def _axes(scaled: pd.DataFrame) -> pd.DataFrame:
    """Return the axes: the population that measures each most directly."""
    parts = []
    scaled = scaled[scaled["status"] != "refused"]
    for axis in AXIS_TITLES:
        types = [cell_type for cell_type, own in AXES.items() if own == axis]
        there = scaled[scaled["cell_type"].isin(types)]
        within = there["denominator"].str.removeprefix("of ").map(lambda of: bool(WITHIN.match(of)))
        if axis == "infiltration":
            there = there[~(within & there["kind"].eq("fraction"))] if len(there) else there
        if there.empty:
            continue
        closeness = there["kind"].where(there["kind"] != "fraction", there["denominator"])
        rank = closeness.map(_closeness)
        best = there[there["marker"] == there.loc[rank.idxmin(), "marker"]]
        parts.append(
            best.assign(
                marker=axis,
                title=f"{AXIS_TITLES[axis]} ({best['title'].iloc[0]})",
                theme=axis,
                cell_type="",
            )
        )
    return joined(parts, COLUMNS)


def _closeness(words: str) -> int:
    plain = words.lower()
    if plain in CLOSENESS:
        return CLOSENESS.index(plain)
    kind = "live" if "live" in plain or "single" in plain or "total" in plain else "other"
    return CLOSENESS.index("leukocyte" if "cd45" in plain else kind)


def slug(text: str) -> str:
    """Return a stable lower-case name."""
    return re.sub(r"[^a-z0-9+]+", "-", text.lower()).strip("-")
