"""What the chat reads once it is on the screen: what the prompt brings back and completes, and what needs a person."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from hfs.chat import said_before
from hfs.errors import HfsError
from hfs.persistence import ListQuery, SessionFilter, SessionRepository
from hfs.tui.chat.sentences import Sentence, needs_care
from hfs.tui.widgets.composer import Composer

_SESSIONS_RECALLED: Final = 20
"""From how many sessions Up brings back what was said."""
_DAMAGED_NAMED: Final = 5
_NAMES_COMPLETED: Final = 20


async def read_after_start(
    repo: SessionRepository, composer: Composer, say: Callable[[Sentence], Awaitable[None]]
) -> None:
    """Reads it, and passes it on.

    Args:
        repo: The sessions.
        composer: What brings back what was said, and completes names.
        say: Says what needs a person.
    """
    composer.find_names = partial(find_names, repo)
    # Who asks for a session is told what is wrong with the store; this goes without.
    with contextlib.suppress(HfsError):
        copies = await repo.conflict_copies()
        damaged = await repo.list_sessions(ListQuery(SessionFilter(damaged=True), limit=_DAMAGED_NAMED))
        for told in needs_care(len(copies), damaged):
            await say(told)
        recent = [summary.id for summary in await repo.list_recent(_SESSIONS_RECALLED)]
        composer.prompt.set_history(await said_before(repo, recent))


async def find_names(repo: SessionRepository, part: str) -> list[str]:
    """The names of sessions that hold the words of a part, the newest first, and no more of them than are of use."""
    try:
        page = await repo.list_sessions(ListQuery(SessionFilter(name=part), limit=_NAMES_COMPLETED))
    except HfsError:
        # Tab then completes nothing; whoever sends the command is told why.
        return []
    return [summary.name for summary in page.sessions]
