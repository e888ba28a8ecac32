"""Where a run may be written: never over something that is not a run."""

from __future__ import annotations

from pathlib import Path

from smartcombo.cli.faults import wrong_use

MARKER = "provenance.json"
"""Every run folder holds this file; a folder without it is somebody's data."""
PAGE = "report.html"
"""The page of a run, and of a ranking."""


def require_free(out: Path, *, overwrite: bool) -> None:
    """Leave with exit code 2 unless a run may be written at ``out``.

    Parameters
    ----------
    out
        The run folder asked for.
    overwrite
        Whether an earlier run there may be replaced.

    Raises
    ------
    typer.Exit
        If ``out`` is a file, a folder that is not a run, or a run that may not be replaced.
    """
    if not out.exists() or _is_empty(out):
        return
    if not (out / MARKER).is_file():
        raise wrong_use(
            f"--out {out} exists and is not a run of smartcombo; it is left alone: choose another"
        )
    if not overwrite:
        raise wrong_use(f"--out {out} holds an earlier run; add --overwrite to replace it")


def _is_empty(folder: Path) -> bool:
    """Tell whether this is a folder with nothing in it."""
    return folder.is_dir() and not any(folder.iterdir())
