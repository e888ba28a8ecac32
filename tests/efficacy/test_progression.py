"""Time to progression of whole studies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import names_with_volumes, with_volumes, written

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.study.model import Study

DATA = Path(__file__).parents[1] / "data" / "studies"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return written(tmp_path_factory.mktemp("progression") / "study", seed=2)


@pytest.fixture(scope="module")
def result(study: Study) -> Result:
    return sc.efficacy.progression(study)


def _one(result: Result, **wanted: str) -> pd.Series:
    rows = result.estimates
    wanted = {"endpoint": "progression"} | wanted
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, wanted
    return rows.iloc[0]


def test_every_animal_has_a_time_enclosed_by_its_visits(study: Study, result: Result) -> None:
    times = result.tables["times"].query("endpoint == 'progression'")
    assert sorted(times["animal"]) == sorted(study.animals["animal"])
    assert (times["after"] <= times["time"]).all()
    assert (times["time"] <= times["by"]).all()


def test_a_curve_that_grows_exponentially_is_timed_exactly(study: Study) -> None:
    volumes = study.volumes.assign(value=50.0 * np.exp(0.2 * (study.volumes["day"] - 7)))
    times = sc.efficacy.progression(with_volumes(study, volumes)).tables["times"]
    times = times[times["endpoint"] == "progression"]
    np.testing.assert_allclose(times.loc[times["event"], "time"], np.log(4) / 0.2, rtol=1e-9)


def test_the_comparisons_are_those_of_the_arms_restricted_means(result: Result) -> None:
    arm = {a: _one(result, estimand="restricted_mean", arm=a)["value"] for a in ("both", "ici")}
    q2 = _one(result, question="Q2", estimand="restricted_mean_difference")
    assert q2["value"] == pytest.approx(arm["both"] - arm["ici"])
    assert q2["verdict"] == "benefit"
    hazard = _one(result, question="Q2", estimand="hazard_ratio")
    assert 0 < hazard["low"] < hazard["value"] < hazard["high"] < 1
    assert hazard["verdict"] == "benefit"


def test_an_arm_without_progression_has_a_finite_hazard_ratio(study: Study) -> None:
    cured = study.volumes["arm"].eq("both") & (study.volumes["day"] > 7)
    volumes = study.volumes.assign(
        value=study.volumes["value"].mask(cured, 0.0), at_limit=study.volumes["at_limit"] | cured
    )
    result = sc.efficacy.progression(with_volumes(study, volumes))
    hazard = _one(result, question="Q1", estimand="hazard_ratio")
    assert 0 < hazard["value"] < hazard["high"] < 1
    assert _one(result, estimand="median_time", arm="both")["status"] == "not reached"


def test_the_unit_of_volume_changes_nothing(study: Study, result: Result) -> None:
    other = replace(
        with_volumes(study, study.volumes.assign(value=study.volumes["value"] * 1000)),
        readout=replace(study.readout, limit=study.readout.limit * 1000),
    )
    pd.testing.assert_frame_equal(
        sc.efficacy.progression(other).estimates, result.estimates, rtol=1e-9
    )


def test_animals_that_leave_early_are_censored_with_a_finding(study: Study) -> None:
    animal = study.animals.query("arm == 'both'")["animal"].iloc[0]
    early = (study.volumes["animal"] == animal) & (study.volumes["day"] > 9)
    fates = study.animals["fate"].mask(study.animals["animal"] == animal, "found-dead")
    left = replace(study, volumes=study.volumes[~early], animals=study.animals.assign(fate=fates))
    result = sc.efficacy.progression(left)
    times = result.tables["times"].query("endpoint == 'progression'")
    assert not times.set_index("animal").loc[animal, "event"]
    finding = next(f for f in result.findings if f.code == "left-before-progression")
    assert "1 found-dead" in finding.found


@pytest.mark.parametrize(
    "options",
    [{"multiple": 1.0}, {"level": 95}, {"volume": 0}, {"horizon": -1.0}, {"endpoints": ("os",)},
     {"endpoints": "survival"}, {"endpoints": ()}, {"humane": ("sick",)}, {"rho": 0.9},
     {"rho_band": (0.6, -0.3)}],
)  # fmt: skip
def test_impossible_options_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected a"):
        sc.efficacy.ProgressionOptions(**options)


@pytest.mark.realdata
def test_4t1_progresses_sooner_with_gaba_than_with_anti_pd1_alone() -> None:
    result = sc.efficacy.progression(sc.read_study(DATA / "gaba_4t1"))
    hazard = _one(result, question="Q2", estimand="hazard_ratio")
    assert hazard["verdict"] == "harm"
    q2 = _one(result, question="Q2", estimand="restricted_mean_difference")
    assert q2["value"] == pytest.approx(-2.66, abs=0.01)
    assert q2["verdict"] == "inconclusive"
    assert result.tables["logrank"].query("endpoint == 'progression'")["animals"].tolist() == [41]


@pytest.mark.realdata
@pytest.mark.parametrize("name", names_with_volumes())
def test_no_animal_with_a_baseline_is_left_untimed(name: str) -> None:
    study = sc.read_study(DATA / name)
    result = sc.efficacy.progression(study)
    times = result.tables["times"].query("endpoint == 'progression'")
    first = study.volumes[study.volumes["day"] == study.baseline_day]
    assert set(times["animal"]) == set(first["animal"])
    assert set(result.tables["swimmer"]["animal"]) == set(study.volumes["animal"])
