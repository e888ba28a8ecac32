"""Two runs, with one worker and with two, write the same bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smartcombo.cli.main import app
from smartcombo.core.parallel import mapped


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def runs(example_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    digests = []
    for name, workers in (("first", 1), ("again", 1), ("two", 2)):
        out = tmp_path_factory.mktemp("runs") / name
        arguments = ["run", str(example_folder), "--out", str(out), "--workers", str(workers)]
        assert CliRunner().invoke(app, arguments).exit_code == 0
        digests.append(_digests(out))
    return digests


def test_running_twice_writes_the_same_bytes(runs: list[dict[str, str]]) -> None:
    assert runs[0] == runs[1]


def test_two_workers_write_the_bytes_of_one(runs: list[dict[str, str]]) -> None:
    assert runs[0] == runs[2]


def test_a_run_holds_everything_the_format_promises(runs: list[dict[str, str]]) -> None:
    files = set(runs[0])
    assert {
        "estimates.csv", "estimates.parquet", "findings.csv", "checks.csv", "provenance.json",
        "report.html",
    } <= files  # fmt: skip
    figures = {Path(name).stem for name in files if name.startswith("figures/")}
    for figure in figures:
        assert {f"figures/{figure}.{kind}" for kind in ("svg", "png", "csv")} <= files


def test_less_than_one_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="workers=0"):
        mapped(str, [1, 2], workers=0)
