"""``smartcombo init``: a commented study or programme folder to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smartcombo.cli.faults import say, with_exit_codes, wrong_use

TEMPLATES = ("study.toml", "plan.toml", "volumes.csv", "animals.csv")
PROGRAMME = ("programme.toml",)


@with_exit_codes
def init(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="The folder to make.")],
    programme: Annotated[
        bool, typer.Option("--programme", help="A programme of several studies instead.")
    ] = False,
) -> None:
    """Write a commented study folder to fill in.

    Nothing that exists is replaced.
    """
    from importlib.resources import files

    templates = PROGRAMME if programme else TEMPLATES
    taken = [name for name in templates if (folder / name).exists()]
    if taken:
        raise wrong_use(f"{folder} already holds {', '.join(taken)}; nothing was written")
    folder.mkdir(parents=True, exist_ok=True)
    source = files("smartcombo.cli") / "templates"
    for name in templates:
        (folder / name).write_text((source / name).read_text(encoding="utf-8"), encoding="utf-8")
        typer.echo(str(folder / name))
    what = "programme.toml" if programme else "study.toml and the tables"
    say(f"Fill in {what}, then: smartcombo check {folder}")
