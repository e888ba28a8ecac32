"""``smartcombo demo``: the built-in SYNTHETIC example from study folder to report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smartcombo.cli.faults import say, with_exit_codes, wrong_use
from smartcombo.cli.out import MARKER

STUDY, RUN = "study", "run"
PROGRAMME, RANKING = "programme", "ranking"
"""What the demo writes below its folder."""


@with_exit_codes
def demo(
    out: Annotated[Path, typer.Option(help="The folder to write.")] = Path("smartcombo-demo"),
    programme: Annotated[
        bool, typer.Option("--programme", help="Rank five molecules over seven studies instead.")
    ] = False,
) -> None:
    """Analyse the built-in SYNTHETIC example.

    Writes a simulated study folder to OUT/study and its run to OUT/run; prints the report's path.
    With --programme, writes OUT/programme and OUT/ranking, and prints the order with reasons.
    """
    from smartcombo.cli.rank import rank_folder
    from smartcombo.cli.run import analyse

    _require_free(out)
    if programme:
        _write_programme(out / PROGRAMME)
        rank_folder(out / PROGRAMME, out / RANKING)
        return
    _write_study(out / STUDY)
    report = analyse(out / STUDY, out / RUN)
    say(f"The study folder is {out / STUDY}; open the report in a browser:")
    typer.echo(str(report))


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
