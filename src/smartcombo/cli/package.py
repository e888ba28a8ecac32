"""``smartcombo package``: a ranking or run as one zip that says what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smartcombo.cli.faults import with_exit_codes, wrong_use


@with_exit_codes
def package(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="As rank or run wrote it.")
    ],
    to: Annotated[Path, typer.Option(help="The zip to write.")],
    date: Annotated[str, typer.Option(help="The day it is published; default today.")] = "",
    licence: Annotated[
        str, typer.Option(help="SPDX identifier, address or words; default that of the studies.")
    ] = "",
    contact: Annotated[str, typer.Option(help="Whom to ask; default as stated.")] = "",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier package.")
    ] = False,
) -> None:
    """Package a ranking or run: an RO-Crate with the checksum of every file.

    The same folder and the same --date give the same bytes. smartcombo verify checks it; so does
    sha256sum -c manifest-sha256.txt, once it is unpacked.
    """
    from datetime import date as day

    from smartcombo.report.crate import Stated
    from smartcombo.report.package import PackageRefused, write_package

    if to.exists() and not overwrite:
        raise wrong_use(f"--to {to} is there already; add --overwrite to replace it")
    try:
        on = day.fromisoformat(date).isoformat() if date else day.today().isoformat()
    except ValueError as fault:
        raise wrong_use(f"--date {date!r}: expected a day such as 2026-03-01") from fault
    try:
        typer.echo(str(write_package(folder, to, Stated(on, licence, contact))))
    except PackageRefused as refused:
        raise wrong_use(str(refused)) from refused
