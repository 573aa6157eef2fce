"""ChatGPT's export, old and in shards: what is chat, what is folded, and which way through the tree counts."""

from __future__ import annotations

import copy
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.transfer.conversation import Conversation, ForeignMessage
from hfs.transfer.importers._chatgpt_text import without_marks
from hfs.transfer.importers.chatgpt import FORMATS
from hfs.transfer.importing.reading import Reading
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, failures, folded, read, said, source_of

_FOLDER: Final = FIXTURES / "chatgpt"
_LISBON: Final = _FOLDER / "conversations.json"
_SUM: Final = _FOLDER / "reasoning.json"


def _written(tmp_path: Path, *records: dict[str, Any]) -> Path:
    path = tmp_path / "some name.json"
    path.write_text(json.dumps(list(records)), encoding="utf-8")
    return path


def _lisbon() -> dict[str, Any]:
    (record,) = json.loads(_LISBON.read_text(encoding="utf-8"))
    assert isinstance(record, dict)
    return record


def _answer(content: object, role: str = "assistant", **keys: object) -> dict[str, Any]:
    """A conversation of one message."""
    message = {"author": {"role": role, "name": "python"}, "content": content, **keys}
    return {"id": "x", "mapping": {"a": {"parent": None, "message": message}}}


def _only(tmp_path: Path, record: dict[str, Any]) -> ForeignMessage:
    (conversation,) = read(_written(tmp_path, record), "chatgpt")
    ((message,),) = [branch.messages for branch in conversation.branches]
    return message


def _message(conversation: Conversation, id: str) -> ForeignMessage:
    return next(one for branch in conversation.branches for one in branch.messages if one.id == id)


def test_the_way_to_the_current_node_is_the_first_branch_whatever_the_order_of_the_mapping() -> None:
    (conversation,) = read(_LISBON, "chatgpt")
    assert said(conversation) == [
        ("user", "Three days in Lisbon?"),
        ("assistant", "Start with Belém.\n\nThen take tram 28."),
    ]
    assert folded(conversation) == [("tool result", "Lisbon\nhttps://example.org\npage")]
    assert [message.id for message in conversation.branches[0].messages] == ["n1", "n3", "n4"]


def test_an_answer_that_was_abandoned_becomes_a_fork() -> None:
    (conversation,) = read(_LISBON)
    assert [branch.key for branch in conversation.branches] == ["n3", None]
    assert said(conversation, 1) == [("user", "Three days in Lisbon?"), ("assistant", "abandoned answer")]


def test_title_times_models_and_archive_are_kept() -> None:
    (conversation,) = read(_LISBON)
    assert (conversation.id, conversation.name) == ("c1", "Lisbon")
    assert conversation.created_at == datetime(2024, 3, 9, 16, 0, 0, 500000, UTC)
    assert conversation.extra == {"archived": True}
    assert _message(conversation, "n4").model == "gpt-x"
    assert _message(conversation, "n2").model == "gpt-x-mini"
    assert _message(conversation, "n1").created_at == datetime(2024, 3, 9, 16, 0, 1, tzinfo=UTC)


def test_the_text_around_an_image_is_kept_and_the_image_is_named() -> None:
    (conversation,) = read(_LISBON)
    assert _message(conversation, "n4").attachments == [
        {"type": "image", "size": 48029, "width": 640, "height": 480, "ref": "sediment://file_0"}
    ]


def test_an_upload_that_is_named_twice_is_one_attachment() -> None:
    (conversation,) = read(_SUM, "chatgpt")
    assert _message(conversation, "ask").attachments == [
        {
            "name": "sheep.png",
            "type": "image/png",
            "size": 77,
            "width": 8,
            "height": 9,
            "ref": "file-service://file-Abc",
        },
        {"name": "notes.pdf", "type": "application/pdf", "size": 1234, "ref": "file-Def"},
    ]


def test_what_was_not_said_is_folded_and_an_empty_system_prompt_is_left_out() -> None:
    (conversation,) = read(_SUM)
    assert folded(conversation) == [
        ("system prompt", "You are a calculator."),
        ("context", "I count sheep.\n\nBe brief."),
        ("tool call", ""),
    ]
    assert conversation.tally.skipped == {"empty message": 1}
    assert not conversation.tally.unknown
    assert {one.role for one in conversation.branches[0].messages if one.hidden == "context"} == {"system"}


def test_thoughts_are_the_reasoning_of_what_follows_them() -> None:
    (conversation,) = read(_SUM)
    call = _message(conversation, "call")
    assert call.reasoning == "Multiplying\n17 times 20 is 340.\n\nAdding\nAnd 51 more."
    assert call.tool_calls == [{"name": "python", "arguments": "print(17 * 23)"}]
    assert _message(conversation, "code").reasoning == "Thought for 4 seconds"
    assert not _message(conversation, "final").reasoning


