"""Sessions of Mistral Vibe, of both generations."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers import IMPORTERS, StreamFormat, claude_code, codex, gemini_cli, gptme, mistral_vibe
from hfs.transfer.importers.mistral_vibe import FORMATS
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, folded, read, said, source_of

FOLDER: Final = FIXTURES / "mistral-vibe"
SESSION: Final = FOLDER / "session_20260812_101500_5f0c1d2e"
LOG: Final = SESSION / "messages.jsonl"
WHOLE: Final = FOLDER / "session_20251210_203409_0a0a0a0a.json"


def _records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _one(path: Path) -> Conversation:
    (conversation,) = read(path, "mistral-vibe")
    return conversation


def test_a_session_is_read() -> None:
    conversation = _one(LOG)
    assert conversation.id == "5f0c1d2e-0000-4000-8000-000000000001"
    assert conversation.name == "A failing build"
    assert conversation.created_at == datetime(2026, 8, 12, 10, 15, tzinfo=UTC)
    assert said(conversation) == [
        ("user", "why does the build fail?"),
        ("assistant", "A rule is missing."),
        ("user", "see this"),
    ]


def test_prompts_context_and_tools_are_folded() -> None:
    assert folded(_one(LOG)) == [
        ("system prompt", "You are a command line agent."),
        ("context", "<context>The folder has 4 files.</context>"),
        ("tool call", ""),
        ("tool result", "error: no rule"),
    ]


def test_a_call_carries_its_reasoning_and_its_result_its_name() -> None:
    messages = _one(LOG).branches[0].messages
    (call,) = [one for one in messages if one.tool_calls]
    assert call.reasoning == "The log tells."
    assert call.tool_calls == [{"id": "call9", "name": "bash", "arguments": '{"command": "make"}'}]
    (result,) = [one for one in messages if one.role == "tool"]
    assert result.extra == {"name": "bash", "tool_call_id": "call9"}


def test_messages_keep_their_ids() -> None:
    ids = [one.id for one in _one(LOG).branches[0].messages]
    assert ids == ["system_prompt", "u-1", "u-2", "a-1", "call9", "a-2", "u-3"]


def test_pictures_are_named() -> None:
    (asked,) = [one for one in _one(LOG).branches[0].messages if one.attachments]
    assert asked.attachments == [{"name": "screen.png", "type": "image/png"}]


def test_only_the_safe_fields_of_the_metadata_come_in() -> None:
    for path in (LOG, WHOLE):
        conversation = _one(path)
        assert "not-for-import" not in repr(conversation)
        assert "someone" not in repr(conversation)
    assert _one(LOG).extra == {"cwd": "/w/build", "git_branch": "main"}


@pytest.mark.parametrize(
    ("title", "source", "name"),
    [
        pytest.param("why does the…", "auto", None, id="the-beginning-of-the-first-message"),
        pytest.param("why does the…", "manual", "why does the…", id="unless-a-person-wrote-it"),
        pytest.param("Untitled session", "auto", None, id="a-placeholder"),
        pytest.param("A failing build", "auto", "A failing build", id="a-models-title"),
        pytest.param(None, "auto", None, id="none"),
    ],
)
def test_a_title_that_nobody_gave_is_none(tmp_path: Path, title: str | None, source: str, name: str | None) -> None:
    path = Path(shutil.copy(LOG, tmp_path))
    (tmp_path / "meta.json").write_text(json.dumps({"title": title, "title_source": source}))
    assert _one(path).name == name


@pytest.mark.parametrize("metadata", [None, "", "[", "[]", "7", "{}"])
def test_a_session_without_its_metadata_is_read(tmp_path: Path, metadata: str | None) -> None:
    path = Path(shutil.copy(LOG, tmp_path))
    if metadata is not None:
        (tmp_path / "meta.json").write_text(metadata)
    conversation = _one(path)
    assert (conversation.id, conversation.name, conversation.created_at) == (None, None, None)
    assert len(said(conversation)) == 3


def test_a_session_of_the_older_generation_is_read() -> None:
    conversation = _one(WHOLE)
    assert conversation.id == "0a0a0a0a-0000-4000-8000-000000000002"
    assert said(conversation) == [("user", "hello"), ("assistant", "Hi.")]
    assert folded(conversation) == [("system prompt", "You are an agent.")]
    assert conversation.extra == {"cwd": "/w/first", "git_branch": "main"}


def test_what_is_not_known_is_counted() -> None:
    assert dict(_one(LOG).tally.unknown) == {'record of role "hologram"': 1}


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({"role": "user", "content": "hello"}, id="a-plain-message"),
        pytest.param({"messages": [{"role": "user", "content": "hello"}]}, id="an-object-with-messages"),
        pytest.param({"role": "user", "content": "hello", "timestamp": "2026-05-04T09:00:00"}, id="gptme"),
        pytest.param({"id": "1", "role": "user", "content": "hello", "message_id": "1"}, id="with-another-id"),
        pytest.param({"metadata": {"session_id": "x"}, "messages": []}, id="metadata-without-a-start"),
    ],
)
def test_other_messages_are_not_taken_for_a_session(record: Any) -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    assert not form.fits([record])


def test_wrong_types_everywhere_are_survived() -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    source = source_of(LOG)
    survive(lambda records: form.read(iter(records), source), _records(LOG))


def test_wrong_types_in_the_metadata_are_survived(tmp_path: Path) -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    source = source_of(Path(shutil.copy(LOG, tmp_path)))

    def read_with(metadata: Any) -> list[Conversation]:
        (tmp_path / "meta.json").write_text(json.dumps(metadata))
        return list(form.read(iter(_records(LOG)), source))

    survive(read_with, json.loads((SESSION / "meta.json").read_text()))


def test_wrong_types_in_the_older_generation_are_survived() -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    source = source_of(WHOLE)
    survive(lambda record: form.read(iter([record]), source), json.loads(WHOLE.read_text()))


AGENTS: Final = {
    module.FORMATS[0].name: module.FORMATS[0] for module in (claude_code, codex, gemini_cli, gptme, mistral_vibe)
}


@pytest.mark.parametrize("name", AGENTS)
def test_no_agents_records_are_taken_for_another_format(name: str) -> None:
    for path in sorted((FIXTURES / name).rglob("*.jsonl")):
        records = []
        for line in path.read_text().splitlines():
            if not line.startswith("{"):
                continue
            records.append(json.loads(line))
            told = [form.name for form in IMPORTERS if isinstance(form, StreamFormat) and form.fits(records[:20])]
            assert set(told[:1]) <= {name}, (path, len(records), told)
