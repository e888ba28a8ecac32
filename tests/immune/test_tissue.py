"""Tissue: the five cores, the animal as the unit, traps, the example."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.immune.phenotypes import phenotype_table, with_tissue
from smartcombo.immune.tissue import TissueOptions, animal_table, field_table, tissue_markers
from smartcombo.immune.tissue_map import MOST_CELLS, map_table
from smartcombo.study.model import Study

CORES = Path(__file__).resolve().parents[1] / "data" / "studies" / "mif_cores"
FAST = TissueOptions(draws=99)
CALLS = {
    "core 1-3B": "desert",
    "core 2-3B": "desert",
    "core 3-7B": "between desert and excluded",
    "core 3-9K": "excluded",
    "core 3-8U": "inflamed",
}


@pytest.fixture(scope="module")
def cores(shared_dir: Path) -> Study:
    os.environ["SMARTCOMBO_SHARED"] = str(shared_dir)
    return sc.read_study(CORES)


@pytest.fixture(scope="module")
def example(example_folder: Path) -> Study:
    return sc.read_study(example_folder)


@pytest.fixture(scope="module")
def landscape(example_results: list[Result]) -> Result:
    return next(result for result in example_results if result.analysis == "landscape")


@pytest.mark.realdata
@pytest.mark.parametrize("factor", [0.75, 0.9, 1.0, 1.1, 1.25])
def test_the_five_cores_are_desert_desert_uncertain_excluded_inflamed(
    cores: Study, factor: float
) -> None:
    table = phenotype_table(cores, TissueOptions().scaled(factor)).set_index("animal")
    assert table["phenotype"].to_dict() == CALLS
    assert not table["near_cut"].any() or factor != 1.0


@pytest.mark.realdata
@pytest.mark.parametrize("avoidance", [0.5, 0.8])
def test_the_calls_do_not_hang_on_how_far_is_away(cores: Study, avoidance: float) -> None:
    table = phenotype_table(cores, TissueOptions(avoidance=avoidance)).set_index("animal")
    assert table["phenotype"].to_dict() == CALLS


@pytest.mark.realdata
def test_metrics_of_the_cores_are_those_of_spatstat(cores: Study, shared_dir: Path) -> None:
    """Within 2%: densities, K of CD3 and G, through the public path."""
    peer = pd.read_csv(shared_dir / "peers" / "immune" / "spatial_spatstat_metrics.csv")
    own = field_table(cores).set_index(["sample", "marker"])
    for core, expected in peer.set_index("core").iterrows():
        for marker in ("CD3", "CD8"):
            row = own.loc[(core, marker)]
            for place in ("tumour", "stroma"):
                density = row[f"{place}_n"] / row[f"{place}_mm2"]
                assert density == pytest.approx(expected[f"{marker}_{place}_per_mm2"], rel=0.02)
        cd3 = own.loc[(core, "CD3")]
        assert cd3["k"] == pytest.approx(expected["Kcross_50um_iso_over_pois"], rel=0.02)
        assert cd3["g"] == pytest.approx(expected["Gcross_20um_km"], rel=0.02)
        assert (cd3["k"] < cd3["k_low"]) == (expected["Kcross_50um_iso_over_pois"]
                                             < expected["K50_env_lo"])  # fmt: skip


@pytest.mark.realdata
def test_cores_without_arms_are_described_and_not_compared(cores: Study) -> None:
    result = sc.immune.landscape(cores)
    assert set(result.estimates["estimand"]) == {"phenotype_share"}
    assert set(result.estimates["n"]) == {5}
    assert result.tables["switch"].empty
    assert result.tables["places"].empty
    assert result.findings == ()


def _tiled(study: Study, copies: int) -> Study:
    """Return the study with each section cut twice: the same cells as so many fields."""
    assert study.assays.cells is not None
    table = study.assays.cells.table
    parts = [table.assign(field=str(k)) for k in range(copies)]
    cells = replace(study.assays.cells, table=pd.concat(parts, ignore_index=True))
    return replace(study, assays=replace(study.assays, cells=cells))


def test_the_animal_is_the_unit_and_fields_add_area_not_animals(example: Study) -> None:
    once, twice = animal_table(example), animal_table(_tiled(example, 2), FAST)
    assert len(once) == len(twice) == 36
    np.testing.assert_allclose(twice["tumour_per_mm2"], once["tumour_per_mm2"])
    assert (twice["fields"] == 2).all()
    assert (twice["tumour_high"] <= once["tumour_high"]).all()


def test_fields_weigh_by_their_area(example: Study) -> None:
    """A field without CD8 as large as the first halves the density."""
    two = _tiled(example, 2)
    assert two.assays.cells is not None
    table = two.assays.cells.table.copy()
    table.loc[table["field"] == "1", "CD8"] = False
    cells = replace(two.assays.cells, table=table)
    halved = animal_table(replace(two, assays=replace(two.assays, cells=cells)), FAST)
    once = animal_table(example)
    np.testing.assert_allclose(2 * halved["tumour_per_mm2"], once["tumour_per_mm2"])
    scattered = once["tumour_n"] > 10
    assert (halved.loc[scattered, "dispersion_tumour"] > 3).all()


def test_rows_of_cells_in_another_order_change_nothing(example: Study) -> None:
    assert example.assays.cells is not None
    table = example.assays.cells.table
    mixed = table.sample(frac=1, random_state=3).sort_values("sample", kind="stable")
    cells = replace(example.assays.cells, table=mixed.reset_index(drop=True))
    other = field_table(replace(example, assays=replace(example.assays, cells=cells)))
    own = field_table(example).set_index("sample")
    other = other.set_index("sample").loc[own.index]
    for name in ("tumour_n", "tumour_mm2", "stroma_mm2", "margin_n", "k", "g", "mixing"):
        np.testing.assert_allclose(own[name], other[name], rtol=1e-9)


def _without_cd8(study: Study) -> Study:
    assert study.assays.cells is not None
    cells = replace(study.assays.cells, table=study.assays.cells.table.assign(CD8=False))
    return replace(study, assays=replace(study.assays, cells=cells))


def test_no_cd8_cell_at_all_is_a_desert_without_any_infinity(example: Study) -> None:
    bare = _without_cd8(example)
    table = phenotype_table(bare)
    assert (table["p_desert"] > 0.8).all()
    markers = tissue_markers(bare)
    assert np.isfinite(markers["value"]).all()
    assert np.isfinite(animal_table(bare)["ratio"]).all()
    mixing = field_table(bare)["mixing"]
    assert mixing.isna().all()


def test_mixing_is_a_share(example: Study) -> None:
    mixing = field_table(example)["mixing"].dropna()
    assert len(mixing) > 20
    assert mixing.between(0, 1).all()


def test_half_a_cell_is_added_before_the_logarithm(example: Study) -> None:
    animal = animal_table(example).iloc[0]
    markers = tissue_markers(example)
    own = markers[(markers["animal"] == animal["animal"]) & (markers["marker"] == "infiltration")]
    expected = np.log2((animal["tumour_n"] + 0.5) / animal["tumour_mm2"])
    assert own["value"].iloc[0] == pytest.approx(expected)


def test_the_example_comes_out_as_it_was_made(landscape: Result) -> None:
    from smartcombo.immune.example import _pattern

    table = landscape.tables["phenotypes"]
    made = [_pattern(arm, int(animal.rsplit("S", 1)[1]))
            for arm, animal in zip(table["arm"], table["animal"], strict=True)]  # fmt: skip
    probability = [row[f"p_{kind}"] for kind, (_, row) in zip(made, table.iterrows(), strict=True)]
    assert np.mean(np.array(probability) > 0.8) >= 0.9


def test_shares_and_changes_of_phenotypes_are_rows_with_intervals(landscape: Result) -> None:
    rows = landscape.estimates[landscape.estimates["estimand"].str.startswith("phenotype_share")]
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()
    change = rows[(rows["endpoint"] == "tissue: inflamed") & (rows["question"] == "Q1")]
    assert (change["verdict"] == "higher").all()
    assert set(change["n"]) == {12}


def test_tissue_tells_what_expression_cannot(landscape: Result) -> None:
    places = landscape.tables["places"]
    rna = places[places["assay"] == "RNA"].set_index("arm")
    told = rna.loc[["vehicle", "VPS34i", "both"]]
    assert told[["p_desert", "p_excluded", "p_inflamed"]].notna().all().all()
    alone = rna.loc["anti-PD-1"]
    assert alone[["p_excluded", "p_inflamed"]].isna().all().all()
    assert not set(alone["phenotype"]) & {"excluded", "inflamed"}
    kept = with_tissue(places, landscape.tables["phenotypes"].iloc[:0])
    pd.testing.assert_frame_equal(kept, places)


def test_maps_draw_every_t_cell_and_thin_the_others_always_alike(example: Study) -> None:
    table = map_table(example)
    assert example.assays.cells is not None
    assert (table["kind"] == "CD8").sum() == example.assays.cells.table["CD8"].sum()
    per_model = table[table["kind"] != "border"].groupby("model").size()
    assert (per_model <= MOST_CELLS).all()
    pd.testing.assert_frame_equal(table, map_table(example))
    border = table[table["kind"] == "border"]
    assert border.groupby("sample").size().min() > 5


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"margin_um": 0}, "positive distance"), ({"draws": 9}, "99 or more"),
     ({"avoidance": 67}, "fraction"), ({"level": 95}, "not percent"),
     ({"cuts": (("CD8", 0, 1),)}, "per mm2")],
)  # fmt: skip
def test_options_say_what_is_wrong(wrong: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TissueOptions(**wrong)
