"""A database opened by the toolkit: where it is, how it is set, and what others can do with its rows."""

from __future__ import annotations

import os
import stat
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.orm import selectinload

from hfs.errors import StoreIOError
from hfs.persistence import NewMessage, SessionRepository, create_db_engine, get_session_factory, open_repository
from hfs.persistence.sql.rows import MessageRow, SessionRow


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    made = create_db_engine(tmp_path / "deep" / "er" / "x.db")
    yield made
    await made.dispose()


async def value(engine: AsyncEngine, question: str) -> object:
    async with engine.connect() as connection:
        return (await connection.execute(text(question))).scalar()


async def test_a_database_of_sqlite_is_whole_durable_and_private(engine: AsyncEngine, tmp_path: Path) -> None:
    assert await value(engine, "PRAGMA journal_mode") == "wal"
    assert await value(engine, "PRAGMA synchronous") == 2
    assert await value(engine, "PRAGMA foreign_keys") == 1
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "deep" / "er" / "x.db").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


async def test_without_an_address_the_database_is_in_the_home_folder(home: Path) -> None:
    engine = create_db_engine()
    await engine.dispose()
    assert (home / "sessions.db").is_file()


async def test_a_session_goes_with_its_messages_and_their_words(engine: AsyncEngine, home: Path) -> None:
    factory = get_session_factory(engine)
    async with SessionRepository(factory, home) as repo:
        await repo.create(messages=[NewMessage("user", "rebase"), NewMessage("assistant", "reflog")])
    async with factory.begin() as session:
        row = await session.scalar(select(SessionRow).options(selectinload(SessionRow.messages)))
        assert row is not None
        assert [message.content for message in row.messages] == ["rebase", "reflog"]
        await session.execute(delete(SessionRow).where(SessionRow.id == row.id))
    assert row.name.startswith("rebase - ")
    async with factory() as session:
        assert await session.scalar(select(func.count()).select_from(MessageRow)) == 0
        assert await session.scalar(text("SELECT count(*) FROM message_words")) == 0


async def test_a_repository_works_on_the_callers_engine_and_leaves_it_open(engine: AsyncEngine, home: Path) -> None:
    async with SessionRepository(get_session_factory(engine), home) as repo:
        session = await repo.create(messages=[NewMessage("user", "hi")])
        assert repo.place == f"sqlite:///{engine.url.database}"
    async with SessionRepository(get_session_factory(engine), home) as repo:
        assert await repo.get(session.id) == session


async def test_a_server_keeps_its_promise_whatever_its_settings_say(postgres_url: str) -> None:
    engine = create_db_engine(url=postgres_url)
    assert await value(engine, "SHOW synchronous_commit") == "on"
    await engine.dispose()


def test_a_driver_is_added_where_none_is_named(tmp_path: Path) -> None:
    assert create_db_engine(url=f"sqlite:///{tmp_path / 'x.db'}").dialect.driver == "aiosqlite"


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no engine for mysql"):
        create_db_engine(url="mysql://x/y")
    with pytest.raises(ValueError, match="not both"):
        create_db_engine(Path("x.db"), "sqlite:///x.db")


def test_a_folder_in_the_place_of_the_database_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreIOError, match=r"Could not open .*: Is a directory"):
        create_db_engine(tmp_path)


def test_a_file_that_is_no_database_is_left_alone_and_said_so(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"no database, but somebody's words" * 40)
    with pytest.raises(StoreIOError, match=r"x\.db: file is not a database"):
        create_db_engine(path)
    assert path.read_bytes() == b"no database, but somebody's words" * 40


def test_no_password_is_in_what_is_said_of_a_server_that_is_not_there(unused_tcp_port: int) -> None:
    with pytest.raises(StoreIOError, match="can't be reached") as caught:
        create_db_engine(url=f"postgresql://me:sesame@127.0.0.1:{unused_tcp_port}/x")
    assert "sesame" not in str(caught.value)


def test_no_password_is_in_what_is_said_where_it_is_wrong(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "sesame")
    with pytest.raises(StoreIOError, match=r"the password is wrong, or missing") as caught:
        create_db_engine(url=postgres_url)
    assert "sesame" not in str(caught.value)


def test_a_file_of_passwords_that_others_may_read_is_said_not_to_be_read(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "passwords"
    path.write_text("*:*:*:*:sesame\n")
    path.chmod(0o644)
    monkeypatch.setenv("PGPASSFILE", str(path))
    monkeypatch.setenv("PGPASSWORD", "sesame")
    with pytest.raises(StoreIOError, match=r"passwords is not read while others may read it: chmod 600"):
        create_db_engine(url=postgres_url)


def test_a_name_that_nobody_knows_is_said_to_be_one() -> None:
    with pytest.raises(StoreIOError, match=r"can't be reached \([a-z][a-z ]+\)\. Is"):
        create_db_engine(url="postgresql://me@nowhere.invalid/x")


def test_a_database_that_is_not_there_is_said_to_be_none(postgres_url: str) -> None:
    with pytest.raises(StoreIOError, match="there is no such database"):
        create_db_engine(url=f"{postgres_url}_nowhere")


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_what_a_server_refuses_is_said_whichever_driver_asks(
    postgres_url: str, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(driver)
    address = postgres_url.replace("asyncpg", driver)
    with pytest.raises(StoreIOError, match="there is no such database"):
        create_db_engine(url=f"{address}_nowhere")
    monkeypatch.setenv("PGPASSWORD", "wrong")
    with pytest.raises(StoreIOError, match="the password is wrong"):
        create_db_engine(url=address)


async def test_a_callers_engine_may_be_opened_with_parameters_that_no_store_has(postgres_url: str, home: Path) -> None:
    engine = create_db_engine(url=f"{postgres_url}?prepared_statement_cache_size=0")
    async with SessionRepository(get_session_factory(engine), home) as repo:
        session = await repo.create(messages=[NewMessage("user", "hi")])
        await repo.keep_unsent(session.id, "typed")
    async with open_repository(home, store=postgres_url) as repo:
        assert await repo.unsent(session.id) == "typed"
    await engine.dispose()


async def test_a_relative_path_of_the_callers_is_in_the_working_folder(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = create_db_engine(Path("x.db"))
    async with SessionRepository(get_session_factory(engine), home) as repo:
        await repo.keep_unsent(None, "typed")
    async with open_repository(home, store=f"sqlite:///{tmp_path / 'x.db'}") as repo:
        assert await repo.unsent(None) == "typed"
    await engine.dispose()


async def test_a_session_factory_of_the_callers_may_let_rows_expire(engine: AsyncEngine, home: Path) -> None:
    async with SessionRepository(async_sessionmaker(engine), home) as repo:
        session = await repo.create(messages=[NewMessage("user", "hi")])
        renamed = await repo.rename(session.id, "other")
    assert renamed is not None and [message.content for message in renamed.messages] == ["hi"]


async def test_what_people_wrote_is_in_no_traceback(engine: AsyncEngine, home: Path) -> None:
    words = "-".join(["my", "own", "words"])
    async with SessionRepository(get_session_factory(engine), home) as repo:
        session = await repo.create()
        async with engine.begin() as connection:
            await connection.execute(text("DROP TABLE message_words"))
        with pytest.raises(StoreIOError) as caught:
            await repo.add_message(session.id, "user", words)
    assert words not in "".join(traceback.format_exception(caught.value))
