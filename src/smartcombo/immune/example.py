"""Samples for the built-in example: SYNTHETIC expression and tissue of satellite animals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smartcombo.core.random import stream
from smartcombo.immune.panel import PANEL, gene_lists
from smartcombo.study.example import SEED
from smartcombo.study.genes.tables import fact_table

DAY, ANIMALS, BACKGROUND = 14, 6, 900
"""Day the satellites are taken, their number in each arm, and genes outside the panel."""
SHIFTS: dict[str, dict[str, float]] = {
    "vehicle": {},
    "anti-PD-1": {"interferon gamma": 0.4, "cytotoxic T cells": 0.3},
    "VPS34i": {"chemokines": 1.2, "interferon gamma": 0.9, "type I interferon": 1.0,
               "cytotoxic T cells": 1.0, "natural killer cells": 1.2},
    "both": {"chemokines": 1.7, "interferon gamma": 1.8, "type I interferon": 1.1,
             "cytotoxic T cells": 1.9, "natural killer cells": 1.3, "antigen presentation": 0.9,
             "checkpoints": 1.0, "myeloid suppression": -0.5},
}  # fmt: skip
"""Arm -> theme of the panel -> log2 shift in an animal that answers. Directions follow Noman et
al. 2020 (10.1126/sciadv.aax7881); no number is theirs."""
STAY = {"vehicle": 0, "anti-PD-1": 3, "VPS34i": 2, "both": 1}
"""Animals of each arm that do not answer."""
THEME_SD, GENE_SD = 0.45, 0.35
MODELS = ("SYN-MEL", "SYN-CRC")

TABLES = """
[tables.samples]
file = "samples.csv"

[tables.expression]
file = "expression.csv"
scale = "tpm"

[tables.cells]
file = "cells.csv"

[tables.populations]
file = "flow.csv"

[tables.populations.declared]
"CD103+ DC" = { denominator = "percent of CD45+", cell_type = "cDC1" }
"MDSC" = { denominator = "percent of CD45+", cell_type = "MDSC" }

