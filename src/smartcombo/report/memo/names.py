"""What agents and gates of one candidate are called in its memo."""

from __future__ import annotations

from smartcombo.ranking.dossier import Dossier
from smartcombo.report.memo.lengths import NAME, cut

INHIBITOR, MOLECULE = "the checkpoint inhibitor alone", "the molecule alone"
OPEN_GATES = {
    "species": "target of another species", "model_species": "no action in the animals",
    "antagonism": "antagonism", "less_than_expected": "less than expected (Bliss)",
    "toxicity": "toxicity", "arms": "missing arms", "animals": "few animals",
    "one_model": "one tumour model", "one_study": "one study", "randomised": "not randomised",
}  # fmt: skip
"""What is wrong where a gate is not passed."""
ASKED = {
    "species": "target species", "model_species": "action in the animals",
    "animals": "number of animals", "one_model": "number of models",
    "one_study": "number of studies", "randomised": "randomisation",
}  # fmt: skip
"""What a gate asks, where nobody answered it; else as in ``OPEN_GATES``."""


def gate_name(gate: str, *, answered: bool = True) -> str:
    """Return what is wrong where a gate is not passed; what it asks, where nothing answers it."""
    names = OPEN_GATES if answered else OPEN_GATES | ASKED
    return cut(names.get(gate, gate.replace("_", " ")), NAME)


def stopping_gates(dossier: Dossier, candidate: str) -> str:
    """Return the gates that stop a candidate, in words."""
    return ", ".join(gate_name(one) for one in _gates(dossier, candidate, "stops"))


def open_gates(dossier: Dossier, candidate: str) -> str:
    """Return its open cautions; ``not known:`` before those that nothing answers."""
    table = dossier.evidence.gates
    silent = set(table.loc[(table["candidate"] == candidate) & table["passed"].isna(), "gate"])
    every = _gates(dossier, candidate, "cautions")
    failed = ", ".join(gate_name(one) for one in every if one not in silent)
    unknown = ", ".join(gate_name(one, answered=False) for one in every if one in silent)
    return "; ".join(part for part in (failed, f"not known: {unknown}" if unknown else "") if part)


def agents_of(dossier: Dossier, candidate: str) -> list[str]:
    """Return the agents of a candidate, in the order in which its combination names them."""
    combination = dossier.evidence.verdicts.set_index("candidate").at[candidate, "combination"]
    given = dossier.combinations.set_index("combination")["agents"].get(combination, "")
    return [one for one in str(given).split("; ") if one]


def alone(dossier: Dossier, candidate: str, text: str) -> str:
    """Return a text with the agents' names where no checkpoint inhibitor is among them.

    The questions then take the agent named first for the inhibitor.
    """
    agents = agents_of(dossier, candidate)
    kinds = dossier.agents.set_index("agent")["kind"]
    if len(agents) < 2 or any(kinds.get(one) == "checkpoint-inhibitor" for one in agents):
        return text
    others = " + ".join(agents[1:])
    named = text.replace(INHIBITOR, f"{cut(agents[0], NAME)} alone")
    return named.replace(MOLECULE, f"{cut(others, NAME)} alone")


def _gates(dossier: Dossier, candidate: str, which: str) -> list[str]:
    cell = dossier.evidence.verdicts.set_index("candidate").at[candidate, which]
    return [one for one in str(cell).split("; ") if one]
