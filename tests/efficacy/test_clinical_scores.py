"""Clinical scores: who is worse, who reached the protocol's limit, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scored import PEAKS, scored_study, scores_of
from studies import written

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.efficacy import TolerabilityOptions
from smartcombo.efficacy.events.endpoints import DISEASE
from smartcombo.evidence import programme_gates
from smartcombo.evidence.programme_claims import TOPICS, direction
from smartcombo.report.agreement import agreements
from smartcombo.study.model import Limits, Study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return scored_study(tmp_path_factory.mktemp("scored") / "study")


@pytest.fixture(scope="module")
def result(study: Study) -> Result:
    return sc.efficacy.tolerability(study)


def _row(result: Result, estimand: str, **wanted: str) -> pd.Series:
    rows = result.estimates[result.estimates["estimand"] == estimand]
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def _with_fate(study: Study, animal: str, fate: str, day: float) -> Study:
    animals = study.animals.copy()
    animals.loc[animals["animal"] == animal, ["fate", "fate_day"]] = [fate, day]
    return replace(study, animals=animals)


def test_the_chance_of_the_worse_score_is_brunner_and_munzels(result: Result) -> None:
    for question, other in {"Q1": "vehicle", "Q2": "ici", "Q3": "molecule"}.items():
        row = _row(result, "worse_score_probability", question=question)
        peer = stats.brunnermunzel(PEAKS["both"], PEAKS[other])
        assert (0.5 - row["value"]) / row["se"] == pytest.approx(peer.statistic)
        assert row["n"] == 16
        assert "above 0.5 is harm" in row["scale"]
    words = [_row(result, "worse_score_probability", question=q)["verdict"]
             for q in ("Q1", "Q2", "Q3", "Q4")]  # fmt: skip
    assert words == ["harm", "harm", "inconclusive", "inconclusive"]


def test_q4_compares_with_the_worse_of_one_animal_of_each_agent(result: Result) -> None:
    row = _row(result, "worse_score_probability", question="Q4")
    pairs = [
        (a > max(b, c)) + 0.5 * (a == max(b, c))
        for a in PEAKS["both"]
        for b in PEAKS["ici"]
        for c in PEAKS["molecule"]
    ]
    assert row["value"] == pytest.approx(np.mean(pairs))
    assert (row["null_model"], row["n"]) == ("independent_action", 24)


def test_a_combination_worse_than_both_harms_together_is_said(study: Study) -> None:
    worse = scores_of(study, PEAKS | {"both": (2, 2, 3, 3, 3, 3, 3, 3)})
    result = sc.efficacy.tolerability(replace(study, scores=worse))
    assert _row(result, "worse_score_probability", question="Q4")["verdict"] == "harm"
    tolerance = result.tables["tolerance"].iloc[0]
    assert tolerance["verdict"] == "harm"
    assert "scores worse than the worse of its agents alone" in tolerance["sentence"]


def test_animals_at_the_limit_have_exact_and_jeffreys_intervals_and_a_day(result: Result) -> None:
    both = _row(result, "past_score_limit_rate", arm="both")
    assert (both["value"], both["n"]) == (0.25, 8)
    exact = stats.binomtest(2, 8).proportion_ci(method="exact")
    assert (both["low"], both["high"]) == pytest.approx((exact.low, exact.high))
    rates = result.tables["score_rates"].set_index("arm").loc["both"]
    assert rates["jeffreys_high"] == pytest.approx(stats.beta.ppf(0.975, 2.5, 6.5))
    assert (rates["exact_low"], rates["exact_high"]) == pytest.approx((exact.low, exact.high))
    gap = _row(result, "past_score_limit_rate_difference", question="Q1")
    assert (gap["value"], gap["verdict"]) == (0.25, "inconclusive")
    courses = result.tables["score_courses"].set_index("animal")
    days = sorted(result.tables["scores"]["day"].unique())
    assert courses.loc["M1-both-08", "time_to_limit"] == days[2] - days[0]
    assert np.isnan(courses.loc["M1-both-06", "time_to_limit"])


def test_the_median_worst_score_has_limits_that_were_seen(result: Result) -> None:
    both = _row(result, "worst_score", arm="both")
    assert (both["value"], both["low"], both["high"], both["n"]) == (2.0, 0.0, 3.0, 8)
    assert both["status"] == "ok"


def test_half_of_an_arm_at_the_limit_stops_one_animal_cautions(study: Study) -> None:
    def flags(limit: float) -> dict[str, str]:
        checked = sc.efficacy.tolerability(replace(study, limits=Limits(clinical_score=limit)))
        rows = checked.checks[checked.checks["check"] == "clinical-score"]
        return dict(zip(rows["subject"], rows["status"], strict=True))

    assert flags(3) == {"vehicle": "ok", "ici": "ok", "molecule": "ok", "both": "caution"}
    assert flags(2) == {"vehicle": "ok", "ici": "caution", "molecule": "caution", "both": "stop"}


def test_without_a_limit_scores_are_compared_and_no_limit_is_invented(study: Study) -> None:
    result = sc.efficacy.tolerability(replace(study, limits=Limits()))
    past = result.estimates[result.estimates["estimand"] == "past_score_limit_rate"]
    assert past["status"].str.startswith("missing: the protocol's limit").all()
    assert past["value"].isna().all()
    assert not (result.checks["check"] == "clinical-score").any()
    assert _row(result, "worse_score_probability", question="Q1")["verdict"] == "harm"
    assert "no limit of the clinical score is stated" in result.tables["tolerance"]["sentence"][0]


def test_a_study_without_scores_says_missing_only_where_its_protocol_has_a_limit(
    tmp_path: Path,
) -> None:
    plain = written(tmp_path / "s")
    silent = sc.efficacy.tolerability(plain)
    assert not (silent.estimates["endpoint"] == "clinical_score").any()
    assert "tolerability.worst-score/1" not in silent.methods
    limited = sc.efficacy.tolerability(replace(plain, limits=Limits(clinical_score=3)))
    rows = limited.estimates[limited.estimates["endpoint"] == "clinical_score"]
    assert (rows["verdict"] == "missing").all()
    assert rows["status"].str.contains("no clinical scores after baseline").all()


def test_an_animal_found_dead_ranks_worst_although_it_never_scored(study: Study) -> None:
    dead = _with_fate(study, "M1-both-01", "found-dead", 15.0)
    result = sc.efficacy.tolerability(dead)
    courses = result.tables["score_courses"].set_index("animal")
    assert courses.loc["M1-both-01", "worst"] == 0
    assert np.isinf(courses.loc["M1-both-01", "rank"])
    before = _row(sc.efficacy.tolerability(study), "worse_score_probability", question="Q1")
    after = _row(result, "worse_score_probability", question="Q1")
    assert after["value"] > before["value"]


def test_an_animal_taken_for_its_score_is_at_the_limit_and_a_treatment_death(study: Study) -> None:
    taken = sc.efficacy.tolerability(_with_fate(study, "M1-ici-01", "clinical-score", 13.0))
    animal = taken.tables["score_courses"].set_index("animal").loc["M1-ici-01"]
    last = taken.tables["scores"].query("animal == 'M1-ici-01'")["day"].max()
    assert animal["past_limit"]
    assert animal["time_to_limit"] == last - study.baseline_day
    assert _row(taken, "treatment_death_rate", arm="ici")["value"] == pytest.approx(1 / 8)
    assert "clinical-score" in DISEASE


def test_scores_of_the_baseline_and_of_excluded_animals_stay_out_and_are_counted(
    study: Study,
) -> None:
    animals = study.animals.assign(excluded=study.animals["animal"] == "M1-both-08")
    ill = study.scores.assign(
        score=study.scores["score"].where(study.scores["day"] > study.baseline_day, 4.0)
    )
    result = sc.efficacy.tolerability(replace(study, animals=animals, scores=ill))
    counts = result.tables["scorings"].set_index("scorings")["number"]
    assert counts["read"] == len(study.scores)
    assert counts["read"] == counts.drop("read").sum()
    courses = result.tables["score_courses"]
    assert "M1-both-08" not in set(courses["animal"])
    assert courses["worst"].max() == 3


def test_arms_are_compared_up_to_the_declared_day_only(study: Study) -> None:
    early = sc.efficacy.tolerability(study, TolerabilityOptions(day=11.0))
    row = _row(early, "worse_score_probability", question="Q1")
    assert row["day"] == 11.0
    assert _row(early, "worst_score", arm="both")["value"] <= 1.0
    assert _row(early, "past_score_limit_rate", arm="both")["value"] == 0.25


def test_an_arm_with_one_scored_animal_is_missing(study: Study) -> None:
    lone = study.scores[(study.scores["arm"] != "ici") | (study.scores["animal"] == "M1-ici-01")]
    result = sc.efficacy.tolerability(replace(study, scores=lone))
    row = _row(result, "worse_score_probability", question="Q2")
    assert row["verdict"] == "missing"
    assert "fewer than two animals scored" in row["status"]
    assert _row(result, "worst_score", arm="ici")["n"] == 1


def test_the_order_of_rows_and_a_stretched_scale_change_no_comparison(
    study: Study, result: Result
) -> None:
    shuffled = study.scores.sample(frac=1.0, random_state=4)
    again = sc.efficacy.tolerability(replace(study, scores=shuffled))
    pd.testing.assert_frame_equal(again.estimates, result.estimates)
    stretched = study.scores.assign(score=study.scores["score"] ** 2)
    other = sc.efficacy.tolerability(
        replace(study, scores=stretched, limits=Limits(clinical_score=9))
    ).estimates
    same = ["value", "low", "high", "p", "verdict"]
    kept = result.estimates["estimand"] != "worst_score"
    pd.testing.assert_frame_equal(other.loc[kept, same], result.estimates.loc[kept, same])


def test_weights_and_scores_past_either_limit_are_counted_once(tmp_path: Path) -> None:
    study = scored_study(tmp_path / "s")
    weights = study.scores.drop(columns="score").assign(weight_g=20.0)
    thin = (weights["animal"].isin(["M1-both-08", "M1-both-01"])) & (weights["day"] > 9)
    weights.loc[thin, "weight_g"] = 15.0
    limits = Limits(clinical_score=3, weight_loss_fraction=0.2)
    result = sc.efficacy.tolerability(replace(study, weights=weights, limits=limits))
    assert _row(result, "past_weight_limit_rate", arm="both")["value"] == 0.25
    assert _row(result, "past_score_limit_rate", arm="both")["value"] == 0.25
    assert _row(result, "past_either_limit_rate", arm="both")["value"] == pytest.approx(3 / 8)


def test_harm_by_scores_speaks_against_and_stands_beside_the_endpoints(
    study: Study, result: Result
) -> None:
    assert TOPICS["worse_score_probability"] == "tolerability"
    assert TOPICS["past_score_limit_rate_difference"] == "tolerability"
    assert direction(_row(result, "worse_score_probability", question="Q1")["verdict"],
                     "tolerability") == "against"  # fmt: skip
    table = agreements(study, [sc.efficacy.growth(study), sc.efficacy.response(study), result])[0]
    costs = dict(table.costs)
    assert costs["clinical scores"] == ("harm", "harm", "inconclusive", "inconclusive")
    assert "clinical scores on Q1 and Q2" in table.sentence


@pytest.mark.parametrize(("limit", "passed"), [(0.1, False), (0.3, True)])
def test_the_toxicity_gate_counts_animals_at_the_score(
    result: Result, monkeypatch: pytest.MonkeyPatch, limit: float, passed: bool
) -> None:
    one = SimpleNamespace(study=result.study, parts=SimpleNamespace(arm="both"))
    monkeypatch.setattr(programme_gates, "studied_in", lambda *_: [(one, "M1")])
    nothing = pd.DataFrame()
    case = programme_gates.Case(None, "", "", "", nothing, nothing, (result,), limit)  # type: ignore[arg-type]
    told, reason = programme_gates.FACTS["toxicity"](case)
    assert told is passed
    assert "2 of 8 animals at or past the protocol's clinical score (3% to 65%)" in reason
    assert ("no body weights against a stated limit" in reason) == passed
