"""``smartcombo decide``: record what people decided about a candidate, and who disagreed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smartcombo.cli.faults import say, with_exit_codes, wrong_use

if TYPE_CHECKING:
    import pandas as pd

    from smartcombo.ranking.decisions import Decision


@with_exit_codes
def decide(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="The folder of programme.toml.")
    ],
    candidate: Annotated[str, typer.Option(help='As ranked: "combination | context".')],
    action: Annotated[str, typer.Option(help="advance, repeat, hold or stop.")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    reason: Annotated[list[str], typer.Option(help="Why; may be given again.")],
    dissent: Annotated[
        list[str] | None,
        typer.Option(help='"Who: why they disagreed"; may be given again.'),
    ] = None,
    no_dissent: Annotated[
        bool, typer.Option("--no-dissent", help="Nobody disagreed: said, not assumed.")
    ] = False,
    change_mind: Annotated[str, typer.Option(help="What would change the decision.")] = "",
    supersedes: Annotated[
        int | None, typer.Option(help="Number of the decision that this one corrects.")
    ] = None,
    despite_gate: Annotated[
        str, typer.Option(help="Why a candidate that a gate stops is advanced all the same.")
    ] = "",
    date: Annotated[str, typer.Option(help="The day of the decision; default today.")] = "",
) -> None:
    """Record a decision about one candidate, with the state it was taken on.

    Appended to decisions.jsonl in the programme's folder, which is never rewritten: correct a
    decision by a new one that supersedes it.
    """
    if bool(dissent) == no_dissent:
        raise wrong_use("say who disagreed and why with --dissent, or that nobody did with "
                        "--no-dissent")  # fmt: skip
    from smartcombo.ranking.decisions import Decision, DecisionRefused

    told: dict[str, Any] = {
        "candidate": candidate, "action": action, "owner": owner, "date": date or _today(),
        "reasons": tuple(reason), "dissent": tuple(dissent or ()), "change_mind": change_mind,
        "supersedes": supersedes, "despite_gate": despite_gate,
    }  # fmt: skip
    try:
        _record(folder, Decision(**told))
    except DecisionRefused as refused:
        raise wrong_use(f"nothing was recorded: {refused}") from refused


def _record(folder: Path, decision: Decision) -> None:
    """Rank the programme as it is now and append the decision to its log."""
    from smartcombo.cli.rank import dossier_in_steps
    from smartcombo.ranking.decision_log import LOG
    from smartcombo.ranking.decisions import append_decision

    written = append_decision(folder, decision, dossier_in_steps(folder))
    for line in lines_of(written):
        say(line)
    typer.echo(str(folder / LOG))


def lines_of(entry: pd.Series) -> list[str]:
    """Return a recorded decision in words."""
    place = "not ranked" if entry["stops"] else (
        f"place {entry['place']} ({entry['rank_low']} to {entry['rank_high']}), first with "
        f"probability {entry['p_first']:.2f}"
    )  # fmt: skip
    lines = [
        f"Decision {entry['number']}: {entry['action']} {entry['candidate']}",
        f"  {entry['date']}, {entry['owner']}: {entry['reasons']}",
        f"  dissent: {entry['dissent'] or 'none'}",
        f"  taken on: {entry['verdict']}; {place}",
    ]
    lines += [f"  open cautions: {entry['cautions']}"] if entry["cautions"] else []
    if entry["stops"]:
        despite = f"; despite it: {entry['despite_gate']}" if entry["despite_gate"] else ""
        lines.append(f"  stopped by: {entry['stops']}{despite}")
    synthetic = ["  SYNTHETIC studies: nothing here was measured"] if entry["synthetic"] else []
    return [*lines, *synthetic, f"  entry {entry['sha256'][:12]}, after {entry['previous'][:12]}"]


def _today() -> str:
    from datetime import date

    return date.today().isoformat()
