"""Programmes: arms meet through agents and doses; every mistake gives its code, all at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

import smartcombo as sc
from smartcombo.study.programme_config import ProgrammeFile

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "programme.md").read_text(encoding="utf-8")
TEMPLATE = ROOT / "src" / "smartcombo" / "cli" / "templates" / "programme.toml"

SOUND = """\
[programme]
id = "P"
studies = ["one", "two"]

[[agent]]
id = "anti-PD-1"
kind = "checkpoint-inhibitor"
species = ["mouse"]

[[agent]]
id = "X"
names = ["compound X"]
kind = "small-molecule"
code = "X-001"
species = ["mouse", "human"]

[[combination]]
id = "low"
agents = [{ agent = "X", dose = 10, unit = "mg/kg" }, { agent = "anti-PD-1" }]

[[combination]]
id = "high"
agents = [{ agent = "X", dose = 50, unit = "mg/kg" }, { agent = "anti-PD-1" }]

[[criterion]]
id = "gain"
measure = "gain_over_ici"
worst = 0
best = 1
weight = 1

[weights]
kind = "fixed"
"""

STUDY = """\
[study]
id = "{id}"
day_axis = "first-dose"
randomised = true

[model]
id = "{model}"
strain = "BALB/c"

[[agent]]
id = "{ici}"
kind = "checkpoint-inhibitor"

[[agent]]
id = "{molecule}"
kind = "small-molecule"

[[arm]]
id = "v"
agents = []

[[arm]]
id = "i"
agents = [{{ agent = "{ici}" }}]

[[arm]]
id = "lo"
agents = [{{ agent = "{molecule}", dose = 10, unit = "mg/kg" }}]

[[arm]]
id = "hi"
agents = [{{ agent = "{molecule}", dose = 50, unit = "mg/kg" }}]

[[arm]]
id = "{first}"
agents = [{{ agent = "{molecule}", dose = 10, unit = "mg/kg" }}, {{ agent = "{ici}" }}]

[[arm]]
id = "{second}"
agents = [{{ agent = "{ici}" }}, {{ agent = "{molecule}", dose = 50, unit = "mg/kg" }}]

[tables.volumes]
file = "volumes.csv"
detection_limit = 1
"""


def write_study(folder: Path, **names: str) -> None:
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text(STUDY.format(**names))
    arms = ["v", "i", "lo", "hi", names["first"], names["second"]]
    rows = [
        f"{arm},{arm}{k},{day},{60 + 9 * day + 3 * k}"
        for arm in arms
        for k in range(4)
        for day in (0, 3, 6, 9)
    ]
    (folder / "volumes.csv").write_text("arm,animal,day,volume_mm3\n" + "\n".join(rows) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a sound programme: the second study swaps the names of its arms."""
    write_study(tmp_path / "one", id="one", model="M1", ici="anti-PD-1", molecule="X",
                first="a", second="b")  # fmt: skip
    write_study(tmp_path / "two", id="two", model="M2", ici="aPD1", molecule="X-001",
                first="b", second="a")  # fmt: skip
    (tmp_path / "programme.toml").write_text(SOUND)
    return tmp_path


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "programme.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_sound_programme_has_no_finding(folder: Path) -> None:
    assert sc.check_programme(folder) == ()


def test_arms_meet_through_agents_and_doses_and_never_through_names(folder: Path) -> None:
    programme = sc.read_programme(folder)
    found = {(one.study, one.combination): one.parts for one in programme.studied}
    assert {key: parts.arm for key, parts in found.items()} == {
        ("one", "low"): "a", ("one", "high"): "b", ("two", "low"): "b", ("two", "high"): "a",
    }  # fmt: skip
    assert [found["two", name].molecule for name in ("low", "high")] == ["lo", "hi"]


def test_a_programme_without_one_study_keeps_the_others(folder: Path) -> None:
    rest = sc.read_programme(folder).without("one")
    assert [study.id for study in rest.studies] == ["two"]
    assert {one.study for one in rest.studied} == {"two"}


LITERATURE = """
[[literature]]
{about}
question = "human"
direction = "for"
statement = "seen in patients"
citation = "Person 2023"
"""

