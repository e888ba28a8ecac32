#!/usr/bin/env python3
"""Every verb of this repository, in one list: ``python3 do.py VERB``.

Needs Python 3.11 or later and nothing else: the first verb that needs the package makes ``.venv``
beside this file and installs into it, never into the system's Python.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed-from.sha256"
OLDEST = (3, 11)
INTERPRETERS = ("python3.13", "python3.12", "python3.11", "python3.14", "python3", "python")
"""Tried in this order where the one running this file is too old."""

LITTER = (
    "demo-report", "out", "build", "dist", ".mypy_cache", ".ruff_cache", ".pytest_cache",
    ".import_linter_cache", ".hypothesis", ".benchmarks", ".coverage",
)  # fmt: skip
"""What ``clean`` removes, with every ``__pycache__`` outside ``.venv``."""


def setup() -> None:
    """Make .venv and install the package with its development tools, where out of date."""
    fingerprint = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == fingerprint:
        return
    interpreter = _interpreter()
    say(f"setting up {VENV.name} with {interpreter} (once; needs the network)")
    if not _can(str(PYTHON), "import sys"):
        shutil.rmtree(VENV, ignore_errors=True)
        _run(interpreter, "-m", "venv", "--without-pip", VENV)
    _run(*_installer(interpreter), "--quiet", "--editable", ".[dev]", talk=True)
    STAMP.write_text(fingerprint)
    say("ready")


def demo(*arguments: str) -> None:
    """Run the main job on the built-in SYNTHETIC example; the report is in demo-report."""
    setup()
    arguments = arguments or ("--out", "demo-report")
    _run(PYTHON, "-m", "smartcombo", "demo", *arguments)


def test(*arguments: str) -> None:
    """Run the tests (arguments go to pytest, for example ``-k simulate``)."""
    setup()
    _run(PYTHON, "-m", "pytest", "-n", "2", "-p", "no:benchmark", *arguments)


def check() -> None:
    """Lint, check the format, the types and the direction of imports."""
    setup()
    _run(PYTHON, "-m", "ruff", "check", ".")
    _run(PYTHON, "-m", "ruff", "format", "--check", ".")
    _run(PYTHON, "-m", "mypy")
    _run(PYTHON.with_name("lint-imports"))


def format() -> None:  # noqa: A001 - the verb people expect
    """Rewrite the sources in the repository's format and fix what ruff can fix."""
    setup()
    _run(PYTHON, "-m", "ruff", "check", "--fix", ".")
    _run(PYTHON, "-m", "ruff", "format", ".")


def coverage(*arguments: str) -> None:
    """Run the tests in one process and list the lines and branches no test reaches."""
    setup()
    _run(PYTHON, "-m", "coverage", "run", "--branch", "--source", "smartcombo", "-m", "pytest",
         "-p", "no:benchmark", *arguments)  # fmt: skip
    _run(PYTHON, "-m", "coverage", "report", "--show-missing", "--skip-covered")


def bench(*arguments: str) -> None:
    """Measure speed (arguments go to pytest-benchmark)."""
    setup()
    _run(PYTHON, "-m", "pytest", "benchmarks", "--benchmark-only", *arguments)


def validate(*arguments: str) -> None:
    """Simulate size and coverage again, and rewrite the tables of docs/validation."""
    setup()
    _run(PYTHON, "validation/size_and_coverage.py", *arguments)
    _run(PYTHON, "validation/below_detection.py", *arguments)
    _run(PYTHON, "validation/mixtures.py", *arguments)
    _run(PYTHON, "validation/curved.py", *arguments)
    _run(PYTHON, "validation/leaving.py", *arguments)
    _run(PYTHON, "validation/clinical_scores.py", *arguments)
    _run(PYTHON, "validation/landscape.py")
    _run(PYTHON, "validation/ranking.py", *arguments)


def ci() -> None:
    """Do what continuous integration does: the checks, then the tests."""
    check()
    test()


def clean() -> None:
    """Remove what the other verbs made, except .venv."""
    caches = [p for p in ROOT.rglob("__pycache__") if VENV not in p.parents]
    for path in [*(ROOT / name for name in LITTER), *caches]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


VERBS = (setup, demo, test, check, format, coverage, bench, validate, ci, clean)


def say(words: str) -> None:
    """Tell the person, on stderr."""
    print(f"do.py: {words}", file=sys.stderr, flush=True)


def _run(*command: str | Path, talk: bool = False) -> None:
    """Run a command in the repository; leave with its exit code when it fails.

    What a command that only talks prints goes to stderr: stdout is for data.
    """
    words = [str(part) for part in command]
    output = sys.stderr if talk else None
    code = subprocess.run(words, cwd=ROOT, stdout=output, check=False).returncode
    if code:
        say(f"failed with exit code {code}: {' '.join(words)}")
        raise SystemExit(code)


def _interpreter() -> str:
    """Return a Python that is new enough: this one, or another of this machine."""
    if sys.version_info >= OLDEST:
        return sys.executable
    probe = f"import sys; sys.exit(sys.version_info < {OLDEST!r})"
    for name in INTERPRETERS:
        path = shutil.which(name)
        if path and _can(path, probe):
            return path
    found = ".".join(str(number) for number in sys.version_info[:3])
    say(f"found Python {found}; Python 3.11 or later is needed: install it and run this again")
    raise SystemExit(2)


def _installer(interpreter: str) -> list[str]:
    """Return the command that installs into .venv: its own pip where it can have one.

    Debian ships Python without ensurepip: there the system's pip, told to act on .venv only
    (``pip --python``), does the work, and the system's own packages are not touched.
    """
    if not _can(str(PYTHON), "import pip") and _can(str(PYTHON), "import ensurepip"):
        _run(PYTHON, "-m", "ensurepip", talk=True)
    if _can(str(PYTHON), "import pip"):
        return [str(PYTHON), "-m", "pip", "install"]
    if _can(interpreter, "import pip"):
        return [interpreter, "-m", "pip", "--python", str(PYTHON), "install"]
    say(
        f"{interpreter} has neither ensurepip nor pip, so nothing can be installed; on Debian and "
        "Ubuntu: sudo apt install python3-venv, then run this again"
    )
    raise SystemExit(2)


def _can(interpreter: str, line: str) -> bool:
    """Tell whether an interpreter runs and gets through a line of Python."""
    try:
        return subprocess.run([interpreter, "-c", line], capture_output=True).returncode == 0
    except OSError:
        return False


def _usage() -> str:
    """Return the list of verbs, each with the first line of its documentation."""
    lines = [f"  {verb.__name__:<10} {(verb.__doc__ or '').splitlines()[0]}" for verb in VERBS]
    return "\n".join(["usage: python3 do.py VERB [ARGUMENTS]", "", *lines])


def main(arguments: list[str]) -> int:
    """Run one verb, or list them."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_usage())
        return 0
    verbs = {verb.__name__: verb for verb in VERBS}
    name, rest = arguments[0], arguments[1:]
    if name not in verbs:
        print(f"do.py: no verb {name!r}\n\n{_usage()}", file=sys.stderr)
        return 2
    takes_arguments = verbs[name].__code__.co_flags & 0x04
    if rest and not takes_arguments:
        say(f"{name} takes no arguments; found {' '.join(rest)}")
        return 2
    verbs[name](*rest)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
