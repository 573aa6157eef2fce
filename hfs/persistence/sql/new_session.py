"""A session that comes in: its rows are made before the transaction begins that adds them."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from hfs.persistence._format import Document, render
from hfs.persistence.session_document.layout import SESSION_LAYOUT, complete
from hfs.persistence.sql.changes import notify
from hfs.persistence.sql.mapping import Columns, session_columns
from hfs.persistence.sql.message_rows import insert_messages, messages_of
from hfs.persistence.sql.rows import SessionRow
from hfs.persistence.sql.words import by_text

_ANY: Final = 1
"""The id of a session that has none yet, where it makes no difference."""


class NewSession:
    """A session to be added. Work for the processor: done by the thread that waits, and not where the rows go out.

    Args:
        document: Its document; what is missing is filled in.

    Raises:
        TypeError, ValueError: A value that JSON has no form for, or nested too deep.
    """

    def __init__(self, document: Document) -> None:
        self._document = dict(document)
        complete(_ANY, self._document)
        # What JSON has no form for is refused here as a file refuses it.
        render(self._document, SESSION_LAYOUT)
        self._named_by_id = [key for key in ("uid", "name") if self._document[key] != document.get(key)]
        self._columns = session_columns(_ANY, self._document)
        self._messages = messages_of(_ANY, self._document, self._columns)
        self._words = by_text(found["content"] for found in self._messages)

    def columns(self, doc_id: int) -> Columns:
        """The columns of the session.

        Args:
            doc_id: The id that it gets.
        """
        if not self._named_by_id:
            return {**self._columns, "id": doc_id}
        document = {key: value for key, value in self._document.items() if key not in self._named_by_id}
        complete(doc_id, document)
        return session_columns(doc_id, document)

    def insert(self, session: Session, doc_id: int, key: str) -> None:
        """Adds it with its messages.

        Args:
            session: In a transaction.
            doc_id: Its id.
            key: What the write is known by.
        """
        highest = max((found["number"] for found in self._messages), default=0)
        session.add(SessionRow(**self.columns(doc_id), version=key, last_number=max(0, highest)))
        session.flush()
        keys = [f"{key}-{at}" for at in range(len(self._messages))]
        insert_messages(session, doc_id, self._messages, 0, keys, self._words)
        notify(session, doc_id)
