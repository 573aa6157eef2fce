"""Sessions with everything masked that should not leave the machine."""

from __future__ import annotations

from dataclasses import replace

from hfs.persistence import MessageModel, SessionModel
from hfs.redaction import Redactor


def redacted(session: SessionModel, redactor: Redactor) -> SessionModel:
    """The session with its name, its texts and its unknown keys masked; the original stays as it is."""
    return replace(
        session,
        name=redactor.text(session.name)[:255],
        messages=[_redacted(message, redactor) for message in session.messages],
        extra=redactor.value(session.extra),
    )


def _redacted(message: MessageModel, redactor: Redactor) -> MessageModel:
    return replace(message, content=redactor.text(message.content), extra=redactor.value(message.extra))
