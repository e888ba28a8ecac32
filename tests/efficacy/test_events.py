"""Endpoints beside progression, independent action, visits, batches and growth delay."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import with_volumes, written

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.core.verdicts import holm
from smartcombo.efficacy.events.endpoints import crossing
from smartcombo.stats.cox import cox
from smartcombo.stats.time_to_event import logrank
from smartcombo.study.model import Study

DATA = Path(__file__).parents[1] / "data" / "studies"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return written(tmp_path_factory.mktemp("events") / "study", seed=2)


@pytest.fixture(scope="module")
def result(study: Study) -> Result:
    return sc.efficacy.progression(study)


def _rows(result: Result, **wanted: str) -> pd.DataFrame:
    rows = result.estimates
    for column, value in ({"endpoint": "progression"} | wanted).items():
        rows = rows[rows[column] == value]
    return rows


def _with_fates(study: Study, fates: dict[str, str], day: float = 20.0) -> Study:
    """Return the study with some animals' fates and the day they left."""
    animals = study.animals.assign(
        fate=[fates.get(a, "alive-at-end") for a in study.animals["animal"]],
        fate_day=[day if a in fates else np.nan for a in study.animals["animal"]],
    )
    return replace(study, animals=animals)


def _half_cured(study: Study, day: float) -> Study:
    """Return the study with half of the combination at 0 mm3 from a day on."""
    both = study.animals.query("arm == 'both'")["animal"].tolist()
    gone = study.volumes["animal"].isin(both[: len(both) // 2])
    gone &= study.volumes["day"] >= day
    return with_volumes(
        study,
        study.volumes.assign(
            value=study.volumes["value"].mask(gone, 0.0), at_limit=study.volumes["at_limit"] | gone
        ),
    )


def test_half_an_arm_tumour_free_by_day_20_stays_in_every_curve(study: Study) -> None:
    cured = _half_cured(study, 19.0)
    result = sc.efficacy.progression(cured)
    times = result.tables["times"]
    assert set(times.query("endpoint == 'progression'")["animal"]) == set(study.animals["animal"])
    relapse = times[times["endpoint"] == "relapse"]
    assert len(relapse) == 4
    assert not relapse["event"].any()
    assert (relapse["origin"] > 0).all()
    rows = result.estimates
    assert rows.loc[rows["endpoint"] == "relapse", "question"].eq("").all()
    swimmer = result.tables["swimmer"]
    assert swimmer["free_from"].notna().sum() == 4
    numbers = rows[rows["verdict"].isin(["benefit", "synergy"])]
    assert numbers[["value", "low"]].notna().all().all()


def test_a_tumour_that_returns_is_a_relapse_between_two_visits(study: Study) -> None:
    cured = _half_cured(study, 14.0)
    animal = study.animals.query("arm == 'both'")["animal"].iloc[0]
    last = (cured.volumes["animal"] == animal) & (
        cured.volumes["day"] == cured.volumes["day"].max()
    )
    back = cured.volumes.assign(
        value=cured.volumes["value"].mask(last, 150.0), at_limit=cured.volumes["at_limit"] & ~last
    )
    times = sc.efficacy.progression(with_volumes(cured, back)).tables["times"]
    row = times[(times["endpoint"] == "relapse") & (times["animal"] == animal)].iloc[0]
    assert row["event"]
    assert row["after"] < row["by"] == row["time"]


def test_every_removal_for_disease_is_death_and_a_planned_cull_is_not(study: Study) -> None:
    ids = study.animals.query("arm == 'vehicle'")["animal"].tolist()
    fates = dict(
        zip(ids, ("size-limit", "ulceration", "weight-loss", "found-dead", "planned-cull"),
            strict=False)
    )  # fmt: skip
    result = sc.efficacy.progression(_with_fates(study, fates, day=40.0))
    times = result.tables["times"].set_index(["endpoint", "animal"])
    assert times.loc["survival"].loc[ids[:5], "event"].tolist() == [True] * 4 + [False]
    assert times.loc["humane_endpoint"].loc[ids[:5], "event"].tolist() == [True] * 3 + [False] * 2
    assert (times.loc["survival"].loc[ids[:4], "time"] == 40.0 - study.baseline_day).all()


def test_what_is_a_humane_endpoint_is_a_choice(study: Study) -> None:
    ids = study.animals.query("arm == 'vehicle'")["animal"].tolist()
    left = _with_fates(study, {ids[0]: "ulceration", ids[1]: "size-limit"}, day=40.0)
    options = sc.efficacy.ProgressionOptions(endpoints=("humane_endpoint",), humane=("ulceration",))
    result = sc.efficacy.progression(left, options)
    assert set(result.estimates["endpoint"]) == {"humane_endpoint"}
    times = result.tables["times"].set_index("animal")
    assert times.loc[ids[:2], "event"].tolist() == [True, False]


def test_endpoints_are_those_the_study_holds_events_for(study: Study) -> None:
    alive = sc.efficacy.progression(_with_fates(study, {}))
    assert set(alive.estimates["endpoint"]) == {"progression"}
    ids = study.animals["animal"].tolist()
    sized = sc.efficacy.progression(_with_fates(study, {ids[0]: "size-limit"}, 40.0))
    assert set(sized.estimates["endpoint"]) == {"progression", "survival"}


def test_leaving_without_a_reason_is_censored_and_told(study: Study) -> None:
    ids = study.animals["animal"].tolist()
    left = _with_fates(study, {ids[0]: "size-limit", ids[1]: "other"}, 40.0)
    result = sc.efficacy.progression(left)
    found = next(f for f in result.findings if f.code == "left-without-reason")
    assert "1 other" in found.found


def test_an_animal_not_seen_at_baseline_is_named_and_left_out(study: Study) -> None:
    animal = study.animals["animal"].iloc[0]
    late = (study.volumes["animal"] == animal) & (study.volumes["day"] == study.baseline_day)
    result = sc.efficacy.progression(with_volumes(study, study.volumes[~late]))
    found = next(f for f in result.findings if f.code == "no-baseline")
    assert animal in found.found
    assert animal not in set(result.tables["times"]["animal"])


def test_log_rank_tests_compare_within_batches(study: Study) -> None:
    batch = np.where(np.arange(len(study.animals)) % 2, "second", "first")
    batched = replace(study, animals=study.animals.assign(batch=batch))
    result = sc.efficacy.progression(batched)
    assert (result.tables["logrank"]["strata"] == 2).all()
    times = result.tables["times"].query("endpoint == 'progression' and arm in ['both', 'ici']")
    test = logrank(
        times["time"].to_numpy(float),
        times["event"].to_numpy(bool),
        (times["arm"] == "ici").to_numpy(np.int64),
        (times["batch"] == "second").to_numpy(np.int64),
    )
    row = _rows(result, question="Q2", estimand="logrank_hazard_ratio").iloc[0]
    assert row["p"] == pytest.approx(test.p)
    assert "within 2 batches" in row["scale"]


def test_hazard_ratios_compare_within_batches_as_the_log_rank_test_does(study: Study) -> None:
    batch = np.where(np.arange(len(study.animals)) % 2, "second", "first")
    batched = replace(study, animals=study.animals.assign(batch=batch))
    result = sc.efficacy.progression(batched)
    times = result.tables["times"].query("endpoint == 'progression' and arm in ['both', 'ici']")
    fit = cox(
        times["time"].to_numpy(float),
        times["event"].to_numpy(bool),
        (times["arm"] == "both").to_numpy(float)[:, None],
        stratum=(times["batch"] == "second").to_numpy(np.int64),
        firth=True,
    )
    row = _rows(result, question="Q2", estimand="hazard_ratio").iloc[0]
    found = row[["value", "low", "high"]].to_numpy(float)
    np.testing.assert_allclose(found, np.exp([fit.beta[0], fit.low[0], fit.high[0]]), rtol=1e-6)
    assert row["p"] == pytest.approx(fit.p[0])
    assert "within 2 batches" in row["scale"]
    plain = _rows(sc.efficacy.progression(study), question="Q2", estimand="hazard_ratio").iloc[0]
    assert "within" not in plain["scale"]


def test_batches_of_one_arm_each_are_refused_politely(study: Study) -> None:
    batched = replace(study, animals=study.animals.assign(batch=study.animals["arm"]))
    result = sc.efficacy.progression(batched)
    for estimand in ("logrank_hazard_ratio", "hazard_ratio"):
        rows = _rows(result, estimand=estimand)
        assert rows["status"].str.startswith("no event while animals of both arms").all()
        assert set(rows["verdict"]) == {"not estimable"}
    assert result.tables["logrank"].empty


def test_questions_asked_alike_are_corrected_together(result: Result) -> None:
    rows = _rows(result, question="single", estimand="logrank_hazard_ratio")
    assert len(rows) == 2
    np.testing.assert_allclose(rows["p_holm"].astype(float), holm(rows["p"].to_numpy(float)))


def test_q4_is_the_area_between_observed_and_expected_at_any_correlation(result: Result) -> None:
    expected = result.tables["expected"].query("endpoint == 'progression'")
    observed = result.tables["survival"].query("endpoint == 'progression' and arm == 'both'")
    grid = np.linspace(0, expected["time"].max(), 400_001)[:-1]

    def area(table: pd.DataFrame, column: str) -> float:
        """Return the area under a step curve."""
        k = np.searchsorted(table["time"].to_numpy(float), grid, side="right") - 1
        return float(table[column].to_numpy(float)[k].mean() * expected["time"].max())

    q4 = _rows(result, question="Q4", estimand="restricted_mean_difference").iloc[0]
    gap = area(observed, "survival") - area(expected, "survival")
    assert q4["value"] == pytest.approx(gap, abs=1e-3)
    beside = _rows(result, estimand="excess_at_correlation")
    for column, words in (("least", "better agent"), ("most", "no animal"), ("rho_low", " 0.6")):
        row = beside[beside["scale"].str.contains(words, regex=False)].iloc[0]
        gap = area(observed, "survival") - area(expected, column)
        assert row["value"] == pytest.approx(gap, abs=1e-3)
    assert beside["p"].isna().all()


def test_the_correlation_asked_for_is_the_one_expected(study: Study, result: Result) -> None:
    options = sc.efficacy.ProgressionOptions(rho=0.6)
    other = sc.efficacy.progression(study, options)
    q4 = _rows(other, question="Q4", estimand="restricted_mean_difference").iloc[0]
    beside = _rows(result, estimand="excess_at_correlation")
    same = beside[beside["scale"].str.contains("rank correlation 0.6", regex=False)].iloc[0]
    for column in ("value", "low", "high"):
        assert q4[column] == pytest.approx(same[column])


def test_q4_needs_each_agent_alone_and_no_vehicle(study: Study) -> None:
    without = with_volumes(study, study.volumes[study.volumes["arm"] != "vehicle"])
    rows = _rows(sc.efficacy.progression(without), question="Q4")
    assert rows["verdict"].iloc[0] == "synergy"
    without = with_volumes(study, study.volumes[study.volumes["arm"] != "ici"])
    rows = _rows(sc.efficacy.progression(without), question="Q4")
    assert rows["verdict"].tolist() == ["missing"]


def test_the_growth_delay_is_the_difference_of_medians_also_in_doublings(result: Result) -> None:
    median = _rows(result, estimand="median_time").set_index("arm")["value"]
    doubling = _rows(result, estimand="animal_doubling_time").set_index("arm")["value"]
    days = _rows(result, question="single", estimand="growth_delay").set_index("arm")
    own = _rows(result, question="single", estimand="specific_growth_delay").set_index("arm")
    for arm in ("ici", "molecule"):
        gap = median[arm] - median["vehicle"]
        assert days.loc[arm, "value"] == pytest.approx(gap)
        assert days.loc[arm, "low"] <= gap <= days.loc[arm, "high"]
        assert own.loc[arm, "value"] == pytest.approx(gap / doubling["vehicle"])


def test_a_median_beyond_the_follow_up_has_a_delay_without_upper_end(study: Study) -> None:
    gone = study.volumes["arm"].eq("both") & (study.volumes["day"] > 7)
    volumes = study.volumes.assign(
        value=study.volumes["value"].mask(gone, 0.0), at_limit=study.volumes["at_limit"] | gone
    )
    row = _rows(sc.efficacy.progression(with_volumes(study, volumes)), question="Q1",
                estimand="growth_delay").iloc[0]  # fmt: skip
    assert np.isinf(row["value"])
    assert np.isinf(row["high"])
    assert row["verdict"] == "benefit"
    assert row["status"].startswith("not reached")


def test_visits_matter_where_they_are_rare_and_not_where_they_are_daily(study: Study) -> None:
    rng = np.random.default_rng(8)
    means = {"vehicle": 0.25, "ici": 0.2, "molecule": 0.18, "both": 0.1}
    arm_of = dict(zip(study.animals["animal"], study.animals["arm"], strict=True))
    rate = {animal: rng.normal(means[arm], 0.02) for animal, arm in arm_of.items()}

    def visited(step: float) -> Result:
        """Return the analysis of smooth curves seen every so many days."""
        rows = [
            {"model": study.models[0].id, "arm": arm, "animal": a, "day": 7 + day,
             "value": 50 * np.exp(rate[a] * day), "at_limit": False, "row": 1}
            for a, arm in zip(study.animals["animal"], study.animals["arm"], strict=True)
            for day in np.arange(0.0, 28.1, step)
        ]  # fmt: skip
        return sc.efficacy.progression(with_volumes(study, pd.DataFrame(rows)))

    daily, rare = (r.checks.query("check == 'events between visits'") for r in
                   (visited(1.0), visited(14.0)))  # fmt: skip
    assert len(daily) == 5
    assert daily["value"].median() < rare["value"].median()
    assert (rare["status"] == "caution").any()
    assert daily["message"].str.contains("close enough").any()
    assert rare["message"].str.contains("its word (?:stays|becomes) ").all()


def test_interpolation_lies_between_the_earliest_and_the_latest_event(result: Result) -> None:
    """With common visits and no loss, Turnbull's mean is within a visit of the interpolated one."""
    plain = _rows(result, estimand="restricted_mean").set_index("arm")["value"]
    between = _rows(result, estimand="interval_censored_mean").set_index("arm")
    widest = result.tables["visits"]["widest_days"].max()
    assert (np.abs(between["value"] - plain) < widest).all()


def test_a_crossing_is_at_baseline_between_visits_or_never() -> None:
    time = np.array([0.0, 2.0, 4.0])
    assert crossing(np.array([100.0, 50.0, 400.0]), time, 90.0) == (0.0, 0.0, 0.0)
    when, after, by = crossing(np.array([50.0, 100.0, 400.0]), time, 200.0)
    assert (when, after, by) == (pytest.approx(3.0), 2.0, 4.0)
    assert np.isnan(crossing(np.array([50.0, 60.0, 70.0]), time, 200.0)).all()


def test_the_order_of_rows_and_the_names_of_arms_change_no_number(study: Study) -> None:
    def renamed(arm: str) -> str:
        """Return another name for an arm."""
        return f"z {arm}"

    arms = tuple(replace(arm, id=renamed(arm.id)) for arm in study.arms)
    volumes = study.volumes.assign(arm=study.volumes["arm"].map(renamed)).sample(
        frac=1, random_state=1
    )
    other = replace(
        study, arms=arms, volumes=volumes,
        animals=study.animals.assign(arm=study.animals["arm"].map(renamed)).iloc[::-1],
    )  # fmt: skip
    first, second = sc.efficacy.progression(study), sc.efficacy.progression(other)
    closed = ["restricted_mean", "median_time", "restricted_mean_difference", "hazard_ratio",
              "logrank_hazard_ratio", "interval_censored_mean", "growth_delay"]  # fmt: skip
    for name in closed:
        a, b = (r.estimates.query(f"estimand == '{name}'")["value"].to_numpy(float) for r in
                (first, second))  # fmt: skip
        np.testing.assert_allclose(a, b, rtol=1e-9)


def test_the_same_study_gives_the_same_bytes(study: Study, result: Result) -> None:
    pd.testing.assert_frame_equal(sc.efficacy.progression(study).estimates, result.estimates)


def test_a_whole_study_takes_less_than_a_second(study: Study) -> None:
    sc.efficacy.progression(study)
    began = time.process_time()  # of this process: others may share the processors
    sc.efficacy.progression(study)
    assert time.process_time() - began < 1.0


@pytest.mark.realdata
def test_animals_cured_by_anti_ctla4_stay_in_every_endpoint() -> None:
    result = sc.efficacy.progression(sc.read_study(DATA / "vetizou_2x2"))
    times = result.tables["times"]
    assert len(times.query("endpoint == 'progression'")) == 24
    assert len(times.query("endpoint == 'relapse'")) == 4
    assert result.tables["swimmer"]["free_from"].notna().sum() == 4
    single = _rows(result, question="single", estimand="restricted_mean_difference")
    assert single["verdict"].tolist() == ["benefit", "inconclusive"]


@pytest.mark.realdata
def test_animals_that_start_without_tumour_have_a_tumour_free_survival() -> None:
    result = sc.efficacy.progression(sc.read_study(DATA / "tumgrowth_tfs"))
    times = result.tables["times"].query("endpoint == 'tumour_free_survival'")
    assert len(times) == 50
    events = times.groupby("arm")["event"].sum()
    assert events["C2"] == 8
    assert times.set_index("animal").loc["C123", "time"] == 0
    rows = _rows(result, endpoint="tumour_free_survival", estimand="restricted_mean_difference")
    assert rows.set_index("arm").loc["C2", "verdict"] == "benefit"
