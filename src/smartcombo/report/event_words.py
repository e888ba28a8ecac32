"""Endpoints of the time-to-event analysis in words."""

from __future__ import annotations

from smartcombo.core.result import Result
from smartcombo.study.model import Study

NAMES = {
    "progression": "Time to progression",
    "humane_endpoint": "Time to the humane endpoint",
    "survival": "Survival",
    "tumour_free_survival": "Tumour-free survival",
    "relapse": "Relapse of animals whose tumour was gone",
}
SAYS = {
    "humane_endpoint": "removal for one of: {humane}",
    "survival": "removal for size, ulceration or weight loss, or found dead; planned culls and "
    "other removals are censored",
    "tumour_free_survival": "the first visit with a measurable tumour, or removal for disease",
    "relapse": "the first visit with a tumour again, counted from the first visit without. Only "
    "animals whose tumour was gone are here, so arms are described and not compared",
}


def event_words(study: Study, result: Result, endpoint: str) -> str:
    """Return what the event is, as the options of the run say."""
    options = result.options
    if endpoint != "progression":
        return SAYS[endpoint].format(humane=", ".join(options["humane"]))
    if options["volume"] is not None:
        return f"a volume of {options['volume']:g} {study.readout.unit}, or removal for size"
    return f"{options['multiple']:g} times the volume at baseline, or removal for size"
