"""A memo as HTML that prints on two pages, and as PDF of two pages."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from importlib.resources import files
from importlib.util import find_spec

from smartcombo.report.memo.content import Memo
from smartcombo.report.memo.lengths import PAGES, wide

SCALES = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.64)
"""Of the type: where words are wide it gets smaller, so that two pages hold them."""
SECOND_PAGE = ("gates", "passed", "mind", "experiments", "experiments_note", "grades", "decisions",
               "decisions_note", "provenance")  # fmt: skip
FIRST_FITS, SECOND_FITS = 2900.0, 3500.0
"""Letters that a page of the browser's largest type holds, headings and figures beside them."""
NO_TYPST = "PDF needs the extra 'pdf': pip install 'smartcombo[pdf]'; HTML needs nothing"


def memo_html(memo: Memo) -> str:
    """Return the memo as one page of HTML: no script, nothing loaded."""
    from smartcombo.report.page import environment

    return environment().get_template("memo.html.j2").render(memo=memo, scale=print_scale(memo))


def print_scale(memo: Memo) -> float:
    """Return how much smaller the type is printed, so that each half fits its page.

    A browser lays out with fonts we do not know: letters are counted, and the area they take goes
    with the square of their size.
    """
    texts = asdict(memo)
    second = {name: texts.pop(name) for name in SECOND_PAGE}
    room = min(FIRST_FITS / max(wide(texts), 1.0), SECOND_FITS / max(wide(second), 1.0), 1.0)
    return round(math.sqrt(room), 3)


def can_write_pdf() -> bool:
    """Return whether the extra ``pdf`` is installed."""
    return find_spec("typst") is not None


def memo_pdf(memo: Memo) -> bytes:
    """Return the memo as PDF, with the fonts that come with typst: the same bytes everywhere.

    Texts go in as data, never as markup, so that nothing in them is read as a command.

    Raises
    ------
    ImportError
        If typst is not installed; the message names the extra.
    """
    if not can_write_pdf():
        raise ImportError(NO_TYPST)
    import typst

    template = (files("smartcombo.report") / "templates" / "memo.typ").read_bytes()
    text = json.dumps(asdict(memo), ensure_ascii=False, sort_keys=True)
    fonts = typst.Fonts(include_system_fonts=False)
    for scale in SCALES:
        inputs = {"memo": text, "scale": str(scale)}
        compiler = typst.Compiler(template, font_paths=fonts, sys_inputs=inputs)
        if json.loads(compiler.query("<pages>", field="value", one=True)) <= PAGES:
            break
    made = compiler.compile(template, format="pdf", pdf_standards="ua-1")
    if not isinstance(made, bytes):
        raise TypeError(f"typst gave {type(made).__name__}; expected the bytes of a PDF")
    return made
