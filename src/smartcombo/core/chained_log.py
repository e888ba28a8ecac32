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

START = "0" * 64
"""What the first entry carries as the hash before it."""
CHAIN = ("number", "previous", "sha256")
RESTORE = "put back the file as it was, from a backup or version control; entries are only added"

Record = dict[str, Any]


def read_chain(path: Path) -> tuple[list[Record], list[Finding]]:
    """Return the entries of a log, oldest first, and every finding about its chain.

    Parameters
    ----------
    path
        JSON lines: an object with sorted keys and no spaces in each. Beside it lies a file of the
        same name ending in ``.head``: how many entries there are and the hash of the last, because
        a cut end would leave no trace else. Without both there are no entries.

    Returns
    -------
    entries
        Those that can be read, also where the chain is broken.
    findings
        Empty where every byte is as it was written.
    """
    head = _bytes(head_of(path))  # before the log: what is appended meanwhile is no loss
    *lines, rest = _bytes(path).split(b"\n")
    findings = []
    if rest:
        ended = ("a last line without its end", "a line feed after every entry")
        findings.append(_broken("log-unreadable", path, len(lines) + 1, *ended))
    records, before = [], START
    for number, line in enumerate(lines, start=1):
        record = _parsed(line)
        findings += _of_line(path, number, line, record, before)
        before = str(record["sha256"]) if record else ""
        if record:
            records.append(record)
    return records, findings + _of_head(path, head, records)


def append_chained(path: Path, make: Callable[[Sequence[Record]], Mapping[str, Any]]) -> Record:
    """Append one entry in a single write, alone: others wait until it is on the disk.

    Parameters
    ----------
    path
        As :func:`read_chain` takes it.
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
    OSError
        If the disk took only a part.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        with _alone(descriptor):
            records, findings = read_chain(path)
            if findings:
                raise StudyError(findings)
            record = _chained(make(records), records)
            line = canonical(record) + b"\n"
            if os.write(descriptor, line) != len(line):
                raise OSError(f"{path.name}: the disk took only a part of the entry")
            os.fsync(descriptor)
            _write_head(path, record)
    finally:
        os.close(descriptor)
    return record


def head_of(path: Path) -> Path:
    """Return the file that holds the count and the last hash of a log."""
    return path.with_suffix(".head")


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


def _chained(record: Mapping[str, Any], before: Sequence[Record]) -> Record:
    last = before[-1]["sha256"] if before else START
    linked = {**record, "number": len(before) + 1, "previous": last}
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


def _of_line(
    path: Path, number: int, line: bytes, record: Record | None, before: str
) -> list[Finding]:
    """Return what is wrong with one line, and with its link to the line before."""
    if record is None:
        start = repr(line[:40].decode("utf-8", "replace"))
        return [_broken("log-unreadable", path, number, f"no entry: {start}",
                        "a JSON object with number, previous and sha256")]  # fmt: skip
    findings = []
    made = digest(record)
    if canonical(record) != line or made != record["sha256"]:
        findings.append(_broken(
            "log-changed", path, number, f"content of hash {made[:12]}, sha256 "
            f"{str(record['sha256'])[:12]}", "a line whose every byte is as it was written",
        ))  # fmt: skip
    if record["number"] != number or (before and record["previous"] != before):
        findings.append(_broken(
            "log-out-of-order", path, number, f"entry {record['number']} after the hash "
            f"{str(record['previous'])[:12]}", f"entry {number} after the hash {before[:12]}: a "
            "line before it was changed, removed, added or moved",
        ))  # fmt: skip
    return findings


def _of_head(path: Path, head: bytes, records: Sequence[Record]) -> list[Finding]:
    """Return whether the end of the log was cut, or its head."""
    if not head and not records:
        return []
    count, _, last = head.decode("utf-8", "replace").strip().partition(" ")
    ends = [str(record["sha256"]) for record in records]
    if count.isdigit() and int(count) >= 1 and ends[int(count) - 1 : int(count)] == [last]:
        return []
    return [_broken("log-cut", path, None, f"{len(records)} entries",
                    f"what {head_of(path).name} says: {count or 'nothing'}, the last of them with "
                    f"hash {last[:12] or 'unknown'}")]  # fmt: skip


def _write_head(path: Path, record: Record) -> None:
    """Replace the head whole: it is never seen half-written."""
    work = path.with_name(f".{head_of(path).name}")
    work.write_text(f"{record['number']} {record['sha256']}\n", encoding="utf-8", newline="\n")
    work.replace(head_of(path))


def _broken(code: str, path: Path, row: int | None, found: str, expected: str) -> Finding:
    return Finding(code, "error", found, expected, RESTORE, path.name, row)


@contextmanager
def _alone(descriptor: int) -> Iterator[None]:
    """Hold the file against every other process that appends to it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
