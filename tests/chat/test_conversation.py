"""A conversation: the question is saved first, the answer as far as it came."""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hfs.chat import Conversation
from hfs.chat.events import (
    AnswerChunk,
    AnswerFailed,
    AnswerForked,
    ConversationTrimmed,
    Event,
    MessageNotSaved,
    MessageSaved,
    SessionStarted,
)
from hfs.chat.prompting import trim
from hfs.chat.unsaved import UnsavedMessages
from hfs.errors import InvalidDocumentError, SessionNotFoundError
from hfs.models import ModelBackend, Prompt, open_model
from hfs.persistence import NewMessage, SessionRepository, SessionStore, open_repository
from hfs.persistence._file_ops import FileOps
from hfs.user_config import Config
from tests.support.model_server import ModelServer


@pytest.fixture
async def repo(home: Path) -> AsyncIterator[SessionRepository]:
    async with open_repository(home) as opened:
        yield opened


@pytest.fixture
async def model(server: ModelServer, home: Path) -> AsyncIterator[ModelBackend]:
    opened = open_model("m", Config(home / "config.toml"), home=home, base_url=server.base_url)
    yield opened
    await opened.aclose()


async def events_of(conversation: Conversation, text: str) -> list[Event]:
    return [event async for event in conversation.say(text)]


async def texts(repo: SessionRepository, session_id: int = 1) -> list[tuple[str, str, str | None]]:
    session = await repo.get(session_id)
    assert session is not None
    return [(message.role, message.content, message.status) for message in session.messages]


async def test_question_and_answer_are_saved_in_a_session_that_the_first_message_makes(
    repo: SessionRepository, model: ModelBackend
) -> None:
    conversation = Conversation(repo, model, system="Be brief.")
    assert await repo.list_recent() == []
    events = await events_of(conversation, "hi")
    assert isinstance(events[0], SessionStarted)
    assert isinstance(events[-1], MessageSaved)
    assert conversation.session_id == 1
    assert await texts(repo) == [("user", "hi", None), ("assistant", "Hello, you", None)]
    assert await repo.list_drafts() == []


async def test_the_model_gets_the_file_as_it_is_now(
    repo: SessionRepository, model: ModelBackend, server: ModelServer, home: Path
) -> None:
    conversation = Conversation(repo, model, system="Be brief.")
    await events_of(conversation, "my dog is Rex")
    path = home / "sessions" / "1.json"
    path.write_bytes(path.read_bytes().replace(b"my dog is Rex", b"my dog is Max"))
    await events_of(conversation, "his name?")
    assert server.last_texts == ["Be brief.", "my dog is Max", "Hello, you", "his name?"]


async def test_a_stopped_answer_is_kept_and_marked(
    repo: SessionRepository, model: ModelBackend, server: ModelServer
) -> None:
    server.hold = threading.Event()
    conversation = Conversation(repo, model)
    async for event in conversation.say("hi"):
        if isinstance(event, AnswerChunk):
            conversation.stop()
    assert await texts(repo) == [("user", "hi", None), ("assistant", "Hello", "interrupted")]
    assert server.gone.wait(5)


async def test_a_cancelled_answer_is_kept_and_marked(
    repo: SessionRepository, model: ModelBackend, server: ModelServer
) -> None:
    server.hold = threading.Event()
    conversation = Conversation(repo, model)
    arrived = asyncio.Event()

    async def talk() -> None:
        async for event in conversation.say("hi"):
            if isinstance(event, AnswerChunk):
                arrived.set()

    task = asyncio.create_task(talk())
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(100):
        if len(await texts(repo)) == 2:
            break
        await asyncio.sleep(0.02)
    assert await texts(repo) == [("user", "hi", None), ("assistant", "Hello", "interrupted")]


async def test_an_answer_that_breaks_off_is_kept_and_marked(
    repo: SessionRepository, model: ModelBackend, server: ModelServer
) -> None:
    server.done = False
    events = await events_of(Conversation(repo, model), "hi")
    assert isinstance(events[-1], AnswerFailed)
    assert await texts(repo) == [("user", "hi", None), ("assistant", "Hello, you", "interrupted")]


