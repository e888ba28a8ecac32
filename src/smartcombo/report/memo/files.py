"""Where memos are written: a file by its ending, or a folder with all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from smartcombo.ranking.dossier import Dossier
from smartcombo.report.memo.content import Memo, memo_of
from smartcombo.report.memo.pages import can_write_pdf, memo_html, memo_pdf
from smartcombo.report.words import slug

ENDINGS = (".html", ".pdf")


def write_memo(dossier: Dossier, to: str | Path, candidate: str | None = None) -> Path:
    """Write the memo about one candidate, as the ending of the file says.

    Parameters
    ----------
    dossier
        As :func:`smartcombo.ranking.dossier_of` gives it.
    to
        ``.html`` or ``.pdf``; an existing file is replaced.
    candidate
        As the ranking names it; default: the first.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ValueError
        If the ending is another.
    ImportError
        If it is ``.pdf`` and the extra ``pdf`` is not installed.
    smartcombo.ranking.DecisionRefused
        If there is no such candidate.
    """
    to = Path(to)
    if to.suffix not in ENDINGS:
        raise ValueError(f"to={str(to)!r}: expected a file that ends in {' or '.join(ENDINGS)}")
    to.parent.mkdir(parents=True, exist_ok=True)
    _write(memo_of(dossier, candidate), to)
    return to


def write_memos(
    dossier: Dossier, folder: Path, candidates: Sequence[str] | None = None
) -> list[Path]:
    """Write a memo about every candidate, in order of place, the stopped ones last.

    Parameters
    ----------
    candidates
        Only these; default all.

    Returns
    -------
    list of Path
        ``1-NAME.html`` and, where the extra ``pdf`` is there, ``1-NAME.pdf``, and so on;
        ``stopped-NAME`` for candidates without a place.

    Raises
    ------
    smartcombo.ranking.DecisionRefused
        If one of ``candidates`` is not there.
    """
    summary = dossier.ranking.summary
    memos = [memo_of(dossier, name) for name in candidates or summary["candidate"]]
    places = summary.set_index("candidate")["place"]
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for memo in memos:
        at = places[memo.candidate]
        place = "stopped" if pd.isna(at) else f"{at:.0f}"
        for ending in ENDINGS if can_write_pdf() else ENDINGS[:1]:
            path = folder / f"{place}-{slug(memo.candidate)}{ending}"
            _write(memo, path)
            written.append(path)
    return written


def _write(memo: Memo, to: Path) -> None:
    if to.suffix == ".pdf":
        to.write_bytes(memo_pdf(memo))
    else:
        to.write_text(memo_html(memo), encoding="utf-8", newline="\n")
