"""``smartcombo rank``: from a programme of studies to an order of its combinations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smartcombo.cli.faults import say, with_exit_codes, wrong_use
from smartcombo.cli.out import PAGE, require_free

if TYPE_CHECKING:
    from smartcombo.ranking.dossier import Dossier
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
    blind: Annotated[
        str, typer.Option(help="Show the molecules of this partner alone, by their codes.")
    ] = "",
    codes_only: Annotated[
        bool, typer.Option("--codes-only", help="Show all molecules, by their codes.")
    ] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="A hidden name that is an ordinary word: it may be written."),
    ] = None,
) -> None:
    """Rank the combinations of a programme.

    Reads and checks all its studies, analyses each, gathers claims for and against, and prints the
    order with intervals and reasons, then the path of the page; its tables and figures lie beside.
    With --blind or --codes-only nothing is written in which a hidden name can be read.
    """
    if (blind and codes_only) or (allow and not (blind or codes_only)):
        raise wrong_use("give --blind PARTNER or --codes-only, and --allow with one of them")
    require_free(out, overwrite=overwrite)
    if blind or codes_only:
        from smartcombo.cli.blind import rank_blinded

        written = rank_blinded(folder, out, blind or None, allow or ())
    else:
        written = rank_folder(folder, out)
    typer.echo(str(written / PAGE))


def rank_folder(folder: Path, out: Path) -> Path:
    """Take a programme folder to a printed order and a folder of page and tables.

    Tells the steps, prints the order, and returns the folder.

    Raises
    ------
    smartcombo.StudyError
        If the programme, a study of it or the log of decisions has errors.
    smartcombo.AnalysisRefused
        If the programme is sound but cannot be ranked.
    """
    from smartcombo.cli.progress import step

    dossier = dossier_in_steps(folder)
    with step("Drawing figures, writing the page and the memos"):
        from smartcombo.report.programme_export import write_ranking

        written = write_ranking(dossier, out)
    from smartcombo.report.memo.pages import NO_TYPST, can_write_pdf
    from smartcombo.report.workbook import NO_EXCEL, can_write_excel

    if not can_write_pdf():
        say(f"The memos are HTML alone. {NO_TYPST}")
    if not can_write_excel():
        say(f"No ranking.xlsx; the tables are there as CSV. {NO_EXCEL}")
    for line in lines_of(dossier.ranking, synthetic=dossier.synthetic):
        typer.echo(line)
    return written


def dossier_in_steps(folder: Path) -> Dossier:
    """Return a programme read, analysed and ranked, with its decisions, telling the steps.

    Raises
    ------
    smartcombo.StudyError, smartcombo.AnalysisRefused
        As `rank_folder`.
    """
    import sys

    from smartcombo.cli.progress import step
    from smartcombo.cli.show import show_findings

    with step("Reading and checking the programme"):
        from smartcombo.ranking.decisions import read_decisions
        from smartcombo.study.programme import read_programme

        programme, decisions = read_programme(folder), read_decisions(folder)
    show_findings(programme.findings, sys.stderr)
    with step("Analysing its studies and gathering the evidence"):
        from smartcombo.evidence.programme_gather import gather

        evidence = gather(programme)
    with step("Ranking, also without each study"):
        from smartcombo.ranking.programme import rank_programme

        ranking = rank_programme(programme, evidence)
    with step("Asking what to do next"):
        from smartcombo.ranking.dossier import dossier_of

        return dossier_of(programme, evidence, ranking, decisions=decisions)


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
