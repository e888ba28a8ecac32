"""The endpoints of a study: what plan.toml calls them, and the estimates that answer for them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint and the estimate that answers the four questions about it.

    Attributes
    ----------
    id
        As plan.toml names it.
    words
        As the page names it.
    analysis, endpoint, estimand
        Columns of the estimates.
    null_model
        What Q4 is asked against where nothing else is stated.
    """

    id: str
    words: str
    analysis: str
    endpoint: str
    estimand: str
    null_model: str

    def rows(self, estimates: pd.DataFrame, question: str, null_model: str = "") -> pd.DataFrame:
        """Return the estimates that answer a question about this endpoint.

        Parameters
        ----------
        null_model
            For Q4; empty for the endpoint's own.
        """
        null = (null_model or self.null_model) if question == "Q4" else ""
        own = (
            (estimates["analysis"] == self.analysis)
            & (estimates["question"] == question)
            & (estimates["null_model"] == null)
        )
        asked = (estimates["endpoint"] == self.endpoint) & (estimates["estimand"] == self.estimand)
        return estimates[own & (asked | (estimates["verdict"] == "missing"))]


ENDPOINTS = (
    Endpoint(
        "growth_rate", "growth rate", "growth", "growth_rate", "growth_rate_difference", "bliss"
    ),
    Endpoint("volume", "volume at the declared day", "growth", "volume", "log_ratio", "bliss"),
    Endpoint(
        "floored_volume", "volume, cured at the limit", "classes", "volume", "floored_log_ratio",
        "bliss",
    ),
    Endpoint(
        "controlled_share", "share controlled", "classes", "kind of animal",
        "controlled_share_difference", "independent_action",
    ),
    Endpoint(
        "response_rate", "response rate", "response", "response", "response_rate_difference",
        "independent_action",
    ),
    Endpoint(
        "tumour_free", "tumour-free", "response", "response", "tumour_free_rate_difference",
        "independent_action",
    ),
    Endpoint(
        "cure", "cured at the stated day", "response", "response", "cure_rate_difference",
        "independent_action",
    ),
    Endpoint(
        "progression", "time to progression", "progression", "progression",
        "restricted_mean_difference", "independent_action",
    ),
    Endpoint(
        "survival", "survival", "progression", "survival", "restricted_mean_difference",
        "independent_action",
    ),
)  # fmt: skip
"""In the order of the page; their ids are what ``PlannedEndpoint`` allows."""


def endpoint_called(name: str) -> Endpoint:
    """Return the endpoint of a name in plan.toml.

    Raises
    ------
    KeyError
        If there is none; the message lists those there are.
    """
    for endpoint in ENDPOINTS:
        if endpoint.id == name:
            return endpoint
    raise KeyError(f"no endpoint {name!r}; there are {[one.id for one in ENDPOINTS]}")
