"""Scores equal those of the papers' rules, stay when samples go, and say which genes are lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from smartcombo.immune.panel import PANEL, gene_lists, signature
from smartcombo.immune.scores import panel_scores


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    """Return TPM of every mouse gene of the panel and 500 others in six samples; SYNTHETIC."""
    rng = np.random.default_rng(4)
    listed = {gene for genes in gene_lists()["gene_mouse"].dropna() for gene in genes.split("|")}
    genes = [*sorted(listed), *(f"Other{k}" for k in range(500))]
    return pd.DataFrame(
        rng.gamma(0.7, 40.0, (len(genes), 6)), index=genes, columns=[f"s{k}" for k in range(6)]
    )


def test_every_signature_has_its_genes_and_a_doi() -> None:
    lists = gene_lists()
    for one in PANEL:
        assert one.doi.startswith("10.")
        assert (lists["signature"] == one.id).any(), one.id
    assert len({one.id for one in PANEL}) == len(PANEL)


def test_a_complete_table_covers_what_has_a_mouse_gene(made: pd.DataFrame) -> None:
    coverage = panel_scores(made).coverage.set_index("signature")
    assert coverage.loc["gep18", "coverage"] == 1.0
    assert coverage.loc["chemokine12", "lost"] == "CCL18"
    assert coverage.loc["chemokine12", "why_lost"] == "no mouse gene: CCL18"


def test_removing_a_sample_changes_no_other_score(made: pd.DataFrame) -> None:
    methods = ("published", "singscore", "ssgsea")
    whole = panel_scores(made, methods=methods).scores
    part = panel_scores(made.drop(columns="s2"), methods=methods).scores
    kept = whole[whole["sample"] != "s2"].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, kept, check_exact=True)


def test_a_gene_that_is_silent_everywhere_is_a_caution_and_named(made: pd.DataFrame) -> None:
    broken = made.copy()
    broken.loc["Cd8a"] = 0.0
    coverage = panel_scores(broken).coverage.set_index("signature")
    assert coverage.loc["danaher_cd8", "silent"] == "Cd8a"
    assert coverage.loc["danaher_cd8", "status"] == "caution"
    assert coverage.loc["danaher_cd8", ["coverage", "expressed"]].tolist() == [1.0, 0.5]
    assert coverage.loc["cd8_teff", "status"] == "ok"


def test_a_gene_seen_in_one_sample_only_leaves_the_others_scores_when_that_one_goes(
    made: pd.DataFrame,
) -> None:
    rare = made.copy()
    rare.loc["Cd8a"] = [0.0, 0.0, 9.0, 0.0, 0.0, 0.0]
    whole, part = panel_scores(rare), panel_scores(rare.drop(columns="s2"))
    kept = whole.wide().drop(index="s2")
    pd.testing.assert_frame_equal(part.wide(), kept, check_exact=True)


def test_a_gene_the_strain_lacks_is_masked_not_read_as_low(made: pd.DataFrame) -> None:
    low = made.copy()
    low.loc["H2-Ea"] = 0.15
    scores = panel_scores(low, masked=("H2-Ea",))
    absent = panel_scores(made.drop(index="H2-Ea"))
    pd.testing.assert_frame_equal(scores.wide(), absent.wide(), check_exact=True)
    lost = scores.coverage.set_index("signature")["why_lost"]
    alone = gene_lists().query("gene_mouse == 'H2-Ea'")["signature"]
    assert all("not expressed by this strain: H2-Ea" in lost[name] for name in alone)


def test_a_refused_signature_has_no_score(made: pd.DataFrame) -> None:
    few = made.drop(index=["Gzma"])
    scores = panel_scores(few).scores
    own = scores[scores["signature"] == "cyt"]
    assert (own["status"] == "refused").all()
    assert own["score"].isna().all()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t: t - 1.0, "negative values"),
        (lambda t: t.replace(t.iloc[0, 0], np.nan), "missing values"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "stand twice"),
    ],
)
def test_values_that_cannot_be_scored_are_refused(
    made: pd.DataFrame, spoil: object, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        panel_scores(spoil(made))  # type: ignore[operator]


def test_upper_case_symbols_do_not_become_mouse_genes(made: pd.DataFrame) -> None:
    human = made.rename(index=str.upper)
    assert (panel_scores(human).coverage["status"] == "refused").all()


def peers(shared_dir: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(shared_dir / "peers" / "immune" / f"ct26_{name}.csv", index_col=0)


@pytest.fixture(scope="module")
def ct26() -> pd.DataFrame:
    import os

    folder = os.environ.get("SMARTCOMBO_SHARED")
    if folder is None:
        pytest.skip("no real studies: set SMARTCOMBO_SHARED to the folder that holds them")
    data = Path(folder) / "data" / "immune" / "mouse" / "ct26_taylor2019_tpm_approx.csv"
    return pd.read_csv(data, index_col=0)


@pytest.mark.realdata
def test_published_rules_give_the_peers_numbers_on_ct26(
    shared_dir: Path, ct26: pd.DataFrame
) -> None:
    """To 1e-6, the rounding of the stored tables."""
    wide = panel_scores(ct26).wide().loc[ct26.columns]
    simple = peers(shared_dir, "simple_scores")[ct26.columns]
    np.testing.assert_allclose(2 ** wide["cyt"], simple.loc["CYT_geomean"], atol=1e-6)
    np.testing.assert_allclose(wide["gep18"], simple.loc["GEP18_weighted"], atol=1e-6)
    mouse = peers(shared_dir, "mMCPcounter")[ct26.columns]
    np.testing.assert_allclose(wide["mmcp_t"], mouse.loc["T cells"], atol=1e-6)
    np.testing.assert_allclose(wide["mmcp_cd8"], mouse.loc["CD8 T cells"], atol=1e-6)
    human = peers(shared_dir, "via_orthologs_MCPcounter")[ct26.columns]
    for own, name in (("mcp_t", "T_cells"), ("mcp_cd8", "CD8_T_cells"),
                      ("mcp_fibroblasts", "Fibroblasts")):  # fmt: skip
        np.testing.assert_allclose(wide[own], human.loc[f"MCPcounter_{name}"], atol=1e-6)


@pytest.mark.realdata
def test_ssgsea_is_within_a_thousandth_of_a_sets_spread_of_gsva(
    shared_dir: Path, ct26: pd.DataFrame
) -> None:
    """Gene lists as the peer read them: every mouse gene of each human gene, zeros too."""
    from smartcombo.stats.gene_sets import ranked_samples, ssgsea

    stored = peers(shared_dir, "GSVA_ssgsea_raw")[ct26.columns]
    places = {gene: row for row, gene in enumerate(ct26.index)}
    ranked, lists = ranked_samples(ct26.to_numpy()), gene_lists()
    checked = 0
    for one in PANEL:
        if one.source not in stored.index or one.only:
            continue
        rising = (lists["signature"] == one.id) & ~(lists["weight"] < 0)
        own = lists.loc[rising, "gene_mouse"].dropna()
        rows = {places[g] for genes in own for g in genes.split("|") if g in places}
        score = ssgsea(ranked, [np.array(sorted(rows))])[0]
        expected = stored.loc[one.source].to_numpy(float)
        assert np.abs(score - expected).max() < 0.001 * expected.std(), one.id
        checked += 1
    assert checked >= 12


@pytest.mark.realdata
def test_genes_silent_in_every_tumour_are_named(ct26: pd.DataFrame) -> None:
    coverage = panel_scores(ct26).coverage.set_index("signature")
    assert "Cxcl10" in coverage.loc["chemokine_axis", "lost"]
    assert "B2m" in coverage.loc["mhc1", "lost"]
    assert coverage.loc["gep18", "coverage"] == pytest.approx(0.85, abs=0.01)


def test_the_panel_names_a_signature_that_does_not_exist() -> None:
    with pytest.raises(KeyError, match="no signature 'gep19'"):
        signature("gep19")
