"""One empty place for sessions in each engine, and what the tests of all engines put there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tinydb import TinyDB
from tinydb.storages import MemoryStorage

from hfs.persistence import NewMessage, SessionModel, SessionStore, open_store, render_document
from hfs.persistence.tinydb_engine.engine import TinyDBEngine
from tests.support.postgres import PostgresServer, database_name

ENGINES: Final = ("documents", "sqlite", "postgresql", "tinydb")
SHARED: Final = ENGINES[:3]
"""Those that several processes can use at once."""
EMPTY: Final = "WITH one AS (DELETE FROM sessions), two AS (DELETE FROM kept_messages) UPDATE counters SET next = 1"


@dataclass(frozen=True)
class Place:
    """Where sessions are: it may be opened again and again, also twice at a time."""

    engine: str
    """One of ``ENGINES``."""
    home: Path
    name: str
    """What ``open_store`` knows it by; of a TinyDB, which is no store with a name, its engine."""
    open: Callable[[], SessionStore]


def document_place(home: Path) -> Place:
    """A home folder."""
    return Place("documents", home, "documents", lambda: open_store(home, store="documents"))


def tinydb_place(home: Path) -> Place:
    """A TinyDB in memory."""
    db = TinyDB(storage=MemoryStorage)
    return Place("tinydb", home, "tinydb", lambda: SessionStore(home, engine=TinyDBEngine(db, home)))


def sqlite_place(home: Path, template: Path) -> Place:
    """A copy of a SQLite database that has its tables."""
    path = home / "sessions.db"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(template.read_bytes())
    return database_place("sqlite", home, f"sqlite:///{path}")


def database_place(engine: str, home: Path, url: str) -> Place:
    """A database that has its tables, and no sessions."""
    return Place(engine, home, url, lambda: open_store(home, store=url))


def empty(server: PostgresServer, url: str) -> None:
    """Removes what a test left in a database; that takes a tenth of the time that another one with tables takes."""
    server.execute(EMPTY, database_name(url))


@contextmanager
def opened(*places: Place) -> Iterator[list[SessionStore]]:
    """The stores of places, until they are not needed any more."""
    with ExitStack() as stack:
        yield [stack.enter_context(place.open()) for place in places]


def put(store: SessionStore, document: dict[str, Any]) -> int:
    """Adds a document as it is, also one that no operation of hfs would write; returns its id."""
    return put_all(store, [document])[0]


def put_all(store: SessionStore, documents: Iterable[dict[str, Any]]) -> list[int]:
    """The same of several."""
    numbers = []
    with store.begin_import() as target:
        for document in documents:
            numbers.append(target.reserve(str(document.get("uid"))))
            target.add(numbers[-1], document)
    return numbers


def found(store: SessionStore, session_id: int) -> SessionModel:
    """A session that is there."""
    session = store.get(session_id)
    assert session is not None
    return session


def rendered(store: SessionStore, session_id: int) -> bytes:
    """A session as its file has it, or would have it."""
    document = store.document(session_id)
    assert document is not None
    return render_document(session_id, document)


def texts(session: SessionModel | None) -> list[str]:
    """What the messages of a session that is there say."""
    assert session is not None
    return [message.content for message in session.messages]


def users(*contents: str) -> list[NewMessage]:
    """Messages of the user."""
    return [NewMessage("user", content) for content in contents]


def ids(sessions: Iterable[Any]) -> list[int]:
    """The ids of what has them."""
    return [session.id for session in sessions]
