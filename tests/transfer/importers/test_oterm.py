"""What becomes of oterm's database."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.transfer.importers.databases import build, survive_half_a_schema, survive_odd_values
from tests.transfer.importers.reading import FIXTURES, failures, folded, read, said

OTERM: Final = FIXTURES / "oterm"
VERSIONS: Final = [pytest.param(OTERM / f"oterm-{version}.sql", id=version) for version in ("0.26", "0.14", "0.1")]
NEWEST: Final = OTERM / "oterm-0.26.sql"


def _changed(tmp_path: Path, script: Path, then: str) -> Path:
    more = tmp_path / "then.sql"
    more.write_text(then, encoding="utf-8")
    return build(tmp_path / "store.db", script, more)


def test_each_chat_is_a_conversation_that_begins_with_its_system_prompt(tmp_path: Path) -> None:
    chat, _ = read(build(tmp_path / "store.db", NEWEST), "oterm")

    assert chat.name == "chat #1 - qwen3"
    assert said(chat) == [
        ("user", "What is in the picture?"),
        ("assistant", "A ship."),
        ("user", "Which?"),
        ("assistant", "A barque."),
    ]
    assert folded(chat) == [("system prompt", "Talk like a sailor.")]
    assert [one.model for one in chat.branches[0].messages] == [None, None, "qwen3:4b", None, "qwen3:4b"]


def test_images_are_kept_without_their_bytes(tmp_path: Path) -> None:
    chat, _ = read(build(tmp_path / "store.db", NEWEST), "oterm")

    assert chat.branches[0].messages[1].attachments == [{"name": "image", "type": "image/png", "size": 8}]
    assert chat.tally.skipped["attachment's bytes"] == 1


def test_thoughts_within_an_answer_are_kept_apart(tmp_path: Path) -> None:
    chat, _ = read(build(tmp_path / "store.db", NEWEST), "oterm")

    assert chat.branches[0].messages[-1].reasoning == "Three masts."


def test_a_chat_without_messages_is_empty_and_messages_of_a_deleted_chat_are_counted(tmp_path: Path) -> None:
    chat, empty = read(build(tmp_path / "store.db", NEWEST), "oterm")

    assert empty.branches == []
    assert chat.tally.skipped["message of a deleted chat"] == 1


@pytest.mark.parametrize("script", VERSIONS[1:])
def test_older_databases_are_read(tmp_path: Path, script: Path) -> None:
    (chat,) = read(build(tmp_path / "store.db", script), "oterm")

    assert said(chat) == [("user", "Hello"), ("assistant", "Hi!")]


def test_chats_of_two_databases_are_not_taken_for_one(tmp_path: Path) -> None:
    (hello,) = read(build(tmp_path / "one.db", OTERM / "oterm-0.14.sql"), "oterm")
    ship, _ = read(build(tmp_path / "other.db", NEWEST), "oterm")

    assert hello.id != ship.id


def test_a_chat_that_went_on_keeps_its_id_and_those_of_its_messages(tmp_path: Path) -> None:
    then = """
        UPDATE chat SET name = 'Ships', system = 'Talk like a pirate.' WHERE id = 1;
        INSERT INTO message (chat_id, author, text) VALUES (1, 'user', 'Sure?');
    """

    before, _ = read(build(tmp_path / "before.db", NEWEST), "oterm")
    after, _ = read(_changed(tmp_path, NEWEST, then), "oterm")

    assert before.id == after.id
    known = [one.id for one in before.branches[0].messages]
    assert [one.id for one in after.branches[0].messages][: len(known)] == known


def test_an_author_that_is_not_known_is_counted(tmp_path: Path) -> None:
    chat = read(_changed(tmp_path, NEWEST, "UPDATE message SET author = 'parrot' WHERE id = 4;"), "oterm")[0]

    assert chat.tally.unknown == {'message by "parrot"': 1}


def test_images_that_are_no_list_are_counted(tmp_path: Path) -> None:
    then = """UPDATE message SET images = '[1, {"a": 2}]' WHERE id = 1; UPDATE message SET images = 'x' WHERE id = 2;"""

    chat = read(_changed(tmp_path, NEWEST, then), "oterm")[0]

    assert chat.tally.unknown == {"image of an unknown form": 3}


def test_a_database_of_elia_is_none_of_oterm(tmp_path: Path) -> None:
    (failed,) = failures(build(tmp_path / "elia.sqlite", FIXTURES / "elia" / "elia-1.10.sql"), "oterm")

    assert "it has not the shape of" in failed.reason


@pytest.mark.parametrize("script", VERSIONS)
def test_wrong_types_in_columns_are_survived(tmp_path: Path, script: Path) -> None:
    survive_odd_values(build(tmp_path / "store.db", script))


@pytest.mark.parametrize("script", VERSIONS)
def test_half_a_schema_is_survived(tmp_path: Path, script: Path) -> None:
    survive_half_a_schema(build(tmp_path / "store.db", script))


def test_two_messages_with_one_id_stay_two(tmp_path: Path) -> None:
    then = (
        "DROP TABLE message; CREATE TABLE message (id, chat_id, author, text);"
        "INSERT INTO message VALUES (7, 1, 'user', 'hi'), (7, 1, 'user', 'ho'), ('7', 1, 'user', 'hey');"
    )
    chat, *_ = read(_changed(tmp_path, NEWEST, then), "oterm")
    assert [message.id for message in chat.branches[0].messages] == ["system", "7", "7~1", "7~2"]
