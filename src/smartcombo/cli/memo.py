"""``smartcombo memo``: one candidate on two pages, for those who decide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smartcombo.cli.faults import with_exit_codes, wrong_use

KINDS = (".html", ".pdf")


@with_exit_codes
def memo(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="The folder of programme.toml.")
    ],
    out: Annotated[
        Path, typer.Option(help="memo.html, memo.pdf, or a folder: both, of every candidate.")
    ],
    candidate: Annotated[
        str, typer.Option(help='As ranked: "combination | context"; default the first.')
    ] = "",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace earlier memos at --out.")
    ] = False,
) -> None:
    """Write the decision memo about a candidate: two pages at most.

    The verdict in a sentence, three numbers with intervals and animals, the place, reasons for and
    against, gates, what would change our mind, the next experiment, decisions so far.
    """
    _require_writable(out, overwrite=overwrite)
    from smartcombo.cli.rank import dossier_in_steps
    from smartcombo.ranking.decisions import DecisionRefused
    from smartcombo.report.memo import write_memo, write_memos

    dossier = dossier_in_steps(folder)
    try:
        if out.suffix in KINDS:
            typer.echo(str(write_memo(dossier, out, candidate or None)))
            return
        written = write_memos(dossier, out, [candidate] if candidate else None)
    except DecisionRefused as refused:
        raise wrong_use(str(refused)) from refused
    for path in written:
        typer.echo(str(path))


def _require_writable(out: Path, *, overwrite: bool) -> None:
    """Leave with exit code 2 where the memo cannot be written, before anything is analysed."""
    if out.suffix not in (*KINDS, ""):
        raise wrong_use(f"--out {out}: expected a name that ends in .html or .pdf, or a folder")
    if out.suffix == ".pdf":
        from smartcombo.report.memo.pages import NO_TYPST, can_write_pdf

        if not can_write_pdf():
            raise wrong_use(NO_TYPST)
    if out.is_dir() and out.suffix in KINDS:
        raise wrong_use(f"--out {out} is a folder; choose a file")
    taken = any(out.iterdir()) if out.is_dir() else out.exists()
    if taken and not overwrite:
        raise wrong_use(f"--out {out} is there already; add --overwrite to replace it")
