"""Markdown in hfs's own layout, as it was exported or as a person changed it since."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers._kinds import Importer, RefusedError, SourceFile, TextFormat
from hfs.transfer.importers._own import own_conversation, refuse
from hfs.transfer.markdown.layout import LayoutError
from hfs.transfer.markdown.reading import read_markdown_sessions

_START: Final = re.compile(r"\ufeff?\s*---[ \t]*\r?\nhfs[ \t]*:")


def _fits(head: str) -> bool:
    return _START.match(head) is not None


def _read(text: str, source: SourceFile) -> Iterator[Conversation]:
    refused: list[str] = []
    for number, session in enumerate(read_markdown_sessions(text), 1):
        try:
            if isinstance(session, LayoutError):
                raise RefusedError(f"line {session.line}: {session.reason}")
            yield own_conversation("md", session.document)
        except RefusedError as error:
            refused.append(f"session {number}: {error}" if number > 1 else str(error))
    refuse(refused)


FORMATS: Final[tuple[Importer, ...]] = (TextFormat("md", "Markdown of hfs", _fits, _read),)
