"""Markdown, to read, to edit, and to bring back: everything that is not shown stands in comments."""

from __future__ import annotations

from typing import Final

from hfs.persistence import SessionModel
from hfs.transfer.exporters._kinds import Exporter, Frame
from hfs.transfer.markdown.layout import NEXT_SESSION, write_markdown


def _body(session: SessionModel) -> bytes:
    return write_markdown(session.to_document()).encode()


def _frame(name: str | None) -> Frame:
    return Frame(between=f"\n{NEXT_SESSION}\n\n".encode()) if name is None else Frame()


EXPORTER: Final = Exporter("md", "md", "Markdown, to read, to edit, and to bring back", True, _body, _frame)
