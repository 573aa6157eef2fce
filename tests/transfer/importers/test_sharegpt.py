"""ShareGPT's shape and its variants."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers import RecordFormat
from hfs.transfer.importers.sharegpt import FORMATS
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, folded, read, said, source_of

SHAREGPT = FIXTURES / "sharegpt"


def imported(tmp_path: Path, **record: Any) -> Conversation:
    path = tmp_path / "record.json"
    path.write_text(json.dumps([record]))
    (conversation,) = read(path, "sharegpt")
    return conversation


def test_speakers_become_roles() -> None:
    first, second = read(SHAREGPT / "conversations.json", "sharegpt")
    assert said(first) == [
        ("user", "How tall is the tower?"),
        ("assistant", "330 metres.\n\n- with antennas"),
        ("user", "And the bridge?"),
    ]
    assert said(second) == [
        ("user", "Weather in Lisbon?"),
        ("assistant", "Clear skies."),
        ("assistant", "Indeed."),
        ("assistant", "So it is."),
    ]


def test_the_system_prompt_calls_and_observations_are_folded() -> None:
    _, second = read(SHAREGPT / "conversations.json")
    assert folded(second) == [
        ("system prompt", "You may use tools."),
        ("tool call", ""),
        ("tool result", '{"sky": "clear"}'),
    ]
    assert second.branches[0].messages[2].tool_calls == [{"name": "get_weather", "arguments": {"city": "Lisbon"}}]


def test_what_is_left_out_is_counted() -> None:
    first, second = read(SHAREGPT / "conversations.json")
    assert first.tally.skipped == Counter({"empty message": 1})
    assert second.tally.skipped == Counter({"tool definition": 1})
    assert second.tally.unknown == Counter({'message of role "oracle"': 1})


def test_only_an_id_that_no_other_collection_has_is_the_conversation_s() -> None:
    assert [one.id for one in read(SHAREGPT / "conversations.json")] == [None, "0199f3c2-7d1e-7b6a-9a51-000000000021"]


def test_variants_of_the_keys_are_read_alike() -> None:
    found = read(SHAREGPT / "variants.jsonl", "sharegpt")
    texts = [("one", "1"), ("two", "2"), ("three", "3"), ("four", "4"), ("five", "5"), ("<image>\nsix", "6")]
    assert [said(one) for one in found] == [[("user", asked), ("assistant", answer)] for asked, answer in texts]
    assert found[0].branches[0].messages[1].model == "some-model"
    assert folded(found[3]) == [("system prompt", "Count.")]
    assert found[3].branches[0].messages[2].reasoning == "3 + 1"
    assert found[5].branches[0].messages[0].attachments == [{"name": "six.jpg", "type": "image"}]


def test_messages_with_roles_and_contents_are_openai_s(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text('{"messages": [{"role": "user", "content": "hi"}]}')
    assert [one.format for one in read(path)] == ["openai"]


def test_an_object_around_a_chatgpt_export_is_not_taken_for_it() -> None:
    (form,) = FORMATS
    assert isinstance(form, RecordFormat)
    assert not form.fits({"conversations": [{"title": "x", "mapping": {}, "role": "user", "content": "y"}]})


@pytest.mark.parametrize(
    ("value", "calls"),
    [
        pytest.param('{"name": "a", "arguments": {"n": 1}}', [{"name": "a", "arguments": {"n": 1}}], id="one"),
        pytest.param('[{"name": "a"}, {"name": "b"}]', [{"name": "a"}, {"name": "b"}], id="several"),
        pytest.param("look(at=quay)", [{"arguments": "look(at=quay)"}], id="no json"),
        pytest.param('{"tool": "a"}', [{"arguments": '{"tool": "a"}'}], id="no name"),
        pytest.param(
            '{"name": "a", "arguments": 1e999}', [{"arguments": '{"name": "a", "arguments": 1e999}'}], id="inf"
        ),
        pytest.param('{"name": "a", "arguments": NaN}', [{"name": "a"}], id="nan"),
        pytest.param("[" * 100_000, [{"arguments": "[" * 100_000}], id="nested without end"),
        pytest.param("[]", [{"arguments": "[]"}], id="an empty list"),
    ],
)
def test_the_text_of_a_call_is_its_name_and_arguments(tmp_path: Path, value: str, calls: list[Any]) -> None:
    conversation = imported(tmp_path, conversations=[{"from": "function_call", "value": value}])
    (message,) = conversation.branches[0].messages
    assert (message.content, message.hidden, message.tool_calls) == ("", "tool call", calls)


def test_odd_turns_are_counted(tmp_path: Path) -> None:
    turns = [{"from": "human", "value": "hi"}, None, {"value": "x"}, {"from": "human", "value": None}, {"from": 3}]
    conversation = imported(tmp_path, conversations=turns, images=["a/b.png", 3, "data:image/png;base64,AA=="])
    assert said(conversation) == [("user", "hi")]
    assert conversation.branches[0].messages[0].attachments == [
        {"name": "b.png", "type": "image"},
        {"name": "image", "type": "image"},
    ]
    assert conversation.tally.unknown == Counter({"message that is no object": 1, "message without a role": 2})
    assert conversation.tally.skipped == Counter({"empty message": 1})


def test_the_reader_survives_wrong_types_everywhere() -> None:
    (form,) = FORMATS
    assert isinstance(form, RecordFormat)
    source = source_of(SHAREGPT / "variants.jsonl")
    lines = (SHAREGPT / "variants.jsonl").read_text().splitlines()
    for record in (*json.loads((SHAREGPT / "conversations.json").read_text()), *map(json.loads, lines)):
        survive(lambda value: form.read(value, source), record, 200)
        assert form.fits(record)
    others: list[Any] = [None, 1, "x", [], {}, {"conversations": None}, {"messages": [1]}]
    assert not any(form.fits(other) for other in others)
