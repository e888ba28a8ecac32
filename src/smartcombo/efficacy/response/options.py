"""How an animal is called: the rule, its parameters, and how they are printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from smartcombo.stats.recist import RecistRule
from smartcombo.stats.response import MRECIST, ResponseRule
from smartcombo.study.model import Study

Rule = ResponseRule | RecistRule


@dataclass(frozen=True, slots=True)
class ResponseOptions:
    """Options of :func:`smartcombo.efficacy.response`.

    Attributes
    ----------
    rule
        How an animal is called: mRECIST with its first day and thresholds
        (:class:`~smartcombo.stats.response.ResponseRule`), or the protocol's own RECIST-like
        thresholds (:class:`~smartcombo.stats.recist.RecistRule`). Default that of plan.toml, else
        mRECIST of Gao 2015.
    cure_day
        Day of the study's axis: an animal is cured if it is followed to this day and tumour-free
        from it to its end. Default that of plan.toml; without one no cure is called.
    level
        Confidence level, a fraction; default that of plan.toml (0.95).
    """

    rule: Rule | None = None
    cure_day: float | None = None
    level: float | None = None

    def __post_init__(self) -> None:
        if self.level is not None and not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")

    def resolved(self, study: Study) -> Reading:
        """Return the choices, those left open taken from the study's plan."""
        stated = study.plan.response
        rule = self.rule or _stated_rule(stated) or MRECIST
        cure_day = stated.get("cure_day") if self.cure_day is None else self.cure_day
        return Reading(rule, cure_day, study.plan.level if self.level is None else self.level)


@dataclass(frozen=True)
class Reading:
    """The resolved choices of a response analysis."""

    rule: Rule
    cure_day: float | None
    level: float

    @property
    def method(self) -> str:
        """Return the id of the method that calls the animals."""
        return "response.recist/1" if isinstance(self.rule, RecistRule) else "response.mrecist/1"

    def record(self) -> dict[str, Any]:
        """Return every choice, for provenance and the page."""
        return {
            "rule": asdict(self.rule),
            "rule_in_words": rule_in_words(self.rule),
            "cure_day": self.cure_day,
            "level": self.level,
        }


def _stated_rule(stated: Mapping[str, Any]) -> Rule | None:
    """Return the rule of plan.toml, or ``None``; what it leaves open is the rule's default."""
    given = {key: value for key, value in stated.items() if key not in ("rule", "cure_day")}
    if stated.get("rule") == "recist":
        return RecistRule(**given)
    return ResponseRule(**given) if given else None


def rule_in_words(rule: Rule) -> str:
    """Return a rule with all its parameters as one sentence."""
    if isinstance(rule, RecistRule):
        return _recist_words(rule)
    steps = (("CR", rule.complete), ("PR", rule.partial), ("SD", rule.stable))
    limits = ", ".join(f"{name} below {a:g}% and {b:g}%" for name, (a, b) in steps)
    return (
        f"mRECIST: best change and best average change of volume from baseline, counted from day "
        f"{rule.first_day:g} after baseline on; {limits}, else PD"
    )


def _recist_words(rule: RecistRule) -> str:
    confirmed = "CR and PR confirmed at two visits in a row" if rule.confirmed else "unconfirmed"
    stop = "visits after the first PD do not count" if rule.stop_at_progression else (
        "visits after PD count too"
    )  # fmt: skip
    diameter = "of the diameter of a sphere" if rule.measure == "diameter" else "of volume"
    return (
        f"RECIST-like: best visit from day {rule.first_day:g} after baseline on; change {diameter} "
        f"from baseline; CR at or below {rule.complete:g}%, PR at or below {rule.partial:g}%, PD "
        f"at or above {rule.progressive:+g}% of {rule.progressive_from}, else SD; {confirmed}; "
        f"{stop}"
    )
