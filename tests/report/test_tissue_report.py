"""The report of tissue: figures, words, and a study without arms."""

from __future__ import annotations

from pathlib import Path

import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.report.figures.base import Context
from smartcombo.report.figures.tissue import density_plane, phenotype_bars, tissue_maps
from smartcombo.report.sections.tissue import tissue_content
from smartcombo.study.model import Study

CORES = Path(__file__).resolve().parents[1] / "data" / "studies" / "mif_cores"


def landscape_in(results: list[Result]) -> Result:
    return next(result for result in results if result.analysis == "landscape")


@pytest.fixture(scope="module")
def example(example_folder: Path) -> Study:
    return sc.read_study(example_folder)


def test_bars_hold_three_probabilities_an_animal_and_say_n(
    example: Study, example_results: list[Result]
) -> None:
    figure = phenotype_bars(Context(example, landscape_in(example_results), "SYN-MEL"))
    assert figure is not None
    total = figure.data.groupby("animal")["probability"].sum()
    assert len(total) == 18
    assert total.to_numpy() == pytest.approx(1)
    assert all(panel.endswith("n = 6") for panel in figure.data["panel"])


def test_maps_have_a_panel_a_field_and_tell_when_cells_are_left_out(
    example: Study, example_results: list[Result]
) -> None:
    figure = tissue_maps(Context(example, landscape_in(example_results), "SYN-MEL"))
    assert figure is not None
    assert figure.data["panel"].nunique() == 18
    assert "are drawn: all T cells, a part of the others" in figure.caption
    assert {"tumour", "stroma", "CD8", "border"} == set(figure.data["kind"])


def test_the_plane_draws_its_cuts_and_says_that_they_are_a_convention(
    example: Study, example_results: list[Result]
) -> None:
    figure = density_plane(Context(example, landscape_in(example_results), "SYN-CRC"))
    assert figure is not None
    cut = figure.data[figure.data["kind"] == "cut"].iloc[0]
    assert (cut["tumour"], cut["stroma"]) == (150.0, 150.0)
    assert "convention through a continuum" in figure.caption
    assert (figure.data.loc[figure.data["kind"] == "animal", "tumour"] > 0).all()


def test_the_section_counts_animals_and_prints_the_cuts(
    example: Study, example_results: list[Result]
) -> None:
    own = tissue_content(example, example_results)
    said = [row["sentence"] for row in own["counts"]]
    assert "Anti-PD-1 + VPS34 inhibitor, day 14: of 6, 5 inflamed, 1 excluded." in said
    assert "CD8 150 per mm² in the tumour" in own["cuts"]
    assert tissue_content(example, example_results[:2]) == {}


@pytest.mark.realdata
def test_cores_without_arms_make_a_report(shared_dir: Path, tmp_path: Path) -> None:
    study = sc.read_study(CORES)
    page = sc.report(study, sc.immune.landscape(study), to=tmp_path / "page.html")
    text = page.read_text(encoding="utf-8")
    for said in ("between desert and excluded", "core 3-9K", "All animals: of 5, 2 desert"):
        assert said in text
    assert "against its controls" not in text
