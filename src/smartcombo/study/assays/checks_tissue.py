"""Checks of samples against each other: other tissue, other sex, arms that differ by handling."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from smartcombo.core.finding import Finding
from smartcombo.study.assays.model import Expression
from smartcombo.study.genes.identifiers import Species
from smartcombo.study.model import Study

CCL21 = {"mouse": ("Ccl21a", "Ccl21b", "Ccl21c", "Ccl21d"), "human": ("CCL21",)}
B_CELL = {
    "mouse": ("Cd79a", "Cd79b", "Ms4a1", "Cr2", "Fcer2a"),
    "human": ("CD79A", "CD79B", "MS4A1", "CR2", "FCER2"),
}
MUSCLE = {
    "mouse": ("Acta1", "Ckm", "Mylpf", "Tnnt3", "Myh4", "Myh1"),
    "human": ("ACTA1", "CKM", "MYLPF", "TNNT3", "MYH1", "MYH2"),
}
ON_Y = {
    "mouse": ("Ddx3y", "Eif2s3y", "Kdm5d", "Uty"),
    "human": ("DDX3Y", "EIF1AY", "KDM5D", "UTY", "RPS4Y1"),
}
X_INACTIVE = {"mouse": "Xist", "human": "XIST"}
BURST = 3.0
"""Other tissue is named where its genes lie eight-fold (log2) above the median of the other
samples: tumours of one model differ by less."""
MUSCLE_LEVEL = 5.0
"""Mean log2 of muscle genes below which there is no muscle to speak of."""
EXPRESSED = 1.0
"""Mean log2 above which genes of a sex chromosome are on: 1 TPM."""
FEWEST_OTHERS = 3
LIBRARY_RATIO = 1.5
"""Arms whose geometric mean libraries differ by half are reported even where the test is quiet:
with five animals an arm it nearly always is."""
LIBRARY_LEVEL, LIBRARY_SMALL = 0.05, 1.25
NO_CONTROL = "use controls of the same model and day: a tumour's infiltrate changes with its age"


def check_tissue(
    expression: Expression, samples: pd.DataFrame, species: Species, file: str
) -> list[Finding]:
    """Return the samples whose genes say that they are not what the table says."""
    logs = expression.log2()
    known = samples.set_index("sample").loc[list(logs.columns)]
    return [
        *lymph_node(logs, known, species, file),
        *muscle(logs, known, species, file),
        *(
            sex_mismatch(logs, known, species, file)
            if expression.scale in ("tpm", "counts")
            else ()
        ),
    ]


def lymph_node(
    logs: pd.DataFrame, samples: pd.DataFrame, species: Species, file: str
) -> list[Finding]:
    """Find samples with lymph node: Ccl21 of its stroma and B cells, both far above the others."""
    stroma = _above_others(logs, samples, CCL21[species])
    cells = _above_others(logs, samples, B_CELL[species])
    both = stroma.index[(stroma > BURST) & (cells > BURST)]
    return [
        Finding("lymph-node", "warning",
                f"Ccl21 {2 ** stroma[sample]:.0f}-fold and genes of B cells "
                f"{2 ** cells[sample]:.0f}-fold above the other samples in {sample}",
                "a tumour without lymph node",
                "look at the histology: a node in the sample reads as a hot tumour", file, None, "",
                str(sample))
        for sample in both
    ]  # fmt: skip


def muscle(logs: pd.DataFrame, samples: pd.DataFrame, species: Species, file: str) -> list[Finding]:
    """Find samples with skeletal muscle under a tumour that grew into it."""
    above = _above_others(logs, samples, MUSCLE[species])
    level = _mean(logs, MUSCLE[species])
    return [
        Finding("muscle", "warning",
                f"muscle genes {2 ** above[sample]:.0f}-fold above the other samples in {sample}",
                "a tumour without muscle",
                "every other gene is diluted by it; look at the histology", file, None, "",
                str(sample))
        for sample in above.index[(above > BURST) & (level > MUSCLE_LEVEL)]
    ]  # fmt: skip


def _mean(logs: pd.DataFrame, genes: tuple[str, ...]) -> pd.Series:
    """Return the mean log2 of the genes there are; missing where there is none."""
    return logs.loc[logs.index.intersection(list(genes))].mean()


def _above_others(logs: pd.DataFrame, samples: pd.DataFrame, genes: tuple[str, ...]) -> pd.Series:
    """Return how far each sample lies above the median of the others of its model, log2."""
    level = _mean(logs, genes)
    above = pd.Series(np.nan, index=logs.columns)
    if level.isna().any():
        return above
    for _, own in level.groupby(samples["model"], sort=False):
        if len(own) > FEWEST_OTHERS:
            above[own.index] = [own[s] - own.drop(s).median() for s in own.index]
    return above


def sex_mismatch(
    logs: pd.DataFrame, samples: pd.DataFrame, species: Species, file: str
) -> list[Finding]:
    """Find samples whose sex is not the stated one, or not that of the others.

    A male tumour line in a female host shows genes of Y in all samples: that is no mismatch.
    """
    if X_INACTIVE[species] not in logs.index or _mean(logs, ON_Y[species]).isna().all():
        return []
    male = _mean(logs, ON_Y[species]) > EXPRESSED
    female = (logs.loc[X_INACTIVE[species]] > EXPRESSED) & ~male
    findings = []
    for model, own in samples.groupby("model", sort=False):
        stated = own["sex"].str.lower().str[:1]
        y = male[own.index]
        wrong = own.index[
            (stated.eq("f") & y & (not y.all())) | (stated.eq("m") & female[own.index])
        ]
        silent = own.index[stated.eq("")]
        common = y[silent].mean() >= 0.5
        odd = [s for s in silent if (y[s] if not common else female[s])]
        odd = odd if len(silent) > FEWEST_OTHERS else []
        findings += [_sex(file, str(model), str(s), bool(y[s])) for s in [*wrong, *odd]]
    return findings


def _sex(file: str, model: str, sample: str, male: bool) -> Finding:
    seen = "genes of the Y chromosome" if male else "Xist and no gene of the Y chromosome"
    return Finding(
        code="sex-mismatch",
        severity="warning",
        file=file,
        column="sex",
        subject=sample,
        found=f"{seen} in {sample}",
        expected=f"the sex stated, or that of the other samples of {model}",
        action="check that samples were not swapped",
    )


def library_confounded(expression: Expression, samples: pd.DataFrame, file: str) -> list[Finding]:
    """Find arms whose samples were sequenced deeper, or had more RNA, than those of another."""
    if expression.scale == "counts":
        size, what = expression.quality["library"], "library sizes"
    elif expression.scale == "nanostring":
        size, what = 1 / expression.quality["housekeeper_factor"], "housekeeper counts"
    else:
        return []
    findings = []
    known = samples.set_index("sample").loc[size.index]
    for place, own in _by_place(known):
        arms = {str(a): np.log(size[rows.index].to_numpy(float))
                for a, rows in own.groupby("arm", sort=False) if len(rows) > 1}  # fmt: skip
        if len(arms) < 2 or np.ptp(np.concatenate(list(arms.values()))) == 0:
            continue
        means = {arm: float(np.exp(logs.mean())) for arm, logs in arms.items()}
        low, high = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
        ratio, p = means[high] / means[low], float(stats.kruskal(*arms.values()).pvalue)
        if ratio > LIBRARY_RATIO or (p < LIBRARY_LEVEL and ratio > LIBRARY_SMALL):
            findings.append(
                Finding("library-confounded", "warning",
                        f"{what} of {high} {ratio:.1f} times those of {low}{place} (p = {p:.2g})",
                        "arms of like depth and input",
                        "weak genes differ by depth alone; check that the arms were handled "
                        "together", file, None, "library", high)
            )  # fmt: skip
    return findings


def _by_place(samples: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield where and when, in words, and the samples taken there and then."""
    for (model, day), own in samples.groupby(["model", "day"], sort=False, dropna=False):
        yield f" in {model}" + ("" if pd.isna(day) else f" on day {day:g}"), own


