"""The commands of those who decide: decide, memo, and what check and rank do with the log."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from smartcombo.cli.main import app
from smartcombo.ranking import read_decisions
from smartcombo.ranking.decision_log import HEAD, LOG

sys.path.insert(0, str(Path(__file__).parents[1] / "ranking"))
from dossiers import FAIR, GOOD, TOXIC, made

DATE = "2026-03-01"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rank at once: the commands here get a made dossier, with the log that is in the folder."""
    monkeypatch.setattr(
        "smartcombo.cli.rank.dossier_in_steps",
        lambda folder: made(decisions=read_decisions(folder)),
    )


def run(*arguments: str | Path):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def decide(folder: Path, candidate: str = GOOD, action: str = "advance", *further: str):
    said = further or ("--no-dissent",)
    told = ("--owner", "A. Leader", "--reason", "clear gain", "--date", DATE)
    return run("decide", folder, "--candidate", candidate, "--action", action, *told, *said)


@pytest.mark.usefixtures("quick")
def test_decide_appends_and_tells_what_it_was_taken_on(tmp_path: Path) -> None:
    outcome = decide(tmp_path, FAIR, "repeat", "--dissent", "B. Doubter: too few", "--reason", "2")
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout.strip() == str(tmp_path / LOG)
    for words in ("Decision 1: repeat B + ICI@MEL", "2026-03-01, A. Leader: clear gain; 2",
                  "dissent: B. Doubter: too few", "taken on: promising, with cautions; place 2",
                  "open cautions: one_model"):  # fmt: skip
        assert words in outcome.stderr
    entry = json.loads((tmp_path / LOG).read_text(encoding="utf-8"))
    assert entry["state"]["verdict"] == "promising, with cautions"
    assert (entry["date"], entry["dissent"]) == (DATE, ["B. Doubter: too few"])


@pytest.mark.usefixtures("quick")
def test_without_a_date_it_is_today(tmp_path: Path) -> None:
    from datetime import date

    outcome = run("decide", tmp_path, "--candidate", GOOD, "--action", "hold", "--owner", "A",
                  "--reason", "wait", "--no-dissent")  # fmt: skip
    assert outcome.exit_code == 0, outcome.output
    assert read_decisions(tmp_path)["date"].iloc[0] == date.today().isoformat()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((GOOD, "advance", "--reason", "x"), "say who disagreed"),
        ((GOOD, "advance", "--no-dissent", "--dissent", "B: no"), "say who disagreed"),
        ((GOOD, "go", "--no-dissent"), "expected one of advance, repeat, hold, stop"),
        (("A", "hold", "--no-dissent"), "This programme has:"),
        ((TOXIC, "advance", "--no-dissent"), '--despite-gate "the reason"'),
        ((GOOD, "hold", "--no-dissent", "--supersedes", "1"), "supersedes 1: the log has entries"),
    ],
)
def test_what_cannot_be_recorded_is_wrong_use(tmp_path: Path, arguments, words: str) -> None:
    outcome = decide(tmp_path, *arguments)
    assert outcome.exit_code == 2
    assert words in outcome.stderr
    assert not (tmp_path / LOG).exists()


@pytest.mark.usefixtures("quick")
def test_a_gate_is_passed_with_a_reason_that_is_told(tmp_path: Path) -> None:
    outcome = decide(tmp_path, TOXIC, "advance", "--no-dissent", "--despite-gate", "half the dose")
    assert outcome.exit_code == 0, outcome.output
    assert "stopped by: toxicity; despite it: half the dose" in outcome.stderr


@pytest.mark.usefixtures("quick")
def test_a_broken_log_leaves_with_3_and_is_not_appended_to(tmp_path: Path) -> None:
    assert decide(tmp_path).exit_code == 0
    text = (tmp_path / LOG).read_text(encoding="utf-8").replace("A. Leader", "B. Leader")
    (tmp_path / LOG).write_text(text, encoding="utf-8")
    outcome = decide(tmp_path)
    assert outcome.exit_code == 3
    assert "decision-changed" in outcome.stderr
    assert (tmp_path / LOG).read_text(encoding="utf-8") == text


