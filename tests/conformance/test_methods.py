"""Every registered method is documented; every one has a DOI that looks like one."""

import re

import pytest

import smartcombo as sc

DOI = re.compile(r"10\.\d{4,9}/\S+")


@pytest.mark.parametrize("method", sc.methods(), ids=lambda method: method.id)
def test_a_method_is_documented(method: sc.Method) -> None:
    for field in ("title", "question", "estimand", "when_not"):
        assert len(getattr(method, field).split()) >= 2, field
    assert method.assumptions
    assert all(assumption.strip() for assumption in method.assumptions)


@pytest.mark.parametrize("method", sc.methods(), ids=lambda method: method.id)
def test_a_method_has_references_with_doi(method: sc.Method) -> None:
    assert method.references
    for reference in method.references:
        assert DOI.fullmatch(reference.doi), reference
        assert reference.citation


def test_ids_are_unique_and_carry_a_version() -> None:
    ids = [method.id for method in sc.methods()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9_.-]+/\d+", name) for name in ids), ids
