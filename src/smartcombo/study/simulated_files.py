"""A simulated study written as the folder an experimenter would hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from smartcombo.study.model import Agent, TumourModel
from smartcombo.study.simulate import ArmDesign, SimulatedStudy

WEIGHT_DECIMALS = 1
VOLUME_DECIMALS = 1
"""Callipers read tenths of a millimetre; more digits of a volume would be theatre."""


@dataclass(frozen=True, slots=True)
class StudyLabels:
    """What ``study.toml`` says besides the design.

    Attributes
    ----------
    id, title
        Of the study; the title should say SYNTHETIC.
    contact, species
        Facts for the report.
    models
        Facts of the tumour models, matched by id; a design without facts gets its id only.
    plan
        Text of ``plan.toml``; empty for an exploratory study without one.
    note
        Comment at the top of ``study.toml``.
    """

    id: str = "simulated"
    title: str = "SYNTHETIC study simulated by smartcombo"
    contact: str = "nobody: simulated data"
    species: str = "mouse"
    models: tuple[TumourModel, ...] = ()
    plan: str = ""
    note: str = "SYNTHETIC: simulated by smartcombo; no mouse was involved."


def write_study(
    simulated: SimulatedStudy, folder: str | Path, *, labels: StudyLabels | None = None
) -> Path:
    """Write a simulated study as a folder that `smartcombo.read_study` reads.

    Parameters
    ----------
    simulated
        As `smartcombo.simulate_study` returns it.
    folder
        Made where it does not exist; the study files in it are replaced.
    labels
        What the study is called; default `StudyLabels()`, which says SYNTHETIC.

    Returns
    -------
    Path
        The folder, with ``study.toml`` (``synthetic = true``), ``volumes.csv``, ``animals.csv``;
        ``weights.csv`` where mice were weighed, and ``plan.toml`` where the labels hold a plan.
    """
    labels = labels or StudyLabels()
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    _write_text(target / "study.toml", study_toml(simulated, labels))
    volumes = simulated.volumes.round({"volume_mm3": VOLUME_DECIMALS})
    _write_table(target / "volumes.csv", volumes)
    _write_table(target / "animals.csv", simulated.animals)
    if len(simulated.weights):
        weights = simulated.weights.round({"weight_g": WEIGHT_DECIMALS})
        _write_table(target / "weights.csv", weights)
    if labels.plan:
        _write_text(target / "plan.toml", labels.plan)
    return target


def study_toml(simulated: SimulatedStudy, labels: StudyLabels) -> str:
    """Return the text of ``study.toml``.

    Parameters
    ----------
    simulated
        As `smartcombo.simulate_study` returns it.
    labels
        What the study is called.

    Returns
    -------
    str
        The facts, one block a model, an agent and an arm.
    """
    blocks = [
        f"# {labels.note}",
        _study_block(simulated, labels),
        *(_model_block(design.model, labels.models) for design in simulated.designs),
        *(_agent_block(agent) for agent in _used_agents(simulated)),
        *(_arm_block(arm) for arm in _all_arms(simulated)),
        _tables_block(simulated),
        _limits_block(simulated),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _study_block(simulated: SimulatedStudy, labels: StudyLabels) -> str:
    """Return ``[study]``; the first visit of every design is the baseline."""
    baseline = min(design.days[0] for design in simulated.designs)
    facts = {
        "id": labels.id,
        "title": labels.title,
        "synthetic": True,
        "species": labels.species,
        "contact": labels.contact,
        "licence": "CC0-1.0",
        "randomised": True,
        "blinded": True,
        "day_axis": "implant",
        "baseline_day": baseline,
    }
    return _block("[study]", facts)


def _model_block(model: str, known: tuple[TumourModel, ...]) -> str:
    """Return one ``[[model]]``."""
    facts = {item.id: item for item in known}.get(model, TumourModel(model))
    fields = ("id", "line", "strain", "site", "indication", "cold")
    return _block("[[model]]", {name: getattr(facts, name) for name in fields})


def _agent_block(agent: Agent) -> str:
    """Return one ``[[agent]]``."""
    facts = {
        "id": agent.id,
        "names": list(agent.names),
        "kind": agent.kind,
        "target": agent.target,
    }
    return _block("[[agent]]", facts)


def _arm_block(arm: ArmDesign) -> str:
    """Return one ``[[arm]]``; the vehicle has no agents."""
    agents = ", ".join(f"{{ agent = {json.dumps(agent)} }}" for agent in arm.agents)
    lines = f"[[arm]]\nid = {json.dumps(arm.id)}\nlabel = {json.dumps(arm.label or arm.id)}"
    return f"{lines}\nagents = [{agents}]"


def _tables_block(simulated: SimulatedStudy) -> str:
    """Return ``[tables.*]``; the largest detection limit holds for the study."""
    limit = max(design.detection_limit_mm3 for design in simulated.designs)
    volumes = {
        "file": "volumes.csv",
        "layout": "long",
        "unit": "mm3",
        "detection_limit": limit,
    }
    blocks = [
        _block("[tables.volumes]", volumes),
        _block("[tables.animals]", {"file": "animals.csv"}),
    ]
    if len(simulated.weights):
        blocks.append(_block("[tables.weights]", {"file": "weights.csv", "unit": "g"}))
    return "\n\n".join(blocks)


def _limits_block(simulated: SimulatedStudy) -> str:
    """Return ``[limits]``, where a design culls or states a limit of weight loss."""
    designs = simulated.designs
    sizes = [d.size_limit_mm3 for d in designs if d.size_limit_mm3 is not None]
    losses = [d.weights.loss_limit for d in designs if d.weights and d.weights.loss_limit]
    if not sizes and not losses:
        return ""
    facts = {
        **({"volume_mm3": max(sizes)} if sizes else {}),
        **({"weight_loss_fraction": max(losses)} if losses else {}),
        "reference": "limits of the simulation" if losses else "size limit of the simulation",
    }
    return _block("[limits]", facts)


def _all_arms(simulated: SimulatedStudy) -> list[ArmDesign]:
    """Return each arm once, in the order of the designs."""
    arms = {arm.id: arm for design in simulated.designs for arm in design.arms}
    return list(arms.values())


def _used_agents(simulated: SimulatedStudy) -> list[Agent]:
    """Return the agents that some arm is given."""
    used = {agent for arm in _all_arms(simulated) for agent in arm.agents}
    return [agent for agent in simulated.agents if agent.id in used]


def _block(header: str, facts: Mapping[str, object]) -> str:
    """Return a TOML table; empty text and lists are left out. JSON scalars are TOML scalars."""
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in facts.items()
        if value not in ("", [])
    ]
    return "\n".join([header, *lines])


def _write_text(path: Path, text: str) -> None:
    """Write UTF-8 with plain line ends on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a CSV with plain line ends on every system."""
    table.to_csv(path, index=False, lineterminator="\n")
