"""Sessions in ShareGPT's shape."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hfs.persistence import MessageModel
from hfs.transfer.exporters.sharegpt import EXPORTER
from tests.transfer.exporters.sample import UID, assert_golden, empty, plain, sample, together
from tests.transfer.importers.reading import read, said


def test_the_bytes_are_those_of_the_golden_file() -> None:
    assert_golden("sample.sharegpt.json", EXPORTER.render(sample()))


def test_one_session_and_several_are_a_list() -> None:
    assert len(json.loads(EXPORTER.render(plain()))) == 1
    assert [len(one["conversations"]) for one in json.loads(together(EXPORTER, plain(), empty()))] == [2, 0]
    assert json.loads(together(EXPORTER)) == []


def test_speakers_have_the_names_of_the_format() -> None:
    (session,) = json.loads(EXPORTER.render(sample()))
    assert session["id"] == UID
    assert {turn["from"] for turn in session["conversations"]} == {"system", "human", "gpt", "function_call", "tool"}
    assert all(set(turn) == {"from", "value"} for turn in session["conversations"])


def test_an_exported_session_comes_back_with_the_same_roles_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "sample.json"
    path.write_bytes(together(EXPORTER, sample(), plain()))
    rich, simple = read(path, "sharegpt")
    chat = [(one.role, one.content) for one in sample().messages if one.hidden is None and one.role != "system"]
    assert rich.id == UID
    assert said(rich) == chat
    assert said(simple) == [("user", "hi"), ("assistant", "hello")]


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        pytest.param('{"n": 1.50}', '{"name": "run", "arguments": {"n": 1.50}}', id="json"),
        pytest.param({"n": 1}, '{"name": "run", "arguments": {"n": 1}}', id="an object"),
        pytest.param("{oops", '{"name": "run", "arguments": "{oops"}', id="no json"),
        pytest.param("NaN", '{"name": "run", "arguments": "NaN"}', id="no number of json"),
        pytest.param("[" * 90 + "]" * 90, None, id="nested too deep"),
        pytest.param("[" * 100_000, None, id="nested without end"),
    ],
)
def test_a_call_is_json_with_its_arguments_as_values(arguments: object, value: str | None) -> None:
    session = plain()
    moment = session.created_at
    calls = [{"id": "a", "name": "run", "arguments": arguments}]
    session.messages[1:1] = [
        MessageModel(0, 13, "assistant", "", moment, extra={"hidden": "tool call", "tool_calls": calls}),
        MessageModel(0, 13, "tool", "done", moment, extra={"hidden": "tool result", "tool_call_id": "a"}),
    ]
    (written,) = json.loads(EXPORTER.render(session))
    turns = written["conversations"]
    assert [turn["from"] for turn in turns] == ["human", "function_call", "tool", "gpt"]
    assert turns[1]["value"] == value or (value is None and json.loads(turns[1]["value"])["arguments"] == arguments)
