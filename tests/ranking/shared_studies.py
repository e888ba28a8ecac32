"""A made programme in which names leak from everywhere: shared studies, titles, labels, files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from smartcombo.ranking import Decision, Dossier, append_decision, read_decisions
from smartcombo.study.body_weights import BodyWeights
from smartcombo.study.model import Agent, TumourModel
from smartcombo.study.simulate import ANTI_PD1, ArmDesign, SimulationDesign, simulate_study
from smartcombo.study.simulated_files import StudyLabels, write_study

ALPHA, BETA = "Alpha Pharma", "Beta-Bio"
MX, ZP = "molexinib", "zetaparib"
DAYS = (7.0, 9.0, 11.0, 14.0, 16.0, 18.0)
SAID = {
    ALPHA: ("molexinib", "mx101", "compoundm", "tbk1", "ikkε", "blockskinasesignalling"),
    BETA: ("zetaparib", "zp22", "zzyx9", "zeta", "parpquux"),
}
"""Bare words that name the molecule of each partner."""
CODES = {ALPHA: "AP-7", BETA: "BB-3"}
PROGRAMME = """
[programme]
id = "MX-101 and friends"
title = "Molexinib and ZP-22 with anti-PD-1"
contact = "J. Doe, Beta Bio"
studies = ["mx101-vs-zp22", "zeta-repeat"]
fewest_animals = 6

[[agent]]
id = "anti-PD-1"
names = ["aPD-1"]
kind = "checkpoint-inhibitor"
target = "PD-1"
species = ["mouse"]

[[agent]]
id = "molexinib"
names = ["MX-101", "Compound M"]
kind = "small-molecule"
code = "AP-7"
partner = "Alpha Pharma"
target = "TBK1/IKKε"
mechanism = "blocks kinase signalling of macrophages"
species = ["mouse", "human"]
exposure = "MX 101 at 10 mg/kg reaches what patients had of Compound_M"
activity = [{ indication = "melanoma", grade = 2, source = "Doe, molexinib in melanoma" }]
liability = [{ text = "inhibits hERG, as TBK1 blockers do", source = "Doe" }]

[[agent]]
id = "zetaparib"
names = ["ZP-22"]
kind = "small-molecule"
code = "BB-3"
partner = "Beta-Bio"
target = "PARP-quux"
mechanism = "traps PARP-quux"
species = ["mouse", "human"]

[[combination]]
id = "MX101 combo"
title = "The molexinib combination"
agents = [{ agent = "MX-101" }, { agent = "anti-PD-1" }]

[[combination]]
id = "zetaparib with anti-PD-1"
agents = [{ agent = "zetaparib" }, { agent = "anti-PD-1" }]

[[combination]]
id = "all three"
agents = [{ agent = "zetaparib" }, { agent = "molexinib" }, { agent = "anti-PD-1" }]

[[criterion]]
id = "gain"
title = "Gain over anti-PD-1 alone"
measure = "gain_over_ici"
worst = 0.0
best = 1.5
weight = 0.6

[[criterion]]
id = "loss"
measure = "weight_loss"
worst = 0.2
best = 0.0
weight = 0.3

[[criterion]]
id = "activity"
title = "Activity, of which molexinib has some"
measure = "activity_in_patients"
worst = 0
best = 3
weight = 0.1

[weights]
kind = "fixed"

[[literature]]
agent = "MX101"
question = "necessity"
direction = "for"
statement = "depletion abolished what molexinib gained"
citation = "Doe et al. 2023, molexinib in mice"
doi = "10.1000/molexinib"

[[literature]]
agent = "MX101"
question = "human"
direction = "for"
statement = "as zetaparib, which TBK-1 does not explain"
citation = "Doe et al. 2024"
doi = "10.1000/secret.2024"

[[literature]]
agent = "anti-PD-1"
question = "human"
direction = "neither"
statement = "anti-PD-1 with ZP22 was tried"
citation = "Roe et al. 2020"

