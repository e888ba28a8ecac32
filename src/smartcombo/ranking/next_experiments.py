"""Which experiment would change the decision most, and for how many animals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smartcombo.ranking.criteria import Criterion, WeightKind
from smartcombo.ranking.gates import no_gates
from smartcombo.ranking.options import RankOptions
from smartcombo.ranking.prepare import Prepared, prepared
from smartcombo.stats.smaa import overall_values
from smartcombo.stats.value_of_information import preposterior_sd, value_of_moving

Floats = NDArray[np.float64]
Applies = Literal["measured", "missing", "any"]
COLUMNS = ["place", "candidate", "experiment", "title", "criteria", "animals", "moves", "value",
           "p_change", "value_per_100_animals", "opens", "words"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment that could be made with any candidate.

    Attributes
    ----------
    id, title
        Such as ``second-model``, "a second model"; the title begins the sentence.
    criteria
        Ids of the criteria it informs.
    animals
        Animals it costs, over all arms.
    applies
        To criteria that are ``measured`` (more animals in the same design), ``missing`` (an arm or
        read-out that was left out), or ``any``.
    new_spread
        Standard deviation, in units of the criterion, that the setting adds to the error: a second
        model differs from the first by more than its mice do.
    opens
        Gates that it would answer: a candidate that only these stop is considered.
    """

    id: str
    title: str
    criteria: tuple[str, ...]
    animals: int
    applies: Applies = "any"
    new_spread: float = 0.0
    opens: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.animals < 1:
            raise ValueError(
                f"experiment {self.id!r}: animals={self.animals!r}: expected 1 or more"
            )
        if self.applies not in get_args(Applies):
            raise ValueError(f"experiment {self.id!r}: applies={self.applies!r}: expected one of "
                             f"{get_args(Applies)}")  # fmt: skip


def next_experiments(
    criteria: Sequence[Criterion],
    table: pd.DataFrame,
    gates: pd.DataFrame | None,
    experiments: Sequence[Experiment],
    *,
    weights: WeightKind = "unknown",
    options: RankOptions | None = None,
    chosen: int = 1,
) -> pd.DataFrame:
    """Return the experiments that could change which candidates are taken forward.

    Parameters
    ----------
    criteria, table, gates, weights, options
        As :func:`smartcombo.ranking.rank` takes them; the same draws are used.
    experiments
        What could be done with each candidate.
    chosen
        How many candidates are taken forward.

    Returns
    -------
    DataFrame
        One row a candidate and experiment that has something to tell, the most valuable first:
        ``moves`` how far the candidate's score is expected to move (standard deviation), ``value``
        expected gain in score of what is chosen, ``p_change`` probability that the choice changes.

    Raises
    ------
    AnalysisRefused
        With everything that is wrong with criteria, table and gates.
    ValueError
        If an experiment informs a criterion there is not, or no choice is left.

    Notes
    -----
    The error of a new measurement is that of the present one scaled to its animals; where a
    criterion is missing, the median of the other candidates'. Score and measurement are taken as
    jointly normal.

    References
    ----------
    Strong 2015, 10.1177/0272989X15575286.
    """
    options, gates = options or RankOptions(), no_gates() if gates is None else gates
    known = {criterion.id for criterion in criteria}
    for one in experiments:
        if not set(one.criteria) <= known:
            raise ValueError(f"experiment {one.id!r}: criteria={one.criteria!r}: expected some of "
                             f"{sorted(known)}")  # fmt: skip
    everyone = prepared(criteria, table, gates, weights=weights, options=options)
    ready = everyone.only(options.shown)
    if len(ready.ranked) <= chosen:
        raise ValueError(f"chosen={chosen!r}: expected fewer than the {len(ready.ranked)} "
                         "candidates that no gate stops")  # fmt: skip
    values = overall_values(ready.partial, ready.weights, geometric=options.geometric)
    sizes = _sizes(ready, table), _usual_units(everyone, _sizes(everyone, table))
    rows = [
        row
        for i in range(len(ready.cells.candidates))
        for one in experiments
        if (row := _row(ready, gates, values, sizes, (i, one), chosen)) is not None
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS[1:])
    frame = frame.sort_values(
        ["value", "candidate", "experiment"], ascending=[False, True, True], kind="stable"
    ).reset_index(drop=True)
    frame.insert(0, "place", np.arange(1, len(frame) + 1))
    return frame


