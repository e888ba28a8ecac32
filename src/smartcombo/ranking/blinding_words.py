"""Text with codes in the place of names; what then still names something hidden is withheld."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.ranking.blinding_key import BlindingKey
from smartcombo.ranking.blinding_terms import folded

WITHHELD = "withheld: names what is blinded"
KEYS = ("candidate", "combination", "context", "model", "criterion", "above", "below", "leader")
"""Columns that name a row: withholding one would make rows of different things one."""


@dataclass(frozen=True)
class Scrubber:
    """Puts codes in the place of names, in text, tables and findings.

    Attributes
    ----------
    key
        Who may see what.
    exact
        Longer text -> what stands in its place: combinations, labels of arms, names of files.
    """

    key: BlindingKey
    exact: Mapping[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def also(self, exact: Mapping[str, str]) -> Scrubber:
        """Return a scrubber that knows further texts."""
        return replace(self, exact={**self.exact, **exact}, known={})

    def text(self, text: str) -> str:
        """Return text with codes in the place of names, or the words that it is withheld."""
        if text not in self.known:
            coded = self.coded(text)
            self.known[text] = WITHHELD if self.key.forbidden.find(coded) else coded
        return self.known[text]

    def coded(self, text: str) -> str:
        """Return text with codes in the place of names, whatever else it says."""
        told = _put(self.exact, text)
        told = _coded(self.key, told)
        return _coded(self.key, folded(told)) if self.key.forbidden.find(told) else told

    def value(self, value: Any) -> Any:
        """Return a cell, or anything within a mapping or list, with its text scrubbed."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.value(name): self.value(one) for name, one in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(self.value(one) for one in value)
        return value

    def table(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table in which every text is scrubbed, headers too.

        Raises
        ------
        ValueError
            If a name of rows cannot be shown, such as a tumour model called after a molecule of
            another partner.
        """
        done = table.copy()
        for name in done.columns:
            if not pd.api.types.is_numeric_dtype(done[name]):
                values = [self.value(one) for one in done[name]]
                done[name] = pd.Series(values, index=done.index, dtype=done[name].dtype)
            if name in KEYS and (done[name] == WITHHELD).any():
                raise ValueError(f"column {name}: a name in it holds what is blinded")
        return done.rename(columns=self.value)

    def finding(self, finding: Finding) -> Finding:
        """Return a finding with every text scrubbed."""
        return replace(
            finding,
            found=self.text(finding.found),
            expected=self.text(finding.expected),
            action=self.text(finding.action),
            file=self.text(finding.file),
            column=self.text(finding.column),
            subject=self.text(finding.subject),
        )


def _put(exact: Mapping[str, str], text: str) -> str:
    """Return text with longer known texts replaced, the longest first, each once."""
    if text in exact:
        return exact[text]
    there = sorted((one for one in exact if one and one in text), key=len, reverse=True)
    if not there:
        return text
    body = "|".join(re.escape(one) for one in there)
    found = re.compile(rf"(?<![^\W_])(?:{body})(?![^\W_])")
    return found.sub(lambda match: exact[match.group(0)], text)


def _coded(key: BlindingKey, text: str) -> str:
    """Return text with the code where a name of a molecule shown stands."""
    matcher = key.names
    if not matcher.any.search(text):
        return text

    def code(match: re.Match[str]) -> str:
        owner = next(t for p, t in matcher.parts if p.fullmatch(match.group(0)))
        return key.labels[owner.agent]

    return matcher.any.sub(code, text)
