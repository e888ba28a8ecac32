"""The built-in programme: SYNTHETIC studies of five partners' molecules with anti-PD-1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from smartcombo.immune.example import example_expression
from smartcombo.study.body_weights import BodyWeights
from smartcombo.study.model import Agent, TumourModel
from smartcombo.study.simulate import ANTI_PD1, ArmDesign, SimulationDesign, simulate_study
from smartcombo.study.simulated_files import StudyLabels, write_study

SEED = 20240517
DAYS = (7.0, 9.0, 11.0, 14.0, 16.0, 18.0, 21.0)
SAMPLED, SAMPLE_DAY = 8, 14
MODELS = {
    "SYN-MEL": TumourModel("SYN-MEL", "invented line, melanoma-like", "C57BL/6",
                           "subcutaneous flank", "melanoma", "cold"),
    "SYN-CRC": TumourModel("SYN-CRC", "invented line, colorectal-like", "BALB/c",
                           "subcutaneous flank", "colorectal cancer", "intermediate"),
    "SYN-BRE": TumourModel("SYN-BRE", "invented line, breast-like", "BALB/c",
                           "mammary fat pad", "breast cancer", "excluded"),
}  # fmt: skip
VEHICLE = {"SYN-MEL": 0.21, "SYN-CRC": 0.18, "SYN-BRE": 0.19}
"""Growth rate per day of untreated tumours."""
ICI = -0.03
"""What anti-PD-1 alone takes off the growth rate."""


@dataclass(frozen=True, slots=True)
class MadeStudy:
    """One SYNTHETIC study: what its molecule does, alone and with anti-PD-1.

    Attributes
    ----------
    alone, both
        What molecule alone and combination take off the growth rate of the vehicle, per day.
    loss
        Fraction of body weight the combination costs.
    hot
        Whether the molecule shifts the immune landscape; then samples are taken.
    blinded
        What the study states of who measured.
    """

    folder: str
    molecule: str
    models: tuple[str, ...]
    alone: float
    both: float
    n: int = 9
    loss: float = 0.04
    hot: bool = False
    blinded: bool = True


STUDIES = (
    MadeStudy("antagonist", "SYN-A", ("SYN-BRE",), alone=0.0, both=0.025),
    MadeStudy("toxic", "SYN-B", ("SYN-MEL",), alone=-0.06, both=-0.16, loss=0.24),
    MadeStudy("hotter", "SYN-C", ("SYN-CRC",), alone=0.0, both=-0.035, hot=True),
    MadeStudy("few-mice", "SYN-D", ("SYN-MEL",), alone=-0.03, both=-0.12, n=4, blinded=False),
    MadeStudy("robust-1", "SYN-E", ("SYN-MEL", "SYN-CRC"), alone=-0.04, both=-0.13, hot=True),
    MadeStudy("robust-2", "SYN-E", ("SYN-MEL", "SYN-CRC"), alone=-0.04, both=-0.135),
    MadeStudy("robust-3", "SYN-E", ("SYN-MEL", "SYN-CRC"), alone=-0.04, both=-0.13),
)

SAMPLES = """
[tables.samples]
file = "samples.csv"

[tables.expression]
file = "expression.csv"
scale = "tpm"
"""


def write_example_programme(folder: str | Path, seed: int = SEED) -> Path:
    """Write the built-in programme: ``programme.toml`` and a folder a study; all SYNTHETIC.

    Five invented molecules with anti-PD-1: an antagonist, a toxic winner, one that makes tumours
    hotter without sensitising them, a promising one with few mice, and a robust one (three studies
    of two models). No number is anybody's.

    Parameters
    ----------
    folder
        Made where it does not exist; files of these names in it are replaced.
    seed
        Another seed gives another draw of the same truth.

    Returns
    -------
    Path
        The folder.
    """
    from importlib.resources import files

    target = Path(folder)
    for number, made in enumerate(STUDIES):
        _write(made, target / made.folder, seed + number)
    text = (files("smartcombo.evidence") / "example_programme.toml").read_text(encoding="utf-8")
    (target / "programme.toml").write_text(text, encoding="utf-8", newline="\n")
    return target


def _write(made: MadeStudy, folder: Path, seed: int) -> None:
    designs = [_design(made, model) for model in made.models]
    agents = (ANTI_PD1, Agent(made.molecule, "small-molecule"))
    labels = StudyLabels(
        id=made.folder,
        title=f"SYNTHETIC study: {made.molecule} with anti-PD-1",
        models=tuple(MODELS[model] for model in made.models),
    )
    write_study(simulate_study(*designs, seed=seed, agents=agents), folder, labels=labels)
    _state(made, folder / "study.toml")
    if made.hot:
        _add_samples(made, folder)


def _design(made: MadeStudy, model: str) -> SimulationDesign:
    base, ici, molecule = VEHICLE[model], ANTI_PD1.id, made.molecule
    arms = (
        ArmDesign("vehicle", base, label="Vehicle", n=made.n),
        ArmDesign("ici", base + ICI, (ici,), "Anti-PD-1", n=made.n, weight_loss=0.01),
        ArmDesign("molecule", base + made.alone, (molecule,), molecule, n=made.n,
                  weight_loss=made.loss / 2),
        ArmDesign("both", base + made.both, (ici, molecule), f"Anti-PD-1 + {molecule}", n=made.n,
                  weight_loss=made.loss),
    )  # fmt: skip
    return SimulationDesign(arms, model=model, days=DAYS, weights=BodyWeights())


def _state(made: MadeStudy, toml: Path) -> None:
    """State how animals were randomised, and whether who measured was blinded."""
    text = toml.read_text(encoding="utf-8")
    method = 'randomisation_method = "SYNTHETIC: drawn by the simulator"'
    text = text.replace("randomised = true", f"randomised = true\n{method}")
    if not made.blinded:
        text = text.replace("blinded = true", "blinded = false")
    toml.write_text(text, encoding="utf-8", newline="\n")


def _add_samples(made: MadeStudy, folder: Path) -> None:
    """Add SYNTHETIC expression of satellite animals, in the first model of the study."""
    model, roles = made.models[0], {"ici": "anti-PD-1", "molecule": "both"}
    rows = [
        (f"{made.folder}-{arm}-S{k + 1}", f"{made.folder}-{arm}-S{k + 1}", model, arm, SAMPLE_DAY,
         "tumour", "RNA-seq")
        for arm in ("vehicle", "ici", "molecule", "both")
        for k in range(SAMPLED)
    ]  # fmt: skip
    columns = ["sample", "animal", "model", "arm", "day", "tissue", "assay"]
    samples = pd.DataFrame(rows, columns=columns)
    samples.to_csv(folder / "samples.csv", index=False, lineterminator="\n")
    expression = example_expression(samples.assign(arm=samples["arm"].replace(roles)))
    expression.to_csv(folder / "expression.csv", float_format="%.3f", lineterminator="\n")
    toml = folder / "study.toml"
    text = toml.read_text(encoding="utf-8").rstrip("\n")
    toml.write_text(f"{text}\n{SAMPLES}", encoding="utf-8", newline="\n")
