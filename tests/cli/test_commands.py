"""What a person at the terminal gets: exit codes, stdout for data, stderr for talk."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from smartcombo.cli.main import app
from smartcombo.core.finding import AnalysisRefused, Finding, StudyError

ERROR = Finding("unknown-arm", "error", "'bth'", "an arm of study.toml", "correct the name",
                file="volumes.csv", row=12, column="arm", subject="bth")  # fmt: skip
WARNING = Finding("no-randomisation", "warning", "nothing", "randomised = true", "state it")


def smartcombo(*arguments: object):
    """Run the command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make every study have the given findings, or reading it raise.

    What binds the reader by name is loaded first: it would keep the stand-in after the test.
    """
    import_module("smartcombo.study.programme")

    def found(*findings: Finding, fault: Exception | None = None) -> None:
        def read(folder: object) -> None:
            if fault is not None:
                raise fault
            raise StudyError(findings)

        monkeypatch.setattr("smartcombo.study.read.check_study", lambda folder: findings)
        monkeypatch.setattr("smartcombo.study.read.read_study", read)

    return found


def test_help_names_every_command_and_the_exit_codes() -> None:
    outcome = smartcombo("--help")
    assert outcome.exit_code == 0
    for word in ("demo", "init", "check", "run", "methods", "Exit codes", "--version"):
        assert word in outcome.stdout


def test_version_is_that_of_the_package() -> None:
    import smartcombo as sc

    assert smartcombo("--version").stdout.strip() == f"smartcombo {sc.__version__}"


@pytest.mark.parametrize(
    "arguments",
    [["fly"], ["run"], ["check", "no-such-folder"], ["run", "no-such-folder", "--out", "x"],
     ["methods", "--yaml"]],
)  # fmt: skip
def test_wrong_use_leaves_with_2(arguments: list[str]) -> None:
    assert smartcombo(*arguments).exit_code == 2


def test_check_leaves_with_3_on_errors_and_says_what_to_do(tmp_path: Path, checked) -> None:
    checked(ERROR, WARNING)
    outcome = smartcombo("check", tmp_path)
    assert outcome.exit_code == 3
    for words in ("unknown-arm", "volumes.csv, row 12", "correct the name", "1 error, 1 warning"):
        assert words in outcome.stdout
    assert outcome.stderr == ""


def test_many_findings_of_a_kind_stay_readable_and_are_all_counted(tmp_path: Path, checked) -> None:
    checked(*[replace(ERROR, row=row) for row in range(2, 42)])
    shown = smartcombo("check", tmp_path).stdout
    assert "and 35 more" in shown
    assert "40 errors" in shown
    assert shown.count("unknown-arm") == 6


def test_check_leaves_with_0_on_warnings(tmp_path: Path, checked) -> None:
    checked(WARNING)
    outcome = smartcombo("check", tmp_path)
    assert outcome.exit_code == 0
    assert "this study can run" in outcome.stdout


def test_check_of_a_faultless_study_says_so(tmp_path: Path, checked) -> None:
    checked()
    assert "ready to run" in smartcombo("check", tmp_path).stdout


@pytest.mark.parametrize("findings", [(), (WARNING,), (ERROR, WARNING)])
def test_check_json_has_one_shape(tmp_path: Path, checked, findings) -> None:
    checked(*findings)
    outcome = smartcombo("check", tmp_path, "--json")
    record = json.loads(outcome.stdout)
    assert list(record) == ["folder", "ok", "counts", "findings"]
    assert list(record["counts"]) == ["error", "warning", "note"]
    assert record["ok"] == (outcome.exit_code == 0) == (ERROR not in findings)
    assert len(record["findings"]) == len(findings)
    for finding in record["findings"]:
        assert set(finding) == {
            "code", "severity", "found", "expected", "action", "file", "row", "column",
            "subject", "where",
        }  # fmt: skip


def test_run_leaves_with_3_and_writes_nothing_where_the_study_has_errors(
    tmp_path: Path, checked
) -> None:
    checked(ERROR)
    outcome = smartcombo("run", tmp_path, "--out", tmp_path / "out")
    assert outcome.exit_code == 3
    assert outcome.stdout == ""
    assert "unknown-arm" in outcome.stderr
    assert not (tmp_path / "out").exists()


def test_run_leaves_with_4_where_the_analysis_is_refused(tmp_path: Path, checked) -> None:
    checked(fault=AnalysisRefused("one visit only"))
    outcome = smartcombo("run", tmp_path, "--out", tmp_path / "out")
    assert outcome.exit_code == 4
    assert "refused: one visit only" in outcome.stderr


def test_a_fault_of_ours_leaves_with_1_and_says_whose_it_is(tmp_path: Path, checked) -> None:
    checked(fault=RuntimeError("the kernel tripped"))
    outcome = smartcombo("run", tmp_path, "--out", tmp_path / "out")
    assert outcome.exit_code == 1
    assert "a fault of smartcombo, not of your study" in outcome.stderr
    assert "the kernel tripped" in outcome.stderr


def test_run_refuses_to_replace_a_folder_that_is_not_a_run(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "data.csv").write_text("1")
    outcome = smartcombo("run", tmp_path, "--out", precious, "--overwrite")
    assert outcome.exit_code == 2
    assert "not a run of smartcombo" in outcome.stderr
    assert (precious / "data.csv").read_text() == "1"


def test_run_replaces_an_earlier_run_only_when_told(tmp_path: Path, checked) -> None:
    checked(ERROR)
    earlier = tmp_path / "out"
    earlier.mkdir()
    (earlier / "provenance.json").write_text("{}")
    assert "add --overwrite" in smartcombo("run", tmp_path, "--out", earlier).stderr
    assert smartcombo("run", tmp_path, "--out", earlier, "--overwrite").exit_code == 3


def test_demo_refuses_a_folder_that_is_not_a_demo(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("words")
    outcome = smartcombo("demo", "--out", tmp_path)
    assert outcome.exit_code == 2
    assert "not a demo" in outcome.stderr


def test_init_writes_files_that_parse_and_check_diagnoses_them(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    outcome = smartcombo("init", folder)
    assert outcome.exit_code == 0
    written = [Path(line).name for line in outcome.stdout.split()]
    assert sorted(written) == ["animals.csv", "plan.toml", "study.toml", "volumes.csv"]
    facts = tomllib.loads((folder / "study.toml").read_text())
    assert [arm["id"] for arm in facts["arm"]] == ["vehicle", "ici", "molecule", "both"]
    assert tomllib.loads((folder / "plan.toml").read_text())["plan"]["primary_question"] == "Q2"
    checked = smartcombo("check", folder, "--json")
    assert checked.exit_code == 3, checked.output
    assert {finding["file"] for finding in json.loads(checked.stdout)["findings"]} >= {
        "volumes.csv"
    }


def test_init_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("mine")
    outcome = smartcombo("init", tmp_path)
    assert outcome.exit_code == 2
    assert "nothing was written" in outcome.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]
    assert (tmp_path / "study.toml").read_text() == "mine"


def test_methods_as_json_carry_a_doi_each() -> None:
    methods = json.loads(smartcombo("methods", "--json").stdout)["methods"]
    assert methods
    assert all(source["doi"] for method in methods for source in method["references"])


def test_methods_as_text_name_the_assumptions() -> None:
    text = smartcombo("methods").stdout
    assert "assumes" in text
    assert "https://doi.org/" in text


def in_a_process(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run a fresh interpreter: the command line, or a line of code."""
    command = [sys.executable, *(["-c", code] if code else ["-m", "smartcombo", *arguments])]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "120"}
    )


