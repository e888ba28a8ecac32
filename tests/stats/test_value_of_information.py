"""The worth of an experiment: nested simulation, and the cases anyone can check."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from smartcombo.core.random import stream
from smartcombo.stats.value_of_information import preposterior_sd, value_of_moving


def test_a_normal_measured_again_moves_as_the_conjugate_posterior_does() -> None:
    x = stream(1, "prior").normal(0.3, 0.4, 200_000)
    moves = preposterior_sd(2 * x, x[:, None], np.array([0.3]))
    # Prior variance 0.16, error variance 0.09: the mean moves by 0.16 / sqrt(0.25), twice over.
    assert moves == pytest.approx(2 * 0.16 / 0.5, rel=0.01)
    known = preposterior_sd(2 * x, x[:, None], np.array([0.0]))
    assert known == pytest.approx(0.8, rel=0.01)


def test_what_does_not_bear_on_the_value_moves_nothing() -> None:
    rng = stream(1, "apart")
    assert preposterior_sd(rng.random(200_000), rng.random((200_000, 1)), np.zeros(1)) < 0.005
    assert preposterior_sd(rng.random(100), np.full((100, 1), 3.0), np.zeros(1)) == 0.0


@pytest.mark.parametrize(("option", "chosen"), [(0, 1), (1, 1), (3, 1), (1, 2), (3, 2)])
def test_the_gain_is_that_of_a_nested_simulation(option: int, chosen: int) -> None:
    means, sd, n = np.array([0.6, 0.5, 0.45, 0.2]), 0.15, 400_000
    drawn = np.tile(means, (n, 1))
    drawn[:, option] += sd * stream(1, "nested", option, chosen).standard_normal(n)
    after = np.sort(drawn, axis=1)[:, -chosen:].sum(axis=1)
    gain = after.mean() - np.sort(means)[-chosen:].sum()
    now = set(np.argsort(-means)[:chosen])
    then = np.argsort(-drawn, axis=1)[:, :chosen]
    changed = np.mean([set(row) != now for row in then[:20_000]])
    got = value_of_moving(means, option, sd, chosen=chosen)
    assert got[0] == pytest.approx(gain, abs=4 * after.std() / np.sqrt(n))
    assert got[1] == pytest.approx(changed, abs=4 * 0.5 / np.sqrt(20_000))


def test_an_option_that_cannot_be_taken_yet_gains_what_it_would_win() -> None:
    means = np.array([0.5, 0.5])
    gain, change = value_of_moving(means, 1, 0.2, available=False)
    assert gain == pytest.approx(0.2 * stats.norm.pdf(0))
    assert change == pytest.approx(0.5)
    assert value_of_moving(means, 1, 0.0, available=False) == (0.0, 0.0)
    ahead = value_of_moving(np.array([0.5, 0.7]), 1, 0.0, available=False)
    assert ahead == (pytest.approx(0.2), 1.0)


def test_an_experiment_that_tells_nothing_is_worth_nothing() -> None:
    assert value_of_moving(np.array([0.5, 0.4]), 0, 0.0) == (0.0, 0.0)
