"""OpenAI-style messages, and ShellGPT's files."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers import RecordFormat, StreamFormat
from hfs.transfer.importers.openai import FORMATS
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, failures, folded, read, said, source_of

OPENAI = FIXTURES / "openai"


def imported(tmp_path: Path, *messages: Any, **more: Any) -> Conversation:
    path = tmp_path / "record.json"
    path.write_text(json.dumps({"messages": messages, **more}))
    (conversation,) = read(path, "openai")
    return conversation


def test_each_line_of_a_fine_tuning_file_is_a_conversation() -> None:
    first, second = read(OPENAI / "fine-tuning.jsonl", "openai")
    assert said(first) == [("user", "What is the weather?"), ("assistant", "Fog again. It always is.")]
    assert said(second) == [("user", "What is 2+2?"), ("assistant", "4")]
    assert (first.id, first.name, first.created_at) == (None, None, None)
    assert second.tally.skipped == Counter({"tool definition": 1})


def test_system_and_developer_prompts_are_folded() -> None:
    first, second = read(OPENAI / "fine-tuning.jsonl")
    assert folded(first) == [("system prompt", "You answer like a lighthouse keeper.")]
    assert folded(second) == [("system prompt", "Be brief.")]


@pytest.mark.parametrize("name", ["array.json", "messages.jsonl"])
def test_a_bare_list_of_messages_is_one_conversation(name: str) -> None:
    (conversation,) = read(OPENAI / name, "openai")
    assert said(conversation) == [("user", "hi"), ("assistant", "hello")]
    assert (conversation.id, conversation.name) == (None, None)


def test_ids_times_and_models_of_messages_are_kept() -> None:
    (conversation,) = read(OPENAI / "messages.jsonl")
    messages = conversation.branches[0].messages
    assert [message.id for message in messages] == ["m1", "m2"]
    assert messages[1].created_at == datetime(2026, 8, 28, 16, 0, 46, tzinfo=UTC)
    assert [message.model for message in messages] == [None, "gpt-4o"]


def test_a_shellgpt_file_is_named_as_its_chat_and_its_role_is_folded() -> None:
    (conversation,) = read(FIXTURES / "shellgpt" / "harbour", "openai")
    assert conversation.name == "harbour"
    assert said(conversation) == [("user", "list the files by size"), ("assistant", "```sh\nls -lS\n```")]
    assert [label for label, _ in folded(conversation)] == ["system prompt"]


def test_a_name_is_not_taken_from_a_file_with_an_ending(tmp_path: Path) -> None:
    shutil.copy(FIXTURES / "shellgpt" / "harbour", tmp_path / "export.json")
    assert read(tmp_path / "export.json")[0].name is None


def test_parts_of_a_content_become_text_and_attachments_without_their_bytes() -> None:
    (conversation,) = read(OPENAI / "request.json", "openai")
    asked = conversation.branches[0].messages[1]
    assert asked.content == "What is on these?\n\nAnd where?"
    assert asked.attachments == [
        {"type": "image/png", "size": 8},
        {"name": "quay.jpg", "type": "image", "url": "https://example.org/pictures/quay.jpg?size=2"},
        {"name": "map.pdf", "type": "application/pdf", "size": 5},
        {"type": "audio/wav", "size": 4},
    ]
    assert conversation.tally.skipped["attachment's bytes"] == 3


def test_calls_of_tools_and_their_results_are_folded() -> None:
    (conversation,) = read(OPENAI / "request.json")
    assert folded(conversation) == [
        ("system prompt", "Use tools."),
        ("tool call", ""),
        ("tool result", "a ship"),
        ("tool result", "two ships"),
    ]
    messages = conversation.branches[0].messages
    assert messages[2].tool_calls == [{"id": "call_1", "name": "look", "arguments": '{"at": "quay"}'}]
    assert messages[3].extra == {"tool_call_id": "call_1", "name": "look"}


def test_the_old_function_calls_are_tool_calls() -> None:
    (conversation,) = read(OPENAI / "request.json")
    calling, result = conversation.branches[0].messages[6:8]
    assert (calling.content, calling.hidden) == ("Calling.", None)
    assert calling.tool_calls == [{"name": "old_look", "arguments": "{}"}]
    assert (result.role, result.extra) == ("tool", {"name": "old_look"})


def test_reasoning_is_kept_beside_the_answer_and_a_refusal_is_one() -> None:
    (conversation,) = read(OPENAI / "request.json")
    answers = [one for one in conversation.branches[0].messages if one.role == "assistant" and one.hidden is None]
    assert [(one.content, one.reasoning) for one in answers] == [
        ("A ship at the quay.", "The tool says so."),
        ("Calling.", ""),
        ("Two ships.", "Two, then."),
        ("I'd rather not.", ""),
    ]
    assert {one.model for one in answers} == {"gpt-4o-mini"}


def test_what_is_left_out_is_counted() -> None:
    (conversation,) = read(OPENAI / "request.json")
    assert conversation.tally.skipped["empty message"] == 1
    assert conversation.tally.unknown == Counter({'content of type "hologram"': 1, 'message of role "narrator"': 1})


def test_thoughts_that_stand_alone_go_to_the_answer_that_follows(tmp_path: Path) -> None:
    conversation = imported(
        tmp_path,
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "reasoning_content": "A greeting."},
        {"role": "assistant", "content": "hello", "reasoning_content": "Greet."},
        {"role": "assistant", "content": None, "reasoning_content": "What next?"},
    )
    _, answer, rest = conversation.branches[0].messages
    assert (answer.content, answer.reasoning) == ("hello", "A greeting.\n\nGreet.")
    assert (rest.content, rest.hidden, rest.reasoning) == ("", "thinking", "What next?")


def test_thoughts_among_the_parts_are_reasoning(tmp_path: Path) -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Yes."}]
    conversation = imported(tmp_path, {"role": "assistant", "content": parts})
    (answer,) = conversation.branches[0].messages
    assert (answer.content, answer.reasoning) == ("Yes.", "Hm.")


def test_a_tool_that_gave_back_nothing_still_has_a_result(tmp_path: Path) -> None:
    conversation = imported(
        tmp_path,
        {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "name": "run", "arguments": {}}, "b"]},
        {"role": "tool", "tool_call_id": "a", "content": ""},
    )
    assert folded(conversation) == [("tool call", ""), ("tool result", "")]
    assert conversation.tally.unknown == Counter({"tool call that is no object": 1})


def test_an_id_that_is_there_twice_is_an_id_once(tmp_path: Path) -> None:
    conversation = imported(tmp_path, *({"role": "user", "content": text, "id": "a"} for text in "xy"))
    assert [one.id for one in conversation.branches[0].messages] == ["a", None]


def test_only_an_id_that_no_other_file_has_is_the_conversation_s(tmp_path: Path) -> None:
    message = {"role": "user", "content": "hi"}
    assert imported(tmp_path, message, id="7").id is None
    assert imported(tmp_path, message, id="chatcmpl-0123456789").id == "chatcmpl-0123456789"


def test_title_time_and_a_system_prompt_beside_the_messages_are_kept(tmp_path: Path) -> None:
    more = {"title": "Tides", "created_at": 1787938845, "system": "Be brief."}
    conversation = imported(tmp_path, {"role": "user", "content": "hi"}, **more)
    assert conversation.name == "Tides"
    assert conversation.created_at == datetime.fromtimestamp(1787938845, UTC)
    assert folded(conversation) == [("system prompt", "Be brief.")]


def test_items_that_are_no_messages_are_counted(tmp_path: Path) -> None:
    conversation = imported(
        tmp_path, {"role": "user", "content": "hi"}, None, "x", {"content": "y"}, {"role": "user", "content": 3}
    )
    assert said(conversation) == [("user", "hi")]
    assert conversation.tally.unknown == Counter(
        {"message that is no object": 2, "message without a role": 1, "content that is no text": 1}
    )


def test_other_objects_are_none_of_its_shape(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "hi"}]}\n{"messages": {"role": "user"}}\n{"x": 1}\n')
    assert [failed.place for failed in failures(path)] == ["conversation 2", "conversation 3"]
    path.write_text('[{"role": "captain", "content": "ahoy"}]')
    assert [failed.place for failed in failures(path)] == [""]


def test_the_reader_survives_wrong_types_everywhere() -> None:
    records, messages = FORMATS
    assert isinstance(records, RecordFormat)
    assert isinstance(messages, StreamFormat)
    source = source_of(OPENAI / "request.json")
    record = json.loads((OPENAI / "request.json").read_text())
    survive(lambda value: records.read(value, source), record, 1000)
    survive(lambda value: messages.read(iter(value), source), record["messages"], 1000)
    for value in (record, record["messages"], None, 1, "x", [None]):
        assert isinstance(records.fits(value), bool)
        assert isinstance(messages.fits(value if isinstance(value, list) else [value]), bool)
