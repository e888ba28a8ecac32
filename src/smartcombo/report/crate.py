"""What a package says of itself: an RO-Crate 1.1, written by hand because it is small."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

METADATA = "ro-crate-metadata.json"
CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "http://schema.org/sha256"}]
CONFORMS = "https://w3id.org/ro/crate/1.1"
SOFTWARE = "#smartcombo"
FORMATS = {
    "csv": "text/csv", "css": "text/css", "html": "text/html", "js": "text/javascript",
    "json": "application/json", "jsonl": "application/jsonl", "md": "text/markdown",
    "parquet": "application/vnd.apache.parquet", "pdf": "application/pdf", "png": "image/png",
    "svg": "image/svg+xml", "toml": "application/toml", "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
"""Ending -> media type; stated here so that every machine says the same."""
SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*-[0-9][A-Za-z0-9.-]*|MIT|ISC|Unlicense")
NOT_STATED = "not stated"

Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """One file of a package: path from its root on, size in bytes, SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated about a package and stands in none of its files.

    Attributes
    ----------
    date
        The day it is published, ``2026-03-01``: RO-Crate asks for one.
    licence
        SPDX identifier, address or words; empty: that of the studies, where all state the same.
    contact
        Whom to ask; empty: as the programme or study states it.
    """

    date: str
    licence: str = ""
    contact: str = ""


def crate(info: Mapping[str, Any], files: Sequence[PackagedFile], stated: Stated) -> Entity:
    """Return the metadata of a package.

    Parameters
    ----------
    info
        ``provenance.json`` of a ranking or run folder.
    files
        Everything in the package but the metadata and the manifest.
    stated
        What the person who packages it says.

    Returns
    -------
    dict
        JSON-LD: the root dataset; each file with media type, size and SHA-256; smartcombo with its
        version; the action that made the files from inputs, which are named by their checksums.
    """
    inputs = _inputs(info)
    licence, contact = _licence(info, stated), stated.contact or str(info.get("contact", ""))
    people = [{"@id": "#contact", "@type": "ContactPoint", "name": contact}] if contact else []
    return {
        "@context": CONTEXT,
        "@graph": [
            {
                "@id": METADATA,
                "@type": "CreativeWork",
                "about": {"@id": "./"},
                "conformsTo": {"@id": CONFORMS},
            },
            _root(info, files, stated, licence, bool(people)),
            *[_file(one) for one in files],
            _software(info),
            _action(info, files, inputs),
            *inputs,
            licence,
            *people,
        ],
    }


def _root(
    info: Mapping[str, Any],
    files: Sequence[PackagedFile],
    stated: Stated,
    licence: Entity,
    reachable: bool,
) -> Entity:
    name = _name(info)
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": name,
        "description": _description(info, name),
        "datePublished": stated.date,
        "license": {"@id": licence["@id"]},
        "hasPart": [{"@id": quote(one.path)} for one in files],
        "mentions": [{"@id": "#made"}],
    }
    return root | {"contactPoint": {"@id": "#contact"}} if reachable else root


def _name(info: Mapping[str, Any]) -> str:
    kind = "Ranking of programme" if "programme" in info else "Analysis of study"
    return f"{kind} {info.get('programme') or info.get('study')}"


def _description(info: Mapping[str, Any], name: str) -> str:
    made = "SYNTHETIC: made up, nothing here was measured. " if info.get("synthetic") else ""
    blind = f" It is {info['blinded']}." if info.get("blinded") else ""
    title = f": {info['title']}" if info.get("title") else ""
    return (f"{made}{name}{title}.{blind} Made by smartcombo {_version(info)}; open report.html. "
            "Nothing here says that a patient will benefit.")  # fmt: skip


def _file(one: PackagedFile) -> Entity:
    return {
        "@id": quote(one.path),
        "@type": "File",
        "name": one.path,
        "encodingFormat": FORMATS.get(one.path.rpartition(".")[2], "application/octet-stream"),
        "contentSize": str(one.size),
        "sha256": one.sha256,
    }


def _software(info: Mapping[str, Any]) -> Entity:
    versions = info.get("versions", {})
    used = [f"{name} {version}" for name, version in versions.items() if name != "smartcombo"]
    return {
        "@id": SOFTWARE,
        "@type": "SoftwareApplication",
        "name": "smartcombo",
        "softwareVersion": _version(info),
        "softwareRequirements": ", ".join(used),
        "license": "BSD-3-Clause",
    }


def _action(
    info: Mapping[str, Any], files: Sequence[PackagedFile], inputs: Sequence[Entity]
) -> Entity:
    return {
        "@id": "#made",
        "@type": "CreateAction",
        "name": f"{_name(info)} by smartcombo {_version(info)}",
        "instrument": {"@id": SOFTWARE},
        "object": [{"@id": one["@id"]} for one in inputs],
        "result": [{"@id": quote(one.path)} for one in files],
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }


def _inputs(info: Mapping[str, Any]) -> list[Entity]:
    """Return the files that were read: not in the package, known by their checksums."""
    found: dict[str, Entity] = {}
    for row in info.get("inputs", []):
        name = "/".join(part for part in (row.get("study", ""), row["file"]) if part)
        identity = f"#input-{row['sha256']}"
        if identity in found:
            found[identity]["name"] += f", {name}"
        else:
            found[identity] = {"@id": identity, "@type": "CreativeWork", "name": name,
                               "sha256": row["sha256"]}  # fmt: skip
    return list(found.values())


def _licence(info: Mapping[str, Any], stated: Stated) -> Entity:
    """Return the licence as an entity; where nobody states one, it says so."""
    told = info.get("licence", "")
    text = stated.licence or told or NOT_STATED
    if SPDX.fullmatch(text):
        identity = f"https://spdx.org/licenses/{text}"
    else:
        identity = text if re.match(r"https?://\S+$", text) else "#licence"
    return {"@id": identity, "@type": "CreativeWork", "name": text}


def _version(info: Mapping[str, Any]) -> str:
    return str(info.get("versions", {}).get("smartcombo", "of unknown version"))
