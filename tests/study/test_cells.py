"""Cells of tissue: every format gives the same cells; compartments from classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from broken_assays import write_sound_samples
from broken_cells import cells, write_cells

from smartcombo.study.assays.model import Cells
from smartcombo.study.assays.tissue import unit_of
from smartcombo.study.read import check_study, read_study


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_sound_samples(tmp_path / "study")


def read(folder: Path) -> Cells:
    got = read_study(folder).assays.cells
    assert got is not None
    return got


def test_sound_cells_have_no_finding_and_none_is_lost(sound: Path) -> None:
    write_cells(sound, cells())
    assert check_study(sound) == ()
    got = read(sound)
    assert len(got.table) == len(cells())
    assert got.markers == ("CD3", "CD8")
    assert got.table["CD8"].sum() == cells()["CD8"].sum()
    np.testing.assert_array_equal(got.table["tumour"], cells()["region"] == "Tumor")


def qupath(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    called = np.where(table["CD8"] == 1, "CD8", "Other")
    called = np.where(table["CD3"] == 1, np.char.add(called.astype("U9"), ": CD3"), called)
    parent = "PathAnnotationObject (" + table["region"] + ")"
    frame = pd.DataFrame({"Image": table["sample"], "Classification": called, "Parent": parent,
                          "Centroid X µm": table["x_um"], "Centroid Y µm": table["y_um"],
                          "Cell: Area µm^2": table["area_um2"]})  # fmt: skip
    return frame, ""


def halo(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    x, y = 2 * table["x_um"], 2 * table["y_um"]
    frame = pd.DataFrame({"Image Location": table["sample"], "XMin": x - 9, "XMax": x + 9,
                          "YMin": y - 9, "YMax": y + 9, "Classifier Label": table["region"],
                          "CD3 Positive Classification": table["CD3"],
                          "CD8 Positive Classification": table["CD8"],
                          "Cell Area (µm²)": table["area_um2"]})  # fmt: skip
    return frame, "pixel_um = 0.5\n"


def inform(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    frame = pd.DataFrame({"Sample Name": table["sample"], "Tissue Category": table["region"],
                          "Cell X Position": 2 * table["x_um"],
                          "Cell Y Position": 2 * table["y_um"],
                          "Phenotype CD3": np.where(table["CD3"] == 1, "CD3+", "CD3-"),
                          "Phenotype CD8": np.where(table["CD8"] == 1, "CD8+", "Other"),
                          "Entire Cell Area (pixels)": 4 * table["area_um2"]})  # fmt: skip
    return frame, "pixel_um = 0.5\n"


@pytest.mark.parametrize("export", [qupath, halo, inform])
def test_every_export_gives_the_same_cells(sound: Path, export) -> None:
    frame, more = export(cells())
    write_cells(sound, frame, more)
    assert check_study(sound) == ()
    got = read(sound).table
    for name in ("x_um", "y_um"):
        np.testing.assert_allclose(got[name], cells()[name], atol=1e-9)
    for name in ("CD3", "CD8"):
        np.testing.assert_array_equal(got[name], cells()[name] == 1)
    np.testing.assert_array_equal(got["tumour"], cells()["region"] == "Tumor")


def test_classes_alone_give_compartments_by_the_neighbours(sound: Path) -> None:
    table = cells().copy()
    lone = table.index[(table["region"] == "Stroma") & (table["x_um"] > 120)][0]
    table["class"] = np.where(table["region"] == "Tumor", "Tumor cell", "other")
    table.loc[lone, "class"] = "Tumor cell"
    table.loc[table["CD8"] == 1, "class"] = "CD8 T cell"
    write_cells(sound, table.drop(columns=["region", "CD8", "CD3"]))
    got = read(sound)
    assert got.regions == "smoothed"
    assert got.markers == ("CD8",)
    assert not got.table.loc[lone, "tumour"]
    agree = got.table["tumour"].to_numpy() == (cells()["region"] == "Tumor").to_numpy()
    assert agree.mean() > 0.85


def test_a_signed_distance_to_the_tumour_is_minus_inside(sound: Path) -> None:
    table = cells().assign(**{"Signed distance to annotation with Tumor µm": cells()["x_um"] - 85})
    write_cells(sound, table.drop(columns=["region"]))
    np.testing.assert_array_equal(read(sound).table["tumour"], cells()["region"] == "Tumor")


def test_words_of_regions_can_be_stated(sound: Path) -> None:
    table = cells().replace({"region": {"Tumor": "Klasse 1", "Stroma": "Klasse 2"}})
    write_cells(sound, table, 'tumour = ["klasse 1"]\nstroma = ["klasse 2"]\n')
    np.testing.assert_array_equal(read(sound).table["tumour"], cells()["region"] == "Tumor")


def test_headings_say_their_unit_or_nothing() -> None:
    said = {"Centroid X µm": "um", "x_um": "um", "Centroid X px": "pixel", "x_px": "pixel",
            "Cell X Position": "", "x": "", "area_px2": "pixel"}  # fmt: skip
    assert {heading: unit_of(heading) for heading in said} == said
