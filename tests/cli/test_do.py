"""The list of verbs: every verb documented, wrong use refused, and one list only."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def do() -> ModuleType:
    """Load do.py, which is not part of the package."""
    spec = importlib.util.spec_from_file_location("do", ROOT / "do.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_verb_is_listed_with_what_it_does(do, capsys) -> None:
    assert do.main([]) == 0
    listed = capsys.readouterr().out
    for verb in do.VERBS:
        assert f"  {verb.__name__} " in listed
        assert verb.__doc__.splitlines()[0] in listed


def test_a_verb_that_does_not_exist_is_refused(do, capsys) -> None:
    assert do.main(["fly"]) == 2
    assert "no verb 'fly'" in capsys.readouterr().err


def test_a_verb_refuses_arguments_it_would_ignore(do, capsys) -> None:
    assert do.main(["check", "--quick"]) == 2
    assert "takes no arguments; found --quick" in capsys.readouterr().err


def test_the_readme_names_only_verbs_that_exist(do) -> None:
    verbs = {verb.__name__ for verb in do.VERBS}
    for document in ("README.md", "CONTRIBUTING.md"):
        for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
            for part in line.split("python3 do.py ")[1:]:
                assert part.split()[0].strip("`") in verbs | {"#"}, line


def test_without_pip_and_ensurepip_a_person_is_told_what_to_install(
    do, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(do, "_can", lambda interpreter, line: False)
    with pytest.raises(SystemExit, match="2"):
        do._installer("python3")
    assert "sudo apt install python3-venv" in capsys.readouterr().err


def test_without_ensurepip_the_pip_of_the_system_acts_on_the_venv_only(do, monkeypatch) -> None:
    monkeypatch.setattr(
        do, "_can", lambda interpreter, line: (interpreter, line) == ("py", "import pip")
    )
    assert do._installer("py") == ["py", "-m", "pip", "--python", str(do.PYTHON), "install"]
