"""Several studies of one question: the study is the unit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import written

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.report.figures.pooled import pooled_forest

DATA = Path(__file__).parents[1] / "data" / "studies"
FAST = sc.efficacy.GrowthOptions(robustness=False)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Result]]:
    """Return three simulated studies of one design, analysed three ways."""
    folder = tmp_path_factory.mktemp("pooling")
    studies = [
        replace(written(folder / f"S{seed}", seed=seed), id=f"S{seed}") for seed in (1, 2, 3)
    ]
    return {
        "growth": [sc.efficacy.growth(study, FAST) for study in studies],
        "response": [sc.efficacy.response(study) for study in studies],
        "progression": [sc.efficacy.progression(study) for study in studies],
    }


def _row(result: Result, **wanted: str) -> pd.Series:
    rows = result.estimates
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, wanted
    return rows.iloc[0]


def test_the_pooled_mean_is_that_of_the_studies_weighted(results) -> None:
    pooled = sc.efficacy.pool(results["growth"])
    got = _row(pooled, estimand="growth_rate_difference", question="Q2")
    studies = pooled.tables["studies"].query(
        "estimand == 'growth_rate_difference' and question == 'Q2'"
    )
    assert got["value"] == pytest.approx(np.sum(studies["weight"] * studies["value"]))
    assert sorted(studies["study"]) == ["S1", "S2", "S3"]
    single = [_row(one, estimand="growth_rate_difference", question="Q2")["value"]
              for one in results["growth"]]  # fmt: skip
    np.testing.assert_allclose(studies["value"], single)
    assert got["df"] == 2
    assert got["n"] == sum(studies["n"])
    assert got["verdict"] == "benefit"


def test_q4_is_pooled_with_its_own_sign(results) -> None:
    pooled = sc.efficacy.pool(results["growth"])
    rate = _row(pooled, estimand="growth_rate_difference", question="Q4", null_model="bliss")
    ratio = _row(pooled, estimand="log_ratio", question="Q4", null_model="bliss")
    assert np.sign(rate["value"]) == -np.sign(ratio["value"])
    assert {rate["verdict"], ratio["verdict"]} <= {"synergy", "inconclusive", "antagonism"}
    if rate["verdict"] == "synergy":
        assert rate["high"] < 0
    times = sc.efficacy.pool(results["progression"])
    q4 = _row(times, question="Q4", estimand="restricted_mean_difference")
    assert q4["null_model"] == "independent_action"


def test_the_next_study_is_less_certain_than_the_mean(results) -> None:
    for analysis in ("growth", "response", "progression"):
        pooled = sc.efficacy.pool(results[analysis]).tables["pooled"]
        assert (pooled["predicted_low"] <= pooled["value"]).all()
        assert (pooled["predicted_high"] - pooled["predicted_low"] > 0).all()
    two = sc.efficacy.pool(results["growth"][:2]).estimates
    ahead = two[two["estimand"].str.startswith("predicted_")]
    assert ahead["low"].isna().all()
    assert set(ahead["status"]) == {"two studies: no prediction interval"}


def test_interval_and_p_of_a_pooled_mean_agree(results) -> None:
    for analysis in results:
        table = sc.efficacy.pool(results[analysis]).estimates
        means = table[table["p"].notna()]
        assert len(means)
        out = (means["low"] > 0) | (means["high"] < 0)
        assert ((means["p"] < 0.05) == out).all()


def test_the_order_of_the_studies_changes_nothing(results) -> None:
    first = sc.efficacy.pool(results["response"]).estimates
    second = sc.efficacy.pool(results["response"][::-1]).estimates
    columns = ["value", "low", "high", "p"]
    np.testing.assert_allclose(first[columns].astype(float), second[columns].astype(float),
                               rtol=1e-10, atol=1e-12)  # fmt: skip


def test_simulated_studies_stay_synthetic_when_pooled(results) -> None:
    pooled = sc.efficacy.pool(results["growth"])
    assert set(pooled.estimates["study"]) == {"SYNTHETIC pooled"}
    figure = pooled_forest(pooled, "growth_rate_difference", "Q2")
    assert figure.synthetic
    assert list(figure.data["row"]) == ["S1", "S2", "S3", "Mean", "Next study"]


def test_studies_without_a_common_question_are_refused_with_what_they_answer(results) -> None:
    first, second = results["growth"][:2]
    other = replace(second, estimates=second.estimates.assign(arm="another arm"))
    with pytest.raises(sc.AnalysisRefused, match=r"no question is answered by two .*S1: .* v "):
        sc.efficacy.pool([first, other])
    with pytest.raises(sc.AnalysisRefused, match=r"two results of S1 \(growth\)"):
        sc.efficacy.pool([first, first])


@pytest.mark.realdata
def test_six_studies_of_emt6_pool_through_the_public_call(shared_dir: Path) -> None:
    table = pd.read_csv(shared_dir / "data" / "invivo" / "mariathasan2018_complete_regressions.csv")
    emt6 = table[table["model"] == "EMT6"]
    n = emt6["n_per_arm"]
    counts = pd.DataFrame(
        {"study": emt6["study"], "k": n * emt6["combo_cr_pct"] / 100, "n": n,
         "k_other": n * emt6["apdl1_cr_pct"] / 100, "n_other": n}
    )  # fmt: skip
    pooled = sc.efficacy.pool_counts(counts)
    file = shared_dir / "peers" / "patients" / "shrinkage_reference.json"
    reference = json.loads(file.read_text(encoding="utf-8"))
    mean = _row(pooled, estimand="response_log_odds_ratio")
    ahead = _row(pooled, estimand="predicted_response_log_odds_ratio")
    assert mean["value"] == pytest.approx(reference["logor_re"]["mu"], abs=1e-9)
    assert pooled.tables["pooled"]["tau2"].iloc[0] == pytest.approx(
        reference["logor_re"]["tau2"], abs=1e-9
    )
    # The reference rounded its t quantile (2.776); ours is exact.
    limits = (ahead["low"], ahead["high"])
    assert limits == pytest.approx(reference["logor_re"]["pi95"], abs=5e-4)
    rates = pooled.tables["rates"].set_index("arm")
    assert rates.loc["arm", "icc"] == pytest.approx(
        reference["betabinomial"]["combo"]["icc"], abs=1e-4
    )
    assert len(pooled_forest(pooled, "response_log_odds_ratio").data) == 8


COUNTS = pd.DataFrame(
    {"study": ["A", "B"], "k": [5, 6], "n": [10, 10], "k_other": [1, 2], "n_other": [10, 10]}
)


def test_counts_that_cannot_be_are_refused_with_what_was_found() -> None:
    with pytest.raises(ValueError, match=r"no column n_other; it has \['study', 'k', 'n'"):
        sc.efficacy.pool_counts(COUNTS.drop(columns="n_other"))
    with pytest.raises(ValueError, match=r"study B: k=12 of n=10; expected 0 to n"):
        sc.efficacy.pool_counts(COUNTS.assign(k=[5, 12]))
    with pytest.raises(sc.AnalysisRefused, match=r"counts of 1 study; expected two or more"):
        sc.efficacy.pool_counts(COUNTS.head(1))
    with pytest.raises(ValueError, match=r"level=95: expected a fraction"):
        sc.efficacy.PoolOptions(level=95)
    with pytest.raises(ValueError, match=r"no pooled 'tgi' .* there are \[\["):
        pooled_forest(sc.efficacy.pool_counts(COUNTS), "tgi")
