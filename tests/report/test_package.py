"""A package says what it is, is the same bytes each time, and any change in it is told."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from rocrate.rocrate import ROCrate
from typer.testing import CliRunner

from smartcombo.cli.main import app
from smartcombo.ranking import Dossier, blinded, blinding_key
from smartcombo.report.crate import METADATA, Stated
from smartcombo.report.package import MANIFEST, PackageRefused, write_package
from smartcombo.report.programme_export import write_ranking
from smartcombo.report.verify import verify
from smartcombo.study.programme import Programme

STATED = Stated("2026-03-01")


@pytest.fixture(scope="module")
def ranking(example_dossier: Dossier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ranking(example_dossier, tmp_path_factory.mktemp("ranked") / "out")


@pytest.fixture(scope="module")
def package(ranking: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_package(ranking, tmp_path_factory.mktemp("packed") / "package.zip", STATED)


def changed(package: Path, to: Path, **edits: bytes | None) -> Path:
    """Return a copy in which files are replaced, added, or (None) left out."""
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            if name not in edits:
                new.writestr(name, old.read(name))
        for name, body in edits.items():
            if body is not None:
                new.writestr(name, body)
    return to


def codes(found) -> set[tuple[str, str]]:
    return {(one.code, one.file) for one in found.findings}


def test_a_package_is_read_as_an_ro_crate(package: Path, ranking: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        archive.extractall(tmp_path / "crate")
    crate = ROCrate(tmp_path / "crate")
    root = crate.root_dataset
    assert root["description"].startswith("SYNTHETIC")
    assert root["datePublished"] == "2026-03-01"
    assert root["license"].id == "https://spdx.org/licenses/CC0-1.0"
    files = {one.id: one for one in crate.data_entities}
    there = {path.relative_to(ranking).as_posix() for path in ranking.rglob("*") if path.is_file()}
    assert set(files) == there
    page = (ranking / "report.html").read_bytes()
    assert files["report.html"]["encodingFormat"] == "text/html"
    assert files["report.html"]["contentSize"] == str(len(page))
    assert files["report.html"]["sha256"] == hashlib.sha256(page).hexdigest()
    action = crate.get("#made")
    assert action["instrument"]["name"] == "smartcombo"
    assert {one.id for one in action["result"]} == there
    inputs = pd.read_csv(ranking / "inputs.csv")
    assert {one["sha256"] for one in action["object"]} == set(inputs["sha256"])


def test_the_same_folder_gives_the_same_bytes(package: Path, ranking: Path, tmp_path: Path) -> None:
    again = write_package(ranking, tmp_path / "again.zip", STATED)
    assert again.read_bytes() == package.read_bytes()
    assert list(tmp_path.iterdir()) == [again]


def test_sha256sum_reads_the_manifest(package: Path, tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("sha256sum is of Linux")
    with zipfile.ZipFile(package) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(["sha256sum", "-c", "--quiet", MANIFEST], cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert verify(tmp_path).findings == ()


def test_an_untouched_package_verifies_with_its_inputs(
    package: Path, example_programme: Programme, ranking: Path
) -> None:
    found = verify(package)
    assert found.findings == ()
    assert found.files == 1 + sum(path.is_file() for path in ranking.rglob("*"))
    done = CliRunner().invoke(
        app, ["verify", str(package), "--inputs", str(example_programme.folder)]
    )
    assert (done.exit_code, done.stdout[:4]) == (0, "OK: ")


def test_missing_changed_and_extra_files_are_told_at_once(package: Path, tmp_path: Path) -> None:
    bad = changed(package, tmp_path / "bad.zip",
                  **{"claims.csv": None, "ranking.csv": b"x", "virus.exe": b"x"})  # fmt: skip
    assert codes(verify(bad)) == {
        ("file-missing", "claims.csv"), ("file-changed", "ranking.csv"),
        ("file-extra", "virus.exe"),
        ("metadata-differs", "claims.csv"), ("metadata-differs", "ranking.csv"),
    }  # fmt: skip
    done = CliRunner().invoke(app, ["verify", str(bad)])
    assert done.exit_code == 3


def test_a_path_that_leads_out_is_told_and_nothing_is_unpacked(
    package: Path, tmp_path: Path
) -> None:
    names = ["../evil.txt", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil"]
    bad = changed(package, tmp_path / "bad.zip",
                  **dict.fromkeys(names, b"x"))  # fmt: skip
    assert {code for code, _ in codes(verify(bad))} == {"unsafe-path"}
    assert [path.name for path in tmp_path.iterdir()] == ["bad.zip"]


def test_a_manifest_that_is_edited_or_names_a_path_outside_is_told(
    package: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(package) as archive:
        text = archive.read(MANIFEST)
    edited = text.replace(b"  ranking.csv", b"  ../ranking.csv")
    bad = changed(package, tmp_path / "bad.zip", **{MANIFEST: edited})
    assert {"manifest-unreadable", "file-extra"} == {code for code, _ in codes(verify(bad))}
    none = changed(package, tmp_path / "none.zip", **{MANIFEST: None})
    assert codes(verify(none)) == {("no-manifest", MANIFEST)}


@pytest.mark.parametrize("cut", [0, 10, 5000])
def test_a_damaged_zip_is_no_fault_of_ours(package: Path, tmp_path: Path, cut: int) -> None:
    data = package.read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[:cut])
    assert codes(verify(tmp_path / "cut.zip")) == {("not-a-package", "")}
    middle = bytearray(data)
    at = data.index(b"report.html") + 200
    middle[at : at + 40] = bytes(40)
    (tmp_path / "hole.zip").write_bytes(bytes(middle))
    assert verify(tmp_path / "hole.zip").findings


def test_a_link_in_a_folder_is_not_followed(package: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        archive.extractall(tmp_path / "out")
    page = tmp_path / "out" / "report.html"
    page.rename(tmp_path / "report.html")
    page.symlink_to(tmp_path / "report.html")
    assert ("file-changed", "report.html") in codes(verify(tmp_path / "out"))


def test_inputs_that_changed_since_are_told(package: Path, ranking: Path) -> None:
    now = pd.read_csv(ranking / "inputs.csv", keep_default_na=False).to_dict("records")
    edited = [row | {"sha256": "0" * 64} if row["file"] == "volumes.csv" else row for row in now
              if row["file"] != "weights.csv"]  # fmt: skip
    found = verify(package, edited)
    assert {code for code, _ in codes(found)} == {"input-changed", "input-missing"}
    assert len(found.findings) == 14
    assert verify(package, now).findings == ()


def test_a_blinded_package_verifies_against_inputs_it_does_not_name(
    example_programme: Programme, example_evidence, ranking: Path, tmp_path: Path
) -> None:
    key = blinding_key(example_programme, "partner 2")
    dossier = blinded(example_programme, example_evidence, key)
    folder = write_ranking(dossier, tmp_path / "out", forbidden=key.forbidden)
    package = write_package(folder, tmp_path / "p.zip", STATED)
    now = pd.read_csv(ranking / "inputs.csv", keep_default_na=False).to_dict("records")
    assert verify(package, now).findings == ()
    gone = [row for row in now if row["study"] != "toxic"]
    assert {code for code, _ in codes(verify(package, gone))} == {"input-missing"}
    with zipfile.ZipFile(package) as archive:
        graph = json.loads(archive.read(METADATA))["@graph"]
    assert "blinded for partner 2" in graph[1]["description"]


def test_what_is_no_folder_of_ours_is_refused(ranking: Path, tmp_path: Path) -> None:
    with pytest.raises(PackageRefused, match="no folder that smartcombo"):
        write_package(tmp_path, tmp_path / "p.zip", STATED)
    with pytest.raises(PackageRefused, match="lies in the folder"):
        write_package(ranking, ranking / "p.zip", STATED)
    done = CliRunner().invoke(app, ["package", str(tmp_path), "--to", str(tmp_path / "p.zip")])
    assert done.exit_code == 2
    day = ["package", str(ranking), "--to", str(tmp_path / "p.zip"), "--date", "1 March"]
    assert CliRunner().invoke(app, day).exit_code == 2
    assert not (tmp_path / "p.zip").exists()
