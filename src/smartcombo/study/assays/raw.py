"""Expression as a reader of one format hands it over, before genes are named and checked."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from smartcombo.study.assays.matrix import Matrix
from smartcombo.study.assays.model import Scale


@dataclass(frozen=True)
class RawExpression:
    """Values by identifier and sample, and what the platform says of each sample.

    Attributes
    ----------
    matrix
        Genes x samples as given; for NanoString and qPCR already normalised.
    scale
        What the values are.
    quality
        One row a sample; columns differ by platform.
    censored
        As in `smartcombo.study.assays.model.Expression`, by identifier.
    housekeepers, log_offset
        As in `smartcombo.study.assays.model.Expression`.
    """

    matrix: Matrix
    scale: Scale
    quality: pd.DataFrame
    censored: pd.DataFrame | None = None
    housekeepers: tuple[str, ...] = ()
    log_offset: float = 0.0
