"""SYRCLE's items are answered by what the study states, and silence is unclear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartcombo.evidence.programme_rigour import syrcle
from smartcombo.study.programme import Programme

STATED = {
    "allocation concealed": "allocation_concealed",
    "caregivers blinded": "caregivers_blinded",
    "outcome assessed in random order": "assessed_in_random_order",
    "assessor blinded": "blinded",
}


@pytest.mark.parametrize(("item", "key"), STATED.items())
@pytest.mark.parametrize(("value", "answer"), [(True, "yes"), (False, "no"), (None, "unclear")])
def test_an_item_follows_what_study_toml_states(
    example_programme: Programme, item: str, key: str, value: bool | None, answer: str
) -> None:
    study = example_programme.studies[0]
    facts = {name: told for name, told in study.facts.items() if name != key}
    if value is not None:
        facts[key] = value
    items = {one.name: one.answer for one in syrcle(replace(study, facts=facts))}
    assert items[item] == answer
    assert len(items) == 10


@pytest.mark.parametrize("key", sorted(STATED.values()))
def test_the_keys_are_read_from_the_file(key: str, tmp_path) -> None:
    import smartcombo as sc
    from smartcombo.study.example import write_example

    folder = write_example(tmp_path / "study")
    toml = folder / "study.toml"
    text = toml.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(f"{key} ")]
    at = lines.index("[study]") + 1
    toml.write_text("\n".join([*lines[:at], f"{key} = true", *lines[at:]]), encoding="utf-8")
    assert sc.read_study(folder).facts[key] is True
