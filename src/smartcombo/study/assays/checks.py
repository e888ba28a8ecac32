"""Checks of expression: is the scale what it is said to be, can these be samples of a tumour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.assays.model import Expression
from smartcombo.study.assays.raw import RawExpression
from smartcombo.study.config import ExpressionTable
from smartcombo.study.genes.identifiers import Species

WHOLE_GENOME = 5_000
"""From this number of genes on, a table is of the whole genome: what is not in it was zero."""
TPM_SUM = 1e6
TPM_SLACK = 0.02
"""TPM of a whole genome sum to a million; filtered tables to less, never to more than this over."""
SMALLEST_LOG2_MAXIMUM = 6.0
"""In any sample some gene has more than 64 TPM; log2 of log2 never passes 4.5."""
LARGEST_LOG2 = 30.0
"""2^30 is more than the reads of a sample."""
EVER_EXPRESSED = {"mouse": ("Actb", "B2m", "Gapdh"), "human": ("ACTB", "B2M", "GAPDH")}
PANEL = (
    "Cd8a", "Cd8b1", "Cd3e", "Cd3d", "Cd4", "Foxp3", "Gzma", "Gzmb", "Prf1", "Ifng", "Stat1",
    "Irf7", "Ccl2", "Ccl5", "Cxcl9", "Cxcl10", "Cxcl11", "Cd274", "Pdcd1", "Ctla4", "Lag3",
    "Tigit", "Cd27", "Psmb10", "H2-K1", "H2-D1", "H2-Aa", "Nkg7", "Ncr1", "Klrk1", "Cd19",
    "Adgre1", "Itgam", "Tgfb1", "Acta2", "Mki67",
)  # fmt: skip
"""Genes of the panel that some cell of any tumour expresses; in all samples zero is a fault."""


def check_values(raw: RawExpression, given: ExpressionTable, file: str) -> list[Finding]:
    """Return what the numbers themselves give away, before any gene is named."""
    values = raw.matrix.values
    if values.empty:
        return []
    found = [check(values, raw, file) for check in VALUE_CHECKS]
    return [finding for findings in found for finding in findings]


def negative_values(values: pd.DataFrame, raw: RawExpression, file: str) -> list[Finding]:
    """Find values below zero on a scale that has none."""
    below = int((values < 0).sum().sum())
    if raw.scale == "log2" or not below:
        return []
    row, column = np.argwhere(values.to_numpy() < 0)[0]
    return [
        Finding(
            code="negative-expression",
            severity="error",
            file=file,
            row=int(row) + 2,
            column=str(values.columns[column]),
            found=f"{below:,} negative values, the first {values.iat[row, column]:.4g}; "
            f"scale = {raw.scale!r}",
            expected="zero or more",
            action="these were changed after counting, as batch correction does: give the table "
            "before it, or the logarithms they come from",
        )
    ]


def log_twice(values: pd.DataFrame, raw: RawExpression, file: str) -> list[Finding]:
    """Find logarithms of logarithms, or of another base than stated."""
    top = float(values.to_numpy().max())
    if raw.scale != "log2" or len(values) < WHOLE_GENOME or top >= SMALLEST_LOG2_MAXIMUM:
        return []
    return [
        _scale_finding(
            "log-twice", file, f"a highest value of {top:.2f} on the log2 scale",
            f"above {SMALLEST_LOG2_MAXIMUM:g} in a table of {len(values):,} genes",
            "the logarithm was taken twice, or log_base is another: state it, or give TPM",
        )
    ]  # fmt: skip


def not_a_log(values: pd.DataFrame, raw: RawExpression, file: str) -> list[Finding]:
    """Find counts or TPM that are said to be logarithms."""
    top = float(values.to_numpy().max())
    if raw.scale != "log2" or top <= LARGEST_LOG2:
        return []
    return [
        _scale_finding(
            "not-a-log", file, f"a highest value of {top:,.0f} on the log2 scale",
            f"at most {LARGEST_LOG2:g}", 'state scale = "counts" or "tpm"',
        )
    ]  # fmt: skip


def log_called_linear(values: pd.DataFrame, raw: RawExpression, file: str) -> list[Finding]:
    """Find logarithms that are said to be counts or TPM."""
    top = float(values.to_numpy().max())
    if raw.scale not in ("tpm", "counts") or len(values) < WHOLE_GENOME or top > LARGEST_LOG2:
        return []
    return [
        _scale_finding(
            "log-called-linear", file, f"a highest value of {top:.4g}; scale = {raw.scale!r}",
            "some gene with thousands in each sample",
            'these are logarithms: state scale = "log", log_base and log_offset',
        )
    ]  # fmt: skip


def counts_called_tpm(values: pd.DataFrame, raw: RawExpression, file: str) -> list[Finding]:
    """Find whole numbers, or sums above a million, under the name of TPM."""
    if raw.scale != "tpm":
        return []
    cells, sums = values.to_numpy(), values.sum()
    whole = bool((cells == np.round(cells)).all()) and bool((cells > 1).any())
    over = sums.max() > TPM_SUM * (1 + TPM_SLACK)
    if not (whole or over):
        return []
    kind = "whole numbers only" if whole else "numbers"
    return [
        _scale_finding(
            "counts-called-tpm", file,
            f"{kind}, samples that sum to {sums.min():,.0f} to {sums.max():,.0f}; scale = 'tpm'",
            "fractions that sum to 1,000,000 in each sample (less in a filtered table)",
            'state scale = "counts", or divide by gene length and library',
        )
    ]  # fmt: skip


def tpm_called_counts(values: pd.DataFrame, raw: RawExpression, file: str) -> list[Finding]:
    """Find TPM or CPM under the name of counts: all samples sum to the same million."""
    sums = values.sum()
    if raw.scale != "counts" or len(sums) < 2:
        return []
    whole = bool((values.to_numpy() == np.round(values.to_numpy())).all())
    if whole or bool((np.abs(sums / TPM_SUM - 1) > TPM_SLACK).any()):
        return []
    return [
        _scale_finding(
            "tpm-called-counts", file, "samples that all sum to 1,000,000; scale = 'counts'",
            "library sizes that differ between samples",
            'state scale = "tpm"; give counts under [tables.counts] for differential expression',
        )
    ]  # fmt: skip


def _scale_finding(code: str, file: str, found: str, expected: str, action: str) -> Finding:
    return Finding(code, "error", found, expected, action, file, None, "scale")


def check_genes(expression: Expression, species: Species, file: str) -> list[Finding]:
    """Return the genes of the panel, and the housekeeping genes, that no sample has."""
    if expression.scale in ("log2", "nanostring"):
        return []
    values = expression.values
    whole = len(values) >= WHOLE_GENOME
    read = set(values.index[(values > 0).any(axis=1)])
    asked = [*EVER_EXPRESSED[species], *_panel(species)]
    none = [g for g in dict.fromkeys(asked) if g not in read and (whole or g in values.index)]
    masked = set(values.index) - set(expression.usable())
    none = [gene for gene in none if gene not in masked]
    ever = [gene for gene in none if gene in EVER_EXPRESSED[species]]
    findings = []
    if ever:
        findings.append(
            Finding(
                code="housekeeping-zero",
                severity="warning",
                file=file,
                found=f"{', '.join(ever)} zero in every sample",
                expected="expression in every cell",
                action="the counting lost this gene, and others with it: count again, "
                "allowing reads that overlap two genes",
            )
        )
    if none:
        findings.append(
            Finding(
                code="panel-gene-zero",
                severity="warning",
                file=file,
                found=f"{len(none)} genes of the immune panel zero in every sample or not in the "
                f"table: {', '.join(none)}",
                expected="some expression in some sample",
                action="signatures are scored without them and say so; zero in all samples is not "
                "absence of cells",
            )
        )
    return findings


def _panel(species: Species) -> list[str]:
    """Return the panel in the symbols of a species."""
    if species == "mouse":
        return list(PANEL)
    from smartcombo.study.genes import map_orthologs

    pairs = map_orthologs(PANEL, "mouse").kept
    return list(dict.fromkeys(pairs.loc[pairs["kind"] == "one-to-one", "counterpart"]))


VALUE_CHECKS: tuple[Callable[[pd.DataFrame, RawExpression, str], list[Finding]], ...] = (
    negative_values,
    log_twice,
    not_a_log,
    log_called_linear,
    counts_called_tpm,
    tpm_called_counts,
)
