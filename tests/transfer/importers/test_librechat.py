"""LibreChat's export: the flat list, the tree, and the parts of a message."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.transfer.conversation import Conversation, ForeignMessage
from hfs.transfer.importers import RecordFormat
from hfs.transfer.importers.librechat import FORMATS
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, folded, read, said, source_of

_FOLDER: Final = FIXTURES / "librechat"
_FLAT: Final = _FOLDER / "flat.json"
_TREE: Final = _FOLDER / "tree.json"


def _written(tmp_path: Path, record: dict[str, Any]) -> Conversation:
    path = tmp_path / "some name.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    (conversation,) = read(path, "librechat")
    return conversation


def _one(tmp_path: Path, **keys: Any) -> Conversation:
    """A conversation of one message."""
    message = {"messageId": "m", "isCreatedByUser": False, "sender": "GPT", **keys}
    return _written(tmp_path, {"conversationId": "k", "messages": [message]})


def _messages(conversation: Conversation) -> list[ForeignMessage]:
    return conversation.branches[0].messages


def test_a_flat_list_is_linked_by_its_parents_and_the_last_answer_is_the_active_one() -> None:
    (conversation,) = read(_FLAT, "librechat")
    assert said(conversation) == [
        ("user", "A pun, please."),
        ("assistant", "Let me search."),
        ("assistant", "A new p"),
    ]
    assert said(conversation, 1) == [("user", "A pun, please."), ("assistant", "An old pun.")]
    assert [branch.key for branch in conversation.branches] == ["a2", None]


def test_a_tree_is_read_as_the_list_is() -> None:
    (conversation,) = read(_TREE, "librechat")
    assert [branch.key for branch in conversation.branches] == ["r5", None]
    assert said(conversation, 1) == [
        ("user", "activate: no such file"),
        ("assistant", "Make one first."),
        ("user", "thanks"),
        ("assistant", "You're welcome!"),
    ]


def test_a_list_with_children_in_it_is_a_tree_whatever_it_is_called(tmp_path: Path) -> None:
    record = json.loads(_TREE.read_text(encoding="utf-8"))
    record["messages"] = record.pop("messagesTree")
    assert len(_written(tmp_path, record).branches) == 2


def test_a_tree_may_be_as_deep_as_a_chat_is_long() -> None:
    tree: dict[str, Any] = {"messageId": "0", "isCreatedByUser": True, "text": "0"}
    for number in range(1, 50_000):
        tree = {"messageId": str(number), "isCreatedByUser": True, "text": str(number), "children": [tree]}
    (reader,) = FORMATS
    assert isinstance(reader, RecordFormat)
    conversation = reader.read({"conversationId": "k", "messagesTree": [tree]}, source_of(_TREE))
    assert len(_messages(conversation)) == 50_000


def test_title_times_and_models_are_kept_and_the_hour_of_the_export_is_no_date() -> None:
    (conversation,) = read(_FLAT)
    assert (conversation.id, conversation.name, conversation.created_at) == ("7c1d", "A pun", None)
    asked, answer = _messages(conversation)[1:3]
    assert asked.created_at == datetime(2024, 5, 1, 16, 35, 11, 530000, UTC)
    assert (asked.model, answer.model) == (None, "gpt-q")


def test_of_the_options_only_the_system_prompt_is_kept_folded() -> None:
    (conversation,) = read(_FLAT)
    assert folded(conversation)[0] == ("system prompt", "You like puns.")
    assert conversation.extra == {}


def test_parts_of_an_answer_are_kept_in_their_order() -> None:
    (conversation,) = read(_FLAT)
    call, result, answer = _messages(conversation)[2:]
    assert (call.reasoning, call.content) == ("What do they like?", "Let me search.")
    assert call.tool_calls == [{"id": "t1", "name": "search", "arguments": '{"q":"pun"}'}]
    assert (result.hidden, result.content) == ("tool result", "a page")
    assert result.extra == {"name": "search", "tool_call_id": "t1"}
    assert answer.attachments == [
        {"name": "pun.png", "type": "image", "width": 4, "height": 3, "ref": "/images/pun.png"}
    ]
    assert (call.status, answer.status) == (None, "interrupted")
    assert conversation.tally.skipped == {"agent update": 1}


def test_files_of_a_question_are_named() -> None:
    (conversation,) = read(_FLAT)
    assert _messages(conversation)[1].attachments == [
        {"name": "pun.txt", "type": "text/plain", "size": 9, "ref": "/uploads/pun.txt"}
    ]


def test_thoughts_before_a_text_are_its_reasoning() -> None:
    (conversation,) = read(_TREE)
    answer = _messages(conversation)[1]
    assert (answer.reasoning, answer.content) == ("No venv there.", "Make one first.")


def test_an_error_is_folded_and_no_answer() -> None:
    (conversation,) = read(_TREE)
    assert folded(conversation) == [("error", "Something went wrong.")]


@pytest.mark.parametrize(
    ("call", "name", "arguments", "result"),
    [
        pytest.param(
            {"type": "function", "function": {"name": "f", "arguments": "{}", "output": "o"}},
            "f",
            "{}",
            "o",
            id="function",
        ),
        pytest.param(
            {
                "type": "code_interpreter",
                "code_interpreter": {"input": "1", "outputs": [{"type": "logs", "logs": "2"}]},
            },
            "code_interpreter",
            "1",
            "2",
            id="interpreter",
        ),
        pytest.param({"name": "g", "args": {"a": 1}, "output": "o"}, "g", {"a": 1}, "o", id="agent"),
    ],
)
def test_every_shape_of_a_call_is_known(
    call: dict[str, Any], name: str, arguments: object, result: str, tmp_path: Path
) -> None:
    called, given = _messages(_one(tmp_path, content=[{"type": "tool_call", "tool_call": call}]))
    assert (called.hidden, called.tool_calls) == ("tool call", [{"name": name, "arguments": arguments}])
    assert (given.hidden, given.content) == ("tool result", result)


def test_a_call_without_a_result_is_folded_alone(tmp_path: Path) -> None:
    (called,) = _messages(
        _one(tmp_path, content=[{"type": "tool_call", "tool_call": {"type": "retrieval", "id": "r"}}])
    )
    assert called.tool_calls == [{"id": "r", "name": "retrieval"}]


@pytest.mark.parametrize(
    ("keys", "content"),
    [
        pytest.param({"text": "x"}, "x", id="text"),
        pytest.param({"text": "", "content": [{"type": "text", "text": {"value": "x"}}]}, "x", id="value"),
        pytest.param({"text": "y", "content": [{"type": "text", "text": "x"}]}, "x", id="content first"),
        pytest.param({"text": "x", "content": []}, "x", id="no parts"),
    ],
)
def test_the_text_is_where_it_is(keys: dict[str, Any], content: str, tmp_path: Path) -> None:
    assert [message.content for message in _messages(_one(tmp_path, **keys))] == [content]


def test_an_error_among_the_parts_is_kept(tmp_path: Path) -> None:
    error = {"type": "error", "error": "no credit"}
    (alone,) = _messages(_one(tmp_path, content=[error]))
    assert (alone.hidden, alone.content) == ("error", "no credit")
    (beside,) = _messages(_one(tmp_path, content=[{"type": "text", "text": "half"}, error]))
    assert (beside.hidden, beside.content, beside.extra) == (None, "half", {"error": "no credit"})


@pytest.mark.parametrize(
    ("keys", "skipped", "unknown"),
    [
        pytest.param({"text": ""}, {"empty message": 1}, {}, id="empty"),
        pytest.param({"isCreatedByUser": None, "sender": None}, {}, {"message of nobody": 1}, id="nobody"),
        pytest.param({"content": [{"type": "dance"}]}, {"empty message": 1}, {'content of type "dance"': 1}, id="part"),
        pytest.param(
            {"attachments": [{"type": "web_search"}]},
            {"empty message": 1},
            {'attachment of type "web_search"': 1},
            id="attachment",
        ),
    ],
)
def test_what_becomes_no_message_is_counted(
    keys: dict[str, Any], skipped: dict[str, int], unknown: dict[str, int], tmp_path: Path
) -> None:
    conversation = _one(tmp_path, **keys)
    assert conversation.branches == []
    assert (dict(conversation.tally.skipped), dict(conversation.tally.unknown)) == (skipped, unknown)


def test_messages_without_parents_or_ids_follow_one_another(tmp_path: Path) -> None:
    messages = [{"sender": "User", "text": "a"}, {"sender": "GPT", "text": "b"}, {"sender": "User", "text": "c"}]
    conversation = _written(tmp_path, {"conversationId": "k", "messages": messages})
    assert said(conversation) == [("user", "a"), ("assistant", "b"), ("user", "c")]
    assert [message.id for message in _messages(conversation)] == [None, None, None]


@pytest.mark.parametrize("path", [_FLAT, _TREE], ids=["flat", "tree"])
def test_the_reader_survives_wrong_things_everywhere(path: Path) -> None:
    source = source_of(path)
    survive(lambda value: FORMATS[0].read(value, source), json.loads(path.read_text(encoding="utf-8")), 600)
