"""The built-in example: a SYNTHETIC 2x2 study in two invented tumour models."""

from __future__ import annotations

from pathlib import Path

from smartcombo.study.body_weights import BodyWeights
from smartcombo.study.model import Agent, TumourModel
from smartcombo.study.simulate import (
    ANTI_PD1,
    ArmDesign,
    SimulatedStudy,
    SimulationDesign,
    simulate_study,
)
from smartcombo.study.simulated_files import StudyLabels, write_study

SEED = 20200429
"""Date of the paper whose directions the example follows; any other number would do."""

VPS34I = Agent("VPS34 inhibitor", "small-molecule", ("VPS34i",), target="VPS34 (PIK3C3)")

MODELS = (
    TumourModel(
        "SYN-MEL",
        line="invented line, melanoma-like",
        strain="C57BL/6",
        site="subcutaneous flank",
        indication="melanoma",
        cold="cold",
    ),
    TumourModel(
        "SYN-CRC",
        line="invented line, colorectal-like",
        strain="BALB/c",
        site="subcutaneous flank",
        indication="colorectal cancer",
        cold="intermediate",
    ),
)

PLAN = """\
# Stated before looking; its hash is printed in the report.
[plan]
primary_endpoint = "growth_rate"
primary_question = "Q2"  # combination v ICI alone: does the molecule add to the ICI?
null_model = "bliss"
level = 0.95
seed = 20200429
secondary = [
  { endpoint = "progression", question = "Q2" },
  { endpoint = "growth_rate", question = "Q4" },
]
"""

NOTE = """\
SYNTHETIC: simulated by smartcombo, with invented tumour lines; no mouse was involved.
# Only the directions follow Noman et al. 2020 (doi 10.1126/sciadv.aax7881): the combination grows
# slower than either single agent, and each of those slower than vehicle. No number is theirs."""


def example_study(seed: int = SEED) -> SimulatedStudy:
    """Return the example: vehicle, anti-PD-1, VPS34 inhibitor and both, in two tumour models.

    Parameters
    ----------
    seed
        Another seed gives another draw of the same truth.

    Returns
    -------
    SimulatedStudy
        SYNTHETIC data. Directions as in Noman et al. 2020; no number is theirs.

    References
    ----------
    Noman et al. 2020, Sci Adv, 10.1126/sciadv.aax7881.
    """
    melanoma = SimulationDesign(
        _arms(vehicle=0.225, ici=0.195, molecule=0.165, both=0.070, responders=0.1),
        model="SYN-MEL",
        days=(7, 9, 11, 14, 16, 18, 21, 23),
        baseline_volume_mm3=55.0,
        slope_sd=0.025,
        residual_sd=0.15,
        size_limit_mm3=1500.0,
        weights=BodyWeights(baseline_g=20.5),
    )
    colorectal = SimulationDesign(
        _arms(vehicle=0.170, ici=0.135, molecule=0.130, both=0.075, responders=0.3),
        model="SYN-CRC",
        days=(7, 10, 12, 14, 17, 19, 21, 24),
        baseline_volume_mm3=70.0,
        slope_sd=0.020,
        residual_sd=0.18,
        size_limit_mm3=1500.0,
        weights=BodyWeights(baseline_g=19.0),
    )
    return simulate_study(melanoma, colorectal, seed=seed, agents=(ANTI_PD1, VPS34I))


def write_example(folder: str | Path) -> Path:
    """Write the example as a study folder with its plan.

    Parameters
    ----------
    folder
        Made where it does not exist; the study files in it are replaced.

    Returns
    -------
    Path
        The folder.
    """
    labels = StudyLabels(
        id="example-2x2",
        title="SYNTHETIC example: anti-PD-1 with a VPS34 inhibitor in two invented tumour models",
        contact="nobody: simulated data",
        models=MODELS,
        plan=PLAN,
        note=NOTE,
    )
    return write_study(example_study(), folder, labels=labels)


def _arms(
    *, vehicle: float, ici: float, molecule: float, both: float, responders: float
) -> tuple[ArmDesign, ...]:
    """Return the four arms of a 2x2 with their growth rates per day."""
    pd1, inhibitor = ANTI_PD1.id, VPS34I.id
    return (
        ArmDesign("vehicle", vehicle, label="Vehicle"),
        ArmDesign("anti-PD-1", ici, (pd1,), "Anti-PD-1", weight_loss=0.01),
        ArmDesign("VPS34i", molecule, (inhibitor,), "VPS34 inhibitor", weight_loss=0.04),
        ArmDesign(
            "both",
            both,
            (pd1, inhibitor),
            "Anti-PD-1 + VPS34 inhibitor",
            responder_fraction=responders,
            weight_loss=0.08,
        ),
    )
