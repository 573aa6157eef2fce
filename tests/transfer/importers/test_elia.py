"""What becomes of elia's database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from tests.transfer.bringing import bring
from tests.transfer.importers.databases import build, survive_half_a_schema, survive_odd_values
from tests.transfer.importers.reading import FIXTURES, failures, folded, read, said

ELIA: Final = FIXTURES / "elia"
NEWER: Final = ELIA / "elia-1.10.sql"
OLDER: Final = ELIA / "elia-0.4.sql"


@pytest.fixture
def in_lisbon_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computer that is an hour ahead of UTC."""
    monkeypatch.setenv("TZ", "UTC-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _changed(tmp_path: Path, script: Path, then: str) -> Path:
    more = tmp_path / "then.sql"
    more.write_text(then, encoding="utf-8")
    return build(tmp_path / "elia.sqlite", script, more)


def test_chats_of_two_databases_are_not_taken_for_one(home: Path, tmp_path: Path) -> None:
    paths = [build(tmp_path / "one.sqlite", NEWER), build(tmp_path / "other.sqlite", OLDER)]
    first, second = (bring(home, path) for path in paths)
    assert (first.count("added"), second.count("added"), second.count("updated")) == (2, 1, 0)
    assert [one.outcome for one in bring(home, *paths).conversations].count("present") == 3


def test_each_chat_is_a_conversation_and_its_first_message_is_the_system_prompt(tmp_path: Path) -> None:
    chat, _, _ = read(build(tmp_path / "elia.sqlite", NEWER), "elia")

    assert (chat.id, chat.name) == ("1-20240601T100000", None)
    assert said(chat) == [("user", "What is *idempotent*?"), ("assistant", "Doing it twice changes nothing.")]
    assert folded(chat) == [("system prompt", "You are a helpful assistant.")]
    assert chat.created_at == datetime(2024, 6, 1, 10, 0, 0, 250000, UTC)
    assert [(one.id, one.model) for one in chat.branches[0].messages] == [
        ("1", None),
        ("2", None),
        ("5", "elia-gpt-4o"),
    ]


def test_what_elia_imported_from_chatgpt_is_no_chat_where_it_was_none_there(tmp_path: Path) -> None:
    _, cats, _ = read(build(tmp_path / "elia.sqlite", NEWER), "elia")

    assert said(cats) == [("user", "A name for a cat?"), ("assistant", "Mimi.")]
    assert folded(cats) == [("context", "About me: I like cats"), ("tool result", 'search("cat names")')]
    assert cats.tally.skipped["empty message"] == 1
    assert cats.branches[0].messages[-1].model == "gpt-3.5-turbo"


def test_the_beginning_of_1970_is_no_time(tmp_path: Path) -> None:
    _, cats, _ = read(build(tmp_path / "elia.sqlite", NEWER), "elia")

    assert cats.branches[0].messages[-1].created_at is None


def test_an_archived_chat_is_said_to_be(tmp_path: Path) -> None:
    chat, cats, _ = read(build(tmp_path / "elia.sqlite", NEWER), "elia")

    assert (chat.extra, cats.extra) == ({}, {"archived": True})


def test_a_chat_without_messages_is_empty_and_messages_without_a_chat_are_counted(tmp_path: Path) -> None:
    found = read(build(tmp_path / "elia.sqlite", NEWER), "elia")

    assert found[2].branches == []
    assert found[0].tally.skipped["message of a deleted chat"] == 1


def test_the_older_roles_are_understood_and_calls_of_tools_are_folded(tmp_path: Path) -> None:
    (chat,) = read(build(tmp_path / "elia.sqlite", OLDER), "elia")

    assert said(chat) == [("user", "Hello"), ("assistant", "Hi!")]
    assert folded(chat) == [("system prompt", "You are a helpful assistant."), ("tool call", 'search("x")')]
    assert chat.branches[0].messages[2].model == "gpt-3.5-turbo"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone can't be set here")
@pytest.mark.usefixtures("in_lisbon_time")
def test_older_times_are_the_computers_own_and_newer_ones_utc(tmp_path: Path) -> None:
    (older,) = read(build(tmp_path / "older.sqlite", OLDER), "elia")
    newer, _, _ = read(build(tmp_path / "newer.sqlite", NEWER), "elia")

    assert older.created_at == datetime(2023, 10, 1, 11, tzinfo=UTC)
    assert newer.created_at == datetime(2024, 6, 1, 10, 0, 0, 250000, UTC)


def test_answers_to_one_question_become_branches(tmp_path: Path) -> None:
    then = """
        INSERT INTO message (id, chat_id, role, content, timestamp, model, parent_id)
        VALUES (20, 1, 'assistant', 'Another word.', '2024-06-01 10:00:09', 'elia-claude', 2);
    """

    chat = read(_changed(tmp_path, NEWER, then), "elia")[0]

    assert [said(chat, at)[-1] for at in range(2)] == [
        ("assistant", "Another word."),
        ("assistant", "Doing it twice changes nothing."),
    ]


def test_a_role_that_is_not_known_is_counted(tmp_path: Path) -> None:
    chat = read(_changed(tmp_path, NEWER, "UPDATE message SET role = 'judge' WHERE id = 5;"), "elia")[0]

    assert said(chat) == [("user", "What is *idempotent*?")]
    assert chat.tally.unknown == {'message of role "judge"': 1}


def test_a_database_of_oterm_is_none_of_elia(tmp_path: Path) -> None:
    (failed,) = failures(build(tmp_path / "store.db", FIXTURES / "oterm" / "oterm-0.26.sql"), "elia")

    assert "it has not the shape of" in failed.reason


@pytest.mark.parametrize("script", [pytest.param(NEWER, id="1.10"), pytest.param(OLDER, id="0.4")])
def test_wrong_types_in_columns_are_survived(tmp_path: Path, script: Path) -> None:
    survive_odd_values(build(tmp_path / "elia.sqlite", script))


@pytest.mark.parametrize("script", [pytest.param(NEWER, id="1.10"), pytest.param(OLDER, id="0.4")])
def test_half_a_schema_is_survived(tmp_path: Path, script: Path) -> None:
    survive_half_a_schema(build(tmp_path / "elia.sqlite", script))


def test_messages_without_an_id_are_told_by_their_rows(tmp_path: Path) -> None:
    then = (
        "DROP TABLE message; CREATE TABLE message (x INTEGER PRIMARY KEY, chat_id, role, content);"
        "INSERT INTO message VALUES (7, 1, 'user', 'hi'), (9, 1, 'assistant', 'hello');"
    )
    chat, *_ = read(_changed(tmp_path, NEWER, then), "elia")
    assert [message.id for message in chat.branches[0].messages] == ["7", "9"]


def test_two_messages_with_one_id_stay_two(tmp_path: Path) -> None:
    then = (
        "DROP TABLE message; CREATE TABLE message (id, chat_id, role, content);"
        "INSERT INTO message VALUES (7, 1, 'user', 'hi'), (7, 1, 'user', 'ho'), ('7', 1, 'user', 'hey');"
    )
    chat, *_ = read(_changed(tmp_path, NEWER, then), "elia")
    assert [message.id for message in chat.branches[0].messages][-3:] == ["7", "7~1", "7~2"]
