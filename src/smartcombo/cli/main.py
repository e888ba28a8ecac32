"""The ``smartcombo`` command: its commands, ``--version``, and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from smartcombo.cli.check import check
from smartcombo.cli.decide import decide
from smartcombo.cli.demo import demo
from smartcombo.cli.init import init
from smartcombo.cli.memo import memo
from smartcombo.cli.methods import methods
from smartcombo.cli.package import package
from smartcombo.cli.rank import rank
from smartcombo.cli.run import run as run_study
from smartcombo.cli.unblind import unblind
from smartcombo.cli.verify import verify

app = typer.Typer(
    name="smartcombo",
    help="Which checkpoint-inhibitor combination deserves the next experiment, and why.",
    epilog="Exit codes: 0 done; 1 a fault of smartcombo; 2 wrong use; 3 the study has errors; "
    "4 the analysis was refused.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"smartcombo {version('smartcombo')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Which checkpoint-inhibitor combination deserves the next experiment, and why."""


app.command(name="demo")(demo)
app.command(name="init")(init)
app.command(name="check")(check)
app.command(name="run")(run_study)
app.command(name="rank")(rank)
app.command(name="decide")(decide)
app.command(name="memo")(memo)
app.command(name="unblind")(unblind)
app.command(name="package")(package)
app.command(name="verify")(verify)
app.command(name="methods")(methods)


def run() -> None:
    """Start the command line (the entry point of the installed command)."""
    app()
