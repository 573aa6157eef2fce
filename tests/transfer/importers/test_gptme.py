"""Logs of gptme: a folder per conversation, a file per branch."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers import StreamFormat
from hfs.transfer.importers.gptme import FORMATS
from hfs.transfer.importing.reading import Reading
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, folded, read, said, source_of

FOLDER: Final = FIXTURES / "gptme"
TIDES: Final = FOLDER / "2026-05-04-tides"
LOG: Final = TIDES / "conversation.jsonl"


def _records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]


def _one(path: Path) -> Conversation:
    (conversation,) = read(path, "gptme")
    return conversation


def test_a_log_is_read() -> None:
    conversation = _one(LOG)
    assert conversation.id == "2026-05-04-tides"
    assert conversation.created_at == datetime(2026, 5, 4, 9, tzinfo=UTC)
    assert said(conversation) == [
        ("user", "plot the tides"),
        ("assistant", "I write a script.\n\n```save plot.py\nprint(1)\n```"),
        ("assistant", "The plot is in plot.py."),
    ]


def test_what_the_system_says_is_folded_by_where_it_stands() -> None:
    assert folded(_one(LOG)) == [
        ("system prompt", "You are gptme, an assistant in a terminal."),
        ("system prompt", "# Working directory\n/w/tides"),
        ("tool result", "Saved to plot.py"),
        ("notice", "Context is nearly full."),
    ]


def test_what_a_tool_answered_has_the_role_of_a_tool() -> None:
    (result,) = [one for one in _one(LOG).branches[0].messages if one.role == "tool"]
    assert result.extra == {"name": "save", "tool_call_id": "call-1"}


def test_thinking_is_taken_out_of_the_answer() -> None:
    answer = next(one for one in _one(LOG).branches[0].messages if one.role == "assistant")
    assert answer.reasoning == "A script will do."
    assert answer.model == "anthropic/claude-x"


def test_files_are_named() -> None:
    asked = next(one for one in _one(LOG).branches[0].messages if one.role == "user")
    assert asked.attachments == [{"name": "tides.csv", "type": "text/csv", "path": "/w/tides/tides.csv"}]


def test_the_title_comes_from_the_settings_beside_it_and_nothing_else_does() -> None:
    conversation = _one(LOG)
    assert conversation.name == "Tides over a month"
    assert conversation.extra == {"cwd": "/w/tides"}
    assert "not-for-import" not in repr(conversation)


@pytest.mark.parametrize(
    "config", [b"", b"[chat", b"chat = 3", b"x = " + b"9" * 5000, b"[chat]\nname = 7", b"\xff\xfe"]
)
def test_settings_that_say_nothing_leave_the_name_open(tmp_path: Path, config: bytes) -> None:
    folder = tmp_path / "talk"
    folder.mkdir()
    shutil.copy(LOG, folder)
    (folder / "config.toml").write_bytes(config)
    assert _one(folder / "conversation.jsonl").name in (None, "7")


def test_a_damaged_line_is_counted_and_the_rest_is_read() -> None:
    reading = Reading(source_of(LOG))
    assert len(list(reading.conversations())) == 1
    assert reading.left_out == {"damaged line": 1}


def test_lines_without_a_time_are_read() -> None:
    conversation = _one(FOLDER / "2023-11-02-old-log" / "conversation.jsonl")
    assert said(conversation) == [("user", "hello"), ("assistant", "Hi.")]
    assert conversation.created_at is None


def test_a_file_of_a_branch_is_a_fork_of_its_conversation() -> None:
    conversation = _one(TIDES / "branches" / "main-undo-0.jsonl")
    assert conversation.id == _one(LOG).id
    assert conversation.name == "Tides over a month"
    assert [branch.key for branch in conversation.branches] == [None, "main-undo-0"]
    assert conversation.branches[0] == _one(LOG).branches[0]
    assert said(conversation, 1) == [("user", "plot the winds"), ("assistant", "Which winds?")]


def test_a_file_of_a_branch_stands_alone_where_its_conversation_is_gone(tmp_path: Path) -> None:
    (tmp_path / "talk" / "branches").mkdir(parents=True)
    path = Path(shutil.copy(TIDES / "branches" / "main-undo-0.jsonl", tmp_path / "talk" / "branches"))
    conversation = _one(path)
    assert conversation.id == "talk"
    assert [branch.key for branch in conversation.branches] == ["main-undo-0"]


def test_a_branch_with_nothing_of_its_own_is_left_out() -> None:
    conversation = _one(TIDES / "branches" / "main-edit-0.jsonl")
    assert [branch.key for branch in conversation.branches] == [None]
    assert conversation.tally.skipped == {"branch with nothing of its own": 1}


def test_a_shortened_copy_is_counted_and_holds_no_conversation() -> None:
    conversation = _one(TIDES / "views" / "compacted-001.jsonl")
    assert conversation.branches == []
    assert conversation.tally.skipped == {"message of a shortened copy": 2}


def test_a_file_that_was_moved_away_has_no_id(tmp_path: Path) -> None:
    assert _one(Path(shutil.copy(LOG, tmp_path / "talk.jsonl"))).id is None


def test_what_is_not_known_is_counted(tmp_path: Path) -> None:
    (tmp_path / "talk").mkdir()
    path = tmp_path / "talk" / "conversation.jsonl"
    odd = [{"role": "robot", "content": "?"}, {"role": "user", "content": 3}, 7, {"role": "user", "content": " "}]
    path.write_text(LOG.read_text() + "".join(json.dumps(one) + "\n" for one in odd))
    tally = _one(path).tally
    assert dict(tally.unknown) == {
        'record of role "robot"': 1, 'record of role "user"': 1, "record that is no object": 1,
    }  # fmt: skip
    assert tally.skipped == {"empty message": 1}


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"role": "user", "content": "hello"}, id="a-plain-message"),
        pytest.param({"role": "user", "content": "hello", "timestamp": 1787938846}, id="a-time-in-seconds"),
        pytest.param({"role": "user", "content": "hello", "timestamp": "soon"}, id="a-time-that-is-none"),
        pytest.param({"role": "tool", "content": "x", "timestamp": "2026-05-04T09:00:00"}, id="another-role"),
        pytest.param({"role": "user", "content": [], "timestamp": "2026-05-04T09:00:00"}, id="parts"),
        pytest.param(
            {"type": "message", "role": "user", "content": "x", "timestamp": "2026-05-04T09:00:00"}, id="a-type"
        ),
        pytest.param({"role": "user", "content": "x", "message_id": "1", "injected": False}, id="mistral-vibe"),
        pytest.param({"type": "session", "version": 3, "id": "x", "timestamp": "2026-05-04T09:00:00"}, id="pi"),
        pytest.param([], id="a-list"),
    ],
)
def test_other_messages_are_not_taken_for_a_log(record: Any) -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    assert not form.fits([record])


@pytest.mark.parametrize("name", ["conversation.jsonl", "branches/main-undo-0.jsonl"])
def test_wrong_types_everywhere_are_survived(name: str) -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    source = source_of(TIDES / name)
    survive(lambda records: form.read(iter(records), source), _records(TIDES / name))


def test_a_file_that_is_an_address_and_none_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "conversation.jsonl"
    files = ["http://[", "//[::1/a.png", "http://a\u2100b/c.pdf", "data:,", "\0"]
    record = {"role": "user", "content": "see", "timestamp": "2026-01-01T00:00:00", "files": files}
    path.write_text(json.dumps(record))
    (conversation,) = read(path, "gptme")
    attachments = conversation.branches[0].messages[0].attachments
    assert [file["path"] for file in attachments] == files
    assert [file.get("type") for file in attachments[1:3]] == ["image/png", "application/pdf"]
