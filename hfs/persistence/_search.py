"""Words looked for in the session files themselves. A file is parsed only where they occur in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hfs.errors import HfsError
from hfs.persistence.models import SearchHit, SessionModel, SessionSummary


def search(
    words: str,
    summaries: Iterable[SessionSummary],
    read: Callable[[int], bytes],
    get: Callable[[int], SessionModel | None],
) -> Iterator[SearchHit]:
    """Every message, and every name, that holds all the words, in any case.

    Args:
        words: The words, between spaces.
        summaries: The sessions to look at, in the order of the hits.
        read: Gives the bytes of a session's file.
        get: Gives the session.
    """
    wanted = [word.casefold() for word in words.split()]
    if not wanted:
        return
    for summary in summaries:
        try:
            text = read(summary.id).decode("utf-8", "replace").casefold()
            # What JSON escapes is not found by looking at the bytes: such a word is looked for in the messages.
            if not all(word in text for word in wanted if '"' not in word and "\\" not in word):
                continue
            session = get(summary.id)
        except HfsError:
            continue
        if session is not None:
            yield from _hits(session, wanted)


def _hits(session: SessionModel, wanted: list[str]) -> Iterator[SearchHit]:
    if _holds(session.name, wanted):
        yield SearchHit(session.id, session.name, None, "", session.name)
    for message in session.messages:
        if _holds(message.content, wanted):
            lines = message.content.split("\n")
            line = max(lines, key=lambda line: sum(word in line.casefold() for word in wanted))
            yield SearchHit(session.id, session.name, message.id, message.role, _around(line, wanted))


def _holds(text: str, wanted: list[str]) -> bool:
    folded = text.casefold()
    return all(word in folded for word in wanted)


def _around(line: str, wanted: list[str], width: int = 160) -> str:
    """The part of a long line in which the first word stands."""
    if len(line) <= width:
        return line
    found = [at for at in map(line.casefold().find, wanted) if at >= 0]
    start = max(0, min(found, default=0) - width // 3)
    return ("…" if start else "") + line[start : start + width] + ("…" if start + width < len(line) else "")
