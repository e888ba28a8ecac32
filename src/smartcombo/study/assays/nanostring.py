"""NanoString nCounter: lanes read raw, judged by their controls, normalised."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from smartcombo.core.finding import Finding
from smartcombo.study.assays.matrix import Matrix
from smartcombo.study.assays.raw import RawExpression
from smartcombo.study.config import ExpressionTable, TableFacts, sha256
from smartcombo.study.model import InputFile
from smartcombo.study.tables import find_column, load_table, unreadable

POSITIVE_FM = {"A": 128.0, "B": 32.0, "C": 8.0, "D": 2.0, "E": 0.5, "F": 0.125}
"""Concentration of the positive controls, fM; F is below the limit of detection by design, and
scales nothing."""
LEAST_FOV_RATIO = 0.75
BINDING_DENSITY = (0.05, 2.25)
LEAST_LINEARITY = 0.95
POSITIVE_FACTOR = (0.3, 3.0)
LOW_INPUT = 3.0
"""A lane scaled up more than three-fold by its housekeepers had a third of the RNA of the others:
within the vendor's limits (0.1 to 10), and its weak genes are noise."""
STABLE_CV = 0.4
"""Housekeepers that vary by more than this after normalisation by all of them are left out."""
LEAST_HOUSEKEEPERS = 3
ATTRIBUTES = {
    "fovcount": "fov_count", "fovcounted": "fov_counted", "bindingdensity": "binding_density",
}  # fmt: skip


@dataclass(frozen=True)
class Lanes:
    """Raw counts of lanes.

    Attributes
    ----------
    counts
        Codes x samples, index the code's name.
    kinds
        Code class of each row of ``counts``: ``"endogenous"``, ``"housekeeping"``, ``"positive"``
        or ``"negative"``.
    attributes
        One row a sample: ``fov_count``, ``fov_counted``, ``binding_density``.
    """

    counts: pd.DataFrame
    kinds: pd.Series
    attributes: pd.DataFrame
    input: InputFile


def read_nanostring(
    path: Path, given: ExpressionTable, samples: list[str]
) -> tuple[RawExpression | None, list[Finding]]:
    """Return normalised NanoString counts with the quality of each lane.

    Counts are multiplied by the positive-control factor (geometric mean of POS_A to POS_E against
    its mean over lanes), then by the same of the housekeepers. Nothing is subtracted: a count at or
    below the mean of the negative controls plus two standard deviations is marked *censored*.

    References
    ----------
    nCounter Expression Data Analysis Guide, MAN-C0011; Vandesompele 2002 on choosing housekeepers
    by stability, 10.1186/gb-2002-3-7-research0034.
    """
    reader = _read_folder if path.is_dir() else _read_flat
    lanes, findings = reader(path, given, samples)
    if lanes is None:
        return None, findings
    return normalised(lanes, given.housekeepers, path.name, findings)


def normalised(
    lanes: Lanes, stated: tuple[str, ...], file: str, findings: list[Finding]
) -> tuple[RawExpression | None, list[Finding]]:
    """Return lanes normalised by positive controls and by housekeepers, stated or stable ones."""
    genes = lanes.kinds.isin(["endogenous", "housekeeping"]).to_numpy()
    quality = lane_quality(lanes)
    scaled = lanes.counts * quality["positive_factor"]
    chosen, more = _housekeepers(lanes, scaled, stated, file)
    findings = [*findings, *more]
    if not chosen:
        return None, findings
    quality["housekeeper_factor"] = _factor(scaled.loc[list(chosen)])
    values = (scaled * quality["housekeeper_factor"])[genes]
    background = quality["background"]
    censored = (lanes.counts <= background)[genes]
    matrix = Matrix(values, None, lanes.input)
    raw = RawExpression(matrix, "nanostring", quality, censored, chosen)
    return raw, findings + _lane_findings(quality, file)


