"""Ten real four-arm studies in one programme: nothing is a green light on one small study."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.evidence import Evidence

STUDIES = Path(__file__).parents[1] / "data" / "studies"
COMBINATIONS = {
    "gaba_4t1": ("GABA", "anti-PD-1"),
    "bv173": ("imatinib", "dasatinib"),
    "chl1": ("gemcitabine", "CGP-082996"),
    "u87mg": ("docetaxel", "GNE-317"),
    "sw837": ("irinotecan", "rabusertib"),
    "ls1034": ("irinotecan", "rabusertib"),
    "snu81": ("irinotecan", "rabusertib"),
    "cr1197": ("cetuximab", "palbociclib"),
    "mariathasan_emt6": ("anti-PD-L1", "anti-TGFb"),
    "mariathasan_mc38": ("anti-PD-L1", "anti-TGFb"),
}
ICI = ("anti-PD-1", "anti-PD-L1")
REST = """
[[criterion]]
id = "gain"
measure = "gain_over_ici"
worst = 0
best = 1

[[criterion]]
id = "interaction"
measure = "interaction"
worst = 0
best = 1

[[literature]]
combination = "anti-PD-L1 + anti-TGFb"
context = "EMT6"
question = "necessity"
direction = "for"
statement = "depletion of CD8 T cells abolished the effect"
citation = "Mariathasan et al. 2018"
doi = "10.1038/nature25501"
"""
PUBLISHED = """
[[published]]
combination = "anti-PD-L1 + anti-TGFb"
context = "{model}"
study = "{study}"
responders = {k}
animals = {n}
responders_ici = {k_ici}
animals_ici = {n}
citation = "Mariathasan et al. 2018"
"""


def published(shared: Path) -> str:
    file = shared / "data" / "invivo" / "mariathasan2018_complete_regressions.csv"
    table = pd.read_csv(file)
    shares = ("combo_cr_pct", "apdl1_cr_pct")
    return "".join(
        PUBLISHED.format(model=row["model"], study=row["study"], n=row["n_per_arm"],
                         **dict(zip(("k", "k_ici"), (round(row["n_per_arm"] * row[s] / 100)
                                                     for s in shares), strict=True)))
        for row in table.to_dict("records")
    )  # fmt: skip


def programme_text() -> str:
    agents = dict.fromkeys(agent for pair in COMBINATIONS.values() for agent in pair)
    pairs = dict.fromkeys(COMBINATIONS.values())
    folders = ", ".join(f'"{STUDIES / name}"' for name in COMBINATIONS)
    blocks = [f'[programme]\nid = "real"\nstudies = [{folders}]']
    blocks += [
        f'[[agent]]\nid = "{agent}"\nkind = "{"checkpoint-inhibitor" if agent in ICI else "other"}"'
        for agent in agents
    ]
    blocks += [
        f'[[combination]]\nid = "{" + ".join(pair)}"\nagents = '
        f"[{', '.join(f'{{ agent = {chr(34)}{agent}{chr(34)} }}' for agent in pair)}]"
        for pair in pairs
    ]
    return "\n\n".join([*blocks, REST])


@pytest.fixture(scope="module")
def evidence(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = tmp_path_factory.mktemp("real")
    (folder / "programme.toml").write_text(programme_text() + published(shared_dir))
    return sc.evidence.gather(sc.read_programme(folder))


def verdict(evidence: Evidence, candidate: str) -> pd.Series:
    return evidence.verdicts.set_index("candidate").loc[candidate]


@pytest.mark.realdata
def test_ten_studies_give_ten_candidates(evidence: Evidence) -> None:
    assert len(evidence.candidates) == 10
    assert not evidence.synthetic
    assert not [f for f in evidence.findings if f.code in ("analysis-refused", "arm-left-out")]


@pytest.mark.realdata
def test_gaba_with_anti_pd1_is_stopped_for_antagonism(evidence: Evidence) -> None:
    row = verdict(evidence, "GABA + anti-PD-1 | 4T1")
    assert row["word"] == "stopped"
    assert row["stops"] == "antagonism"
    assert row["answers_for"] == 0
    gain = evidence.pooled.set_index(["candidate", "measure"]).loc[
        ("GABA + anti-PD-1 | 4T1", "gain_over_ici")
    ]
    assert gain["high"] < 0


@pytest.mark.realdata
def test_nothing_is_promising_on_one_small_study_without_a_caution(evidence: Evidence) -> None:
    assert "promising" not in set(evidence.verdicts["word"])
    cautious = evidence.verdicts[evidence.verdicts["word"] == "promising, with cautions"]
    assert not cautious.empty
    assert cautious["cautions"].str.contains("one_study").all()
    silent = evidence.gates[evidence.gates["gate"] == "randomised"]
    assert silent["passed"].isna().all()


@pytest.mark.realdata
def test_mc38_is_stopped_for_want_of_an_arm_and_emt6_is_not(evidence: Evidence) -> None:
    assert verdict(evidence, "anti-PD-L1 + anti-TGFb | MC38")["stops"] == "arms"
    assert verdict(evidence, "anti-PD-L1 + anti-TGFb | EMT6")["stops"] == ""
    status = evidence.criteria.set_index(["candidate", "criterion"])["status"]
    assert status["anti-PD-L1 + anti-TGFb | MC38", "interaction"] == "missing"
    assert status["anti-PD-L1 + anti-TGFb | MC38", "gain"] == "ok"


@pytest.mark.realdata
def test_what_was_written_by_hand_belongs_to_its_tumour_only(evidence: Evidence) -> None:
    written = evidence.claims[evidence.claims["kind"] == "literature"]
    cited = written[written["topic"] == "necessity"]
    assert cited["candidate"].tolist() == ["anti-PD-L1 + anti-TGFb | EMT6"]
    moved = evidence.moves[evidence.moves["item"].str.startswith("necessity")]
    moved = moved.set_index("candidate")["move"]
    assert moved["anti-PD-L1 + anti-TGFb | EMT6"] == 1
    assert moved["anti-PD-L1 + anti-TGFb | MC38"] == 0


@pytest.mark.realdata
def test_three_colorectal_models_of_one_pair_count_as_breadth(evidence: Evidence) -> None:
    models = evidence.moves[
        evidence.moves["candidate"].str.startswith("irinotecan")
        & (evidence.moves["item"] == "second model")
    ]
    assert len(models) == 3
    assert models["move"].eq(0).all()
    assert models["reason"].str.contains("none is stated to be cold").all()


@pytest.mark.realdata
def test_six_published_studies_of_emt6_show_how_much_they_differ(
    evidence: Evidence, shared_dir: Path
) -> None:
    file = shared_dir / "peers" / "patients" / "shrinkage_reference.json"
    reference = json.loads(file.read_text(encoding="utf-8"))["logor_re"]
    pooled = evidence.pooled.set_index(["candidate", "measure"])
    emt6 = pooled.loc[("anti-PD-L1 + anti-TGFb | EMT6", "published_response")]
    assert emt6["studies"] == 6
    assert emt6["value"] == pytest.approx(reference["mu"], abs=1e-9)
    assert emt6["tau2"] == pytest.approx(reference["tau2"], abs=1e-9)
    # The reference rounded its t quantile (2.776); ours is exact.
    assert [emt6["predicted_low"], emt6["predicted_high"]] == pytest.approx(
        reference["pi95"], abs=5e-4
    )
    mc38 = pooled.loc[("anti-PD-L1 + anti-TGFb | MC38", "published_response")]
    assert emt6["value"] > mc38["value"] or mc38["low"] < emt6["value"] < mc38["high"]
