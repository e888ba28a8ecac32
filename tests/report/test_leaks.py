"""The guard finds a name in every form a file can hold it in, and nothing is written then."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import smartcombo as sc
from smartcombo.ranking import Dossier
from smartcombo.ranking.blinding_terms import Matcher, Term
from smartcombo.report import unpacked
from smartcombo.report.leaks import leaks_in, leaks_of
from smartcombo.report.programme_export import write_ranking

SECRET = "Molexinib-7"
FORBIDDEN = Matcher((Term(SECRET, "name", "m"), Term("ZP-2", "code", "z")))


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", data)
    return out.getvalue()


def workbook(text: str) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active["B2"] = text
    book.save(out)
    return out.getvalue()


def parquet(text: str) -> bytes:
    out = io.BytesIO()
    pd.DataFrame({"name": [text] * 3, "n": [1, 2, 3]}).to_parquet(out)
    return out.getvalue()


def image(text: str) -> bytes:
    """Return the head of a PNG with a compressed text chunk."""
    body = b"Title\0\0" + zlib.compress(text.encode())
    chunk = len(body).to_bytes(4, "big") + b"zTXt" + body + b"\0\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk


def pdf(text: str) -> bytes:
    """Return a page whose text is in a compressed stream, its letters apart."""
    shown = " ".join(f"({letter}) -20" for letter in text)
    stream = zlib.compress(f"BT /F1 12 Tf 10 10 Td [{shown}] TJ ET".encode())
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Resources "
        b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + part + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n"
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % start


def attached(text: str) -> bytes:
    """Return a PDF with a compressed file attached."""
    stream = b"\nstream\n" + zlib.compress(text.encode()) + b"\nendstream\n"
    return pdf("Harmless").replace(
        b"\nxref", b"\n<< /Type /EmbeddedFile >>" + stream + b"\nxref", 1
    )


def titled(text: str) -> bytes:
    """Return a PDF with a string beside its pages."""
    return pdf("Harmless").replace(b"5 /Root", b"5 /X (" + text.encode() + b") /Root")


def data_url(text: str) -> bytes:
    inner = base64.b64encode(f"arm,n\n{text},3\n".encode()).decode()
    return f'<a href="data:text/csv;charset=utf-8;base64,{inner}">data</a>'.encode()


PLANTED: dict[str, Callable[[str], bytes]] = {
    "a.csv": lambda text: f"arm,n\n{text},3\n".encode(),
    "spaced.txt": lambda text: text.replace("-", " ").upper().encode(),
    "a.json": lambda text: f'{{"a": "{text}"}}'.replace("-", "\\u002d").encode(),
    "a.html": lambda text: f"<p>{text.replace('-', '&#45;')}</p>".encode(),
    "marked.html": lambda text: f"<p>{text[:4]}<b>{text[4:]}</b></p>".encode(),
    "a.svg": lambda text: f"<svg><text>{text[:3]}<tspan>{text[3:]}</tspan></text></svg>".encode(),
    "url.html": lambda text: f'<a href="?q={text.replace("-", "%2D")}">x</a>'.encode(),
    "data.html": data_url,
    "script.html": lambda text: b"<script>const x='" + base64.b64encode(text.encode() * 30) + b"'",
    "a.xlsx": workbook,
    "a.zip": lambda text: zipped(workbook(text)),
    "a.csv.gz": lambda text: gzip.compress(text.encode()),
    "a.parquet": parquet,
    "a.png": image,
    "a.pdf": pdf,
    "attached.pdf": lambda text: attached(text),
    "titled.pdf": lambda text: titled(text),
    "wide.txt": lambda text: text.encode("utf-16"),
    "bare-wide.txt": lambda text: text.encode("utf-16-be"),
    "a.bin": lambda text: b"\x00\x01\xff\xfe" + text.encode() + b"\xff\x00",
    "wide.bin": lambda text: b"\x01\xff\xfe" + text.encode("utf-16-be") + b"\xff\xfe\x01",
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("text", [SECRET, "ZP-2"])
def test_a_planted_name_is_found_in_every_form(name: str, text: str) -> None:
    if text == "ZP-2" and name.endswith(".bin"):
        pytest.skip("so short a name is in any bytes")
    assert {leak.term.text for leak in leaks_in(PLANTED[name](text), FORBIDDEN)} == {text}
    assert leaks_in(PLANTED[name]("Harmless-7"), FORBIDDEN) == []


def test_a_name_of_a_file_or_folder_is_searched_too(tmp_path: Path) -> None:
    (tmp_path / "zp_2").mkdir()
    (tmp_path / "zp_2" / "a.csv").write_text("n\n1\n")
    assert {leak.file for leak in leaks_of(tmp_path, FORBIDDEN)} == {"zp_2", "zp_2/a.csv"}


def test_checksums_colours_outlines_and_images_are_no_words() -> None:
    short = Matcher((Term("A1", "name"), Term("M1", "name")))
    noise = base64.b64encode(bytes(range(256)) * 40).decode()
    text = f'<path d="M1,2L3,4"/> #a1b2c3 {"a1" * 32} <img src="data:image/x;base64,{noise}">'
    assert leaks_in(text.encode(), short) == []
    assert len(leaks_in(f"{text} given A-1".encode(), short)) == 1


def test_a_place_in_a_sheet_is_no_code() -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active["ZP2"] = "harmless"
    book.save(out)
    assert leaks_in(out.getvalue(), FORBIDDEN) == []
    book.active["B3"] = "ZP2"
    book.save(out)
    assert len(leaks_in(out.getvalue(), FORBIDDEN)) == 1


def test_a_leak_stops_the_writing_and_says_which_term_in_which_file(
    example_dossier: Dossier, tmp_path: Path
) -> None:
    told = dataclasses.replace(example_dossier, title="Who made molexinib 7")
    earlier = tmp_path / "out"
    write_ranking(example_dossier, earlier)
    before = (earlier / "provenance.json").read_bytes()
    with pytest.raises(sc.StudyError, match=r"blinding-leak.*report\.html.*Molexinib-7"):
        write_ranking(told, earlier, forbidden=FORBIDDEN)
    assert (earlier / "provenance.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_pdf_that_cannot_be_read_is_not_taken_for_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(data: bytes) -> unpacked.Views:
        raise unpacked.UnreadableError("pypdf is not installed")

    monkeypatch.setattr(unpacked, "_pdf_pages", absent)
    found = leaks_in(pdf("Harmless"), FORBIDDEN, "memo.pdf")
    assert [(leak.term, leak.where) for leak in found] == [(None, "pypdf is not installed")]
