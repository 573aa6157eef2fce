"""Sessions with everything masked that should not leave the machine."""

from __future__ import annotations

from dataclasses import replace

from hfs.persistence import NAME_LIMIT, MessageModel, SessionModel
from hfs.redaction import Redactor


def redacted(session: SessionModel, redactor: Redactor) -> SessionModel:
    """The session with every text in it masked, and its unknown keys; the original stays as it is."""
    return replace(
        session,
        uid=redactor.text(session.uid),
        name=redactor.text(session.name)[:NAME_LIMIT],
        messages=[_redacted(message, redactor) for message in session.messages],
        extra=redactor.value(session.extra),
    )


def _redacted(message: MessageModel, redactor: Redactor) -> MessageModel:
    # A model may be a path, and a file may hold anything.
    return replace(
        message,
        role=redactor.text(message.role),
        content=redactor.text(message.content),
        model=redactor.value(message.model),
        status=redactor.value(message.status),
        extra=redactor.value(message.extra),
    )