def check_design(study: Study, file: str) -> list[Finding]:
    """Return the treated samples without controls of their day or of their batch."""
    vehicles = {arm.id for arm in study.arms if arm.role == "vehicle"}
    findings: list[Finding] = []
    if not study.arms:
        return findings
    for (model, assay), own in study.samples.groupby(["model", "assay"], sort=False):
        for place, here in _by_place(own):
            control = here["arm"].isin(vehicles)
            treated = list(dict.fromkeys(here.loc[~control, "arm"]))
            if treated and not control.any():
                findings.append(_no_control(file, str(model), str(assay), place, own, vehicles))
                continue
            findings += _batches(file, place, here, control, treated)
    return findings


def _no_control(
    file: str, model: str, assay: str, place: str, own: pd.DataFrame, vehicles: set[str]
) -> Finding:
    days = sorted(own.loc[own["arm"].isin(vehicles), "day"].dropna().unique())
    there = f"; controls are of day {', '.join(f'{d:g}' for d in days)}" if days else ""
    return Finding(
        code="no-control-that-day",
        severity="warning",
        file=file,
        column="day",
        subject=model,
        found=f"treated samples{place} and no control{f' of {assay}' if assay else ''}{there}",
        expected="control samples of the same model and day",
        action=f"these samples are not compared with controls of another day; {NO_CONTROL}",
    )


def _batches(
    file: str, place: str, here: pd.DataFrame, control: pd.Series, treated: list[str]
) -> list[Finding]:
    ours = set(here.loc[control, "batch"]) - {""}
    if not ours:
        return []
    findings = []
    for arm in treated:
        theirs = set(here.loc[here["arm"] == arm, "batch"]) - {""}
        if theirs and not theirs & ours:
            findings.append(
                Finding("batch-confounded", "warning",
                        f"{arm} in batch {', '.join(sorted(theirs))}, its controls in "
                        f"{', '.join(sorted(ours))}{place}", "controls in each batch",
                        "a difference may be of the batch: it cannot be told from the treatment",
                        file, None, "batch", arm)
            )  # fmt: skip
    return findings