Break = Callable[[Path], None]
MISTAKES: dict[str, tuple[str, Break]] = {
    "missing-file": ("error", lambda f: (f / "programme.toml").unlink()),
    "toml-syntax": ("error", lambda f: edit(f, 'id = "P"', "id = P")),
    "missing-key": ("error", lambda f: edit(f, 'id = "P"\n', "")),
    "unknown-key": ("error", lambda f: edit(f, 'id = "P"', 'id = "P"\nfewest = 3')),
    "bad-value": ("error", lambda f: edit(f, "gain_over_ici", "goodness")),
    "study-unusable": ("error", lambda f: (f / "two" / "volumes.csv").unlink()),
    "duplicate-study": ("error", lambda f: edit(f, '["one", "two"]', '["one", "one"]')),
    "duplicate-id": ("error", lambda f: edit(f, 'id = "high"', 'id = "low"')),
    "unknown-agent": ("error", lambda f: edit(f, '[{ agent = "X", dose = 10', '[{ agent = "Y", '
                                              "dose = 10")),
    "one-agent-combination": ("error", lambda f: edit(
        f, '[{ agent = "X", dose = 10, unit = "mg/kg" }, ', "[")),
    "same-combination": ("error", lambda f: edit(f, "dose = 50", "dose = 10")),
    "ambiguous-arm": ("error", lambda f: edit(f, "dose = 10, ", "")),
    "anchors-equal": ("error", lambda f: edit(f, "best = 1", "best = 0")),
    "weight-missing": ("error", lambda f: edit(f, "weight = 1", "")),
    "weight-order": ("error", lambda f: edit(f, '"fixed"', '"ordered"\norder = ["pain"]')),
    "claim-without-subject": ("error", lambda f: add(f, 'agent = "Z"')),
    "no-criterion": ("warning", lambda f: cut(f, "[[criterion]]", "[weights]")),
    "species-not-stated": ("warning", lambda f: edit(f, 'species = ["mouse", "human"]\n', "")),
    "combination-not-studied": ("warning", lambda f: edit(f, "dose = 50", "dose = 500")),
    "unknown-context": ("warning", lambda f: add(f, 'agent = "X"\ncontext = "nowhere"')),
    "made-and-real": ("warning", lambda f: made(f / "one" / "study.toml")),
    "arm-left-out": ("note", lambda f: edit(f, "dose = 50", "dose = 500")),
}  # fmt: skip


def add(folder: Path, about: str) -> None:
    path = folder / "programme.toml"
    path.write_text(path.read_text() + LITERATURE.format(about=about))


def cut(folder: Path, start: str, end: str) -> None:
    path = folder / "programme.toml"
    text = path.read_text()
    path.write_text(text[: text.index(start)] + text[text.index(end) :])


def made(toml: Path) -> None:
    toml.write_text(toml.read_text().replace("randomised", "synthetic = true\nrandomised"))


@pytest.mark.parametrize("code", MISTAKES)
def test_a_mistake_gives_its_code_and_what_to_do(folder: Path, code: str) -> None:
    severity, break_it = MISTAKES[code]
    break_it(folder)
    findings = [finding for finding in sc.check_programme(folder) if finding.code == code]
    assert findings
    for finding in findings:
        assert finding.severity == severity
        assert finding.found
        assert finding.expected
        assert finding.action
        assert finding.file == "programme.toml"
    if severity == "error":
        with pytest.raises(sc.StudyError, match=code):
            sc.read_programme(folder)
    else:
        assert code in {finding.code for finding in sc.read_programme(folder).findings}


def test_all_mistakes_of_a_programme_are_told_at_once(folder: Path) -> None:
    codes = {"duplicate-id", "anchors-equal", "weight-missing", "claim-without-subject",
             "study-unusable", "species-not-stated"}  # fmt: skip
    for code in codes:
        MISTAKES[code][1](folder)
    assert codes <= {finding.code for finding in sc.check_programme(folder)}


def test_the_document_explains_every_code_and_every_code_is_broken_once() -> None:
    sources = [*(ROOT / "src/smartcombo/study").glob("programme*.py"),
               *(ROOT / "src/smartcombo/evidence").glob("programme*.py")]  # fmt: skip
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    named = set(re.findall(r'(?:code=|_finding\(\s*)"([a-z-]+)"', text))
    table = DOCUMENT[DOCUMENT.index("## What a check can find") :]
    cells = re.findall(r"^\| (`[^|]+) \|", table, flags=re.MULTILINE)
    listed = {code for cell in cells for code in re.findall(r"`([a-z-]+)`", cell)}
    assert listed == set(MISTAKES) | {"analysis-refused"}
    assert named <= listed


def keys(schema: type[BaseModel]) -> set[str]:
    found = set()
    for name, field in schema.model_fields.items():
        found.add(name)
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= keys(kind)
    return found


def test_the_document_names_every_key_and_its_example_is_valid() -> None:
    assert keys(ProgrammeFile) <= set(re.findall(r"\w+", DOCUMENT))
    (example,) = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert ProgrammeFile.model_validate(tomllib.loads(example)).programme.id == "PROG-1"


def test_the_template_is_valid_also_with_every_comment_taken_up() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    ProgrammeFile.model_validate(tomllib.loads(text))
    whole = re.sub(r"^# (?=\w+ = |\[)", "", text, flags=re.MULTILINE)
    assert whole != text
    ProgrammeFile.model_validate(tomllib.loads(whole))
