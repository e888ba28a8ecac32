"""Samples for the built-in example: SYNTHETIC expression of satellite animals."""

from __future__ import annotations

from pathlib import Path

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
"""


def write_example_samples(folder: str | Path) -> Path:
    """Add SYNTHETIC samples and their expression to the example study in a folder.

    Parameters
    ----------
    folder
        Where `smartcombo.study.example.write_example` wrote the study.

    Returns
    -------
    Path
        The folder, with ``samples.csv`` and ``expression.csv``, named in ``study.toml``.
    """
    target = Path(folder)
    samples = _samples()
    samples.to_csv(target / "samples.csv", index=False, lineterminator="\n")
    expression = example_expression(samples)
    expression.to_csv(target / "expression.csv", float_format="%.3f", lineterminator="\n")
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
    answers = int(sample.rsplit("S", 1)[1]) > STAY[arm]
    own: dict[str, float] = {
        theme: THEME_SD * rng.standard_normal() + (SHIFTS[arm].get(theme, 0.0) if answers else 0.0)
        for theme in dict.fromkeys(one.theme for one in PANEL)
    }
    common = 0.35 * rng.standard_normal()
    shift = np.array([own[theme] + common if theme else 0.0 for theme in themes])
    return np.asarray(shift + GENE_SD * rng.standard_normal(len(themes)))
