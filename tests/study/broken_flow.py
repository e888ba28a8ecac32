"""Cell populations and proteins for the sound study of samples, and one mistake at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from broken import Mistake
from broken_assays import taken

FLOW_TOML = """
[tables.samples]
file = "samples.csv"

[tables.populations]
file = "flow.csv"

[tables.populations.declared]
NK = { denominator = "percent of CD45+" }

[tables.proteins]
file = "proteins.csv"
unit = "pg/mg"
declared = { IFNg = { lower = 0.5 } }
"""
F, P = "flow.csv", "proteins.csv"
HEADER = (
    ",Live/CD45+ | Freq. of Live,Live/CD45+ | Count,Live/CD45+/CD8 | Freq. of Parent,"
    "Live/CD45+/CD8 | Count,Live/CD45+/CD4 | Freq. of CD45+,NK"
)


def add_flow(folder: Path) -> Path:
    """Put populations and proteins in the place of expression."""
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"\n\[tables\.samples\](?s:.*)", FLOW_TOML, text), encoding="utf-8")
    rows, proteins = [HEADER], ["sample,IFNg,RANTES"]
    for k, (sample, _, _) in enumerate(taken()):
        cd8 = 40 + 3 * k
        rows.append(f"{sample}.fcs,{20 + k}%,1000,{cd8 / 10:g},{cd8},{5 + k % 3},{2 + k / 10:g}")
        proteins.append(f"{sample},{'<0.5' if k == 2 else f'{1 + k / 4:g}'},{30 + k}")
    rows += ["Mean,25,1000,6,60,6,3", "SD,4,0,1,10,1,1"]
    (folder / F).write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / P).write_text("\n".join(proteins) + "\n", encoding="utf-8")
    return folder


def _edit(file: str, pattern: str, replacement: str, count: int = 1) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        changed = re.sub(pattern, replacement, text, count=count, flags=re.MULTILINE)
        assert changed != text, f"{pattern!r} is not in {file}"
        path.write_text(changed, encoding="utf-8")

    return change


def _flow(pattern: str, replacement: str, count: int = 1) -> Callable[[Path], None]:
    return _edit(F, pattern, replacement, count)


def _proteins(pattern: str, replacement: str, count: int = 1) -> Callable[[Path], None]:
    return _edit(P, pattern, replacement, count)


def _stated(pattern: str, replacement: str) -> Callable[[Path], None]:
    return _edit("study.toml", pattern, replacement)


def _fractions(folder: Path) -> None:
    path = folder / F
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    kept = [head.replace(" | Count", " | Mean")]
    for row in rows:
        sample, *cells = row.split(",")
        kept.append(",".join([sample, *(f"{float(c.rstrip('%')) / 1000:g}" for c in cells)]))
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _long_units(folder: Path) -> None:
    rows = [f"{s},CCL5,{k + 3},{'pg/ml' if k else 'pg/mg'}" for k, (s, _, _) in enumerate(taken())]
    (folder / P).write_text("sample,analyte,value,unit\n" + "\n".join(rows) + "\n",
                            encoding="utf-8")  # fmt: skip
    _stated(r"^declared = \{ IFNg.*$", "")(folder)


ROW = r"^(S-vehicle1\.fcs,[^,]+,\d+,)([^,]+),(\d+),([^,]+),([^,\n]+)"
ONE = r"^(S-vehicle1),[^,]+"

FLOW_MISTAKES = (
    Mistake("denominator-not-stated", _stated(r"^NK = .*$", ""), where=f"{F}, column NK",
            found="'NK'"),
    Mistake("unknown-denominator", _stated("percent of CD45", "lots per CD45"), where=F,
            found="'lots per CD45+'"),
    Mistake("percent-or-fraction", lambda f: (_stated("percent of CD45", "of CD45")(f),
            _fractions(f))[0], where=f"{F}, row 2, column NK", found="'of CD45+'"),
    Mistake("fraction-called-percent", _fractions, "warning", where=F),
    Mistake("above-whole", _flow(ROW, r"\1\2,\3,\4,200"), where=f"{F}, row 2, column NK",
            found="200"),
    Mistake("above-whole", _stated("percent of CD45", "fraction of CD45"), where=F, found="2"),
    Mistake("child-above-parent", _flow(ROW, r"\1\2,2000,\4,\5"), where=f"{F}, row 2",
            found="2000 events"),
    Mistake("parts-above-whole", _flow(ROW, r"\1\2,\3,97,\5"), where=f"{F}, row 2",
            found="CD8, CD4, NK of S-vehicle1 sum to 103%"),
    Mistake("count-not-frequency", _flow(ROW, r"\1\2,90,\4,\5"), "warning", where=f"{F}, row 2",
            found="90 of 1000 events"),
    Mistake("duplicate-value", _flow(r"^S-vehicle2\.fcs", "S-vehicle1.fcs"), where=f"{F}, row 3",
            found="S-vehicle1"),
    Mistake("negative-amount", _flow(ROW, r"\1\2,\3,\4,-1"), where=f"{F}, row 2", found="-1"),
    Mistake("text-in-number-cell", _flow(ROW, r"\1\2,\3,\4,few"), where=f"{F}, row 2, column NK",
            found="'few'"),
    Mistake("sample-not-listed", _flow(r"^S-vehicle2\.fcs", "S-9.fcs"), where=f"{F}, row 3",
            found="'S-9'"),
    Mistake("declared-not-measured", _stated("^NK = ", "Nk = "),
            where="tables.populations.declared", found="'Nk'"),
    Mistake("unknown-cell-type", _stated(r'CD45\+" }', 'CD45+", cell_type = "X" }'), "warning",
            where=f"{F}, column NK", found="'X'"),
    Mistake("unit-not-stated", _stated(r'^unit = "pg/mg"', 'unit = "MFI"'),
            where=f"{P}, column unit", found="'MFI'"),
    Mistake("mixed-units", _long_units, where=P, found="CCL5 in pg/mg and pg/ml"),
    Mistake("limit-not-stated", _proteins(r"^(S-vehicle2,[^,]+),\d+", r"\1,OOR <"),
            where=f"{P}, row 3, column RANTES", found="'OOR <'"),
    Mistake("limit-not-stated", _proteins(r"^(S-vehicle2,[^,]+),\d+", r"\1,0"),
            where=f"{P}, row 3, column RANTES", found="'0'"),
    Mistake("not-detected-or-not-done", _proteins(ONE, r"\1,ND"), where=f"{P}, row 2, column IFNg",
            found="'ND'"),
    Mistake("mostly-below-limit", _stated("lower = 0.5", "lower = 4"), "note", where=P,
            found="samples below its limit"),
)  # fmt: skip