def test_a_process_gives_its_exit_code_to_the_shell(tmp_path: Path) -> None:
    assert in_a_process("--version").returncode == 0
    assert in_a_process("fly").returncode == 2
    assert in_a_process("check", str(tmp_path)).returncode == 3


@pytest.mark.parametrize("line", ["import smartcombo", "import smartcombo.cli.main"])
def test_nothing_heavy_is_imported_before_it_is_needed(line: str) -> None:
    heavy = ("numpy", "pandas", "numba", "scipy", "altair", "pydantic", "pyarrow", "rich")
    found = in_a_process(
        code=f"{line}; import sys; print(*(m for m in {heavy} if m in sys.modules))"
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == ""


def test_init_writes_a_programme_that_check_reads(tmp_path: Path) -> None:
    folder = tmp_path / "programme"
    outcome = smartcombo("init", folder, "--programme")
    assert outcome.exit_code == 0
    assert [Path(line).name for line in outcome.stdout.split()] == ["programme.toml"]
    checked = smartcombo("check", folder, "--json")
    assert checked.exit_code == 3, checked.output
    found = json.loads(checked.stdout)["findings"]
    assert {finding["code"] for finding in found} == {"study-unusable"}


def test_rank_prints_the_order_and_writes_every_table(tmp_path: Path) -> None:
    out = tmp_path / "demo" / "ranking"
    result = smartcombo("demo", "--only", "programme", "--out", out.parent)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "SYNTHETIC studies: nothing here was measured"
    assert any(line.startswith(" 1 SYN-E + anti-PD-1 | ") for line in lines)
    assert any("SYN-A + anti-PD-1 | SYN-BRE: not ranked" in line for line in lines)
    assert lines[-1] == str(out / "report.html")
    assert "SYNTHETIC" in (out / "report.html").read_text(encoding="utf-8")
    assert {"ranking-places.svg", "ranking-criteria.png"} <= {
        f.name for f in (out / "figures").iterdir()
    }
    summary = pd.read_csv(out / "ranking.csv")
    assert set(summary["data"]) == {"SYNTHETIC"}
    assert summary.loc[summary["gated"], "place"].isna().all()
    assert json.loads((out / "provenance.json").read_text())["options"]["weights"] == "fixed"
    assert smartcombo("rank", out.parent / "programme", "--out", out).exit_code == 2


def test_rank_tells_every_problem_of_a_programme_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "programme.toml").write_text('[programme]\nid = "p"\n', encoding="utf-8")
    result = smartcombo("rank", tmp_path, "--out", tmp_path / "ranked")
    assert result.exit_code == 3
    assert not (tmp_path / "ranked").exists()


def test_run_says_how_many_resamples_it_takes(example_folder: Path, tmp_path: Path) -> None:
    got = smartcombo("run", example_folder, "--out", tmp_path / "run", "--bootstrap", 50)
    assert got.exit_code == 2
    assert "--bootstrap 50: expected 0, or 199 and more" in got.stderr
    assert not (tmp_path / "run").exists()
