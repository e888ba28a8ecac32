"""The animals behind each candidate: those of the combination's arm and of its comparators."""

from __future__ import annotations

import pandas as pd

from smartcombo.evidence.programme_claims import candidate_id
from smartcombo.study.programme import Programme, StudiedArm

COLUMNS = ("candidate", "study", "model", "arm", "role", "animal", "day", "volume", "unit",
           "at_limit")  # fmt: skip
ROLES = ("vehicle", "checkpoint inhibitor", "molecule", "combination")


def mice_of(programme: Programme) -> pd.DataFrame:
    """Return every measurement of the animals that a candidate rests on.

    Returns
    -------
    DataFrame
        ``COLUMNS``, one row an animal and visit; ``volume`` is in ``unit``, at the detection limit
        where ``at_limit``. An animal that several candidates are compared with is in each.
    """
    tables = [_given(programme, one) for one in programme.studied]
    tables = [table for table in tables if len(table)]
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(tables, ignore_index=True)


def _given(programme: Programme, one: StudiedArm) -> pd.DataFrame:
    study = programme.study(one.study)
    arms = dict(zip((one.parts.vehicle, one.parts.ici, one.parts.molecule, one.parts.arm), ROLES,
                    strict=True))  # fmt: skip
    rows = study.volumes
    if not len(rows):
        return pd.DataFrame(columns=list(COLUMNS))
    treated = set(rows.loc[rows["arm"] == one.parts.arm, "model"])
    rows = rows[rows["arm"].isin([arm for arm in arms if arm]) & rows["model"].isin(treated)]
    contexts = {model: programme.context_of(model) for model in treated}
    table = pd.DataFrame(
        {
            "candidate": [candidate_id(one.combination, contexts[m]) for m in rows["model"]],
            "study": study.id,
            "model": rows["model"].to_numpy(),
            "arm": [study.arm(arm).label for arm in rows["arm"]],
            "role": rows["arm"].map(arms).to_numpy(),
            "animal": rows["animal"].to_numpy(),
            "day": rows["day"].to_numpy(float),
            "volume": rows["value"].to_numpy(float),
            "unit": study.readout.unit,
            "at_limit": rows["at_limit"].to_numpy(bool),
        }
    )
    return table[list(COLUMNS)]
