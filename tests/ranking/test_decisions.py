"""The log of decisions: what it records, what it refuses, and that no byte of it can be changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from dossiers import FAIR, GOOD, TOXIC, made
from hypothesis import given, settings
from hypothesis import strategies as st

from smartcombo.core.finding import StudyError
from smartcombo.ranking import (
    DECISION_COLUMNS,
    Decision,
    DecisionRefused,
    Dossier,
    append_decision,
    check_decisions,
    read_decisions,
)
from smartcombo.ranking.decision_log import HEAD, LOG, START, append_record, digest
from smartcombo.ranking.decisions import inputs_hash


def decision(candidate: str = GOOD, action: str = "advance", **further) -> Decision:
    told = {"owner": "A. Leader", "date": "2026-03-01", "reasons": ("clear gain",), "dissent": ()}
    return Decision(candidate, action, **(told | further))


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return made()


@pytest.fixture
def three(tmp_path: Path, dossier: Dossier) -> Path:
    """Return a folder whose log has three entries."""
    append_decision(tmp_path, decision(), dossier)
    append_decision(
        tmp_path, decision(FAIR, "repeat", dissent=("B. Doubter: too few mice",)), dossier
    )
    append_decision(
        tmp_path, decision(action="hold", supersedes=1, reasons=("é – ü", "2")), dossier
    )
    return tmp_path


def test_an_entry_holds_what_was_said_and_the_state_it_was_said_on(three: Path, dossier) -> None:
    table = read_decisions(three)
    assert tuple(table.columns) == DECISION_COLUMNS
    assert list(table["number"]) == [1, 2, 3]
    first, second, third = table.to_dict("records")
    row = dossier.ranking.summary.iloc[0]
    assert (first["place"], first["rank_low"], first["rank_high"]) == (
        1,
        *row[["rank_low", "rank_high"]],
    )
    assert first["p_first"] == row["p_first"]
    assert first["inputs"] == inputs_hash(dossier.inputs)
    assert (first["previous"], second["previous"]) == (START, first["sha256"])
    assert second["dissent"] == "B. Doubter: too few mice"
    assert (second["verdict"], second["cautions"]) == ("promising, with cautions", "one_model")
    assert third["reasons"] == "é – ü; 2"
    assert (third["supersedes"], first["superseded_by"]) == (1, 3)
    assert check_decisions(three) == ()


def test_a_folder_without_a_log_has_an_empty_table(tmp_path: Path) -> None:
    assert tuple(read_decisions(tmp_path).columns) == DECISION_COLUMNS
    assert not len(read_decisions(tmp_path))
    assert check_decisions(tmp_path) == ()


def test_a_stopped_candidate_advances_only_with_a_reason(tmp_path: Path, dossier) -> None:
    with pytest.raises(DecisionRefused, match=r"stopped by a gate \(toxicity\).*--despite-gate"):
        append_decision(tmp_path, decision(TOXIC), dossier)
    assert not (tmp_path / LOG).exists()
    entry = append_decision(tmp_path, decision(TOXIC, despite_gate="half the dose"), dossier)
    assert (entry["despite_gate"], entry["stops"]) == ("half the dose", "toxicity")
    assert entry[["place", "p_first"]].isna().all()
    assert append_decision(tmp_path, decision(TOXIC, "stop"), dossier)["number"] == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"action": "go"}, "'go': expected one of advance, repeat, hold, stop"),
        ({"owner": " "}, "no owner"),
        ({"reasons": ()}, "no reason"),
        ({"dissent": ("",)}, "empty dissent"),
        ({"date": "1 March"}, "'1 March': expected a day such as"),
        ({"date": "20260301"}, "'20260301': expected a day such as"),
        ({"action": "hold", "despite_gate": "x"}, "only what advances passes a gate"),
        ({"owner": "\udcff"}, "broken letters"),
    ],
)
def test_what_is_not_said_is_asked_for(wrong: dict, words: str) -> None:
    with pytest.raises(DecisionRefused, match=words.replace("(", r"\(")):
        decision(**wrong)


def test_dissent_has_no_default() -> None:
    with pytest.raises(TypeError, match="dissent"):
        Decision(GOOD, "hold", "A", "2026-03-01", ("why",))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"candidate": "A + ICI"}, r"Did you mean 'A \+ ICI@MEL'\?(?s:.*)C \+ ICI@CRC"),
        ({"despite_gate": "why not"}, "no gate stops"),
        ({"supersedes": 9}, r"the log has entries \[1, 2, 3\]"),
        ({"supersedes": 2}, r"entry 2 is about B"),
        ({"supersedes": 1}, "entry 3 did so already"),
    ],
)
def test_what_does_not_fit_the_programme_is_refused(three: Path, dossier, wrong, words) -> None:
    before = (three / LOG).read_bytes()
    with pytest.raises(DecisionRefused, match=words):
        append_decision(three, decision(**wrong), dossier)
    assert (three / LOG).read_bytes() == before


def test_the_log_only_grows(three: Path, dossier) -> None:
    before = (three / LOG).read_bytes()
    append_decision(three, decision(FAIR, "stop"), dossier)
    assert (three / LOG).read_bytes().startswith(before)


WRITTEN: list[bytes] = []


def _pristine() -> list[bytes]:
    """Return log and head of three entries, written once."""
    if not WRITTEN:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            for text in ("first", "zweite – ü", "third"):
                append_record(Path(folder), lambda _, text=text: {"schema": 1, "text": text})
            WRITTEN.extend((Path(folder) / name).read_bytes() for name in (LOG, HEAD))
    return WRITTEN


def _findings(log: bytes, head: bytes) -> list:
    import tempfile

    from smartcombo.ranking.decision_log import read_log

    with tempfile.TemporaryDirectory() as folder:
        for name, content in ((LOG, log), (HEAD, head)):
            (Path(folder) / name).write_bytes(content)
        return read_log(Path(folder))[1]


def test_an_untouched_log_has_no_findings() -> None:
    assert _findings(*_pristine()) == []


@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_found(data: st.DataObject) -> None:
    log, head = _pristine()
    at = data.draw(st.integers(0, len(log) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != log[at]))
    found = _findings(log[:at] + bytes([byte]) + log[at + 1 :], head)
    assert found
    assert all(f.severity == "error" and f.found and f.expected and f.action for f in found)
    line = log[:at].count(b"\n") + 1
    assert min(f.row for f in found if f.row is not None) == line


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_inserted_or_removed_piece_is_found(data: st.DataObject) -> None:
    log, head = _pristine()
    start = data.draw(st.integers(0, len(log)))
    stop = data.draw(st.integers(start, min(len(log), start + 40)))
    piece = data.draw(st.binary(max_size=5))
    changed = log[:start] + piece + log[stop:]
    assert bool(_findings(changed, head)) == (changed != log)


@given(order=st.lists(st.integers(0, 2), max_size=4))
def test_any_other_set_or_order_of_lines_is_found(order: list[int]) -> None:
    log, head = _pristine()
    lines = log.splitlines(keepends=True)
    assert bool(_findings(b"".join(lines[i] for i in order), head)) == (order != [0, 1, 2])


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_changed_byte_of_the_head_is_found(data: st.DataObject) -> None:
    log, head = _pristine()
    at = data.draw(st.integers(0, len(head) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != head[at]))
    assert _findings(log, head[:at] + bytes([byte]) + head[at + 1 :])
    assert _findings(log, b"")


def test_an_entry_made_to_fit_itself_does_not_fit_the_next(three: Path) -> None:
    """Somebody changes a reason and mends the entry's own hash."""
    lines = (three / LOG).read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0]) | {"owner": "Somebody Else"}
    first["sha256"] = digest(first)
    lines[0] = json.dumps(first, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (three / LOG).write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert [(f.code, f.row) for f in check_decisions(three)] == [("decision-out-of-order", 2)]


def test_a_broken_log_is_neither_read_nor_appended_to(three: Path, dossier) -> None:
    text = (three / LOG).read_text(encoding="utf-8").replace("clear gain", "clear loss", 1)
    (three / LOG).write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=r"\[decision-changed\] decisions.jsonl, row 1"):
        read_decisions(three)
    with pytest.raises(StudyError, match="decision-changed"):
        append_decision(three, decision(), dossier)
    assert (three / LOG).read_text(encoding="utf-8") == text


