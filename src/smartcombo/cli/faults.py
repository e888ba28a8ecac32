"""From exceptions to exit codes and words: one place for all commands."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from typing import ParamSpec

import typer

P = ParamSpec("P")

OUR_FAULT, USAGE, STUDY_HAS_ERRORS, REFUSED = 1, 2, 3, 4


def say(words: str) -> None:
    """Tell the person, on stderr; stdout is for data."""
    typer.echo(words, err=True)


def wrong_use(words: str) -> typer.Exit:
    """Say what is wrong with the command as typed; the exit (2) to raise."""
    say(f"smartcombo: {words}")
    return typer.Exit(USAGE)


def with_exit_codes(command: Callable[P, None]) -> Callable[P, None]:
    """Return the command with its exceptions turned into exit codes and sentences.

    `StudyError` leaves with 3, `AnalysisRefused` with 4, anything unforeseen with 1 and the words
    that the fault is ours.

    Raises
    ------
    typer.Exit
        By the command it returns, with the exit code.
    """

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        """Run the command; raises ``typer.Exit`` with the code of its fault."""
        try:
            command(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter, KeyboardInterrupt):
            raise
        except Exception as fault:
            raise typer.Exit(_explain(fault)) from fault

    return guarded


def _explain(fault: Exception) -> int:
    """Say what went wrong on stderr and return the exit code."""
    from smartcombo.core.finding import AnalysisRefused, StudyError

    if isinstance(fault, StudyError):
        from smartcombo.cli.show import show_findings

        show_findings(fault.findings, sys.stderr)
        say("This study has errors: nothing was analysed. Mend them and run again.")
        return STUDY_HAS_ERRORS
    if isinstance(fault, AnalysisRefused):
        say(f"The study is sound, but this analysis was refused: {fault}")
        return REFUSED
    say("This is a fault of smartcombo, not of your study. Please report the lines below.")
    say("".join(traceback.format_exception(fault)).rstrip())
    return OUR_FAULT
