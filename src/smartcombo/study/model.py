"""The Study and its parts: what the files say, after checking, frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.assays.model import Assays, no_samples

AgentKind = Literal["checkpoint-inhibitor", "small-molecule", "antibody", "vaccine", "other"]
PlannedEndpoint = Literal[
    "growth_rate",
    "volume",
    "floored_volume",
    "controlled_share",
    "response_rate",
    "tumour_free",
    "cure",
    "progression",
    "survival",
]
AskedQuestion = Literal["Q1", "Q2", "Q3", "Q4"]
Role = Literal["vehicle", "ici-alone", "molecule-alone", "combination"]

VOLUME_COLUMNS = ("model", "arm", "animal", "day", "value", "at_limit", "row")
WEIGHT_COLUMNS = ("model", "arm", "animal", "day", "weight_g", "row")
SCORE_COLUMNS = ("model", "arm", "animal", "day", "score", "row")
ANIMAL_COLUMNS = (
    "animal", "arm", "model", "cage", "sex", "batch", "enrolment_day", "excluded",
    "exclusion_reason", "fate", "fate_day", "fate_derived",
)  # fmt: skip

FATES = (
    "size-limit", "ulceration", "weight-loss", "clinical-score", "found-dead", "planned-cull",
    "tumour-free", "alive-at-end", "other", "unknown",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agent:
    """A drug: one agent whatever it is called (``aPD-1``, ``RMP1-14``)."""

    id: str
    kind: AgentKind
    names: tuple[str, ...] = ()
    target: str = ""
    code: str = ""
    species: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Treatment:
    """One agent as given in one arm; ``dose`` is missing where the file does not state it."""

    agent: str
    dose: float | None = None
    unit: str = ""
    route: str = ""
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class Arm:
    """A set of treatments; the empty set is the vehicle."""

    id: str
    label: str
    treatments: frozenset[Treatment]
    role: Role

    @property
    def agents(self) -> frozenset[str]:
        """Return the ids of the agents given."""
        return frozenset(treatment.agent for treatment in self.treatments)


@dataclass(frozen=True, slots=True)
class TumourModel:
    """A tumour line in a host: where the question is asked."""

    id: str
    line: str = ""
    strain: str = ""
    site: str = ""
    indication: str = ""
    cold: str = ""
    cellosaurus: str = ""


VOLUME_UNITS = frozenset(
    {"mm3", "mm^3", "mm³", "cm3", "cm^3", "cm³", "ml", "mL", "ul", "uL", "µl", "µL"}
)


@dataclass(frozen=True, slots=True)
class Readout:
    """What was measured over time: ``tumour volume`` in ``mm3``, or another read-out.

    Attributes
    ----------
    limit
        Detection limit in ``unit``; values at or below it are "at the limit", never missing.
    limit_stated
        False where the limit was set by default (a finding says so).
    derivation
        How a volume was computed (``"length * width^2 / 2"``), or ``"as given"``.
    """

    name: str
    unit: str
    limit: float
    limit_stated: bool
    derivation: str = "as given"

    @property
    def is_volume(self) -> bool:
        """Return whether the read-out is a tumour volume, to which limits in mm3 apply."""
        return self.unit in VOLUME_UNITS

    @property
    def noun(self) -> str:
        """Return what a value is called in a sentence: ``volume``, or ``signal`` of light."""
        return "volume" if self.is_volume else "signal"

    def words(self, text: str) -> str:
        """Return a sentence written for volumes with the noun that fits the read-out."""
        if self.is_volume:
            return text
        return re.sub(
            r"\b([Vv])olume(?=s?\b)",
            lambda found: self.noun.capitalize() if found.group(1) == "V" else self.noun,
            text,
        )


@dataclass(frozen=True, slots=True)
class Combination:
    """A combination arm with the arms each question compares it with; ``None`` is a missing arm.

    Attributes
    ----------
    arm
        Id of the combination arm.
    vehicle
        Id of the vehicle arm.
    singles
        Agent id -> id of its single-agent arm (same dose where several exist).
    pairs
        For three agents: pair of agent ids -> id of the arm of that pair.
    ici, molecule
        Id of the ICI-alone and molecule-alone arm: for more than two agents, the part of the
        combination made of all its checkpoint inhibitors, and of all the others.
    """

    arm: str
    vehicle: str | None
    singles: Mapping[str, str | None]
    pairs: Mapping[tuple[str, str], str | None]
    ici: str | None
    molecule: str | None


@dataclass(frozen=True, slots=True)
class HistoricalControl:
    """An earlier vehicle arm that may be borrowed from: a study folder, or its growth rate.

    Attributes
    ----------
    label
        What to call it.
    folder, arm
        Study folder, relative to this study's, and the arm (default its vehicle).
    model
        Tumour model of this study it belongs to; empty for the model of the same id.
    growth_rate, se, n
        Or, instead of a folder: growth rate per day, its standard error, number of animals.
    """

    label: str = ""
    folder: str = ""
    arm: str = ""
    model: str = ""
    growth_rate: float | None = None
    se: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Humane endpoints of this protocol and their reference; ``None`` where not stated.

    ``clinical_score`` is the score at which an animal is taken.
    """

    volume_mm3: float | None = None
    weight_loss_fraction: float | None = None
    clinical_score: float | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """One test stated before looking: which endpoint answers which question.

    Attributes
    ----------
    null_model
        For Q4 what is expected without interaction; where empty, Bliss for growth and volume and
        independent action for response and time.
    """

    endpoint: PlannedEndpoint
    question: AskedQuestion
    null_model: str = ""