def lane_quality(lanes: Lanes) -> pd.DataFrame:
    """Return one row a sample: what the controls of its lane say.

    ``fov_ratio`` (imaged fields), ``binding_density``, ``linearity`` (R2 of log counts of POS_A to
    POS_F on their log concentration), ``background`` (mean plus two SD of the negative controls),
    ``positive_e`` (count of POS_E, to lie above it), ``positive_factor``, ``library`` (sum of
    endogenous counts).
    """
    at = lanes.attributes
    kinds = lanes.kinds.to_numpy()
    positive = lanes.counts[kinds == "positive"]
    letters = [str(name).split("(")[0].strip()[-1].upper() for name in positive.index]
    in_order = positive.set_axis(letters, axis=0).reindex(list(POSITIVE_FM))
    negative = lanes.counts[kinds == "negative"]
    return pd.DataFrame(
        {
            "library": lanes.counts[kinds == "endogenous"].sum(),
            "fov_ratio": at["fov_counted"] / at["fov_count"],
            "binding_density": at["binding_density"],
            "linearity": _linearity(in_order),
            "background": negative.mean() + 2 * negative.std(),
            "positive_e": in_order.loc["E"],
            "positive_factor": _factor(in_order.drop("F")),
        }
    )


def _linearity(positive: pd.DataFrame) -> pd.Series:
    log_fm = np.log2(np.array(list(POSITIVE_FM.values())))
    logs = np.log2(positive.clip(lower=1))
    r = [np.corrcoef(log_fm, logs[sample])[0, 1] ** 2 for sample in logs]
    return pd.Series(r, index=positive.columns)


def _factor(counts: pd.DataFrame) -> pd.Series:
    """Return the mean over lanes of the geometric means, by the geometric mean of each lane."""
    middle = np.exp(np.log(counts.clip(lower=1)).mean())
    return middle.mean() / middle


def _housekeepers(
    lanes: Lanes, scaled: pd.DataFrame, stated: tuple[str, ...], file: str
) -> tuple[tuple[str, ...], list[Finding]]:
    """Return the housekeepers to use: as stated, else those that vary little between lanes."""
    unknown = [gene for gene in stated if gene not in scaled.index]
    if unknown:
        return (), [_unknown_housekeepers(file, unknown)]
    if stated:
        return stated, []
    offered = list(lanes.counts.index[(lanes.kinds == "housekeeping").to_numpy()])
    if len(offered) < LEAST_HOUSEKEEPERS:
        return (), [_few_housekeepers(file, offered)]
    own = scaled.loc[offered]
    variation = own.mul(_factor(own)).pipe(lambda t: t.std(axis=1) / t.mean(axis=1))
    stable = [gene for gene in offered if variation[gene] <= STABLE_CV]
    if len(stable) < LEAST_HOUSEKEEPERS:
        stable = list(variation.nsmallest(LEAST_HOUSEKEEPERS).index)
    left = [f"{gene} ({variation[gene]:.2f})" for gene in offered if gene not in stable]
    return tuple(stable), [_unstable(file, left, len(stable))] if left else []


def _read_folder(
    path: Path, given: ExpressionTable, samples: list[str]
) -> tuple[Lanes | None, list[Finding]]:
    """Return the lanes of a folder of RCC files, one a sample."""
    files = sorted(f for f in path.iterdir() if f.suffix.lower() == ".rcc")
    if not files:
        return None, [unreadable(path, ValueError("no .RCC file in this folder"))]
    lanes = [_read_lane(file) for file in files]
    broken = [file for file, (_, table) in zip(files, lanes, strict=True) if table.empty]
    if broken:
        return None, [unreadable(broken[0], ValueError("no <Code_Summary> with counts"))]
    names = [_lane_name(f, a, samples) for f, (a, _) in zip(files, lanes, strict=True)]
    counts = pd.concat([t["Count"] for _, t in lanes], axis=1, keys=names)
    kinds = lanes[0][1]["CodeClass"].reindex(counts.index).str.lower()
    attributes = pd.DataFrame([_numbers_of(a) for a, _ in lanes], index=names)
    if not {"positive", "negative"} <= set(kinds):
        return None, [_no_controls(path.name, sorted(set(kinds)))]
    digest = sha256(b"".join(file.read_bytes() for file in files))
    source = InputFile(path.name, digest, len(files))
    return Lanes(counts.astype(float), kinds, attributes, source), []


