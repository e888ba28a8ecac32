"""Simulated studies: growth, between-mouse variation, responders, dropout, detection limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smartcombo.core.random import stream
from smartcombo.study.body_weights import BodyWeights, body_weights
from smartcombo.study.model import Agent

Floats = NDArray[np.float64]

ANTI_PD1 = Agent("anti-PD-1", "checkpoint-inhibitor", ("aPD-1", "aPD1", "RMP1-14"), target="PD-1")
MOLECULE = Agent("molecule", "small-molecule")


@dataclass(frozen=True, slots=True)
class ArmDesign:
    """One arm of a simulated study.

    Attributes
    ----------
    id, label
        As in ``study.toml``.
    growth_rate
        Mean slope of log volume of mice that do not respond, per day.
    agents
        Ids of the agents given; empty is the vehicle.
    n
        Number of mice.
    responder_fraction
        Fraction of mice cured. By default ``round(fraction * n)`` mice are, so that the arm's truth
        does not vary from one seed to the next; see ``responders`` of the design.
    weight_loss
        Fraction of body weight that treatment costs at its plateau; negative is a gain. Used where
        the design has `BodyWeights`.
    """

    id: str
    growth_rate: float
    agents: tuple[str, ...] = ()
    label: str = ""
    n: int = 10
    responder_fraction: float = 0.0
    weight_loss: float = 0.0


@dataclass(frozen=True, slots=True)
class SimulationDesign:
    """How one tumour model grows, varies, responds, is measured, and ends.

    The log volume of mouse i at day t, with ``t0`` the first visit, is
    ``log(baseline_volume) + b0_i + (growth_rate + b1_i) * (t - t0) + e_it``; ``b0`` and ``b1`` are
    normal with SDs ``baseline_sd`` and ``slope_sd`` and a ``correlation``, ``e`` is normal with SD
    ``residual_sd``. A responder follows this until its onset day and then shrinks by
    ``regression_rate`` a day.

    Attributes
    ----------
    model
        Id of the tumour model.
    days
        Visit days, increasing; the first is the baseline visit (randomisation).
    baseline_volume_mm3
        Geometric mean volume at the first visit, the same in each arm.
    baseline_sd, slope_sd, correlation
        Between-mouse SD of log baseline and of slope (per day), and their correlation.
    residual_sd
        SD of a measurement on the log scale.
    responder_onset
        First and last day on which regression may start (uniform).
    regression_rate
        Fall of a responder's log volume per day after its onset.
    responders
        ``fixed``: each arm holds ``round(fraction * n)`` responders; ``binomial``: each mouse
        responds with probability ``fraction``, as mice drawn from a population do. A fixed number
        understates how much studies differ.
    detection_limit_mm3
        Volumes below it are recorded as 0.
    size_limit_mm3
        A mouse is culled at its first visit at or above this volume; ``None`` for no culling.
    mice_per_cage
        Mice of one arm that share a cage.
    weights
        How the mice weigh; ``None`` for a study without body weights.
    """

    arms: tuple[ArmDesign, ...]
    model: str = "M1"
    days: tuple[float, ...] = (7, 10, 13, 16, 19, 22)
    baseline_volume_mm3: float = 60.0
    baseline_sd: float = 0.3
    slope_sd: float = 0.02
    correlation: float = 0.0
    residual_sd: float = 0.15
    responder_onset: tuple[float, float] = (10.0, 13.0)
    regression_rate: float = 0.5
    responders: Literal["fixed", "binomial"] = "fixed"
    detection_limit_mm3: float = 4.0
    size_limit_mm3: float | None = 1500.0
    mice_per_cage: int = 5
    weights: BodyWeights | None = None

    def __post_init__(self) -> None:
        for problem in _design_problems(self):
            raise ValueError(problem)


def _design_problems(design: SimulationDesign) -> list[str]:
    """Return what makes a design impossible, each as found and expected."""
    ids = [arm.id for arm in design.arms]
    checks = {
        f"arms {ids}: expected at least one, each id once": not ids or len(set(ids)) < len(ids),
        f"days {design.days}: expected at least two, increasing": len(design.days) < 2
        or any(later <= earlier for earlier, later in pairwise(design.days)),
        f"correlation {design.correlation}: expected -1 to 1": abs(design.correlation) > 1,
        "standard deviations and rates: expected 0 or more": min(
            design.baseline_sd, design.slope_sd, design.residual_sd, design.regression_rate
        )
        < 0,
        "volumes: expected above 0": min(design.baseline_volume_mm3, design.detection_limit_mm3)
        <= 0,
        "arms: expected n of at least 1 and a responder fraction of 0 to 1": any(
            arm.n < 1 or not 0 <= arm.responder_fraction <= 1 for arm in design.arms
        ),
        f"responders {design.responders!r}: expected 'fixed' or 'binomial'": design.responders
        not in ("fixed", "binomial"),
        f"mice_per_cage {design.mice_per_cage}: expected at least 1": design.mice_per_cage < 1,
    }
    return [problem for problem, wrong in checks.items() if wrong]


@dataclass(frozen=True)
class SimulatedStudy:
    """What the experimenter would see, and the truth behind it.

    Attributes
    ----------
    volumes
        ``model, arm, animal, day, volume_mm3``: one row a measurement; 0 is below detection.
    animals
        ``animal, model, arm, cage, sex, enrolment_day, fate, fate_day``: one row a mouse.
    truth
        ``animal, model, arm, log_baseline, growth_rate, responder, onset_day``: one row a mouse.
    designs
        The designs simulated, one a tumour model.
    seed
        The seed they were simulated with.
    weights
        ``model, arm, animal, day, weight_g``: one row a weighing; empty without `BodyWeights`.
    """

    volumes: pd.DataFrame
    animals: pd.DataFrame
    truth: pd.DataFrame
    designs: tuple[SimulationDesign, ...]
    seed: int
    agents: tuple[Agent, ...] = field(default=(ANTI_PD1, MOLECULE))
    weights: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True, slots=True)
class _Mice:
    """The mice of one arm: log baseline, slope and onset (inf: no response), each ``(n,)``."""

    log_baseline: Floats
    slope: Floats
    onset: Floats


def simulate_study(
    *designs: SimulationDesign, seed: int, agents: tuple[Agent, ...] = (ANTI_PD1, MOLECULE)
) -> SimulatedStudy:
    """Simulate a study of one or several tumour models.

    Use it for examples, power and validation. Each arm has its own random stream, so adding an arm
    or a model leaves the mice of the others as they were.

    Parameters
    ----------
    *designs
        One design a tumour model; their arms may differ.
    seed
        Non-negative; the same seed gives the same study.
    agents
        The agents named by the arms.

    Returns
    -------
    SimulatedStudy
        Tables as an experimenter would hold them, and the truth.

    Raises
    ------
    ValueError
        If there is no design, two designs share a model id, or an arm names an unknown agent.

    Examples
    --------
    >>> arms = (ArmDesign("vehicle", 0.2), ArmDesign("ici", 0.1, agents=("anti-PD-1",)))
    >>> simulated = simulate_study(SimulationDesign(arms), seed=1)
    >>> len(simulated.animals)
    20
    """
    _require_sound(designs, agents)
    simulated = [_simulate_arm(design, arm, seed) for design in designs for arm in design.arms]
    volumes, animals, truth = (
        pd.concat(tables, ignore_index=True) for tables in zip(*simulated, strict=True)
    )
    weighed = [_weigh(design, arm, volumes, seed) for design in designs for arm in design.arms]
    weights = pd.concat(weighed, ignore_index=True)
    return SimulatedStudy(volumes, animals, truth, designs, seed, agents, weights)


def _weigh(
    design: SimulationDesign, arm: ArmDesign, volumes: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """Return the weighings of one arm; a stream of its own leaves the volumes as they are."""
    if design.weights is None:
        return pd.DataFrame(columns=["model", "arm", "animal", "day", "weight_g"])
    own = volumes[(volumes["model"] == design.model) & (volumes["arm"] == arm.id)]
    rng = stream(seed, "simulate-weights", design.model, arm.id)
    grams = body_weights(
        design.weights,
        mouse=pd.factorize(own["animal"])[0],
        time=own["day"].to_numpy(float) - design.days[0],
        volume_mm3=own["volume_mm3"].to_numpy(float),
        loss=arm.weight_loss,
        rng=rng,
    )
    return own[["model", "arm", "animal", "day"]].assign(weight_g=grams)


def _require_sound(designs: tuple[SimulationDesign, ...], agents: tuple[Agent, ...]) -> None:
    """Raise ValueError where designs do not make one study."""
    models = [design.model for design in designs]
    if not models or len(set(models)) < len(models):
        raise ValueError(f"designs of models {models}: expected at least one, each model once")
    known = {agent.id for agent in agents}
    named = {agent for design in designs for arm in design.arms for agent in arm.agents}
    if named - known:
        raise ValueError(f"arms name agents {sorted(named - known)}: expected {sorted(known)}")


def _simulate_arm(
    design: SimulationDesign, arm: ArmDesign, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return volumes, animals and truth of one arm."""
    rng = stream(seed, "simulate", design.model, arm.id)
    mice = _draw_mice(design, arm, rng)
    volumes = _measure(design, mice, rng)
    last = _last_visit(design, volumes)
    names = [f"{design.model}-{arm.id}-{i + 1:02d}" for i in range(arm.n)]
    return (
        _volumes_table(design, arm, names, volumes, last),
        _animals_table(design, arm, names, volumes, last),
        _truth_table(design, arm, names, mice),
    )


