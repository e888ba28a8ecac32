"""The experiments that a programme could make next, and what each would change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from smartcombo.core.finding import AnalysisRefused
from smartcombo.evidence.programme_evidence import Evidence
from smartcombo.ranking.criteria import Criterion
from smartcombo.ranking.next_experiments import COLUMNS, Experiment, next_experiments
from smartcombo.ranking.options import RankOptions
from smartcombo.study.programme import Programme

GROWTH = ("gain_over_ici", "gain_over_molecule", "interaction", "controlled_over_ici",
          "response_over_ici", "molecule_alone", "weight_loss", "treatment_deaths")  # fmt: skip
IMMUNE = ("inflamed_by_molecule", "infiltrated_by_molecule")
ARMS = 4
"""Vehicle, checkpoint inhibitor, molecule, combination."""
UNKNOWN_SPREAD = 0.25
"""Between models, where no two studies tell it: this share of the way from worst to best."""


def programme_experiments(programme: Programme, evidence: Evidence) -> list[Experiment]:
    """Return what can be done with any candidate: more mice, a second model, arm, read-out.

    An arm is given ``fewest_animals`` of ``programme.toml``.
    """
    arm = programme.facts.fewest_animals
    measures = {one.id: str(one.measure) for one in programme.criteria}
    growth = tuple(name for name, measure in measures.items() if measure in GROWTH)
    immune = tuple(name for name, measure in measures.items() if measure in IMMUNE)
    found = []
    if growth:
        found += [
            Experiment("more", "more animals in the same design", growth, ARMS * arm, "measured"),
            Experiment("arms", "the four arms in one study", growth, ARMS * arm, opens=("arms",)),
        ]
    found += [
        Experiment(f"second-model-{name}" if k else "second-model", "a further tumour model",
                   (name,), ARMS * arm, "measured", _spread(programme, evidence, name))
        for k, name in enumerate(n for n, m in measures.items() if m == "gain_over_ici")
    ]  # fmt: skip
    if immune:
        found.append(
            Experiment("immune", "an immune read-out of the molecule alone", immune, 2 * arm,
                       "missing")
        )  # fmt: skip
    return found


def next_for(
    programme: Programme,
    evidence: Evidence,
    options: RankOptions | None = None,
    *,
    chosen: int = 1,
) -> pd.DataFrame:
    """Answer which experiment would change the choice most, and the animals it costs.

    Parameters
    ----------
    programme, evidence, options
        As :func:`smartcombo.ranking.rank_programme` takes them.
    chosen
        How many candidates are taken forward.

    Returns
    -------
    DataFrame
        As :func:`smartcombo.ranking.next_experiments`; empty where no choice is left to change.
    """
    try:
        found = next_experiments(
            criteria_of(evidence), evidence.criteria, evidence.gates,
            programme_experiments(programme, evidence),
            weights=evidence.weights["kind"], options=options, chosen=chosen,
        )  # fmt: skip
    except AnalysisRefused:
        raise
    except ValueError:
        return pd.DataFrame(columns=COLUMNS)
    return _needed(found)


def criteria_of(evidence: Evidence) -> Sequence[Criterion]:
    """Return the criteria that ``programme.toml`` states."""
    return [Criterion(**anchor) for anchor in evidence.anchors]


def _needed(found: pd.DataFrame) -> pd.DataFrame:
    """Return the list without four arms for a candidate that has them."""
    idle = (found["experiment"] == "arms") & (found["opens"] == "")
    kept = found[~idle].reset_index(drop=True)
    return kept.assign(place=np.arange(1, len(kept) + 1))


def _spread(programme: Programme, evidence: Evidence, criterion: str) -> float:
    """Return the standard deviation between settings: of the pooled gain, else by convention."""
    one = next(one for one in programme.criteria if one.id == criterion)
    pooled = evidence.pooled
    tau2 = pooled.loc[(pooled["measure"] == one.measure) & (pooled["studies"] > 1), "tau2"].dropna()
    if len(tau2) and float(tau2.median()) > 0:
        return float(np.sqrt(tau2.median()))
    return UNKNOWN_SPREAD * abs(one.best - one.worst)
