"""The last look before a blinded folder is put in its place: no byte names what is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from smartcombo.core.finding import Finding, StudyError
from smartcombo.ranking.blinding_terms import GREEK, Matcher, Term, bare, folded
from smartcombo.report.unpacked import UnreadableError, views

DASHES = re.compile("[\u2010-\u2015\u2212]")
NOTHING = b" \t\r\n_-./"
SURE = 6
"""Letters and digits of a term that chance does not write into compressed bytes."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One hidden term in one file, or a file that cannot be searched.

    Attributes
    ----------
    file
        Path from the folder on.
    where
        In which part of it.
    term
        What was found; ``None`` where the file could not be read, and ``where`` says why.
    """

    file: str
    where: str
    term: Term | None


def leaks_of(folder: Path, forbidden: Matcher) -> list[Leak]:
    """Return every hidden term in every file below a folder, and in the names of its files.

    Parameters
    ----------
    folder
        Read whole; nothing is changed.
    forbidden
        As a `smartcombo.ranking.BlindingKey` holds it.
    """
    found: list[Leak] = []
    for path in sorted(Path(folder).rglob("*")):
        name = path.relative_to(folder).as_posix()
        found += [Leak(name, "its name", term) for term in terms_in(name, forbidden)]
        if path.is_file():
            found += leaks_in(path.read_bytes(), forbidden, name)
    return found


def leaks_in(data: bytes, forbidden: Matcher, name: str = "") -> list[Leak]:
    """Return every hidden term in the bytes of one file, each once."""
    found: dict[Term, Leak] = {}
    try:
        for where, text in views(data):
            for term in terms_in(text, forbidden):
                found.setdefault(term, Leak(name, where, term))
    except UnreadableError as fault:
        return [*found.values(), Leak(name, str(fault), None)]
    for term in _raw(data, forbidden):
        found.setdefault(term, Leak(name, "bytes", term))
    return list(found.values())


def terms_in(text: str, forbidden: Matcher) -> Iterator[Term]:
    """Return the hidden terms that a text holds.

    A search for the bare letters comes first: it is fast, and rules out nearly every term.
    """
    plain = text if text.isascii() else folded(text)
    crushed = DASHES.sub("", plain).lower().encode("utf-8", "replace").translate(None, NOTHING)
    for pattern, term in forbidden.parts:
        likely = bare(term.text).encode()
        if (_greek(term) or likely in crushed) and pattern.search(plain):
            yield term


def _greek(term: Term) -> bool:
    return not GREEK.keys().isdisjoint(term.text.lower())


def _raw(data: bytes, forbidden: Matcher) -> Iterator[Term]:
    """Return the longer terms that stand in bytes as they are, in UTF-8 or UTF-16."""
    low = data.lower()
    for term in forbidden.terms:
        text = term.text.lower()
        if len(bare(text)) < SURE:
            continue
        wide = text.encode("utf-16-le")[:-1]  # so that it is found whichever end comes first
        pattern = text.encode()
        if wide in low or (pattern in low and _whole(low, pattern)):
            yield term


def _whole(data: bytes, term: bytes) -> bool:
    """Tell whether a term stands somewhere with neither a letter nor a digit beside it."""
    return re.search(rb"(?<![0-9a-z])" + re.escape(term) + rb"(?![0-9a-z])", data) is not None


def require_no_leaks(folder: Path, forbidden: Matcher) -> None:
    """Refuse a folder in which anything hidden can be read.

    Raises
    ------
    StudyError
        With a finding for each term and file, and each file that cannot be searched.
    """
    found = leaks_of(folder, forbidden)
    if found:
        raise StudyError([_finding(one) for one in found])


def _finding(leak: Leak) -> Finding:
    if leak.term is None:
        return Finding(
            code="blinding-unread", severity="error", file=leak.file, found=leak.where,
            expected="a file that can be searched for what is blinded",
            action="nothing was written; make it readable, or leave the file out",
        )  # fmt: skip
    return Finding(
        code="blinding-leak",
        severity="error",
        file=leak.file,
        subject=leak.term.agent,
        found=f"the hidden {leak.term.kind} {leak.term.text!r} ({leak.where})",
        expected="no byte that names what is blinded",
        action="nothing was written; take it out of the text it comes from, or, where it is an "
        f"ordinary word there, let it be written with --allow {leak.term.text!r}",
    )
