"""Chats of Gemini CLI, of both generations."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers import StreamFormat
from hfs.transfer.importers.gemini_cli import FORMATS
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, folded, read, said, source_of

FOLDER: Final = FIXTURES / "gemini-cli"
CHAT: Final = FOLDER / "tmp" / "app" / "chats" / "session-2026-06-01T10-00-5d1f0c3a.jsonl"
WHOLE: Final = FOLDER / "session-2025-10-02T08-00-9c90babd.json"
HEADER: Final = {"sessionId": "s", "projectHash": "p", "startTime": "2026-06-01T10:00:00.000Z"}


def _records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _one(path: Path) -> Conversation:
    (conversation,) = read(path, "gemini-cli")
    return conversation


def _read(tmp_path: Path, *records: Any) -> Conversation:
    path = tmp_path / "chat.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return _one(path)


def test_a_chat_is_read() -> None:
    conversation = _one(CHAT)
    assert conversation.id == "5d1f0c3a-1111-4222-8333-444455556666"
    assert conversation.name == "A list and a logo"
    assert conversation.created_at == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert conversation.extra == {"cwd": "/w/app"}
    assert said(conversation) == [
        ("user", "read @notes.md"),
        ("assistant", "It is a list."),
        ("user", "and what is this?"),
        ("assistant", "A logo."),
    ]


def test_notices_results_and_what_was_put_in_are_folded() -> None:
    assert folded(_one(CHAT)) == [
        ("info", "Ready."),
        ("context", "read @notes.md\n--- notes.md ---\nmilk, bread"),
        ("tool result", "milk, bread"),
        ("error", "Quota exceeded."),
    ]


def test_of_two_records_with_one_id_the_last_counts() -> None:
    (answer,) = [one for one in _one(CHAT).branches[0].messages if one.id == "g1"]
    assert answer.content == "It is a list."
    assert answer.tool_calls == [{"id": "read_file-1", "name": "read_file", "arguments": {"path": "notes.md"}}]


def test_thoughts_are_the_answers_reasoning() -> None:
    answers = [one for one in _one(CHAT).branches[0].messages if one.role == "assistant"]
    assert [one.reasoning for one in answers] == ["**Reading**\nThe file first.", "Looking."]
    assert [one.model for one in answers] == ["gemini-x", "gemini-y"]


def test_a_rewind_drops_the_message_and_all_that_follow() -> None:
    conversation = _one(CHAT)
    assert "Forgotten." not in [content for _, content in said(conversation)]
    assert conversation.tally.skipped["rewound message"] == 2


def test_a_rewind_to_nowhere_drops_everything(tmp_path: Path) -> None:
    message = {"id": "u", "type": "user", "content": "hello"}
    conversation = _read(tmp_path, HEADER, message, {"$rewindTo": "gone"}, {**message, "id": "v", "content": "again"})
    assert said(conversation) == [("user", "again")]


def test_messages_that_are_set_replace_all_before_them() -> None:
    conversation = _one(FOLDER / "compressed.jsonl")
    assert said(conversation) == [("user", "second"), ("assistant", "two")]
    assert [label for label, _ in folded(conversation)] == ["summary"]
    assert conversation.tally.skipped["replaced message"] == 2


def test_pictures_are_named_without_their_bytes() -> None:
    conversation = _one(CHAT)
    (asked,) = [one for one in conversation.branches[0].messages if one.attachments]
    assert asked.attachments == [{"name": "file", "type": "image/png", "size": 8}]
    assert conversation.tally.skipped["attachment's bytes"] == 1


def test_a_chat_of_the_older_generation_is_read() -> None:
    conversation = _one(WHOLE)
    assert conversation.id == "9c90babd-aaaa-4bbb-8ccc-dddddddddddd"
    assert said(conversation) == [("user", "hello"), ("assistant", "Hi there.")]
    assert [one.id for one in conversation.branches[0].messages] == ["m1", "m2"]


def test_what_is_not_known_is_counted() -> None:
    assert dict(_one(CHAT).tally.unknown) == {'message of type "hologram"': 1}


def test_a_turn_that_only_calls_tools_says_nothing(tmp_path: Path) -> None:
    call: dict[str, Any] = {"id": "c", "name": "ls", "args": {}, "result": None, "status": "cancelled"}
    answer = {"id": "g", "type": "gemini", "content": "", "toolCalls": [call]}
    empty = {"id": "h", "type": "gemini", "content": ""}
    conversation = _read(tmp_path, HEADER, answer, empty)
    assert folded(conversation) == [("tool call", "")]
    assert conversation.tally.skipped["empty message"] == 1


def test_answers_of_tools_with_the_role_of_the_user_are_folded(tmp_path: Path) -> None:
    answer = {"functionResponse": {"id": "c", "name": "ls", "response": {"files": ["a"]}}}
    conversation = _read(tmp_path, HEADER, {"id": "u", "type": "user", "content": [answer]})
    assert folded(conversation) == [("tool result", '{"files": ["a"]}')]


def test_a_subagents_chat_is_counted_and_holds_no_conversation(tmp_path: Path) -> None:
    message = {"id": "u", "type": "user", "content": "Search."}
    conversation = _read(tmp_path, {**HEADER, "kind": "subagent"}, message)
    assert conversation.branches == []
    assert conversation.tally.skipped == {"message of a sub-agent": 1}


def test_a_log_of_prompts_is_no_chat() -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    assert not form.fits(json.loads((FOLDER / "logs.json").read_text()))


@pytest.mark.parametrize("path", [CHAT, FOLDER / "compressed.jsonl"], ids=["chat", "compressed"])
def test_wrong_types_everywhere_are_survived(path: Path) -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    source = source_of(path)
    survive(lambda records: form.read(iter(records), source), _records(path))


def test_wrong_types_in_the_older_generation_are_survived() -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    source = source_of(WHOLE)
    survive(lambda record: form.read(iter([record]), source), json.loads(WHOLE.read_text()))
