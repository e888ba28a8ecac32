"""Doses, days, animals for the next study, and traps of the landscape."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.immune.course import course_table, dose_ladders
from smartcombo.immune.landscape import landscape_of
from smartcombo.immune.matching import matched_groups
from smartcombo.immune.rows import MARKER_COLUMNS
from smartcombo.study.model import Arm, Treatment

STUDIES = Path(__file__).resolve().parents[1] / "data" / "studies"
GONE = "day14_immuno_treat_1"
DOSES = (0.0, 1.0, 3.0, 10.0)


def dosed(study: sc.Study) -> sc.Study:
    """Return the study with a vehicle and three doses of one molecule."""
    arms = [Arm("vehicle", "Vehicle", frozenset(), "vehicle")]
    arms += [
        Arm(
            f"d{d:g}",
            f"{d:g} mg/kg",
            frozenset([Treatment("VPS34i", d, "mg/kg")]),
            "molecule-alone",
        )
        for d in DOSES[1:]
    ]
    return replace(study, arms=tuple(arms))


def dose_markers(
    means: tuple[float, ...], n: int = 8, days: tuple[float, ...] = (7.0,)
) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = [
        ("SYN-MEL", arm, f"{arm}-{day:g}-{k}", day, "tumour", "", "RNA", "infiltration",
         "Infiltration", "infiltration", mean + 0.4 * rng.standard_normal(), "log2", "ok")
        for day in days
        for arm, mean in zip(("vehicle", "d1", "d3", "d10"), means, strict=True)
        for k in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(MARKER_COLUMNS[:-1])).assign(censored="")


@pytest.fixture(scope="module")
def study(example_folder: Path) -> sc.Study:
    return sc.read_study(example_folder)


def test_doses_form_a_ladder_from_the_vehicle_up(study: sc.Study) -> None:
    (ladder,) = dose_ladders(dosed(study))
    assert ladder.arms == ("vehicle", "d1", "d3", "d10")
    assert dose_ladders(study) == []


@pytest.mark.parametrize(("means", "turns"), [((0, 1, 2, 3), False), ((0, 2, 2, 0), True)])
def test_a_dose_too_high_is_flagged(study: sc.Study, means: tuple[float, ...], turns: bool) -> None:
    own = dosed(study)
    groups, _ = matched_groups(own, dose_markers(means))
    table = course_table(own, groups, 0.95)
    assert list(table["to"]) == ["VPS34i 1", "VPS34i 3", "VPS34i 10"]
    assert set(table["turns"]) == {turns}
    assert (table["p_holm"] >= table["p"]).all()


def test_a_switch_that_fades_falls_from_day_to_day(study: sc.Study) -> None:
    own = dosed(study)
    early = dose_markers((0, 0, 0, 3), days=(7.0,))
    late = dose_markers((1, 1, 1, 1), days=(14.0,))
    groups, _ = matched_groups(own, pd.concat([early, late], ignore_index=True))
    table = course_table(own, groups, 0.95)
    days = table[(table["kind"] == "day") & (table["series"] == "10 mg/kg")].iloc[0]
    assert days["verdict"] == "falls"
    assert days["value"] == pytest.approx(-3, abs=1)
    assert (days["from"], days["to"], days["n"]) == ("day 7", "day 14", 32)


def test_days_of_the_same_animals_are_not_compared_as_if_they_were_others(
    study: sc.Study,
) -> None:
    own = dosed(study)
    twice = [dose_markers((0, 0, 0, 3), days=(7.0,)).assign(day=day) for day in (7.0, 14.0)]
    groups, _ = matched_groups(own, pd.concat(twice, ignore_index=True))
    assert set(course_table(own, groups, 0.95)["kind"]) == {"dose"}


def test_power_stands_on_this_studys_spread(study: sc.Study) -> None:
    own = dosed(study)
    table = landscape_of(own, dose_markers((0, 0.2, 1, 3), n=40)).tables["power"]
    rows = table.set_index("arm")
    assert (rows["n_half_seen"] >= rows["n_seen"]).all()
    assert rows["n_doubling"].between(3, 6).all()
    assert rows.loc["d10", "called_with_12"] > 0.95
    assert rows.loc["d1", "called_with_12"] < 0.1


@pytest.mark.realdata
def test_removing_a_sample_changes_no_score_and_no_other_group(shared_dir: Path) -> None:
    os.environ["SMARTCOMBO_SHARED"] = str(shared_dir)
    study = sc.read_study(STUDIES / "ct26")
    whole = sc.immune.landscape(study)
    rest = sc.immune.landscape(
        replace(study, samples=study.samples[study.samples["animal"] != GONE])
    )
    keys = ["animal", "marker"]
    one, two = (
        r.tables["markers"].query(f"animal != '{GONE}'").set_index(keys)["value"]
        for r in (whole, rest)
    )
    assert (one - two).abs().max() == 0
    early = [r.estimates[r.estimates["day"] == 7].reset_index(drop=True) for r in (whole, rest)]
    pd.testing.assert_frame_equal(*early)


@pytest.mark.realdata
def test_without_cd8a_the_scores_that_need_it_say_so(shared_dir: Path) -> None:
    os.environ["SMARTCOMBO_SHARED"] = str(shared_dir)
    study = sc.read_study(STUDIES / "ct26")
    expression = study.assays.expression
    kept = ~expression.values.index.isin(["Cd8a", "Cd8b1"])
    less = replace(expression, values=expression.values[kept], genes=expression.genes[kept])
    markers = sc.immune.landscape(
        replace(study, assays=replace(study.assays, expression=less))
    ).tables["markers"]
    worst = markers.groupby("marker")["status"].first()
    assert "mmcp_cd8" not in worst
    assert "danaher_cd8" not in worst or worst["danaher_cd8"] == "caution"
    before = sc.immune.landscape(study).tables["markers"].groupby("marker")["status"].first()
    changed = worst[worst != before.reindex(worst.index)]
    assert "caution" in set(changed), "no score warns that Cd8a is gone"


@pytest.mark.realdata
def test_genes_that_the_strain_lacks_are_masked(shared_dir: Path) -> None:
    os.environ["SMARTCOMBO_SHARED"] = str(shared_dir)
    expression = sc.read_study(STUDIES / "ct26").assays.expression
    black6 = set(expression.values.index) - set(expression.usable("C57BL/6"))
    assert "H2-Ea" in black6 or "H2-Ea-ps" in black6
    assert "Klrb1c" in set(expression.values.index) - set(expression.usable("BALB/c"))


def test_shuffled_arms_are_not_said_to_be_hotter(study: sc.Study) -> None:
    """20 shuffles of a strong switch, three arms each: 2.5% are higher by chance, 99.9% limit 8."""
    own = dosed(study)
    markers = dose_markers((0, 0, 0, 3))
    names = markers["arm"].to_numpy()
    higher = 0
    for k in range(20):
        order = np.random.default_rng(k).permutation(len(names))
        table = landscape_of(own, markers.assign(arm=names[order])).estimates
        higher += int((table["verdict"] == "higher").sum())
    assert higher <= 6
