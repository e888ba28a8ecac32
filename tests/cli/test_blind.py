"""The commands of blinding: refusals before any analysis, and a record of every unblinding."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smartcombo.cli.main import app
from smartcombo.core.chained_log import append_chained, head_of, read_chain
from smartcombo.core.finding import StudyError
from smartcombo.ranking.unblinding import check_unblindings, key_table
from smartcombo.study.programme import Programme


@pytest.fixture
def folder(example_programme: Programme, tmp_path: Path) -> Path:
    return Path(shutil.copytree(example_programme.folder, tmp_path / "programme"))


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.stdout, done.stderr


def test_an_unknown_partner_is_wrong_use_and_nothing_is_analysed(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code, _, told = run("rank", str(folder), "--out", str(out), "--blind", "partner 8")
    assert (code, out.exists()) == (2, False)
    assert "partner 1, partner 2, partner 3, partner 4, partner 5" in told
    both = ("--blind", "partner 1", "--codes-only")
    assert run("rank", str(folder), "--out", str(out), *both)[0] == 2
    assert run("rank", str(folder), "--out", str(out), "--allow", "x")[0] == 2


def test_a_molecule_without_a_code_leaves_with_3(folder: Path, tmp_path: Path) -> None:
    toml = folder / "programme.toml"
    toml.write_text(toml.read_text().replace('code = "P1-01"\n', ""))
    out = tmp_path / "out"
    code, _, told = run("rank", str(folder), "--out", str(out), "--blind", "partner 1")
    assert (code, out.exists()) == (3, False)
    assert "code-missing" in told


def test_a_blinded_ranking_is_written_and_says_what_it_searched_for(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code, told, aside = run("rank", str(folder), "--out", str(out), "--blind", "partner 3")
    assert code == 0
    assert "P3-01 + anti-PD-1 | SYN-CRC" in told
    assert "SYN-C " not in told
    assert "none found" in aside
    assert "Not searched for: the mechanism 'invented'" in aside
    assert json.loads((out / "provenance.json").read_text())["blinded"] == "blinded for partner 3"
    assert (out / "report.html").is_file()


def test_a_leak_leaves_with_3_and_no_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smartcombo.report import programme_export

    def leaky(*_: object) -> dict[str, str]:
        return {"programme": "SYN_B", "blinded": "", "synthetic": True, "formula": "",
                "versions": {"smartcombo": "1"}}  # fmt: skip

    monkeypatch.setattr(programme_export, "provenance", leaky)
    out = tmp_path / "out"
    code, _, told = run("rank", str(folder), "--out", str(out), "--blind", "partner 3")
    assert (code, out.exists()) == (3, False)
    assert "blinding-leak" in told
    assert "Nothing was written" in told


def test_the_key_is_printed_after_it_is_recorded(folder: Path) -> None:
    words = ("unblind", str(folder), "--by", "A. Person", "--why", "the choice is made")
    code, told, aside = run(*words, "--date", "2026-03-01")
    assert code == 0
    assert told.splitlines()[0] == "code,agent,names,partner,target"
    assert "P5-01,SYN-E,,partner 5,invented target E" in told
    assert "entry 1, 2026-03-01, A. Person: the choice is made" in aside
    run(*words, "--date", "2026-03-02")
    entries, findings = read_chain(folder / "unblinding.jsonl")
    assert [entry["number"] for entry in entries] == [1, 2]
    assert entries[1]["previous"] == entries[0]["sha256"]
    assert findings == []
    assert len(key_table(folder)) == 5


@pytest.mark.parametrize("words", [
    (), ("--by", "A"), ("--why", "x"), ("--by", " ", "--why", "x"), ("--by", "A", "--why", ""),
    ("--by", "A", "--why", "x", "--date", "tomorrow"),
])  # fmt: skip
def test_without_who_or_why_nothing_is_shown_or_recorded(
    folder: Path, words: tuple[str, ...]
) -> None:
    code, told, _ = run("unblind", str(folder), *words)
    assert (code, told) == (2, "")
    assert not (folder / "unblinding.jsonl").exists()


@pytest.mark.parametrize("damage", ["edit", "remove", "cut", "swap", "headless"])
def test_a_log_that_was_touched_is_told_and_nothing_is_shown(folder: Path, damage: str) -> None:
    words = ("unblind", str(folder), "--why", "x", "--date", "2026-03-01")
    for who in ("A", "B", "C"):
        assert run(*words, "--by", who)[0] == 0
    log = folder / "unblinding.jsonl"
    first, second, third = log.read_text().splitlines(keepends=True)
    text = {
        "edit": first + second.replace('"by":"B"', '"by":"D"') + third,
        "remove": first + third,
        "cut": first + second,
        "swap": second + first + third,
        "headless": first + second + third,
    }[damage]
    log.write_text(text)
    if damage == "headless":
        head_of(log).unlink()
    assert check_unblindings(folder)
    code, told, _ = run(*words, "--by", "E")
    assert (code, told) == (3, "")
    assert log.read_text() == text


def test_entries_are_appended_and_nothing_before_them_changes(tmp_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    append_chained(log, lambda before: {"n": len(before)})
    before = log.read_bytes()
    append_chained(log, lambda before: {"n": len(before), "ä": "ö"})
    assert log.read_bytes().startswith(before)
    assert [entry["n"] for entry in read_chain(log)[0]] == [0, 1]
    log.write_bytes(before + b"{}")
    with pytest.raises(StudyError, match="log-unreadable"):
        append_chained(log, lambda _: {})