def _row(
    ready: Prepared,
    gates: pd.DataFrame,
    values: Floats,
    sizes: tuple[Floats, Floats],
    what: tuple[int, Experiment],
    chosen: int,
) -> dict[str, Any] | None:
    """Return what one experiment with one candidate is worth; ``None`` where it tells nothing."""
    i, one = what
    name = ready.cells.candidates[i]
    stops = set(gates.loc[_stopping(gates) & (gates["candidate"] == name), "gate"])
    if not stops <= set(one.opens):
        return None
    told = _told(ready, sizes, i, one)
    if not told:
        return None
    columns, errors = [k for k, _ in told], np.array([se for _, se in told])
    sd = preposterior_sd(values[i], ready.x[i, columns].T, errors)
    pool = ready.ranked if i in ready.ranked else np.append(ready.ranked, i)
    means = values[pool].mean(axis=1)
    at = int(np.flatnonzero(pool == i)[0])
    worth, change = value_of_moving(means, at, sd, chosen=chosen, available=not stops)
    ids = [ready.cells.criteria[k].id for k in columns]
    return {
        "candidate": name, "experiment": one.id, "title": one.title, "criteria": "; ".join(ids),
        "animals": one.animals, "moves": sd, "value": worth, "p_change": change,
        "value_per_100_animals": 100 * worth / one.animals, "opens": "; ".join(sorted(stops)),
        "words": _words(name, one, worth, change, chosen),
    }  # fmt: skip


def _told(
    ready: Prepared, sizes: tuple[Floats, Floats], i: int, one: Experiment
) -> list[tuple[int, float]]:
    """Return the criteria an experiment would inform, each with the error it would have.

    ``sizes`` holds n of every cell, and the usual error of one animal by criterion.
    """
    cells, out, (own, usual) = ready.cells, [], sizes
    for k, criterion in enumerate(cells.criteria):
        missing = bool(cells.missing[i, k])
        wrong = one.applies == ("measured" if missing else "missing")
        if criterion.id not in one.criteria or not criterion.scored or wrong:
            continue
        unit = float(usual[k] if missing else cells.se[i, k] * np.sqrt(own[i, k]))
        if np.isnan(unit) or not (missing or unit > 0):
            continue
        out.append((k, float(np.sqrt(unit**2 / one.animals + one.new_spread**2))))
    return out


def _sizes(ready: Prepared, table: pd.DataFrame) -> Floats:
    """Return n of every cell, shape ``(m, n)``; NaN where none is stated."""
    ids = [criterion.id for criterion in ready.cells.criteria]
    wide = table.pivot(index="candidate", columns="criterion", values="n")
    return wide.reindex(index=list(ready.cells.candidates), columns=ids).to_numpy(float)


def _usual_units(everyone: Prepared, sizes: Floats) -> Floats:
    """Return the median error of one animal, a criterion, shape ``(n,)``; NaN where unknown."""
    units = everyone.cells.se * np.sqrt(sizes)
    return np.array([np.median(c[np.isfinite(c)]) if np.isfinite(c).any() else np.nan
                     for c in units.T])  # fmt: skip


def _stopping(gates: pd.DataFrame) -> pd.Series:
    failed = gates["passed"].map(lambda passed: not pd.isna(passed) and not passed).astype(bool)
    return failed & (gates["severity"] == "stop")


def _words(name: str, one: Experiment, worth: float, change: float, chosen: int) -> str:
    """Return a sentence for the table."""
    choice = "the first choice" if chosen == 1 else f"which {chosen} are chosen"
    what = f"{one.title} with {name} ({one.animals} animals)"
    if change < 0.005:
        return f"{what} would not change {choice} (probability below 1%)"
    return (f"{what} would change {choice} with probability {100 * change:.0f}%; worth "
            f"{worth:.2g} of the score in expectation")  # fmt: skip
