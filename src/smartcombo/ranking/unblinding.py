"""Telling which code is which molecule: an explicit act, recorded before it is done."""

from __future__ import annotations

import hashlib
from datetime import date as Date  # noqa: N812 - a type, beside the argument of that name
from pathlib import Path

import pandas as pd

from smartcombo.core.chained_log import Record, append_chained, read_chain
from smartcombo.core.finding import Finding, StudyError
from smartcombo.study.config import load_config
from smartcombo.study.programme import FILE, no_programme
from smartcombo.study.programme_config import ProgrammeAgentFacts, ProgrammeFile

LOG = "unblinding.jsonl"
"""In the folder of ``programme.toml``: one entry each time that names were told."""
SCHEMA = 1
KEY_COLUMNS = ("code", "agent", "names", "partner", "target")


class UnblindingRefused(ValueError):  # noqa: N818 - a refusal, with its reason, is not a fault
    """The names are not told; the message says what is missing."""


def record_unblinding(folder: str | Path, *, by: str, why: str, date: str) -> Record:
    """Record that somebody asks which code is which molecule.

    Parameters
    ----------
    folder
        Of ``programme.toml``; the studies are not read.
    by, why, date
        Who asks, what for, and the day, ``2026-03-01``.

    Returns
    -------
    dict
        The entry as written: with the codes told, and the checksum of ``programme.toml``.

    Raises
    ------
    UnblindingRefused
        If who, why or the day is missing, or no molecule has a code.
    StudyError
        If ``programme.toml`` cannot be read, or the log is not as it was written.
    """
    folder = Path(folder)
    missing = [name for name, text in (("by", by), ("why", why)) if not text.strip()]
    if missing:
        raise UnblindingRefused(f"say {' and '.join(missing)}: it is recorded")
    if not _is_day(date):
        raise UnblindingRefused(f"date {date!r}: expected a day such as 2026-03-01")
    facts = _facts(folder)
    codes = [agent.code for agent in facts.agent if agent.code]
    if not codes:
        raise UnblindingRefused("no [[agent]] has a code: there is nothing to tell")
    entry = {
        "schema": SCHEMA,
        "programme": facts.programme.id,
        "programme_sha256": hashlib.sha256((folder / FILE).read_bytes()).hexdigest(),
        "by": by.strip(),
        "why": why.strip(),
        "date": date,
        "codes": codes,
    }
    return append_chained(folder / LOG, lambda _: entry)


def key_table(folder: str | Path) -> pd.DataFrame:
    """Return which code is which molecule, with ``KEY_COLUMNS``.

    Record it first, with :func:`record_unblinding`.

    Raises
    ------
    StudyError
        If ``programme.toml`` cannot be read.
    """
    rows = [_row(agent) for agent in _facts(Path(folder)).agent if agent.code]
    return pd.DataFrame(rows, columns=list(KEY_COLUMNS))


def check_unblindings(folder: str | Path) -> tuple[Finding, ...]:
    """Return every finding about the chain of a programme's log of unblinding."""
    return tuple(read_chain(Path(folder) / LOG)[1])


def _row(agent: ProgrammeAgentFacts) -> dict[str, str]:
    return {"code": agent.code, "agent": agent.id, "names": "; ".join(agent.names),
            "partner": agent.partner, "target": agent.target}  # fmt: skip


def _facts(folder: Path) -> ProgrammeFile:
    path = folder / FILE
    if not path.is_file():
        raise StudyError([no_programme(folder)])
    facts, findings = load_config(path, ProgrammeFile)
    if facts is None:
        raise StudyError(findings)
    return facts


def _is_day(text: str) -> bool:
    try:
        return Date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