def test_thoughts_that_nothing_follows_are_kept_alone(tmp_path: Path) -> None:
    content = {"content_type": "thoughts", "thoughts": [{"summary": "Hm", "content": "No."}, {"chunks": ["a", "b"]}]}
    message = _only(tmp_path, _answer(content))
    assert (message.hidden, message.content, message.reasoning) == ("thinking", "", "Hm\nNo.\n\na\nb")


def test_each_of_two_answers_below_the_same_thoughts_has_them(tmp_path: Path) -> None:
    record = _lisbon()
    record["mapping"]["n3"]["message"] = {
        "author": {"role": "assistant"},
        "content": {"content_type": "thoughts", "thoughts": [{"content": "West or east?"}]},
    }
    record["mapping"]["n5"] = {**copy.deepcopy(record["mapping"]["n4"]), "id": "n5"}
    (conversation,) = read(_written(tmp_path, record))
    assert [_message(conversation, id).reasoning for id in ("n4", "n5")] == ["West or east?"] * 2
    assert not [one for branch in conversation.branches for one in branch.messages if one.hidden == "thinking"]


def test_code_and_its_output_are_shown_as_code() -> None:
    (conversation,) = read(_SUM)
    assert _message(conversation, "code").content == "````python\n17 * 23  # ```\n````"
    ran = _message(conversation, "ran")
    assert (ran.role, ran.hidden, ran.content, ran.extra) == ("tool", None, "```\n391\n```", {"name": "python"})


def test_marks_of_citations_are_stripped_and_the_sources_kept() -> None:
    (conversation,) = read(_SUM)
    final = _message(conversation, "final")
    assert final.content == "It is 391, as Fibonacci knew. See [the table](https://example.org/table)."
    assert final.extra["citations"] == [
        {"title": "Sums", "url": "https://example.org/sums"},
        {"title": "Tables", "url": "https://example.org/t"},
    ]


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        pytest.param("A【4:0†source】 b 【12†L1-L9】.", "A b.", id="brackets"),
        pytest.param("A \ue200cite\ue202turn0search0\ue202turn1view2\ue201.", "A.", id="private use"),
        pytest.param("A :contentReference[oaicite:3]{index=3} b", "A b", id="reference"),
        pytest.param("A \ue203marked\ue204 b\ue206", "A marked b", id="lone marks"),
        pytest.param("In \ue200entity\ue202broken\ue201 b", "In b", id="broken entity"),
        pytest.param("【注意】 日本 \uf8ff 【a†b】", "【注意】 日本 \uf8ff 【a†b】", id="what is no mark"),
        pytest.param("cut \ue200cite\ue202turn", "cut citeturn", id="cut short"),
    ],
)
def test_only_marks_are_stripped(text: str, stripped: str) -> None:
    assert without_marks(text) == stripped


@pytest.mark.parametrize(
    "text", ["\ue200" * 300_000, "【1†" * 200_000, " \t" * 300_000 + "\ue200", "\ue200entity\ue202" + "[" * 300_000]
)
def test_no_text_takes_long_to_strip(text: str) -> None:
    started = time.monotonic()
    without_marks(text)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("content", "keys", "hidden"),
    [
        pytest.param(
            {"content_type": "text", "parts": ["x"]},
            {"metadata": {"is_visually_hidden_from_conversation": True}},
            "hidden message",
            id="flagged",
        ),
        pytest.param({"content_type": "text", "parts": ["x"]}, {"recipient": "bio"}, "tool call", id="to a tool"),
        pytest.param({"content_type": "text", "parts": ["x"]}, {"channel": "analysis"}, "thinking", id="analysis"),
        pytest.param({"content_type": "tether_browsing_display", "result": "x"}, {}, "tool result", id="browsing"),
        pytest.param({"content_type": "model_editable_context", "model_set_context": "x"}, {}, "context", id="memory"),
        pytest.param({"content_type": "of_tomorrow", "text": "x"}, {}, "unknown content", id="unknown"),
        pytest.param({"content_type": "text", "parts": ["x"]}, {"recipient": None, "metadata": None}, None, id="chat"),
    ],
)
def test_what_an_assistant_did_not_say_is_folded(
    content: dict[str, Any], keys: dict[str, Any], hidden: str | None, tmp_path: Path
) -> None:
    message = _only(tmp_path, _answer(content, **keys))
    assert message.hidden == hidden
    assert "x" in f"{message.content}{message.reasoning}{message.tool_calls}"


@pytest.mark.parametrize(
    ("content", "hidden"),
    [
        pytest.param({"content_type": "execution_output", "text": "x"}, None, id="output"),
        pytest.param({"content_type": "tether_quote", "title": "t", "text": "x"}, None, id="quote"),
        pytest.param(
            {"content_type": "multimodal_text", "parts": [{"asset_pointer": "sediment://x"}]}, None, id="image"
        ),
        pytest.param({"content_type": "text", "parts": ["x"]}, "tool result", id="text"),
        pytest.param({"content_type": "system_error", "name": "E", "text": "x"}, "tool result", id="error"),
        pytest.param({"content_type": "sonic_webpage", "text": "x"}, "tool result", id="page"),
    ],
)
def test_of_tools_only_outputs_quotes_and_images_are_shown(
    content: dict[str, Any], hidden: str | None, tmp_path: Path
) -> None:
    message = _only(tmp_path, _answer(content, role="tool"))
    assert (message.role, message.hidden, message.extra["name"]) == ("tool", hidden, "python")


