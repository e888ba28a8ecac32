"""Accounting: every animal and measurement of a study is analysed, or left out for a reason."""

from __future__ import annotations

import pandas as pd

from smartcombo.study.model import Study

ANALYSED = "analysed"
ACCOUNTING_COLUMNS = ("model", "arm", "analysis", "fate", "animals", "measurements")


def accounting(
    study: Study, analysis: str, *, needs_baseline: bool, model: str | None = None
) -> pd.DataFrame:
    """Return how many animals and measurements an analysis used, and why it left the others out.

    Parameters
    ----------
    analysis
        Name of the analysis, for its column.
    needs_baseline
        Whether the analysis needs a measurement on the baseline day of an animal.
    model
        One tumour model; default all.

    Returns
    -------
    pandas.DataFrame
        ``ACCOUNTING_COLUMNS``: ``fate`` is ``"analysed"`` or the reason. An animal whose visits
        before baseline stay out is counted once, as analysed; those visits have zero animals. Sums
        over ``fate`` are the animals and measurements of the study.
    """
    rows = study.volumes if model is None else study.volumes[study.volumes["model"] == model]
    animals = study.animals.set_index("animal")
    reason = ("excluded: " + animals["exclusion_reason"]).where(animals["excluded"].astype(bool))
    fate = rows["animal"].map(reason)
    late = rows["day"] >= study.baseline_day
    if needs_baseline:
        start = set(rows.loc[rows["day"] == study.baseline_day, "animal"])
        lacking = fate.isna() & ~rows["animal"].isin(start)
        fate = fate.mask(lacking, f"not measured on the baseline day {study.baseline_day:g}")
    followed = set(rows.loc[late, "animal"])
    never = fate.isna() & ~rows["animal"].isin(followed)
    fate = fate.mask(never, "no visit from the baseline day on").fillna(ANALYSED)
    fate = fate.mask(fate.eq(ANALYSED) & ~late, "visit before baseline")
    table = rows.assign(analysis=analysis, fate=fate)
    keys = ["model", "arm", "analysis", "fate"]
    counted = table.groupby(keys, sort=False)["animal"].agg(["nunique", "size"]).reset_index()
    counted = counted.set_axis([*keys, "animals", "measurements"], axis=1)
    counted.loc[counted["fate"] == "visit before baseline", "animals"] = 0
    return counted
