"""The schema of study.toml and plan.toml; every departure becomes a finding."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from smartcombo.core.finding import Finding
from smartcombo.stats.recist import RecistRule
from smartcombo.study.model import AgentKind, AskedQuestion, PlannedEndpoint


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StudyFacts(_Strict):
    """``[study]``: what the study is, and where its clock starts."""

    id: str = Field(min_length=1)
    title: str = ""
    species: str = "mouse"
    contact: str = ""
    licence: str = ""
    synthetic: bool = False
    day_axis: Literal["implant", "first-dose"] = "first-dose"
    baseline_day: float | None = None
    randomised: bool | None = None
    randomisation_method: str = ""
    blinded: bool | None = None
    allocation_concealed: bool | None = None
    caregivers_blinded: bool | None = None
    assessed_in_random_order: bool | None = None


class ModelFacts(_Strict):
    """``[[model]]``: a tumour line in a host."""

    id: str = Field(min_length=1)
    names: tuple[str, ...] = ()
    line: str = ""
    cellosaurus: str = ""
    strain: str = ""
    site: str = ""
    indication: str = ""
    cold: str = ""


class AgentFacts(_Strict):
    """``[[agent]]``: a drug and every name it goes by."""

    id: str = Field(min_length=1)
    names: tuple[str, ...] = ()
    kind: AgentKind
    target: str = ""
    code: str = ""
    species: tuple[str, ...] = ()


class TreatmentFacts(_Strict):
    """One agent of an arm."""

    agent: str
    dose: float | None = None
    unit: str = ""
    route: str = ""
    schedule: str = ""


class ArmFacts(_Strict):
    """``[[arm]]``: a set of treatments; ``names`` are what the tables call it."""

    id: str = Field(min_length=1)
    label: str = ""
    names: tuple[str, ...] = ()
    agents: tuple[TreatmentFacts, ...]


class TableFacts(_Strict):
    """``[tables.animals]``, and what every table shares."""

    file: str
    sheet: str = ""
    decimal: Literal[".", ","] = "."
    delimiter: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    where: dict[str, str | float | bool] = Field(default_factory=dict)


class VolumeTable(TableFacts):
    """``[tables.volumes]``: the measurements over time."""

    layout: Literal["long", "wide"] = "long"
    readout: str = "tumour volume"
    unit: str = "mm3"
    formula: Literal["", "L*W^2/2", "pi/6*L*W^2"] = ""
    length_unit: Literal["mm", "cm"] = "mm"
    detection_limit: float | None = Field(default=None, gt=0)
    animal_ids: Literal["unique", "within-arm"] = "unique"


class ExpressionTable(TableFacts):
    """``[tables.expression]`` and ``[tables.counts]``: genes by samples, in any form labs have.

    Attributes
    ----------
    format
        Empty: told from the file. ``"rcc"`` is a folder of NanoString lanes, ``"nsolver"`` their
        export to one table, ``"qpcr"`` cycle thresholds, ``"mtx"`` a 10x folder, ``"h5ad"``
        AnnData; of cells, counts are summed by sample.
    scale
        What the numbers are; ``"log"`` needs ``log_base`` and ``log_offset``, the number added
        before the logarithm.
    housekeepers
        Genes to normalise NanoString or qPCR by; empty: chosen by stability.
    genes
        A table of ``gene`` and ``symbol``, where the values have Ensembl ids only.
    cells
        A table of ``barcode`` and ``sample`` for a 10x folder of several samples.
    """

    format: Literal["", "table", "rcc", "nsolver", "qpcr", "mtx", "h5ad"] = ""
    scale: Literal["", "counts", "tpm", "log"] = ""
    log_base: Literal["2", "10", "e"] = "2"
    log_offset: float = Field(default=1.0, ge=0)
    housekeepers: tuple[str, ...] = ()
    genes: str = ""
    cells: str = ""


class WeightTable(TableFacts):
    """``[tables.weights]``: body weights over time; the file may be that of the volumes."""

    layout: Literal["long", "wide"] = "long"
    unit: Literal["g", "mg", "kg"] = "g"


class CellTable(TableFacts):
    """``[tables.cells]``: single cells of tissue sections, as image analysis exports them.

    The headings tell exports of QuPath, HALO and inForm from other tables.

    Attributes
    ----------
    pixel_um
        Width of a pixel, um; asked for where places are in pixels, and checked against the cells.
    coordinates
        Unit of x and y, where the headings do not say it.
    markers
        Markers to read; empty: those of the usual names.
    tumour, stroma
        Words of the region (or class) that mean tumour and stroma; empty: the usual ones.
    """

    pixel_um: float | None = Field(default=None, gt=0)
    coordinates: Literal["", "um", "pixel"] = ""
    markers: tuple[str, ...] = ()
    tumour: tuple[str, ...] = ()
    stroma: tuple[str, ...] = ()


class PopulationFacts(_Strict):
    """What one column of ``[tables.populations]`` measures.

    Attributes
    ----------
    denominator
        ``"percent of CD45+"``, ``"fraction of live"``, ``"count"``, ``"cells per mg"``,
        ``"intensity"`` (a mean fluorescence or a stain), ``"fold of Isotype"`` or ``"score"`` (on a
        scale where differences add).
    cell_type
        Such as ``"CD8 T"``; where empty, read from the heading.
    assay
        What made it, as the report says it.
    """

    denominator: str
    cell_type: str = ""
    assay: str = "flow"


class PopulationTable(TableFacts):
    """``[tables.populations]``: cell populations by sample, as FlowJo or any table has them.

    Attributes
    ----------
    declared
        Heading -> what it measures; for FlowJo the gate, its path, or the whole heading.
    ignore
        Headings that are left out.
    unnamed
        Rows without sample ids: the k-th row of an arm and population is the sample
        ``population/arm/k``.
    """

    declared: dict[str, PopulationFacts] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    unnamed: bool = False


class ProteinFacts(_Strict):
    """What one analyte of ``[tables.proteins]`` is: gene symbol, unit, limits of detection."""

    name: str = ""
    unit: str = ""
    lower: float | None = Field(default=None, gt=0)
    upper: float | None = Field(default=None, gt=0)


class ProteinTable(TableFacts):
    """``[tables.proteins]``: cytokines and chemokines by sample.

    Attributes
    ----------
    unit
        Of every analyte that states none: a mass per ml, mg or g, such as ``"pg/ml"``.
    declared
        Heading -> what it is.
    ignore
        Headings that are left out.
    """

    unit: str = ""
    declared: dict[str, ProteinFacts] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()


class Tables(_Strict):
    """``[tables.*]``."""

    volumes: VolumeTable | None = None
    animals: TableFacts | None = None
    samples: TableFacts | None = None
    expression: ExpressionTable | None = None
    counts: ExpressionTable | None = None
    populations: PopulationTable | None = None
    proteins: ProteinTable | None = None
    weights: WeightTable | None = None
    cells: CellTable | None = None


class LimitFacts(_Strict):
    """``[limits]``: humane endpoints of this protocol."""

    volume_mm3: float | None = Field(default=None, gt=0)
    weight_loss_fraction: float | None = Field(default=None, gt=0, lt=1)
    reference: str = ""


class HistoryFacts(_Strict):
    """``[[history]]``: an earlier vehicle arm that may be borrowed from."""

    label: str = ""
    folder: str = ""
    arm: str = ""
    model: str = ""
    growth_rate: float | None = None
    se: float | None = Field(default=None, gt=0)
    n: int | None = Field(default=None, ge=1)


class StudyFile(_Strict):
    """The whole of ``study.toml``."""

    study: StudyFacts
    model: tuple[ModelFacts, ...] = ()
    agent: tuple[AgentFacts, ...] = ()
    arm: tuple[ArmFacts, ...] = ()
    tables: Tables
    limits: LimitFacts = LimitFacts()
    history: tuple[HistoryFacts, ...] = ()


NullChoice = Literal["hsa", "bliss", "response_additivity"]


class PlannedFacts(_Strict):
    """One of ``secondary``: a further planned test."""

    endpoint: PlannedEndpoint
    question: AskedQuestion
    null_model: Literal["", "hsa", "bliss", "response_additivity"] = ""


class PlanFacts(_Strict):
    """``[plan]``: the choices stated before looking."""

    primary_endpoint: PlannedEndpoint = "growth_rate"
    primary_question: AskedQuestion = "Q2"
    null_model: NullChoice = "bliss"
    secondary: tuple[PlannedFacts, ...] = ()
    shape: Literal["exponential", "quadratic", "spline", "gompertz", "piecewise"] = "exponential"
    bend_day: float | None = None
    day: float | None = None
    level: float = Field(default=0.95, gt=0.5, lt=1)
    margin_log_ratio: float | None = Field(default=None, gt=0)
    margin_rate: float | None = Field(default=None, gt=0)
    seed: int | None = Field(default=None, ge=0)
    covariates: tuple[str, ...] = ()

    @field_validator("bend_day")
    @classmethod
    def _bends(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("shape") != "piecewise":
            raise ValueError('bend_day only with shape = "piecewise"')
        return value


class ResponseFacts(_Strict):
    """``[response]``: how an animal's response is called, and from which day it is cured.

    What is not stated is the rule's default; ``stable`` belongs to mRECIST, ``measure``,
    ``progressive``, ``progressive_from``, ``confirmed`` and ``stop_at_progression`` to RECIST.
    """

    rule: Literal["mrecist", "recist"] = "mrecist"
    first_day: float | None = Field(default=None, ge=0)
    complete: float | tuple[float, float] | None = None
    partial: float | tuple[float, float] | None = None
    stable: tuple[float, float] | None = None
    measure: Literal["volume", "diameter"] | None = None
    progressive: float | None = Field(default=None, gt=0)
    progressive_from: Literal["baseline", "nadir"] | None = None
    confirmed: bool | None = None
    stop_at_progression: bool | None = None
    cure_day: float | None = None

    @model_validator(mode="after")
    def _of_one_rule(self) -> ResponseFacts:
        """Refuse a key of the other rule, so that nothing stated is silently ignored."""
        paired = self.rule == "mrecist"
        other = ("measure", "progressive", "progressive_from", "confirmed", "stop_at_progression")
        wrong = [name for name in (other if paired else ("stable",)) if name in self.stated()]
        wrong += [
            name
            for name in ("complete", "partial")
            if name in self.stated() and isinstance(self.stated()[name], tuple) != paired
        ]
        if wrong:
            shape = "[best, average] per cent" if paired else "one number per cent"
            raise ValueError(
                f"Input should be keys of rule = {self.rule!r}, whose complete and partial are "
                f"{shape}; not {', '.join(wrong)}"
            )
        if not paired:
            RecistRule(**{k: v for k, v in self.stated().items() if k not in ("rule", "cure_day")})
        return self

    def stated(self) -> dict[str, Any]:
        """Return the keys that were stated."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