async def test_a_model_that_fails_leaves_the_question_saved(
    repo: SessionRepository, model: ModelBackend, server: ModelServer
) -> None:
    server.status, server.raw = 500, b""
    events = await events_of(Conversation(repo, model), "hi")
    assert isinstance(events[-1], AnswerFailed)
    assert await texts(repo) == [("user", "hi", None)]
    assert await repo.list_drafts() == []


async def test_words_said_while_the_file_is_broken_are_kept_and_saved_later(
    repo: SessionRepository, model: ModelBackend, home: Path
) -> None:
    conversation = Conversation(repo, model)
    await events_of(conversation, "hi")
    path = home / "sessions" / "1.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    events = await events_of(conversation, "still there?")
    assert [type(event) for event in events if isinstance(event, MessageNotSaved)] == [MessageNotSaved] * 2
    assert path.read_bytes() == whole[:-4]
    path.write_bytes(whole)
    assert len(await repo.save_drafts(1)) == 2
    assert [content for _, content, _ in await texts(repo)] == ["hi", "Hello, you", "still there?", "Hello, you"]


async def test_a_session_whose_file_was_removed_is_followed_by_a_new_one(
    repo: SessionRepository, model: ModelBackend, home: Path
) -> None:
    conversation = Conversation(repo, model)
    await events_of(conversation, "hi")
    (home / "sessions" / "1.json").unlink()
    await events_of(conversation, "again")
    assert conversation.session_id == 2
    assert [content for _, content, _ in await texts(repo, 2)] == ["again", "Hello, you"]


async def test_half_a_surrogate_pair_is_replaced(repo: SessionRepository, model: ModelBackend) -> None:
    await events_of(Conversation(repo, model), "a\ud800b")
    assert (await texts(repo))[0][1] == "a\ufffdb"


async def test_a_conversation_that_is_too_long_is_trimmed_and_said_so(
    repo: SessionRepository, home: Path, server: ModelServer
) -> None:
    model = open_model("m", Config(home / "config.toml"), home=home, base_url=server.base_url)
    model._context_length = 100  # type: ignore[attr-defined]
    conversation = Conversation(repo, model, system="Be brief.")
    for number in range(4):
        events = await events_of(conversation, f"{number} " + "x" * 60)
    assert any(isinstance(event, ConversationTrimmed) for event in events)
    assert server.last_texts[0] == "Be brief."
    assert server.last_texts[-1].startswith("3 ")
    assert len(server.last_texts) < 8
    await model.aclose()


def test_trimming_keeps_system_prompts_and_the_newest() -> None:
    prompts = [
        Prompt("system", "s" * 50),
        Prompt("user", "a" * 50),
        Prompt("assistant", "b"),
        Prompt("user", "c" * 500),
    ]
    kept, dropped = trim(prompts, 10, lambda some: sum(len(prompt.content) for prompt in some))
    assert [prompt.content[0] for prompt in kept] == ["s", "c"]
    assert dropped == 2


class LandingError(FileOps):
    """A disk on which the first folder to be synced after ``fail`` says that it was not, although it was."""

    fail = False

    def fsync_folder(self, path: str) -> None:
        super().fsync_folder(path)
        if self.fail and path.endswith("sessions"):
            self.fail = False
            raise OSError(errno.EIO, "Input/output error")


async def test_a_message_that_landed_although_its_saving_failed_is_not_there_twice(
    home: Path, model: ModelBackend
) -> None:
    ops = LandingError()
    repo = SessionRepository(SessionStore(home, ops=ops))
    conversation = Conversation(repo, model)
    ops.fail = True
    events = await events_of(conversation, "hi")
    assert any(isinstance(event, MessageNotSaved) for event in events) or len(await texts(repo)) == 2
    await conversation.saver.save_kept()
    await events_of(conversation, "again")
    told = [content for _, content, _ in await texts(repo, conversation.session_id or 1)]
    assert told == ["hi", "Hello, you", "again", "Hello, you"]
    await repo.close()


