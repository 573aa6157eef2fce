"""The repository: the store for asyncio, from many tasks."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from hfs.errors import SessionNotFoundError
from hfs.persistence import NewMessage, SessionRepository, open_repository
from tests.support.engines import files_of


async def test_a_conversation_is_saved_listed_renamed_deleted_and_restored(home: Path) -> None:
    async with open_repository(home=home) as repo:
        session = await repo.create(messages=[NewMessage("user", "hi")])
        message = await repo.add_message(session.id, "assistant", "hello", model="local/x")
        found = await repo.get(session.id)
        assert found is not None
        assert found.messages[-1] == message
        (summary,) = await repo.list_recent(limit=20)
        assert summary.message_count == 2
        assert await repo.resolve("last") == session.id
        renamed = await repo.rename(session.id, "new name")
        assert renamed is not None
        assert renamed.name == "new name"
        assert await repo.delete(session.id)
        assert await repo.get(session.id) is None
        assert await repo.rename(session.id, "x") is None
        assert not await repo.delete(session.id)
        with pytest.raises(SessionNotFoundError):
            await repo.add_message(session.id, "user", "hi")
        assert len(await repo.list_trash()) == 1
        assert await repo.list_taken_out() == []
        assert await repo.restore(session.id) == renamed


async def test_the_home_folder_is_the_one_of_the_environment(home: Path) -> None:
    async with open_repository() as repo:
        assert repo.home == home


async def test_many_tasks_append_to_few_sessions(home: Path) -> None:
    async with open_repository(home) as repo:
        ids = [(await repo.create()).id for _ in range(3)]

        async def talk(task: int) -> None:
            for number in range(10):
                await repo.add_message(ids[task % 3], "user", f"{task} {number}")

        await asyncio.gather(*[talk(task) for task in range(12)])
        for session_id in ids:
            found = await repo.get(session_id)
            assert found is not None
            assert [message.id for message in found.messages] == list(range(1, 41))


async def test_the_event_loop_runs_on_while_a_lock_is_waited_for(home: Path) -> None:
    async with open_repository(home) as repo, open_repository(home) as other:
        session = await repo.create()
        with files_of(other._store).locks.document(session.id):
            task = asyncio.create_task(repo.add_message(session.id, "user", "hi"))
            longest, last = 0.0, time.perf_counter()
            for _ in range(20):
                await asyncio.sleep(0.005)
                longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
            assert not task.done()
        assert (await task).content == "hi"


async def test_a_streamed_answer_leaves_no_draft_once_it_is_saved(home: Path) -> None:
    async with open_repository(home) as repo:
        session = await repo.create(messages=[NewMessage("user", "hi")])
        async with repo.streaming_draft(session.id, model="local/x") as draft:
            await draft.write("hel")
            await draft.write("lo")
            await repo.add_message(session.id, "assistant", "hello")
        assert await repo.list_drafts() == []


async def break_off(repo: SessionRepository, session_id: int) -> None:
    async with repo.streaming_draft(session_id) as draft:
        await draft.write("half")
        raise RuntimeError


async def test_a_draft_whose_answer_could_not_be_saved_stays(home: Path) -> None:
    async with open_repository(home) as repo:
        session = await repo.create(messages=[NewMessage("user", "hi")])
        with pytest.raises(RuntimeError):
            await break_off(repo, session.id)
        assert [(kept.content, kept.status) for kept in await repo.list_drafts()] == [("half", "interrupted")]
        assert len(await repo.save_drafts(session.id)) == 1
