"""What the chat reads once it is on the screen: names to complete, what was said before, what needs a person."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

from hfs.chat import said_before
from hfs.errors import HfsError
from hfs.persistence import SessionRepository
from hfs.tui.telling import Sentence, needs_care
from hfs.tui.widgets.composer import Composer

_SESSIONS_RECALLED = 20
"""From how many sessions Up brings back what was said."""


async def look_around(repo: SessionRepository, composer: Composer, say: Callable[[Sentence], Awaitable[None]]) -> None:
    """Reads it, and passes it on.

    Args:
        repo: The sessions.
        composer: What completes names and brings back what was said.
        say: Says what needs a person.
    """
    with contextlib.suppress(HfsError):
        copies = await repo.conflict_copies()
        summaries = await repo.list_recent(None)
        for told in needs_care(len(copies), summaries):
            await say(told)
        composer.session_names = [summary.name for summary in summaries]
        recent = [summary.id for summary in summaries[:_SESSIONS_RECALLED]]
        composer.prompt.set_history(await said_before(repo, recent))
