"""Sessions as OpenAI's messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hfs.persistence import MessageModel, SessionModel
from hfs.transfer.exporters.openai import EXPORTER
from tests.transfer.exporters.sample import assert_golden, empty, plain, sample, together
from tests.transfer.importers.reading import read, said


def exported(session: SessionModel) -> list[dict[str, Any]]:
    messages = json.loads(EXPORTER.render(session))["messages"]
    assert isinstance(messages, list)
    return messages


def exchange(*parts: dict[str, Any]) -> SessionModel:
    """A session with a question, these messages, and an answer."""
    session = plain()
    moment = session.created_at
    between = [
        MessageModel(0, 13, part.pop("role"), part.pop("content", ""), moment, extra=part) for part in map(dict, parts)
    ]
    session.messages[1:1] = between
    return session


def call(*ids: str, **more: Any) -> dict[str, Any]:
    calls = [{"id": one, "name": "run", "arguments": {"n": 1.5}} for one in ids]
    return {"role": "assistant", "hidden": "tool call", "tool_calls": calls, **more}


def result(identity: str) -> dict[str, Any]:
    return {"role": "tool", "content": f"of {identity}", "hidden": "tool result", "tool_call_id": identity}


def test_the_bytes_are_those_of_the_golden_file() -> None:
    assert_golden("sample.openai.jsonl", EXPORTER.render(sample()))


def test_several_sessions_are_a_line_each() -> None:
    lines = together(EXPORTER, sample(), plain(), empty()).splitlines()
    assert [len(json.loads(line)["messages"]) for line in lines] == [11, 2, 0]


def test_a_plain_session_is_its_roles_and_texts_only() -> None:
    assert exported(plain()) == [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]


def test_an_exported_session_comes_back_with_the_same_roles_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "sample.jsonl"
    path.write_bytes(together(EXPORTER, sample(), plain()))
    rich, simple = read(path, "openai")
    chat = [(one.role, one.content) for one in sample().messages if one.hidden is None and one.role != "system"]
    assert said(rich) == chat
    assert said(simple) == [("user", "hi"), ("assistant", "hello")]
    again = [(one.role, one.hidden) for one in rich.branches[0].messages if one.hidden is not None]
    assert again == [
        ("system", "system prompt"),
        ("assistant", "tool call"),
        ("tool", "tool result"),
        ("tool", "tool result"),
        ("system", "system prompt"),
    ]


def test_a_folded_system_prompt_is_told_and_other_folded_messages_are_not() -> None:
    session = exchange(
        {"role": "system", "content": "Be terse.", "hidden": "system prompt"},
        {"role": "user", "content": "<context/>", "hidden": "context"},
        {"role": "assistant", "content": "What came before.", "hidden": "summary"},
    )
    assert [one["content"] for one in exported(session)] == ["hi", "Be terse.", "hello"]


def test_both_forms_of_a_call_become_the_one_of_the_api() -> None:
    theirs = {"id": "b", "type": "function", "function": {"name": "look", "arguments": '{"at": "x"}'}}
    both = call("a")
    both["tool_calls"].append(theirs)
    messages = exported(exchange(both, result("b"), result("a")))
    assert messages[1] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "run", "arguments": '{"n": 1.5}'}},
            theirs,
        ],
    }
    assert messages[2:4] == [
        {"role": "tool", "tool_call_id": "b", "content": "of b"},
        {"role": "tool", "tool_call_id": "a", "content": "of a"},
    ]


def test_calls_made_at_once_in_a_message_each_become_one_message() -> None:
    messages = exported(exchange(call("a"), call("b"), result("a"), result("b"), call("c"), result("c")))
    assert [[one["id"] for one in message.get("tool_calls", ())] for message in messages] == [
        [], ["a", "b"], [], [], ["c"], [], [],
    ]  # fmt: skip


def test_a_text_with_calls_keeps_both() -> None:
    session = exchange(call("a", hidden=None, content="Let me look."), result("a"))
    session.messages[1].extra.pop("hidden")
    message = exported(session)[1]
    assert message["content"] == "Let me look."
    assert message["tool_calls"][0]["id"] == "a"


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([call("a")], id="no result"),
        pytest.param([call("a"), result("b")], id="another call's result"),
        pytest.param([call("a", "b"), result("a")], id="a result is missing"),
        pytest.param([call("a", "a"), result("a"), result("a")], id="two calls with one id"),
        pytest.param([call("a"), result("a") | {"role": "user"}], id="a result that is no tool's"),
        pytest.param([call("a"), {"role": "user", "content": "", "hidden": "context"}, result("a")], id="torn apart"),
        pytest.param([result("a")], id="no call"),
        pytest.param([{**call("a"), "tool_calls": [{"id": "a"}]}, result("a")], id="no name"),
        pytest.param([{**call("a"), "tool_calls": [{"name": "run"}]}, result("a")], id="no id"),
        pytest.param([{**call("a"), "tool_calls": ["a", None]}, result("a")], id="calls that are no objects"),
        pytest.param([{**call("a"), "tool_calls": {"id": "a"}}, result("a")], id="calls that are no list"),
        pytest.param([call("a", hidden="command"), result("a")], id="folded as something else"),
    ],
)
def test_tools_whose_calls_and_results_do_not_match_are_left_out(parts: list[dict[str, Any]]) -> None:
    assert [one["content"] for one in exported(exchange(*parts))] == ["hi", "hello"]


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        pytest.param(None, "{}", id="none"),
        pytest.param("", "{}", id="empty"),
        pytest.param("{not json", "{not json", id="no json"),
        pytest.param({"a": "\u202e"}, '{"a": "\\u202e"}', id="an object"),
        pytest.param([], "[]", id="a list"),
    ],
)
def test_arguments_are_json_as_a_text(arguments: object, written: str) -> None:
    asked = call("a")
    asked["tool_calls"][0]["arguments"] = arguments
    messages = exported(exchange(asked, result("a")))
    assert messages[1]["tool_calls"][0]["function"]["arguments"] == written


def test_roles_that_no_api_knows_and_empty_messages_are_left_out() -> None:
    session = exchange({"role": "narrator", "content": "Meanwhile."}, {"role": "assistant", "content": ""})
    assert [one["role"] for one in exported(session)] == ["user", "assistant"]
