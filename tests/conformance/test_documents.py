"""Documents that cannot drift: what they show is parsed against what the code accepts."""

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from pydantic import BaseModel

import smartcombo as sc
from smartcombo.core.result import Result
from smartcombo.study.config import PlanFile, StudyFile
from smartcombo.study.model import ANIMAL_COLUMNS, FATES

ROOT = Path(__file__).resolve().parents[2]
FORMAT = (ROOT / "docs" / "study-folder.md").read_text(encoding="utf-8")
ESTIMANDS = (ROOT / "docs" / "estimands.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEMPLATES = ROOT / "src" / "smartcombo" / "cli" / "templates"


def toml_blocks(text: str) -> list[dict]:
    """Return the TOML examples of a document."""
    return [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)]


def keys(schema: type[BaseModel]) -> set[str]:
    """Return the keys a file may hold, at any depth."""
    found = set()
    for name, field in schema.model_fields.items():
        found.add(name)
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= keys(kind)
    return found


def test_the_examples_of_the_format_are_valid() -> None:
    study, plan = toml_blocks(FORMAT)
    assert StudyFile.model_validate(study).study.id == "LAB-2024-07"
    assert PlanFile.model_validate(plan).plan.primary_question == "Q2"


def test_the_templates_of_init_are_valid_also_with_every_comment_taken_up() -> None:
    for name, schema in (("study.toml", StudyFile), ("plan.toml", PlanFile)):
        text = (TEMPLATES / name).read_text(encoding="utf-8")
        schema.model_validate(tomllib.loads(text))
        whole = re.sub(r"^# (?=\w+ = |\[)", "", text, flags=re.MULTILINE)
        assert whole.count("\n") == text.count("\n")
        assert whole != text
        schema.model_validate(tomllib.loads(whole))


@pytest.mark.parametrize("schema", [StudyFile, PlanFile])
def test_the_format_names_every_key(schema: type[BaseModel]) -> None:
    named = set(re.findall(r"\w+", FORMAT))
    assert keys(schema) <= named, sorted(keys(schema) - named)


def test_the_format_names_every_column_of_the_animals_table_and_every_fate() -> None:
    stated = set(ANIMAL_COLUMNS) - {"fate_derived"}
    header = (TEMPLATES / "animals.csv").read_text(encoding="utf-8").strip().split(",")
    assert set(header) | {"model"} == stated
    assert all(f"`{name}`" in FORMAT for name in stated)
    assert all(f"`{fate}`" in FORMAT for fate in FATES if fate != "unknown")


def test_the_readme_uses_only_names_that_exist() -> None:
    for name in re.findall(r"\bsc\.([a-z_]+)", README):
        assert hasattr(sc, name), name
    assert hasattr(Result, "select")


def test_links_between_documents_lead_somewhere() -> None:
    for document in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_estimand_and_word_of_the_analyses_is_explained(
    example_results: list[Result],
) -> None:
    table = pd.concat([result.estimates for result in example_results])
    for column in ("estimand", "null_model"):
        for name in set(table[column]) - {""}:
            assert f"`{name}`" in ESTIMANDS, name
    for word in set(table["verdict"]) - {""}:
        assert f"*{word}*" in ESTIMANDS, word


def test_the_log_of_decisions_is_explained_key_by_key_and_code_by_code() -> None:
    from smartcombo.ranking.decision_log import HEAD, LOG
    from smartcombo.ranking.decisions import ACTIONS, DECISION_COLUMNS

    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    for name in (*DECISION_COLUMNS, *ACTIONS, LOG, HEAD, "schema", "programme", "state"):
        assert f"`{name}`" in text, name
    sources = (ROOT / "src" / "smartcombo" / "ranking").glob("decision*.py")
    codes = {c for path in sources for c in re.findall(r'"(decision-[a-z-]+)"', path.read_text())}
    assert len(codes) == 5
    assert codes == set(re.findall(r"^\| `(decision-[a-z-]+)`", text, re.MULTILINE))


def test_the_log_is_checked_as_the_document_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines that the document offers accept a log, and refuse it once it was changed."""
    from smartcombo.ranking.decision_log import LOG, append_record

    folder = tmp_path / "my-programme"
    folder.mkdir()
    for owner in ("A. Leader", "É. Leader"):
        append_record(folder, lambda _, owner=owner: {"owner": owner, "p": 0.25})
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    block = next(b for b in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "hashlib" in b)
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "decisions.md", "exec"), {})
    changed = (folder / LOG).read_text(encoding="utf-8").replace("A. Leader", "B. Leader")
    (folder / LOG).write_text(changed, encoding="utf-8")
    with pytest.raises(AssertionError):
        exec(compile(block, "decisions.md", "exec"), {})