class PlanFile(_Strict):
    """The whole of ``plan.toml``."""

    plan: PlanFacts
    response: ResponseFacts | None = None


_File = TypeVar("_File", bound=BaseModel)


def sha256(data: bytes) -> str:
    """Return the hexadecimal SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def load_config(path: Path, schema: type[_File]) -> tuple[_File | None, list[Finding]]:
    """Return a TOML file read against its schema, or ``None`` with every problem it has."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        return None, [_syntax(path, problem)]
    if isinstance(content.get("model"), dict):
        content["model"] = [content["model"]]
    try:
        return schema.model_validate(content), []
    except ValidationError as problems:
        return None, [_problem(path, error, schema) for error in problems.errors()]


def _syntax(path: Path, problem: Exception) -> Finding:
    return Finding(
        code="toml-syntax",
        severity="error",
        file=path.name,
        found=str(problem),
        expected="a TOML file in UTF-8: key = value, text in double quotes",
        action="correct that line; `smartcombo init` writes a template to compare with",
    )


def _problem(path: Path, error: Any, schema: type[BaseModel]) -> Finding:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return _unknown_key(path, error, place, schema)
    if error["type"] == "missing":
        return Finding(
            code="missing-key",
            severity="error",
            file=path.name,
            column=place,
            found=f"no {place}",
            expected=f"{place} to be stated",
            action="add it; `smartcombo init` writes a commented template",
        )
    return Finding(
        code="bad-value",
        severity="error",
        file=path.name,
        column=place,
        found=repr(error["input"]),
        expected=str(error["msg"]).replace("Input should be ", ""),
        action=f"correct {place}",
    )


def _unknown_key(path: Path, error: Any, place: str, schema: type[BaseModel]) -> Finding:
    known = sorted(_keys(schema, set()))
    near = difflib.get_close_matches(str(error["loc"][-1]), known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return Finding(
        code="unknown-key",
        severity="error",
        file=path.name,
        column=place,
        found=f"the key {place}",
        expected="a key of the format",
        action=f"{hint}correct or delete it, so that nothing stated is silently ignored",
    )


def _keys(schema: Any, names: set[str]) -> set[str]:
    for name, info in schema.model_fields.items():
        names.add(name)
        inner = [info.annotation, *getattr(info.annotation, "__args__", ())]
        for kind in inner:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                _keys(kind, names)
    return names
