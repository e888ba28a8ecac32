"""Cytokines and chemokines as markers: log2, with limits of detection as censoring."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smartcombo.immune.rows import MARKER_COLUMNS, joined, with_samples
from smartcombo.study.model import Study

THEMES: dict[str, str] = {
    "CCL5": "chemokines", "CXCL9": "chemokines", "CXCL10": "chemokines", "CXCL11": "chemokines",
    "IFNG": "interferon gamma", "IFNA1": "type I interferon", "IFNB1": "type I interferon",
    "GZMB": "cytotoxic T cells", "PRF1": "cytotoxic T cells", "IL2": "T cells",
    "CCL2": "myeloid suppression", "CXCL1": "myeloid suppression", "CXCL2": "myeloid suppression",
    "CSF1": "myeloid suppression", "CSF2": "myeloid suppression", "CSF3": "myeloid suppression",
    "IL6": "myeloid suppression", "IL10": "myeloid suppression", "TGFB1": "exclusion",
    "VEGFA": "exclusion",
}  # fmt: skip
"""Protein -> theme of the panel."""
AXIS = ("CCL5", "CXCL9", "CXCL10", "IFNG")
"""Proteins whose log2 values are averaged to the inflammation axis: a convention."""


def protein_markers(study: Study) -> pd.DataFrame:
    """Return log2 of each protein in each sample, and the inflammation axis.

    A value beyond a limit is the limit, marked. The axis takes the proteins that are measured in
    every sample; one of which more than half are beyond a limit is left out of it.
    """
    rows = study.assays.proteins
    if rows is None or rows.empty:
        return pd.DataFrame(columns=list(MARKER_COLUMNS))
    rows = rows[rows["value"] > 0]
    values = pd.DataFrame(
        {
            "sample": rows["sample"],
            "marker": rows["protein"].str.lower(),
            "title": rows["analyte"] + ", " + rows["unit"],
            "theme": rows["protein"].map(THEMES).fillna("other proteins"),
            "value": np.log2(rows["value"]),
            "unit": "log2",
            "censored": rows["censored"],
        }
    )
    beyond = values["censored"].ne("").groupby(values["marker"])
    count = values["marker"].map(beyond.sum()).astype(int)
    text = count.astype(str) + " of " + values["marker"].map(beyond.size()).astype(str)
    status = ("caution: " + text + " beyond a limit").where(count > 0, "ok")
    values = values.assign(status=status)
    whole = joined([values, _axis(values)], tuple(values.columns))
    return with_samples(study, whole, "protein")


def _axis(values: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of the chemokine axis in each sample that has all its proteins."""
    wide = values.pivot_table(index="sample", columns="marker", values="value", sort=False)
    side = values.assign(beyond=values["censored"].ne("")).pivot_table(
        index="sample", columns="marker", values="beyond", sort=False
    )
    names = [name.lower() for name in AXIS]
    there = [name for name in names if name in wide and side[name].mean() <= 0.5]
    complete = wide[there].dropna()
    if not there or complete.empty:
        return values.iloc[:0]
    beyond = int(side.loc[complete.index, there].to_numpy().any(axis=1).sum())
    short = f"caution: {', '.join(there).upper()} only" if len(there) < len(names) else "ok"
    limits = f"caution: {beyond} of {len(complete)} with a part at its limit"
    return pd.DataFrame(
        {
            "sample": complete.index,
            "marker": "inflammation",
            "title": f"Inflammation ({', '.join(there).upper()})",
            "theme": "inflammation",
            "value": complete.mean(axis=1).to_numpy(),
            "unit": "log2",
            "censored": "",
            "status": limits if beyond else short,
        }
    )
