"""The choices of the analysis of leaving, with defaults stated once."""

from __future__ import annotations

from dataclasses import dataclass

from smartcombo.efficacy.options import Specification


@dataclass(frozen=True, slots=True)
class LeavingOptions:
    """Options of :func:`smartcombo.efficacy.leaving`.

    Attributes
    ----------
    specification
        The growth model of every answer; default the primary one. One residual variance, volumes
        not divided by baseline, and model-based inference.
    day
        Declared day of comparison on the study's day axis; default as in the growth analysis.
    level
        Confidence level; default that of plan.toml (0.95).
    imputations
        Completed data sets of the delta-adjusted analysis; 100 keep the Monte Carlo error below a
        tenth of the standard error.
    shifts
        Shifts tried on each side of zero, up to the growth rate of the fastest arm.
    """

    specification: Specification = Specification()  # noqa: RUF009 - frozen
    day: float | None = None
    level: float | None = None
    imputations: int = 100
    shifts: int = 10

    def __post_init__(self) -> None:
        if self.level is not None and not 0.5 < self.level < 1:
            raise ValueError(f"level={self.level!r}: expected a fraction such as 0.95, not percent")
        if self.imputations < 10:
            raise ValueError(f"imputations={self.imputations!r}: expected at least 10, such as 100")
        if self.shifts < 2:
            raise ValueError(f"shifts={self.shifts!r}: expected at least 2, such as 10")
        chosen = self.specification
        sound = (
            chosen.variance == "common"
            and chosen.baseline != "relative"
            and chosen.inference in ("kenward-roger", "satterthwaite")
        )
        if not sound:
            raise ValueError(
                f"specification={chosen!r}: leaving() needs variance='common', a baseline in the "
                "outcome ('constrained' or 'by-arm') and inference 'kenward-roger' or "
                "'satterthwaite'; the robustness table of growth() varies these"
            )