def test_a_system_message_that_a_person_wrote_is_shown(tmp_path: Path) -> None:
    content = {"content_type": "text", "parts": ["Be kind."]}
    message = _only(tmp_path, _answer(content, role="system", metadata={"is_user_system_message": True}))
    assert (message.role, message.hidden) == ("system", None)


@pytest.mark.parametrize(
    ("record", "skipped", "unknown"),
    [
        pytest.param(_answer(None), {"empty message": 1}, {}, id="no content"),
        pytest.param(_answer({"content_type": "text", "parts": ["  \n"]}), {"empty message": 1}, {}, id="blank"),
        pytest.param(_answer({"content_type": "new"}), {}, {'content of type "new"': 1}, id="unknown content"),
        pytest.param(
            _answer({"parts": [{"content_type": "hologram"}]}),
            {"empty message": 1},
            {'content of type "hologram"': 1},
            id="unknown part",
        ),
        pytest.param(_answer("hi", role="critic"), {}, {'message of role "critic"': 1}, id="unknown role"),
        pytest.param({"mapping": {"a": 1}}, {}, {"node that is no object": 1}, id="no node"),
        pytest.param({"mapping": {"a": {"message": "hi"}}}, {}, {"message that is no object": 1}, id="no message"),
    ],
)
def test_what_becomes_no_message_is_counted(
    record: dict[str, Any], skipped: dict[str, int], unknown: dict[str, int], tmp_path: Path
) -> None:
    (conversation,) = read(_written(tmp_path, record), "chatgpt")
    assert conversation.branches == []
    assert (dict(conversation.tally.skipped), dict(conversation.tally.unknown)) == (skipped, unknown)


def test_metadata_may_be_missing_everywhere(tmp_path: Path) -> None:
    record = _lisbon()
    for node in record["mapping"].values():
        if node["message"]:
            node["message"].pop("metadata", None)
    (conversation,) = read(_written(tmp_path, record))
    assert [role for role, _ in said(conversation)] == ["user", "assistant"]


def test_without_a_current_node_the_newest_leaf_is_taken_by_parents_alone(tmp_path: Path) -> None:
    record = _lisbon()
    del record["current_node"]
    for node in record["mapping"].values():
        node.pop("children", None)
    (conversation,) = read(_written(tmp_path, record))
    assert [message.id for message in conversation.branches[0].messages] == ["n1", "n3", "n4"]


def test_a_circle_ends_where_it_closes(tmp_path: Path) -> None:
    record = _lisbon()
    record["mapping"]["n0"]["parent"] = "n4"
    (conversation,) = read(_written(tmp_path, record))
    assert {one.id for branch in conversation.branches for one in branch.messages} == {"n1", "n2", "n3", "n4"}


def test_every_shard_is_read() -> None:
    paths = sorted((_FOLDER / "shards").glob("conversations-*.json"))
    found = [one for path in paths for one in read(path)]
    assert sorted((one.id or "", one.name) for one in found) == [("s1", None), ("s2", "Voice")]


def test_an_answer_that_was_cut_short_is_marked() -> None:
    (conversation,) = read(_FOLDER / "shards" / "conversations-000.json")
    assert [message.status for message in conversation.branches[0].messages] == [None, "interrupted"]


def test_what_was_spoken_is_its_transcription_and_the_sound_is_named() -> None:
    (conversation,) = read(_FOLDER / "shards" / "conversations-001.json")
    assert said(conversation) == [("user", "Can you hear me?"), ("assistant", "I hear you.")]
    assert conversation.branches[0].messages[0].attachments == [
        {"type": "audio", "size": 900, "ref": "sediment://file_voice"}
    ]
    assert conversation.extra == {"pinned": True}


def test_an_object_with_conversations_in_it_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps({"conversations": [_lisbon()]}), encoding="utf-8")
    assert [one.id for one in read(path, "chatgpt")] == ["c1"]


def test_a_conversation_without_a_tree_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = _written(tmp_path, _lisbon(), {"id": "c9", "title": "Corrupted"}, {**_lisbon(), "conversation_id": "c3"})
    (failed,) = failures(path)
    assert failed.place == "conversation 2"
    found = [one for one in Reading(source_of(path)).conversations() if isinstance(one, Conversation)]
    assert [one.id for one in found] == ["c1", "c3"]


@pytest.mark.parametrize("path", sorted(_FOLDER.rglob("*.json")), ids=lambda path: path.name)
def test_the_reader_survives_wrong_things_everywhere(path: Path) -> None:
    (record,) = json.loads(path.read_text(encoding="utf-8"))
    source = source_of(path)
    reader = FORMATS[0]
    survive(lambda value: reader.read(value, source), record, 400)
