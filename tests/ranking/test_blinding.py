"""Blinding: own molecules by code, others absent from every byte, all numbers as they were."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smartcombo as sc
from smartcombo.evidence import Evidence
from smartcombo.ranking import Dossier, blinded, blinding_key
from smartcombo.ranking.blinding_key import UnknownPartner
from smartcombo.ranking.blinding_terms import Matcher, Term
from smartcombo.ranking.blinding_words import WITHHELD
from smartcombo.ranking.decisions import inputs_hash
from smartcombo.report.programme_export import write_ranking
from smartcombo.study.programme import Programme

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))
from leaks_by_hand import found_in
from shared_studies import ALPHA, BETA, CODES, SAID, decisions_of, write_shared

PARTNERS = {f"partner {n}": (f"P{n}-01", f"SYN-{letter}") for n, letter in enumerate("ABCDE", 1)}
NUMBERS = ("value", "low", "high", "shrunk", "shrunk_low", "shrunk_high", "kept", "n")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    return sc.read_programme(write_shared(tmp_path_factory.mktemp("shared")))


@pytest.fixture(scope="module")
def told(shared: Programme) -> Evidence:
    return sc.evidence.gather(shared)


@pytest.fixture(scope="module")
def whole(shared: Programme, told: Evidence) -> Dossier:
    return sc.ranking.dossier_of(shared, told)


@pytest.fixture(scope="module")
def log(shared: Programme, whole: Dossier) -> pd.DataFrame:
    return decisions_of(whole, shared.folder)


def write(
    programme: Programme,
    evidence: Evidence,
    partner: str | None,
    out: Path,
    log: pd.DataFrame | None = None,
) -> Dossier:
    key = blinding_key(programme, partner)
    dossier = blinded(programme, evidence, key, decisions=log)
    write_ranking(dossier, out, forbidden=key.forbidden)
    return dossier


@pytest.mark.parametrize("partner", PARTNERS)
def test_no_byte_of_the_example_names_a_molecule_or_another_partner(
    partner: str, example_programme: Programme, example_evidence: Evidence, tmp_path: Path
) -> None:
    write(example_programme, example_evidence, partner, tmp_path / "out")
    words = [name.replace("-", "").lower() for _, name in PARTNERS.values()]
    words += [f"inventedtarget{letter}" for letter in "abcde"]
    for other, (code, _) in PARTNERS.items():
        if other != partner:
            words += [code.replace("-", "").lower(), other.replace(" ", "")]
    assert found_in(tmp_path / "out", words) == []
    names = {path.name for path in (tmp_path / "out").rglob("*")}
    assert not {study.id for study in example_programme.studies} & names


@pytest.mark.parametrize("partner", [ALPHA, BETA])
def test_no_byte_of_shared_studies_names_either_molecule_or_the_other_partner(
    partner: str, shared: Programme, told: Evidence, log: pd.DataFrame, tmp_path: Path
) -> None:
    dossier = write(shared, told, partner, tmp_path / "out", log)
    assert list((tmp_path / "out" / "memos").glob("*.pdf"))
    other = BETA if partner == ALPHA else ALPHA
    words = [*SAID[ALPHA], *SAID[BETA], CODES[other].replace("-", "").lower(),
             other.replace("-", "").replace(" ", "").lower(), "secret.2024", "10.1000",
             "doeetal.2023"]  # fmt: skip
    assert found_in(tmp_path / "out", words) == []
    assert set(dossier.ranking.summary["combination"]) == {f"{CODES[partner]} + anti-PD-1"}
    assert list(dossier.agents["agent"]) == ["anti-PD-1", CODES[partner]]


def test_free_text_is_kept_where_codes_make_it_blind_and_withheld_where_they_do_not(
    shared: Programme, told: Evidence, log: pd.DataFrame
) -> None:
    dossier = blinded(shared, told, ALPHA, decisions=log)
    statements = dossier.evidence.claims["statement"].unique()
    assert "depletion abolished what AP-7 gained" in statements
    assert WITHHELD in statements
    assert dossier.title == f"{WITHHELD} (blinded for Alpha Pharma)"
    assert dossier.decisions["reasons"].tolist() == ["AP-7 gains"]
    assert dossier.decisions["dissent"].tolist() == [WITHHELD]
    assert dossier.decisions["place"].isna().all()
    assert dossier.decisions["inputs"].tolist() == [inputs_hash(dossier.inputs)]
    assert not set(dossier.decisions["sha256"]) & set(log["sha256"])
    agent = dossier.agents.set_index("agent").loc["AP-7"]
    assert agent["exposure"] == "AP-7 at 10 mg/kg reaches what patients had of AP-7"
    assert agent["target"] == agent["mechanism"] == agent["names"] == ""


def test_animals_whose_ids_cannot_be_shown_stay_different_animals(
    shared: Programme, told: Evidence, whole: Dossier
) -> None:
    mice, every = blinded(shared, told, BETA).mice, whole.mice
    own = every[every["candidate"] == "zetaparib with anti-PD-1 | SHARED-MEL"]
    keys = ["study", "animal"]
    assert len(mice) == len(own)
    assert len(mice[keys].drop_duplicates()) == len(own[keys].drop_duplicates())
    assert WITHHELD not in set(mice["animal"])


@pytest.mark.parametrize("partner", ["partner 3", "partner 5", None])
def test_numbers_and_shrunk_values_are_those_of_the_whole_ranking(
    partner: str | None,
    example_programme: Programme,
    example_evidence: Evidence,
    example_dossier: Dossier,
) -> None:
    dossier = blinded(example_programme, example_evidence, partner)
    keys = ["candidate", "criterion"]
    whole = example_dossier.ranking.criteria.copy()
    for code, name in PARTNERS.values():
        whole["candidate"] = whole["candidate"].str.replace(f"{name} ", f"{code} ")
    both = dossier.ranking.criteria.merge(whole, on=keys, suffixes=("", "_whole"))
    assert len(both) == len(dossier.ranking.criteria) > 0
    for name in (*NUMBERS, "part", "part_low", "part_high"):
        np.testing.assert_array_equal(both[name], both[f"{name}_whole"])
    scores = example_dossier.ranking.summary["score"].tolist()
    assert set(dossier.ranking.summary["score"].dropna()) <= set(scores)


def test_places_and_draws_are_among_the_own_candidates(
    example_programme: Programme, example_evidence: Evidence
) -> None:
    dossier = blinded(example_programme, example_evidence, "Partner_5")
    own = ["P5-01 + anti-PD-1 | SYN-CRC", "P5-01 + anti-PD-1 | SYN-MEL"]
    assert sorted(dossier.ranking.summary["candidate"]) == own
    assert sorted(dossier.ranking.summary["place"]) == [1, 2]
    assert sorted(dossier.reweighting.candidates) == own
    assert dossier.reweighting.codes.shape[0] == 2
    assert dossier.ranking.acceptability["rank"].max() == 2
    assert set(dossier.studies["study"]) == {"study-1", "study-2", "study-3"}
    assert set(dossier.inputs["study"]) == {"study-1", "study-2", "study-3"}
    assert dict(dossier.ranking.options)["shown"] == ()


def test_codes_only_shows_every_candidate_in_the_same_order(
    example_programme: Programme, example_evidence: Evidence, example_dossier: Dossier,
    tmp_path: Path,
) -> None:  # fmt: skip
    dossier = write(example_programme, example_evidence, None, tmp_path / "out")
    scores = dossier.ranking.summary["score"].to_numpy()
    np.testing.assert_array_equal(scores, example_dossier.ranking.summary["score"])
    assert found_in(tmp_path / "out", [f"syn{letter}" for letter in "abde"]) == []
    assert found_in(tmp_path / "out", ["partner1", "partner2"]) == []
    info = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert info["blinded"] == "codes only"


def test_a_molecule_without_a_code_is_refused_all_at_once(example_programme: Programme) -> None:
    bare = tuple(agent.model_copy(update={"code": ""}) for agent in example_programme.agents)
    programme = dataclasses.replace(example_programme, agents=bare)
    with pytest.raises(sc.StudyError, match=r"(?s)5 problem.*code-missing.*SYN-E") as refused:
        blinding_key(programme, None)
    assert {f.subject for f in refused.value.findings} == {f"SYN-{one}" for one in "ABCDE"}
    with pytest.raises(sc.StudyError, match="1 problem"):
        blinding_key(programme, "partner 2")


def test_an_unknown_partner_is_told_the_partners_there_are(example_programme: Programme) -> None:
    with pytest.raises(UnknownPartner, match="partner 1, partner 2, partner 3, partner 4"):
        blinding_key(example_programme, "partner 7")


def test_a_code_that_holds_a_name_is_refused_and_a_shared_target_is_let_go(
    example_programme: Programme,
) -> None:
    agents = {agent.id: agent for agent in example_programme.agents}
    telling = agents["SYN-A"].model_copy(update={"code": "SYN-A-01"})
    same = agents["SYN-B"].model_copy(update={"target": "PD-1"})
    changed = {**agents, "SYN-A": telling}
    programme = dataclasses.replace(example_programme, agents=tuple(changed.values()))
    with pytest.raises(sc.StudyError, match=r"blinding-conflict.*'SYN-A'"):
        blinding_key(programme, "partner 1")
    changed = {**agents, "SYN-B": same}
    programme = dataclasses.replace(example_programme, agents=tuple(changed.values()))
    key = blinding_key(programme, "partner 1")
    assert ("PD-1", "target") in {(term.text, term.kind) for term in key.unsought}
    assert "PD-1" not in {term.text for term in key.forbidden.terms}


def test_a_tumour_model_called_after_another_partners_molecule_is_refused(
    shared: Programme, told: Evidence
) -> None:
    with pytest.raises(sc.StudyError, match="blinding-conflict"):
        blinding_key(
            dataclasses.replace(
                shared,
                agents=tuple(
                    a.model_copy(update={"names": (*a.names, "MEL")}) if a.partner == BETA else a
                    for a in shared.agents
                ),
            ),
            ALPHA,
        )


def test_one_shown_alone_is_neither_above_nor_below_itself(
    example_programme: Programme, example_evidence: Evidence
) -> None:
    dossier = blinded(example_programme, example_evidence, "partner 4")
    reasons = dossier.ranking.reasons
    assert not reasons["words"].str.contains("candidates' mean").any()
    assert dossier.ranking.summary["place"].tolist() == [1]
    assert dossier.experiments.empty


@given(
    st.lists(st.sampled_from(["-", "_", " ", "", "\u2011", " - "]), min_size=2, max_size=2),
    st.booleans(),
    st.sampled_from([" ", "(", "_", "1", ";", "\n"]),
)
def test_a_name_is_found_however_it_is_spaced_and_capitalised(
    between: list[str], upper: bool, edge: str
) -> None:
    matcher = Matcher((Term("RMP1-14", "name", "x"), Term("SYN-A", "name", "y")))
    written = f"RMP{between[0]}1{between[1]}14"
    written = written.upper() if upper else written.lower()
    found = matcher.find(f"given {written}{'' if edge == '1' else edge}")
    assert found is not None
    assert found.agent == "x"
    assert matcher.find(f"x{edge}syn{between[0]}a{edge}") is not None
    assert matcher.find("SYN-MEL, synapse, RMP1-140") is None


def test_the_table_of_findings_tells_nothing_of_hidden_arms(
    shared: Programme, told: Evidence
) -> None:
    table = blinded(shared, told, ALPHA).findings
    assert isinstance(table, pd.DataFrame)
    assert not table["found"].str.contains("Zeta|Everything", case=False).any()
