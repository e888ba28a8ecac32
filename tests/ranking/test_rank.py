"""The ranking of a programme: gates, places, groups, reasons, sensitivity, refusals."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from programmes import ALONE, CRITERIA, GAIN, LOSS, SHIFT, gate, table
from scipy import stats

import smartcombo as sc
from smartcombo.core.finding import AnalysisRefused
from smartcombo.ranking import Criterion, Ranking, RankOptions
from smartcombo.ranking.draws import cells_of, drawn

NAN = float("nan")
FEW = RankOptions(draws=4000)
VALUES = {
    "best@EMT6": (0.9, 1.6, 2.0),
    "second@EMT6": (0.8, 1.5, 3.0),
    "gap@EMT6": (0.5, NAN, 5.0),
    "middle@MC38": (0.4, 0.8, 5.0),
    "low@4T1": (0.2, 0.5, 8.0),
    "poor@4T1": (-0.3, 0.1, 12.0),
    "toxic@EMT6": (1.5, 2.5, 25.0),
}
SE = (0.1, 0.2, 1.0)
GATES = pd.DataFrame(
    [
        gate("toxic@EMT6", "toxicity", False, "stop", "weight loss 25%, limit 20%"),
        gate("best@EMT6", "models", False, "caution", "EMT6 only"),
        gate("second@EMT6", "species", None, "stop", "activity in mice not stated"),
        gate("low@4T1", "toxicity", True, "stop", "weight loss 8%"),
    ]
)


@pytest.fixture(scope="module")
def ranking() -> Ranking:
    return sc.ranking.rank(CRITERIA, table(VALUES, SE), GATES, weights="ordered", options=FEW)


def row(ranking: Ranking, name: str) -> pd.Series:
    return ranking.summary.set_index("candidate").loc[name]


def test_a_gated_candidate_keeps_its_row_and_its_reason_and_has_no_place(ranking: Ranking) -> None:
    toxic = row(ranking, "toxic@EMT6")
    assert ranking.summary["candidate"].iloc[-1] == "toxic@EMT6"
    assert toxic["gated"]
    assert toxic["stops"] == "toxicity: weight loss 25%, limit 20%"
    assert np.isnan(toxic["place"])
    assert "toxic@EMT6" not in set(ranking.acceptability["candidate"])
    against = ranking.reasons.query("candidate == 'toxic@EMT6' and side == 'against'")
    assert "weight loss 25%" in against["words"].iloc[0]
    assert "toxic@EMT6" in set(ranking.criteria["candidate"])


def test_a_caution_and_an_unanswered_gate_do_not_stop_but_are_said(ranking: Ranking) -> None:
    assert not row(ranking, "best@EMT6")["gated"]
    assert "models: EMT6 only" in row(ranking, "best@EMT6")["cautions"]
    second = row(ranking, "second@EMT6")
    assert not second["gated"]
    assert second["cautions"] == "species: not answered (activity in mice not stated)"
    assert row(ranking, "low@4T1")["cautions"] == ""


def test_places_follow_the_evidence_with_intervals(ranking: Ranking) -> None:
    ranked = ranking.summary[~ranking.summary["gated"]]
    assert ranked["candidate"].iloc[0] == "best@EMT6"
    assert ranked["candidate"].iloc[-1] == "poor@4T1"
    assert ranked["place"].tolist() == [1, 2, 3, 4, 5, 6]
    # A tail of 2.5% can pull the mean place past the interval by at most 0.025 x 5 places.
    assert (ranked["rank_low"] - 0.125 <= ranked["expected_rank"]).all()
    assert (ranked["expected_rank"] <= ranked["rank_high"] + 0.125).all()
    assert ranked["expected_rank"].sum() == pytest.approx(21)
    per_rank = ranking.acceptability.groupby("rank")["probability"].sum()
    np.testing.assert_allclose(per_rank, 1.0)
    both = ranking.pairwise.set_index(["above", "below"])["probability"]
    assert both["best@EMT6", "low@4T1"] + both["low@4T1", "best@EMT6"] == pytest.approx(1)


def test_candidates_that_cannot_be_told_apart_are_one_group(ranking: Ranking) -> None:
    best, second, poor = (row(ranking, n) for n in ("best@EMT6", "second@EMT6", "poor@4T1"))
    assert best["group"] == second["group"] == 1
    assert poor["group"] > 1
    assert "second@EMT6" in best["not_separated_from"].split("; ")
    assert "poor@4T1" not in best["not_separated_from"]
    words = ranking.groups["words"].iloc[0]
    assert words == "second@EMT6 cannot be told apart from best@EMT6"


def test_a_missing_criterion_is_drawn_from_the_population_and_widens(ranking: Ranking) -> None:
    gap = row(ranking, "gap@EMT6")
    assert gap["missing"] == 1
    assert "1 of 3 criteria without a value" in gap["cautions"]
    part = ranking.criteria.set_index(["candidate", "criterion"])
    known = part.loc[("middle@MC38", "shift")]
    guessed = part.loc[("gap@EMT6", "shift")]
    assert guessed["part_high"] - guessed["part_low"] > known["part_high"] - known["part_low"]
    others = part.xs("shift", level="criterion")["part"].drop("gap@EMT6")
    assert guessed["part"] == pytest.approx(others.mean(), abs=0.1)
    unknown = ranking.reasons.query("candidate == 'gap@EMT6' and side == 'unknown'")
    assert unknown["words"].tolist() == [
        "Immune shift: no value (missing); drawn from what others show"
    ]


def test_missing_values_have_the_distribution_that_predicts_one_more_estimate() -> None:
    cells = cells_of(CRITERIA, table(VALUES, SE), shrinking=False)
    known = np.array([1.6, 1.5, 0.8, 0.5, 0.1, 2.5])
    assert cells.guess[1] == pytest.approx(known.mean())
    assert cells.guess_sd[1] == pytest.approx(known.std(ddof=1) * np.sqrt(7 / 6))
    x = drawn(cells, 20_000, 1, {})[cells.candidates.index("gap@EMT6"), 1]
    test = stats.kstest((x - cells.guess[1]) / cells.guess_sd[1], stats.t(5).cdf)
    assert test.pvalue > 0.001


def test_below_five_candidates_a_missing_value_is_anything_between_the_anchors() -> None:
    few = {name: VALUES[name] for name in ("best@EMT6", "gap@EMT6", "low@4T1")}
    cells = cells_of(CRITERIA, table(few, SE))
    x = drawn(cells, 20_000, 1, {})[1, 1]
    assert (x.min(), x.max()) == pytest.approx((0, 2), abs=0.01)
    assert stats.kstest(x / 2, "uniform").pvalue > 0.001
    assert (cells.kept == 1).all()


def test_raw_and_shrunk_values_are_both_kept(ranking: Ranking) -> None:
    gain = ranking.criteria[ranking.criteria["criterion"] == "gain"]
    assert gain.set_index("candidate")["value"]["toxic@EMT6"] == 1.5
    assert (gain["shrunk"].max(), gain["shrunk"].min()) != (1.5, -0.3)
    assert gain["shrunk"].max() < 1.5
    assert gain["kept"].between(0, 1, inclusive="neither").all()
    raw = sc.ranking.rank(CRITERIA, table(VALUES, SE), options=replace(FEW, shrinking=False))
    assert (raw.criteria["shrunk"].dropna() == raw.criteria["value"].dropna()).all()


def test_exact_values_are_neither_shrunk_nor_drawn() -> None:
    exact = table(VALUES, SE)
    exact.loc[exact["criterion"] == "loss", "se"] = NAN
    cells = cells_of(CRITERIA, exact)
    x = drawn(cells, 100, 1, {})
    assert (x[:, 2, :] == cells.value[:, 2, None]).all()


def test_reasons_come_from_the_numbers(ranking: Ranking) -> None:
    reasons = ranking.reasons.set_index(["candidate", "side"])
    good = " ".join(reasons.loc[[("best@EMT6", "for")], "words"])
    assert "Gain over the ICI alone: 0.9 log (0.704 to 1.1, n = 40, shrunk to 0.89" in good
    assert "better than the ranked candidates' mean in more than 99% of draws" in good
    bad = " ".join(reasons.loc[[("poor@4T1", "against")], "words"])
    assert "Gain over the ICI alone: -0.3 log" in bad
    assert "harm" in bad
    signed = ranking.reasons.query("side == 'for' and criterion != 'gate'")["contribution"]
    assert (signed > 0).all()


def test_the_order_is_tried_without_each_criterion_and_added_up_differently() -> None:
    reduced = table({k: v for k, v in VALUES.items() if k != "second@EMT6"}, SE)
    got = sc.ranking.rank(
        CRITERIA, table(VALUES, SE), GATES, weights="fixed", options=FEW,
        without={"S1": reduced},
    )  # fmt: skip
    assert got.variants["variant"].tolist() == [
        "without Gain over the ICI alone", "without Immune shift", "without Weight loss",
        "geometric mean", "raw estimates", "without study S1",
    ]  # fmt: skip
    assert got.variants["tau"].between(-1, 1).all()
    lone = got.variants.set_index("variant").loc["without study S1"]
    assert lone["same_leader"]
    places = got.sensitivity.groupby("variant")["place"].apply(sorted)
    assert all(list(one) == [1, 2, 3, 4, 5, 6] for one in places)
    quiet = sc.ranking.rank(CRITERIA, table(VALUES, SE), options=replace(FEW, sensitivity=False))
    assert quiet.variants.empty


def test_the_rule_to_beat_stands_beside_the_ranking() -> None:
    criteria = (*CRITERIA, ALONE)
    alone = (0.0, 0.6, 0.1, 0.2, 0.9, NAN, 1.0)
    values = {name: (*VALUES[name], a) for name, a in zip(VALUES, alone, strict=True)}
    got = sc.ranking.rank(
        criteria, table(values, (*SE, 0.2), criteria=criteria), GATES,
        options=replace(FEW, baseline="alone"),
    )  # fmt: skip
    rule = got.baseline.set_index("candidate")
    assert rule.loc["low@4T1", "baseline_place"] == 1
    assert rule.loc["best@EMT6", "baseline_place"] == 5
    assert rule.loc["low@4T1", "p_active"] > 0.99
    assert "was not measured" in rule.loc["poor@4T1", "words"]
    assert rule.loc["toxic@EMT6", "words"] == "gated"
    assert "Molecule alone" not in got.formula
    assert "alone" not in set(got.central_weights["criterion"])
    with pytest.raises(ValueError, match=r"baseline='x': expected one of the criteria"):
        sc.ranking.rank(CRITERIA, table(VALUES), options=replace(FEW, baseline="x"))


def test_the_formula_is_printed_with_the_anchors(ranking: Ranking) -> None:
    assert ranking.formula == (
        "score = sum of weight x part; part = (value - worst) / (best - worst), held between 0 and "
        "1; Gain over the ICI alone 0 to 1 log, Immune shift 0 to 2 SD, Weight loss 20 to 0 %"
    )


def test_supplied_draws_take_the_place_of_the_normal_ones() -> None:
    skewed = np.random.default_rng(0).gamma(2.0, 0.2, FEW.draws)
    given = {("low@4T1", "gain"): skewed}
    raw = replace(FEW, shrinking=False)
    cells = cells_of(CRITERIA, table(VALUES, SE), shrinking=False)
    x = drawn(cells, raw.draws, raw.seed, given)
    assert (x[cells.candidates.index("low@4T1"), 0] == skewed).all()
    with pytest.raises(ValueError, match=r"low@4T1, gain: found shape \(3,\); expected \(4000,\)"):
        sc.ranking.rank(
            CRITERIA, table(VALUES), options=raw, draws={("low@4T1", "gain"): skewed[:3]}
        )


def test_the_same_seed_gives_the_same_bytes_whatever_the_order_of_rows() -> None:
    rows = table(VALUES, SE)
    one = sc.ranking.rank(CRITERIA, rows, GATES, options=FEW)
    two = sc.ranking.rank(CRITERIA, rows.sample(frac=1, random_state=2), GATES, options=FEW)
    pd.testing.assert_frame_equal(one.summary, two.summary, rtol=1e-12)
    other = sc.ranking.rank(CRITERIA, rows, GATES, options=replace(FEW, seed=3))
    assert not one.summary["expected_rank"].equals(other.summary["expected_rank"])


def test_all_gated_or_one_alone_are_no_fault() -> None:
    rows = table({"a@x": (0.5, 1.0, 5.0), "b@x": (0.4, 1.0, 5.0)})
    stop = [gate(name, "arms", False, "stop", "no ICI-alone arm") for name in ("a@x", "b@x")]
    none = sc.ranking.rank(CRITERIA, rows, pd.DataFrame(stop))
    assert none.summary["gated"].all()
    assert none.acceptability.empty
    lone = sc.ranking.rank(CRITERIA, rows, pd.DataFrame(stop[:1]))
    assert lone.summary["p_first"].iloc[0] == 1
    assert lone.groups["words"].iloc[0] == "b@x stands alone"


def test_everything_wrong_with_the_tables_is_said_at_once() -> None:
    rows = table({"a@x": (0.5, 1.0, 5.0)})
    rows.loc[0, "se"] = -1.0
    rows.loc[1, "status"] = "fine"
    rows.loc[2, "criterion"] = "mood"
    gates = pd.DataFrame([gate("z@x", "arms", False, "halt", "")])
    with pytest.raises(AnalysisRefused) as refusal:
        sc.ranking.rank((GAIN, replace(SHIFT, order=None)), rows, gates, weights="ordered")
    words = str(refusal.value)
    assert words.startswith("6 problem(s) stop this ranking")
    for part in ("found se -1.0", "found status 'fine'", "found criterion 'mood'", "'z@x'",
                 "found severity 'halt'", "found no order"):  # fmt: skip
        assert part in words
    with pytest.raises(AnalysisRefused, match="found no column source"):
        sc.ranking.rank(CRITERIA, rows.drop(columns="source"))
    with pytest.raises(AnalysisRefused, match="found two rows; expected one; pool them first"):
        sc.ranking.rank(CRITERIA, pd.concat([table({"a": (1, 1, 1)})] * 2))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"best": 0.0}, "two different finite values"),
        ({"weight": -1.0}, "found weight=-1.0"),
        ({"order": 0}, "found order=0"),
        ({"arms": 0}, "found arms=0"),
    ],
)
def test_a_criterion_that_cannot_score_is_refused(change: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(GAIN, **change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"draws": 10}, "1000 or more"),
        ({"level": 95.0}, "fraction between 0 and 1"),
        ({"tied_below": 0.2}, "from 0.5 to 1"),
        ({"seed": -1}, "zero or more"),
    ],
)
def test_options_that_make_no_sense_are_refused(change: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RankOptions(**change)


def test_less_is_better_where_the_best_anchor_is_the_lower_one() -> None:
    values = {"a@x": (0.5, 1.0, 1.0), "b@x": (0.5, 1.0, 15.0)}
    got = sc.ranking.rank((GAIN, SHIFT, LOSS), table(values, (0.01, 0.01, 0.5)))
    assert row(got, "a@x")["p_first"] > 0.9


def test_two_hundred_candidates_on_twelve_criteria_take_less_than_five_seconds() -> None:
    rng = np.random.default_rng(1)
    criteria = [Criterion(f"c{k}", f"criterion {k}", "", 0.0, 1.0) for k in range(12)]
    values = {f"K{i:03d}@x": tuple(rng.normal(0.4, 0.3, 12)) for i in range(200)}
    rows = table(values, rng.uniform(0.1, 0.4, 12), criteria=criteria)
    options = RankOptions(draws=10_000, sensitivity=False)
    sc.ranking.rank(criteria, rows.head(60), options=FEW)
    begin = time.process_time()
    got = sc.ranking.rank(criteria, rows, options=options)
    # Processor time: what other programs do at the same time is not counted.
    assert time.process_time() - begin < 5.0
    assert len(got.pairwise) == 200 * 199


def test_none_and_object_columns_are_read_as_missing() -> None:
    rows = table(VALUES, SE).astype({"value": object, "se": object})
    rows.loc[0, "se"] = None
    rows.loc[1, ["value", "se"]] = None
    rows.loc[1, "status"] = "not estimable"
    got = sc.ranking.rank(CRITERIA, rows, options=FEW).criteria
    cell = got.set_index(["candidate", "criterion"])
    assert cell.loc[("best@EMT6", "gain"), "high"] == 0.9
    assert cell.loc[("best@EMT6", "shift"), "word"] == "missing"
    rows.loc[1, "status"] = "ok"
    with pytest.raises(AnalysisRefused, match="found value None with status 'ok'"):
        sc.ranking.rank(CRITERIA, rows)
