"""The schema of programme.toml: what is decided above several studies, before looking at them."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from smartcombo.study.config import TreatmentFacts
from smartcombo.study.model import AgentKind

MeasureName = Literal[
    "gain_over_ici",
    "gain_over_molecule",
    "interaction",
    "controlled_over_ici",
    "response_over_ici",
    "molecule_alone",
    "inflamed_by_molecule",
    "infiltrated_by_molecule",
    "weight_loss",
    "treatment_deaths",
    "published_response",
    "breadth",
    "rigour",
    "carry_over",
    "activity_in_patients",
]
GateName = Literal[
    "species",
    "model_species",
    "antagonism",
    "less_than_expected",
    "toxicity",
    "arms",
    "animals",
    "one_model",
    "one_study",
    "randomised",
]
GATE_NAMES: tuple[GateName, ...] = get_args(GateName)
Severity = Literal["stop", "caution"]
Direction = Literal["for", "against", "neither"]
LiteratureQuestion = Literal[
    "Q1", "Q2", "Q3", "Q4", "single", "inflamed", "infiltrated", "necessity", "human",
    "class_precedent", "tolerated",
]  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProgrammeFacts(_Strict):
    """``[programme]``: what it is, the study folders, and what is ranked."""

    id: str = Field(min_length=1)
    title: str = ""
    contact: str = ""
    studies: tuple[str, ...] = Field(min_length=1)
    context: Literal["model", "indication"] = "model"
    target_species: str = "human"
    fewest_animals: int = Field(default=8, ge=2)
    level: float = Field(default=0.95, gt=0.5, lt=1)


class SourcedFacts(_Strict):
    """Something known of an agent, with its source."""

    text: str = Field(min_length=1)
    source: str = Field(min_length=1)


class ActivityFacts(_Strict):
    """How active an agent is alone in patients with an indication: 0 (none) to 3 (approved)."""

    indication: str = Field(min_length=1)
    grade: int = Field(ge=0, le=3)
    source: str = Field(min_length=1)


class ProgrammeAgentFacts(_Strict):
    """``[[agent]]``: a drug of the programme and every name the studies give it."""

    id: str = Field(min_length=1)
    names: tuple[str, ...] = ()
    kind: AgentKind
    code: str = ""
    partner: str = ""
    target: str = ""
    mechanism: str = ""
    species: tuple[str, ...] = ()
    exposure: str = ""
    exposure_above_human: bool | None = None
    activity: tuple[ActivityFacts, ...] = ()
    liability: tuple[SourcedFacts, ...] = ()


class CombinationFacts(_Strict):
    """``[[combination]]``: agents, and doses and schedule where they matter."""

    id: str = Field(min_length=1)
    title: str = ""
    agents: tuple[TreatmentFacts, ...]


class IndicationFacts(_Strict):
    """``[[indication]]``: the tumour of patients, and the models that stand for it."""

    id: str = Field(min_length=1)
    title: str = ""
    models: tuple[str, ...] = Field(min_length=1)


class CriterionFacts(_Strict):
    """``[[criterion]]``: a measure with the values that score 0 and 1."""

    id: str = Field(min_length=1)
    title: str = ""
    measure: MeasureName
    worst: float
    best: float
    weight: float | None = Field(default=None, ge=0)


class GateFacts(_Strict):
    """``[[gate]]``: a gate that is asked; without any block all are, with their defaults."""

    id: GateName
    severity: Severity | None = None
    limit: float | None = Field(default=None, ge=0, le=1)


class WeightFacts(_Strict):
    """``[weights]``: how much is known of the weights."""

    kind: Literal["fixed", "ordered", "unknown"] = "unknown"
    order: tuple[str, ...] = ()


class LiteratureFacts(_Strict):
    """``[[literature]]``: a claim written by hand, with its citation."""

    combination: str = ""
    agent: str = ""
    context: str = ""
    question: LiteratureQuestion
    direction: Direction
    statement: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    doi: str = ""


class PublishedFacts(_Strict):
    """``[[published]]``: responders of a study of which only counts were published."""

    combination: str = Field(min_length=1)
    context: str = Field(min_length=1)
    study: str = Field(min_length=1)
    responders: int = Field(ge=0)
    animals: int = Field(gt=0)
    responders_ici: int = Field(ge=0)
    animals_ici: int = Field(gt=0)
    citation: str = Field(min_length=1)
    doi: str = ""

    @model_validator(mode="after")
    def _within(self) -> PublishedFacts:
        """Refuse more responders than animals."""
        if self.responders > self.animals or self.responders_ici > self.animals_ici:
            raise ValueError(
                f"Input should be at most as many responders as animals; {self.study} has "
                f"{self.responders} of {self.animals} and {self.responders_ici} of "
                f"{self.animals_ici}"
            )
        return self


class ProgrammeFile(_Strict):
    """The whole of ``programme.toml``."""

    programme: ProgrammeFacts
    agent: tuple[ProgrammeAgentFacts, ...] = Field(min_length=1)
    combination: tuple[CombinationFacts, ...] = Field(min_length=1)
    indication: tuple[IndicationFacts, ...] = ()
    criterion: tuple[CriterionFacts, ...] = ()
    gate: tuple[GateFacts, ...] = ()
    weights: WeightFacts = WeightFacts()
    literature: tuple[LiteratureFacts, ...] = ()
    published: tuple[PublishedFacts, ...] = ()
