"""The panel of signatures: what each one reads, how it is scored, and how it behaves in mice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

import pandas as pd

from smartcombo.study.genes import current_symbol
from smartcombo.study.genes.identifiers import Species

Theme = Literal[
    "cytotoxic T cells", "interferon gamma", "type I interferon", "chemokines",
    "antigen presentation", "natural killer cells", "myeloid suppression", "exclusion",
    "regulatory T cells", "B cells", "proliferation", "checkpoints",
]  # fmt: skip
Rule = Literal["mean", "median", "weighted-mean", "geometric-mean"]
HOUSEKEEPERS = "Ayers2017_GEP_housekeeping11"

AYERS, DANAHER = "10.1172/JCI91190", "10.1186/s40425-017-0215-8"
MCP, MOUSE_MCP = "10.1186/s13059-016-1070-5", "10.1186/s13073-020-00783-w"
BAGAEV, HALLMARK = "10.1016/j.ccell.2021.04.014", "10.1016/j.cels.2015.12.004"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of the panel.

    Attributes
    ----------
    id, title
        Name in tables, and for people.
    theme
        What it reads.
    rule
        As published: ``mean`` or ``median`` of log2(x + 1); ``weighted-mean`` of log10 minus that
        of the housekeepers; ``geometric-mean`` of x. All compare samples, never cell types.
    source
        Name of its gene list in the published table.
    doi
        Where it was published.
    mouse
        What to know when it is read in mice; empty where nothing is.
    only
        Human genes of the source that belong to it; empty for all.
    """

    id: str
    title: str
    theme: Theme
    rule: Rule
    source: str
    doi: str
    mouse: str = ""
    only: tuple[str, ...] = ()