def _read_lane(path: Path) -> tuple[dict[str, str], pd.DataFrame]:
    """Return the attributes of a lane, and its counts by code name."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    blocks = dict(re.findall(r"<(\w+)>\s*\n(.*?)</\1>", text, re.DOTALL))
    pairs = [line.split(",", 1) for name in ("Sample_Attributes", "Lane_Attributes")
             for line in blocks.get(name, "").splitlines() if "," in line]  # fmt: skip
    attributes: dict[str, str] = {}
    for key, value in pairs:
        attributes.setdefault(key.strip(), value.strip())
    rows = [line.split(",") for line in blocks.get("Code_Summary", "").splitlines() if line.strip()]
    if len(rows) < 2 or "Count" not in rows[0]:
        return attributes, pd.DataFrame()
    table = pd.DataFrame(rows[1:], columns=rows[0]).set_index("Name")
    return attributes, table.assign(Count=pd.to_numeric(table["Count"]))


def _lane_name(file: Path, attributes: dict[str, str], samples: list[str]) -> str:
    """Return the sample a lane is of: by its file name, a part of it, or the sample id inside."""
    parts = [file.stem, attributes.get("ID", ""), *file.stem.split("_")]
    return next((part for part in parts if part in set(samples)), file.stem)


def _numbers_of(attributes: dict[str, str]) -> dict[str, float]:
    plain = {re.sub(r"[^a-z]", "", key.lower()): value for key, value in attributes.items()}
    return {name: float(plain.get(key) or "nan") for key, name in ATTRIBUTES.items()}


CLASS_COLUMNS = ("codeclass", "classname", "class")
NAME_COLUMNS = ("genename", "probename", "name")


def _read_flat(
    path: Path, given: ExpressionTable, samples: list[str]
) -> tuple[Lanes | None, list[Finding]]:
    """Return the lanes of a table with code class and name, as nSolver exports it."""
    facts = TableFacts(**given.model_dump(include=set(TableFacts.model_fields)))
    text, findings = load_table(path.parent, facts.model_copy(update={"file": path.name}))
    if text is None:
        return None, findings
    kind = find_column(text, facts, "class", CLASS_COLUMNS)
    name = find_column(text, facts, "gene", NAME_COLUMNS)
    columns = [column for column in text.cells if column in set(samples)]
    if kind is None or name is None or not columns:
        return None, [_not_lanes(path.name, list(text.cells.columns))]
    cells = text.cells
    plain = cells[kind].where(cells[kind] != "", cells[name])
    plain = plain.str.lower().str.replace(r"[^a-z]", "", regex=True)
    at = {label: cells.loc[plain == key, columns] for key, label in ATTRIBUTES.items()}
    attributes = pd.DataFrame(
        {label: pd.to_numeric(rows.iloc[0] if len(rows) else pd.Series(np.nan, columns))
         for label, rows in at.items()}
    )  # fmt: skip
    codes = plain.isin(["endogenous", "housekeeping", "positive", "negative"])
    counts = cells.loc[codes, columns].apply(pd.to_numeric, errors="coerce")
    counts.index = pd.Index(cells.loc[codes, name])
    kinds = pd.Series(plain[codes].to_numpy(), index=counts.index)
    if not {"positive", "negative"} <= set(kinds):
        return None, [_no_controls(path.name, sorted(set(kinds)))]
    return Lanes(counts, kinds, attributes, replace(text.input, rows=len(counts))), findings


Judge = Callable[[pd.DataFrame], pd.Series]
LANE_LIMITS: tuple[tuple[str, str, Judge], ...] = (
    ("fov_ratio", f"at least {LEAST_FOV_RATIO:g} of the fields imaged",
     lambda q: q["fov_ratio"] < LEAST_FOV_RATIO),
    ("binding_density", "a binding density of 0.05 to 2.25",
     lambda q: ~q["binding_density"].between(*BINDING_DENSITY) & q["binding_density"].notna()),
    ("linearity", f"an R2 of at least {LEAST_LINEARITY:g} of the positive controls",
     lambda q: q["linearity"] < LEAST_LINEARITY),
    ("positive_e", "POS_E above the background",
     lambda q: q["positive_e"] <= q["background"]),
    ("positive_factor", "a factor of 0.3 to 3",
     lambda q: ~q["positive_factor"].between(*POSITIVE_FACTOR)),
)  # fmt: skip
"""What is judged of a lane, what is expected, and which lanes fail."""


def _lane_findings(quality: pd.DataFrame, file: str) -> list[Finding]:
    findings = []
    for column, expected, fails in LANE_LIMITS:
        for sample in quality.index[fails(quality)]:
            value = quality.at[sample, column]
            findings.append(
                Finding("lane-quality", "warning", f"{column} {value:.3g} in {sample}", expected,
                        "look at the image of the lane; it is analysed as read", file, None,
                        column, str(sample))
            )  # fmt: skip
    low = quality["housekeeper_factor"] > LOW_INPUT
    for sample in quality.index[low]:
        factor = quality.at[sample, "housekeeper_factor"]
        findings.append(
            Finding("lane-low-input", "warning",
                    f"{sample} scaled up {factor:.1f}-fold by its housekeepers",
                    f"at most {LOW_INPUT:g}-fold: lanes of like input",
                    "its weak genes are noise; check the RNA, and that the arms got alike",
                    file, None, "housekeeper_factor", str(sample))
        )  # fmt: skip
    return findings


def _unstable(file: str, left: list[str], kept: int) -> Finding:
    return Finding(
        code="unstable-housekeeper",
        severity="note",
        file=file,
        found=f"housekeepers that vary between lanes (CV): {', '.join(left)}",
        expected=f"a CV of at most {STABLE_CV:g} after normalisation by all",
        action=f"the other {kept} are used; state `housekeepers` to choose yourself",
    )


def _unknown_housekeepers(file: str, names: list[str]) -> Finding:
    return Finding(
        code="housekeeper-not-measured",
        severity="error",
        file=file,
        column="housekeepers",
        found=f"no values of {', '.join(names)}",
        expected="housekeepers that were measured",
        action="correct `housekeepers` in study.toml",
    )


def _few_housekeepers(file: str, offered: list[str]) -> Finding:
    return Finding(
        code="few-housekeepers",
        severity="error",
        file=file,
        found=f"{len(offered)} housekeepers: {', '.join(offered) or 'none'}",
        expected=f"at least {LEAST_HOUSEKEEPERS}",
        action="state `housekeepers` in study.toml",
    )


def _no_controls(file: str, kinds: list[str]) -> Finding:
    return Finding(
        code="no-lane-controls",
        severity="error",
        file=file,
        found=f"the code classes {', '.join(kinds) or 'none'}",
        expected="positive and negative controls, as in a raw export",
        action='export raw counts; or, where only normalised values exist, state format = "table" '
        'and scale = "log" with its log_base',
    )


def _not_lanes(file: str, columns: list[str]) -> Finding:
    return Finding(
        code="missing-column",
        severity="error",
        file=file,
        column="class",
        found=f"the columns {', '.join(columns[:8])}",
        expected="code class, gene name, and a column for each sample",
        action='name them: columns = { class = "...", gene = "..." }',
    )
