"""The repository: the store for asyncio, from many tasks."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from hfs.persistence import NewMessage, SessionRepository, open_repository
from tests.support.engines import files_of


async def test_the_home_folder_is_the_one_of_the_environment(home: Path) -> None:
    async with open_repository() as repo:
        assert repo.home == home


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
