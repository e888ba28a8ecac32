"""Words that a blinded page may not hold, and how they are found whatever way they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

TermKind = Literal["name", "code", "target", "mechanism", "partner"]
GREEK = {"α": "(?:α|alpha|a)", "β": "(?:β|beta|b)", "γ": "(?:γ|gamma|g)", "κ": "(?:κ|kappa|k)"}
BETWEEN = r"[\s_.\-\u2010-\u2015\u2212/]{0,3}"
"""What may stand between the parts of a name: SYN-A, syn_a, SYN A and SYNA are one."""
PART = re.compile(r"[^\W\d_]+|\d+")
LONG = 8
"""A name of so many letters and digits is looked for inside words too: ``antimolexinib2``."""
SHORTEST = 2
"""Letters and digits below which a name is any letter of a text."""
DIGITS = 6
"""A name of digits alone needs so many, else every number would be one."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing a reader may not see.

    Attributes
    ----------
    text
        As the programme or a study states it.
    kind
        What it is.
    agent
        Id of the agent it belongs to.
    """

    text: str
    kind: TermKind
    agent: str = ""

    @property
    def ordinary(self) -> bool:
        """Return whether it cannot be told from any other word, so that nobody can look for it.

        One plain word may be a name or a target, but is no mechanism.
        """
        parts = PART.findall(folded(self.text))
        size = sum(map(len, parts))
        if not any(part[0].isalpha() for part in parts):
            return size < DIGITS
        if self.kind in ("target", "partner"):
            return size < SHORTEST + 1
        plain = self.text == self.text.lower() and self.text.isalpha()
        return size < SHORTEST or (self.kind == "mechanism" and plain)


@dataclass(frozen=True)
class Matcher:
    """Finds terms in a text, however they are spaced, hyphenated or capitalised."""

    terms: tuple[Term, ...]

    @cached_property
    def parts(self) -> tuple[tuple[re.Pattern[str], Term], ...]:
        """Return each term with its pattern, the longest first."""
        longest = sorted(self.terms, key=lambda term: (-len(bare(term.text)), term.text))
        return tuple((re.compile(pattern_of(one.text), re.IGNORECASE), one) for one in longest)

    @cached_property
    def any(self) -> re.Pattern[str]:
        """Return one pattern for all terms; it never matches where there are none."""
        found = "|".join(f"(?:{pattern.pattern})" for pattern, _ in self.parts)
        return re.compile(found or r"(?!)", re.IGNORECASE)

    def find(self, text: str) -> Term | None:
        """Return a term that the text holds, or ``None``."""
        plain = folded(text)
        if not self.any.search(plain):
            return None
        return next((term for pattern, term in self.parts if pattern.search(plain)), None)


def folded(text: str) -> str:
    """Return text in which full-width letters, ligatures and soft hyphens are plain."""
    plain = unicodedata.normalize("NFKC", text)
    return plain.replace("\u00ad", "").replace("\u200b", "").replace("\u2060", "")


def bare(text: str) -> str:
    """Return letters and digits of a name alone, in lower case."""
    return "".join(PART.findall(folded(text))).lower()


def pattern_of(text: str) -> str:
    """Return a regular expression for a name in all its ways of writing, for ``IGNORECASE``.

    Between its parts (words, numbers) up to three separators may stand or none. It is no part of a
    longer word unless it is long itself, and never of a longer number.
    """
    parts = PART.findall(folded(text))
    if not parts:
        return r"(?!)"
    body = BETWEEN.join("".join(GREEK.get(c, re.escape(c)) for c in part) for part in parts)
    loose = sum(map(len, parts)) >= LONG
    return _edge(parts[0][0], loose, before=True) + body + _edge(parts[-1][-1], loose, before=False)


def _edge(character: str, loose: bool, *, before: bool) -> str:
    """Return what may not stand beside a name: more of the same kind of character."""
    if character.isdigit():
        kind = r"\d"
    elif loose:
        return ""
    else:
        kind = r"[^\W\d_]"
    return f"(?<!{kind})" if before else f"(?!{kind})"


def target_parts(target: str) -> Sequence[str]:
    """Return a target, and each symbol in a list of them: ``CDK4/CDK6`` is two."""
    pieces = re.split(r"[,;/+&()]|\band\b|\bor\b", target)
    symbols = [piece.strip() for piece in pieces if len(bare(piece)) >= 3 and _is_symbol(piece)]
    return list(dict.fromkeys([target, *symbols]))


def _is_symbol(text: str) -> bool:
    """Tell whether this is written as a gene or protein, not as a word."""
    return any(c.isdigit() for c in text) or sum(c.isupper() for c in text) >= 2


def distinct(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return each term once, whatever its case and separators, in the order given."""
    found: dict[str, Term] = {}
    for term in terms:
        if term.text.strip():
            found.setdefault(bare(term.text) or term.text, term)
    return tuple(found.values())