[[published]]
combination = "MX101 combo"
context = "SHARED-MEL"
study = "molexinib, figure 3b"
responders = 4
animals = 10
responders_ici = 1
animals_ici = 10
citation = "Doe et al. 2022, MX_101"
"""


def write_shared(folder: Path) -> Path:
    """Write the programme and return its folder: ten animals an arm, all SYNTHETIC."""
    arms = {
        "mx": ((MX,), 0.15, "MX101"),
        "mx-ici": ((ANTI_PD1.id, MX), 0.05, "MX-101 + aPD1"),
        "zp": ((ZP,), 0.17, "the Zeta one"),
        "zp-ici": ((ANTI_PD1.id, ZP), 0.09, "aPD1 with the Zeta one"),
        "three": ((ANTI_PD1.id, MX, ZP), 0.03, "Everything"),
    }
    _write(folder / "mx101-vs-zp22", "mx101-vs-zp22", arms, seed=5)
    _write(folder / "zeta-repeat", "zeta-repeat", {k: arms[k] for k in ("zp", "zp-ici")}, seed=6)
    (folder / "programme.toml").write_text(PROGRAMME, encoding="utf-8")
    return folder


def decisions_of(dossier: Dossier, folder: Path) -> pd.DataFrame:
    """Return a log of decisions about both molecules, written beside the programme."""
    said = [
        ("zetaparib with anti-PD-1 | SHARED-MEL", "hold", "B. Roe", "zetaparib is slow", ()),
        ("MX101 combo | SHARED-MEL", "advance", "A. Doe", "MX_101 gains", ("Roe: ZP-22 first",)),
    ]
    for candidate, action, owner, reason, dissent in said:
        decision = Decision(candidate, action, owner, "2026-03-01", (reason,), dissent)
        append_decision(folder, decision, dossier)
    return read_decisions(folder)


def _write(folder: Path, name: str, arms: dict, *, seed: int) -> None:
    """Write a study with a vehicle, the checkpoint inhibitor and further arms."""
    designs = [
        ArmDesign("vehicle", 0.21, label="Vehicle (for MX-101 and ZP-22)", n=8),
        ArmDesign("ici", 0.18, (ANTI_PD1.id,), "aPD1", n=8),
        *(ArmDesign(arm, rate, agents, label, n=8, weight_loss=0.04)
          for arm, (agents, rate, label) in arms.items()),
    ]  # fmt: skip
    agents = (
        ANTI_PD1,
        Agent(MX, "small-molecule", ("MX101",), "TBK1"),
        Agent(ZP, "small-molecule", ("zzyx-9",), "PARP-quux"),
    )
    agents = agents if "mx" in arms else (agents[0], agents[2])
    design = SimulationDesign(tuple(designs), model="SHARED-MEL", days=DAYS, weights=BodyWeights())
    labels = StudyLabels(
        id=name,
        title="Molexinib beside Zzyx9 in one study" if "mx" in arms else "ZZYX 9 again",
        models=(
            TumourModel("SHARED-MEL", "invented line", "C57BL/6", "flank", "melanoma", "cold"),
        ),
    )
    write_study(simulate_study(design, seed=seed, agents=agents), folder, labels=labels)
    _names_everywhere(folder)


def _names_everywhere(folder: Path) -> None:
    """Put names of molecules into names of files and animals, and into free text."""
    (folder / "volumes.csv").rename(folder / "volumes_MX101_ZP22.csv")
    toml = folder / "study.toml"
    text = toml.read_text(encoding="utf-8").replace("volumes.csv", "volumes_MX101_ZP22.csv")
    method = 'randomisation_method = "by zetaparib dose"'
    text = text.replace("randomised = true", f"randomised = true\n{method}")
    toml.write_text(text, encoding="utf-8")
    for path in folder.glob("*.csv"):
        table = pd.read_csv(path)
        first = table["arm"].str.startswith("zp").map({True: "ZP22_", False: "MX101_"})
        table["animal"] = first + table["animal"]
        table.to_csv(path, index=False)
