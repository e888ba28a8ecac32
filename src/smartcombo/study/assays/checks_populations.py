"""Checks of cell populations: percent or fraction, parts and wholes, counts and frequencies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding

ROUNDING = 0.01
"""Percentages are exported with two digits or more."""
FREQUENCY_SLACK = 0.5
"""Points of percent by which a frequency may differ from its counts: rounding, and not more."""
DISJOINT = ("CD8 T", "CD4 T", "NK", "B", "neutrophil", "monocyte", "macrophage")
"""Cell types that no cell is two of: their parts of one whole sum to it at most."""


def check_populations(file: str, rows: pd.DataFrame) -> list[Finding]:
    """Return what the values give away, before percent are made fractions.

    Parameters
    ----------
    rows
        ``sample, name, gate, population, cell_type, kind, of, percent, denominator, value,
        events, total, row``.
    """
    parts = rows[rows["kind"].eq("fraction") & rows["value"].notna()]
    if parts.empty:
        return []
    findings = [*_scale(file, parts), *_above(file, parts)]
    if findings and any(finding.severity == "error" for finding in findings):
        return findings
    whole = np.where(parts["percent"].eq(False), 1.0, 100.0)
    parts = parts.assign(percent_value=100 * parts["value"] / whole)
    return [*findings, *_nested(file, parts), *_sums(file, parts), *_counts(file, parts)]


def _scale(file: str, parts: pd.DataFrame) -> list[Finding]:
    """Find percent that look like fractions, and values of which neither is said."""
    findings = []
    for name, own in parts[parts["percent"].isna()].groupby("name", sort=False):
        if own["value"].max() <= 1:
            findings.append(
                _at(file, own.iloc[0], "percent-or-fraction", "error",
                    f"values up to {own['value'].max():g}, and 'of {own['of'].iloc[0]}'",
                    "percent or fraction to be said",
                    f'write "percent of {own["of"].iloc[0]}" or "fraction of '
                    f'{own["of"].iloc[0]}" as the denominator of {name!r}')
            )  # fmt: skip
    said = parts[parts["percent"].eq(True)]
    if len(said) and 0 < said["value"].max() <= 1:
        findings.append(
            _at(file, said.iloc[0], "fraction-called-percent", "warning",
                f"no percentage above {said['value'].max():g} in the table",
                "some population of more than 1%",
                'if 0.25 means a quarter, write "fraction of ..."')
        )  # fmt: skip
    return findings


def _above(file: str, parts: pd.DataFrame) -> list[Finding]:
    limit = np.where(parts["percent"].eq(False), 1.0, 100.0)
    return [
        _at(file, row, "above-whole", "error", f"{row['value']:g}",
            "at most 1 for a fraction, 100 for a percentage",
            'correct it; or the denominator: "percent of ..." for percentages')
        for _, row in parts[parts["value"] > limit * (1 + 1e-9)].iterrows()
    ]  # fmt: skip


def _nested(file: str, parts: pd.DataFrame) -> list[Finding]:
    """Find populations larger than the gate they lie in, by the same whole or by events."""
    findings = []
    for _, own in parts.groupby(["sample", "denominator"], sort=False):
        by_gate = own.set_index("gate")["percent_value"].to_dict()
        for _, row in own.iterrows():
            above = [g for g in by_gate if row["gate"].startswith(f"{g}/")]
            for gate in above:
                if row["percent_value"] > by_gate[gate] + ROUNDING:
                    findings.append(
                        _above_parent(file, row, f"{row['percent_value']:.4g}% of {row['of']}",
                                      f"{by_gate[gate]:.4g}% for {gate}")
                    )  # fmt: skip
    more = parts[parts["events"] > parts["total"]]
    return findings + [
        _above_parent(file, row, f"{row['events']:g} events", f"{row['total']:g} of {row['of']}")
        for _, row in more.iterrows()
    ]


def _above_parent(file: str, row: pd.Series, found: str, limit: str) -> Finding:
    return _at(file, row, "child-above-parent", "error",
               f"{found} for {row['population']} in {row['sample']}; {limit}",
               "a population no larger than the one it lies in",
               "correct the value, or the denominator")  # fmt: skip


def _sums(file: str, parts: pd.DataFrame) -> list[Finding]:
    findings = []
    apart = parts[parts["cell_type"].isin(DISJOINT)]
    for (sample, denominator), own in apart.groupby(["sample", "denominator"], sort=False):
        once = own.drop_duplicates("cell_type")
        total = once["percent_value"].sum()
        if total > 100 + ROUNDING * len(once):
            named = ", ".join(once["population"])
            findings.append(
                _at(file, once.iloc[-1], "parts-above-whole", "error",
                    f"{named} of {sample} sum to {total:.4g}% {denominator}",
                    "parts that sum to the whole at most",
                    "correct a value, or the denominator of one")
            )  # fmt: skip
    return findings


def _counts(file: str, parts: pd.DataFrame) -> list[Finding]:
    there = parts[(parts["total"] > 0) & parts["events"].notna()]
    expected = 100 * there["events"] / there["total"]
    off = there[(there["percent_value"] - expected).abs() > FREQUENCY_SLACK]
    return [
        _at(file, row, "count-not-frequency", "warning",
            f"{row['percent_value']:.4g}% of {row['of']} in {row['sample']}, and "
            f"{row['events']:g} of {row['total']:g} events",
            "a frequency that its counts give",
            "the frequency is used; check that both are of the same gates")
        for _, row in off.iterrows()
    ]  # fmt: skip


def _at(
    file: str, row: pd.Series, code: str, severity: str, found: str, expected: str, action: str
) -> Finding:
    return Finding(
        code, "error" if severity == "error" else "warning", found, expected, action, file,
        int(row["row"]), str(row["name"]), str(row["sample"]),
    )  # fmt: skip
