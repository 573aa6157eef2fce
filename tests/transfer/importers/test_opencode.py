"""What becomes of a session that opencode exported."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers import RecordFormat
from hfs.transfer.importers.opencode import FORMATS
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, folded, read, said, source_of

EXPORT: Final = FIXTURES / "opencode" / "export.json"
UNTITLED: Final = FIXTURES / "opencode" / "untitled.json"


def _session() -> dict[str, Any]:
    session: dict[str, Any] = json.loads(EXPORT.read_text(encoding="utf-8"))
    return session


def _read(tmp_path: Path, session: dict[str, Any]) -> Conversation:
    path = tmp_path / "session.json"
    path.write_text(json.dumps(session), encoding="utf-8")
    (conversation,) = read(path, "opencode")
    return conversation


def test_a_session_has_its_title_its_folder_and_its_times() -> None:
    (session,) = read(EXPORT, "opencode")

    assert (session.id, session.name) == ("ses_6b1f0c2a7ffeAbCdEfGhIjKlMn", "Parser fails on tabs")
    assert session.created_at == datetime(2026, 9, 9, 6, 40, tzinfo=UTC)
    assert session.extra == {"cwd": "/w/parser", "source_url": "https://opncd.ai/share/abc123", "archived": True}


def test_only_what_was_said_is_chat() -> None:
    (session,) = read(EXPORT, "opencode")

    assert said(session) == [
        ("user", "Why does @parse.py fail on tabs?"),
        ("assistant", "I will look."),
        ("assistant", "It splits on spaces only."),
    ]
    assert folded(session) == [
        ("system prompt", "Answer in one sentence."),
        ("context", "Called the Read tool: parse.py"),
        ("notice", "a plugin says hello"),
        ("tool result", "parse.py:3"),
        ("tool result", "exit 1"),
        ("summary", "We looked at tabs."),
        ("undone", "Rewrite it in Rust"),
        ("subtask", "Review the change"),
        ("undone", "Sure, fir"),
        ("error", "APIError: overloaded"),
    ]


def test_calls_that_stand_together_come_before_their_results() -> None:
    (session,) = read(EXPORT, "opencode")

    messages = session.branches[0].messages
    at = next(at for at, one in enumerate(messages) if one.tool_calls)
    assert (messages[at].content, messages[at].reasoning, messages[at].model) == (
        "I will look.",
        "Look at the lexer.",
        "claude-x",
    )
    assert messages[at].tool_calls == [
        {"id": "call_1", "name": "grep", "arguments": {"pattern": "\\t"}},
        {"id": "call_2", "name": "bash", "arguments": {"command": "pytest"}},
        {"id": "call_3", "name": "bash", "arguments": {"command": "sleep 9"}},
    ]
    assert [one.extra.get("tool_call_id") for one in messages[at + 1 : at + 3]] == ["call_1", "call_2"]


def test_what_follows_a_result_within_one_message_is_a_message_of_its_own() -> None:
    (session,) = read(UNTITLED, "opencode")

    shown = [(one.role, one.content, bool(one.tool_calls)) for one in session.branches[0].messages]
    assert shown == [
        ("user", "hello", False),
        ("assistant", "hi", True),
        ("tool", "done", False),
        ("assistant", "that was it", False),
    ]


def test_files_are_kept_without_their_bytes() -> None:
    (session,) = read(EXPORT, "opencode")

    question = next(one for one in session.branches[0].messages if one.id == "msg_01")
    assert question.attachments == [
        {"name": "parse.py", "type": "text/plain", "url": "file:///w/parser/parse.py"},
        {"name": "screen.png", "type": "image/png", "size": 8},
    ]
    result = next(one for one in session.branches[0].messages if one.content == "parse.py:3")
    assert result.attachments == [{"name": "file", "type": "image/png", "size": 8}]
    assert session.tally.skipped["attachment's bytes"] == 2


def test_what_says_nothing_is_counted() -> None:
    (session,) = read(EXPORT, "opencode")
    (untitled,) = read(UNTITLED, "opencode")

    assert session.tally.skipped == {
        "attachment's bytes": 2,
        "step marker": 2,
        "patch": 1,
        "mention of an agent": 1,
        "compaction marker": 1,
        "todo": 1,
    }
    assert session.tally.unknown == {}
    assert untitled.tally.unknown == {'part of type "hologram"': 1}


def test_an_answer_that_was_cut_short_says_so() -> None:
    (session,) = read(EXPORT, "opencode")

    cut = next(one for one in session.branches[0].messages if one.id == "msg_07")
    assert cut.status == "interrupted"
    assert cut.extra == {"error": "MessageAbortedError: The operation was aborted."}


def test_without_an_undo_everything_is_chat(tmp_path: Path) -> None:
    session = _session()
    del session["info"]["revert"]

    conversation = _read(tmp_path, session)

    assert said(conversation)[-2:] == [("user", "Rewrite it in Rust"), ("assistant", "Sure, fir")]


def test_a_title_that_is_only_a_time_is_none() -> None:
    (session,) = read(UNTITLED, "opencode")

    assert session.name is None


def test_ids_are_told_apart_and_stay_the_same(tmp_path: Path) -> None:
    session = _session()
    session["messages"].append(session["messages"][0])

    ids = [one.id for one in _read(tmp_path, session).branches[0].messages]

    assert None not in ids and len(set(ids)) == len(ids)
    (first,) = read(EXPORT, "opencode")
    assert ids[: len(first.branches[0].messages)] == [one.id for one in first.branches[0].messages]


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"info": {"id": "s"}, "messages": [{"role": "user", "content": "x"}]}, id="other messages"),
        pytest.param({"info": [], "messages": []}, id="no session"),
        pytest.param({"messages": [{"info": {}, "parts": []}]}, id="no info"),
        pytest.param([], id="no object"),
    ],
)
def test_other_shapes_are_not_taken_for_it(record: object) -> None:
    form = FORMATS[0]
    assert isinstance(form, RecordFormat)
    assert not form.fits(record)


@pytest.mark.parametrize("path", [pytest.param(EXPORT, id="export"), pytest.param(UNTITLED, id="untitled")])
def test_wrong_types_everywhere_are_survived(path: Path) -> None:
    form = FORMATS[0]
    assert isinstance(form, RecordFormat)
    source = source_of(path)

    survive(lambda record: form.read(record, source), json.loads(path.read_text(encoding="utf-8")))
