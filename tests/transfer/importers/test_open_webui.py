"""Open WebUI's export: the tree in its history, and what it writes into texts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.transfer.conversation import Conversation, ForeignMessage
from hfs.transfer.importers.open_webui import FORMATS
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, folded, read, said, source_of

_FOLDER: Final = FIXTURES / "open-webui"
_CHATS: Final = _FOLDER / "chats.json"


def _chat(number: int) -> Conversation:
    return read(_CHATS, "open-webui")[number]


def _one(tmp_path: Path, **keys: Any) -> Conversation:
    """A conversation of one message."""
    history = {"currentId": "m", "messages": {"m": {"id": "m", "parentId": None, "role": "assistant", **keys}}}
    path = tmp_path / "chat-export.json"
    path.write_text(json.dumps([{"id": "k", "chat": {"history": history}}]), encoding="utf-8")
    (conversation,) = read(path, "open-webui")
    return conversation


def _messages(conversation: Conversation) -> list[ForeignMessage]:
    return conversation.branches[0].messages


def test_the_history_counts_and_the_flat_copy_beside_it_does_not() -> None:
    conversation = _chat(0)
    assert said(conversation) == [("user", "hello"), ("assistant", "good d")]
    assert said(conversation, 1) == [("user", "hello"), ("assistant", "hi")]
    assert [branch.key for branch in conversation.branches] == ["c", None]


def test_seconds_and_milliseconds_are_told_apart(tmp_path: Path) -> None:
    moment = datetime(2026, 8, 28, 17, 40, 45, tzinfo=UTC)
    assert _chat(0).created_at == moment
    records = json.loads(_CHATS.read_text(encoding="utf-8"))
    del records[0]["created_at"]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    assert read(path)[0].created_at == moment.replace(microsecond=123000)
    assert _messages(_chat(0))[1].created_at == moment.replace(second=46)


def test_tags_archive_and_pin_are_kept() -> None:
    assert _chat(0).extra == {"archived": True, "pinned": True, "tags": ["greeting", "small talk"]}


def test_the_system_prompt_is_kept_folded_in_every_branch() -> None:
    conversation = _chat(0)
    assert folded(conversation) == folded(conversation, 1) == [("system prompt", "Be kind.")]


def test_files_are_named_and_their_bytes_left_out() -> None:
    conversation = _chat(0)
    assert _messages(conversation)[1].attachments == [
        {"type": "image/png", "size": 5},
        {"name": "a.txt", "type": "text/plain", "size": 5, "ref": "f1", "content": "apple"},
    ]
    assert conversation.tally.skipped == {"attachment's bytes": 1}


def test_an_answer_that_is_not_done_is_marked_and_its_sources_are_kept() -> None:
    answer = _messages(_chat(0))[-1]
    assert (answer.status, answer.model) == ("interrupted", "n")
    assert answer.extra == {"citations": [{"title": "Manners", "url": "https://example.org/m"}]}


def test_reasoning_in_the_text_is_taken_out_of_it() -> None:
    answer = _messages(_chat(1))[1]
    assert (answer.content, answer.reasoning) == ("255", "15 * 10 + 15 * 7\n<sum>")


def test_calls_of_tools_in_the_text_are_folded_and_other_details_stay() -> None:
    call, result, answer = _messages(_chat(1))[3:]
    assert call.content == "Let me look."
    assert call.tool_calls == [{"id": "call_1", "name": "get_weather", "arguments": '{"city": "Oslo"}'}]
    assert (result.hidden, result.content) == ("tool result", "Sunny > 20")
    assert answer.content == "It is sunny.\n<details>\n<summary>More</summary>\nhtml of the answer\n</details>"
    assert [call.id, result.id, answer.id] == ["d", "d#2", "d#3"]


def test_what_a_newer_version_keeps_beside_the_text_tells_more_than_the_text() -> None:
    conversation = _chat(2)
    assert said(conversation) == [("user", "Paris?"), ("assistant", "Rain."), ("assistant", "Take a coat.")]
    assert folded(conversation) == [("tool call", ""), ("tool result", "rain"), ("tool result", "ok")]
    call = _messages(conversation)[1]
    assert call.reasoning == "I should ask the tool."
    assert call.tool_calls == [{"id": "c1", "name": "get_weather", "arguments": '{"city":"Paris"}'}]


def test_a_text_that_was_edited_counts_more_than_what_was_kept_of_it(tmp_path: Path) -> None:
    output = [
        {"type": "reasoning", "content": [{"text": "Hm."}]},
        {"type": "message", "content": [{"type": "output_text", "text": "before"}]},
    ]
    (message,) = _messages(_one(tmp_path, content="after", output=output))
    assert (message.content, message.reasoning) == ("after", "Hm.")


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        pytest.param(
            '<details type="reasoning" done="false">\n<summary>Thinking…</summary>\n> cut', "", "cut", id="cut short"
        ),
        pytest.param(
            '<details type="reasoning">\n> a <details>\n> b </details> c\n</details>\nx',
            "x",
            "a <details>\nb </details> c",
            id="nested, old and unescaped",
        ),
        pytest.param(
            'Write `<details type="reasoning">` so.', 'Write `<details type="reasoning">` so.', "", id="named"
        ),
        pytest.param("<think>\nhm\n</think>\n\nyes", "yes", "hm", id="tags"),
    ],
)
def test_only_what_open_webui_wrote_is_taken_out(content: str, text: str, reasoning: str, tmp_path: Path) -> None:
    (message,) = _messages(_one(tmp_path, content=content))
    assert (message.content, message.reasoning) == (text, reasoning)


def test_code_that_was_run_is_folded_with_its_output(tmp_path: Path) -> None:
    content = (
        '<details type="code_interpreter" done="true" output="{&quot;stdout&quot;: &quot;4&quot;}">\n'
        "<summary>Analyzed</summary>\n```python\n2 + 2\n```\n</details>\nFour."
    )
    call, result, answer = _messages(_one(tmp_path, content=content))
    assert call.tool_calls == [{"name": "code_interpreter", "arguments": "```python\n2 + 2\n```"}]
    assert (call.hidden, result.content, answer.content) == ("tool call", '{"stdout": "4"}', "Four.")


def test_a_single_chat_with_nothing_but_a_list_is_read_in_its_order() -> None:
    (conversation,) = read(_FOLDER / "one-chat.json", "open-webui")
    assert said(conversation) == [("user", "look")]
    assert folded(conversation) == [("system prompt", "You are terse."), ("error", "The model is gone.")]
    assert _messages(conversation)[1].attachments == [{"type": "image", "ref": "/api/v1/files/f9/content"}]
    assert [message.id for message in _messages(conversation)] == ["x", "y", "z"]


def test_a_chat_without_the_row_around_it_is_read_too(tmp_path: Path) -> None:
    chat = json.loads(_CHATS.read_text(encoding="utf-8"))[1]["chat"]
    path = tmp_path / "chat.json"
    path.write_text(json.dumps(chat), encoding="utf-8")
    (conversation,) = read(path, "open-webui")
    assert (conversation.id, conversation.name, len(said(conversation))) == (None, "Thoughts", 5)


@pytest.mark.parametrize(
    ("keys", "skipped", "unknown"),
    [
        pytest.param({"content": ""}, {"empty message": 1}, {}, id="empty"),
        pytest.param({"role": "critic", "content": "x"}, {}, {'message of role "critic"': 1}, id="role"),
        pytest.param(
            {"output": [{"type": "dance"}]}, {"empty message": 1}, {'content of type "dance"': 1}, id="output"
        ),
        pytest.param({"content": [{"type": "dance"}]}, {"empty message": 1}, {'content of type "dance"': 1}, id="part"),
    ],
)
def test_what_becomes_no_message_is_counted(
    keys: dict[str, Any], skipped: dict[str, int], unknown: dict[str, int], tmp_path: Path
) -> None:
    conversation = _one(tmp_path, **keys)
    assert conversation.branches == []
    assert (dict(conversation.tally.skipped), dict(conversation.tally.unknown)) == (skipped, unknown)


@pytest.mark.parametrize("path", sorted(_FOLDER.rglob("*.json")), ids=lambda path: path.name)
def test_the_reader_survives_wrong_things_everywhere(path: Path) -> None:
    source = source_of(path)
    value = json.loads(path.read_text(encoding="utf-8"))
    for record in value if isinstance(value, list) else [value]:
        survive(lambda value: FORMATS[0].read(value, source), record, 300)


def test_a_reference_to_a_character_of_five_thousand_digits_stays_text(tmp_path: Path) -> None:
    endless = f"&#{'9' * 5000};"
    content = (
        f'<details type="tool_calls" name="f" arguments="{endless}">{endless}</details>\n'
        f'<details type="reasoning">&gt; {endless}</details>\nText'
    )
    message, result, answer = _messages(_one(tmp_path, content=content))
    assert message.tool_calls == [{"name": "f", "arguments": endless}]
    assert result.content == endless
    assert (answer.reasoning, answer.content) == (f"&gt; {endless}", "Text")


@pytest.mark.timeout(20)
def test_an_attribute_that_is_one_endless_word_takes_a_moment(tmp_path: Path) -> None:
    content = f"<details {'a' * 300_000}>x</details>"
    assert said(_one(tmp_path, content=content)) == [("assistant", content)]
