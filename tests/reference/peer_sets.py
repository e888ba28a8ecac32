"""The peers' data sets as they fitted them: log relative volume since t0, through the origin."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from smartcombo.stats.design import Floats, Ints, LongDesign

SHARED = Path(os.environ.get("SMARTCOMBO_SHARED", Path(__file__).parents[3] / "shared"))
DATA, PEERS = SHARED / "data" / "invivo", SHARED / "peers" / "invivo"


@dataclass(frozen=True)
class PeerSet:
    """A file, its arms in the peers' order (control, A, B(, C), combination) and the start day."""

    file: str
    arms: tuple[str, ...]
    t0: float
    where: str = ""
    add_one: bool = False


def _crc(name: str) -> PeerSet:
    arms = ("Ctrl", "Rabusertib", "Irinotecan", "Irinotecan_Rabusertib")
    return PeerSet(f"crc_{name}_rabusertib_irinotecan", arms, -1)


def _voronova(study: str, model: str) -> PeerSet:
    return PeerSet(
        "SEMISYNTHETIC_voronova2021_antiPDL1_azd4635",
        ("Vehicle", "AZD4635", "anti-PD-L1", "anti-PD-L1+AZD4635"),
        7,
        f"study.str.endswith('{study}') and model == '{model}' and observed_before_sacrifice == 1",
    )


VETIZOU = "vetizou2015_anti_ctla4_x_genotype_with_CRs"
GENOTYPES = ("IC.WT", "aC.WT", "IC.KO", "aC.KO")

SETS = {
    "u87mg": PeerSet(
        "narayan2020_u87mg_docetaxel_gne317",
        ("Control", "Docetaxel", "GNE-317", "Docetaxel+GNE-317"),
        12,
    ),
    "bv173": PeerSet(
        "narayan2020_bv173_imatinib_dasatinib",
        ("Control", "Imatinib", "Dasatinib", "Imatinib_Dasatinib"),
        7,
    ),
    "chl1": PeerSet(
        "narayan2020_chl1_gemcitabine_cgp082996",
        ("Control", "Gemcitabine", "CGP_082996", "Gemcitabine_CGP"),
        7,
    ),
    "mas_triple": PeerSet(
        "mas9806_her_fulv_trast_with_weight",
        ("Ctrl", "Her", "Trast", "Fulv", "Her_Fulv_Trast"),
        0,
        "0 <= day <= 28",
    ),
    "cr1197": PeerSet(
        "crownbio_cr1197_cetuximab_palbociclib",
        ("Vehicle", "Cetuximab", "Palbociclib", "Palbociclib+Cetuximab"),
        0,
    ),
    "gaba_antipd1": PeerSet("gaba_antipd1_4t1", ("Ctrl", "GABA", "Anti-PD1", "GABA+anti-PD1"), 7),
    "sw837": _crc("sw837"),
    "ls1034": _crc("ls1034"),
    "snu81": _crc("snu81"),
    "grwth_data_sim": PeerSet(
        "SIMULATED_synergylmm_grwth_data", ("Control", "DrugA", "DrugB", "Combination"), 0
    ),
    "vetizou_2x2": PeerSet(VETIZOU, GENOTYPES, 0),
    "vetizou_2x2_transform": PeerSet(VETIZOU, GENOTYPES, 0, add_one=True),
    "semisyn_ct26": _voronova("CIV226", "CT26"),
    "semisyn_mc38": _voronova("CIV227", "MC38"),
    "semisyn_mca205": _voronova("CIV151", "MCA205"),
}

LEAST_VISITS = {"mas_triple": 3}
"""Animals with fewer visits left the fit of these sets."""


@dataclass(frozen=True)
class PeerDesign:
    """What the peers fitted: the design, and the names of its animals and arms in its order."""

    design: LongDesign
    animals: tuple[str, ...]
    arms: tuple[str, ...]
    subject: Ints

    def in_square_root_of_time(self) -> PeerDesign:
        """Return the design on the square root of the day."""
        root = np.sqrt(self.design.time)
        return PeerDesign(
            origin_design(self.design.y, root, self.design.group, self.subject),
            self.animals,
            self.arms,
            self.subject,
        )


def origin_design(y: Floats, time: Floats, arm: Ints, subject: Ints) -> LongDesign:
    """Return the slopes-through-origin design: ``arm`` by animal, ``subject`` by row."""
    counts = np.bincount(subject, minlength=len(arm))
    own = arm[subject][:, None] == np.arange(arm.max() + 1)
    return LongDesign(
        y=y,
        X=own * time[:, None],
        Z=time[:, None].copy(),
        start=np.r_[0, np.cumsum(counts)].astype(np.int64),
        group=arm.astype(np.int64),
        time=time,
    )


def load(name: str) -> PeerDesign:
    """Return a set with the peers' own rules: zeros dropped (or one added), baseline row leaves."""
    peer = SETS[name]
    rows = pd.read_csv(DATA / f"{peer.file}.csv", dtype={"animal": str})
    if peer.where:
        rows = rows.query(peer.where)
    rows = rows[rows["arm"].isin(peer.arms) & rows["volume_mm3"].notna()].copy()
    rows["volume"] = rows["volume_mm3"] + (1.0 if peer.add_one else 0.0)
    rows = rows[(rows["volume"] > 0) & (rows["day"] >= peer.t0)]
    least = LEAST_VISITS.get(name, 1)
    rows = rows[rows.groupby("animal")["day"].transform("size") >= least]
    first = rows[rows["day"] == peer.t0].set_index("animal")["volume"]
    rows = rows[rows["animal"].isin(first.index) & (rows["day"] > peer.t0)]
    rows = rows.sort_values(["animal", "day"], kind="stable")
    animals = tuple(rows["animal"].unique())
    subject = pd.Index(animals).get_indexer(rows["animal"]).astype(np.int64)
    arm_of = rows.drop_duplicates("animal")["arm"]
    arm = np.array([peer.arms.index(a) for a in arm_of], dtype=np.int64)
    y = np.log(rows["volume"].to_numpy() / first.loc[rows["animal"]].to_numpy())
    time = rows["day"].to_numpy(dtype=float) - peer.t0
    return PeerDesign(origin_design(y, time, arm, subject), animals, peer.arms, subject)
