"""``smartcombo rank --blind``: the ranking as one partner may see it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from smartcombo.cli.faults import STUDY_HAS_ERRORS, say, wrong_use

if TYPE_CHECKING:
    from smartcombo.ranking.blinding_key import BlindingKey
    from smartcombo.ranking.dossier import Dossier
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
        If there is no such partner, or anything hidden could be read in what was to be written.
    smartcombo.StudyError
        If the programme or a study of it has errors, or a molecule has no code.
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
    written = _written(dossier, key, out)
    for line in lines_of(dossier.ranking, synthetic=dossier.synthetic):
        typer.echo(line)
    say(f"Searched for {len(key.forbidden.terms)} names, codes, targets, mechanisms and partners: "
        "none found.")  # fmt: skip
    return written


def _written(dossier: Dossier, key: BlindingKey, out: Path) -> Path:
    """Write the folder; leave with exit code 3, and no folder, where anything hidden is in it."""
    import sys

    from smartcombo.cli.progress import step
    from smartcombo.cli.show import show_findings
    from smartcombo.core.finding import StudyError

    try:
        with step("Writing, and searching every byte for what is hidden"):
            from smartcombo.report.programme_export import write_ranking

            return write_ranking(dossier, out, forbidden=key.forbidden)
    except StudyError as leak:
        show_findings(leak.findings, sys.stderr)
        say(f"Nothing was written to {out}: what is blinded could be read in it.")
        raise typer.Exit(STUDY_HAS_ERRORS) from leak


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
