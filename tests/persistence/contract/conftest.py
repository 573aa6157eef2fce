"""Every engine, empty, for the tests of what all of them promise."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hfs.persistence import SessionModel, SessionRepository, SessionStore
from tests.persistence.contract.places import (
    ENGINES,
    SHARED,
    Place,
    database_place,
    document_place,
    empty,
    found,
    sqlite_place,
    tinydb_place,
    users,
)
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with its tables."""
    pytest.importorskip("sqlalchemy")
    from hfs.persistence import create_db_engine

    path = tmp_path_factory.mktemp("template") / "sessions.db"
    create_db_engine(path)
    return path


@pytest.fixture(scope="session")
def tables_url(postgres: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database with its tables."""
    pytest.importorskip("sqlalchemy")
    from hfs.persistence import create_db_engine

    url = postgres.fresh_database()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", postgres.password)
        create_db_engine(url=url)
    yield url
    postgres.start()
    postgres.drop_database(url)


@pytest.fixture
def postgres_place(
    home: Path, postgres: PostgresServer, tables_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """A PostgreSQL database; `$PGPASSWORD` has its password."""
    for name in list(os.environ):
        if name.startswith("PG"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    postgres.start()
    yield database_place("postgresql", home, tables_url)
    empty(postgres, tables_url)


def make_place(engine: str, home: Path, request: pytest.FixtureRequest) -> Place:
    """An empty place. What an engine doesn't need is not made."""
    if engine == "documents":
        return document_place(home)
    if engine == "tinydb":
        return tinydb_place(home)
    if engine == "sqlite":
        return sqlite_place(home, request.getfixturevalue("sqlite_template"))
    made: Place = request.getfixturevalue("postgres_place")
    return made


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, home: Path) -> Place:
    """An empty place of each engine."""
    return make_place(request.param, home, request)


@pytest.fixture(params=SHARED)
def shared_place(request: pytest.FixtureRequest, home: Path) -> Place:
    """An empty place of each engine that several processes can use."""
    return make_place(request.param, home, request)


@pytest.fixture
def store(place: Place) -> Iterator[SessionStore]:
    """A store on each engine."""
    with place.open() as opened:
        yield opened


@pytest.fixture
async def repo(place: Place) -> AsyncIterator[SessionRepository]:
    """A repository on each engine."""
    async with SessionRepository(place.open()) as opened:
        yield opened


@pytest.fixture
def session(store: SessionStore) -> SessionModel:
    """A session of two messages."""
    created = store.create(messages=users("How do I undo a rebase?"))
    store.add_message(created.id, "assistant", "Look it up:\n\n    git reflog\n", model="local/smollm2")
    return found(store, created.id)
