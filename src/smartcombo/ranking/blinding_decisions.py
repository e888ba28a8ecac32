"""The log of decisions as one partner may see it."""

from __future__ import annotations

import hashlib

import pandas as pd

from smartcombo.ranking.blinding_words import Scrubber

PLACES = ("place", "rank_low", "rank_high", "p_first")
"""Of a decision: where the candidate stood among all, which is not told."""
LINKS = ("number", "supersedes", "superseded_by")


def decisions_shown(decisions: pd.DataFrame, scrub: Scrubber, now: str, shown: str) -> pd.DataFrame:
    """Return the decisions about candidates shown, numbered among themselves.

    Parameters
    ----------
    decisions
        As :func:`smartcombo.ranking.read_decisions` gives them; may be empty.
    scrub
        Puts codes in the place of names.
    now, shown
        Checksum over all files read, and over those shown: a decision taken on the first carries
        the second, any other none, so that a reader still sees whether the evidence has changed.

    Returns
    -------
    DataFrame
        ``sha256`` is of the entry as shown, so that it confirms no guess at a name.
    """
    if "candidate" not in decisions or not len(decisions):
        return pd.DataFrame(columns=decisions.columns)
    own = decisions["candidate"].isin(scrub.key.candidates)
    table = decisions[own].reset_index(drop=True)
    number = {old: new for new, old in enumerate(table.get("number", []), start=1)}
    for name in (name for name in LINKS if name in table):
        table[name] = table[name].map(number).astype("Int64")
    for name in (name for name in PLACES if name in table):
        table[name] = table[name].mask(table["candidate"].notna())
    table["inputs"] = [shown if one == now else "" for one in table["inputs"]]
    table["previous"] = ""
    table = scrub.table(table.drop(columns="sha256"))
    lines = table.to_csv(index=False, header=False, lineterminator="\n").splitlines()
    hashes = [hashlib.sha256(line.encode()).hexdigest() for line in lines]
    return table.assign(sha256=hashes)[list(decisions.columns)]
