"""hfs's own JSON lines: a header with the mark of hfs, then a message a line; sessions follow each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers._kinds import Importer, RefusedError, SourceFile, StreamFormat
from hfs.transfer.importers._own import own_conversation, refuse
from hfs.transfer.markdown.marking import MARK, VERSION, without_mark


def _is_header(record: Any) -> bool:
    return isinstance(record, dict) and type(record.get(MARK)) is int


def _fits(records: Sequence[Any]) -> bool:
    return bool(records) and _is_header(records[0])


def _read(records: Iterator[Any], source: SourceFile) -> Iterator[Conversation]:
    refused: list[str] = []
    for number, session in enumerate(_sessions(records), 1):
        try:
            yield _conversation(session)
        except RefusedError as error:
            refused.append(f"session {number}: {error}")
    refuse(refused)


def _sessions(records: Iterator[Any]) -> Iterator[list[Any]]:
    session: list[Any] = []
    for record in records:
        if _is_header(record) and session:
            yield session
            session = []
        session.append(record)
    if session:
        yield session


def _conversation(session: list[Any]) -> Conversation:
    header = session[0]
    if header[MARK] != VERSION:
        raise RefusedError(f"it has layout {header[MARK]!r}; this hfs reads layout {VERSION}")
    messages = [without_mark(item) if isinstance(item, dict) else item for item in session[1:]]
    return own_conversation("jsonl", {**without_mark(header), "messages": messages})


FORMATS: Final[tuple[Importer, ...]] = (StreamFormat("jsonl", "hfs's own JSON lines", _fits, _read, is_one=False),)
