"""Arms of two studies that are the same treatment: by agents and doses, never by their labels."""

from __future__ import annotations

from smartcombo.study.arms import plain_name
from smartcombo.study.model import Arm, Study


def arm_there(study: Study, arm: str, other: Study) -> tuple[str, str]:
    """Return the id of the same treatment in another study and how it differs there.

    Parameters
    ----------
    study, arm
        An arm of one study.
    other
        The study to look in.

    Returns
    -------
    tuple of str
        Id of the arm, empty where there is none (or several, none of them at the same doses), and
        what differs, such as ``"aPD-1: 10 mg/kg here, 5 mg/kg there"``; empty where nothing does.
    """
    own = next(one for one in study.arms if one.id == arm)
    same = [one for one in other.arms if _agents(study, own) == _agents(other, one, study)]
    exact = [one for one in same if not _differences(study, own, other, one)]
    found = exact or same
    if not found or len(found) > 1:
        return "", ""
    return found[0].id, _differences(study, own, other, found[0])


def model_there(model: str, other: Study) -> str:
    """Return the id of the same tumour model in another study; empty where there is none."""
    return next((one.id for one in other.models if plain_name(one.id) == plain_name(model)), "")


def _agents(study: Study, arm: Arm, reference: Study | None = None) -> frozenset[str]:
    """Return the agents of an arm by the names of the reference study where it knows them."""
    return frozenset(_known(study, agent, reference or study) for agent in arm.agents)


def _known(study: Study, agent: str, reference: Study) -> str:
    names = _names(study, agent)
    for one in reference.agents:
        if names & _names(reference, one.id):
            return plain_name(one.id)
    return plain_name(agent)


def _names(study: Study, agent: str) -> frozenset[str]:
    own = next((one for one in study.agents if one.id == agent), None)
    names = (agent, *own.names) if own else (agent,)
    return frozenset(plain_name(name) for name in names)


def _differences(study: Study, arm: Arm, other: Study, there: Arm) -> str:
    """Return the doses that differ where both are stated."""
    doses = {_known(other, t.agent, study): (t.dose, t.unit) for t in there.treatments}
    parts = []
    for own in sorted(arm.treatments, key=lambda t: t.agent):
        dose, unit = doses.get(_known(study, own.agent, study), (None, ""))
        if None not in (dose, own.dose) and (dose, unit) != (own.dose, own.unit):
            parts.append(f"{own.agent}: {own.dose:g} {own.unit} here, {dose:g} {unit} there")
    return "; ".join(parts)
