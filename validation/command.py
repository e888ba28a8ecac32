"""The command line that every simulation of this folder has."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pandas as pd


def write_table(
    name: str,
    about: str | None,
    studies: int,
    run: Callable[[int, int], pd.DataFrame],
    page: Callable[[pd.DataFrame], str],
) -> None:
    """Run a simulation as the command line says and write its table and page.

    Parameters
    ----------
    name
        Name of the files, without ending.
    about
        What ``--help`` says.
    studies
        Simulated studies in each setting, unless ``--studies`` says otherwise.
    run
        Makes the table from the number of studies and of processes.
    page
        Makes the page from the table as it was written.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--studies", type=int, default=studies)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--to", type=Path, default=Path("docs/validation"))
    given = parser.parse_args()
    table = run(given.studies, given.workers)
    given.to.mkdir(parents=True, exist_ok=True)
    table.to_csv(given.to / f"{name}.csv", index=False, float_format="%.6g")
    text = page(pd.read_csv(given.to / f"{name}.csv"))
    (given.to / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)
