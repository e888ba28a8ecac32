"""Every mistake in samples and their values gives its code, its place and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken import Mistake
from broken_assays import ASSAY_MISTAKES, tpm, write_sound_samples
from broken_cells import CELL_MISTAKES
from broken_flow import FLOW_MISTAKES, add_flow

from smartcombo.core.finding import StudyError
from smartcombo.study.read import check_study, read_study


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_sound_samples(tmp_path / "study")


@pytest.fixture(autouse=True)
def _a_small_table_counts_as_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the files small: 400 genes are told to be of the whole genome."""
    monkeypatch.setattr("smartcombo.study.assays.checks.WHOLE_GENOME", 300)


def test_the_sound_samples_have_no_finding(sound: Path) -> None:
    assert check_study(sound) == ()
    expression = read_study(sound).assays.expression
    assert expression is not None
    assert expression.values.shape == tpm().shape


def test_sound_populations_and_proteins_have_no_finding(sound: Path) -> None:
    assert check_study(add_flow(sound)) == ()


@pytest.mark.parametrize("mistake", FLOW_MISTAKES, ids=lambda mistake: mistake.id)
def test_a_mistake_in_populations_or_proteins_is_named(sound: Path, mistake: Mistake) -> None:
    test_a_mistake_is_named_placed_and_explained(add_flow(sound), mistake)


@pytest.mark.parametrize(
    "mistake", [*ASSAY_MISTAKES, *CELL_MISTAKES], ids=lambda mistake: mistake.id
)
def test_a_mistake_is_named_placed_and_explained(sound: Path, mistake: Mistake) -> None:
    mistake.break_it(sound)
    findings = check_study(sound)
    found = [finding for finding in findings if finding.code == mistake.code]
    assert found, [f.code for f in findings]
    said = found[0]
    assert said.severity == mistake.severity
    assert mistake.where in said.where
    assert mistake.found in said.found
    assert said.expected
    assert said.action
    if mistake.severity != "error":
        assert [f.code for f in findings if f.severity == "error"] == []


def test_an_error_in_samples_stops_the_study_with_every_other_problem(sound: Path) -> None:
    for code in ("sample-without-animal", "sample-without-arm", "scale-not-stated"):
        next(mistake for mistake in ASSAY_MISTAKES if mistake.code == code).break_it(sound)
    with (sound / "volumes.csv").open("a", encoding="utf-8") as file:
        file.write("v1,vehicle,10,77\n")
    with pytest.raises(StudyError, match=r"\[duplicate-visit\]") as raised:
        read_study(sound)
    codes = {finding.code for finding in raised.value.findings}
    assert {"sample-without-animal", "sample-without-arm", "scale-not-stated"} <= codes
