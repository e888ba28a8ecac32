"""Rows of markers: what every assay hands to the landscape."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from smartcombo.core.result import stacked
from smartcombo.study.model import Study

MARKER_COLUMNS = (
    "model", "arm", "animal", "day", "tissue", "batch", "assay", "marker", "title", "theme",
    "value", "unit", "status", "censored",
)  # fmt: skip
"""``value`` is on a scale where differences add; ``censored`` is ``"below"`` or ``"above"`` where
it is a limit, else empty."""


def with_samples(study: Study, values: pd.DataFrame, assay: str) -> pd.DataFrame:
    """Return marker values by sample with what the samples table says of each sample.

    Parameters
    ----------
    values
        ``sample, marker, title, theme, value, unit, status``, and ``censored`` where some are.
    assay
        Name of the assay as the report says it.
    """
    known = ["sample", "model", "arm", "animal", "day", "tissue", "batch"]
    joined = values.merge(study.samples[known], on="sample", how="inner").assign(assay=assay)
    if "censored" not in joined:
        joined["censored"] = ""
    return joined[list(MARKER_COLUMNS)]


def joined(parts: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Return tables one below the other; without any, a table of these columns."""
    return stacked([pd.DataFrame(columns=list(columns)), *parts])
