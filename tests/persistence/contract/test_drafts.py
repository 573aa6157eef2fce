"""What could not be saved is kept on this computer, whichever engine has the sessions, and saved later."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hfs.persistence import NewMessage, SessionModel, SessionRepository, SessionStore
from tests.persistence.contract.places import Place, found, texts

MOMENT = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)


def test_words_that_could_not_be_saved_are_saved_once(store: SessionStore, session: SessionModel, place: Place) -> None:
    kept = store.keep_draft(session.id, NewMessage("user", "a\0b\nc", created_at=MOMENT))
    assert store.list_drafts() == [kept]
    with place.open() as other:
        (saved,) = other.save_drafts()
    assert (saved.content, saved.created_at, saved.id) == ("a\0b\nc", MOMENT, 3)
    assert found(store, session.id).messages[-1] == saved
    assert (store.list_drafts(), store.save_drafts()) == ([], [])


def test_words_that_landed_after_all_are_not_saved_twice(store: SessionStore, session: SessionModel) -> None:
    message = NewMessage("user", "hi", created_at=MOMENT)
    store.keep_draft(session.id, message)
    landed = store.append_message(session.id, message)
    assert store.save_drafts(session.id) == [landed]
    assert found(store, session.id).message_count == 3


def test_words_wait_for_their_session(store: SessionStore, session: SessionModel) -> None:
    store.delete(session.id)
    store.keep_draft(session.id, NewMessage("user", "wait"))
    other = store.create()
    assert store.save_drafts(other.id) == []
    assert store.save_drafts() == []
    assert len(store.list_drafts()) == 1
    store.restore(session.id)
    assert [message.content for message in store.save_drafts()] == ["wait"]


def break_off(store: SessionStore, session_id: int) -> None:
    with store.streaming_draft(session_id, model="p/m") as draft:
        draft.write("hal")
        draft.write("f")
        raise RuntimeError


def test_an_answer_that_broke_off_stays_until_it_is_saved(store: SessionStore, session: SessionModel) -> None:
    with pytest.raises(RuntimeError):
        break_off(store, session.id)
    (kept,) = store.list_drafts()
    assert (kept.session_id, kept.content, kept.status, kept.model) == (session.id, "half", "interrupted", "p/m")
    (saved,) = store.save_drafts()
    assert (saved.content, saved.status, saved.created_at) == ("half", "interrupted", kept.created_at)


def test_an_answer_that_was_saved_leaves_no_draft(store: SessionStore, session: SessionModel) -> None:
    with store.streaming_draft(session.id) as draft:
        draft.write("whole")
        store.add_message(session.id, "assistant", "whole", created_at=draft.created_at)
        assert len(store.list_drafts()) == 1
        assert store.save_drafts() == []
    assert store.list_drafts() == []
    assert texts(store.get(session.id))[-1] == "whole"


def test_what_is_typed_and_not_sent_is_kept(store: SessionStore, session: SessionModel, place: Place) -> None:
    store.keep_unsent(session.id, "not yet\n")
    store.keep_unsent(None, "new")
    with place.open() as other:
        assert (other.unsent(session.id), other.unsent(None), other.unsent(99)) == ("not yet\n", "new", "")
        other.keep_unsent(session.id, "")
    assert store.unsent(session.id) == ""


async def test_a_repository_streams_a_draft(repo: SessionRepository) -> None:
    session = await repo.create(messages=[NewMessage("user", "hi")])
    async with repo.streaming_draft(session.id, model="local/x") as draft:
        await draft.write("hel")
        await draft.write("lo")
        await repo.add_message(session.id, "assistant", "hello", created_at=draft.created_at)
    assert await repo.list_drafts() == []
    await repo.keep_draft(session.id, NewMessage("user", "later"))
    assert [message.content for message in await repo.save_drafts()] == ["later"]
