"""The decision memo: one candidate on two pages, made from a dossier alone."""

from __future__ import annotations

from smartcombo.report.memo.content import Memo, memo_of
from smartcombo.report.memo.files import write_memo, write_memos

__all__ = ["Memo", "memo_of", "write_memo", "write_memos"]
