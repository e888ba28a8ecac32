"""What people decided about a candidate, on what state of the evidence, and who disagreed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date as Date  # noqa: N812 - a type, beside the field of that name
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from smartcombo.core.finding import Finding, StudyError
from smartcombo.ranking.decision_log import LOG, append_record, read_log
from smartcombo.ranking.dossier import Dossier

Action = Literal["advance", "repeat", "hold", "stop"]
ACTIONS: tuple[Action, ...] = get_args(Action)
SCHEMA = 1
"""Version of an entry's keys."""
DECISION_COLUMNS = (
    "number", "date", "candidate", "action", "owner", "reasons", "dissent", "change_mind",
    "supersedes", "superseded_by", "despite_gate", "place", "rank_low", "rank_high", "level",
    "p_first", "verdict", "cautions", "stops", "synthetic", "inputs", "version", "previous",
    "sha256",
)  # fmt: skip
"""One row an entry. ``dissent`` empty: it was said that nobody disagreed."""


class DecisionRefused(ValueError):  # noqa: N818 - a refusal, with its reason, is not a fault
    """The decision cannot be recorded; the message says what to say instead."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of people, as they state it.

    Attributes
    ----------
    candidate
        As the ranking names it: ``combination | context``.
    action
        ``advance``, ``repeat``, ``hold`` or ``stop``.
    owner
        Who answers for it.
    date
        The day it was taken, ``2026-03-01``.
    reasons
        One or more sentences.
    dissent
        Who disagreed and why, one sentence each; empty says that nobody did. There is no default,
        so that it is said.
    change_mind
        What would change the decision.
    supersedes
        Number of the earlier decision that this one corrects.
    despite_gate
        Why a candidate that a gate stops is advanced all the same.
    """

    candidate: str
    action: Action
    owner: str
    date: str
    reasons: tuple[str, ...]
    dissent: tuple[str, ...]
    change_mind: str = ""
    supersedes: int | None = None
    despite_gate: str = ""

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise DecisionRefused("; ".join(problems))


@dataclass(frozen=True, slots=True)
class State:
    """What a decision was taken on.

    Attributes
    ----------
    place, rank_low, rank_high, level, p_first
        Of the ranking; ``None`` for a candidate that a gate stops.
    verdict
        The word of the evidence, such as ``promising, with cautions``.
    cautions
        Ids of the gates that are open.
    stops
        Ids of the gates that stop it.
    synthetic
        Whether any study is made up.
    inputs
        SHA-256 over every file read, see :func:`inputs_hash`.
    version
        Of smartcombo.
    """

    place: int | None
    rank_low: int | None
    rank_high: int | None
    level: float
    p_first: float | None
    verdict: str
    cautions: tuple[str, ...]
    stops: tuple[str, ...]
    synthetic: bool
    inputs: str
    version: str