def simulate_arm_volumes(
    design: SimulationDesign, arm: ArmDesign, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.int64]]:
    """Return volumes of one arm without culling ``(n, days)``, and each last visit ``(n,)``.

    For simulations of thousands of studies: one arm of all their mice, cut into studies. Volumes
    after the last visit were never seen. Below detection is 0.
    """
    volumes = _measure(design, _draw_mice(design, arm, rng), rng)
    return volumes, _last_visit(design, volumes)


def _draw_mice(design: SimulationDesign, arm: ArmDesign, rng: np.random.Generator) -> _Mice:
    """Draw the mice of one arm: correlated baseline and slope, and who responds when."""
    z = rng.standard_normal((2, arm.n))
    rho = design.correlation
    baseline = np.log(design.baseline_volume_mm3) + design.baseline_sd * z[0]
    slope = arm.growth_rate + design.slope_sd * (rho * z[0] + np.sqrt(1 - rho**2) * z[1])
    order, count = rng.permutation(arm.n), round(arm.responder_fraction * arm.n)
    if design.responders == "binomial":
        count = int(rng.binomial(arm.n, arm.responder_fraction))
    responders = order[:count]
    onset = np.full(arm.n, np.inf)
    onset[responders] = rng.uniform(*design.responder_onset, size=len(responders))
    return _Mice(baseline, slope, onset)


