"""Made programmes for the tests of ranking: tables of criteria from plain lists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from smartcombo.ranking import Criterion

GAIN = Criterion("gain", "Gain over the ICI alone", "log", 0.0, 1.0, 3.0, 1, 0.0)
SHIFT = Criterion("shift", "Immune shift", "SD", 0.0, 2.0, 2.0, 2, 0.0)
LOSS = Criterion("loss", "Weight loss", "%", 20.0, 0.0, 1.0, 3)
ALONE = Criterion("alone", "Molecule alone", "log", 0.0, 1.0, 0.0, None, 0.0)
CRITERIA = (GAIN, SHIFT, LOSS)


def table(
    values: dict[str, Sequence[float]],
    se: float | Sequence[float] = 0.2,
    *,
    criteria: Sequence[Criterion] = CRITERIA,
    n: float = 40,
) -> pd.DataFrame:
    """Return one row a candidate and criterion; a NaN value is missing."""
    errors = np.broadcast_to(np.asarray(se, dtype=float), len(criteria))
    rows = [
        {
            "candidate": name,
            "combination": name.split("@")[0],
            "context": name.split("@")[-1],
            "criterion": criterion.id,
            "value": value,
            "se": np.nan if np.isnan(value) else error,
            "n": n,
            "unit": criterion.unit,
            "status": "missing" if np.isnan(value) else "ok",
            "source": f"claim-{name}-{criterion.id}",
        }
        for name, given in values.items()
        for criterion, value, error in zip(criteria, given, errors, strict=True)
    ]
    return pd.DataFrame(rows)


def gate(candidate: str, name: str, passed: bool | None, severity: str, reason: str) -> dict:
    """Return one row of a table of gates."""
    return {"candidate": candidate, "gate": name, "passed": passed, "severity": severity,
            "reason": reason}  # fmt: skip