def append_decision(folder: str | Path, decision: Decision, dossier: Dossier) -> pd.Series:
    """Record a decision at the end of a programme's log; nothing written before is touched.

    Parameters
    ----------
    folder
        Of ``programme.toml``; the log is ``decisions.jsonl`` in it.
    decision
        What was decided.
    dossier
        Of the same programme: the state it was decided on.

    Returns
    -------
    Series
        The entry as written, with ``DECISION_COLUMNS``.

    Raises
    ------
    DecisionRefused
        If the candidate is unknown, a gate stops what is to advance and no reason is given, or
        ``supersedes`` names no standing decision about this candidate.
    StudyError
        If the log is not as it was written.
    """
    state = state_of(dossier, decision.candidate)
    _require_gates(decision, state)

    def entry(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        _require_superseded(decision, records)
        programme = {"schema": SCHEMA, "programme": dossier.programme}
        return programme | asdict(decision) | {"state": asdict(state)}

    entry(_records(Path(folder)))
    append_record(Path(folder), entry)
    return read_decisions(folder).iloc[-1]


def read_decisions(folder: str | Path) -> pd.DataFrame:
    """Return the log of a programme with ``DECISION_COLUMNS``, oldest first.

    Parameters
    ----------
    folder
        Of ``programme.toml``; without a log the table is empty.

    Raises
    ------
    StudyError
        If a line was changed, removed, added or moved; it carries every finding.
    """
    rows = [_row(record) for record in _records(Path(folder))]
    table = pd.DataFrame(rows, columns=list(DECISION_COLUMNS))
    later = {row["supersedes"]: row["number"] for row in rows if row["supersedes"] is not None}
    table["superseded_by"] = [later.get(number) for number in table["number"]]
    whole = ("number", "supersedes", "superseded_by", "place", "rank_low", "rank_high")
    real = ("level", "p_first")
    return table.astype(dict.fromkeys(whole, "Int64") | dict.fromkeys(real, "float64"))


def check_decisions(folder: str | Path) -> tuple[Finding, ...]:
    """Return every finding about the chain of a programme's log; bad data never raises here."""
    records, findings = read_log(Path(folder))
    return tuple(findings) or tuple(_of_schema(records))


def state_of(dossier: Dossier, candidate: str) -> State:
    """Return what is known of a candidate now, as a decision about it is recorded.

    Raises
    ------
    DecisionRefused
        If the dossier has no such candidate; the message lists those there are.
    """
    names = list(dossier.ranking.summary["candidate"])
    if candidate not in names:
        raise DecisionRefused(unknown_candidate(candidate, names))
    place = dossier.ranking.summary.set_index("candidate").loc[candidate]
    word = dossier.evidence.verdicts.set_index("candidate").loc[candidate]
    ranked = not place["gated"]
    whole = {name: int(place[name]) if ranked else None
             for name in ("place", "rank_low", "rank_high")}  # fmt: skip
    return State(
        **whole,
        level=float(place["level"]),
        p_first=float(place["p_first"]) if ranked else None,
        verdict=str(word["word"]),
        cautions=_parts(word["cautions"]),
        stops=_parts(word["stops"]),
        synthetic=dossier.synthetic,
        inputs=inputs_hash(dossier.inputs),
        version=metadata.version("smartcombo"),
    )


def inputs_hash(inputs: pd.DataFrame) -> str:
    """Return one SHA-256 over the checksums of all files read, in the order of their names."""
    rows = sorted(zip(inputs["study"], inputs["file"], inputs["sha256"], strict=True))
    return hashlib.sha256(
        "".join(f"{sha256}  {study}/{file}\n" for study, file, sha256 in rows).encode()
    ).hexdigest()


def unknown_candidate(candidate: str, names: Sequence[str]) -> str:
    """Return the words for a candidate there is not, with those there are."""
    close = get_close_matches(candidate, names, n=1, cutoff=0.5)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    listed = "".join(f"\n  {name}" for name in names)
    return f"no candidate {candidate!r}.{meant} This programme has:{listed}"


def _problems(decision: Decision) -> list[str]:
    """Return what a decision does not say, or says wrongly."""
    found = []
    if decision.action not in ACTIONS:
        found.append(f"action {decision.action!r}: expected one of {', '.join(ACTIONS)}")
    if not decision.owner.strip():
        found.append("no owner: name who answers for the decision")
    if not decision.reasons or not all(one.strip() for one in decision.reasons):
        found.append("no reason: give one or more")
    if not all(one.strip() for one in decision.dissent):
        found.append("an empty dissent: say who disagreed and why, or leave it out")
    if decision.despite_gate and decision.action != "advance":
        found.append(f"despite_gate with {decision.action!r}: only what advances passes a gate")
    if not _is_day(decision.date):
        found.append(f"date {decision.date!r}: expected a day such as 2026-03-01")
    texts = (decision.owner, *decision.reasons, *decision.dissent, decision.change_mind,
             decision.despite_gate)  # fmt: skip
    if any("\ud800" <= letter <= "\udfff" for text in texts for letter in text):
        found.append("a text with broken letters: type it again in UTF-8")
    return found


def _is_day(text: str) -> bool:
    try:
        return Date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _require_gates(decision: Decision, state: State) -> None:
    stops = ", ".join(state.stops)
    if decision.action == "advance" and stops and not decision.despite_gate.strip():
        raise DecisionRefused(
            f"{decision.candidate} is stopped by a gate ({stops}). Hold, repeat or stop it; or, to "
            "advance it all the same, say why with --despite-gate \"the reason\": it is recorded "
            "beside the gate"
        )  # fmt: skip
    if decision.despite_gate and not stops:
        raise DecisionRefused(f"no gate stops {decision.candidate}: leave out --despite-gate")


def _require_superseded(decision: Decision, records: Sequence[Mapping[str, Any]]) -> None:
    """Refuse to correct what is not there, is about another candidate, or was corrected before."""
    if decision.supersedes is None:
        return
    earlier = {record["number"]: record for record in records}
    old = earlier.get(decision.supersedes)
    where = f"supersedes {decision.supersedes}"
    if old is None:
        raise DecisionRefused(f"{where}: the log has entries {sorted(earlier) or 'of no number'}")
    if old["candidate"] != decision.candidate:
        raise DecisionRefused(f"{where}: entry {old['number']} is about {old['candidate']}")
    by = [record["number"] for record in records if record["supersedes"] == old["number"]]
    if by:
        raise DecisionRefused(f"{where}: entry {by[0]} did so already; supersede that one")


def _records(folder: Path) -> list[dict[str, Any]]:
    records, findings = read_log(folder)
    findings = findings or _of_schema(records)
    if findings:
        raise StudyError(findings)
    return records


def _of_schema(records: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Return the entries of a form that this version does not know."""
    known = {"schema", "programme", "state", "number", "previous", "sha256",
             *Decision.__dataclass_fields__}  # fmt: skip
    return [
        Finding("decision-schema", "error", f"schema {record.get('schema')!r}",
                f"schema {SCHEMA}, which this version of smartcombo writes",
                "read it with the version that wrote it", LOG, row)
        for row, record in enumerate(records, start=1)
        if record.get("schema") != SCHEMA or set(record) != known
    ]  # fmt: skip


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as a row of the table; lists in one cell each."""
    flat = {key: value for key, value in record.items() if key != "state"} | record["state"]
    joined = {key: "; ".join(flat[key]) for key in ("reasons", "dissent", "cautions", "stops")}
    return flat | joined


def _parts(cell: Any) -> tuple[str, ...]:
    return tuple(part for part in str(cell).split("; ") if part)
