"""Populations and proteins in the landscape: real studies, scales, limits, batches, traps."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.immune.matching import matched_groups
from smartcombo.immune.rows import MARKER_COLUMNS
from smartcombo.immune.shifts import arm_contrast, batch_inflation
from smartcombo.study.assays.denominators import cell_type_of, parse_denominator, split_heading
from smartcombo.study.assays.proteins import gene_of, parse_unit
from smartcombo.study.model import Study

STUDIES = Path(__file__).resolve().parents[1] / "data" / "studies"


def landscape(name: str, shared_dir: Path) -> Result:
    os.environ["SMARTCOMBO_SHARED"] = str(shared_dir)
    return sc.immune.landscape(sc.read_study(STUDIES / name))


@pytest.fixture(scope="module")
def emt6(shared_dir: Path) -> Result:
    return landscape("mariathasan_emt6", shared_dir)


@pytest.fixture(scope="module")
def example(example_folder: Path) -> tuple[Study, Result]:
    study = sc.read_study(example_folder)
    return study, sc.immune.landscape(study)


def shift(result: Result, endpoint: str, contrast: str) -> pd.Series:
    rows = result.estimates
    found = rows[(rows["endpoint"] == endpoint) & (rows["contrast"] == contrast)]
    return found.iloc[0]


@pytest.mark.realdata
def test_the_arm_means_of_mariathasan_come_out_with_intervals(emt6: Result) -> None:
    levels = emt6.tables["levels"].set_index(["marker", "arm"])
    arms = ["vehicle", "anti-PD-L1", "anti-TGFb", "both"]
    cd8 = levels.loc["CD8_Tcells_fold_vs_isotype"].loc[arms]
    assert cd8["value"].round(2).tolist() == [1.0, 1.42, 1.04, 2.02]
    assert cd8["n"].tolist() == [14, 15, 10, 15]
    smad = levels.loc["pSMAD2_histoscore"].loc[arms]
    assert smad["value"].tolist() == pytest.approx([65.8, 54.4, 33.6, 19.9], abs=0.06)
    for own in (cd8, smad):
        assert ((own["low"] < own["value"]) & (own["value"] < own["high"])).all()
    assert cd8.loc["both", "low"] > cd8.loc["vehicle", "high"]


@pytest.mark.realdata
def test_the_combination_is_hotter_and_anti_tgfb_alone_is_not(emt6: Result) -> None:
    both = "Anti-PD-L1 + anti-TGF-beta v Isotype"
    for endpoint in ("flow: infiltration", "RNA score: infiltration"):
        assert shift(emt6, endpoint, both)["verdict"] == "higher"
        alone = shift(emt6, endpoint, "Anti-TGF-beta v Isotype")
        assert alone["verdict"] == "inconclusive"
        assert alone["value"] < 0
    moves = emt6.tables["switch"].set_index(["assay", "marker", "arm"])
    assert moves.loc[("flow", "infiltration", "anti-TGFb"), "moved"] == 0
    assert moves.loc[("flow", "infiltration", "both"), "moved"] == 5
    for contrast in (both, "Anti-TGF-beta v Isotype"):
        assert shift(emt6, "IHC: psmad2-histoscore-intensity", contrast)["verdict"] == "lower"


@pytest.mark.realdata
def test_voronovas_molecule_wakes_dendritic_cells_and_only_the_combination_brings_cd8(
    shared_dir: Path,
) -> None:
    result = landscape("voronova_mc38_flow", shared_dir)
    assert shift(result, "flow: mhcii-dc-intensity", "AZD4635 v Vehicle")["verdict"] == "higher"
    cd8 = "flow: infiltration"
    assert shift(result, cd8, "AZD4635 v Vehicle")["verdict"] == "inconclusive"
    assert shift(result, cd8, "Anti-PD-1 + AZD4635 v Vehicle")["verdict"] == "higher"
    assert shift(result, cd8, "Anti-PD-1 + AZD4635 v Anti-PD-1")["verdict"] == "higher"


def test_the_example_has_three_assays_and_one_arm_where_they_disagree(
    example: tuple[Study, Result],
) -> None:
    study, result = example
    assert {"expression", "populations", "proteins"} <= set(study.assays.present())
    moves = result.tables["switch"].set_index(["model", "assay", "arm", "marker"])
    rna = moves.loc[("SYN-CRC", "RNA", "VPS34i", "infiltration")]
    flow = moves.loc[("SYN-CRC", "flow", "VPS34i", "infiltration")]
    assert rna["moved"] >= 3
    assert flow["moved"] == 0
    for assay in ("RNA", "flow"):
        assert moves.loc[("SYN-MEL", assay, "both", "infiltration"), "moved"] >= 3
    assert moves.loc[("SYN-MEL", "protein", "both", "inflammation"), "moved"] >= 4


def test_no_assay_changes_the_numbers_of_another(example: tuple[Study, Result]) -> None:
    study, whole = example
    alone = sc.immune.landscape(replace(study, assays=replace(study.assays, expression=None)))
    kept = whole.estimates[~whole.estimates["endpoint"].str.startswith("RNA")]
    columns = ["endpoint", "contrast", "value", "low", "high"]
    left, right = (t[columns].reset_index(drop=True) for t in (kept, alone.estimates))
    pd.testing.assert_frame_equal(left, right)


def test_censored_values_say_so_and_bound_the_shift_where_an_arm_has_none_measured(
    example: tuple[Study, Result],
) -> None:
    study, _ = example
    proteins = study.assays.proteins
    assert proteins is not None
    vehicle = study.samples.loc[study.samples["arm"] == "vehicle", "sample"]
    dark = proteins["protein"].eq("IFNG") & proteins["sample"].isin(vehicle)
    proteins = proteins.assign(
        value=proteins["value"].mask(dark, 0.5), censored=proteins["censored"].mask(dark, "below")
    )
    result = sc.immune.landscape(replace(study, assays=replace(study.assays, proteins=proteins)))
    row = shift(result, "protein: ifng", "Anti-PD-1 + VPS34 inhibitor v Vehicle")
    assert "at least this" in row["status"]
    assert np.isnan(row["high"])
    assert row["low"] <= row["value"]
    assert (row["verdict"] == "higher") == (row["low"] > 0)
    moves = result.tables["switch"].set_index(["model", "assay", "arm", "marker"]).sort_index()
    assert moves.loc[("SYN-MEL", "protein", "both", "ifng"), "bound"] == pytest.approx(
        -1
    )  # log2 of 0.5
    levels = result.tables["levels"].set_index(["model", "marker", "arm"]).sort_index()
    assert levels.loc[("SYN-MEL", "IFNg", "vehicle"), "status"].startswith("6 of 6 beyond")


def test_both_arms_below_the_limit_give_no_verdict() -> None:
    values = {"a": np.zeros(4), "b": np.zeros(4)}
    below = {"a": np.full(4, -1), "b": np.full(4, -1)}
    got = arm_contrast(values, {"b": 1.0, "a": -1.0}, 0.95, sides=below)
    assert np.isnan([got.value, got.low, got.high]).all()


def test_a_wholly_censored_control_rarely_makes_a_difference_of_none() -> None:
    """Same distribution in both arms, half of it below: 400 draws of four animals."""
    rng, wrong = np.random.default_rng(2), 0
    for _ in range(400):
        raw = {arm: rng.normal(0, 1, 4) for arm in "ab"}
        values = {arm: np.maximum(one, 0) for arm, one in raw.items()}
        sides = {arm: -(one < 0).astype(int) for arm, one in raw.items()}
        got = arm_contrast(values, {"b": 1.0, "a": -1.0}, 0.95, sides=sides)
        wrong += got.low > 0 or got.high < 0
    assert wrong <= 0.05 * 400


def unbalanced(rng: np.random.Generator) -> pd.DataFrame:
    """Return one marker of two arms in three staining batches that cross them unevenly."""
    rows = []
    for arm, counts in (("v", (3, 1, 1)), ("t", (1, 2, 2))):
        for batch, count in enumerate(counts):
            rows += [
                {"arm": arm, "batch": f"b{batch}", "value": rng.normal() + 3 * batch}
                for _ in range(count)
            ]
    table = pd.DataFrame(rows)
    table["animal"] = [f"a{k}" for k in range(len(table))]
    filler = dict.fromkeys(MARKER_COLUMNS, "") | {"model": "M", "day": 1.0, "marker": "m"}
    return table.assign(**{k: v for k, v in filler.items() if k not in table})


def test_staining_batches_are_taken_out_and_the_interval_pays_for_it(
    example: tuple[Study, Result],
) -> None:
    study = example[0]
    rng, covered, naive = np.random.default_rng(3), 0, 0
    weights = {"t": 1.0, "v": -1.0}
    for _ in range(200):
        (group,), _ = matched_groups(_with_arms(study), unbalanced(rng))
        values = {arm: group.of(arm, "m") for arm in weights}
        factor = batch_inflation(group, weights, "m")
        wide = arm_contrast(values, weights, 0.95, inflation=factor)
        narrow = arm_contrast(values, weights, 0.95)
        covered += wide.low <= 0 <= wide.high
        naive += narrow.low <= 0 <= narrow.high
    assert group.batches == 3
    assert factor == pytest.approx(1.6)
    assert covered >= 0.92 * 200
    assert naive < covered


def _with_arms(study: Study) -> Study:
    vehicle, *rest = study.arms
    return replace(study, arms=(replace(vehicle, id="v"), replace(rest[0], id="t")))


def test_zero_events_are_half_an_event_and_zero_percent_half_the_smallest() -> None:
    from smartcombo.immune.populations import _on_scale

    own = pd.DataFrame({"value": [0.0, 0.1], "events": [0.0, 10.0], "total": [100.0, 100.0]})
    value, unit, status = _on_scale(own, "fraction")
    assert value == pytest.approx(np.log([0.5 / 100.5, 10.5 / 90.5]))
    assert (unit, status) == ("logit", "ok")
    value, _, status = _on_scale(own.assign(events=np.nan), "fraction")
    assert value == pytest.approx(np.log([0.05 / 0.95, 0.1 / 0.9]))
    assert status.startswith("caution: 1 of 2")


def test_a_fraction_of_t_cells_is_no_infiltration(example: tuple[Study, Result]) -> None:
    study = example[0]
    rows = study.assays.populations
    assert rows is not None
    inside = rows[rows["cell_type"] == "CD8 T"].assign(denominator="of CD3+")
    result = sc.immune.landscape(
        replace(study, assays=replace(study.assays, populations=inside, expression=None))
    )
    assert "flow: infiltration" not in set(result.estimates["endpoint"])
    assert "flow: cd8+-of-cd3+" in set(result.estimates["endpoint"])


@pytest.mark.parametrize(
    ("text", "kind", "of", "percent"),
    [
        ("percent of CD45+", "fraction", "CD45+", True),
        ("Freq. of Parent", "fraction", "Parent", True),
        ("Freq. of Total (%)", "fraction", "Total", True),
        ("fraction of live", "fraction", "live", False),
        ("of live", "fraction", "live", None),
        ("cells per mg", "amount", "mg", None),
        ("Count", "count", "", None),
        ("Median (Comp-PE-A)", "intensity", "", None),
        ("fold of Isotype", "fold", "Isotype", None),
    ],
)
def test_denominators_are_read(text: str, kind: str, of: str, percent: bool | None) -> None:
    got = parse_denominator(text)
    assert got is not None
    assert (got.kind, got.of, got.percent) == (kind, of, percent)


def test_headings_and_names_are_read() -> None:
    assert split_heading("Live/CD45+ | Freq. of Live") == ("Live/CD45+", "Freq. of Live")
    assert split_heading("CD8 (% of CD45)") == ("CD8", "% of CD45")
    assert [cell_type_of(name) for name in ("CD8+ T cells", "Tregs", "PMN-MDSC", "Q1")] == [
        "CD8 T", "Treg", "G-MDSC", "",
    ]  # fmt: skip
    assert [gene_of(name) for name in ("RANTES", "IP-10", "IFN-g", "IL-6")] == [
        "CCL5", "CXCL10", "IFNG", "IL6",
    ]  # fmt: skip
    assert parse_unit("ng/mL") == ("pg/ml", 1000.0)
    assert parse_unit("pg per g tumour") == ("pg/mg", 0.001)
    assert parse_unit("MFI") is None
