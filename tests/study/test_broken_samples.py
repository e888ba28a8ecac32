"""Every mistake in samples and their values gives its code, its place and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from broken import Mistake
from broken_assays import ASSAY_MISTAKES, tpm, write_sound_samples
from broken_flow import FLOW_MISTAKES, add_flow

from smartcombo.core.finding import StudyError
from smartcombo.study.read import check_study, read_study


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_sound_samples(tmp_path / "study")


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


@pytest.mark.parametrize("mistake", ASSAY_MISTAKES, ids=lambda mistake: mistake.id)
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
    if mistake.severity == "error":
        with pytest.raises(StudyError, match=re.escape(f"[{mistake.code}]")):
            read_study(sound)
    else:
        assert [f.severity for f in findings if f.severity == "error"] == []
