"""A log that only grows: each line carries the hash of the line before it and its own.

A line that was changed, removed, added by hand or moved no longer fits its neighbours, and says so.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from smartcombo.core.finding import Finding, StudyError

LOG = "decisions.jsonl"
"""One entry a line: a JSON object with sorted keys, without spaces, in UTF-8."""
HEAD = "decisions.head"
"""How many entries there are, and the hash of the last: a cut end would leave no trace else."""
START = "0" * 64
"""What the first entry carries as the hash before it."""
FAR = 2**30
"""The byte that Windows locks: past the end, because what is locked there cannot be read."""
CHAIN = ("number", "previous", "sha256")

RESTORE = ("put back the file as it was, from a backup or version control; a decision is corrected "
           "by a new one that supersedes it, never in the file")  # fmt: skip

Record = dict[str, Any]


def read_log(folder: Path) -> tuple[list[Record], list[Finding]]:
    """Return the entries of a log, oldest first, and every finding about its chain.

    Parameters
    ----------
    folder
        Holds ``LOG`` and ``HEAD``; without both there are no entries.

    Returns
    -------
    entries
        Those that can be read, also where the chain is broken.
    findings
        Empty where every byte is as it was written.
    """
    head = _bytes(Path(folder) / HEAD)  # before the log: what is appended meanwhile is no loss
    text = _bytes(Path(folder) / LOG)
    *lines, rest = text.split(b"\n")
    findings = [_unended(len(lines) + 1)] if rest else []
    records, before = [], START
    for number, line in enumerate(lines, start=1):
        record = _parsed(line)
        findings += _of_line(number, line, record, before)
        before = str(record.get("sha256", "")) if record else ""
        if record:
            records.append(record)
    return records, findings + _of_head(head, records)


def append_record(folder: Path, make: Callable[[Sequence[Record]], Mapping[str, Any]]) -> Record:
    """Append one entry in a single write, alone: others wait until it is on the disk.

    Parameters
    ----------
    make
        Takes the entries there are and returns the new one, without number and hashes.

    Returns
    -------
    dict
        The entry as written.

    Raises
    ------
    StudyError
        If the log is not as it was written; nothing is appended then.
    """
    folder = Path(folder)
    descriptor = os.open(folder / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        with _alone(descriptor):
            records, findings = read_log(folder)
            if findings:
                raise StudyError(findings)
            last = records[-1]["sha256"] if records else START
            record = _chained(make(records), len(records) + 1, last)
            line = canonical(record) + b"\n"
            if os.write(descriptor, line) != len(line):
                raise OSError(f"{LOG}: the disk took only a part of the entry")
            os.fsync(descriptor)
            _write_head(folder, record)
    finally:
        os.close(descriptor)
    return record


def canonical(record: Mapping[str, Any]) -> bytes:
    """Return the one spelling of an entry: sorted keys, no spaces, UTF-8.

    Raises
    ------
    ValueError
        If a value has no spelling in JSON, such as NaN.
    """
    text = json.dumps(
        record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return text.encode("utf-8")


def digest(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an entry without its own hash."""
    return hashlib.sha256(canonical({k: v for k, v in record.items() if k != "sha256"})).hexdigest()


def _chained(record: Mapping[str, Any], number: int, previous: str) -> Record:
    linked = {**record, "number": number, "previous": previous}
    return {**linked, "sha256": digest(linked)}


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _parsed(line: bytes) -> Record | None:
    """Return a line as an object; ``None`` where it is none."""
    try:
        found = json.loads(line.decode("utf-8"))
        canonical(found)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and set(CHAIN) <= set(found) else None


def _of_line(number: int, line: bytes, record: Record | None, before: str) -> list[Finding]:
    """Return what is wrong with one line, and with its link to the line before."""
    if record is None:
        return [_broken("decision-unreadable", number, f"no entry: {_start(line)}",
                        "a JSON object with number, previous and sha256")]  # fmt: skip
    findings = []
    made = digest(record)
    if canonical(record) != line or made != record["sha256"]:
        findings.append(_broken(
            "decision-changed", number, f"content of hash {made[:12]}, sha256 "
            f"{str(record['sha256'])[:12]}, by {record.get('owner', 'nobody')}",
            "a line whose every byte is as it was written",
        ))  # fmt: skip
    if record["number"] != number or (before and record["previous"] != before):
        findings.append(_broken(
            "decision-out-of-order", number, f"entry {record['number']} after the hash "
            f"{str(record['previous'])[:12]}", f"entry {number} after the hash {before[:12]}: a "
            "line before it was changed, removed, added or moved",
        ))  # fmt: skip
    return findings


def _of_head(head: bytes, records: Sequence[Record]) -> list[Finding]:
    """Return whether the end of the log was cut, or its head."""
    count, _, last = head.decode("utf-8", "replace").partition(" ")
    if not head and not records:
        return []
    found = f"{len(records)} entries in {LOG}"
    if not head:
        return [_broken("decision-removed", None, f"no {HEAD} beside {found}",
                        "the count and hash of the last entry", HEAD)]  # fmt: skip
    if not count.isdigit() or head != _head_line(int(count), last[:64]):
        return [_broken("decision-removed", None, _start(head),
                        "a count and a hash of 64 characters", HEAD)]  # fmt: skip
    ends = [str(record["sha256"]) for record in records]
    if int(count) < 1 or ends[int(count) - 1 : int(count)] != [last[:64]]:
        return [_broken("decision-removed", None, found,
                        f"{count} or more, the last of them with hash {last[:12]}")]  # fmt: skip
    return []


def _write_head(folder: Path, record: Record) -> None:
    """Replace the head whole: it is never seen half-written."""
    work = folder / f".{HEAD}"
    work.write_bytes(_head_line(record["number"], record["sha256"]))
    work.replace(folder / HEAD)


def _head_line(count: int, last: str) -> bytes:
    return f"{count} {last}\n".encode()


def _broken(code: str, row: int | None, found: str, expected: str, file: str = LOG) -> Finding:
    return Finding(code, "error", found, expected, RESTORE, file, row)


def _unended(row: int) -> Finding:
    return _broken("decision-unreadable", row, "a last line without its end",
                   "a line feed after every entry")  # fmt: skip


def _start(line: bytes) -> str:
    text = line[:40].decode("utf-8", "replace")
    return repr(text + ("..." if len(line) > 40 else ""))


@contextmanager
def _alone(descriptor: int) -> Iterator[None]:
    """Hold the file against every other process that appends to it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            os.lseek(descriptor, FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
