"""The weighed study that R and the test of `test_weights_against_r.py` share."""

from __future__ import annotations

from pathlib import Path

import smartcombo as sc
from smartcombo.study.body_weights import BodyWeights
from smartcombo.study.model import Study
from smartcombo.study.simulate import ArmDesign, SimulationDesign, simulate_study
from smartcombo.study.simulated_files import write_study

ARMS = (
    ArmDesign("vehicle", 0.20, n=6),
    ArmDesign("ici", 0.15, ("anti-PD-1",), n=7, weight_loss=0.01),
    ArmDesign("molecule", 0.14, ("molecule",), n=6, weight_loss=0.04),
    ArmDesign("both", 0.06, ("anti-PD-1", "molecule"), n=8, weight_loss=0.09),
)


def weighed_study(folder: Path) -> Study:
    """Return a SYNTHETIC study of 27 weighed mice, some culled for size."""
    design = SimulationDesign(ARMS, weights=BodyWeights(), size_limit_mm3=900.0)
    return sc.read_study(write_study(simulate_study(design, seed=11), folder))
