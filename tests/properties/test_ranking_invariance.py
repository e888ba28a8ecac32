"""What must not change a ranking: copies, newcomers, order; and what may only widen it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import smartcombo as sc
from smartcombo.ranking import Ranking, RankOptions

sys.path.insert(0, str(Path(__file__).parents[1] / "ranking"))
from programmes import CRITERIA, GAIN, table

NAN = float("nan")
QUICK = RankOptions(draws=1000, sensitivity=False)
FEW = settings(max_examples=25, deadline=None, derandomize=True)
SE = (0.15, 0.3, 2.0)


def programme(seed: int, *, missing: float = 0.0, m: int = 7) -> dict[str, tuple[float, ...]]:
    """Return made values of m candidates, some of them missing."""
    rng = np.random.default_rng(seed)
    values = np.column_stack(
        [rng.normal(0.4, 0.3, m), rng.normal(0.8, 0.6, m), rng.uniform(1, 15, m)]
    )
    values[rng.random(values.shape) < missing] = NAN
    values[:, 0] = np.where(np.isnan(values).all(axis=1), 0.4, values[:, 0])
    return {f"K{i}@x": tuple(row) for i, row in enumerate(values)}


def pairs(ranking: Ranking, names: list[str]) -> pd.Series:
    """Return pairwise probabilities among some candidates."""
    rows = ranking.pairwise
    rows = rows[rows["above"].isin(names) & rows["below"].isin(names)]
    return rows.set_index(["above", "below"])["probability"].sort_index()


def order(ranking: Ranking, names: list[str]) -> list[str]:
    """Return some candidates in the order of the ranking."""
    return [name for name in ranking.summary["candidate"] if name in names]


def ranked(values: dict[str, tuple[float, ...]], options: RankOptions = QUICK) -> Ranking:
    return sc.ranking.rank(CRITERIA, table(values, SE), options=options)


@FEW
@given(seed=st.integers(0, 10_000), copied=st.integers(0, 6))
def test_a_copy_of_a_candidate_never_changes_two_others(seed: int, copied: int) -> None:
    values = programme(seed, missing=0.2)
    names = list(values)
    before = ranked(values)
    after = ranked({**values, "copy@x": values[names[copied]]})
    pd.testing.assert_series_equal(pairs(before, names), pairs(after, names))
    assert order(before, names) == order(after, names)
    shrunk = after.criteria.set_index(["candidate", "criterion"])["shrunk"].unstack("candidate")
    np.testing.assert_array_equal(shrunk["copy@x"], shrunk[names[copied]])


@FEW
@given(seed=st.integers(0, 10_000), gain=st.floats(-3, 3), loss=st.floats(0, 20))
def test_a_newcomer_never_changes_two_others_of_a_named_population(
    seed: int, gain: float, loss: float
) -> None:
    values = programme(seed, missing=0.2)
    names = list(values)
    options = replace(QUICK, population=tuple(names))
    before = ranked(values, options)
    after = ranked({**values, "new@x": (gain, NAN, loss)}, options)
    pd.testing.assert_series_equal(pairs(before, names), pairs(after, names))
    assert order(before, names) == order(after, names)


@FEW
@given(seed=st.integers(0, 10_000), gain=st.floats(-3, 3), shift=st.floats(-3, 3))
def test_with_raw_complete_values_a_newcomer_never_changes_two_others(
    seed: int, gain: float, shift: float
) -> None:
    values, options = programme(seed), replace(QUICK, shrinking=False)
    before = ranked(values, options)
    after = ranked({**values, "new@x": (gain, shift, 5.0)}, options)
    pd.testing.assert_series_equal(pairs(before, list(values)), pairs(after, list(values)))
    assert order(before, list(values)) == order(after, list(values))


@FEW
@given(seed=st.integers(0, 10_000))
def test_a_newcomer_worst_in_everything_never_turns_what_was_told_apart(seed: int) -> None:
    values = programme(seed, missing=0.2, m=10)
    names = list(values)
    before = pairs(ranked(values), names)
    after = pairs(ranked({**values, "worst@x": (0.0, 0.0, 15.0)}), names)
    clear = before >= QUICK.tied_below
    assert (after[clear] > 0.5).all()


@FEW
@given(seed=st.integers(0, 10_000), which=st.integers(0, 9), k=st.integers(0, 1))
def test_losing_a_value_widens_the_score_and_does_not_count_as_the_worst(
    seed: int, which: int, k: int
) -> None:
    values = programme(seed, m=10)
    name = list(values)[which]
    usual = np.mean([row[k] for row in values.values()])
    row = list(values[name])
    row[k] = usual
    known = {**values, name: tuple(row)}
    row[k] = NAN
    options = replace(QUICK, draws=4000)
    one = ranked(known, options).summary.set_index("candidate").loc[name]
    two = ranked({**known, name: tuple(row)}, options).summary.set_index("candidate").loc[name]
    width = {id(r): r["score_high"] - r["score_low"] for r in (one, two)}
    # A quantile of 4,000 draws is known to about 2% of the width.
    assert width[id(two)] > 0.97 * width[id(one)]
    # Of an average value nothing is lost on average but what clipping takes: a tenth of one part.
    assert two["score"] > one["score"] - 0.04
    row[k] = CRITERIA[k].worst
    worst = ranked({**known, name: tuple(row)}, options).summary.set_index("candidate").loc[name]
    if usual > CRITERIA[k].worst + 0.2:
        assert two["score"] > worst["score"] - 0.01


@FEW
@given(seed=st.integers(0, 10_000), step=st.floats(0.05, 1.0))
def test_doing_better_never_lowers_a_candidate(seed: int, step: float) -> None:
    values, options = programme(seed), replace(QUICK, shrinking=False)
    name = next(iter(values))
    better = {**values, name: (values[name][0] + step, *values[name][1:])}
    one, two = (ranked(v, options).summary.set_index("candidate").loc[name]
                for v in (values, better))  # fmt: skip
    assert two["p_first"] >= one["p_first"]
    assert two["expected_rank"] <= one["expected_rank"]


@FEW
@given(seed=st.integers(0, 10_000), factor=st.floats(0.01, 100))
def test_the_unit_of_a_criterion_changes_nothing(seed: int, factor: float) -> None:
    values = programme(seed, missing=0.2)
    scaled = (replace(GAIN, best=GAIN.best * factor), *CRITERIA[1:])
    other = table({n: (v[0] * factor, *v[1:]) for n, v in values.items()},
                  (SE[0] * factor, *SE[1:]), criteria=scaled)  # fmt: skip
    one = ranked(values)
    two = sc.ranking.rank(scaled, other, options=QUICK)
    # Sums rounded otherwise can turn a draw that is all but tied.
    np.testing.assert_allclose(
        pairs(one, list(values)), pairs(two, list(values)), atol=2.5 / QUICK.draws
    )
