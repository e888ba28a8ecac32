"""The public names: lazy, documented, and the same whatever was imported first."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import smartcombo as sc

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(sc.__path__, "smartcombo.")
    if not module.name.endswith("__main__")
)


def public(module_name: str) -> list[tuple[str, object]]:
    """Return the public functions and classes a module defines, and the classes' methods."""
    module = importlib.import_module(module_name)
    found = []
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", "") != module_name:
            continue
        if inspect.isfunction(thing) or inspect.isclass(thing):
            found.append((name, thing))
        if inspect.isclass(thing):
            found += [
                (f"{name}.{key}", member)
                for key, member in vars(thing).items()
                if not key.startswith("_")
                and (inspect.isfunction(member) or isinstance(member, property))
            ]
    return found


@pytest.mark.parametrize("module_name", MODULES)
def test_a_module_and_its_public_names_have_docstrings(module_name: str) -> None:
    module = importlib.import_module(module_name)
    assert module.__doc__, f"{module_name} has no docstring"
    bare = [name for name, thing in public(module_name) if not inspect.getdoc(thing)]
    assert not bare, f"{module_name}: no docstring on {bare}"


@pytest.mark.parametrize("module_name", MODULES)
def test_public_functions_take_no_loose_keywords(module_name: str) -> None:
    loose = [
        name
        for name, thing in public(module_name)
        if inspect.isfunction(thing)
        and any(p.kind is p.VAR_KEYWORD for p in inspect.signature(thing).parameters.values())
    ]
    assert not loose, f"{module_name}: **kwargs swallow misspelt options in {loose}"


@pytest.mark.parametrize("name", sorted(sc.__all__))
def test_every_name_of_the_top_level_exists(name: str) -> None:
    assert getattr(sc, name) is not None
    assert name in dir(sc)


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'read_studies'; it has .*read_study"):
        _ = sc.read_studies


ORDERS = [
    "import smartcombo as sc",
    "import smartcombo.report.page; import smartcombo as sc",
    "import smartcombo as sc; import smartcombo.report.page",
    "import smartcombo as sc; sc.report; import smartcombo.report.export",
    "from smartcombo import report; import smartcombo.report.page; import smartcombo as sc",
]


@pytest.mark.parametrize("order", ORDERS)
def test_report_is_callable_whatever_was_imported_first(order: str) -> None:
    after = "import smartcombo.report.page as page; page.write_report; assert callable(sc.report)"
    line = f"{order}; {after}"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
