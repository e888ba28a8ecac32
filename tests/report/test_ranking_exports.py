"""The ranking as one JSON file and one workbook: the same tables, the same bytes, no formulas."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from smartcombo.ranking import Dossier
from smartcombo.report import workbook
from smartcombo.report.column_words import COLUMNS, TABLES
from smartcombo.report.programme_export import provenance, ranking_tables, write_ranking
from smartcombo.report.ranking_json import SCHEMA, read_json, write_json
from smartcombo.report.workbook import write_workbook

INFO = {"programme": "P", "blinded": "", "synthetic": True, "versions": {"smartcombo": "1"},
        "formula": "score"}  # fmt: skip
EVIL = ["=1+1", "+A1", "-2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")']


@pytest.fixture(scope="module")
def folder(example_dossier: Dossier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ranking(example_dossier, tmp_path_factory.mktemp("ranking") / "out")


def test_every_table_and_column_has_a_meaning(example_dossier: Dossier) -> None:
    tables = ranking_tables(example_dossier)
    assert set(tables) <= set(TABLES)
    assert {column for table in tables.values() for column in table} <= set(COLUMNS)


def test_json_holds_every_csv_with_its_numbers(folder: Path) -> None:
    whole = json.loads((folder / "ranking.json").read_text(encoding="utf-8"))
    assert whole["schema"] == SCHEMA
    assert whole["synthetic"] is True
    assert whole["provenance"] == json.loads((folder / "provenance.json").read_text())
    tables = read_json(folder / "ranking.json")
    assert {f"{name}.csv" for name in tables} == {path.name for path in folder.glob("*.csv")}
    for name, table in tables.items():
        csv = pd.read_csv(folder / f"{name}.csv")
        assert list(csv.columns) == list(table.columns)
        assert len(csv) == len(table)
        for column in csv.select_dtypes("number"):
            found = pd.to_numeric(table[column], errors="coerce").to_numpy(float)
            np.testing.assert_allclose(found, csv[column].astype(float), rtol=1e-12)


def test_a_json_of_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"schema": "smartcombo-ranking/9"}')
    with pytest.raises(ValueError, match="smartcombo-ranking/9"):
        read_json(tmp_path / "a.json")


def test_the_workbook_has_a_sheet_a_table_with_a_frozen_header_and_says_synthetic(
    folder: Path,
) -> None:
    book = openpyxl.load_workbook(folder / "ranking.xlsx")
    names = {path.stem for path in folder.glob("*.csv")}
    assert book.sheetnames[0] == "README"
    assert set(book.sheetnames) == {"README", *names}
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.oddHeader.center.text == "SYNTHETIC"
        assert sheet.column_dimensions["A"].width > 5
    csv = pd.read_csv(folder / "criteria.csv")
    sheet = pd.read_excel(folder / "ranking.xlsx", sheet_name="criteria")
    np.testing.assert_allclose(sheet["shrunk"], csv["shrunk"], rtol=1e-12)
    readme = pd.read_excel(folder / "ranking.xlsx", sheet_name="README").astype(str)
    assert readme["meaning"].str.startswith("SYNTHETIC").any()
    assert set(readme.loc[readme["what"] == "sheet", "where"]) == names


def test_the_same_tables_give_the_same_bytes(example_dossier: Dossier, tmp_path: Path) -> None:
    tables, info = ranking_tables(example_dossier), provenance(example_dossier)
    for name in "ab":
        write_workbook(tables, info, tmp_path / f"{name}.xlsx")
        write_json(tables, info, tmp_path / f"{name}.json")
    for ending in ("xlsx", "json"):
        first, second = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "ab")
        assert first == second
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"1980-01-01T00:00:00Z" in archive.read("docProps/core.xml")


def test_what_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    table = pd.DataFrame({"text": [*EVIL, "bell \x07", "x" * 40_000], "n": [np.inf, *[1.5] * 7]})
    write_workbook({"evil": table}, INFO, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["evil"]
    cells = [sheet.cell(row, 1) for row in range(2, 10)]
    assert [cell.value for cell in cells[:6]] == EVIL
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells[:6])
    assert cells[6].value == "bell "
    assert len(cells[7].value) < 32_767
    assert sheet["B2"].value == "inf"
    with zipfile.ZipFile(io.BytesIO((tmp_path / "a.xlsx").read_bytes())) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet2.xml")


def test_without_openpyxl_the_csvs_are_still_written(
    example_dossier: Dossier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "find_spec", lambda name: None)
    assert not workbook.can_write_excel()
    out = write_ranking(example_dossier, tmp_path / "out")
    assert (out / "ranking.csv").is_file()
    assert not (out / "ranking.xlsx").exists()