async def test_an_answer_that_could_not_be_saved_comes_before_the_next_question(
    repo: SessionRepository, model: ModelBackend, server: ModelServer, home: Path
) -> None:
    conversation = Conversation(repo, model)
    await events_of(conversation, "hi")
    path = home / "sessions" / "1.json"
    async for event in conversation.say("more"):
        if isinstance(event, AnswerChunk) and path.stat().st_mode & 0o200:
            whole = path.read_bytes()
            path.write_bytes(whole[:-4])
            path.chmod(0o400)
    path.chmod(0o600)
    path.write_bytes(whole)
    await events_of(conversation, "then?")
    assert [content for _, content, _ in await texts(repo)] == [
        *("hi", "Hello, you", "more", "Hello, you", "then?", "Hello, you")
    ]


async def test_two_savers_at_once_save_what_waits_once(home: Path, model: ModelBackend) -> None:
    repo = open_repository(home)
    home.write_text("no folder")
    conversation = Conversation(repo, model)
    await events_of(conversation, "hi")
    assert conversation.saver.waiting.in_memory == 2
    home.unlink()
    saved = await asyncio.gather(conversation.saver.save_kept(), conversation.saver.save_kept())
    assert sorted(map(len, saved)) == [0, 2]
    assert [content for _, content, _ in await texts(repo)] == ["hi", "Hello, you"]
    await repo.close()


async def test_words_for_a_session_whose_file_is_gone_begin_a_new_one(repo: SessionRepository, home: Path) -> None:
    session = await repo.create(messages=[NewMessage("user", "old")])
    waiting = UnsavedMessages(repo)
    (home / "drafts").write_text("no folder")
    assert await waiting.keep(session.id, NewMessage("user", "kept", created_at=datetime.now(UTC))) is None
    (home / "sessions" / "1.json").unlink()
    number, saved = await waiting.save(session.id)
    assert (number, [message.content for message in saved]) == (2, ["kept"])


async def test_a_draft_whose_session_is_gone_holds_nothing_up_and_stays(repo: SessionRepository, home: Path) -> None:
    session = await repo.create(messages=[NewMessage("user", "old")])
    waiting = UnsavedMessages(repo)
    assert await waiting.keep(session.id, NewMessage("user", "kept", created_at=datetime.now(UTC))) is not None
    (home / "sessions" / "1.json").unlink()
    assert await waiting.save(session.id) == (session.id, [])
    assert not waiting
    assert [draft.content for draft in await repo.list_drafts()] == ["kept"]


async def test_asking_again_keeps_the_old_answer_in_a_fork(
    repo: SessionRepository, model: ModelBackend, server: ModelServer
) -> None:
    conversation = Conversation(repo, model)
    await events_of(conversation, "hi")
    server.chunks = ("Another", " answer")
    events = [event async for event in conversation.retry()]
    (forked,) = [event.fork for event in events if isinstance(event, AnswerForked)]
    assert await texts(repo) == [("user", "hi", None), ("assistant", "Another answer", None)]
    assert await texts(repo, forked.id) == [("user", "hi", None), ("assistant", "Hello, you", None)]
    assert server.last_texts == ["hi"]


async def test_asking_again_after_a_failure_makes_no_fork(
    repo: SessionRepository, model: ModelBackend, server: ModelServer
) -> None:
    conversation = Conversation(repo, model)
    server.status, server.raw = 500, b""
    await events_of(conversation, "hi")
    server.status, server.raw = 200, None
    events = [event async for event in conversation.retry()]
    assert isinstance(events[-1], MessageSaved)
    assert await texts(repo) == [("user", "hi", None), ("assistant", "Hello, you", None)]
    assert len(await repo.list_recent()) == 1


async def test_there_is_nothing_to_ask_again_before_the_first_question(
    repo: SessionRepository, model: ModelBackend
) -> None:
    with pytest.raises(SessionNotFoundError):
        [event async for event in Conversation(repo, model).retry()]
    session = await repo.create(messages=[NewMessage("assistant", "hi")])
    with pytest.raises(InvalidDocumentError):
        [event async for event in Conversation(repo, model, session.id).retry()]