PANEL: tuple[Signature, ...] = (
    Signature("cyt", "Cytolytic activity (GZMA, PRF1)", "cytotoxic T cells", "geometric-mean",
              "Rooney2015_CYT", "10.1016/j.cell.2014.12.033",
              "Two genes: tumours can be infiltrated by CD8 T cells without it rising."),
    Signature("cd8_teff", "CD8 effector T cells", "cytotoxic T cells", "mean",
              "Mariathasan2018_CD8Teff8", "10.1038/nature25501"),
    Signature("danaher_cd8", "CD8 T cells (Danaher)", "cytotoxic T cells", "mean",
              "Danaher2017_CD8_T_cells", DANAHER),
    Signature("danaher_cytotoxic", "Cytotoxic cells (Danaher)", "cytotoxic T cells", "mean",
              "Danaher2017_Cytotoxic_cells", DANAHER,
              "GNLY has no mouse gene; GZMH stands for six granzymes."),
    Signature("danaher_t", "T cells (Danaher)", "cytotoxic T cells", "mean",
              "Danaher2017_T_cells", DANAHER),
    Signature("danaher_exhausted", "Exhausted CD8 T cells (Danaher)", "checkpoints", "mean",
              "Danaher2017_Exhausted_CD8", DANAHER),
    Signature("mcp_t", "T cells (MCP-counter)", "cytotoxic T cells", "mean",
              "MCPcounter_T_cells", MCP),
    Signature("mcp_cd8", "CD8 T cells (MCP-counter)", "cytotoxic T cells", "mean",
              "MCPcounter_CD8_T_cells", MCP, "One gene."),
    Signature("mmcp_t", "T cells (mMCP-counter)", "cytotoxic T cells", "median",
              "mMCPcounter_T_cells", MOUSE_MCP),
    Signature("mmcp_cd8", "CD8 T cells (mMCP-counter)", "cytotoxic T cells", "median",
              "mMCPcounter_CD8_T_cells", MOUSE_MCP, "One gene, Cd8b1."),
    Signature("davoli_cytotoxic", "Cytotoxic infiltrate (Davoli)", "cytotoxic T cells", "mean",
              "Davoli2017_cytotoxic7", "10.1126/science.aaf8399"),
    Signature("gep18", "T-cell-inflamed profile, 18 genes", "interferon gamma", "weighted-mean",
              "Ayers2017_Tcell_inflamed_GEP18", AYERS),
    Signature("ifng6", "Interferon gamma, 6 genes", "interferon gamma", "mean",
              "Ayers2017_IFNG6", AYERS),
    Signature("ifng18", "Expanded immune, 18 genes", "interferon gamma", "mean",
              "Ayers2017_expanded_immune18", AYERS),
    Signature("spranger13", "T-cell signature, 13 genes", "interferon gamma", "mean",
              "Spranger2015_Tcell13", "10.1038/nature14404"),
    Signature("hallmark_ifng", "Interferon gamma response", "interferon gamma", "mean",
              "HALLMARK_INTERFERON_GAMMA_RESPONSE_v7.0", HALLMARK),
    Signature("hallmark_ifna", "Interferon alpha response", "type I interferon", "mean",
              "HALLMARK_INTERFERON_ALPHA_RESPONSE_v7.0", HALLMARK),
    Signature("chemokine_axis", "Chemokine axis (CCL5, CXCL9, CXCL10, STAT1, IRF7, IFNG)",
              "chemokines", "mean", "Noman2020_VPS34_axis", "10.1126/sciadv.aax7881",
              only=("CCL5", "CXCL9", "CXCL10", "STAT1", "IRF7", "IFNG")),
    Signature("chemokine12", "Chemokines, 12 genes", "chemokines", "mean",
              "Messina2012_chemokine12", "10.1038/srep00765",
              "CCL18 has no mouse gene; Ccl21a rises with lymph node in the sample."),
    Signature("tls9", "Tertiary lymphoid structures, 9 genes", "B cells", "mean",
              "Cabrita2020_TLS9", "10.1038/s41586-019-1914-8", "EIF1AY lies on Y: sex shows."),
    Signature("mhc1", "MHC class I", "antigen presentation", "mean", "Bagaev2021_MHCI", BAGAEV),
    Signature("mhc2", "MHC class II", "antigen presentation", "mean", "Bagaev2021_MHCII", BAGAEV,
              "H2-Ea is a null allele in C57BL/6."),
    Signature("danaher_nk", "NK cells (Danaher)", "natural killer cells", "mean",
              "Danaher2017_NK_cells", DANAHER, "XCL2 has no mouse gene."),
    Signature("bagaev_nk", "NK cells (Bagaev)", "natural killer cells", "mean",
              "Bagaev2021_NK_cells", BAGAEV, "Five of 17 genes have no mouse gene."),
    Signature("mmcp_nk", "NK cells (mMCP-counter)", "natural killer cells", "median",
              "mMCPcounter_NK_cells", MOUSE_MCP, "Four Ly49 genes: they differ between strains."),
    Signature("mdsc", "Myeloid-derived suppressor cells", "myeloid suppression", "mean",
              "Bagaev2021_MDSC", BAGAEV),
    Signature("myeloid6", "Myeloid inflammation, 6 genes", "myeloid suppression", "mean",
              "McDermott2018_Myeloid6", "10.1038/s41591-018-0053-3", "CXCL8 has no mouse gene."),
    Signature("macrophages", "Macrophages", "myeloid suppression", "mean",
              "Bagaev2021_Macrophages", BAGAEV),
    Signature("danaher_neutrophils", "Neutrophils (Danaher)", "myeloid suppression", "mean",
              "Danaher2017_Neutrophils", DANAHER, "Three of seven genes have no mouse gene."),
    Signature("panftbrs", "TGF-beta response of fibroblasts, 19 genes", "exclusion", "mean",
              "Mariathasan2018_PanFTBRS19", "10.1038/nature25501"),
    Signature("caf", "Cancer-associated fibroblasts", "exclusion", "mean",
              "Bagaev2021_CAF", BAGAEV),
    Signature("mcp_fibroblasts", "Fibroblasts (MCP-counter)", "exclusion", "mean",
              "MCPcounter_Fibroblasts", MCP),
    Signature("hallmark_tgfb", "TGF-beta signalling", "exclusion", "mean",
              "HALLMARK_TGF_BETA_SIGNALING_v7.0", HALLMARK),
    Signature("treg", "Regulatory T cells", "regulatory T cells", "mean", "Bagaev2021_Treg",
              BAGAEV),
    Signature("bagaev_b", "B cells (Bagaev)", "B cells", "mean", "Bagaev2021_B_cells", BAGAEV),
    Signature("danaher_b", "B cells (Danaher)", "B cells", "mean", "Danaher2017_B_cells", DANAHER),
    Signature("checkpoints", "Checkpoint molecules", "checkpoints", "mean",
              "Bagaev2021_Checkpoint_inhibition", BAGAEV),
    Signature("proliferation", "Proliferation", "proliferation", "mean",
              "Bagaev2021_Proliferation_rate", BAGAEV),
)  # fmt: skip


def signature(name: str) -> Signature:
    """Return the signature with an id.

    Raises
    ------
    KeyError
        If there is none; the message lists those there are.
    """
    for one in PANEL:
        if one.id == name:
            return one
    raise KeyError(f"no signature {name!r}; the panel has {[one.id for one in PANEL]}")


@lru_cache(maxsize=1)
def gene_lists() -> pd.DataFrame:
    """Return every gene of every signature.

    Returns
    -------
    pandas.DataFrame
        ``signature, gene_human, gene_mouse, weight, mapping``; a human gene with several mouse
        genes has them separated by ``|``, one without any has none; all by their current symbols.
        ``mapping`` says how the two were matched.
    """
    file = resources.files("smartcombo.immune") / "data" / "signatures.csv"
    with file.open(encoding="utf-8") as stream:
        table = pd.read_csv(stream)
    table["gene_mouse"] = [_current(names, "mouse") for names in table["gene_mouse"]]
    table["gene_human"] = [_current(names, "human") for names in table["gene_human"]]
    return table


def _current(names: object, species: Species) -> str | None:
    """Return genes separated by ``|`` by their current symbols; ``None`` where there is none."""
    if not isinstance(names, str):
        return None
    return "|".join(current_symbol(name, species) for name in names.split("|"))
