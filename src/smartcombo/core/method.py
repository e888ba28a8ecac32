"""The method record: what a method answers, of what, under which assumptions, from which paper."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """A source: a short citation and its DOI."""

    citation: str
    doi: str

    @property
    def url(self) -> str:
        """Return the resolvable address of the DOI."""
        return f"https://doi.org/{self.doi}"


@dataclass(frozen=True, slots=True)
class Method:
    """One registered method.

    Attributes
    ----------
    id
        Stable name with a version, such as ``"growth.lmm/1"``; printed beside each estimate.
    question, estimand
        What it answers in words; the quantity it estimates, with its unit and sign.
    assumptions
        What must hold; each one a sentence.
    when_not
        When not to use or not to lead with it.
    references
        Sources with DOI.
    """

    id: str
    title: str
    question: str
    estimand: str
    assumptions: tuple[str, ...]
    when_not: str
    references: tuple[Reference, ...]
