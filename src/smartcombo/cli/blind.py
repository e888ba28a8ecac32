"""``smartcombo rank --blind``: the ranking as one partner may see it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from smartcombo.cli.faults import say, wrong_use

if TYPE_CHECKING:
    from smartcombo.ranking.blinding_key import BlindingKey
    from smartcombo.study.programme import Programme


def rank_blinded(folder: Path, out: Path, partner: str | None, allow: Sequence[str]) -> Path:
    """Take a programme folder to a folder that one partner may be given, telling the steps.

    Parameters
    ----------
    folder, out
        As :func:`smartcombo.cli.rank.rank_folder` takes them.
    partner
        Whose molecules are shown; ``None``: everyone's, by codes alone.
    allow
        Hidden terms that may be written all the same.

    Raises
    ------
    typer.Exit
        If there is no such partner.
    smartcombo.StudyError
        If the programme or a study of it has errors, a molecule has no code, or anything hidden
        could be read in what was to be written.
    smartcombo.AnalysisRefused
        If the programme cannot be ranked, or nothing of it may be shown.
    """
    from smartcombo.cli.progress import step
    from smartcombo.cli.rank import lines_of
    from smartcombo.ranking.decisions import read_decisions
    from smartcombo.study.programme import read_programme

    with step("Reading and checking the programme"):
        programme, decisions = read_programme(folder), read_decisions(folder)
    key = _key(programme, partner, allow)
    with step("Analysing its studies and gathering the evidence"):
        from smartcombo.evidence.programme_gather import gather

        evidence = gather(programme)
    with step(f"Ranking, {key.words}"):
        from smartcombo.ranking.blinding import blinded

        dossier = blinded(programme, evidence, key, decisions=decisions)
    with step("Writing, and searching every byte for what is hidden"):
        from smartcombo.report.programme_export import write_ranking

        written = write_ranking(dossier, out, forbidden=key.forbidden)
    for line in lines_of(dossier.ranking, synthetic=dossier.synthetic):
        typer.echo(line)
    say(f"Searched for {len(key.forbidden.terms)} names, codes, targets, mechanisms and partners: "
        "none found.")  # fmt: skip
    return written


def _key(programme: Programme, partner: str | None, allow: Sequence[str]) -> BlindingKey:
    """Return who may see what, and say which terms nobody looks for."""
    from smartcombo.ranking.blinding_key import UnknownPartner, blinding_key

    try:
        key = blinding_key(programme, partner, allow=allow)
    except UnknownPartner as unknown:
        raise wrong_use(str(unknown)) from unknown
    for term in key.unsought:
        say(f"Not searched for: the {term.kind} {term.text!r} of {term.agent}; it is an ordinary "
            "word, is allowed, or is what something shown is called too.")  # fmt: skip
    return key