[tables.proteins]
file = "proteins.csv"
unit = "pg/mg"
declared = { IFNg = { lower = 0.5 } }
"""
TISSUE_ARMS = ("vehicle", "VPS34i", "both")
"""Arms of which one field of a section is made for each satellite."""
SIDE, OTHER_CELLS = 260.0, 230
"""Side of a field, um, and its cells that are not CD8."""
CD8_CELLS = {"desert": (1.5, 0.6), "excluded": (2, 26), "inflamed": (26, 14)}
"""Expected CD8 cells of a field in the tumour and in the stroma."""
FLOW: dict[str, tuple[str, float, float]] = {
    "Live/CD45+ | Freq. of Live": ("", 22.0, 0.3),
    "Live/CD45+/CD3+/CD8+ | Freq. of CD45+": ("cytotoxic T cells", 3.0, 0.55),
    "Live/CD45+/CD3+/CD4+ | Freq. of CD45+": ("", 5.0, 0.4),
    "Live/CD45+/CD3+/CD4+/Treg | Freq. of CD45+": ("", 1.3, 0.4),
    "Live/CD45+/NK | Freq. of CD45+": ("natural killer cells", 2.5, 0.45),
    "CD103+ DC": ("chemokines", 0.8, 0.5),
    "MDSC": ("myeloid suppression", 18.0, 0.4),
}
"""Column of the flow table -> theme that moves it, percent in controls, and SD of animals (log)."""
PROTEINS: dict[str, tuple[str, float, float]] = {
    "CCL5": ("chemokines", 12.0, 0.6),
    "CXCL9": ("chemokines", 40.0, 0.7),
    "CXCL10": ("chemokines", 25.0, 0.6),
    "IFNg": ("interferon gamma", 0.6, 0.7),
    "IL-6": ("", 8.0, 0.7),
}
"""Protein -> theme that moves it, pg per mg in controls, and SD of animals (log)."""
UNMOVED_BY_FLOW = ("SYN-CRC", "VPS34i")
"""Tumours that look hotter by RNA and not by flow, so that assays disagree somewhere."""


def write_example_samples(folder: str | Path) -> Path:
    """Add SYNTHETIC samples and their expression to the example study in a folder.

    Parameters
    ----------
    folder
        Where `smartcombo.study.example.write_example` wrote the study.

    Returns
    -------
    Path
        The folder, with ``samples.csv``, ``expression.csv``, ``flow.csv``, ``proteins.csv`` and
        ``cells.csv``, named in ``study.toml``.
    """
    target = Path(folder)
    samples = _samples()
    samples.to_csv(target / "samples.csv", index=False, lineterminator="\n")
    expression = example_expression(samples)
    expression.to_csv(target / "expression.csv", float_format="%.3f", lineterminator="\n")
    _cells(samples).to_csv(target / "cells.csv", index=False, lineterminator="\n")
    _flow(samples).to_csv(
        target / "flow.csv", index=False, float_format="%.2f", lineterminator="\n"
    )
    _proteins(samples).to_csv(target / "proteins.csv", index=False, lineterminator="\n")
    toml = target / "study.toml"
    text = toml.read_text(encoding="utf-8").rstrip("\n")
    toml.write_text(f"{text}\n{TABLES}", encoding="utf-8", newline="\n")
    return target


def _samples() -> pd.DataFrame:
    rows = [
        (f"{model}-{arm}-S{k + 1}", f"{model}-{arm}-S{k + 1}", model, arm, DAY, "tumour", "RNA-seq")
        for model in MODELS
        for arm in SHIFTS
        for k in range(ANIMALS)
    ]
    columns = ["sample", "animal", "model", "arm", "day", "tissue", "assay"]
    return pd.DataFrame(rows, columns=columns)


def example_expression(samples: pd.DataFrame) -> pd.DataFrame:
    """Return TPM: a level a gene, a shift a theme and animal, and noise.

    Parameters
    ----------
    samples
        ``sample`` (ends in S and its number in the arm), ``model``, and ``arm``: one of ``SHIFTS``.
    """
    themes = _themes()
    genes = sorted(themes)
    rng = stream(SEED, "example", "genes")
    level = rng.normal(4.5, 1.6, len(genes))
    table = {
        row.sample: level + _sample(row.model, row.arm, row.sample, [themes[g] for g in genes])
        for row in samples.itertuples()
    }
    values = np.exp2(pd.DataFrame(table, index=pd.Index(genes, name="gene")))
    return values / values.sum() * 1e6


def _flow(samples: pd.DataFrame) -> pd.DataFrame:
    """Return percent of each gate, as FlowJo exports them."""
    rows = []
    for row in samples.itertuples():
        rng = stream(SEED, "example", "flow", row.sample)
        moved = (row.model, row.arm) != UNMOVED_BY_FLOW
        percent = [
            level * np.exp(sd * rng.standard_normal() + np.log(2) * _shift(row, theme) * moved)
            for theme, level, sd in FLOW.values()
        ]
        rows.append([f"{row.sample}.fcs", *np.minimum(percent, 60)])
    return pd.DataFrame(rows, columns=["Sample", *FLOW])


def _proteins(samples: pd.DataFrame) -> pd.DataFrame:
    """Return pg per mg of each protein; what is below the limit says so."""
    rows = []
    for row in samples.itertuples():
        rng = stream(SEED, "example", "proteins", row.sample)
        values = [
            level * np.exp(sd * rng.standard_normal() + np.log(2) * _shift(row, theme))
            for theme, level, sd in PROTEINS.values()
        ]
        low = [name == "IFNg" and value < 0.5 for name, value in zip(PROTEINS, values, strict=True)]
        cells = ["<0.5" if below else f"{value:.2f}" for below, value in
                 zip(low, values, strict=True)]  # fmt: skip
        rows.append([row.sample, *cells])
    return pd.DataFrame(rows, columns=["sample", *PROTEINS])


def _answers(arm: str, sample: str) -> bool:
    return int(sample.rsplit("S", 1)[1]) > STAY[arm]


def _shift(row: Any, theme: str) -> float:
    """Return the log2 shift of a theme in an animal; zero in one that does not answer."""
    return SHIFTS[row.arm].get(theme, 0.0) if _answers(row.arm, row.sample) else 0.0


def _themes() -> dict[str, str]:
    """Return gene -> its theme; empty for genes outside the panel."""
    lists = gene_lists()
    themes: dict[str, str] = {}
    for one in PANEL:
        for names in lists.loc[lists["signature"] == one.id, "gene_mouse"].dropna():
            for gene in names.split("|"):
                themes.setdefault(gene, one.theme)
    rest = [gene for gene in fact_table("orthologs")["mouse"] if gene and "|" not in gene]
    known = ["Actb", "B2m", "Gapdh", "Tbp", "Sdha", "Oaz1", "Polr2a", "Abcf1", "G6pdx"]
    for gene in [*known, *sorted(set(rest) - set(themes))[:BACKGROUND]]:
        themes.setdefault(gene, "")
    return themes


def _sample(model: str, arm: str, sample: str, themes: list[str]) -> np.ndarray:
    """Return the log2 departures of one sample's genes from their level."""
    rng = stream(SEED, "example", "sample", sample)
    answers = _answers(arm, sample)
    own: dict[str, float] = {
        theme: THEME_SD * rng.standard_normal() + (SHIFTS[arm].get(theme, 0.0) if answers else 0.0)
        for theme in dict.fromkeys(one.theme for one in PANEL)
    }
    common = 0.35 * rng.standard_normal()
    shift = np.array([own[theme] + common if theme else 0.0 for theme in themes])
    return np.asarray(shift + GENE_SD * rng.standard_normal(len(themes)))


