"""The current session: opened without writing, watched, and told what others did to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hfs.chat import CurrentModel, CurrentSession
from hfs.chat.differences import described
from hfs.chat.events import SessionBroken, SessionChanged, SessionRemoved, SessionTrouble
from hfs.errors import HfsError, SessionNotFoundError, StoreIOError
from hfs.persistence import NewMessage, SessionModel, SessionRepository, SessionStore, open_repository
from hfs.user_config import load_config


@pytest.fixture
async def repo(home: Path) -> AsyncIterator[SessionRepository]:
    async with open_repository(home) as opened:
        yield opened


async def make(repo: SessionRepository, *texts: str) -> SessionModel:
    return await repo.create(messages=[NewMessage("user", text) for text in texts])


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **changes}))


async def test_opening_writes_nothing_and_an_unchanged_file_is_no_event(repo: SessionRepository, home: Path) -> None:
    session = await make(repo, "one")
    before = (home / "sessions" / "1.json").stat()
    current = CurrentSession(repo)
    await current.open(session.id)
    assert [message.content for message in current.messages] == ["one"]
    assert await current.look() is None
    assert (home / "sessions" / "1.json").stat() == before


async def test_what_others_change_is_told_once_and_in_words(repo: SessionRepository, home: Path) -> None:
    session = await make(repo, "one", "two")
    current = CurrentSession(repo)
    await current.open(session.id)
    path = home / "sessions" / "1.json"
    messages = json.loads(path.read_bytes())["messages"]
    messages[0]["content"] = "ONE"
    edit(path, name="Renamed", messages=[messages[0], {**messages[1], "id": 5}])
    event = await current.look()
    assert isinstance(event, SessionChanged)
    assert event.changes == "1 message added, 1 message changed, 1 message taken out"
    # It only has another id: nothing is lost that would have to be kept.
    assert event.kept_aside == 0
    assert current.name == "Renamed"
    assert await current.look() is None


async def test_a_change_of_the_layout_is_no_change_of_the_messages(repo: SessionRepository, home: Path) -> None:
    session = await make(repo, "one")
    current = CurrentSession(repo)
    await current.open(session.id)
    edit(home / "sessions" / "1.json")
    event = await current.look()
    assert isinstance(event, SessionChanged)
    assert event.changes == ""


async def test_a_file_that_is_broken_and_then_removed_is_told_as_such(repo: SessionRepository, home: Path) -> None:
    session = await make(repo, "one")
    current = CurrentSession(repo)
    await current.open(session.id)
    path = home / "sessions" / "1.json"
    path.write_text('{"messages": [}')
    event = await current.look()
    assert isinstance(event, SessionBroken)
    assert event.error.line == 1
    assert await current.look() is None
    path.unlink()
    assert isinstance(await current.look(), SessionRemoved)
    assert await current.look() is None


async def test_a_session_that_is_not_there_leaves_the_present_one_open(repo: SessionRepository) -> None:
    session = await make(repo, "one")
    current = CurrentSession(repo)
    await current.open(session.id)
    with pytest.raises(SessionNotFoundError):
        await current.open(9)
    assert current.session_id == session.id


async def test_messages_in_another_order_are_a_change(repo: SessionRepository) -> None:
    messages = (await make(repo, "one", "two")).messages
    assert described(messages, messages[::-1]) == "the messages stand in another order"
    assert described(messages, messages) == ""


async def test_where_the_model_of_a_session_cannot_be_had_the_usual_one_answers(
    repo: SessionRepository, home: Path
) -> None:
    session = await repo.create(messages=[NewMessage("assistant", "hi", "elsewhere/x")])
    (home / "config.toml").write_text('model = "ollama/m"\n')
    model = CurrentModel(home)
    model.config = load_config(home)
    assert (await model.open(session.messages)).name == "ollama/m"
    assert model.instead is not None
    assert "elsewhere/x, which spoke last here, can't be used" in model.instead
    await model.change("vllm/y")
    assert model.backend is not None
    assert model.backend.name == "vllm/y"
    with pytest.raises(HfsError):
        await model.change("nobody/z")
    assert model.backend.name == "vllm/y"
    await model.close()
    with pytest.raises(HfsError, match="nobody"):
        await CurrentModel(home, "nobody/z").open(session.messages)


async def test_what_hfs_took_out_itself_is_not_kept_aside(repo: SessionRepository, home: Path) -> None:
    session = await make(repo, "one", "two")
    current = CurrentSession(repo)
    await current.open(session.id)
    with SessionStore(home) as other:
        other.remove_messages(session.id, [2])
    event = await current.look()
    assert isinstance(event, SessionChanged)
    assert (event.changes, event.kept_aside) == ("1 message taken out", 0)
    assert await repo.restore(session.id) is None


async def test_a_store_that_is_away_is_told_once_and_that_it_is_back_even_if_nothing_changed(
    repo: SessionRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await make(repo, "one")
    current = CurrentSession(repo)
    await current.open(session.id)

    async def away(session_id: int) -> str | None:
        raise StoreIOError("The server is away.", path=Path())

    with monkeypatch.context() as patched:
        patched.setattr(repo, "revision", away)
        event = await current.look()
        assert isinstance(event, SessionTrouble)
        assert str(event.error) == "The server is away."
        assert await current.look() is None
    back = await current.look()
    assert isinstance(back, SessionChanged)
    assert back.changes == ""
    assert await current.look() is None


async def test_what_others_only_add_is_told_as_that_wherever_it_stands(repo: SessionRepository, home: Path) -> None:
    session = await make(repo, "one", "two")
    current = CurrentSession(repo)
    await current.open(session.id)
    path = home / "sessions" / "1.json"
    one, two = json.loads(path.read_bytes())["messages"]
    edit(path, messages=[one, {**one, "id": 7, "content": "between"}, two, {**one, "id": 8, "content": "behind"}])
    event = await current.look()
    assert isinstance(event, SessionChanged)
    assert [message.content for message in event.added] == ["between", "behind"]
    assert event.changes == "2 messages added"


async def test_a_session_that_is_restored_elsewhere_is_here_again_and_nothing_in_it_is_new(
    repo: SessionRepository,
) -> None:
    session = await make(repo, "one")
    current = CurrentSession(repo)
    await current.open(session.id)
    await repo.delete(session.id)
    assert isinstance(await current.look(), SessionRemoved)
    assert await current.look() is None
    await repo.restore(session.id)
    event = await current.look()
    assert isinstance(event, SessionChanged)
    assert (event.changes, event.added) == ("it was brought back", ())
    assert [message.content for message in current.messages] == ["one"]
