"""A short version of the simulation of worst clinical scores behind docs/validation."""

from __future__ import annotations

from pathlib import Path

import clinical_scores
import pandas as pd
import pytest
from scipy import stats

ROOT = Path(__file__).parents[2]
STUDIES = 200


@pytest.mark.parametrize("name", ["alike, mild", "ill v mostly 0", "Q4, harms independent"])
def test_the_interval_covers_with_five_animals_and_ties(name: str) -> None:
    setting = next(s for s in clinical_scores.SETTINGS if s.name == name and s.n == 5)
    rows = pd.DataFrame([clinical_scores.one_study(setting, k) for k in range(STUDIES)])
    assert rows["cover logit"].sum() >= stats.binom.ppf(0.0005, STUDIES, 0.95)


def test_the_published_table_covers_and_keeps_its_size_in_every_setting() -> None:
    table = pd.read_csv(ROOT / "docs" / "validation" / "clinical-scores.csv")
    assert (table["studies"] >= 4000).all()
    assert len(table) == len(clinical_scores.SETTINGS)
    assert table["cover logit"].min() > 0.945
    assert table.loc[table["truth"] == 0.5, "leave logit"].max() < 0.05
    assert table["cover plain"].min() < 0.8
    apart = table["truth"] != 0.5
    assert (table.loc[apart, "leave logit"] >= table.loc[apart, "leave logit t"]).all()
