"""Everything readable in a file, whatever it is packed in: text to search before it is sent."""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from urllib.parse import unquote

Views = Iterator[tuple[str, str]]
"""Where in the file, and the text there."""

DEEPEST = 6
"""Containers within containers beyond which nothing of ours is packed."""
DATA_URL = re.compile(r"data:[\w.+/-]*(?:;[\w=.+-]+)*;base64,([A-Za-z0-9+/=\s]+)")
BASE64 = re.compile(r"[A-Za-z0-9+/]{64,}={0,2}")
NO_WORDS = re.compile(
    r"[A-Za-z0-9+/]{200,}={0,2}|\b[0-9a-fA-F]{32,}\b|#[0-9a-fA-F]{6}\b"
    r"|(?<=\sd=\")[MLHVCSQTAZmlhvcsqtaz0-9eE.,\s+-]+(?=\")"
)
"""Base64 (searched once it is decoded), checksums, colours, outlines: any short name is in them."""
PLACES = re.compile(r'\s\w+="[A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}[0-9]{1,7})?"')
"""Of cells in a sheet: row 101 of column P is no molecule."""
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
INLINE = re.compile(r"</?(?:a|b|i|em|strong|span|tspan|sub|sup|mark|wbr|small|code)\b[^>]*>", re.I)
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
LITERAL = re.compile(rb"\((?:\\.|[^()\\]){1,4000}\)", re.DOTALL)
HEXES = re.compile(rb"<([0-9A-Fa-f]{4,4000})>")
ATTACHED = 400
"""Bytes before a stream in which its dictionary says that it is an attached file."""
RUN = re.compile(rb"[\x20-\x7e]{6,}")
PNG_TEXT = (b"tEXt", b"zTXt", b"iTXt")


class UnreadableError(Exception):
    """A file cannot be searched; the message says what is missing."""


def views(data: bytes, depth: int = 0) -> Views:
    """Return every text in some bytes, unpacked and decoded.

    Zip (so Excel), gzip, Parquet, PDF, PNG, text in UTF-8 and UTF-16; in text also HTML entities,
    JSON and URL escapes, inline markup, and base64. Bytes of no known form give their printable
    runs.

    Raises
    ------
    UnreadableError
        If a PDF cannot be read because pypdf is not installed, or containers are too deep.
    """
    if depth > DEEPEST:
        raise UnreadableError(f"containers in containers, more than {DEEPEST} deep")
    for magic, unpack in CONTAINERS:
        if data.startswith(magic):
            yield from unpack(data, depth + 1)
            return
    text = decoded(data)
    if text is None:
        yield "bytes", "\n".join(run.decode("ascii") for run in RUN.findall(data))
        yield "bytes as UTF-16", _wide(data)
        return
    yield from _text(text, depth + 1)


