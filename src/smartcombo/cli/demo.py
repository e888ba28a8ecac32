"""``smartcombo demo``: the built-in SYNTHETIC example from study folder to report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from smartcombo.cli.faults import say, with_exit_codes, wrong_use
from smartcombo.cli.out import MARKER, PAGE

STUDY, RUN = "study", "run"
PROGRAMME, RANKING = "programme", "ranking"
"""What the demo writes below its folder."""


@with_exit_codes
def demo(
    out: Annotated[Path, typer.Option(help="The folder to write.")] = Path("smartcombo-demo"),
    only: Annotated[
        Literal["study", "programme"] | None,
        typer.Option(help="Analyse the one study, or rank the programme of several, alone."),
    ] = None,
) -> None:
    """Analyse and rank the built-in SYNTHETIC examples.

    Writes a simulated study to OUT/study and its run to OUT/run, a programme of seven studies to
    OUT/programme and its ranking to OUT/ranking; prints the path of each report.
    """
    from smartcombo.cli.rank import rank_folder
    from smartcombo.cli.run import analyse

    _require_free(out)
    pages = []
    if only != "programme":
        _write_study(out / STUDY)
        pages.append(analyse(out / STUDY, out / RUN))
    if only != "study":
        _write_programme(out / PROGRAMME)
        pages.append(rank_folder(out / PROGRAMME, out / RANKING) / PAGE)
    say("Open in a browser:")
    for page in pages:
        typer.echo(str(page))


def _require_free(out: Path) -> None:
    """Leave with exit code 2 unless ``out`` is new, empty, or an earlier demo."""
    if not out.exists():
        return
    if not out.is_dir():
        raise wrong_use(f"--out {out} is a file; choose a folder")
    strangers = {path.name for path in out.iterdir()} - {STUDY, RUN, PROGRAMME, RANKING}
    made = [out / name for name in (RUN, RANKING) if (out / name).exists()]
    if strangers or not all((folder / MARKER).is_file() for folder in made):
        raise wrong_use(f"--out {out} holds something that is not a demo; choose another folder")


def _write_study(folder: Path) -> None:
    """Write the example, replacing only files of its own."""
    from smartcombo.cli.progress import step

    with step("Simulating the SYNTHETIC example"):
        from smartcombo.immune.example import write_example_samples
        from smartcombo.study.example import write_example

        write_example_samples(write_example(folder))


def _write_programme(folder: Path) -> None:
    """Write the example programme, replacing only files of its own."""
    from smartcombo.cli.progress import step

    with step("Simulating the SYNTHETIC programme"):
        from smartcombo.evidence.programme_example import write_example_programme

        write_example_programme(folder)
