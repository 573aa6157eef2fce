"""aichat's sessions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers._yaml import load_yaml
from hfs.transfer.importers.aichat import read_session
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, failures, folded, read, said, source_of

AICHAT = FIXTURES / "aichat"
HARBOUR = AICHAT / "harbour.yaml"


def imported(tmp_path: Path, text: str, name: str = "session.yaml") -> Conversation:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    (conversation,) = read(path, "aichat")
    return conversation


def reason(tmp_path: Path, text: str) -> str:
    path = tmp_path / "session.yaml"
    path.write_text(text, encoding="utf-8")
    (failed,) = failures(path, "aichat")
    return failed.reason


def test_compressed_messages_come_before_the_others() -> None:
    (conversation,) = read(HARBOUR, "aichat")
    assert said(conversation) == [
        ("user", "When is high tide?"),
        ("assistant", "12:30"),
        ("user", "What is on this picture?"),
        ("assistant", "A quay:\n\n```\n~~~ sea ~~~\n```"),
        ("user", "And the ships?"),
        ("assistant", "Let me look."),
        ("assistant", "Anna and Berta."),
    ]


def test_prompts_summaries_and_tools_are_folded() -> None:
    (conversation,) = read(HARBOUR)
    assert [label for label, _ in folded(conversation)] == ["system prompt", "summary", "tool result", "tool result"]
    calling, ships, noon = conversation.branches[0].messages[7:10]
    assert calling.tool_calls == [
        {"id": "call_1", "name": "list_ships", "arguments": {"quay": 3, "moored": True}},
        {"id": "call_2", "name": "now", "arguments": "{}"},
    ]
    assert (ships.content, ships.extra) == (
        '{"ships": ["Anna", "Berta"]}',
        {"name": "list_ships", "tool_call_id": "call_1"},
    )
    assert (noon.role, noon.content) == ("tool", "noon")


def test_an_image_is_named_after_its_file_and_its_bytes_are_left_out() -> None:
    (conversation,) = read(HARBOUR)
    assert conversation.branches[0].messages[4].attachments == [{"name": "quay.png", "type": "image/png", "size": 8}]
    assert conversation.tally.skipped == Counter({"attachment's bytes": 1})


def test_it_is_named_after_its_file_and_has_neither_id_nor_times() -> None:
    (conversation,) = read(HARBOUR)
    assert (conversation.name, conversation.id, conversation.created_at) == ("harbour", None, None)
    assert all(one.id is None and one.created_at is None for one in conversation.branches[0].messages)
    assert {one.model for one in conversation.branches[0].messages} == {None, "openai:gpt-4o-mini"}


def test_a_name_that_aichat_made_loses_its_time() -> None:
    (conversation,) = read(next((AICHAT / "_").iterdir()))
    assert conversation.name == "tides-and-ships"


def test_a_temporary_session_has_no_name(tmp_path: Path) -> None:
    assert imported(tmp_path, "model: m\nmessages:\n- role: user\n  content: hi\n", "temp.yaml").name is None


def test_texts_that_yaml_takes_for_other_values_stay_texts(tmp_path: Path) -> None:
    texts = ["12:30", "2026-01-02", "yes", "0o17", "1_000", ".inf", "1e999", "<<", "0x1f", "=", "-", "9" * 50]
    turns = "".join(f"- role: user\n  content: {text}\n" for text in texts if text not in "-")
    conversation = imported(tmp_path, f"model: m\nmessages:\n{turns}")
    assert [text for _, text in said(conversation)] == [text for text in texts if text != "-"]


def test_instructions_of_an_agent_are_a_system_prompt_once(tmp_path: Path) -> None:
    session = "model: m\nagent_instructions: Keep watch.\nmessages:\n"
    asked = "- role: user\n  content: hi\n"
    assert folded(imported(tmp_path, session + asked)) == [("system prompt", "Keep watch.")]
    given = "- role: system\n  content: Keep watch.\n"
    assert folded(imported(tmp_path, session + given + asked)) == [("system prompt", "Keep watch.")]


def test_thoughts_before_an_answer_are_its_reasoning(tmp_path: Path) -> None:
    turns = "- role: assistant\n  content: |-\n    <think>\n    Hm.\n    </think>\n    Yes.\n"
    (answer,) = imported(tmp_path, f"model: m\nmessages:\n{turns}").branches[0].messages
    assert (answer.content, answer.reasoning) == ("Yes.", "Hm.")


def test_what_is_odd_is_counted(tmp_path: Path) -> None:
    turns = (
        "- role: user\n  content: hi\n- 3\n- role: captain\n  content: ahoy\n- content: x\n"
        "- role: user\n  content: ''\n"
        "- role: tool\n  content:\n    tool_results:\n    - 1\n    - call:\n        name: run\n      output: null\n"
        "- role: user\n  content:\n    oops: 1\n"
    )
    conversation = imported(tmp_path, f"model: m\nmessages:\n{turns}")
    assert said(conversation) == [("user", "hi")]
    assert conversation.tally.skipped == Counter({"empty message": 3})
    assert conversation.tally.unknown == Counter(
        {
            "message that is no object": 1,
            'message of role "captain"': 1,
            "message without a role": 1,
            "tool result that is no object": 1,
            "content without a type": 1,
        }
    )


def test_a_session_without_messages_is_empty(tmp_path: Path) -> None:
    assert imported(tmp_path, "model: m\nmessages: []\n").branches == []


def test_aliases_are_refused_before_they_multiply(tmp_path: Path) -> None:
    lines = ["model: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert "aliases" in reason(tmp_path, "\n".join([*lines, "messages: *a29"]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("model: " + "[" * 100_000, "nest", id="flow lists"),
        pytest.param("model: " + "{a: " * 900, "nested", id="flow maps"),
        pytest.param("\n".join(" " * n + "a:" for n in range(2000)), "nested", id="block maps"),
        pytest.param("- " * 100_000 + "a", "nested", id="block lists"),
        pytest.param("model: !!python/object/apply:os.system [ls]", "tag", id="a tag that would run something"),
        pytest.param("model: !!binary aGk=", "tag", id="a tag of yaml"),
        pytest.param("? [a]\n: b", "key", id="a list as a key"),
        pytest.param("model: 'x", "line", id="no yaml"),
        pytest.param("model: \x01", "no YAML", id="a control character"),
        pytest.param("model: a\n---\nmodel: b", "several", id="several documents"),
        pytest.param("just text", "shape", id="a text"),
        pytest.param("- a\n- b", "shape", id="a list"),
        pytest.param("# nothing", "no YAML value", id="nothing"),
    ],
)
def test_what_is_no_session_is_refused_with_the_reason(tmp_path: Path, text: str, words: str) -> None:
    assert words in reason(tmp_path, text)


def test_yaml_of_another_shape_is_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text("model: x\nservices:\n- role: user\n")
    (failed,) = failures(path)
    assert failed.reason.startswith("it has not the shape of any format that hfs knows")


def test_yaml_values_are_those_of_json() -> None:
    text = "{a: 1, b: -2.50, c: true, d: null, e: ~, f: '1', g: , h: [x, 'y'], 7: z, i: \"\\e[1m\", j: 1e5, k: 007}"
    expected = {
        "a": 1, "b": -2.5, "c": True, "d": None, "e": None, "f": "1", "g": None, "h": ["x", "y"], "7": "z",
        "i": "\x1b[1m", "j": 1e5, "k": "007",
    }  # fmt: skip
    assert load_yaml(text) == expected


def test_it_is_read_as_well_without_the_fast_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = read(HARBOUR)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read(HARBOUR) == fast


def test_the_reader_survives_wrong_types_everywhere() -> None:
    source = source_of(HARBOUR)
    session = load_yaml(HARBOUR.read_text())
    survive(lambda value: read_session(value, source), session, 1000)
