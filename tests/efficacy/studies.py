"""Studies in memory, for tests that do not read a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
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


PROGRAMME = """
[study]
id = "programme"
baseline_day = 0
randomised = true
synthetic = true

[[agent]]
id = "anti-PD-1"
kind = "checkpoint-inhibitor"

[[agent]]
id = "molecule"
kind = "small-molecule"

[[arm]]
id = "vehicle"
agents = []

[[arm]]
id = "ici"
agents = [{ agent = "anti-PD-1" }]

[[arm]]
id = "molecule"
agents = [{ agent = "molecule" }]

[[arm]]
id = "both"
agents = [{ agent = "anti-PD-1" }, { agent = "molecule" }]

[tables.volumes]
file = "volumes.csv"
detection_limit = 10
"""


def programme(
    folder: Path,
    rates: dict[str, list[float]],
    *,
    days: tuple[float, ...] = (0, 4, 8, 12, 16, 20),
    indications: tuple[str, ...] = ("lung", "skin"),
) -> Study:
    """Return a programme of exact exponential curves: arm -> growth rate of each model, by day.

    Models alternate between the indications; an infinite negative rate is a mouse cured on the
    first visit after baseline, a missing one a model without that treatment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = len(next(iter(rates.values())))
    models = "".join(
        f'\n[[model]]\nid = "M{k:02d}"\nindication = "{indications[k % len(indications)]}"\n'
        for k in range(count)
    )
    rows = [
        (f"M{k:02d}", arm, f"{arm}-{k:02d}", day, 200 * np.exp(rate * day) if day else 200.0)
        for arm, own in rates.items()
        for k, rate in enumerate(own)
        if not np.isnan(rate)
        for day in days
    ]
    table = pd.DataFrame(rows, columns=["model", "arm", "animal", "day", "value"])
    (folder / "study.toml").write_text(PROGRAMME + models, encoding="utf-8")
    table.to_csv(folder / "volumes.csv", index=False)
    return read_study(folder)


REAL_STUDIES = Path(__file__).resolve().parents[1] / "data" / "studies"


def names_with_volumes() -> list[str]:
    """Return the real studies with volumes whose arms have several animals (PDXE has one each)."""
    return [
        path.parent.name
        for path in sorted(REAL_STUDIES.glob("*/study.toml"))
        if "[tables.volumes]" in path.read_text(encoding="utf-8") and path.parent.name != "pdxe"
    ]