def test_check_tells_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "programme.toml").write_text("", encoding="utf-8")
    monkeypatch.setattr("smartcombo.study.programme.check_programme", lambda folder: ())
    assert run("check", tmp_path).exit_code == 0
    (tmp_path / HEAD).write_text(f"2 {'ab' * 32}\n", encoding="utf-8")
    outcome = run("check", tmp_path, "--json")
    assert outcome.exit_code == 3
    found = json.loads(outcome.stdout)["findings"]
    assert [one["code"] for one in found] == ["decision-removed"]


@pytest.mark.usefixtures("quick")
def test_memo_writes_what_the_ending_says(tmp_path: Path) -> None:
    for name, start in (("memo.html", b"<!doctype html>"), ("memo.pdf", b"%PDF")):
        outcome = run("memo", tmp_path, "--out", tmp_path / name, "--candidate", FAIR)
        assert outcome.exit_code == 0, outcome.output
        assert outcome.stdout.strip() == str(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.usefixtures("quick")
def test_memo_writes_a_folder_of_every_candidate_or_of_one(tmp_path: Path) -> None:
    assert run("memo", tmp_path, "--out", tmp_path / "all").exit_code == 0
    assert len(list((tmp_path / "all").iterdir())) == 6
    assert run("memo", tmp_path, "--out", tmp_path / "one", "--candidate", TOXIC).exit_code == 0
    assert {path.suffix for path in (tmp_path / "one").iterdir()} == {".html", ".pdf"}


@pytest.mark.usefixtures("quick")
def test_memo_replaces_nothing_unasked(tmp_path: Path) -> None:
    target = tmp_path / "memo.html"
    target.write_text("mine", encoding="utf-8")
    outcome = run("memo", tmp_path, "--out", target)
    assert outcome.exit_code == 2
    assert "add --overwrite" in outcome.stderr
    assert target.read_text(encoding="utf-8") == "mine"
    assert run("memo", tmp_path, "--out", target, "--overwrite").exit_code == 0
    assert run("memo", tmp_path, "--out", tmp_path / "memo.docx").exit_code == 2


@pytest.mark.usefixtures("quick")
def test_memo_names_the_extra_and_the_candidates_there_are(tmp_path: Path, monkeypatch) -> None:
    outcome = run("memo", tmp_path, "--out", tmp_path / "m.html", "--candidate", "nobody")
    assert outcome.exit_code == 2
    assert GOOD in outcome.stderr
    monkeypatch.setattr("smartcombo.report.memo.pages.find_spec", lambda name: None)
    outcome = run("memo", tmp_path, "--out", tmp_path / "memo.pdf")
    assert outcome.exit_code == 2
    assert "smartcombo[pdf]" in outcome.stderr


def test_a_real_programme_is_decided_ranked_and_told_of(tmp_path: Path) -> None:
    """From the studies on: the log is read by rank, shown in the memo, written as a table."""
    from smartcombo.evidence.programme_example import write_example_programme

    folder = write_example_programme(tmp_path / "programme")
    name = "SYN-B + anti-PD-1 | SYN-MEL"
    outcome = decide(folder, name, "stop", "--dissent", "B. Doubter: half the dose was never tried")
    assert outcome.exit_code == 0, outcome.output
    out = tmp_path / "ranking"
    outcome = run("rank", folder, "--out", out)
    assert outcome.exit_code == 0, outcome.output
    table = pd.read_csv(out / "decisions.csv")
    assert table[["data", "candidate", "action"]].to_numpy().tolist() == [
        ["SYNTHETIC", name, "stop"]
    ]
    memos = sorted(path.name for path in (out / "memos").iterdir())
    assert len(memos) == 12
    told = next(p for p in (out / "memos").glob("stopped-syn-b*.html")).read_text(encoding="utf-8")
    assert "half the dose was never tried" in told
