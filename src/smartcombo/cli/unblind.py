"""``smartcombo unblind``: which code is which molecule, and a record that it was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smartcombo.cli.faults import say, with_exit_codes, wrong_use


@with_exit_codes
def unblind(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="The folder of programme.toml.")
    ],
    by: Annotated[str, typer.Option(help="Who asks.")],
    why: Annotated[str, typer.Option(help="What the names are needed for.")],
    date: Annotated[str, typer.Option(help="The day, such as 2026-03-01; default today.")] = "",
) -> None:
    """Print which code is which molecule, and record who asked and why.

    The record is appended to unblinding.jsonl in the programme's folder before anything is printed;
    it is never rewritten, and each entry carries the hash of the one before.
    """
    from smartcombo.ranking.unblinding import LOG, UnblindingRefused, key_table, record_unblinding

    try:
        entry = record_unblinding(folder, by=by, why=why, date=date or _today())
    except UnblindingRefused as refused:
        raise wrong_use(f"nothing was shown: {refused}") from refused
    say(f"Recorded in {folder / LOG}: entry {entry['number']}, {entry['date']}, {entry['by']}: "
        f"{entry['why']}")  # fmt: skip
    typer.echo(key_table(folder).to_csv(index=False, lineterminator="\n"), nl=False)


def _today() -> str:
    from datetime import date

    return date.today().isoformat()
