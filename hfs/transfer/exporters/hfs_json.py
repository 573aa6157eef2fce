"""hfs's own JSON: the file of a session as it is; several sessions are a list of such documents."""

from __future__ import annotations

from typing import Final

from hfs.persistence import SessionModel, render_document
from hfs.transfer.exporters._kinds import Exporter, Frame


def _body(session: SessionModel) -> bytes:
    return render_document(session.id, session.to_document())


def _frame(name: str | None) -> Frame:
    return Frame(b"[\n", b",\n", b"]\n") if name is None else Frame()


EXPORTER: Final = Exporter("json", "json", "hfs's own JSON: everything, as it is", True, _body, _frame)
