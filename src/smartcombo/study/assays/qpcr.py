"""Quantitative PCR: cycle thresholds, long or wide, as minus delta-Ct."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.assays.matrix import Matrix
from smartcombo.study.assays.raw import RawExpression
from smartcombo.study.config import ExpressionTable, TableFacts
from smartcombo.study.tables import MISSING_WORDS, TextTable, find_column, load_table

UNDETERMINED = frozenset({"undetermined", "undet", "undet.", "no ct", "n.d.", ">40", "nd"})
"""Words of a well whose product never passed the threshold; a blank well was not measured."""
CYCLES = 40.0
"""Cycles run: the threshold of an undetermined well lies above."""
USUAL_HOUSEKEEPERS = (
    "Actb", "Gapdh", "Hprt", "Hprt1", "Tbp", "Ppia", "Ywhaz", "Sdha", "Gusb", "B2m", "18S", "Rn18s",
)  # fmt: skip
"""Used where none is stated, and where they were measured; compared without case, for both species
write them so."""
CT_RANGE = (1.0, 50.0)


def read_qpcr(
    path: Path, given: ExpressionTable, samples: list[str]
) -> tuple[RawExpression | None, list[Finding]]:
    """Return minus delta-Ct (log2 of expression over the housekeepers), genes x samples.

    Replicate wells are averaged. An undetermined well is at most what 40 cycles would give, and
    marked *censored*: never missing. A gene is censored in a sample where most of its wells are.

    References
    ----------
    Livak and Schmittgen 2001, 10.1006/meth.2001.1262.
    """
    facts = TableFacts(**given.model_dump(include=set(TableFacts.model_fields)))
    text, findings = load_table(path.parent, facts.model_copy(update={"file": path.name}))
    if text is None:
        return None, findings
    wells = _wells(text, facts, samples)
    if wells is None:
        return None, [_not_wells(path.name, list(text.cells.columns))]
    wells, findings = _thresholds(wells, given.decimal, path.name)
    if findings:
        return None, findings
    by = wells.groupby(["gene", "sample"], sort=False)
    order = list(dict.fromkeys(wells["sample"]))
    ct = by["ct"].mean().unstack().reindex(columns=order)
    censored = by["undetermined"].mean().unstack().reindex(columns=order) > 0.5
    keepers = _housekeepers(list(ct.index), given.housekeepers)
    if not keepers:
        return None, [_no_housekeeper(path.name, given.housekeepers, list(ct.index))]
    reference = ct.loc[list(keepers)].mean()
    values = -(ct - reference)
    findings = _lost_wells(path.name, values, censored.loc[list(keepers)])
    quality = pd.DataFrame({"housekeeper_ct": reference})
    matrix = Matrix(values, None, text.input)
    return RawExpression(matrix, "log2", quality, censored, keepers), findings


def _wells(text: TextTable, facts: TableFacts, samples: list[str]) -> pd.DataFrame | None:
    """Return one row a well: sample, gene, ct as text, row."""
    sample = find_column(text, facts, "sample", ("samplename", "sampleid"))
    gene = find_column(text, facts, "gene", ("target", "targetname", "assay", "detector", "symbol"))
    ct = find_column(text, facts, "ct", ("cq", "ctmean", "cp", "quantificationcycle"))
    cells, known = text.cells, set(samples)
    row = pd.Series(cells.index, index=cells.index)
    if sample and gene and ct:
        return pd.DataFrame(
            {"sample": cells[sample], "gene": cells[gene], "text": cells[ct], "row": row}
        )
    columns = [column for column in cells if column in known]
    key = gene if columns else sample
    key = key or next((c for c in cells if c not in columns), None)
    if key is None or not (columns or known & set(cells[key])):
        return None
    across = "sample" if columns else "gene"
    down = "gene" if columns else "sample"
    values = columns or [column for column in cells if column != key]
    long = cells.assign(row=row).melt(
        id_vars=[key, "row"], value_vars=values, var_name=across, value_name="text"
    )
    return long.rename(columns={key: down})


def _thresholds(wells: pd.DataFrame, decimal: str, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the wells with their threshold in cycles, and what is no threshold."""
    words = wells["text"].str.lower()
    undetermined = words.isin(UNDETERMINED)
    wells = wells[undetermined | ~words.isin(MISSING_WORDS)].assign(undetermined=undetermined)
    plain = wells["text"].str.replace(",", ".") if decimal == "," else wells["text"]
    ct = pd.to_numeric(plain, errors="coerce").mask(wells["undetermined"], CYCLES)
    bad = wells[~ct.between(*CT_RANGE)]
    findings = [
        Finding("bad-threshold", "error", repr(row.text), "a cycle threshold of 1 to 50, "
                "or Undetermined", "correct it, or leave the cell blank", file, int(row.row), "ct",
                str(row.sample))
        for row in bad.itertuples()
    ]  # fmt: skip
    return wells.assign(ct=ct.astype(float)), findings


def _housekeepers(genes: list[str], stated: tuple[str, ...]) -> tuple[str, ...]:
    """Return the stated housekeepers where all were measured, else the usual ones that were."""
    if stated:
        return stated if set(stated) <= set(genes) else ()
    usual = {name.lower() for name in USUAL_HOUSEKEEPERS}
    return tuple(gene for gene in genes if gene.lower() in usual)


def _lost_wells(file: str, values: pd.DataFrame, keepers: pd.DataFrame) -> list[Finding]:
    findings = []
    for sample in keepers.columns[keepers.any() | values.isna().all()]:
        findings.append(
            Finding("housekeeper-undetermined", "error", f"no housekeeper in sample {sample}",
                    "a threshold of each housekeeper in each sample",
                    "leave the sample out: without housekeepers nothing can be said of it", file,
                    None, "ct", str(sample))
        )  # fmt: skip
    blank = int(np.isnan(values.to_numpy()).sum())
    if blank and not findings:
        findings.append(
            Finding("blank-expression", "error", f"{blank} genes without a well in some sample",
                    "a well of each gene in each sample", "write Undetermined where no product "
                    "came; leave a gene out that was not measured in all", file)
        )  # fmt: skip
    return findings


def _no_housekeeper(file: str, stated: tuple[str, ...], genes: list[str]) -> Finding:
    return Finding(
        code="housekeeper-not-measured",
        severity="error",
        file=file,
        column="housekeepers",
        found=f"the genes {', '.join(genes[:12])}",
        expected=f"the housekeepers {', '.join(stated)}" if stated else "a housekeeping gene",
        action="state `housekeepers` in study.toml, as the table writes them",
    )


def _not_wells(file: str, columns: list[str]) -> Finding:
    return Finding(
        code="missing-column",
        severity="error",
        file=file,
        column="ct",
        found=f"the columns {', '.join(columns[:8])}",
        expected="sample, gene and ct; or thresholds under sample ids",
        action='name them: columns = { sample = "...", gene = "...", ct = "..." }',
    )
