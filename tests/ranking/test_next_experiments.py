"""What to do next: the experiment that would change the choice, and what it costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from programmes import CRITERIA, gate, table

import smartcombo as sc
from smartcombo.ranking import Experiment, RankOptions

NAN = float("nan")
FEW = RankOptions(draws=4000)
MORE = Experiment("more", "more mice in the same design", ("gain",), 20, applies="measured")
READ_OUT = Experiment("immune", "an immune read-out", ("shift",), 10, applies="missing")
ARM = Experiment("arm", "the missing arm", ("gain",), 10, applies="missing",
                 opens=("molecule-alone arm",))  # fmt: skip
VALUES = {
    "lead@x": (0.80, 1.0, 5.0),
    "close@x": (0.75, 1.0, 5.0),
    "blind@x": (0.75, NAN, 5.0),
    "far@x": (-0.2, 0.1, 15.0),
    "armless@x": (NAN, 1.6, 2.0),
    "mid@x": (0.4, 0.6, 6.0),
    "other@x": (0.3, 0.5, 7.0),
}
GATES = pd.DataFrame(
    [gate("armless@x", "molecule-alone arm", False, "stop", "no molecule-alone arm")]
)


@pytest.fixture(scope="module")
def plan() -> pd.DataFrame:
    return sc.ranking.next_experiments(
        CRITERIA, table(VALUES), GATES, [MORE, READ_OUT, ARM], weights="fixed", options=FEW
    )


def test_experiments_are_offered_only_where_they_tell_something(plan: pd.DataFrame) -> None:
    offered = set(zip(plan["candidate"], plan["experiment"], strict=True))
    assert ("blind@x", "immune") in offered
    assert ("lead@x", "immune") not in offered
    assert ("blind@x", "more") in offered
    assert ("armless@x", "more") not in offered
    assert ("armless@x", "arm") in offered


def test_what_is_close_to_the_choice_is_worth_more_than_what_is_far(plan: pd.DataFrame) -> None:
    value = plan.set_index(["candidate", "experiment"])["value"]
    assert value["close@x", "more"] > 5 * value["far@x", "more"]
    assert plan["value"].is_monotonic_decreasing
    assert (plan["value"] >= 0).all()
    assert plan["p_change"].between(0, 1).all()
    assert plan["value_per_100_animals"].to_numpy() == pytest.approx(
        100 * plan["value"] / plan["animals"]
    )


def test_a_gate_that_the_experiment_answers_is_named(plan: pd.DataFrame) -> None:
    arm = plan.set_index(["candidate", "experiment"]).loc[("armless@x", "arm")]
    assert arm["opens"] == "molecule-alone arm"
    assert (
        "the missing arm with armless@x (10 animals) would change the first choice" in arm["words"]
    )


def test_more_animals_tell_more_and_another_setting_adds_its_spread() -> None:
    offers = [
        MORE,
        Experiment("many", "many more mice", ("gain",), 200, applies="measured"),
        Experiment("second", "a second model", ("gain",), 200, applies="measured", new_spread=0.5),
    ]
    got = sc.ranking.next_experiments(CRITERIA, table(VALUES), None, offers, options=FEW)
    moves = got.pivot(index="candidate", columns="experiment", values="moves")
    assert (moves["many"] > moves["more"]).all()
    assert (moves["second"] < moves["many"]).all()


def test_the_list_changes_when_evidence_is_withheld(plan: pd.DataFrame) -> None:
    known = {**VALUES, "blind@x": (0.75, 1.0, 5.0)}
    after = sc.ranking.next_experiments(
        CRITERIA, table(known), GATES, [MORE, READ_OUT, ARM], weights="fixed", options=FEW
    )
    assert "immune" in set(plan["experiment"])
    assert "immune" not in set(after["experiment"])


def test_the_gain_is_that_of_a_nested_simulation_over_the_draws(plan: pd.DataFrame) -> None:
    from smartcombo.ranking.prepare import prepared
    from smartcombo.stats.smaa import overall_values

    ready = prepared(CRITERIA, table(VALUES), GATES, weights="fixed", options=FEW)
    values = overall_values(ready.partial, ready.weights)
    i = ready.cells.candidates.index("close@x")
    x = ready.x[i, 0]
    seen = x + 0.2 * np.sqrt(40 / 20) * np.random.default_rng(1).standard_normal(len(x))
    # Posterior mean of the score by bins of what would be seen.
    bins = np.digitize(seen, np.quantile(seen, np.linspace(0, 1, 41)[1:-1]))
    after = np.array([values[i][bins == b].mean() for b in range(40)])[bins]
    means = values[ready.ranked].mean(axis=1)
    rest = max(means[k] for k, j in enumerate(ready.ranked) if j != i)
    gain = np.maximum(after, rest).mean() - means.max()
    got = plan.set_index(["candidate", "experiment"])["value"]["close@x", "more"]
    # Bins of 100 draws add noise to the posterior means, which counts as gain.
    assert got == pytest.approx(gain, abs=0.15 * gain + 0.002)


def test_wrong_use_is_refused() -> None:
    with pytest.raises(ValueError, match=r"criteria=\('mood',\): expected some of"):
        sc.ranking.next_experiments(
            CRITERIA, table(VALUES), None, [Experiment("x", "x", ("mood",), 5)]
        )
    with pytest.raises(ValueError, match="chosen=7: expected fewer than the 7"):
        sc.ranking.next_experiments(CRITERIA, table(VALUES), None, [MORE], chosen=7, options=FEW)
    with pytest.raises(ValueError, match="animals=0: expected 1 or more"):
        Experiment("x", "x", ("gain",), 0)
    with pytest.raises(ValueError, match="applies='never'"):
        Experiment("x", "x", ("gain",), 5, applies="never")  # type: ignore[arg-type]
