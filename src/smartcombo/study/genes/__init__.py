"""What is known of genes: current names, mouse and human counterparts, strains."""

from __future__ import annotations

from smartcombo.study.genes.identifiers import GeneNames, current_symbol, resolve_genes, species_of
from smartcombo.study.genes.orthologs import Orthologs, map_orthologs
from smartcombo.study.genes.strains import StrainMask, mask_for_strain, strain_group

__all__ = [
    "GeneNames",
    "Orthologs",
    "StrainMask",
    "current_symbol",
    "map_orthologs",
    "mask_for_strain",
    "resolve_genes",
    "species_of",
    "strain_group",
]
