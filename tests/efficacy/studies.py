"""Studies in memory, for tests that do not read a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from smartcombo.study.model import Study
from smartcombo.study.read import read_study
from smartcombo.study.simulate import ArmDesign, SimulationDesign, simulate_study
from smartcombo.study.simulated_files import write_study

FOUR = (
    ArmDesign("vehicle", 0.16, n=8),
    ArmDesign("ici", 0.13, ("anti-PD-1",), n=8),
    ArmDesign("molecule", 0.12, ("molecule",), n=8),
    ArmDesign("both", 0.05, ("anti-PD-1", "molecule"), n=8),
)


def written(folder: Path, *, seed: int = 1, arms: tuple[ArmDesign, ...] = FOUR) -> Study:
    """Return a simulated study, read back from its folder."""
    return read_study(write_study(simulate_study(SimulationDesign(arms), seed=seed), folder))


def with_volumes(study: Study, volumes: pd.DataFrame) -> Study:
    """Return the study with other measurements."""
    return replace(study, volumes=volumes)
