"""What a person said before, for a prompt that brings it back."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from hfs.errors import HfsError
from hfs.persistence import SessionRepository


async def said_before(repo: SessionRepository, session_ids: Sequence[int]) -> list[str]:
    """What the user said in sessions.

    Args:
        repo: Where they are.
        session_ids: The sessions, newest first.

    Returns:
        The texts, oldest first.
    """
    texts: list[str] = []
    for session_id in reversed(session_ids):
        with contextlib.suppress(HfsError):
            session = await repo.rescue(session_id)
            messages = session.messages if session else []
            texts += [message.content for message in messages if message.role == "user" and message.hidden is None]
    return texts
