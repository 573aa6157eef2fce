"""What becomes of parllama's session files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from hfs.transfer.importers import RecordFormat
from hfs.transfer.importers.parllama import FORMATS
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, failures, folded, read, said, source_of

PARLLAMA: Final = FIXTURES / "parllama"
SESSION: Final = PARLLAMA / "session.json"
OLDER: Final = PARLLAMA / "session-0.3.json"


def test_a_session_has_its_name_and_the_model_that_it_is_set_to() -> None:
    (session,) = read(SESSION, "parllama")

    assert (session.id, session.name) == ("4f9d1c0e6a5b4d2c8e7f0a1b2c3d4e5f", "Tides")
    assert said(session) == [
        ("user", "Why are there tides?"),
        ("assistant", "The moon pulls."),
        ("user", "Only a file."),
    ]
    assert {one.model for one in session.branches[0].messages if one.role == "assistant"} == {"llama3.2"}


def test_a_session_has_no_time_that_would_be_another_in_the_next_export() -> None:
    (session,) = read(SESSION, "parllama")

    assert session.created_at is None
    assert {one.created_at for one in session.branches[0].messages} == {None}


def test_system_prompts_calls_and_results_are_folded() -> None:
    (session,) = read(SESSION, "parllama")

    assert folded(session) == [("system prompt", "Be brief."), ("tool call", ""), ("tool result", "high at 6")]
    call = session.branches[0].messages[2]
    assert call.tool_calls == [{"name": "almanac", "arguments": {"day": 1}}]


def test_thinking_belongs_to_the_answer() -> None:
    (session,) = read(SESSION, "parllama")

    assert [one.reasoning for one in session.branches[0].messages if one.reasoning] == ["Ask the almanac.", "Gravity."]


def test_images_and_documents_are_kept_without_their_bytes() -> None:
    (session,) = read(SESSION, "parllama")

    jpeg, png, document = session.branches[0].messages[1].attachments
    assert (jpeg["type"], jpeg["size"]) == ("image/jpeg", 6)
    assert png["url"] == "https://example.org/sea.png"
    assert document == {"name": "moon.md", "type": "text/markdown", "size": 12, "content": "The moon pul"}
    assert session.tally.skipped["attachment's bytes"] == 2


def test_a_message_that_is_nothing_but_a_document_says_what_that_says_once() -> None:
    (session,) = read(SESSION, "parllama")

    last = session.branches[0].messages[-1]
    assert last.content == "Only a file."
    assert "content" not in last.attachments[0]


def test_the_older_form_with_message_id_is_read() -> None:
    (session,) = read(OLDER, "parllama")

    assert (session.id, session.name) == ("0a1b2c3d4e5f", "My Chat")
    assert said(session) == [("user", "hello"), ("assistant", "hi")]
    assert [(one.id, one.model) for one in session.branches[0].messages] == [("old1", None), ("old2", "llama3")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("locked.json", "it is locked with a password", id="locked"),
        pytest.param("prompt.json", "it is a prompt that can be loaded, no conversation", id="prompt"),
    ],
)
def test_what_is_no_open_conversation_is_refused(name: str, reason: str) -> None:
    (failed,) = failures(PARLLAMA / name)

    assert failed.reason == reason


def test_fields_of_another_type_and_unknown_roles_are_counted(tmp_path: Path) -> None:
    session = json.loads(SESSION.read_text(encoding="utf-8"))
    session["messages"][1] |= {"content": 7, "images": "x", "documents": [3]}
    session["messages"][2]["role"] = "judge"
    path = tmp_path / "session.json"
    path.write_text(json.dumps(session), encoding="utf-8")

    (conversation,) = read(path, "parllama")

    assert conversation.tally.unknown == {
        "content that is no text": 1,
        "image of an unknown form": 1,
        "document of an unknown form": 1,
        'message of role "judge"': 1,
    }
    assert conversation.tally.skipped["empty message"] == 1


@pytest.mark.parametrize("path", [pytest.param(SESSION, id="session"), pytest.param(OLDER, id="older")])
def test_wrong_types_everywhere_are_survived(path: Path) -> None:
    form = FORMATS[0]
    assert isinstance(form, RecordFormat)
    source = source_of(path)

    survive(lambda record: form.read(record, source), json.loads(path.read_text(encoding="utf-8")))
