"""``smartcombo methods``: what each method answers, assumes, and rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from smartcombo.cli.faults import with_exit_codes

if TYPE_CHECKING:
    from smartcombo.core.method import Method


@with_exit_codes
def methods(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """List the methods, what they assume, and their DOI."""
    import smartcombo

    registered = smartcombo.methods()
    if as_json:
        import json
        from dataclasses import asdict

        records = {"methods": [asdict(method) for method in registered]}
        typer.echo(json.dumps(records, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n\n".join(describe(method) for method in registered))


def describe(method: Method) -> str:
    """Return one method as paragraphs of plain text, 88 characters wide.

    Parameters
    ----------
    method
        A registered method.

    Returns
    -------
    str
        Title and id, then one labelled paragraph a fact.
    """
    import textwrap

    facts = [
        ("answers", method.question),
        ("estimates", method.estimand),
        *(("assumes", assumption) for assumption in method.assumptions),
        ("not when", method.when_not),
        *(("source", f"{source.citation} {source.url}") for source in method.references),
    ]
    lines = [f"{method.title}  [{method.id}]"]
    for label, words in facts:
        lead = f"  {label:<10} "
        lines += textwrap.wrap(
            words, 88, initial_indent=lead, subsequent_indent=" " * len(lead),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return "\n".join(lines)
