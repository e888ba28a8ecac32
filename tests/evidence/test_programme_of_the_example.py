"""The built-in SYNTHETIC programme: five truths, each told by its gates, grades and word."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.evidence import Evidence, without_each_study
from smartcombo.evidence.programme_evidence import (
    CLAIM_COLUMNS,
    CRITERIA_COLUMNS,
    GATE_COLUMNS,
    GRADE_COLUMNS,
    MOVE_COLUMNS,
    POOLED_COLUMNS,
    VERDICT_COLUMNS,
)
from smartcombo.evidence.programme_example import write_example_programme
from smartcombo.evidence.programme_grades import LETTERS, START
from smartcombo.study.programme import Programme


@pytest.fixture(scope="module")
def programme(example_programme: Programme) -> Programme:
    return example_programme


@pytest.fixture(scope="module")
def evidence(example_evidence: Evidence) -> Evidence:
    return example_evidence


def word(evidence: Evidence, combination: str) -> list[str]:
    rows = evidence.verdicts
    return list(rows.loc[rows["combination"] == f"{combination} + anti-PD-1", "word"])


def gate(evidence: Evidence, combination: str, name: str) -> pd.DataFrame:
    rows = evidence.gates
    own = rows["candidate"].str.startswith(f"{combination} + anti-PD-1 | ")
    return rows[own & (rows["gate"] == name)]


def test_each_of_the_five_truths_is_told(evidence: Evidence) -> None:
    assert word(evidence, "SYN-A") == ["stopped"]
    assert word(evidence, "SYN-B") == ["stopped"]
    assert word(evidence, "SYN-C") == ["hotter, not sensitised"]
    assert word(evidence, "SYN-D") == ["promising, with cautions"]
    assert word(evidence, "SYN-E") == ["promising", "promising"]


def test_each_is_stopped_or_cautioned_for_its_own_reason(evidence: Evidence) -> None:
    stops = evidence.verdicts.set_index("combination")["stops"]
    assert stops["SYN-A + anti-PD-1"] == "antagonism"
    assert stops["SYN-B + anti-PD-1"] == "toxicity"
    assert "worse than the checkpoint inhibitor alone" in gate(evidence, "SYN-A", "antagonism")[
        "reason"].item()  # fmt: skip
    assert (
        "past the protocol's weight limit" in gate(evidence, "SYN-B", "toxicity")["reason"].item()
    )
    assert gate(evidence, "SYN-D", "animals")["passed"].tolist() == [False]
    assert gate(evidence, "SYN-D", "animals")["reason"].item() == "smallest arm 4 animals, 8 stated"


def test_the_toxic_one_gains_most_and_is_stopped_all_the_same(evidence: Evidence) -> None:
    gain = evidence.pooled[evidence.pooled["measure"] == "gain_over_ici"].set_index("candidate")
    assert gain["value"].idxmax().startswith("SYN-B")
    assert "SYN-B + anti-PD-1 | SYN-MEL" in evidence.candidates


def test_tables_have_their_columns_and_one_row_a_pair(evidence: Evidence) -> None:
    tables = {
        "claims": CLAIM_COLUMNS, "pooled": POOLED_COLUMNS, "grades": GRADE_COLUMNS,
        "moves": MOVE_COLUMNS, "criteria": CRITERIA_COLUMNS, "gates": GATE_COLUMNS,
        "verdicts": VERDICT_COLUMNS,
    }  # fmt: skip
    for name, columns in tables.items():
        assert tuple(getattr(evidence, name).columns) == columns, name
    assert not evidence.criteria.duplicated(["candidate", "criterion"]).any()
    assert len(evidence.criteria) == len(evidence.candidates) * len(evidence.anchors)
    assert not evidence.gates.duplicated(["candidate", "gate"]).any()
    assert set(evidence.gates["passed"]) <= {True, False, None}
    assert not evidence.claims[evidence.claims["kind"] == "data"]["claim"].duplicated().any()


def test_a_missing_read_out_is_missing_and_never_zero(evidence: Evidence) -> None:
    rows = evidence.criteria.set_index(["criterion", "candidate"])
    missing = rows.loc[("inflamed", "SYN-B + anti-PD-1 | SYN-MEL")]
    assert missing["status"] == "missing"
    assert missing[["value", "se"]].isna().all()
    answered = evidence.criteria[evidence.criteria["status"] == "ok"]
    assert answered["value"].notna().all()
    counted = answered["criterion"].isin(["breadth", "carry-over"])
    assert answered[counted]["se"].isna().all()
    assert (answered[~counted]["se"] > 0).all()


def test_every_criterion_leads_to_claims_that_are_there(evidence: Evidence) -> None:
    known = set(evidence.claims["claim"])
    gains = evidence.criteria[evidence.criteria["criterion"].isin(["gain", "interaction"])]
    for source in gains["source"]:
        assert set(source.split("; ")) <= known
    repeated = gains.set_index("candidate").loc["SYN-E + anti-PD-1 | SYN-CRC", "source"].iloc[0]
    assert {name.split("/")[0] for name in repeated.split("; ")} == {
        "robust-1", "robust-2", "robust-3"
    }  # fmt: skip


def test_evidence_against_stands_beside_evidence_for(evidence: Evidence) -> None:
    robust = evidence.claims[evidence.claims["combination"] == "SYN-E + anti-PD-1"]
    assert {"for", "against", "neither"} <= set(robust["direction"])
    heavy = robust[(robust["topic"] == "tolerability") & (robust["direction"] == "against")]
    assert not heavy.empty


def test_claims_of_the_literature_are_marked_and_enter_no_number(
    programme: Programme, evidence: Evidence
) -> None:
    written = evidence.claims[evidence.claims["kind"] == "literature"]
    assert set(written["combination"]) == {"SYN-E + anti-PD-1", "SYN-C + anti-PD-1"}
    assert written["citation"].str.len().gt(0).all()
    assert written["value"].isna().all()
    bare = sc.evidence.gather(dataclasses.replace(programme, literature=()), evidence.results)
    pd.testing.assert_frame_equal(bare.pooled, evidence.pooled)
    carried = bare.grades.set_index(["candidate", "grade"])["letter"]
    assert carried["SYN-E + anti-PD-1 | SYN-CRC", "carry_over"] == "A"


def test_a_letter_is_its_start_moved_by_the_moves_that_are_listed(evidence: Evidence) -> None:
    for row in evidence.grades.to_dict("records"):
        own = evidence.moves[(evidence.moves["candidate"] == row["candidate"])
                             & (evidence.moves["grade"] == row["grade"])]  # fmt: skip
        counted = own[own["move"] != 0].groupby("item")["move"].first().sum()
        place = LETTERS.index(START[row["grade"]]) + counted
        assert row["letter"] == LETTERS[min(max(int(place), 0), 3)], row["candidate"]
        assert row["low"] <= row["score"] <= row["high"]


def test_a_study_left_out_takes_its_claims_along_and_widens(
    programme: Programme, evidence: Evidence
) -> None:
    less = sc.evidence.gather(programme.without("robust-2"), evidence.results)
    assert "robust-2" not in set(less.claims["study"])
    key = ("SYN-E + anti-PD-1 | SYN-MEL", "gain_over_ici")
    all_, two = (one.pooled.set_index(["candidate", "measure"]).loc[key] for one in
                 (evidence, less))  # fmt: skip
    assert (all_["studies"], two["studies"]) == (3, 2)
    assert two["se"] > all_["se"]
    assert two["high"] - two["low"] > all_["high"] - all_["low"]


def test_the_criteria_without_each_study_are_those_of_the_rest(
    programme: Programme, evidence: Evidence
) -> None:
    tables = without_each_study(programme, evidence)
    assert list(tables) == [study.id for study in programme.studies]
    assert not tables["toxic"]["candidate"].str.startswith("SYN-B").any()
    less = sc.evidence.gather(programme.without("robust-2"), evidence.results)
    pd.testing.assert_frame_equal(tables["robust-2"], less.criteria)


def test_gathering_again_gives_the_same_tables(programme: Programme, evidence: Evidence) -> None:
    again = sc.evidence.gather(programme, evidence.results)
    for name in ("claims", "pooled", "grades", "criteria", "gates", "verdicts"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(evidence, name))


def test_indications_join_the_models_that_stand_for_them(
    programme: Programme, evidence: Evidence
) -> None:
    facts = programme.facts.model_copy(update={"context": "indication"})
    named = dict.fromkeys(programme.indications, "solid tumours")
    one = dataclasses.replace(programme, facts=facts, indications=named)
    joined = sc.evidence.gather(one, evidence.results)
    assert "SYN-E + anti-PD-1 | solid tumours" in joined.candidates
    gain = joined.pooled.set_index(["candidate", "measure"]).loc[
        ("SYN-E + anti-PD-1 | solid tumours", "gain_over_ici")
    ]
    assert (gain["studies"], gain["models"], gain["n"]) == (3, 2, 108)


def test_everything_made_says_so(evidence: Evidence, programme: Programme) -> None:
    assert evidence.synthetic
    assert evidence.claims["synthetic"].all()
    assert all("SYNTHETIC" in study.title for study in programme.studies)


def test_a_programme_whose_combinations_nobody_was_given_is_refused(programme: Programme) -> None:
    none = dataclasses.replace(programme, studied=())
    with pytest.raises(sc.AnalysisRefused, match="none of its 5 combinations"):
        sc.evidence.gather(none)


@pytest.mark.parametrize(
    ("species", "passed"), [((), None), (("mouse",), False), (("mouse", "human"), True)]
)
def test_a_molecule_must_act_on_the_human_target(
    programme: Programme, evidence: Evidence, species: tuple[str, ...], passed: bool | None
) -> None:
    """DMXAA acts on mouse STING only: whatever the mouse data say, it must not go on."""
    agents = tuple(
        a.model_copy(update={"species": species}) if a.id == "SYN-E" else a
        for a in programme.agents
    )
    found = sc.evidence.gather(dataclasses.replace(programme, agents=agents), evidence.results)
    assert gate(found, "SYN-E", "species")["passed"].tolist() == [passed, passed]
    expected = {None: "promising, with cautions", False: "stopped", True: "promising"}[passed]
    assert word(found, "SYN-E") == [expected, expected]


def test_a_missing_single_arm_stops_and_its_questions_are_missing(
    programme: Programme, evidence: Evidence, tmp_path: Path
) -> None:
    folder = write_example_programme(tmp_path)
    study = folder / "few-mice"
    volumes = pd.read_csv(study / "volumes.csv")
    volumes[volumes["arm"] != "molecule"].to_csv(study / "volumes.csv", index=False)
    for name in ("animals", "weights"):
        table = pd.read_csv(study / f"{name}.csv")
        table[table["arm"] != "molecule"].to_csv(study / f"{name}.csv", index=False)
    toml = study / "study.toml"
    text = toml.read_text()
    block = '[[arm]]\nid = "molecule"\nlabel = "SYN-D"\nagents = [{ agent = "SYN-D" }]\n'
    assert block in text
    toml.write_text(text.replace(block, ""))
    others = {name: own for name, own in evidence.results.items() if name != "few-mice"}
    found = sc.evidence.gather(sc.read_programme(folder), others)
    assert gate(found, "SYN-D", "arms")["passed"].tolist() == [False]
    assert word(found, "SYN-D") == ["stopped"]
    pooled = found.pooled.set_index(["candidate", "measure"])["status"]
    assert pooled["SYN-D + anti-PD-1 | SYN-MEL", "interaction"] == "missing"
    assert pooled["SYN-D + anti-PD-1 | SYN-MEL", "gain_over_ici"] == "ok"


def test_anchors_and_weights_are_handed_on_as_stated(evidence: Evidence) -> None:
    first = evidence.anchors[0]
    assert first == {"id": "gain", "title": "Gain over anti-PD-1 alone", "unit": "log ratio",
                     "worst": 0.0, "best": 1.5, "weight": 0.35, "order": None,
                     "no_effect": 0.0, "arms": 2}  # fmt: skip
    assert {a["id"]: a["arms"] for a in evidence.anchors}["interaction"] == 4
    assert evidence.weights["kind"] == "fixed"


def repeated(programme: Programme, evidence: Evidence, study: str) -> Evidence:
    """Return the evidence as if one study had been done twice with the same outcome."""
    again = dataclasses.replace(programme.study(study), id=f"{study}-again")
    studied = [dataclasses.replace(one, study=again.id) for one in programme.studied
               if one.study == study]  # fmt: skip
    results = [
        dataclasses.replace(one, study=again.id, estimates=one.estimates.assign(study=again.id))
        for one in evidence.results[study]
    ]
    twice = dataclasses.replace(
        programme,
        studies=(*programme.studies, again),
        studied=(*programme.studied, *studied),
    )
    return sc.evidence.gather(twice, {**evidence.results, again.id: results})


def test_a_second_study_as_bad_as_the_first_does_not_open_the_gate(
    programme: Programme, evidence: Evidence
) -> None:
    twice = repeated(programme, evidence, "antagonist")
    gain = twice.pooled.set_index(["candidate", "measure"]).loc[
        ("SYN-A + anti-PD-1 | SYN-BRE", "gain_over_ici")
    ]
    assert gain["studies"] == 2
    assert gain["high"] > 0  # one degree of freedom
    assert word(twice, "SYN-A") == ["stopped"]


def test_a_second_study_as_good_as_the_first_is_no_less_promising(
    programme: Programme, evidence: Evidence
) -> None:
    twice = repeated(programme, evidence, "few-mice")
    assert word(twice, "SYN-D") == ["promising, with cautions"]
    cautions = twice.verdicts.set_index("combination").loc["SYN-D + anti-PD-1", "cautions"]
    assert cautions == "one_model"