def decoded(data: bytes) -> str | None:
    """Return bytes as text where they are text; ``None`` where they are not."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data:
        wide = data[:4096].count(b"\0") / len(data[:4096]) > 0.3 and len(data) % 2 == 0
        if not wide:
            return None
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _wide(data: bytes) -> str:
    """Return the runs of UTF-16 in bytes, either end first, as plain text."""
    found = re.findall(rb"(?:[\x20-\x7e]\0){4,}|(?:\0[\x20-\x7e]){4,}", data)
    return "\n".join(run.replace(b"\0", b"").decode("ascii") for run in found)


def _text(text: str, depth: int) -> Views:
    packed, text = text, NO_WORDS.sub(" ", DATA_URL.sub(" ", text))
    if "spreadsheetml" in text[:1000]:
        text = PLACES.sub(" ", text)
    yield "text", text
    if "&" in text and ";" in text:
        yield "text, entities resolved", html.unescape(text)
    if "\\u" in text or "\\x" in text:
        yield "text, escapes resolved", ESCAPED.sub(lambda m: chr(int(m[1] or m[2], 16)), text)
    if "%" in text:
        yield "text, URL decoded", unquote(text, errors="replace")
    if "<" in text:
        yield "text, inline markup taken out", html.unescape(INLINE.sub("", text))
    for found in DATA_URL.finditer(packed):
        for where, inner in views(_unbase64(found.group(1)), depth):
            yield f"data URL, {where}", inner
    for found in BASE64.finditer(DATA_URL.sub("", packed)):
        for where, inner in _embedded(_unbase64(found.group(0)), depth):
            yield f"base64, {where}", inner


def _embedded(data: bytes, depth: int) -> Views:
    """Return what base64 held, if it is text or a container: numbers are no words."""
    known = any(data.startswith(magic) for magic, _ in CONTAINERS)
    if known or decoded(data) is not None:
        yield from views(data, depth)


def _unbase64(text: str) -> bytes:
    plain = re.sub(r"\s|=", "", text)
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return b""


def _zip(data: bytes, depth: int) -> Views:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield "zip comment", archive.comment.decode("utf-8", "replace")
        for item in archive.infolist():
            facts = item.comment + b" " + item.extra
            yield "zip names", f"{item.filename}\n{facts.decode('utf-8', 'replace')}"
            for where, text in views(archive.read(item), depth):
                yield f"{item.filename}, {where}", text


def _gzip(data: bytes, depth: int) -> Views:
    yield "gzip header", data[:512].split(b"\0\0", 1)[0].decode("latin-1")
    yield from views(gzip.decompress(data), depth)


def _parquet(data: bytes, depth: int) -> Views:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(data))
    yield "parquet columns", "\n".join(table.schema.names)
    for name, value in (table.schema.metadata or {}).items():
        yield "parquet metadata", f"{name.decode()}\n{value.decode('utf-8', 'replace')}"
    for name, column in zip(table.schema.names, table.columns, strict=True):
        if pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
            continue
        values = column.to_pylist() if pa.types.is_nested(column.type) else column.unique()
        yield f"column {name}", "\n".join(str(one) for one in values)


def _png(data: bytes, depth: int) -> Views:
    at = 8
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        if kind in PNG_TEXT:
            yield f"PNG {kind.decode()}", body.decode("utf-8", "replace")
            yield f"PNG {kind.decode()}, inflated", _inflated(body)
        at += size + 12
    yield "after the image", data[at:].decode("utf-8", "replace")


def _inflated(body: bytes) -> str:
    """Return what any zlib stream in a text chunk holds."""
    start = body.find(b"\x78")
    try:
        return zlib.decompress(body[start:]).decode("utf-8", "replace") if start >= 0 else ""
    except zlib.error:
        return ""


def _pdf(data: bytes, depth: int) -> Views:
    yield "PDF objects", _pdf_strings(STREAM.sub(b"", data))
    for number, found in enumerate(STREAM.finditer(data), start=1):
        try:
            body = zlib.decompressobj().decompress(found.group(1))
        except zlib.error:
            body = found.group(1)
        where = f"PDF stream {number}"
        yield where, _pdf_strings(body)
        attached = b"/EmbeddedFile" in data[max(found.start() - ATTACHED, 0) : found.start()]
        if attached or body.lstrip()[:1] == b"<":
            for inner, text in views(body, depth):
                yield f"{where}, {inner}", text
    yield from _pdf_pages(data)


def _pdf_strings(data: bytes) -> str:
    """Return the strings of PDF syntax alone: between them stand numbers and letters of no word."""
    told = [one[1:-1].replace(b"\\", b"") for one in LITERAL.findall(data)]
    told += [bytes.fromhex(one.decode() + "0" * (len(one) % 2)) for one in HEXES.findall(data)]
    wide = [one.decode("utf-16-be", "replace") for one in told if one.startswith(b"\xfe\xff")]
    return "\n".join([*wide, *(one.decode("latin-1") for one in told)])


def _pdf_pages(data: bytes) -> Views:
    """Return the text of each page as a reader selects it: letters are glyphs in the streams."""
    try:
        from pypdf import PdfReader
    except ImportError as absent:
        raise UnreadableError(
            "the text of a PDF is written in glyphs, which only pypdf can read back: install it "
            "with pip install 'smartcombo[pdf]'"
        ) from absent
    reader = PdfReader(io.BytesIO(data))
    yield "PDF metadata", "\n".join(str(value) for value in (reader.metadata or {}).values())
    for number, page in enumerate(reader.pages, start=1):
        yield f"PDF page {number}", page.extract_text()


CONTAINERS = (
    (b"PK\x03\x04", _zip),
    (b"PK\x05\x06", _zip),
    (b"\x1f\x8b", _gzip),
    (b"PAR1", _parquet),
    (b"%PDF", _pdf),
    (b"\x89PNG\r\n\x1a\n", _png),
)
