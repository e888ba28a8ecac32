"""A ranking or run folder as one zip that says what it is and can be checked by anyone."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from smartcombo.report.crate import METADATA, PackagedFile, Stated, crate
from smartcombo.report.workbook import entry

MANIFEST = "manifest-sha256.txt"
PROVENANCE = "provenance.json"
BLOCK = 1 << 20


class PackageRefused(ValueError):  # noqa: N818 - a refusal, with its reason, is not a fault
    """The folder cannot be packaged; the message says why."""


def write_package(folder: str | Path, to: str | Path, stated: Stated) -> Path:
    """Write a folder as an RO-Crate in a zip, with a checksum of every file; whole or not at all.

    The same folder and statements give the same bytes.

    Parameters
    ----------
    folder
        As ``smartcombo rank`` or ``smartcombo run`` wrote it.
    to
        The zip; an existing one is replaced.
    stated
        Day, licence, contact.

    Returns
    -------
    Path
        The zip.

    Raises
    ------
    PackageRefused
        If this is no such folder, holds links, or ``to`` lies in it.
    """
    folder, to = Path(folder), Path(to)
    paths = _paths(folder, to)
    info = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    files = [_known(folder, path) for path in paths]
    metadata = json.dumps(crate(info, files, stated), indent=2, ensure_ascii=False) + "\n"
    own = metadata.encode()
    all_files = [*files, PackagedFile(METADATA, len(own), hashlib.sha256(own).hexdigest())]
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=to.parent, suffix=".part", delete=False) as work:
        try:
            with zipfile.ZipFile(work, "w") as archive:
                archive.writestr(entry(METADATA), own)
                archive.writestr(entry(MANIFEST), manifest(all_files).encode())
                for one in files:
                    archive.writestr(entry(one.path), (folder / one.path).read_bytes())
        except BaseException:
            Path(work.name).unlink()
            raise
    Path(work.name).chmod(0o644)
    os.replace(work.name, to)
    return to


def manifest(files: Sequence[PackagedFile]) -> str:
    """Return checksums as BagIt and ``sha256sum -c`` read them, by path."""
    return "".join(f"{one.sha256}  {one.path}\n" for one in sorted(files, key=lambda one: one.path))


def _paths(folder: Path, to: Path) -> list[Path]:
    """Return the files of a folder by path, after checking that it may be packaged."""
    if not (folder / PROVENANCE).is_file():
        raise PackageRefused(f"{folder} is no folder that smartcombo rank or run wrote: it has no "
                             f"{PROVENANCE}")  # fmt: skip
    if to.resolve().is_relative_to(folder.resolve()):
        raise PackageRefused(f"{to} lies in the folder that is packaged; put it elsewhere")
    every = sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix())
    links = [str(path) for path in every if path.is_symlink()]
    if links:
        raise PackageRefused(f"links lead out of a package: {', '.join(links)}; replace them by "
                             "the files themselves")  # fmt: skip
    taken = {METADATA, MANIFEST}
    odd = [path.name for path in every if "\n" in path.name or "\\" in path.name]
    if odd:
        raise PackageRefused(f"names that no other machine reads: {odd}; rename them")
    return [p for p in every if p.is_file() and p.relative_to(folder).as_posix() not in taken]


def _known(folder: Path, path: Path) -> PackagedFile:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(BLOCK):
            digest.update(block)
    name = path.relative_to(folder).as_posix()
    return PackagedFile(name, path.stat().st_size, digest.hexdigest())
