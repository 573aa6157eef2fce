"""A session that is edited, and a script of Python in the place of the person's editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hfs.persistence import NewMessage, SessionModel, SessionStore

Editor = Callable[..., None]
Openings = Callable[[], list[tuple[str, str]]]


def make_session(home: Path) -> None:
    with SessionStore(home) as store:
        store.create("Mine", messages=[NewMessage("user", text) for text in ("one", "two\nlines", "three")])


def now(home: Path) -> SessionModel:
    with SessionStore(home) as store:
        found = store.get(1)
    assert found is not None
    return found


def texts(home: Path) -> list[str]:
    return [message.content for message in now(home).messages]


def drafts(home: Path) -> list[Path]:
    folder = home / "drafts"
    return sorted(path for path in folder.iterdir() if ".base" not in path.name) if folder.exists() else []
