"""Measures over studies: the study is the unit, and what is missing stays missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartcombo.evidence.programme_claims import direction
from smartcombo.evidence.programme_evidence import CLAIM_COLUMNS, POOLED_COLUMNS
from smartcombo.evidence.programme_measures import MEASURES, pooled_table
from smartcombo.stats.pooling import random_effects_mean
from smartcombo.study.programme_config import MeasureName

CANDIDATE = [("C | M", "C", "M")]


def claim(study: str, value: float, se: float = 0.2, **changes: object) -> dict[str, object]:
    """Return a claim on Q2; ``value`` counts as the estimand does: negative is a gain."""
    return {
        "claim": f"{study}/{changes.get('model', 'M')}/{changes.get('day', 21)}",
        "kind": "data", "candidate": "C | M", "combination": "C", "context": "M", "study": study,
        "model": "M", "subject": "combination", "topic": "volume", "question": "Q2",
        "null_model": "", "estimand": "floored_log_ratio", "value": value, "low": value - 0.5,
        "high": value + 0.4, "se": se, "level": 0.95, "n": 20, "direction": "neither",
        "status": "ok", "result": f"{study}/classes",
    } | changes  # fmt: skip


def pooled(*claims: dict[str, object], name: MeasureName = "gain_over_ici") -> pd.Series:
    table = pooled_table(CANDIDATE, pd.DataFrame(claims, columns=list(CLAIM_COLUMNS)), 0.95)
    assert tuple(table.columns) == POOLED_COLUMNS
    assert list(table["measure"]) == list(MEASURES)
    return table.set_index("measure").loc[name]


def test_a_gain_is_plus_and_a_single_answer_keeps_its_own_interval() -> None:
    got = pooled(claim("S", -1.0))
    assert (got["value"], got["low"], got["high"]) == (1.0, 0.6, 1.5)
    assert (got["studies"], got["n"], got["status"]) == (1, 20, "ok")
    assert np.isnan(got["predicted_low"])


def test_studies_are_pooled_by_random_effects_with_a_prediction_interval() -> None:
    values, errors = [-1.0, -0.2, -0.6], [0.2, 0.3, 0.25]
    got = pooled(*[claim(f"S{k}", v, s) for k, (v, s) in enumerate(zip(values, errors,
                                                                      strict=True))])  # fmt: skip
    expected = random_effects_mean(-np.array(values), np.array(errors) ** 2)
    for name in ("value", "low", "high", "se", "tau2", "predicted_low", "predicted_high"):
        assert got[name] == pytest.approx(getattr(expected, name), abs=1e-12)
    assert got["n"] == 60


def test_days_of_the_same_animals_are_averaged_and_buy_no_precision() -> None:
    once = pooled(claim("S", -0.8, 0.3))
    twice = pooled(claim("S", -1.0, 0.2, day=10), claim("S", -0.6, 0.3, day=14))
    assert twice["value"] == pytest.approx(once["value"])
    assert twice["se"] == pytest.approx(0.3)
    assert (twice["studies"], twice["n"]) == (1, 20)


def test_models_of_one_study_are_one_study() -> None:
    got = pooled(claim("S", -1.0, model="M"), claim("S", -0.9, model="N"), claim("T", -0.5))
    assert (got["studies"], got["models"], got["n"]) == (2, 2, 60)
    assert np.isnan(got["predicted_low"])


@given(
    values=st.lists(st.floats(-3, 3), min_size=2, max_size=5),
    extra=st.integers(1, 50),
)
@settings(max_examples=40, deadline=None)
def test_more_answers_of_one_study_never_weigh_more_than_that_study(
    values: list[float], extra: int
) -> None:
    claims = [claim(f"S{k}", value) for k, value in enumerate(values)]
    repeated = [claim("S0", values[0], day=100 + k) for k in range(extra)]
    plain, heavy = pooled(*claims), pooled(*claims, *repeated)
    assert heavy["value"] == pytest.approx(plain["value"], abs=1e-9)
    assert heavy["se"] == pytest.approx(plain["se"], abs=1e-9)


def test_what_was_not_asked_is_missing_and_what_failed_is_not_estimable() -> None:
    nan = float("nan")
    lost = {"low": nan, "high": nan, "se": nan, "direction": "unanswered"}
    assert pooled()["status"] == "missing"
    no_arm = claim("S", nan, status="missing: the study has no arm", **lost)
    assert pooled(no_arm)["status"] == "missing"
    failed = claim("S", nan, status="not_converged", **lost)
    assert pooled(failed)["status"] == "not estimable"
    assert pooled(no_arm, claim("T", -1.0))["studies"] == 1
    assert np.isnan(pooled(failed)["value"])


def test_an_answer_without_spread_is_no_exact_answer() -> None:
    got = pooled(claim("S", 0.0, 0.0))
    assert got["status"] == "not estimable"


@pytest.mark.parametrize(
    ("verdict", "topic", "expected"),
    [
        ("benefit", "volume", "for"),
        ("synergy", "volume", "for"),
        ("antagonism", "volume", "against"),
        ("harm", "tolerability", "against"),
        ("higher", "inflammation", "for"),
        ("higher", "exclusion", "against"),
        ("lower", "exclusion", "for"),
        ("inconclusive", "volume", "neither"),
        ("additive", "volume", "neither"),
        ("missing", "volume", "unanswered"),
        ("withheld", "volume", "unanswered"),
        ("not estimable", "volume", "unanswered"),
    ],
)
def test_a_word_has_its_direction(verdict: str, topic: str, expected: str) -> None:
    assert direction(verdict, topic) == expected
