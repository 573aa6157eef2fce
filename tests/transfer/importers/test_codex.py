"""Rollouts of Codex, of all three generations."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers import StreamFormat
from hfs.transfer.importers.codex import FORMATS
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, folded, read, said, source_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FOLDER: Final = FIXTURES / "codex"
HOME: Final = FOLDER / "home"
ROLLOUT: Final = next(HOME.rglob("rollout-2026-*.jsonl"))
BARE: Final = next(HOME.rglob("rollout-2025-*.jsonl"))
WHOLE: Final = FOLDER / "rollout-2025-05-05-legacy-1.json"


def _records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _one(path: Path) -> Conversation:
    (conversation,) = read(path, "codex")
    return conversation


def _item(second: int, **payload: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-09-18T08:00:{second:02}.000Z", "type": "response_item", "payload": payload}


def _says(second: int, role: str, text: str) -> dict[str, Any]:
    kind = "input_text" if role == "user" else "output_text"
    return _item(second, type="message", role=role, content=[{"type": kind, "text": text}])


def _read(tmp_path: Path, *records: Any) -> Conversation:
    path = tmp_path / "rollout.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return _one(path)


def test_only_what_the_person_and_the_model_said_is_chat() -> None:
    assert said(_one(ROLLOUT)) == [
        ("user", "reply with just: ok"),
        ("assistant", "ok"),
        ("user", "what does this show, and do the tests pass?"),
        ("assistant", "A logo; all four tests pass."),
    ]


def test_instructions_tools_and_summaries_are_folded() -> None:
    assert [label for label, _ in folded(_one(ROLLOUT))] == [
        "system prompt",
        "system prompt",
        "context",
        "tool call",
        "tool result",
        "tool call",
        "tool result",
        "tool call",
        "summary",
        "agent message",
    ]


def test_injected_context_is_not_the_person_speaking() -> None:
    injected = next(one for one in _one(ROLLOUT).branches[0].messages if one.hidden == "context")
    assert injected.role == "user"
    assert "Be brief." in injected.content and "<cwd>" in injected.content


def test_events_that_repeat_a_message_are_not_read_again() -> None:
    tally = _one(ROLLOUT).tally
    assert tally.skipped["event that repeats a message"] == 2
    assert tally.skipped["event record"] == 1


def test_only_the_first_session_record_counts() -> None:
    conversation = _one(ROLLOUT)
    assert conversation.id == "01995a7e-0000-7000-8000-000000000001"
    assert conversation.created_at == datetime(2026, 9, 17, 8, 22, 50, tzinfo=UTC)
    assert conversation.extra == {"cwd": "/w/app", "git_branch": "main"}
    assert conversation.tally.skipped["copied session_meta record"] == 1


def test_each_turn_is_stamped_with_its_model() -> None:
    answers = [one for one in _one(ROLLOUT).branches[0].messages if one.role == "assistant"]
    assert [one.model for one in answers] == ["gpt-a", "gpt-b", "gpt-b", "gpt-b", "gpt-b"]


def test_reasoning_goes_to_the_answer_that_follows() -> None:
    conversation = _one(ROLLOUT)
    answer = next(one for one in conversation.branches[0].messages if one.content == "ok")
    assert answer.reasoning == "A short answer is wanted."
    assert conversation.tally.skipped["encrypted reasoning"] == 1


def test_reasoning_that_no_answer_followed_is_kept(tmp_path: Path) -> None:
    thought = _item(1, type="reasoning", summary=[{"type": "summary_text", "text": "hm"}])
    conversation = _read(tmp_path, _says(0, "user", "one"), thought, _says(2, "user", "two"), thought)
    assert [(one.content, one.reasoning, one.hidden) for one in conversation.branches[0].messages] == [
        ("one", "", None), ("", "hm", "thinking"), ("two", "", None), ("", "hm", "thinking"),
    ]  # fmt: skip


def test_calls_and_results_belong_together() -> None:
    messages = _one(ROLLOUT).branches[0].messages
    calls = [call for one in messages for call in one.tool_calls]
    assert calls == [
        {"id": "call_1", "name": "shell", "arguments": '{"command":["pytest","-q"]}'},
        {"id": "call_2", "name": "apply_patch", "arguments": "*** Begin Patch"},
        {"id": "ws_1", "name": "web_search", "arguments": {"type": "search", "query": "pytest quiet"}},
    ]
    results = [(one.content, one.extra) for one in messages if one.role == "tool"]
    assert results == [
        ("4 passed", {"name": "shell", "tool_call_id": "call_1"}),
        ("patch refused", {"name": "apply_patch", "tool_call_id": "call_2"}),
    ]


def test_pictures_are_named_without_their_bytes() -> None:
    conversation = _one(ROLLOUT)
    (asked,) = [one for one in conversation.branches[0].messages if one.attachments]
    assert asked.attachments == [{"name": "image", "type": "image/png", "size": 8}]
    assert conversation.tally.skipped["attachment's bytes"] == 1


def test_what_is_not_known_is_counted() -> None:
    tally = _one(ROLLOUT).tally
    assert dict(tally.unknown) == {'record of type "hologram"': 1}
    assert tally.skipped["world_state record"] == 1
    assert tally.skipped["ghost_snapshot item"] == 1


def test_the_last_name_in_the_list_of_sessions_counts() -> None:
    assert _one(ROLLOUT).name == "Tests and a logo"
    assert _one(BARE).name is None


def test_a_packed_rollout_reads_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "sessions" / "2026" / "09" / "17"
    folder.mkdir(parents=True)
    (tmp_path / "session_index.jsonl").write_bytes((HOME / "session_index.jsonl").read_bytes())
    packed = folder / f"{ROLLOUT.name}.zst"
    packed.write_bytes(zstd.compress(ROLLOUT.read_bytes()))
    assert _one(packed) == _one(ROLLOUT)


def test_a_file_without_envelopes_is_read() -> None:
    conversation = _one(BARE)
    assert conversation.id == "c3c4b301-27c8-4c70-b6e4-46b99fdf0236"
    assert conversation.created_at == datetime(2025, 8, 18, 1, 16, 13, 522_000, UTC)
    assert conversation.extra == {"cwd": "/w/old", "git_branch": "trunk"}
    assert said(conversation) == [("user", "rename the file"), ("assistant", "It is renamed.")]
    assert [label for label, _ in folded(conversation)] == ["context", "context", "tool call", "tool result"]
    assert conversation.tally.skipped == {"state record": 2}
    assert not conversation.tally.unknown


def test_what_an_editor_put_before_a_request_is_folded() -> None:
    assert folded(_one(BARE))[1][1].startswith("# Context from my IDE setup:")


def test_a_file_of_the_first_generation_is_read() -> None:
    conversation = _one(WHOLE)
    assert conversation.id == "legacy-1"
    assert said(conversation) == [("user", "do the thing"), ("assistant", "It is done.")]
    assert conversation.branches[0].messages[1].reasoning == "Which thing?"


def test_what_was_rolled_back_is_another_branch() -> None:
    conversation = _one(FOLDER / "rolled-back.jsonl")
    rivers = ["name three rivers", "Rhine, Rhone, Loire."]
    assert [[one.content for one in branch.messages] for branch in conversation.branches] == [
        [*rivers, "now three lakes", "Constance, Geneva, Garda."],
        [*rivers, "which is the longest?", "The Rhine."],
    ]


def test_what_was_rolled_back_last_is_still_there(tmp_path: Path) -> None:
    event = {"timestamp": "2026-09-18T08:00:09Z", "type": "event_msg"}
    rolled = {**event, "payload": {"type": "thread_rolled_back", "num_turns": 5}}
    conversation = _read(tmp_path, _says(0, "user", "one"), _says(1, "assistant", "two"), rolled)
    assert [content for _, content in said(conversation)] == ["one", "two"]
    assert [branch.key for branch in conversation.branches] == [None]


def test_ids_are_unique_and_stay_while_the_file_grows(tmp_path: Path) -> None:
    whole = [one.id for one in _one(ROLLOUT).branches[0].messages]
    assert None not in whole
    assert len(whole) == len(set(whole))
    shorter = _read(tmp_path, *_records(ROLLOUT)[:15]).branches[0].messages
    assert [one.id for one in shorter] == whole[: len(shorter)]


def test_a_subagents_rollout_is_counted_and_holds_no_conversation() -> None:
    conversation = _one(FOLDER / "subagent.jsonl")
    assert conversation.branches == []
    assert conversation.tally.skipped == {"message of a sub-agent": 2}


@pytest.mark.parametrize("name", ["session_index.jsonl", "history.jsonl"])
def test_lists_of_sessions_and_prompts_are_no_rollouts(name: str) -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    assert not form.fits(_records(HOME / name))


@pytest.mark.parametrize("path", [ROLLOUT, BARE, FOLDER / "rolled-back.jsonl"], ids=["enveloped", "bare", "branching"])
def test_wrong_types_everywhere_are_survived(path: Path) -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    source = source_of(path)
    survive(lambda records: form.read(iter(records), source), _records(path))


def test_wrong_types_in_a_file_of_the_first_generation_are_survived() -> None:
    (form,) = FORMATS
    assert isinstance(form, StreamFormat)
    source = source_of(WHOLE)
    survive(lambda record: form.read(iter([record]), source), json.loads(WHOLE.read_text()))
