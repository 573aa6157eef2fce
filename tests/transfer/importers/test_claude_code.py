"""Transcripts of Claude Code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers import StreamFormat
from hfs.transfer.importers.claude_code import FORMATS
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, folded, read, said, source_of

FOLDER: Final = FIXTURES / "claude-code"
PARSER: Final = FOLDER / "projects" / "-w-parser" / "3f0e7a52-8f3d-4a52-9c1e-5b1d6e0a7c11.jsonl"


def _records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _line(kind: str, uuid: str, parent: str | None, content: Any, **more: Any) -> dict[str, Any]:
    message = {"role": kind, "content": content}
    return {"type": kind, "uuid": uuid, "parentUuid": parent, "sessionId": "s", "message": message, **more}


def _one(path: Path) -> Conversation:
    (conversation,) = read(path, "claude-code")
    return conversation


def _read(tmp_path: Path, *records: Any) -> Conversation:
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return _one(path)


def test_only_what_the_person_and_the_model_said_is_chat() -> None:
    conversation = _one(PARSER)
    assert said(conversation) == [
        ("user", "fix the parser"),
        ("assistant", "I read both files first."),
        ("user", "and keep the old name working"),
        ("assistant", "The parser reads keys again, under both names."),
        ("user", "what is in this picture?"),
    ]
    assert folded(conversation) == [
        ("context", "Caveat: what follows was made by local commands."),
        ("tool result", "1\tKEY = 1"),
        ("tool result", "1 failed"),
        ("context", "<ide_opened_file>The user opened /w/parser/lexer.py</ide_opened_file>"),
        ("error", "API Error: overloaded"),
        ("context", "A background task has ended."),
    ]


def test_lines_that_share_an_api_message_become_one_message() -> None:
    answer = next(one for one in _one(PARSER).branches[0].messages if one.role == "assistant")
    assert answer.id == "a1"
    assert answer.reasoning == "Two files look related."
    assert answer.content == "I read both files first."
    assert [call["name"] for call in answer.tool_calls] == ["Read", "Bash"]
    assert answer.tool_calls[0] == {"id": "toolu_1", "name": "Read", "arguments": {"file_path": "/w/parser/lexer.py"}}
    assert answer.model == "claude-sonnet-x"
    assert answer.created_at == datetime(2026, 7, 2, 12, 55, 39, 100_000, UTC)


def test_the_results_of_parallel_calls_are_no_branch() -> None:
    conversation = _one(PARSER)
    assert [branch.key for branch in conversation.branches] == [None]
    results = [one for one in conversation.branches[0].messages if one.role == "tool"]
    assert [one.extra for one in results] == [
        {"name": "Read", "tool_call_id": "toolu_1"},
        {"name": "Bash", "tool_call_id": "toolu_2", "is_error": True},
    ]


def test_what_is_left_out_is_counted() -> None:
    assert dict(_one(PARSER).tally.skipped) == {
        "file-history-snapshot record": 1,
        "progress record": 1,
        "sidechain record": 2,
        "attachment record": 1,
        "system record": 1,
        "last-prompt record": 1,
        "attachment's bytes": 2,
    }
    assert not _one(PARSER).tally.unknown


def test_pictures_are_named_without_their_bytes() -> None:
    conversation = _one(PARSER)
    picture = {"name": "image", "type": "image/png", "size": 8}
    asked = next(one for one in conversation.branches[0].messages if one.content == "what is in this picture?")
    assert asked.attachments == [picture]
    assert [one.attachments for one in conversation.branches[0].messages if one.role == "tool"] == [[], [picture]]


def test_the_header_comes_from_the_records() -> None:
    conversation = _one(PARSER)
    assert conversation.id == "3f0e7a52-8f3d-4a52-9c1e-5b1d6e0a7c11"
    assert conversation.created_at == datetime(2026, 7, 2, 12, 55, 31, tzinfo=UTC)
    assert conversation.extra == {"cwd": "/w/parser", "git_branch": "main"}


def test_ids_are_unique_and_stay_while_the_file_grows(tmp_path: Path) -> None:
    whole = [one.id for one in _one(PARSER).branches[0].messages]
    assert None not in whole
    assert len(whole) == len(set(whole))
    shorter = _read(tmp_path, *_records(PARSER)[:18])
    assert [one.id for one in shorter.branches[0].messages] == whole[: len(shorter.branches[0].messages)]


def _summary(text: str, leaf: str) -> dict[str, Any]:
    return {"type": "summary", "summary": text, "leafUuid": leaf}


def _title(kind: str, title: str) -> dict[str, Any]:
    return {"type": kind, "customTitle" if kind == "custom-title" else "aiTitle": title}


@pytest.mark.parametrize(
    ("records", "title"),
    [
        pytest.param(
            [_title("custom-title", "old"), _title("custom-title", "mine"), _title("ai-title", "later")],
            "mine",
            id="the-persons-last-title-wins",
        ),
        pytest.param(
            [_title("ai-title", "old"), _title("ai-title", "made"), _summary("sum", "u1")],
            "made",
            id="the-programs-last-title-is-next",
        ),
        pytest.param([_summary("one", "u1"), _summary("two", "u1")], "two", id="then-the-last-summary"),
        pytest.param([_summary("mine", "u1"), _summary("x", "no")], "mine", id="of-this-session-and-no-other"),
        pytest.param([_summary("x", "n"), _summary("y", "m")], None, id="summaries-of-other-sessions-are-no-title"),
        pytest.param([], None, id="else-the-first-prompt-names-it"),
    ],
)
def test_titles_go_by_who_gave_them(tmp_path: Path, records: list[Any], title: str | None) -> None:
    assert _read(tmp_path, *records, _line("user", "u1", None, "hello")).name == title


def test_a_rewind_leaves_a_branch() -> None:
    conversation = _one(FOLDER / "rewound.jsonl")
    assert [branch.key for branch in conversation.branches] == ["u4", None]
    assert said(conversation) == [
        ("user", "name three rivers"),
        ("assistant", "Rhine, Rhone, Loire."),
        ("user", "now three lakes"),
        ("assistant", "Constance, Geneva, Garda."),
    ]


def test_an_answer_that_was_retried_after_an_error_is_not_lost() -> None:
    # The next prompt follows the error's record, and the answer hangs beside it.
    assert said(_one(FOLDER / "rewound.jsonl"), 1) == [
        ("user", "name three rivers"),
        ("assistant", "Rhine, Rhone, Loire."),
        ("user", "which is the longest?"),
        ("assistant", "The Rhine."),
        ("user", "and the shortest?"),
        ("assistant", "The Rhone."),
    ]


def test_a_rewind_to_the_very_beginning_leaves_a_branch(tmp_path: Path) -> None:
    conversation = _read(
        tmp_path,
        _line("user", "u1", None, "first"), _line("assistant", "a1", "u1", "one"),
        _line("user", "u2", None, "second"), _line("assistant", "a2", "u2", "two"),
    )  # fmt: skip
    assert [[one.content for one in branch.messages] for branch in conversation.branches] == [
        ["second", "two"],
        ["first", "one"],
    ]


@pytest.mark.parametrize(
    "parent", [pytest.param("nowhere", id="a-parent-that-is-missing"), pytest.param("a2", id="a-circle")]
)
def test_a_broken_chain_falls_back_to_the_order_of_the_file(tmp_path: Path, parent: str) -> None:
    conversation = _read(
        tmp_path,
        _line("user", "u1", None, "one"), _line("assistant", "a1", parent, "two"),
        _line("user", "u2", "a1", "three"), _line("assistant", "a2", "a1", "four"),
    )  # fmt: skip
    assert [[one.content for one in branch.messages] for branch in conversation.branches] == [
        ["one", "two", "three", "four"]
    ]


def test_a_child_may_stand_before_its_parent(tmp_path: Path) -> None:
    conversation = _read(
        tmp_path,
        _line("user", "u1", None, "one"),
        {"type": "attachment", "uuid": "h1", "parentUuid": "a1", "sessionId": "s", "attachment": {"type": "hook"}},
        _line("assistant", "a1", "u1", "two"), _line("user", "u2", "h1", "three"),
    )  # fmt: skip
    assert [content for _, content in said(conversation)] == ["one", "two", "three"]


def test_a_compacted_session_stays_one_conversation_with_its_summary_folded() -> None:
    conversation = _one(FOLDER / "compacted.jsonl")
    assert [branch.key for branch in conversation.branches] == [None]
    assert [content for _, content in said(conversation)] == [
        "port the tests", "Half of them are ported.", "and the rest", "All are ported.",
    ]  # fmt: skip
    assert [label for label, _ in folded(conversation)] == ["summary", "command", "command output"]
    assert conversation.name == "Tests ported"


def test_a_turn_that_only_calls_tools_says_nothing(tmp_path: Path) -> None:
    call = {"type": "tool_use", "id": "t", "name": "Bash", "input": {}}
    thought = {"type": "thinking", "thinking": "hm"}
    conversation = _read(
        tmp_path, _line("user", "u1", None, "go"), _line("assistant", "a1", "u1", [call]),
        _line("assistant", "a2", "a1", [thought]), _line("assistant", "a3", "a2", []), _line("user", "u2", "a3", " "),
    )  # fmt: skip
    assert folded(conversation) == [("tool call", ""), ("thinking", "")]
    assert conversation.tally.skipped["empty message"] == 2


def test_a_line_that_was_copied_counts_once(tmp_path: Path) -> None:
    conversation = _read(tmp_path, _line("user", "u1", None, "hello"), _line("user", "u1", None, "hello"))
    assert said(conversation) == [("user", "hello")]
    assert conversation.tally.skipped["repeated record"] == 1


def test_a_subagents_own_file_is_counted_and_holds_no_conversation(tmp_path: Path) -> None:
    conversation = _read(tmp_path, _line("user", "u1", None, "Search.", isSidechain=True, agentId="x"))
    assert conversation.branches == []
    assert conversation.tally.skipped["sidechain record"] == 1


def test_what_is_not_known_is_counted(tmp_path: Path) -> None:
    conversation = _read(
        tmp_path,
        _line("user", "u1", None, [{"type": "hologram"}, {"type": "text", "text": "hello"}]),
        {"type": "new"},
        7,
    )
    assert said(conversation) == [("user", "hello")]
    assert dict(conversation.tally.unknown) == {
        'content of type "hologram"': 1, 'record of type "new"': 1, "record that is no object": 1,
    }  # fmt: skip


def test_a_list_of_prompts_is_no_transcript() -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    assert not form.fits(_records(FOLDER / "history.jsonl"))


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.jsonl")), ids=lambda path: path.name)
def test_every_record_tells_the_format(path: Path) -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    told = [form.fits([record]) for record in _records(path)]
    assert all(told) or path.name == "history.jsonl"


@pytest.mark.parametrize("name", ["rewound.jsonl", "compacted.jsonl", str(PARSER)])
def test_wrong_types_everywhere_are_survived(name: str) -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    source = source_of(FOLDER / name)
    survive(lambda records: form.read(iter(records), source), _records(FOLDER / name))
