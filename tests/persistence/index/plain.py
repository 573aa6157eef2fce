"""What lists and searches must say, told from the files alone by nothing but ``json``."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from hfs.persistence import ListQuery, SessionStore, SessionSummary

_WORD = re.compile("[a-z0-9]+")
Place = tuple[int, int | None]
"""A session, and the id of a message, or None for its name."""


class Line(NamedTuple):
    """What a list says of a session."""

    id: int
    name: str
    created: datetime
    updated: datetime | None
    messages: int
    tags: tuple[str, ...]
    pinned: bool
    archived: bool
    damaged: bool


def write_session(home: Path, number: int, texts: Iterable[str] = (), **fields: Any) -> Path:
    """Writes a session's file as any other program would, in place."""
    path = home / "sessions" / f"{number}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(number, texts, **fields)))
    return path


def document(number: int, texts: Iterable[str] = (), **fields: Any) -> dict[str, Any]:
    """A session's document."""
    day = f"2026-01-{number % 28 + 1:02}"
    items = [
        {"id": at, "role": "user", "created_at": f"{day}T01:{at % 60:02}:00.000000Z", "content": text}
        for at, text in enumerate(texts, 1)
    ]
    header = {"uid": f"uid-of-{number}", "name": f"name{number}", "created_at": f"{day}T01:00:00.000000Z"}
    return {**header, **fields, "messages": items}


def plain_list(home: Path) -> list[Line]:
    """The sessions, newest first."""
    return sorted(map(_line, _files(home)), key=lambda line: (line.created, line.id), reverse=True)


def _files(home: Path) -> list[Path]:
    folder = home / "sessions"
    names = os.listdir(folder) if folder.is_dir() else []
    return [folder / name for name in names if re.fullmatch("[1-9][0-9]{0,17}\\.json", name)]


def _line(path: Path) -> Line:
    number = int(path.stem)
    found = _read(path)
    if found is None:
        seconds = (path.stat() if path.exists() else path.lstat()).st_mtime_ns // 1000 / 1e6
        moment = datetime.fromtimestamp(seconds, UTC)
        return Line(number, f"Session {number}", moment, moment, 0, (), False, False, True)
    times = [_time(message["created_at"]) for message in found["messages"]]
    stamps = [moment for moment in (_time(found.get("updated_at")), *times[-1:]) if moment]
    created = _time(found["created_at"])
    assert created is not None
    return Line(
        number,
        found["name"],
        created,
        max(stamps, default=None),
        len(times),
        tuple(found.get("tags", ())),
        found.get("pinned", False),
        found.get("archived", False),
        False,
    )


def _read(path: Path) -> Any:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def plain_words(home: Path) -> dict[str, set[Place]]:
    """Where each word stands."""
    places: dict[str, set[Place]] = {}
    for path in _files(home):
        found = _read(path)
        if found is not None:
            texts = [(None, found["name"]), *((item["id"], _text(item["content"])) for item in found["messages"])]
            for message, text in texts:
                for word in _WORD.findall(text):
                    places.setdefault(word, set()).add((int(path.stem), message))
    return places


def _text(content: str | list[str]) -> str:
    return content if isinstance(content, str) else "\n".join(content)


def _told(summary: SessionSummary) -> Line:
    return Line(
        summary.id,
        summary.name,
        summary.created_at,
        summary.updated_at,
        summary.message_count,
        summary.tags,
        summary.pinned,
        summary.archived,
        summary.problem is not None,
    )


def require_right_list(store: SessionStore, home: Path, limit: int = 5) -> None:
    """Fails unless the lists are what the files say, the short one first: it looks at the fewest files."""
    expected = plain_list(home)
    page = store.list_sessions(ListQuery(limit=limit))
    assert list(map(_told, page.sessions)) == expected[:limit]
    assert (page.matching, page.total) == (len(expected), len(expected))
    assert store.count() == len(expected)
    assert list(map(_told, store.list_recent(None))) == expected
    active = sorted(expected, key=lambda line: (max(line.created, line.updated or line.created), line.id), reverse=True)
    assert [summary.id for summary in store.list_sessions(ListQuery(sort="updated", limit=None)).sessions] == [
        line.id for line in active
    ]


def require_right_words(store: SessionStore, home: Path, gone: Iterable[str] = (), most: int = 8) -> None:
    """Fails unless words are found where they stand, and nowhere else.

    Args:
        store: The store.
        home: Its home.
        gone: Words that stand nowhere any more.
        most: How many words are looked for beside those, from all over.
    """
    expected = plain_words(home)
    words = sorted(expected)
    for word in {*words[:: len(words) // most + 1], *words[-1:], *gone}:
        hits = store.search(word, limit=None)
        assert {(hit.session_id, hit.message_id) for hit in hits} == expected.get(word, set()), word
