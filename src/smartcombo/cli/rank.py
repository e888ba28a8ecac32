"""``smartcombo rank``: from a programme of studies to an order of its combinations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smartcombo.cli.faults import with_exit_codes
from smartcombo.cli.out import PAGE, require_free

if TYPE_CHECKING:
    from smartcombo.ranking.result import Ranking


@with_exit_codes
def rank(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="The folder of programme.toml.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier ranking at --out.")
    ] = False,
) -> None:
    """Rank the combinations of a programme.

    Reads and checks all its studies, analyses each, gathers claims for and against, and prints the
    order with intervals and reasons, then the path of the page; its tables and figures lie beside.
    """
    require_free(out, overwrite=overwrite)
    typer.echo(str(rank_folder(folder, out) / PAGE))


def rank_folder(folder: Path, out: Path) -> Path:
    """Take a programme folder to a printed order and a folder of page and tables.

    Tells the steps, prints the order, and returns the folder.

    Raises
    ------
    smartcombo.StudyError
        If the programme or a study of it has errors.
    smartcombo.AnalysisRefused
        If the programme is sound but cannot be ranked.
    """
    import sys

    from smartcombo.cli.progress import step
    from smartcombo.cli.show import show_findings

    with step("Reading and checking the programme"):
        from smartcombo.study.programme import read_programme

        programme = read_programme(folder)
    show_findings(programme.findings, sys.stderr)
    with step("Analysing its studies and gathering the evidence"):
        from smartcombo.evidence.programme_gather import gather

        evidence = gather(programme)
    with step("Ranking, also without each study"):
        from smartcombo.ranking.programme import rank_programme

        ranking = rank_programme(programme, evidence)
    with step("Asking what to do next"):
        from smartcombo.ranking.dossier import dossier_of

        dossier = dossier_of(programme, evidence, ranking)
    with step("Drawing figures and writing the page"):
        from smartcombo.report.programme_export import write_ranking

        written = write_ranking(dossier, out)
    for line in lines_of(ranking, synthetic=programme.synthetic):
        typer.echo(line)
    return written


def lines_of(ranking: Ranking, *, synthetic: bool) -> list[str]:
    """Return the order in words: a paragraph a candidate, with what is for, against, unknown."""
    lines = ["SYNTHETIC studies: nothing here was measured"] if synthetic else []
    for row in ranking.summary.itertuples():
        if row.gated:
            lines += ["", f"   {row.candidate}: not ranked", f"     stopped  {row.stops}"]
            continue
        lines += [
            "",
            f"{row.place:>2.0f} {row.candidate}: place {row.rank_low:.0f} to {row.rank_high:.0f}, "
            f"first with probability {row.p_first:.2f}",
        ]
        own = ranking.reasons[ranking.reasons["candidate"] == row.candidate]
        lines += [f"     {one.side:<8} {one.words}" for one in own.itertuples()]
        lines += [f"     caution  {row.cautions}"] if row.cautions else []
    return [*lines, "", *ranking.groups["words"], "", ranking.formula]