def _measure(design: SimulationDesign, mice: _Mice, rng: np.random.Generator) -> Floats:
    """Return the volumes that would be recorded at each visit without culling, ``(n, days)``."""
    days = np.asarray(design.days, dtype=np.float64)
    onset = mice.onset[:, None]
    growing = np.minimum(days, onset) - days[0]
    shrinking = np.maximum(days - onset, 0.0)
    log_volume = mice.log_baseline[:, None] + mice.slope[:, None] * np.maximum(growing, 0.0)
    log_volume -= design.regression_rate * shrinking
    log_volume += design.residual_sd * rng.standard_normal(log_volume.shape)
    volumes = np.exp(log_volume)
    return np.where(volumes < design.detection_limit_mm3, 0.0, volumes)


def _last_visit(design: SimulationDesign, volumes: Floats) -> NDArray[np.int64]:
    """Return the index of each mouse's last visit, ``(n,)``: the cull, or the last day."""
    if design.size_limit_mm3 is None:
        return np.full(len(volumes), len(design.days) - 1, dtype=np.int64)
    over = volumes >= design.size_limit_mm3
    first = np.argmax(over, axis=1)
    return np.where(over.any(axis=1), first, len(design.days) - 1).astype(np.int64)


def _volumes_table(
    design: SimulationDesign,
    arm: ArmDesign,
    names: list[str],
    volumes: Floats,
    last: NDArray[np.int64],
) -> pd.DataFrame:
    """Return one row a measurement made, mouse by mouse."""
    mouse, visit = np.nonzero(np.arange(len(design.days)) <= last[:, None])
    return pd.DataFrame(
        {
            "model": design.model,
            "arm": arm.id,
            "animal": np.asarray(names, dtype=object)[mouse],
            "day": np.asarray(design.days)[visit],
            "volume_mm3": volumes[mouse, visit],
        }
    )


def _animals_table(
    design: SimulationDesign,
    arm: ArmDesign,
    names: list[str],
    volumes: Floats,
    last: NDArray[np.int64],
) -> pd.DataFrame:
    """Return one row a mouse with its cage and how its follow-up ended."""
    final = volumes[np.arange(arm.n), last]
    culled = np.zeros(arm.n, dtype=bool)
    if design.size_limit_mm3 is not None:
        culled = final >= design.size_limit_mm3
    fate = np.select([culled, final == 0.0], ["size-limit", "tumour-free"], "alive-at-end")
    cages = [f"{design.model}-{arm.id}-cage{i // design.mice_per_cage + 1}" for i in range(arm.n)]
    return pd.DataFrame(
        {
            "animal": names,
            "model": design.model,
            "arm": arm.id,
            "cage": cages,
            "sex": "female",
            "enrolment_day": design.days[0],
            "fate": fate,
            "fate_day": np.asarray(design.days)[last],
        }
    )


def _truth_table(
    design: SimulationDesign, arm: ArmDesign, names: list[str], mice: _Mice
) -> pd.DataFrame:
    """Return one row a mouse with what no experimenter sees."""
    return pd.DataFrame(
        {
            "animal": names,
            "model": design.model,
            "arm": arm.id,
            "log_baseline": mice.log_baseline,
            "growth_rate": mice.slope,
            "responder": np.isfinite(mice.onset),
            "onset_day": np.where(np.isfinite(mice.onset), mice.onset, np.nan),
        }
    )