def _cells(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of one field for each satellite of some arms."""
    taken = samples[samples["arm"].isin(TISSUE_ARMS)]
    return pd.concat([_field(row.sample, row.arm) for row in taken.itertuples()], ignore_index=True)


def _pattern(arm: str, number: int) -> str:
    """Return the phenotype that a satellite is made to have."""
    if arm == "vehicle":
        return "excluded" if number == ANIMALS else "desert"
    if number <= STAY[arm]:
        return "desert" if arm == "VPS34i" else "excluded"
    return "excluded" if arm == "VPS34i" and number % 2 else "inflamed"


def _field(sample: str, arm: str) -> pd.DataFrame:
    """Return cells of a field: tumour with a wavy border to stroma, and CD8 cells."""
    rng = stream(SEED, "example", "field", sample)
    expected = CD8_CELLS[_pattern(arm, int(sample.rsplit("S", 1)[1]))]
    phase, level = rng.uniform(0, 2 * np.pi), rng.uniform(0.58, 0.7) * SIDE

    def inside(places: np.ndarray) -> np.ndarray:
        """Return which places lie in the tumour."""
        return np.asarray(places[:, 0] < level + 25 * np.sin(places[:, 1] / 60 + phase))

    others = rng.uniform(0, SIDE, (OTHER_CELLS, 2))
    pool = rng.uniform(0, SIDE, (2_000, 2))
    within = inside(pool)
    picked = [pool[side][: rng.poisson(n)]
              for side, n in zip((within, ~within), expected, strict=True)]  # fmt: skip
    places = np.vstack([others, *picked])
    return pd.DataFrame(
        {
            "sample": sample,
            "x_um": places[:, 0].round(1),
            "y_um": places[:, 1].round(1),
            "region": np.where(inside(places), "tumour", "stroma"),
            "CD8": (np.arange(len(places)) >= OTHER_CELLS).astype(int),
        }
    )
