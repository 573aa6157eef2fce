"""Claude's export: blocks, pastes, branches, and what older ones have instead."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.transfer.conversation import Conversation, ForeignMessage
from hfs.transfer.importers.claude_ai import FORMATS
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, folded, read, said, source_of

_FOLDER: Final = FIXTURES / "claude"
_NEW: Final = _FOLDER / "conversations.json"
_ROOT: Final = "00000000-0000-4000-8000-000000000000"


def _broad() -> Conversation:
    return read(_NEW, "claude")[0]


def _weather() -> Conversation:
    return read(_NEW, "claude")[1]


def _one(tmp_path: Path, **keys: Any) -> Conversation:
    """A conversation of one message."""
    record = {"uuid": "k", "chat_messages": [{"uuid": "m", "sender": "assistant", **keys}]}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([record]), encoding="utf-8")
    (conversation,) = read(path, "claude")
    return conversation


def _messages(conversation: Conversation) -> list[ForeignMessage]:
    return conversation.branches[0].messages


def test_a_paste_without_a_text_is_what_was_said_and_is_kept_once() -> None:
    conversation = _broad()
    assert said(conversation) == [("user", "pasted text"), ("assistant", "It is broad.")]
    assert _messages(conversation)[0].attachments == []


def test_a_named_paste_without_a_text_keeps_its_name(tmp_path: Path) -> None:
    paste = {"file_name": "log.txt", "file_size": 3, "file_type": "txt", "extracted_content": "log"}
    (message,) = _messages(_one(tmp_path, sender="human", text="", content=[], attachments=[paste]))
    assert message.content == "log"
    assert message.attachments == [{"name": "log.txt", "type": "txt", "size": 3}]


def test_a_paste_beside_a_text_stays_an_attachment_with_its_text() -> None:
    thanks = _messages(_weather())[-1]
    assert thanks.content == "Thanks!"
    assert thanks.attachments == [
        {"name": "notes.txt", "type": "text/plain", "size": 5, "content": "notes"},
        {"name": "sky.png", "type": "image", "ref": "f1"},
    ]


def test_thinking_is_the_reasoning_of_the_answer() -> None:
    answer = _messages(_broad())[1]
    assert (answer.reasoning, answer.content) == ("private", "It is broad.")
    assert answer.attachments == [{"name": "a.png"}]


def test_titles_and_times_are_kept_and_an_empty_title_is_none() -> None:
    assert _broad().name is None
    assert _broad().created_at == datetime(2026, 2, 14, 10, 4, 22, tzinfo=UTC)
    conversation = _weather()
    assert (conversation.id, conversation.name) == ("k2", "Weather")
    assert conversation.extra == {"pinned": True, "summary": "**Overview** About the weather."}


def test_calls_of_tools_and_their_results_are_folded_between_what_was_said() -> None:
    conversation = _weather()
    assert said(conversation) == [
        ("user", "Will it rain in Porto?"),
        ("assistant", "Let me look. "),
        ("assistant", "Yes, take an umbrella."),
        ("user", "Thanks!"),
    ]
    assert folded(conversation) == [("tool result", "Rain, 14 degrees\n\nForecast\nhttps://example.org/f")]
    call, result, answer = _messages(conversation)[1:4]
    assert call.tool_calls == [{"id": "toolu_1", "name": "weather", "arguments": {"city": "Porto"}}]
    assert (result.role, result.extra) == ("tool", {"name": "weather", "tool_call_id": "toolu_1"})
    assert (call.reasoning, answer.reasoning) == ("I need a forecast.", "So it rains")
    assert answer.extra["citations"] == [{"title": "Forecast", "url": "https://example.org/f"}]
    assert conversation.tally.skipped == {"token budget": 1}


def test_the_ids_of_a_turn_in_parts_are_the_same_in_every_export() -> None:
    assert [message.id for message in _messages(_weather())] == ["w1", "w2", "w2#2", "w2#3", "w3"]


def test_the_way_to_the_current_leaf_comes_first_and_an_edited_question_is_a_fork() -> None:
    conversation = _weather()
    assert [branch.key for branch in conversation.branches] == [None, "w4"]
    assert said(conversation, 1)[-1] == ("user", "And tomorrow?")
    assert [message.id for message in conversation.branches[1].messages][:4] == ["w1", "w2", "w2#2", "w2#3"]


def test_without_a_current_leaf_the_newest_one_is_taken(tmp_path: Path) -> None:
    records = json.loads(_NEW.read_text(encoding="utf-8"))
    del records[1]["current_leaf_message_uuid"]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    assert said(read(path)[1])[-1] == ("user", "And tomorrow?")


def test_without_parents_the_order_of_the_file_counts() -> None:
    (conversation,) = read(_FOLDER / "old.json", "claude")
    assert [message.id for message in _messages(conversation)] == ["p1", "p2"]
    assert len(conversation.branches) == 1


def test_documents_in_an_old_answer_become_code_and_thoughts_reasoning() -> None:
    (conversation,) = read(_FOLDER / "old.json")
    answer = _messages(conversation)[1]
    assert answer.content == 'Here:\n\n**Greet & leave**\n\n```python\nprint("hi")\n```\n\nRun it.'
    assert answer.reasoning == "A script is an artifact."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Use `<antArtifact>` here.", "Use `<antArtifact>` here.", id="only named"),
        pytest.param(
            '<antArtifact identifier="a" title="T">cut', '<antArtifact identifier="a" title="T">cut', id="cut"
        ),
        pytest.param(
            '<antArtifact identifier="a" type="text/markdown" title="T"># H</antArtifact>',
            "**T**\n\n# H",
            id="Markdown",
        ),
        pytest.param('<antArtifact identifier="a" type="text/html"><p></antArtifact>', "```html\n<p>\n```", id="HTML"),
    ],
)
def test_only_whole_documents_are_taken_out_of_an_answer(text: str, shown: str, tmp_path: Path) -> None:
    assert _messages(_one(tmp_path, text=text))[0].content == shown


@pytest.mark.parametrize(
    ("keys", "content"),
    [
        pytest.param({"text": "placeholder", "content": [{"type": "text", "text": "real"}]}, "real", id="both"),
        pytest.param({"text": "real", "content": [{"type": "text", "text": ""}]}, "real", id="empty block"),
        pytest.param({"text": "real"}, "real", id="no blocks"),
        pytest.param({"text": "real", "content": None}, "real", id="null"),
        pytest.param(
            {"content": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]}, "One.\n\nTwo.", id="two"
        ),
        pytest.param({"content": [{"type": "voice_note", "text": "real"}]}, "real", id="voice"),
    ],
)
def test_blocks_count_more_than_the_text_beside_them(keys: dict[str, Any], content: str, tmp_path: Path) -> None:
    assert [message.content for message in _messages(_one(tmp_path, **keys))] == [content]


def test_a_sentence_that_goes_on_in_the_next_block_is_not_torn_however_many_there_are(tmp_path: Path) -> None:
    blocks = [{"type": "text", "text": "so"}, *([{"type": "text", "text": " on"}] * 300_000)]
    assert [len(message.content) for message in _messages(_one(tmp_path, content=blocks))] == [900_002]


def test_a_placeholder_for_a_tool_is_not_passed_off_as_an_answer(tmp_path: Path) -> None:
    blocks = [{"type": "tool_use", "id": "t", "name": "artifacts", "input": {"id": "a"}}]
    (message,) = _messages(_one(tmp_path, text="This block is not supported.", content=blocks))
    assert (message.content, message.hidden) == ("", "tool call")


def test_thinking_alone_and_a_failed_tool_are_folded(tmp_path: Path) -> None:
    thinking = {"type": "thinking", "thinking": "Hm."}
    failed = {"type": "tool_result", "tool_use_id": "t", "content": "no such file", "is_error": True}
    result, thought = _messages(_one(tmp_path, content=[failed, thinking]))
    assert (result.hidden, result.content, result.extra["is_error"]) == ("tool result", "no such file", True)
    assert (thought.hidden, thought.content, thought.reasoning) == ("thinking", "", "Hm.")


def test_the_bytes_of_an_image_that_a_tool_gave_are_left_out(tmp_path: Path) -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="}}
    conversation = _one(tmp_path, content=[{"type": "tool_result", "content": [image]}])
    assert _messages(conversation)[0].attachments == [{"type": "image/png", "size": 5}]
    assert conversation.tally.skipped == {"attachment's bytes": 1}


@pytest.mark.parametrize(
    ("keys", "skipped", "unknown"),
    [
        pytest.param({"text": " "}, {"empty message": 1}, {}, id="empty"),
        pytest.param({"sender": "critic"}, {}, {'message of role "critic"': 1}, id="role"),
        pytest.param(
            {"content": [{"type": "dance"}]}, {"empty message": 1}, {'content of type "dance"': 1}, id="block"
        ),
        pytest.param({"content": [3]}, {"empty message": 1}, {"content that is no object": 1}, id="number"),
    ],
)
def test_what_becomes_no_message_is_counted(
    keys: dict[str, Any], skipped: dict[str, int], unknown: dict[str, int], tmp_path: Path
) -> None:
    conversation = _one(tmp_path, **keys)
    assert conversation.branches == []
    assert (dict(conversation.tally.skipped), dict(conversation.tally.unknown)) == (skipped, unknown)


def test_an_answer_that_was_truncated_is_marked(tmp_path: Path) -> None:
    assert _messages(_one(tmp_path, text="half", truncated=True))[0].status == "interrupted"


def test_a_message_that_is_there_twice_is_read_once(tmp_path: Path) -> None:
    message = {"uuid": "m", "sender": "human", "text": "hi", "parent_message_uuid": _ROOT}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"uuid": "k", "chat_messages": [message, message]}]), encoding="utf-8")
    (conversation,) = read(path)
    assert said(conversation) == [("user", "hi")]
    assert conversation.tally.skipped == {"message that is there twice": 1}


def test_lines_of_conversations_are_read_too() -> None:
    assert [(one.id, said(one)) for one in read(_FOLDER / "lines.jsonl", "claude")] == [
        ("l1", [("user", "hi")]),
        ("l2", [("user", "ho")]),
    ]


@pytest.mark.parametrize("path", sorted(_FOLDER.rglob("*.json")), ids=lambda path: path.name)
def test_the_reader_survives_wrong_things_everywhere(path: Path) -> None:
    source = source_of(path)
    for record in json.loads(path.read_text(encoding="utf-8")):
        survive(lambda value: FORMATS[0].read(value, source), record, 300)


def test_a_reference_to_a_character_of_five_thousand_digits_stays_text(tmp_path: Path) -> None:
    endless = f"&#{'9' * 5000};"
    text = f'<antArtifact identifier="a" title="{endless}">x</antArtifact>'
    assert said(_one(tmp_path, text=text)) == [("assistant", f"**{endless}**\n\nx")]
