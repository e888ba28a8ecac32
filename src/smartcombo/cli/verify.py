"""``smartcombo verify``: does a package hold what it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smartcombo.cli.faults import STUDY_HAS_ERRORS, say, with_exit_codes

if TYPE_CHECKING:
    from collections.abc import Mapping


@with_exit_codes
def verify(
    package: Annotated[
        Path, typer.Argument(exists=True, help="The zip, or the folder it was unpacked to.")
    ],
    inputs: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Programme or study it was made from."),
    ] = None,
) -> None:
    """Check every file of a package against its checksum; nothing is unpacked.

    Tells all that is missing, changed or extra at once and leaves with 3; with --inputs also the
    files of the programme or study that are no longer as they were read.
    """
    import sys

    from smartcombo.cli.show import show_findings
    from smartcombo.report.verify import verify as verified

    found = verified(package, None if inputs is None else _inputs(inputs))
    if found.findings:
        show_findings(found.findings, sys.stderr)
        say(f"{package}: not as it was packaged; {found.files} files agree.")
        raise typer.Exit(STUDY_HAS_ERRORS)
    what = "" if inputs is None else "; its inputs are as they were read"
    typer.echo(f"OK: {found.files} files{what}; manifest {found.manifest[:12]}")


def _inputs(folder: Path) -> list[Mapping[str, Any]]:
    """Return the files of a programme or study as they are now."""
    from smartcombo.study.programme import FILE, read_programme
    from smartcombo.study.read import read_study

    if (folder / FILE).is_file():
        from smartcombo.ranking.dossier import inputs_table

        table = inputs_table(read_programme(folder))
        return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    return [{"file": one.name, "sha256": one.sha256} for one in read_study(folder).inputs]
