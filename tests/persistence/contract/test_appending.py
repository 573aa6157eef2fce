"""Messages are appended in every engine, whatever they say, or refused before anything is written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfs.errors import InvalidDocumentError, SessionNotFoundError
from hfs.persistence import ListQuery, NewMessage, SessionFilter, SessionModel, SessionStore
from tests.persistence.contract.places import Place, found, opened, rendered, texts, users

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_no_messages_are_appended_to_a_session_that_is_there(store: SessionStore, session: SessionModel) -> None:
    documents = store._engine.documents
    before = documents.read_bytes(session.id)
    assert documents.append(session.id, []) == []
    assert documents.append(session.id + 1, []) is None
    assert documents.read_bytes(session.id) == before


def test_a_message_is_there_as_it_was_returned(store: SessionStore, session: SessionModel) -> None:
    before = datetime.now(UTC)
    added = store.add_message(session.id, "tool", "42", model="p/m", status="interrupted", extra={"call": {"id": "x"}})
    assert before <= added.created_at <= datetime.now(UTC)
    assert (added.id, added.session_id, added.role, added.content) == (3, session.id, "tool", "42")
    assert (added.model, added.status, added.extra) == ("p/m", "interrupted", {"call": {"id": "x"}})
    after = found(store, session.id)
    assert after.messages == [*session.messages, added]
    assert after.updated_at == added.created_at
    assert (after.name, after.created_at) == (session.name, session.created_at)


def test_messages_come_back_in_order_whatever_their_moments(store: SessionStore, session: SessionModel) -> None:
    moments = [MOMENT + timedelta(days=days) for days in (3, -400, 0, 20000)]
    for number, moment in enumerate(moments):
        store.add_message(session.id, "user", f"m{number}", created_at=moment)
    added = found(store, session.id).messages[2:]
    assert [(message.id, message.content) for message in added] == [(3, "m0"), (4, "m1"), (5, "m2"), (6, "m3")]
    assert [message.created_at for message in added] == moments


def test_the_number_of_a_message_that_was_removed_is_not_given_out_again(
    store: SessionStore, session: SessionModel
) -> None:
    store.remove_messages(session.id, [2])
    assert store.add_message(session.id, "user", "next").id == 3


def test_an_unknown_role_is_refused(store: SessionStore, session: SessionModel) -> None:
    for role in ["", "human", "User", "\ud800"]:
        revision = store.revision(session.id)
        with pytest.raises(InvalidDocumentError, match="is no role: expected one of user, assistant, system, tool"):
            store.add_message(session.id, role, "hi")
        assert store.revision(session.id) == revision


REFUSED: list[tuple[dict[Any, Any], str]] = [
    ({"x": {1, 2}}, "set is not JSON serializable"),
    ({"x": float("nan")}, "nan"),
    ({"x": [float("inf")]}, "inf"),
    ({"x": b"bytes"}, "not JSON serializable"),
    ({"x": nested(70)}, "nested deeper than 64 levels"),
    ({(1, 2): 3}, "keys must be str"),
    ({"content": "x"}, "own fields"),
]


def test_what_json_has_no_form_for_is_refused_and_nothing_is_written(
    store: SessionStore, session: SessionModel
) -> None:
    for extra, said in REFUSED:
        before, revision = rendered(store, session.id), store.revision(session.id)
        with pytest.raises(InvalidDocumentError, match=said):
            store.add_message(session.id, "user", "hi", extra=extra)
        assert store.revision(session.id) == revision
        assert rendered(store, session.id) == before
    assert store.add_message(session.id, "user", "hi").id == 3


def test_extra_keys_may_be_nested_as_deep_as_a_file_allows(store: SessionStore, session: SessionModel) -> None:
    extra = {"x": nested(60)}
    assert store.add_message(session.id, "user", "hi", extra=extra).extra == extra
    assert found(store, session.id).messages[-1].extra == extra


def test_there_is_nothing_to_append_to(store: SessionStore) -> None:
    for session_id in [7, 0, -1, 10**17, 10**18, 10**30]:
        with pytest.raises(SessionNotFoundError) as caught:
            store.add_message(session_id, "user", "hi")
        assert caught.value.session == str(session_id)
        said = f"There is no session '{session_id}' in {store.place}. `hfs list` shows those that are there."
        assert str(caught.value) == said


def test_what_is_no_id_is_no_session(store: SessionStore, session: SessionModel) -> None:
    for no_id in [str(session.id), "x", None, 1.0, True]:
        with pytest.raises(SessionNotFoundError) as caught:
            store.add_message(cast("int", no_id), "user", "hi")
        assert caught.value.session == str(no_id)
    assert len(found(store, session.id).messages) == len(session.messages)


def test_a_message_is_ensured_once(store: SessionStore, session: SessionModel) -> None:
    message = NewMessage("user", "again", created_at=MOMENT)
    first = store.ensure_message(session.id, message)
    assert store.ensure_message(session.id, message) == first
    other = store.ensure_message(session.id, NewMessage("assistant", "again", created_at=MOMENT))
    later = store.ensure_message(session.id, NewMessage("user", "again", created_at=MOMENT + timedelta(microseconds=1)))
    assert [first.id, other.id, later.id] == [3, 4, 5]
    with pytest.raises(SessionNotFoundError):
        store.ensure_message(99, message)


def test_two_who_have_a_session_open_append_by_turns(place: Place) -> None:
    with opened(place, place) as (mine, theirs):
        made = mine.create(messages=users("0"))
        for number in range(1, 7):
            (mine if number % 2 else theirs).add_message(made.id, "user", str(number))
        for one in (mine, theirs):
            assert texts(one.get(made.id)) == [str(number) for number in range(7)]
            assert [message.id for message in found(one, made.id).messages] == list(range(1, 8))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | st.text(st.sampled_from("\n\r\u2028\u2029\u0085\x0b\x0c\x1c\x00\u202e\ud800'\\x")))
def test_any_text_comes_back_equal_or_is_refused_before_anything_is_written(store: SessionStore, text: str) -> None:
    there = store.get(1) or store.create()
    revision = store.revision(there.id)
    try:
        added = store.add_message(there.id, "tool", text)
    except InvalidDocumentError as error:
        assert "The message holds a lone surrogate (U+D800) at character" in str(error)
        assert store.revision(there.id) == revision
    else:
        assert added.content == text
        assert found(store, there.id).messages[-1] == added


def test_texts_that_a_database_could_change_come_back(place: Place) -> None:
    for text in ["", "\n", "\n\n", "\0", "a\0b\0", "\u2028\u2029\x85", "\r\n", "é" * 3000, "\u0301"]:
        with place.open() as store:
            made = store.create(messages=users(text))
            store.add_message(made.id, "assistant", text, extra={"said": text, text: text})
        with place.open() as store:
            (first, second) = found(store, made.id).messages
            assert (first.content, second.content) == (text, text)
            assert second.extra == {"said": text, text: text}


def test_a_text_of_five_megabytes_comes_back(store: SessionStore) -> None:
    text = "é" * 1_000_000 + "\n" + "word " * 600_000
    made = store.create(messages=users(text))
    store.add_message(made.id, "user", "next")
    assert texts(store.get(made.id)) == [text, "next"]


def test_three_thousand_messages_come_back(store: SessionStore) -> None:
    made = store.create(messages=[NewMessage("user", f"m{number}", created_at=MOMENT) for number in range(3000)])
    assert made.message_count == 3000
    assert store.add_message(made.id, "assistant", "last").id == 3001
    store.edit_message(made.id, 1500, "middle")
    after = found(store, made.id)
    assert [message.id for message in after.messages] == list(range(1, 3002))
    assert (after.messages[1499].content, after.messages[-1].content) == ("middle", "last")
    assert store.list_recent()[0].message_count == 3001


def test_many_threads_append_to_one_session(store: SessionStore) -> None:
    made = store.create()

    def talk(me: int) -> list[int]:
        return [store.add_message(made.id, "user", f"{me} {number}").id for number in range(6)]

    with ThreadPoolExecutor(4) as threads:
        saved = list(threads.map(talk, range(4)))
    messages = found(store, made.id).messages
    assert [message.id for message in messages] == list(range(1, 25))
    for me, numbers in enumerate(saved):
        mine = [message for message in messages if message.content.startswith(f"{me} ")]
        assert [(one.id, one.content) for one in mine] == [(one, f"{me} {at}") for at, one in enumerate(numbers)]


def test_a_model_and_a_status_may_be_any_text(store: SessionStore) -> None:
    made = store.create()
    for text in ("p/\0", "\u2028", "x" * 3000, 'a"b\\', "日本/Ä"):
        added = store.add_message(made.id, "assistant", "x", model=text, status=text)
        assert (added.model, added.status) == (text, text)
        assert found(store, made.id).messages[-1] == added
    (summary,) = store.list_recent()
    assert len(summary.models) == 5
    assert store.list_sessions(ListQuery(SessionFilter(model="Ä"))).matching == 1
    assert store.statistics(SessionFilter(model='a"b\\')).messages == 5
