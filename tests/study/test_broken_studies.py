"""Every mistake gives its code, its place and what to do; all of them at once; exit code 3."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from broken import MISTAKES, Mistake, add_scores, add_weights, row_of, write_sound
from broken_assays import ASSAY_MISTAKES
from broken_cells import CELL_MISTAKES
from broken_flow import FLOW_MISTAKES
from typer.testing import CliRunner

from smartcombo.cli.main import app
from smartcombo.core.finding import Finding, StudyError
from smartcombo.study.read import check_study, read_study

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "src" / "smartcombo" / "study"
SOURCES = sorted(set(STUDY.rglob("*.py")) - set(STUDY.glob("programme*.py")))
NOT_BROKEN_BY_A_FILE = {"missing-extra"}
"""Depends on what is installed."""


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "study")


def codes_in_sources() -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    named = re.findall(r'code="([a-z-]+)"', text)
    placed = re.findall(r'(?:Finding|_at|_whole|_finding|_unknown|unknown_name|_duplicates)\('
                        r'\s*(?:[\w.(\[\]"=, ]*?)'
                        r'"([a-z]+(?:-[a-z]+)+)",', text)  # fmt: skip
    return set(named) | set(placed)


def test_the_sound_study_has_no_finding(sound: Path) -> None:
    assert check_study(sound) == ()
    assert read_study(sound).volumes.shape[0] == 120


def test_the_sound_study_with_weights_has_no_finding(sound: Path) -> None:
    add_weights(sound)
    assert check_study(sound) == ()
    assert read_study(sound).weights.shape == (120, 6)


def test_the_sound_study_with_scores_has_no_finding_long_or_wide(sound: Path) -> None:
    add_scores(sound)
    assert check_study(sound) == ()
    long = read_study(sound).scores
    assert long.shape == (120, 6)
    assert long["score"].sum() == 12
    table = long.assign(day=long["day"].map("Day {:g}".format))
    wide = table.pivot_table(index=["animal", "arm"], columns="day", values="score")
    wide.reset_index().to_csv(sound / "scores.csv", index=False)
    toml = (sound / "study.toml").read_text(encoding="utf-8")
    toml = toml.replace('file = "scores.csv"', 'file = "scores.csv"\nlayout = "wide"')
    (sound / "study.toml").write_text(toml, encoding="utf-8")
    assert check_study(sound) == ()
    columns = ["model", "arm", "animal", "day", "score"]
    assert read_study(sound).scores[columns].equals(long[columns])


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_a_mistake_is_named_placed_and_explained(sound: Path, mistake: Mistake) -> None:
    mistake.break_it(sound)
    found = [finding for finding in check_study(sound) if finding.code == mistake.code]
    assert found, [f.code for f in check_study(sound)]
    said = found[0]
    assert said.severity == mistake.severity
    assert mistake.where in said.where
    assert mistake.found in said.found
    assert said.expected
    assert said.action


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_errors_stop_with_3_and_warnings_travel(sound: Path, mistake: Mistake) -> None:
    mistake.break_it(sound)
    outcome = CliRunner().invoke(app, ["check", str(sound), "--json"])
    listed = json.loads(outcome.stdout)
    listed = listed["findings"] if isinstance(listed, dict) else listed
    assert mistake.code in {one["code"] for one in listed}
    stops = any(one["severity"] == "error" for one in listed)
    assert outcome.exit_code == (3 if stops else 0)
    assert stops == (mistake.severity == "error")
    if stops:
        with pytest.raises(StudyError, match=re.escape(f"[{mistake.code}]")):
            read_study(sound)
    else:
        assert mistake.code in {finding.code for finding in read_study(sound).findings}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_run_writes_nothing_where_a_study_has_errors(
    sound: Path, mistake: Mistake, tmp_path: Path
) -> None:
    if mistake.severity != "error":
        return
    mistake.break_it(sound)
    out = tmp_path / "out"
    assert CliRunner().invoke(app, ["run", str(sound), "--out", str(out)]).exit_code == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study"]


def test_every_code_of_the_package_is_broken_once() -> None:
    mistakes = (*MISTAKES, *ASSAY_MISTAKES, *CELL_MISTAKES, *FLOW_MISTAKES)
    covered = {mistake.code for mistake in mistakes} | NOT_BROKEN_BY_A_FILE
    assert len(covered) >= 40
    assert codes_in_sources() <= covered, sorted(codes_in_sources() - covered)


def test_the_format_explains_every_code() -> None:
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`[^|]+) \|", text, flags=re.MULTILINE)
    listed = {code for cell in cells for code in re.findall(r"`([a-z-]+)`", cell)}
    analyses = re.findall(r'code="([a-z-]+)"', _source_of_analyses())
    broken = {m.code for m in (*MISTAKES, *ASSAY_MISTAKES, *CELL_MISTAKES, *FLOW_MISTAKES)}
    assert listed == broken | NOT_BROKEN_BY_A_FILE | set(analyses)


def _source_of_analyses() -> str:
    folders = [ROOT / "src" / "smartcombo" / name for name in ("efficacy", "immune")]
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    return "".join(path.read_text(encoding="utf-8") for path in files)


def test_all_mistakes_of_a_study_are_told_at_once(sound: Path) -> None:
    chosen = {
        "text-in-number-cell", "duplicate-visit", "negative-volume", "unknown-arm",
        "unknown-fate", "exclusion-without-reason", "animal-in-two-arms", "arm-conflict",
        "tiny-baseline", "missing-day",
    }  # fmt: skip
    applied = set()
    for mistake in MISTAKES:
        if mistake.code in chosen and mistake.code not in applied:
            applied.add(mistake.code)
            if mistake.code == "exclusion-without-reason":
                _exclude(sound, "x1")
            else:
                mistake.break_it(sound)
    got = {finding.code for finding in check_study(sound)}
    assert chosen <= got, sorted(chosen - got)


def _exclude(folder: Path, animal: str) -> None:
    path = folder / "animals.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(rf"^({animal},.*),no,,", r"\1,yes,,", text, flags=re.MULTILINE))


def test_twelve_bad_cells_are_twelve_findings_with_their_rows(sound: Path) -> None:
    path = sound / "volumes.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    for row in range(2, 14):
        lines[row - 1] = lines[row - 1].rsplit(",", 1)[0] + ",n.m."
    path.write_text("\n".join(lines), encoding="utf-8")
    bad = [f for f in check_study(sound) if f.code == "text-in-number-cell"]
    assert [f.row for f in bad] == list(range(2, 14))


def test_nothing_is_dropped_or_repaired(sound: Path) -> None:
    text = (sound / "volumes.csv").read_text(encoding="utf-8")
    changed = text.replace(f"v5,vehicle,13,{_value(text, 'v5', 13)}", "v5,vehicle,13,0")
    (sound / "volumes.csv").write_text(changed, encoding="utf-8")
    volumes = read_study(sound).volumes
    zero = volumes[(volumes["animal"] == "v5") & (volumes["day"] == 13)]
    assert len(volumes) == 120
    assert zero["value"].tolist() == [0.0]
    assert zero["at_limit"].tolist() == [True]
    assert zero["row"].tolist() == [row_of("v5", 13)]


def _value(text: str, animal: str, day: int) -> str:
    return re.search(rf"^{animal},\w+,{day},(.*)$", text, flags=re.MULTILINE).group(1)


def test_a_finding_says_its_place_as_a_spreadsheet_does() -> None:
    finding = Finding("a", "error", "x", "y", "z", file="v.csv", row=3, column="day")
    assert finding.where == "v.csv, row 3, column day"
