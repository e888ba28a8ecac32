"""Choices of a programme of single mice."""

from __future__ import annotations

from dataclasses import dataclass, field

from smartcombo.efficacy.response.options import ResponseOptions

ALL_MODELS = "all models"
"""What stands in the column ``model`` of a number over all models."""


@dataclass(frozen=True, slots=True)
class SingleMouseOptions:
    """Options of :func:`smartcombo.efficacy.single_mouse`.

    Attributes
    ----------
    response
        How an animal is called, and the level.
    horizon
        Days since baseline up to which mean times to double are taken; default, for each
        comparison, the longest to which both treatments were followed.
    minimum_models
        Models that a comparison, and an indication of its own, needs at least.
    all_pairs
        Also compare every pair of treatments, beside the questions of the combinations.
    """

    response: ResponseOptions = field(default_factory=ResponseOptions)
    horizon: float | None = None
    minimum_models: int = 5
    all_pairs: bool = True

    def __post_init__(self) -> None:
        if self.minimum_models < 2:
            raise ValueError(
                f"minimum_models={self.minimum_models!r}: expected at least 2, as one model has no "
                "interval"
            )
        if self.horizon is not None and not self.horizon > 0:
            raise ValueError(f"horizon={self.horizon!r}: expected days after baseline, above 0")
