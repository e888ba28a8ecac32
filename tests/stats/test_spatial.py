"""Spatial metrics against closed forms, brute force, independence, and spatstat's numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from smartcombo.stats.polygons import (
    edge_distances,
    hull,
    inside_share,
    polygon_area,
    tissue_window,
    voronoi_areas,
)
from smartcombo.stats.spatial import (
    close_pairs,
    cross_g,
    cross_k,
    label_envelope,
    nearest_distances,
    signed_distances,
    smoothed_region,
)

SQUARE = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])


def share(x: float, y: float, radius: float) -> float:
    """Return the share of a circle inside the square."""
    return float(inside_share(x, y, radius, SQUARE, np.empty(8), np.empty(8)))


def test_the_share_of_a_circle_inside_a_square_is_known_in_closed_form() -> None:
    assert share(50, 50, 40) == 1.0
    assert share(0.0, 50.0, 10.0) == pytest.approx(0.5)
    assert share(0.0, 0.0, 10.0) == pytest.approx(0.25)
    cut = np.arccos(5 / 10) / np.pi
    assert share(5.0, 50.0, 10.0) == pytest.approx(1 - cut)
    turned = np.linspace(0, 2 * np.pi, 200_001)[:-1]
    x, y = 12 + 30 * np.cos(turned), 9 + 30 * np.sin(turned)
    counted = np.mean((x > 0) & (y > 0) & (x < 100) & (y < 100))
    assert share(12.0, 9.0, 30.0) == pytest.approx(counted, abs=2e-5)


def test_areas_nearest_to_cells_tile_the_window() -> None:
    points = np.random.default_rng(1).uniform(0, 100, (300, 2))
    points = np.vstack([points, points[:3]])
    areas = voronoi_areas(points, SQUARE)
    assert areas.sum() == pytest.approx(1e4)
    np.testing.assert_allclose(areas[:3], areas[300:])
    grid = np.stack(np.meshgrid(np.arange(0.25, 100, 0.5), np.arange(0.25, 100, 0.5)), -1)
    from scipy.spatial import cKDTree

    owner = cKDTree(points).query(grid.reshape(-1, 2))[1]
    counted = np.bincount(owner, minlength=303)[3:300] * 0.25
    assert np.abs(areas[3:300] - counted).max() < 3.0


def test_the_window_reaches_a_margin_beyond_the_outermost_cells() -> None:
    window = tissue_window(SQUARE, margin=10.0)
    assert polygon_area(window) == pytest.approx(1e4 + 400 * 10 + np.pi * 100, rel=1e-4)
    np.testing.assert_allclose(edge_distances(SQUARE, window), 10.0, atol=0.02)


def test_cells_on_a_line_span_no_tissue() -> None:
    with pytest.raises(ValueError, match="on a line"):
        hull(np.array([[0.0, 0], [1, 1], [2, 2], [3, 3]]))


def test_independent_cells_have_a_cross_k_of_one() -> None:
    """Mean over 60 tissues within 4 standard errors: the edge correction leaves no bias."""
    values = []
    for seed in range(60):
        points = np.random.default_rng(seed).uniform(0, 100, (400, 2))
        source = np.arange(400) < 150
        values.append(cross_k(close_pairs(points, SQUARE, 20.0), source, ~source))
    assert np.mean(values) == pytest.approx(1.0, abs=4 * np.std(values) / np.sqrt(60))


def test_cells_that_avoid_each_other_lie_below_the_envelope_and_mixed_ones_inside() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(0, 100, (600, 2))
    pairs = close_pairs(points, SQUARE, 15.0)
    left = points[:, 0] < 50
    low, _, p = label_envelope(pairs, left, ~left, rng, draws=199)
    assert cross_k(pairs, left, ~left) < low
    assert p == pytest.approx(0.01)
    mixed = rng.random(600) < 0.5
    low, high, p = label_envelope(pairs, mixed, ~mixed, rng, draws=199)
    assert low < cross_k(pairs, mixed, ~mixed) < high
    assert p > 0.05


def test_no_cell_of_a_kind_gives_no_number_and_no_infinity() -> None:
    points = np.random.default_rng(2).uniform(0, 100, (50, 2))
    none, every = np.zeros(50, bool), np.ones(50, bool)
    pairs = close_pairs(points, SQUARE, 20.0)
    assert np.isnan(cross_k(pairs, every, none))
    assert np.isnan(label_envelope(pairs, every, none, np.random.default_rng(0))[2])
    assert cross_g(points, SQUARE, every, none, 20.0) == 0.0
    assert np.isnan(cross_g(points, SQUARE, none, every, 20.0))
    assert np.isinf(nearest_distances(points, every, none)).all()


def test_nearest_distances_never_count_the_cell_itself() -> None:
    points = np.random.default_rng(5).uniform(0, 100, (80, 2))
    source, target = np.arange(80) < 50, np.arange(80) > 30
    gaps = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    expected = gaps[np.ix_(source, target)].min(axis=1)
    np.testing.assert_allclose(nearest_distances(points, source, target), expected)


def test_cross_g_without_an_edge_is_the_plain_share() -> None:
    points = np.random.default_rng(6).uniform(40, 60, (200, 2))
    source = np.arange(200) < 120
    far = 1000.0 * (SQUARE - 50.0)
    plain = np.mean(nearest_distances(points, source, ~source) <= 1.0)
    assert cross_g(points, far, source, ~source, 1.0) == pytest.approx(plain)


def test_signed_distances_are_minus_inside_the_tumour_and_a_lone_call_is_smoothed() -> None:
    points = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), -1).reshape(-1, 2)
    tumour = points[:, 0] < 10
    called = tumour.copy()
    called[(points == [3.0, 10.0]).all(axis=1)] = False
    np.testing.assert_array_equal(smoothed_region(points, called), tumour)
    signed = signed_distances(points, tumour)
    np.testing.assert_allclose(signed, np.where(tumour, points[:, 0] - 10, points[:, 0] - 9))


@pytest.mark.realdata
def test_five_tissue_cores_give_the_numbers_of_spatstat(shared_dir: Path) -> None:
    """Within 2%; the areas and K within 0.1%, G differs by the grid of spatstat's estimate."""
    cells = pd.read_csv(shared_dir / "data" / "immune" / "spatial"
                        / "spatialtime_prostate_mif_cells.csv")  # fmt: skip
    peer = pd.read_csv(shared_dir / "peers" / "immune" / "spatial_spatstat_metrics.csv")
    for core, expected in peer.set_index("core").iterrows():
        own = cells[cells["core"] == core]
        points = 0.5 * own[["x_px", "y_px"]].to_numpy(float)
        tumour, cd3 = (own["region"] == "Tumor").to_numpy(), own["CD3"].to_numpy(bool)
        window = tissue_window(points)
        areas = voronoi_areas(points, window) / 1e6
        assert areas.sum() == pytest.approx(expected["hull_mm2"], rel=1e-3)
        inside = (cd3 & tumour).sum() / areas[tumour].sum()
        assert inside == pytest.approx(expected["CD3_tumour_per_mm2"], rel=1e-3)
        outside = (cd3 & ~tumour).sum() / areas[~tumour].sum()
        assert outside == pytest.approx(expected["CD3_stroma_per_mm2"], rel=1e-3)
        source = tumour & ~cd3
        k = cross_k(close_pairs(points, window, 50.0), source, cd3)
        assert k == pytest.approx(expected["Kcross_50um_iso_over_pois"], rel=1e-3)
        g = cross_g(points, window, source, cd3, 20.0)
        assert g == pytest.approx(expected["Gcross_20um_km"], rel=0.02)
        near = np.median(nearest_distances(points, source, cd3))
        assert near == pytest.approx(expected["median_nn_tumour_to_CD3_um"], rel=1e-6)
