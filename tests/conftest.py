"""Fixtures every folder of tests may use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smartcombo.core.result import Result

if TYPE_CHECKING:
    from smartcombo.evidence import Evidence
    from smartcombo.ranking import Dossier
    from smartcombo.study.programme import Programme

SHARED = "SMARTCOMBO_SHARED"
"""Environment variable: the folder that holds the real studies and reference numbers."""


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Return the folder of real studies; skip where there is none."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get(SHARED, beside))
    if not folder.is_dir():
        pytest.skip(f"no real studies: set {SHARED} to the folder that holds them")
    os.environ[SHARED] = str(folder)
    return folder


@pytest.fixture(autouse=True)
def _skip_without_real_studies(request: pytest.FixtureRequest) -> None:
    """Skip a test marked ``realdata`` where the real studies are absent."""
    if request.node.get_closest_marker("realdata"):
        request.getfixturevalue("shared_dir")


@pytest.fixture(scope="session")
def example_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built-in SYNTHETIC example written as a study folder; do not change it."""
    from smartcombo.immune.example import write_example_samples
    from smartcombo.study.example import write_example

    return write_example_samples(write_example(tmp_path_factory.mktemp("example") / "study"))


@pytest.fixture(scope="session")
def example_growth(example_folder: Path) -> Result:
    """Return the growth analysis of the built-in example."""
    import smartcombo as sc

    return sc.efficacy.growth(sc.read_study(example_folder))


@pytest.fixture(scope="session")
def example_response(example_folder: Path) -> Result:
    """Return the response analysis of the built-in example."""
    import smartcombo as sc

    return sc.efficacy.response(sc.read_study(example_folder))


@pytest.fixture(scope="session")
def example_results(
    example_folder: Path, example_growth: Result, example_response: Result
) -> list[Result]:
    """Return every analysis of the built-in example."""
    import smartcombo as sc

    study = sc.read_study(example_folder)
    kinds, times = sc.efficacy.classes(study), sc.efficacy.progression(study)
    left, costs = sc.efficacy.leaving(study), sc.efficacy.tolerability(study)
    doses, earlier = sc.efficacy.dose_series(study), sc.efficacy.history(study)
    tumours, genes = sc.immune.landscape(study), sc.immune.differential(study)
    single = [
        example_growth, kinds, example_response, times, left, costs, doses, earlier, tumours, genes,
    ]  # fmt: skip
    return [*single, sc.evidence.claims(study, single)]


@pytest.fixture(scope="session")
def example_programme(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    """Return the built-in SYNTHETIC programme; do not change its folder."""
    import smartcombo as sc
    from smartcombo.evidence.programme_example import write_example_programme

    return sc.read_programme(write_example_programme(tmp_path_factory.mktemp("programme")))


@pytest.fixture(scope="session")
def example_evidence(example_programme: Programme) -> Evidence:
    """Return everything the studies of the built-in programme say."""
    import smartcombo as sc

    return sc.evidence.gather(example_programme)


@pytest.fixture(scope="session")
def example_dossier(example_programme: Programme, example_evidence: Evidence) -> Dossier:
    """Return the built-in programme, ranked."""
    import smartcombo as sc

    return sc.ranking.dossier_of(example_programme, example_evidence)
