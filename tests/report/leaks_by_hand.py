"""A search for names that shares nothing with the one it tests: containers opened by hand."""

from __future__ import annotations

import base64
import gzip
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from pypdf import PdfReader

SEPARATORS = re.compile(r"[\s_\-./\u2010-\u2015]+")


def texts_of(path: Path) -> Iterator[str]:
    """Return everything that can be read in a file."""
    yield path.name
    yield from _texts(path.read_bytes(), path.suffix)


def found_in(folder: Path, words: Sequence[str]) -> list[tuple[str, str]]:
    """Return file and word wherever a bare word stands, whatever its case and separators.

    A word of five letters or fewer only where no letter is beside it: SYN-C is not in SYN-CRC.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            crushed = [SEPARATORS.sub("", text).lower() for text in texts_of(path)]
            found += [
                (path.name, word)
                for word in words
                for text in crushed
                if word in text and (len(word) > 5 or _stands_alone(word, path))
            ]
    return found


def _stands_alone(word: str, path: Path) -> bool:
    spaced = r"[\W_]{0,3}".join(map(re.escape, word))
    pattern = re.compile(rf"(?<![a-z]){spaced}(?![a-z])", re.IGNORECASE)
    return any(pattern.search(text) for text in texts_of(path))


def _texts(data: bytes, suffix: str) -> Iterator[str]:
    if suffix == ".xlsx" or data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name
                yield from _texts(archive.read(name), Path(name).suffix)
    elif suffix == ".parquet":
        yield pd.read_parquet(io.BytesIO(data)).to_csv()
    elif suffix == ".gz":
        yield gzip.decompress(data).decode()
    elif suffix == ".pdf":
        yield "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    elif suffix == ".png":
        yield data.decode("latin-1") if b"Text" in data else ""
    else:
        text = data.decode("utf-8")
        places = r' r="[A-Z]+[0-9]+"' if suffix == ".xml" else r"(?!)"
        yield re.sub(rf"[A-Za-z0-9+/]{{200,}}|{places}", "", text)
        for found in re.findall(r"base64,([A-Za-z0-9+/=]+)", text):
            yield from _texts(base64.b64decode(found), ".svg")
