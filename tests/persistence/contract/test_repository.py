"""The repository, for asyncio, is the same on every engine, also on a database that its caller has opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tinydb import TinyDB
from tinydb.storages import MemoryStorage

from hfs.errors import SessionNotFoundError, StoreError
from hfs.persistence import (
    ListQuery,
    MessageModel,
    NewMessage,
    SessionFilter,
    SessionRepository,
)
from tests.persistence.contract.conftest import make_place
from tests.persistence.contract.places import Place, found, texts, users


async def converse(repo: SessionRepository) -> None:
    """Everything that a chat asks of a repository."""
    session = await repo.create(messages=users("hi there"))
    message = await repo.add_message(session.id, "assistant", "hello", model="local/x", extra={"n": 1})
    found = await repo.get(session.id)
    assert found is not None
    assert found.messages[-1] == message
    assert await repo.refresh(session.id) == await repo.rescue(session.id) == found
    (summary,) = await repo.list_recent(limit=20)
    assert (summary.message_count, summary.models) == (2, ("local/x",))
    assert (await repo.list_sessions(ListQuery(SessionFilter(name="there")))).matching == 1
    assert [hit.message_id for hit in await repo.search("hello")] == [2]
    assert (await repo.statistics()).messages == 2
    assert await repo.resolve("last") == session.id
    revision = await repo.revision(session.id)
    renamed = await repo.rename(session.id, "new name")
    assert renamed is not None and renamed.name == "new name"
    assert await repo.revision(session.id) != revision
    await change(repo, session.id)
    await throw_away(repo, session.id)


async def change(repo: SessionRepository, session_id: int) -> None:
    """Tags, edits and forks a session."""
    tagged = await repo.tag(session_id, ["work"])
    assert tagged is not None and await repo.tags() == {"work": 1}
    assert (await repo.pin(session_id)) is not None and (await repo.archive(session_id)) is not None
    edited = await repo.edit_message(session_id, 2, "HELLO")
    assert edited is not None and edited.content == "HELLO"
    fork = await repo.fork(session_id, before=2)
    assert texts(fork) == ["hi there"]
    base = await repo.editable(session_id)
    assert base is not None
    merged = await repo.merge_edited(session_id, base, {**base, "messages": base["messages"][:1]})
    assert merged.counts.taken_out == 1
    assert len(await repo.list_taken_out()) == 1
    assert texts(await repo.restore(session_id)) == ["hi there", "HELLO"]
    assert await repo.remove_messages(session_id, [1]) == 1
    assert (await repo.check()).is_well
    assert await repo.delete(fork.id)


async def throw_away(repo: SessionRepository, session_id: int) -> None:
    """Deletes a session, and brings it back."""
    before = await repo.get(session_id)
    assert await repo.delete(session_id)
    assert await repo.get(session_id) is None
    assert await repo.revision(session_id) is None
    assert await repo.rename(session_id, "x") is None
    assert not await repo.delete(session_id)
    with pytest.raises(SessionNotFoundError):
        await repo.add_message(session_id, "user", "hi")
    assert (await repo.list_trash())[0].id == session_id
    assert await repo.restore(session_id) == before
    assert await repo.empty_trash() == 1
    await repo.require_readable()


async def talk_at_once(repo: SessionRepository) -> None:
    """Twelve tasks append to three sessions."""
    ids = [(await repo.create()).id for _ in range(3)]

    async def talk(task: int) -> list[MessageModel]:
        return [await repo.add_message(ids[task % 3], "user", f"{task} {number}") for number in range(4)]

    added = await asyncio.gather(*[talk(task) for task in range(12)])
    for place, session_id in enumerate(ids):
        found = await repo.get(session_id)
        assert found is not None
        assert [message.id for message in found.messages] == list(range(1, 17))
        for task in range(place, 12, 3):
            mine = [message for message in found.messages if message.content.startswith(f"{task} ")]
            assert mine == added[task]


async def test_a_conversation_is_saved_listed_changed_deleted_and_restored(repo: SessionRepository) -> None:
    await converse(repo)


async def test_many_tasks_append_to_few_sessions(repo: SessionRepository) -> None:
    await talk_at_once(repo)


@pytest.fixture(params=["sqlite", "postgresql"])
async def callers(request: pytest.FixtureRequest, home: Path) -> AsyncIterator[SessionRepository]:
    """A repository on a database that is the caller's, on the caller's event loop."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from hfs.persistence import create_db_engine, get_session_factory

    engine = create_db_engine(url=make_place(request.param, home, request).name)
    try:
        async with SessionRepository(get_session_factory(engine), home) as repo:
            yield repo
        async with engine.connect() as connection:
            assert (await connection.execute(sqlalchemy.text("SELECT count(*) FROM sessions"))).scalar_one() > 0
    finally:
        await engine.dispose()


async def test_the_database_of_a_caller_is_used_on_its_loop(callers: SessionRepository) -> None:
    await converse(callers)


async def test_many_tasks_append_to_the_database_of_a_caller(callers: SessionRepository) -> None:
    await talk_at_once(callers)


async def test_a_tinydb_of_a_caller_is_used_and_stays_open(home: Path) -> None:
    with TinyDB(storage=MemoryStorage) as db:
        async with SessionRepository(db, home) as repo:
            await converse(repo)
        async with SessionRepository(db, home) as repo:
            (session,) = await repo.list_recent()
            assert db.table("sessions").get(doc_id=session.id) is not None
            await repo.create("another", messages=[NewMessage("user", "x")])
        assert [document["name"] for document in db.table("sessions")] == ["new name", "another"]


async def close_while_writing(repo: SessionRepository) -> int:
    """Closes a repository while six messages are being written; returns the number of their session."""
    session = await repo.create()
    writing = [asyncio.create_task(repo.add_message(session.id, "user", str(at))) for at in range(6)]
    await asyncio.sleep(0)
    await asyncio.wait_for(repo.close(), 20)
    assert {message.content for message in await asyncio.gather(*writing)} == set("012345")
    return session.id


async def test_what_is_being_written_when_a_repository_is_closed_is_written(place: Place) -> None:
    number = await close_while_writing(SessionRepository(place.open()))
    with place.open() as store:
        assert sorted(texts(found(store, number))) == list("012345")


async def test_closing_twice_is_closing(place: Place) -> None:
    repo = SessionRepository(place.open())
    await repo.close()
    await repo.close()


async def test_a_repository_that_was_closed_says_so(place: Place) -> None:
    repo = SessionRepository(place.open())
    await repo.close()
    with pytest.raises(StoreError, match="closed"):
        await repo.create()
    with pytest.raises(StoreError, match="closed"):
        await repo.list_recent()


async def test_closing_does_not_block_the_callers_loop_that_writes_wait_for(home: Path) -> None:
    pytest.importorskip("sqlalchemy")
    from hfs.persistence import create_db_engine, get_session_factory

    engine = create_db_engine(home / "sessions.db")
    try:
        await close_while_writing(SessionRepository(get_session_factory(engine), home))
    finally:
        await engine.dispose()


async def test_the_event_loop_runs_on_while_the_repository_works(repo: SessionRepository) -> None:
    session = await repo.create()
    turns = 0
    task = asyncio.create_task(repo.add_message(session.id, "user", "x" * 1_000_000))
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    assert (await task).id == 1
    assert turns > 1
