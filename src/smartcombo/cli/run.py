"""``smartcombo run``: from a study folder to a run folder with a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from smartcombo.cli.faults import with_exit_codes, wrong_use
from smartcombo.cli.out import PAGE, require_free

if TYPE_CHECKING:
    from smartcombo.core.result import Result
    from smartcombo.study.model import Study

ANALYSES = (
    ("Fitting growth and the four questions", "growth", "volumes"),
    ("Telling cured from growing animals", "classes", "volumes"),
    ("Calling the response of each animal", "response", "volumes"),
    ("Timing progression", "progression", "volumes"),
    ("Asking what leaving could change", "leaving", "volumes"),
    ("Weighing what it costs the animals", "tolerability", "volumes"),
    ("Looking for dose series", "dose_series", "volumes"),
    ("Looking for earlier controls", "history", "volumes"),
    ("Reading the immune landscape", "landscape", "samples"),
    ("Testing every gene", "differential", "expression"),
)
"""What is told on stderr, the function of ``smartcombo.efficacy`` or ``smartcombo.immune``, and the
table it needs, in the page's order."""
PROGRAMME = (("Comparing treatments across models", "single_mouse", "volumes"),)
"""The same, where the arms of each model have one animal."""


@with_exit_codes
def run(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The study folder.")],
    out: Annotated[Path, typer.Option(help="The run folder to write.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier run at --out.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that fit tumour models side by side.")
    ] = 1,
    bootstrap: Annotated[
        int, typer.Option(min=0, help="Resamples of the mice, such as 1000, for growth; 0: none.")
    ] = 0,
) -> None:
    """Take a study folder to a run folder with a report.

    Reads and checks the study, fits growth, answers the four questions, and prints the path of
    the report.
    """
    require_free(out, overwrite=overwrite)
    if bootstrap:
        from smartcombo.efficacy.options import FEWEST_DRAWS

        if bootstrap < FEWEST_DRAWS:
            raise wrong_use(f"--bootstrap {bootstrap}: expected 0, or {FEWEST_DRAWS} and more")
    typer.echo(str(analyse(folder, out, workers, bootstrap)))


def analyse(folder: Path, out: Path, workers: int = 1, bootstrap: int = 0) -> Path:
    """Take a study folder to a run folder, telling the steps on stderr.

    Parameters
    ----------
    folder
        The study folder.
    out
        The run folder; an earlier run there is replaced.
    workers
        Processes that fit tumour models side by side; changes no number.
    bootstrap
        Resamples of the animals for bootstrap intervals of growth; 0 for none.

    Returns
    -------
    Path
        The report page.

    Raises
    ------
    smartcombo.StudyError
        If the study has errors.
    smartcombo.AnalysisRefused
        If the study is sound but cannot be analysed.
    """
    import sys

    from smartcombo.cli.progress import step
    from smartcombo.cli.show import show_findings

    with step("Reading and checking the study"):
        from smartcombo.study.read import read_study

        study = read_study(folder)
    show_findings(study.findings, sys.stderr)
    chosen = PROGRAMME if study.single_mouse else _with_data(study, sys.stderr)
    results = [_analysed(study, words, name, workers, bootstrap) for words, name, _ in chosen]
    if any(result.analysis == "landscape" for result in results):
        from smartcombo.evidence.claims import claims

        with step("Weighing the claims"):
            results.append(claims(study, results))
    with step("Drawing figures and writing the report"):
        from smartcombo.report.export import write_run

        written = write_run(study, results, out)
    return written / PAGE


def _with_data(study: Study, stream: TextIO) -> list[tuple[str, str, str]]:
    """Return the analyses that the study has tables for, telling once which are skipped."""
    from smartcombo.core.finding import AnalysisRefused

    there = {*study.assays.present(), *(("volumes",) if study.has_volumes else ())}
    if study.assays.present():
        there.add("samples")
    skipped = [name for _, name, needs in ANALYSES if needs not in there]
    if len(skipped) == len(ANALYSES):
        raise AnalysisRefused(
            f"this study has {', '.join(sorted(there)) or 'samples only'}; "
            f"{', '.join(skipped)} need another table"
        )
    if skipped:
        typer.echo(f"Skipped for want of a table: {', '.join(skipped)}", file=stream)
    return [analysis for analysis in ANALYSES if analysis[2] in there]


def _analysed(study: Study, words: str, name: str, workers: int, bootstrap: int) -> Result:
    """Return the result of one analysis, telling the step."""
    from smartcombo import efficacy, immune
    from smartcombo.cli.progress import step

    analysis = getattr(efficacy, name, None) or getattr(immune, name)
    with step(words):
        if name == "growth":
            options = efficacy.GrowthOptions(bootstrap=bootstrap)
            return efficacy.growth(study, options, workers=workers)
        result: Result = analysis(study)
    return result
