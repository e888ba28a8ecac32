"""Estimates as a reader says them: a log ratio as percent of volume, a log2 as a fold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from smartcombo.report.words import MINUS, number, with_interval

Scale = Callable[[float], float]
MOST_PERCENT = -200.0
"""More than so many percent larger is said as a factor."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How the values of one measure are said.

    Attributes
    ----------
    scale
        From the estimate to the number that is shown; rising or falling.
    plus, minus
        What a value on the good and the other side of no effect is called.
    after
        What it is compared with.
    sign
        What a plus of the estimate means.
    """

    scale: Scale
    unit: str
    plus: str
    minus: str
    after: str
    sign: str


def _percent(value: float) -> float:
    """Return percent below (plus) or above (minus) of a log ratio."""
    return 100 * (1 - math.exp(-value))


def _points(value: float) -> float:
    return 100 * value


def _volume(after: str, sign: str) -> Wording:
    return Wording(_percent, "%", "smaller", "larger", after, sign)


def _share(what: str, against: str, sign: str) -> Wording:
    return Wording(_points, "", f"more of 100 animals {what}", f"fewer of 100 animals {what}",
                   against, sign)  # fmt: skip


def _fold(what: str) -> Wording:
    return Wording(lambda value: 2**value, "-fold", what, what, "in tumours of the molecule alone, "
                   "against vehicle", "plus: hotter")  # fmt: skip


WORDINGS = {
    "gain_over_ici": _volume("tumours than with the checkpoint inhibitor alone",
                             "plus: a gain"),
    "gain_over_molecule": _volume("tumours than with the molecule alone",
                                  "plus: a gain"),
    "interaction": _volume("tumours than expected if the two did not interact (Bliss)",
                           "plus: synergy, minus: antagonism"),
    "molecule_alone": _volume("tumours with the molecule alone than with vehicle",
                              "plus: active alone"),
    "controlled_over_ici": _share("controlled", "than with the checkpoint inhibitor alone",
                                  "plus: a gain"),
    "response_over_ici": _share("responding", "than with the checkpoint inhibitor alone",
                                "plus: a gain"),
    "treatment_deaths": _share("dead of treatment", "than with vehicle", "plus: harm"),
    "inflamed_by_molecule": _fold("inflammation"),
    "infiltrated_by_molecule": _fold("infiltration"),
    "weight_loss": Wording(_percent, "%", "less", "more", "body weight than with vehicle",
                           "plus: weight is lost"),
    "published_response": Wording(math.exp, "-fold", "odds of response", "odds of response",
                                  "against the checkpoint inhibitor alone (published counts)",
                                  "plus: a gain"),
}  # fmt: skip
"""Measures that are estimates; breadth and grades are said by `counted`."""


def said(measure: str, value: float, low: float, high: float, unit: str) -> tuple[str, str]:
    """Return the value in words, ``74% smaller``, and its interval, ``56 to 85%``.

    Parameters
    ----------
    measure
        As ``programme.toml`` names it; an unknown one is shown as it is, with its unit.
    low, high
        In the unit of the estimate; not finite: no interval is said.
    """
    wording = WORDINGS.get(measure)
    if wording is None:
        return f"{number(value, 2)} {unit}".strip(), _between(number(low, 2), number(high, 2), low)
    shown = [wording.scale(one) for one in (value, low, high)]
    places = _places(shown)
    if wording.unit == "-fold":
        first = f"{number(shown[0], places)}{wording.unit} {wording.plus}"
        return first, _between(number(shown[1], places), number(shown[2], places), low)
    if wording.unit == "%" and max(shown) < 0 and min(shown) < MOST_PERCENT:
        middle, *ends = (1 - one / 100 for one in shown)
        low_end, high_end = (f"{one:.1f}" for one in sorted(ends))
        return f"{middle:.1f} times as large", _between(low_end, high_end, low)
    first = _side(wording, shown[0], places)
    if shown[1] * shown[2] > 0:
        near, far = sorted((abs(shown[1]), abs(shown[2])))
        return first, _between(number(near, places), number(far, places) + wording.unit, low)
    near_end, far_end = (_side(wording, one, places, short=True) for one in shown[1:])
    return first, _between(near_end, far_end, low)


def raw(value: float, low: float, high: float, unit: str) -> str:
    """Return the estimate itself: ``log ratio +1.36 (+0.83 to +1.90)``."""
    text = with_interval(value, low, high)
    plus = "" if text.startswith((MINUS, "–")) else "+"
    return f"{unit} {plus}{text}".strip()


def counted(measure: str, row: dict[str, Any]) -> tuple[str, str]:
    """Return a counted or graded value in words, and what it is counted of."""
    value, n = float(row["value"]), float(row["n"])
    if measure == "breadth":
        return f"{value * n:.0f} of {n:.0f} models", "in which the gain is shown"
    if measure == "carry_over":
        return f"grade {'DCBA'[int(value)]}", "D (does not) to A (does)"
    if measure == "rigour":
        return f"{value:.3g} of 10", "SYRCLE score of the studies"
    if measure == "activity_in_patients":
        return f"{value:.0f} of 3", "the molecule alone in patients: 0 none, 3 approved"
    return f"{value:.3g} {row['unit']}".strip(), ""


def _side(wording: Wording, shown: float, places: int, *, short: bool = False) -> str:
    """Return ``14% larger``; beyond three times as large, the factor."""
    if wording.unit == "%" and shown < MOST_PERCENT:
        return f"{1 - shown / 100:.1f} times as large"
    word = wording.plus if shown >= 0 else wording.minus
    word = word.split()[0] if short else word
    return f"{number(abs(shown), places)}{wording.unit} {word}"


def _between(low: str, high: str, end: float) -> str:
    return f"{low} to {high}" if math.isfinite(end) else ""


def _places(shown: list[float]) -> int:
    """Return decimals: one where the interval, or the value, is narrow on its scale."""
    ends = [abs(one) for one in shown if math.isfinite(one)]
    return 1 if max(ends) < 10 else 0
