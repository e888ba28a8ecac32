"""The three claims in one line."""

from __future__ import annotations

from collections.abc import Mapping


def headline(words: Mapping[str, str]) -> str:
    """Return what the three claims come to, such as ``hotter, not sensitised``.

    Parameters
    ----------
    words
        Claim -> *shown*, *not shown*, *against*, *no evidence* or *not asked*.
    """
    hot, sensitised = _hot(words["inflamed"], words["infiltrated"]), words["sensitised"]
    if hot == "no evidence of heat" and sensitised == "shown":
        return "sensitised; no evidence whether hotter"
    if hot in ("not shown to be hotter", "not hotter") and sensitised == "shown":
        return "sensitised without a visible switch"
    end = {
        "not asked": "",
        "shown": " and sensitised",
        "not shown": ", not shown to be sensitised",
        "against": ", not sensitised",
        "no evidence": ", sensitisation not tested",
    }[sensitised]
    return f"{hot}{end}"


def _hot(inflamed: str, infiltrated: str) -> str:
    both = {inflamed, infiltrated}
    if both == {"shown"}:
        return "hotter"
    if both == {"no evidence"}:
        return "no evidence of heat"
    if "shown" in both and "against" in both:
        return "inflamed with fewer cells" if inflamed == "shown" else "more cells, less inflamed"
    if "shown" in both:
        first, other = (
            ("inflamed", "infiltrated") if inflamed == "shown" else ("infiltrated", "inflamed")
        )
        return f"{first}, not shown to be {other}"
    return "not hotter" if "against" in both else "not shown to be hotter"


def reasons(parts: Mapping[str, str]) -> str:
    """Return the reason of each claim, one after the other."""
    return " ".join(f"{claim.capitalize()}: {reason}." for claim, reason in parts.items())
