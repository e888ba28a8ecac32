"""Which checkpoint-inhibitor combination, in which tumour, deserves the next experiment, and why.

>>> import smartcombo as sc
>>> study = sc.read_study("my-study")  # doctest: +SKIP
>>> growth = sc.efficacy.growth(study)  # doctest: +SKIP
>>> sc.report(study, growth, to="report.html")  # doctest: +SKIP

Nothing heavy is imported until a name is used, so that ``import smartcombo`` is immediate.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smartcombo import efficacy as efficacy
    from smartcombo import evidence as evidence
    from smartcombo import immune as immune
    from smartcombo import ranking as ranking
    from smartcombo.core.finding import AnalysisRefused, Finding, StudyError
    from smartcombo.core.method import Method
    from smartcombo.core.result import Result
    from smartcombo.report import report as report
    from smartcombo.study.model import Study
    from smartcombo.study.programme import Programme, check_programme, read_programme
    from smartcombo.study.read import check_study, read_study
    from smartcombo.study.simulate import (
        ArmDesign,
        SimulationDesign,
        simulate_study,
    )
    from smartcombo.study.simulated_files import write_study

    __version__: str

_HOMES = {
    "AnalysisRefused": "smartcombo.core.finding",
    "ArmDesign": "smartcombo.study.simulate",
    "Finding": "smartcombo.core.finding",
    "Method": "smartcombo.core.method",
    "Programme": "smartcombo.study.programme",
    "Result": "smartcombo.core.result",
    "SimulationDesign": "smartcombo.study.simulate",
    "Study": "smartcombo.study.model",
    "StudyError": "smartcombo.core.finding",
    "check_programme": "smartcombo.study.programme",
    "check_study": "smartcombo.study.read",
    "read_programme": "smartcombo.study.programme",
    "read_study": "smartcombo.study.read",
    "simulate_study": "smartcombo.study.simulate",
    "write_study": "smartcombo.study.simulated_files",
}
"""Public name -> module that defines it."""

_PACKAGES = ("efficacy", "evidence", "immune", "ranking", "report")
"""Public sub-packages; ``report`` is itself callable (see ``smartcombo/report/__init__.py``)."""

__all__ = [
    "AnalysisRefused",
    "ArmDesign",
    "Finding",
    "Method",
    "Programme",
    "Result",
    "SimulationDesign",
    "Study",
    "StudyError",
    "__version__",
    "check_programme",
    "check_study",
    "efficacy",
    "evidence",
    "immune",
    "methods",
    "ranking",
    "read_programme",
    "read_study",
    "report",
    "simulate_study",
    "write_study",
]


def methods() -> tuple[Method, ...]:
    """Return every registered method: its question, estimand, assumptions and references.

    Returns
    -------
    tuple of Method
        In the order of the report's methods section.
    """
    from smartcombo.efficacy.methods import METHODS
    from smartcombo.evidence.methods import METHODS as EVIDENCE
    from smartcombo.evidence.programme_methods import METHODS as PROGRAMME
    from smartcombo.immune.methods import METHODS as IMMUNE
    from smartcombo.ranking.methods import METHODS as RANKING

    return (*METHODS, *IMMUNE, *EVIDENCE, *PROGRAMME, *RANKING)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("smartcombo")
    if name in _PACKAGES:
        return import_module(f"smartcombo.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'smartcombo' has no attribute {name!r}; it has {__all__}")


def __dir__() -> list[str]:
    """List the public names, for completion in a notebook."""
    return sorted(__all__)
