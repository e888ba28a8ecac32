"""The main job, end to end, on the built-in example."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from smartcombo.cli.main import app
from smartcombo.core.result import ESTIMATE_COLUMNS


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the demo once: its folder and what it printed to stdout."""
    out = tmp_path_factory.mktemp("demo") / "demo-report"
    outcome = CliRunner().invoke(app, ["demo", "--only", "study", "--out", str(out)])
    assert outcome.exit_code == 0, outcome.output
    return out, outcome.stdout


def test_the_last_word_on_stdout_is_where_the_report_is(demo) -> None:
    out, printed = demo
    assert printed.strip() == str(out / "run" / "report.html")
    assert Path(printed.strip()).stat().st_size > 10_000


def test_the_run_folder_is_complete(demo) -> None:
    run = demo[0] / "run"
    expected = {"estimates.csv", "estimates.parquet", "findings.csv", "checks.csv",
                "provenance.json", "report.html", "figures"}  # fmt: skip
    assert expected <= {path.name for path in run.iterdir()}
    estimates = pd.read_csv(run / "estimates.csv", keep_default_na=False)
    assert tuple(estimates.columns) == ESTIMATE_COLUMNS
    assert estimates["study"].str.startswith("SYNTHETIC").all()
    assert set(estimates["model"]) == {"SYN-MEL", "SYN-CRC"}
    assert {"Q1", "Q2", "Q3", "Q4"} <= set(estimates["question"])


def test_the_report_says_synthetic(demo) -> None:
    assert "SYNTHETIC" in (demo[0] / "run" / "report.html").read_text(encoding="utf-8")


def test_the_intervals_of_growth_rates_hold_the_simulated_truth(demo) -> None:
    """Arms without responders; four standard errors, so that no honest draw fails."""
    from smartcombo.study.example import example_study

    estimates = pd.read_csv(demo[0] / "run" / "estimates.csv", keep_default_na=False)
    rates = estimates[estimates["estimand"] == "growth_rate"].set_index(["model", "arm"])
    for design in example_study().designs:
        for arm in (arm for arm in design.arms if arm.responder_fraction == 0):
            row = rates.loc[(design.model, arm.id)]
            assert abs(float(row["value"]) - arm.growth_rate) < 4 * float(row["se"])


def test_a_second_demo_replaces_the_first_with_the_same_bytes(demo) -> None:
    out, _ = demo
    before = {p.name: p.read_bytes() for p in (out / "run").glob("*.csv")}
    outcome = CliRunner().invoke(app, ["demo", "--only", "study", "--out", str(out)])
    assert outcome.exit_code == 0, outcome.output
    assert {p.name: p.read_bytes() for p in (out / "run").glob("*.csv")} == before
