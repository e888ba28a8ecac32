"""The landscape of real tumours, traps, and words."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.immune.shifts import arm_contrast
from smartcombo.study.model import Study

STUDIES = Path(__file__).resolve().parents[1] / "data" / "studies"


def read(name: str, shared_dir: Path) -> Study:
    os.environ["SMARTCOMBO_SHARED"] = str(shared_dir)
    return sc.read_study(STUDIES / name)


@pytest.fixture(scope="module")
def ct26(shared_dir: Path) -> tuple[Study, Result]:
    study = read("ct26", shared_dir)
    return study, sc.immune.landscape(study)


def moved(result: Result, day: float, marker: str) -> pd.Series:
    table = result.tables["switch"]
    return table[(table["day"] == day) & (table["marker"] == marker)].iloc[0]


def test_two_arms_give_welchs_test() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, 5), rng.normal(1, 3, 7)
    got = arm_contrast({"a": a, "b": b}, {"b": 1.0, "a": -1.0}, 0.95)
    expected = stats.ttest_ind(b, a, equal_var=False)
    assert got.p == pytest.approx(expected.pvalue)
    limits = expected.confidence_interval(0.95)
    assert (got.low, got.high) == pytest.approx((limits.low, limits.high))


def test_one_animal_in_an_arm_gives_a_value_without_an_interval() -> None:
    got = arm_contrast({"a": np.ones(1), "b": np.arange(4.0)}, {"b": 1.0, "a": -1.0}, 0.95)
    assert got.value == pytest.approx(0.5)
    assert np.isnan([got.low, got.high, got.p]).all()


@pytest.mark.realdata
def test_on_day_14_three_to_four_of_five_switched_and_the_fourth_never(
    ct26: tuple[Study, Result],
) -> None:
    _, result = ct26
    for marker in ("cyt", "gep18", "ifng6", "spranger13", "mmcp_t", "mmcp_cd8", "infiltration"):
        row = moved(result, 14, marker)
        assert row["moved"] in (3, 4), marker
        assert row["n"] == 5
        assert "day14_immuno_treat_4" in row["who_stayed"]


@pytest.mark.realdata
def test_day_7_is_weaker_than_day_14(ct26: tuple[Study, Result]) -> None:
    _, result = ct26
    for marker in ("gep18", "ifng6", "spranger13", "inflammation", "mmcp_cd8"):
        assert moved(result, 7, marker)["moved"] < moved(result, 14, marker)["moved"], marker
    shift = result.estimates[result.estimates["contrast"].str.endswith("v Isotype")]
    early = shift[(shift["day"] == 7) & (shift["endpoint"] == "RNA: infiltration")].iloc[0]
    late = shift[(shift["day"] == 14) & (shift["endpoint"] == "RNA: infiltration")].iloc[0]
    assert (early["verdict"], late["verdict"]) == ("inconclusive", "higher")


@pytest.mark.realdata
def test_a_control_of_another_day_is_refused(ct26: tuple[Study, Result]) -> None:
    study, _ = ct26
    old = study.samples["arm"].eq("isotype") & study.samples["day"].eq(14)
    result = sc.immune.landscape(replace(study, samples=study.samples[~old]))
    refused = [f for f in result.findings if f.code == "no-matched-control"]
    assert [f.found for f in refused] == ["no vehicle of day 14; vehicle of day 7"]
    assert set(result.estimates["day"]) == {7.0}
    assert set(result.tables["switch"]["day"]) == {7.0}


@pytest.mark.realdata
def test_without_tissue_excluded_and_inflamed_are_not_told_apart(
    ct26: tuple[Study, Result],
) -> None:
    places = ct26[1].tables["places"].set_index("animal")
    hot = places.loc["day14_immuno_treat_1"]
    assert hot["p_not_desert"] > 0.8
    assert "cannot tell" in hot["phenotype"]
    assert places[["p_excluded", "p_inflamed"]].isna().all().all()
    assert places.loc["day14_immuno_treat_4", "phenotype"] == "as its controls"


@pytest.mark.realdata
def test_shuffled_arms_do_not_switch(ct26: tuple[Study, Result]) -> None:
    """200 shuffles of the day-14 arms: a moved half is stated as likely in few of them."""
    from smartcombo.stats.switching import switch

    markers = ct26[1].tables["markers"]
    own = markers[(markers["day"] == 14) & (markers["marker"] == "infiltration")]
    values, rng = own["value"].to_numpy(), np.random.default_rng(6)
    stated = []
    for _ in range(200):
        order = rng.permutation(10)
        stated.append(switch(values[order[:5]], values[order[5:]]).probability_half)
    assert np.mean(stated) < 0.5
    assert np.mean(np.array(stated) > 0.8) <= 0.05


@pytest.mark.realdata
def test_the_rnf5_tumours_switched_although_cyt_says_no(shared_dir: Path) -> None:
    result = sc.immune.landscape(read("rnf5_nanostring", shared_dir))
    words = result.estimates.set_index("endpoint")["verdict"]
    assert words["RNA: infiltration"] == words["RNA: inflammation"] == "higher"
    assert words["RNA: gep18"] == "higher"
    assert words["RNA: cyt"] == "inconclusive"


def test_a_study_without_an_assay_is_refused_with_what_to_do(example_folder: Path) -> None:
    study = sc.read_study(example_folder)
    bare = replace(study, assays=type(study.assays)())
    with pytest.raises(sc.AnalysisRefused, match="name their tables"):
        sc.immune.landscape(bare)


def test_percent_is_not_a_level() -> None:
    with pytest.raises(ValueError, match="not percent"):
        sc.immune.LandscapeOptions(level=95)
