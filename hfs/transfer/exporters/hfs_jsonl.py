"""hfs's own JSON lines: a session's header on a line, then each message on one, its text a plain string."""

from __future__ import annotations

from typing import Any, Final

from hfs.persistence import SessionModel, render_json
from hfs.transfer.exporters._kinds import Exporter
from hfs.transfer.markdown.marking import MARK, VERSION, beside_mark


def _body(session: SessionModel) -> bytes:
    document: dict[str, Any] = session.to_document()
    messages = document.pop("messages")
    header = {MARK: VERSION, **beside_mark(document)}
    return b"".join(render_json(line) for line in (header, *map(beside_mark, messages)))


EXPORTER: Final = Exporter("jsonl", "jsonl", "JSON lines: everything, a message a line, for jq and grep", True, _body)