def test_an_entry_whose_head_was_not_written_yet_is_no_loss(three: Path, dossier) -> None:
    """The machine stopped between the two writes: the next entry seals both."""
    head = (three / HEAD).read_bytes()
    append_decision(three, decision(FAIR, "stop"), dossier)
    (three / HEAD).write_bytes(head)
    assert check_decisions(three) == ()
    assert append_decision(three, decision(FAIR, "hold"), dossier)["number"] == 5
    assert check_decisions(three) == ()


def test_an_entry_of_another_version_is_named(tmp_path: Path) -> None:
    append_record(tmp_path, lambda _: {"schema": 99})
    assert [f.code for f in check_decisions(tmp_path)] == ["decision-schema"]


def _append_many(folder: str, name: str) -> None:
    for k in range(20):
        append_record(Path(folder), lambda _, k=k: {"schema": 1, "who": name, "k": k})


def test_appends_at_once_leave_a_whole_chain(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[3]); "
        "from test_decisions import _append_many; _append_many(sys.argv[1], sys.argv[2])"
    )
    here = str(Path(__file__).parent)
    workers = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name, here])
        for name in ("one", "two", "three")
    ]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    from smartcombo.ranking.decision_log import read_log

    records, findings = read_log(tmp_path)
    assert findings == []
    assert sorted((r["who"], r["k"]) for r in records) == sorted(
        (name, k) for name in ("one", "two", "three") for k in range(20)
    )
