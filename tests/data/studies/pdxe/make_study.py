"""Write study.toml of the PDX encyclopaedia from its table: 277 models, 62 arms.

Run ``python make_study.py TABLE.csv`` beside this file; the arms are sets of the agents in their
names, and a dose that stands in a name (``binimetinib-3.5mpk``) is a dose.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

INDICATIONS = {
    "BRCA": "breast cancer",
    "CM": "cutaneous melanoma",
    "CRC": "colorectal cancer",
    "GC": "gastric cancer",
    "NSCLC": "non-small-cell lung cancer",
    "PDAC": "pancreatic cancer",
}
ANTIBODIES = ("LFA102", "LGW813", "LJM716", "TAS266", "cetuximab", "figitumumab", "trastuzumab")
DOSE = re.compile(r"-([\d.]+)mpk$")
HEAD = """\
# Written by make_study.py. Real data, read from outside the repository: set SMARTCOMBO_SHARED to
# the folder that holds them. One mouse an arm in each model (three in three arms). The source
# states no detection limit: 5 mm3, a sphere of about 2 mm, is our choice.
[study]
id = "pdxe"
title = "PDX encyclopaedia: one mouse a treatment in each of 277 models (Gao 2015)"
day_axis = "first-dose"
baseline_day = 0

[tables.volumes]
file = "${SMARTCOMBO_SHARED}/data/invivo/pdxe_gao2015_volume_bodyweight.csv"
animal_ids = "within-arm"
detection_limit = 5
"""


def treatments(arm: str) -> list[tuple[str, str]]:
    """Return agent and dose of each part of an arm's name."""
    if arm == "untreated":
        return []
    parts = [part.strip() for part in arm.split("+")]
    found = [(DOSE.sub("", part), DOSE.search(part)) for part in parts]
    return [(agent, dose.group(1) if dose else "") for agent, dose in found]


def _arm(arm: str) -> str:
    given = [
        f'{{ agent = "{agent}"' + (f', dose = {dose}, unit = "mg/kg"' if dose else "") + " }"
        for agent, dose in treatments(arm)
    ]
    return f'\n[[arm]]\nid = "{arm}"\nagents = [{", ".join(given)}]\n'


def _model(model: str, indication: str) -> str:
    return f'\n[[model]]\nid = "{model}"\nindication = "{indication}"\n'


def _agent(agent: str) -> str:
    kind = "antibody" if agent in ANTIBODIES else "small-molecule"
    return f'\n[[agent]]\nid = "{agent}"\nkind = "{kind}"\n'


def study_toml(table: pd.DataFrame) -> str:
    """Return the whole file."""
    kinds = table.dropna(subset=["tumor_type"]).groupby("model")["tumor_type"].first()
    arms = sorted(table["arm"].unique(), key=lambda arm: (arm.count("+"), arm != "untreated", arm))
    agents = dict.fromkeys(agent for arm in arms for agent, _ in treatments(arm))
    models = [_model(m, INDICATIONS.get(kinds.get(m), "")) for m in sorted(table["model"].unique())]
    return "".join([HEAD, *map(_agent, agents), *map(_arm, arms), *models])


if __name__ == "__main__":
    text = study_toml(pd.read_csv(sys.argv[1], dtype=str))
    (Path(__file__).parent / "study.toml").write_text(text, encoding="utf-8")
