"""From results to figures, one report page, and the tables of a run folder."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smartcombo.core.result import Result
    from smartcombo.ranking.dossier import Dossier
    from smartcombo.study.model import Study


def report(subject: Study | Dossier, *results: Result, to: str | Path) -> Path:
    """Write one self-contained report page that opens offline.

    Parameters
    ----------
    subject
        The study the results come from; or a ranked programme, as
        `smartcombo.ranking.dossier_of` gives it, which needs no results beside it.
    *results
        What the analyses returned, in the order the page should show them.
    to
        File to write, such as ``"report.html"``; an existing page is replaced.

    Returns
    -------
    Path
        The file written.
    """
    from smartcombo.ranking.dossier import Dossier
    from smartcombo.report import export, page, programme_export
    from smartcombo.report.ranking.page import write_page

    if isinstance(subject, Dossier):
        return write_page(subject, Path(to), programme_export.provenance(subject))
    return page.write_report(subject, results, Path(to), export.provenance(subject, results))


class _CallablePackage(ModuleType):
    """Let ``sc.report(study, growth, to=...)`` work although ``report`` is also this package.

    Importing any ``smartcombo.report.*`` module makes Python bind ``smartcombo.report`` to the
    package, so a function of that name could not survive beside it: the package is the function.
    """

    def __call__(self, subject: Study | Dossier, *results: Result, to: str | Path) -> Path:
        """Do what `report` does."""
        return report(subject, *results, to=to)


sys.modules[__name__].__class__ = _CallablePackage
