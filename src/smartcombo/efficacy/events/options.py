"""Options of the time-to-event analysis."""

from __future__ import annotations

from dataclasses import dataclass

from smartcombo.study.model import FATES

ENDPOINTS = (
    "progression", "humane_endpoint", "survival", "tumour_free_survival", "relapse",
)  # fmt: skip
"""Endpoints there are, in the order of the page."""
HUMANE = ("size-limit", "ulceration", "weight-loss", "clinical-score")
"""Fates that are a humane endpoint where nothing else is stated."""


@dataclass(frozen=True, slots=True)
class ProgressionOptions:
    """Options of :func:`smartcombo.efficacy.progression`.

    Attributes
    ----------
    multiple
        Progression is this multiple of the animal's volume at baseline.
    volume
        Or this volume, in the unit of the read-out; then ``multiple`` is not used.
    horizon
        Days since baseline up to which mean times are taken; default, by endpoint, the longest
        that every arm was followed.
    level
        Confidence level; default that of plan.toml (0.95).
    endpoints
        Which of ``ENDPOINTS``; default those the study holds events for.
    humane
        Fates that count as humane endpoint, of the fates of the animals table.
    rho
        Rank correlation (Spearman) between responses to the agents that Q4 expects; 0 by default.
    rho_band
        Lowest and highest rank correlation for which Q4 is shown beside it.
    """

    multiple: float = 4.0
    volume: float | None = None
    horizon: float | None = None
    level: float | None = None
    endpoints: tuple[str, ...] | None = None
    humane: tuple[str, ...] = HUMANE
    rho: float = 0.0
    rho_band: tuple[float, float] = (-0.3, 0.6)

    def __post_init__(self) -> None:
        if self.multiple <= 1:
            raise ValueError(f"multiple={self.multiple!r}: expected a number above 1, such as 4")
        for name, value in (("volume", self.volume), ("horizon", self.horizon)):
            if value is not None and not value > 0:
                raise ValueError(f"{name}={value!r}: expected a number above 0, or None")
        if self.level is not None and not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")
        _check_names("endpoints", self.endpoints, ENDPOINTS)
        _check_names("humane", self.humane, FATES)
        _check_correlations(self.rho, self.rho_band)


def _check_names(option: str, given: tuple[str, ...] | None, allowed: tuple[str, ...]) -> None:
    if given is None:
        return
    unknown = [given] if isinstance(given, str) else sorted(set(given) - set(allowed))
    if unknown or not given:
        found = ", ".join(map(repr, unknown)) or "none"
        raise ValueError(f"{option}: found {found}; expected a tuple of {', '.join(allowed)}")


def _check_correlations(rho: float, band: tuple[float, float]) -> None:
    low, high = band
    if not -1 <= low <= rho <= high <= 1:
        raise ValueError(
            f"rho={rho!r}, rho_band={band!r}: expected a lowest and a highest rank correlation "
            "between -1 and 1, with rho between them"
        )
