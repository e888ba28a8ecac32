"""What was measured in each arm, in the units of the assay: means with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.immune.rows import joined
from smartcombo.study.model import Study

LEVEL_COLUMNS = (
    "model", "day", "tissue", "assay", "arm", "marker", "n", "value", "low", "high", "level",
    "unit", "status",
)  # fmt: skip
KEYS = ["model", "day", "tissue", "assay", "marker", "unit", "arm"]


def level_table(study: Study, level: float) -> pd.DataFrame:
    """Return the mean of each population and protein in each arm, with Student's interval.

    Arithmetic means of animals in the unit of the assay, as a paper prints them: percent of their
    whole, cells, fold, pg. Batches are not taken out. Where a value lies beyond a limit of
    detection no such mean exists, and the status says how many do. Comparisons are made on log
    scales: see the shifts.
    """
    parts = [_values_of_populations(study), _values_of_proteins(study)]
    values = joined([part for part in parts if part is not None], ["sample"])
    if values.empty:
        return pd.DataFrame(columns=list(LEVEL_COLUMNS))
    known = ["sample", "model", "arm", "animal", "day", "tissue"]
    values = values.merge(study.samples[known], on="sample")
    animals = values.groupby([*KEYS, "animal"], sort=False, dropna=False)
    once = animals.agg(value=("value", "mean"), beyond=("beyond", "max")).reset_index()
    rows = [
        dict(zip(KEYS, key, strict=True)) | _mean(own, level)
        for key, own in once.groupby(KEYS, sort=False, dropna=False)
    ]
    return pd.DataFrame(rows)[list(LEVEL_COLUMNS)]


def _values_of_populations(study: Study) -> pd.DataFrame | None:
    rows = study.assays.populations
    if rows is None:
        return None
    rows = rows.dropna(subset=["value"])
    fraction = rows["kind"].eq("fraction")
    return pd.DataFrame(
        {
            "sample": rows["sample"],
            "assay": rows["assay"],
            "marker": rows["population"],
            "value": rows["value"].where(~fraction, 100 * rows["value"]),
            "unit": rows["denominator"].where(~fraction, "% " + rows["denominator"]),
            "beyond": False,
        }
    )


def _values_of_proteins(study: Study) -> pd.DataFrame | None:
    rows = study.assays.proteins
    if rows is None:
        return None
    return pd.DataFrame(
        {
            "sample": rows["sample"],
            "assay": "protein",
            "marker": rows["analyte"],
            "value": rows["value"],
            "unit": rows["unit"],
            "beyond": rows["censored"].ne(""),
        }
    )


def _mean(own: pd.DataFrame, level: float) -> dict[str, object]:
    """Return mean and interval of one arm."""
    values, n = own["value"].to_numpy(float), len(own)
    nan = float("nan")
    row: dict[str, object] = {"n": n, "level": level, "value": nan, "low": nan, "high": nan}
    if beyond := int(own["beyond"].sum()):
        return row | {"status": f"{beyond} of {n} beyond a limit of detection"}
    mean = float(values.mean())
    if n < 2:
        return row | {"value": mean, "status": "one animal"}
    reach = float(stats.t.ppf(0.5 + level / 2, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    return row | {"value": mean, "low": mean - reach, "high": mean + reach, "status": "ok"}
