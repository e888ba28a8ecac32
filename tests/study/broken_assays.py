"""A small sound study of samples, and one mistake at a time to make of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from broken import ARMS, Mistake, write_sound
from scipy import sparse
from scipy.io import mmwrite

from smartcombo.study.assays.checks import EVER_EXPRESSED, PANEL

TAKEN = 4
DAY = 16
GENES = 400
IN_FULL = '\n[tables.samples]\nfile = "samples.csv"\n\n[tables.expression]\n'
TOML = IN_FULL + 'file = "expression.csv"\nscale = "tpm"\n'
OWN = (
    "H2-Ea", "Xist", "Ddx3y", "Eif2s3y", "Kdm5d", "Uty", "Ccl21a", "Ccl21b", "Cd79a", "Cd79b",
    "Ms4a1", "Cr2", "Fcer2a", "Acta1", "Ckm", "Mylpf", "Tnnt3", "Myh4", "Tbp", "Hprt", "Marchf1",
)  # fmt: skip
LOW = 0.01
"""TPM of tissue genes in a sound tumour."""
NO_GENE = 90_000_000_000
"""From this number on no gene has an Ensembl id."""
E = "expression.csv"
S = "samples.csv"


def taken() -> list[tuple[str, str, str]]:
    """Return sample, animal and arm of each sample; the animals have no volumes."""
    return [(f"S-{arm}{k}", f"{arm}-s{k}", arm) for arm in ARMS for k in range(1, TAKEN + 1)]


@cache
def tpm() -> pd.DataFrame:
    """Return expression of tumours of females: genes x samples."""
    known = list(dict.fromkeys([*EVER_EXPRESSED["mouse"], *PANEL, *OWN]))
    genes = [*known, *(f"Gene{k}x" for k in range(GENES - len(known)))]
    rng = np.random.default_rng(1)
    values = rng.lognormal(2, 1.5, (GENES, len(taken())))
    table = pd.DataFrame(values, index=genes, columns=[sample for sample, _, _ in taken()])
    table.loc[["Actb", "B2m", "Gapdh"]] = 4_000.0
    table.loc["Ccl21a":"Myh4"] = LOW
    table.loc["Ddx3y":"Uty"] = 0.0
    table.loc["Xist"] = 20.0
    return table / table.sum() * 1e6


def write_sound_samples(folder: Path) -> Path:
    """Write the sound study of growth with samples of other animals on one day."""
    write_sound(folder)
    toml = folder / "study.toml"
    text = toml.read_text(encoding="utf-8").replace('id = "CT26"', 'id = "CT26"\nstrain = "BALB/c"')
    toml.write_text(text + TOML, encoding="utf-8")
    lines = ["sample,animal,arm,day,batch,assay,sex"]
    lines += [f"{s},{a},{arm},{DAY},{a[-1]},RNA-seq,F" for s, a, arm in taken()]
    (folder / S).write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_table(folder, tpm())
    return folder


def write_table(folder: Path, table: pd.DataFrame) -> None:
    """Write the table of values."""
    table.round(3).to_csv(folder / E, index_label="gene")


def _edit(file: str, pattern: str, replacement: str, count: int = 1) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        changed = re.sub(pattern, replacement, text, count=count, flags=re.MULTILINE)
        assert changed != text, f"{pattern!r} is not in {file}"
        path.write_text(changed, encoding="utf-8")

    return change


def _values(
    change: Callable[[pd.DataFrame], pd.DataFrame], toml: str = TOML
) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        write_table(folder, change(tpm().copy()))
        path = folder / "study.toml"
        path.write_text(path.read_text(encoding="utf-8").replace(TOML, toml), encoding="utf-8")

    return apply


def _set(genes: list[str], value: float, samples: str = "S-") -> Callable[[Path], None]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[genes, [c for c in table if c.startswith(samples)]] = value
        return table

    return _values(change)


def _renamed(names: dict[str, str]) -> Callable[[Path], None]:
    return _values(lambda table: table.rename(index=names))


def _ids(prefix: str) -> Callable[[Path], None]:
    return _values(lambda t: t.set_axis([f"{prefix}{k + NO_GENE:011}.2" for k in range(len(t))]))


def _without_any_table(folder: Path) -> None:
    path = folder / "study.toml"
    text = re.sub(r"\[tables\.\w+\]\n(?:[^\[\n].*\n)*", "", path.read_text(encoding="utf-8"))
    path.write_text(text.replace("[limits]", "[tables]\n\n[limits]"), encoding="utf-8")


def _stated(folder: Path, stated: str) -> None:
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(TOML, IN_FULL + stated), encoding="utf-8")


ENDOGENOUS = [*PANEL[:20], *(f"Gene{k}x" for k in range(80))]
HOUSEKEEPERS = ("Tbp", "Hprt", "Gusb", "Sdha", "Ppia")
POSITIVE = {f"POS_{c}": 3e4 / 4**k for k, c in enumerate("ABCDEF")}


def lanes() -> pd.DataFrame:
    """Return sound NanoString lanes: kind and name of each code, and its counts by sample."""
    names = [sample for sample, _, _ in taken()]
    rng = np.random.default_rng(2)
    rows = [("Positive", n, [v] * len(names)) for n, v in POSITIVE.items()]
    rows += [("Negative", f"NEG_{c}", rng.integers(5, 12, len(names))) for c in "ABCDEFGH"]
    rows += [("Housekeeping", g, 900 * rng.uniform(0.9, 1.1, len(names))) for g in HOUSEKEEPERS]
    rows += [("Endogenous", g, rng.lognormal(5, 1) * rng.uniform(0.8, 1.2, len(names)))
             for g in ENDOGENOUS]  # fmt: skip
    frame = pd.DataFrame([v for _, _, v in rows], columns=names).round()
    frame.insert(0, "Name", [name for _, name, _ in rows])
    frame.insert(0, "CodeClass", [kind for kind, _, _ in rows])
    return frame


ATTRIBUTES = {"FovCount": 500.0, "FovCounted": 490.0, "BindingDensity": 0.8}


def write_rcc(
    folder: Path, table: pd.DataFrame, attributes: dict[str, dict[str, float]] | None = None
) -> None:
    """Write one RCC file a lane."""
    folder.mkdir(exist_ok=True)
    for sample in table.columns[2:]:
        own = (attributes or {}).get(sample, ATTRIBUTES)
        lines = ["<Header>", "FileVersion,1.7", "</Header>", "<Sample_Attributes>", "ID,1",
                 "GeneRLF,X", "</Sample_Attributes>", "<Lane_Attributes>", "ID,7",
                 *(f"{k},{v:g}" for k, v in own.items()), "</Lane_Attributes>",
                 "<Code_Summary>", "CodeClass,Name,Accession,Count"]  # fmt: skip
        lines += [f"{row.CodeClass},{row.Name},NM_1,{table.at[row.Index, sample]:.0f}"
                  for row in table.itertuples()]  # fmt: skip
        lines += ["</Code_Summary>", "<Messages>", "</Messages>"]
        (folder / f"{sample}.RCC").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _lanes(
    change: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table,
    attributes: dict[str, dict[str, float]] | None = None,
    more: str = "",
) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        write_rcc(folder / "lanes", change(lanes()), attributes)
        _stated(folder, 'file = "lanes"\n' + more)

    return apply


def _counted(names: tuple[str, ...], factor: float, samples: str) -> Callable[..., pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        columns = [c for c in table if c.startswith(samples)]
        rows = table["Name"].str.startswith(names)
        table.loc[rows, columns] = table.loc[rows, columns] * factor
        return table

    return change


def wells() -> pd.DataFrame:
    """Return sound cycle thresholds: two wells of each gene and sample."""
    rng = np.random.default_rng(3)
    rows = [(s, g, 18 + 9 * (g != "Tbp") + float(rng.normal(0, 0.1)))
            for s, _, _ in taken() for g in ("Tbp", "Cd8a", "Cxcl9") for _ in range(2)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["Sample", "Target", "Ct"])
    return table.assign(Ct=table["Ct"].map("{:.2f}".format))


def _wells(change: Callable[[pd.DataFrame], pd.DataFrame], more: str = "") -> Callable:
    def apply(folder: Path) -> None:
        change(wells()).to_csv(folder / E, index=False)
        _stated(folder, f'file = "{E}"\nformat = "qpcr"\n' + more)

    return apply


def _threshold(sample: str, gene: str, text: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[table["Sample"].eq(sample) & table["Target"].eq(gene), "Ct"] = text
        return table

    return change


def write_10x(folder: Path, cells: int, genes: tuple[str, ...] = PANEL) -> np.ndarray:
    """Write a 10x folder of so many cells, each with one count of each gene but the first."""
    folder.mkdir(parents=True)
    counts = np.ones((len(genes), cells), dtype=int)
    counts[0] = 0
    mmwrite(folder / "matrix.mtx", sparse.coo_matrix(counts))
    lines = [f"ENSMUSG{k + NO_GENE:011}.1\t{gene}\tGene Expression" for k, gene in enumerate(genes)]
    (folder / "features.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    codes = "\n".join(f"AAC{k}-1" for k in range(cells))
    (folder / "barcodes.tsv").write_text(codes + "\n", encoding="utf-8")
    return counts


def _ten_x(folder: Path) -> None:
    for k, (sample, _, _) in enumerate(taken()):
        write_10x(folder / "cells" / sample, 20 if k == 0 else 60)
    _stated(folder, 'file = "cells"\n')


def _one_10x(folder: Path) -> None:
    write_10x(folder / "cells", 60)
    _stated(folder, 'file = "cells"\n')


def _deeper(table: pd.DataFrame) -> pd.DataFrame:
    table = (20 * table).round()
    both = [c for c in table if c.startswith("S-both")]
    return table.assign(**{c: 2 * table[c] for c in both})


def _sampled(arm: str, column: int, text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / S
        rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
        for row in rows[1:]:
            row[column] = text if row[2] == arm else row[column]
        path.write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8")

    return change


LOG = TOML.replace('"tpm"', '"log"')
COUNTS = TOML.replace('"tpm"', '"counts"')
FIRST = "S-vehicle1"

ASSAY_MISTAKES = (
    Mistake("no-table", _without_any_table, where="study.toml", found="neither"),
    Mistake("no-samples-table", _edit("study.toml", r'\[tables.samples\]\nfile.*$', ""),
            where="column tables.expression"),
    Mistake("sample-without-animal", _edit(S, rf"^{FIRST},vehicle-s1", f"{FIRST},"),
            where=f"{S}, row 2, column animal", found=FIRST),
    Mistake("sample-without-arm", _edit(S, r"^(S-ici2,ici-s2),ici", r"\1,"),
            where=f"{S}, row 7", found="ici-s2"),
    Mistake("unknown-arm", _edit(S, r"^(S-ici2,ici-s2),ici", r"\1,icy"), where=f"{S}, row 7",
            found="'icy'"),
    Mistake("arm-conflict", _edit(S, r"^S-ici2,ici-s2,ici", "S-ici2,v1,ici"), where=f"{S}, row 7",
            found="measured in 'vehicle'"),
    Mistake("duplicate-sample", _edit(S, r"^S-ici2", "S-ici1"), where=f"{S}, row 7"),
    Mistake("no-sample-column", _edit(E, r"S-(\w+)", r"T-\1", 0), where=E, found="T-vehicle1"),
    Mistake("sample-not-listed", _edit(S, r"^S-x3,.*\n", ""), where=f"{E}, column S-x3"),
    Mistake("sample-not-measured", _values(lambda t: t.drop(columns="S-x3")), "warning",
            found="S-x3"),
    Mistake("blank-expression", _edit(E, r"^Cd3e,[\d.]+", "Cd3e,"), where=E, found="1 cells"),
    Mistake("text-in-number-cell", _edit(E, r"^Cd8b1,[\d.]+", "Cd8b1,low"),
            where=f"{E}, row 6, column {FIRST}", found="'low'"),
    Mistake("missing-file", _edit("study.toml", r'"expression\.csv"', '"rna.csv"'),
            found="no such"),
    Mistake("duplicate-column", _edit(E, "S-x3", "S-x2"), where=f"{E}, row 1"),
    Mistake("bad-value", _edit("study.toml", r'^title = .*$', 'species = "rat"'), found="'rat'"),
    Mistake("scale-not-stated", _edit("study.toml", r'scale = "tpm"', ""), where="study.toml"),
    Mistake("negative-expression", _edit(E, r"^Cd8b1,", "Cd8b1,-"), where=f"{E}, row 6",
            found="1 negative"),
    Mistake("log-twice", _values(lambda t: np.log2(np.log2(t + 1) + 1), LOG), found="highest"),
    Mistake("not-a-log", _values(lambda t: t, LOG), found="highest value"),
    Mistake("log-called-linear", _values(lambda t: np.log2(t + 1)), found="scale = 'tpm'"),
    Mistake("counts-called-tpm", _values(lambda t: (20 * t).round()), found="whole numbers"),
    Mistake("tpm-called-counts", _values(lambda t: t, COUNTS), found="1,000,000"),
    Mistake("other-species", _values(lambda t: t.rename(index=str.upper).rename(
        index={"GENE7X": "CXCL8"}).drop(index=["H2-K1", "H2-D1", "H2-AA", "H2-EA"])), where=E,
            found="human genes"),
    Mistake("other-species", _values(lambda t: t.rename(index=str.upper)), found="capitals"),
    Mistake("other-species", _ids("ENSG"), where=E, found="human genes: ENSG9"),
    Mistake("other-species", _ids("ENSRNOG"), where=E, found="rat genes"),
    Mistake("no-gene", _ids("ENSMUSG"), found="ENSMUSG90000000000.2"),
    Mistake("transcript-ids", _ids("ENSMUST"), found="ENSMUST90000000000.2"),
    Mistake("entrez-ids", _values(lambda t: t.set_axis([str(k + 11_000) for k in range(len(t))])),
            found="400 plain numbers"),
    Mistake("gene-without-symbol", _renamed({"Gene9x": "ENSG00000153563.16"}), "warning",
            found="1 an Ensembl id of the human"),
    Mistake("gene-without-symbol", _renamed({"Gene9x": "__no_feature"}), "warning",
            found="no gene"),
    Mistake("ensembl-unnamed", _renamed({"Gene9x": "ENSMUSG99999999999.1"}), "note",
            found="ENSMUSG99999999999.1"),
    Mistake("ensembl-retired", _renamed({"Ccl21b": "ENSMUSG00000096271.2"}), "note",
            found="Ccl21b (ENSMUSG00000096271, last in Ensembl 100)"),
    Mistake("symbol-not-of-id", _renamed({"Cd3e": "ENSMUSG00000053977.13|Cd3e"}), "warning",
            found="Cd3e beside ENSMUSG00000053977, which is Cd8a"),
    Mistake("spreadsheet-gene", _renamed({"Marchf1": "1-Mar"}), "warning", found="1-Mar"),
    Mistake("spreadsheet-gene", _renamed({"Marchf1": "43891"}), "warning", found="43891"),
    Mistake("spreadsheet-gene", _renamed({"Marchf1": "Sep-2"}), "warning", found="Sep-2"),
    Mistake("duplicate-gene", _renamed({"Gene9x": "Cd8a"}), "warning", found="Cd8a"),
    Mistake("duplicate-gene", _renamed({"Gene9x": "March1"}), "warning", found="Marchf1"),
    Mistake("housekeeping-zero", _set(["B2m"], 0.0), "warning", found="B2m zero"),
    Mistake("panel-gene-zero", _set(["Cxcl10", "Foxp3"], 0.0), "warning", found="Foxp3, Cxcl10"),
    Mistake("strain-unknown", _edit("study.toml", r'strain = "BALB/c"', 'strain = "NSG"'), "note",
            found="'NSG' of CT26"),
    Mistake("lymph-node", _set(["Ccl21a", "Ccl21b", "Cd79a", "Cd79b", "Ms4a1", "Cr2", "Fcer2a"],
            60.0, FIRST), "warning", found=FIRST),
    Mistake("muscle", _set(["Acta1", "Ckm", "Mylpf", "Tnnt3", "Myh4"], 900.0, FIRST), "warning",
            found=FIRST),
    Mistake("sex-mismatch", _set(["Ddx3y", "Eif2s3y", "Kdm5d", "Uty"], 30.0, FIRST), "warning",
            found="Y chromosome in S-vehicle1"),
    Mistake("library-confounded", _values(_deeper, COUNTS), "warning", found="2.0 times"),
    Mistake("no-control-that-day", _sampled("vehicle", 3, "9"), "warning", f"{S}, column day",
            "controls are of day 9"),
    Mistake("batch-confounded", _sampled("both", 4, "9"), "warning", f"{S}, column batch",
            "both in batch 9"),
    Mistake("lane-quality", _lanes(attributes={FIRST: ATTRIBUTES | {"FovCounted": 300}}),
            "warning", "lanes, column fov_ratio", "0.6 in S-vehicle1"),
    Mistake("lane-quality", _lanes(attributes={FIRST: ATTRIBUTES | {"BindingDensity": 2.6}}),
            "warning", "lanes, column binding_density", "2.6 in S-vehicle1"),
    Mistake("lane-quality", _lanes(_counted(("POS_A",), 0.001, FIRST)), "warning",
            "lanes, column linearity"),
    Mistake("lane-quality", _lanes(_counted(("NEG",), 60, FIRST)), "warning",
            "lanes, column positive_e"),
    Mistake("lane-quality", _lanes(_counted(("POS",), 0.25, FIRST)), "warning",
            "lanes, column positive_factor"),
    Mistake("lane-low-input", _lanes(_counted(HOUSEKEEPERS, 0.2, FIRST)), "warning",
            found="S-vehicle1 scaled up 4"),
    Mistake("unstable-housekeeper", _lanes(_counted(("Gusb",), 9, "S-both")), "note",
            found="Gusb ("),
    Mistake("housekeeper-not-measured", _lanes(more='housekeepers = ["Actb"]'), found="Actb"),
    Mistake("few-housekeepers", _lanes(lambda t: t[~t["Name"].isin(HOUSEKEEPERS[1:])]),
            found="1 housekeepers: Tbp"),
    Mistake("no-lane-controls", _lanes(lambda t: t[t["CodeClass"] != "Negative"]),
            found="endogenous, housekeeping, positive"),
    Mistake("unreadable-table", _lanes(lambda t: t.iloc[:0]), found="no <Code_Summary>"),
    Mistake("bad-threshold", _wells(_threshold(FIRST, "Cd8a", "270")), where=f"{E}, row 4",
            found="'270'"),
    Mistake("housekeeper-undetermined", _wells(_threshold(FIRST, "Tbp", "Undetermined")),
            found=FIRST),
    Mistake("housekeeper-not-measured", _wells(lambda t: t, 'housekeepers = ["Actb"]'),
            found="Tbp, Cd8a"),
    Mistake("few-cells", _ten_x, "warning", found="20 cells of sample S-vehicle1"),
    Mistake("cells-of-no-sample", _one_10x, where="column tables.expression.cells"),
)  # fmt: skip