@dataclass(frozen=True)
class Plan:
    """Choices stated before looking (``plan.toml``); without a file the run is exploratory.

    Attributes
    ----------
    confirmatory
        True when ``plan.toml`` exists.
    secondary
        Further planned tests in their order: each counts only where those before it succeeded.
    shape, bend_day
        Mean curve of log volume of the growth analysis; the day at which a ``piecewise`` curve
        bends (``None``: estimated).
    day
        Declared day of comparison, on the study's day axis; ``None`` for the default rule.
    level, margin_log_ratio, margin_rate, seed
        Confidence level; equivalence margins (natural-log ratio at the day, and per day) within
        which the word *additive* may be used (``None``: never used); seed of all random streams.
    covariates
        Columns of the animals table known before treatment that the growth model adjusts for.
    response
        How an animal's response is called, as ``[response]`` states it; empty for the default.
    """

    confirmatory: bool = False
    primary_endpoint: PlannedEndpoint = "growth_rate"
    primary_question: AskedQuestion = "Q2"
    null_model: str = "bliss"
    secondary: tuple[PlannedTest, ...] = ()
    shape: str = "exponential"
    bend_day: float | None = None
    day: float | None = None
    level: float = 0.95
    margin_log_ratio: float | None = None
    margin_rate: float | None = None
    seed: int | None = None
    covariates: tuple[str, ...] = ()
    sha256: str = ""
    response: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tests(self) -> tuple[PlannedTest, ...]:
        """Return the confirmatory tests in their order; none without a plan."""
        if not self.confirmatory:
            return ()
        grown = self.primary_endpoint in ("growth_rate", "volume")
        null = self.null_model if grown and self.primary_question == "Q4" else ""
        primary = PlannedTest(self.primary_endpoint, self.primary_question, null)
        return (primary, *self.secondary)


@dataclass(frozen=True)
class InputFile:
    """Provenance of one input: name, sha256 of its bytes, number of data rows."""

    name: str
    sha256: str
    rows: int


def no_weights() -> pd.DataFrame:
    """Return the table of a study without body weights."""
    return pd.DataFrame(columns=list(WEIGHT_COLUMNS))


def no_scores() -> pd.DataFrame:
    """Return the table of a study without clinical scores."""
    return pd.DataFrame(columns=list(SCORE_COLUMNS))


@dataclass(frozen=True)
class Study:
    """A checked study: tidy tables, arms as sets of agents, and every finding.

    Attributes
    ----------
    volumes
        One row a measurement with ``VOLUME_COLUMNS``: ``day`` on the study's axis, ``value`` in
        ``readout.unit`` as measured (0 stays 0), ``at_limit`` true at or below the detection
        limit, ``row`` the spreadsheet row it came from. Excluded animals are still in it. Sorted by
        model, arm order, animal, day.
    animals
        One row an animal with ``ANIMAL_COLUMNS``. Animal ids are unique within the study. Animals
        of which only samples were taken are in ``samples``; they are here too in a study without
        volumes.
    baseline_day
        Day of randomisation or first dose on the day axis: the baseline visit.
    day_axis
        ``"implant"`` or ``"first-dose"``: what day 0 of the axis is.
    weights
        One row a weighing with ``WEIGHT_COLUMNS``, body weight in grams with the tumour; empty
        where the study has no such table. Excluded animals are still in it. Sorted as the volumes.
    scores
        One row a clinical score with ``SCORE_COLUMNS``, 0 for a normal animal and more for a worse
        one; empty where the study has no such table. Otherwise as the weights.
    synthetic
        True for simulated data; every figure and table then says SYNTHETIC.
    facts
        Other stated facts for the report (species, contact, licence, randomised, blinded ...).
    history
        Earlier controls named in ``[[history]]``; empty where nothing is to be borrowed.
    samples
        One row a sample with ``SAMPLE_COLUMNS`` of ``smartcombo.study.assays.model``.
    assays
        What was measured in the samples.
    """

    id: str
    title: str
    folder: Path
    arms: tuple[Arm, ...]
    agents: tuple[Agent, ...]
    models: tuple[TumourModel, ...]
    readout: Readout
    volumes: pd.DataFrame
    animals: pd.DataFrame
    baseline_day: float
    day_axis: Literal["implant", "first-dose"]
    limits: Limits
    plan: Plan
    findings: tuple[Finding, ...]
    inputs: tuple[InputFile, ...]
    synthetic: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    samples: pd.DataFrame = field(default_factory=no_samples)
    assays: Assays = field(default_factory=Assays)
    weights: pd.DataFrame = field(default_factory=no_weights)
    scores: pd.DataFrame = field(default_factory=no_scores)

    @property
    def has_volumes(self) -> bool:
        """Return whether tumours were measured over time."""
        return not self.volumes.empty

    history: tuple[HistoricalControl, ...] = ()

    def arm(self, arm_id: str) -> Arm:
        """Return the arm with this id.

        Raises
        ------
        KeyError
            If there is no such arm; the message lists those there are.
        """
        for arm in self.arms:
            if arm.id == arm_id:
                return arm
        raise KeyError(f"no arm {arm_id!r}; this study has {[arm.id for arm in self.arms]}")

    @property
    def single_mouse(self) -> bool:
        """Return whether this is a programme: several models, most of their arms of one animal."""
        if not self.has_volumes:
            return False
        kept = self.animals[~self.animals["excluded"].astype(bool)]
        counts = kept.groupby(["model", "arm"])["animal"].nunique()
        return kept["model"].nunique() > 1 and float((counts == 1).mean()) > 0.5

    def label(self, arm_id: str) -> str:
        """Return the label of an arm for people."""
        return self.arm(arm_id).label
