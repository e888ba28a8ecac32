"""Is the tumour cold or hot, and did a treatment switch it: the immune landscape of each sample."""

from __future__ import annotations

from smartcombo.immune.deconvolution import CellFractions, SecondFit, cell_fractions
from smartcombo.immune.differential import DifferentialOptions, differential
from smartcombo.immune.landscape import LandscapeOptions, landscape
from smartcombo.immune.quantiseq import Til10, quantiseq, read_til10
from smartcombo.immune.scores import PanelScores, panel_scores
from smartcombo.immune.tissue import TissueOptions

__all__ = [
    "CellFractions",
    "DifferentialOptions",
    "LandscapeOptions",
    "PanelScores",
    "SecondFit",
    "Til10",
    "TissueOptions",
    "cell_fractions",
    "differential",
    "landscape",
    "panel_scores",
    "quantiseq",
    "read_til10",
]
