"""Does a package hold what it says: every checksum made again, every difference told at once."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol
from urllib.parse import unquote

from smartcombo.core.finding import Finding
from smartcombo.report.crate import METADATA
from smartcombo.report.package import BLOCK, MANIFEST, PROVENANCE

LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
BAD = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError)
"""What opening and reading a zip raises where it is damaged, encrypted, or of an unknown method."""
LARGEST = 64 << 20
"""Bytes of a manifest, metadata or provenance beyond which it is none of ours."""


class Source(Protocol):
    """A zip or a folder, read alike; nothing is ever unpacked to disk."""

    def names(self) -> list[str]:
        """Return the paths of all files, with those that occur twice twice."""

    def open(self, name: str) -> BinaryIO:
        """Return one file to read."""


@dataclass(frozen=True)
class Verified:
    """What a verification found.

    Attributes
    ----------
    files
        Number of files whose checksum was made again and agrees.
    manifest
        SHA-256 of the manifest: one number for the whole package.
    findings
        Everything that is missing, changed, extra or unsafe; empty where all is well.
    """

    files: int
    manifest: str
    findings: tuple[Finding, ...]


def verify(path: str | Path, inputs: Iterable[Mapping[str, Any]] | None = None) -> Verified:
    """Return whether every file of a package is as its manifest says.

    Parameters
    ----------
    path
        A zip that `write_package` wrote, or the folder it was unpacked to.
    inputs
        Files of the programme or study now, each with ``file``, ``sha256`` and ``study``: compared
        with those that the package says it was made from.

    Returns
    -------
    Verified
        With all findings at once; bad data never raises here.
    """
    try:
        with _source(Path(path)) as source:
            return _verified(source, inputs)
    except BAD as fault:
        told = _finding("not-a-package", "", f"{Path(path).name}: {fault}", "a zip that opens",
                        "get it again from where it came")  # fmt: skip
        return Verified(0, "", (told,))


def _verified(source: Source, inputs: Iterable[Mapping[str, Any]] | None) -> Verified:
    names = source.names()
    findings = [*_unsafe(names)]
    safe = {name for name in names if _is_safe(name)}
    if MANIFEST not in safe:
        findings.append(_finding("no-manifest", MANIFEST, "no manifest", f"a file {MANIFEST}",
                                 "smartcombo package writes one"))  # fmt: skip
        return Verified(0, "", tuple(findings))
    text = _small(source, MANIFEST)
    listed, wrong = _listed(text)
    sums = {name: _checksum(source, name) for name in sorted(safe - {MANIFEST})}
    findings += wrong
    findings += _differences(listed, sums)
    findings += _of_metadata(source, sums)
    findings += [] if inputs is None else _of_inputs(source, safe, list(inputs))
    good = sum(sums.get(name) == sha256 for name, sha256 in listed.items())
    return Verified(good, hashlib.sha256(text).hexdigest(), tuple(findings))


@contextmanager
def _source(path: Path) -> Iterator[Source]:
    if path.is_dir():
        yield _Folder(path)
        return
    with zipfile.ZipFile(path) as archive:
        yield _Zip(archive)


@dataclass(frozen=True)
class _Zip:
    archive: zipfile.ZipFile

    def names(self) -> list[str]:
        return [one.filename for one in self.archive.infolist() if not one.is_dir()]

    def open(self, name: str) -> BinaryIO:
        return self.archive.open(name)  # type: ignore[return-value]


@dataclass(frozen=True)
class _Folder:
    folder: Path

    def names(self) -> list[str]:
        every = (path for path in self.folder.rglob("*") if path.is_file() or path.is_symlink())
        return [path.relative_to(self.folder).as_posix() for path in every]

    def open(self, name: str) -> BinaryIO:
        path = self.folder / name
        if path.is_symlink():
            raise OSError("a link")
        return path.open("rb")


def _is_safe(name: str) -> bool:
    """Tell whether a path stays within the package on every system."""
    parts = PurePosixPath(name).parts
    plain = "\\" not in name and ":" not in name and "\0" not in name and "\n" not in name
    return bool(parts) and plain and not name.startswith("/") and ".." not in parts


def _unsafe(names: Iterable[str]) -> Iterator[Finding]:
    counts = Counter(names)
    for name, count in counts.items():
        if not _is_safe(name):
            yield _finding("unsafe-path", name, f"a path that leads out: {name!r}",
                           "paths within the package", "do not unpack it")  # fmt: skip
        elif count > 1:
            yield _finding("twice", name, f"{count} files of this name", "each once",
                           "do not trust either")  # fmt: skip


def _small(source: Source, name: str) -> bytes:
    with source.open(name) as file:
        return file.read(LARGEST)


def _checksum(source: Source, name: str) -> str:
    """Return the SHA-256 of a file; empty where its bytes cannot be read."""
    digest = hashlib.sha256()
    try:
        with source.open(name) as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except BAD:
        return ""
    return digest.hexdigest()


def _listed(text: bytes) -> tuple[dict[str, str], list[Finding]]:
    """Return path -> checksum as the manifest says, and its lines that say nothing."""
    listed: dict[str, str] = {}
    wrong = []
    for row, line in enumerate(text.decode("utf-8", "replace").splitlines(), start=1):
        found = LINE.fullmatch(line)
        if found is None or not _is_safe(found[2]) or found[2] in listed:
            wrong.append(_unreadable(line, row))
        else:
            listed[found[2]] = found[1]
    return listed, wrong


def _unreadable(line: str, row: int) -> Finding:
    expected = "a SHA-256, two spaces, and a path within the package, once"
    action = "get the package again from where it came"
    return Finding("manifest-unreadable", "error", repr(line[:80]), expected, action, MANIFEST, row)


def _differences(listed: Mapping[str, str], sums: Mapping[str, str]) -> Iterator[Finding]:
    for name, sha256 in listed.items():
        if name not in sums:
            yield _finding("file-missing", name, "not there", f"a file of SHA-256 {sha256[:12]}",
                           "get the package again from where it came")  # fmt: skip
        elif sums[name] != sha256:
            made = f"SHA-256 {sums[name][:12]}" if sums[name] else "bytes that cannot be read"
            yield _finding("file-changed", name, made, f"SHA-256 {sha256[:12]}",
                           "do not use it; get the package again")  # fmt: skip
    for name in sorted(sums.keys() - listed.keys()):
        yield _finding("file-extra", name, "a file that the manifest does not list",
                       "those of the manifest", "it was added later: take it out")  # fmt: skip


def _of_metadata(source: Source, sums: Mapping[str, str]) -> Iterator[Finding]:
    """Return where the metadata says another checksum than the files have."""
    if METADATA not in sums:
        return
    try:
        graph = json.loads(_small(source, METADATA))["@graph"]
        told = {unquote(one["@id"]): one.get("sha256") for one in graph
                if one.get("@type") == "File"}  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError):
        yield _finding("metadata-unreadable", METADATA, "no RO-Crate", "JSON with a @graph",
                       "get the package again from where it came")  # fmt: skip
        return
    for name, sha256 in told.items():
        if sums.get(name) != sha256:
            yield _finding("metadata-differs", name, f"SHA-256 {sums.get(name, '')[:12] or 'none'}",
                           f"{str(sha256)[:12]}, as {METADATA} says", "do not use it")  # fmt: skip


def _of_inputs(source: Source, safe: set[str], now: list[Mapping[str, Any]]) -> Iterator[Finding]:
    """Return the inputs of the package that are no longer as they were read."""
    try:
        info = json.loads(_small(source, PROVENANCE)) if PROVENANCE in safe else {}
        read = [dict(one) for one in info.get("inputs", []) if {"file", "sha256"} <= set(one)]
        blind = bool(info.get("blinded"))
    except (ValueError, TypeError, AttributeError):
        read, blind = [], False
    if not read:
        yield _finding("no-inputs", PROVENANCE, "no inputs", "the files it was made from",
                       "packages of smartcombo list them")  # fmt: skip
    by_name = {(one.get("study", ""), one["file"]): one["sha256"] for one in now}
    sums = set(by_name.values())
    for one in read:
        name = "/".join(part for part in (one.get("study", ""), one["file"]) if part)
        current = by_name.get((one.get("study", ""), one["file"]))
        if one["sha256"] in sums if blind else current == one["sha256"]:
            continue
        found = f"SHA-256 {current[:12]}" if current and not blind else "no such file"
        yield _finding("input-changed" if current and not blind else "input-missing", name, found,
                       f"SHA-256 {one['sha256'][:12]}, as it was read",
                       "rank again, or put back the file")  # fmt: skip


def _finding(code: str, file: str, found: str, expected: str, action: str) -> Finding:
    return Finding(code, "error", found, expected, action, file)
