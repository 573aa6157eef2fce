"""What becomes of the logs of llm: its database of both generations, and its JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from hfs.transfer.conversation import Conversation, ForeignMessage
from hfs.transfer.importers import StreamFormat
from hfs.transfer.importers.llm import FORMATS
from tests.transfer.importers.databases import build, survive_half_a_schema, survive_odd_values
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import FIXTURES, folded, read, said, source_of

LLM: Final = FIXTURES / "llm"
OLD: Final = (LLM / "schema-0.31.sql", LLM / "responses.sql")
NEW: Final = (LLM / "schema-0.31.sql", LLM / "schema-0.36.sql", LLM / "threads.sql")
BOTH: Final = (*OLD, LLM / "schema-0.36.sql", LLM / "threads.sql")
SOURDOUGH: Final = "01kjpwd6m0000000001egacy01"
BREAD: Final = "01kjteva40000000000000f1a6"
OLD_WEATHER: Final = "01kjvtaxc0000000000000t001"
LISBON: Final = "01m1kbc180000000000000c0a1"
WEATHER: Final = "01m1npx100000000000000b001"
CAT: Final = "01m1rq16g0000000000000d001"
FORK: Final = "01m1v9dxg0000000000000e001"


def _database(folder: Path, *scripts: Path, then: str = "") -> Path:
    more = folder / "then.sql"
    more.write_text(then, encoding="utf-8")
    return build(folder / "logs.db", *scripts, more)


def _by_id(path: Path, form: str = "llm") -> dict[str | None, Conversation]:
    return {one.id: one for one in read(path, form)}


def _messages(conversation: Conversation, branch: int = 0) -> list[ForeignMessage]:
    return conversation.branches[branch].messages


# Up to 0.31


def test_responses_are_grouped_by_conversation_and_ordered_by_id(tmp_path: Path) -> None:
    found = read(_database(tmp_path, *OLD), "llm")

    assert [one.id for one in found] == [SOURDOUGH, BREAD, OLD_WEATHER]
    assert found[0].name == "Why is my starter sour?"
    assert said(found[0]) == [
        ("user", "Why is my starter sour?"),
        ("assistant", "It was fed too late."),
        ("user", "And too liquid?"),
        ("assistant", "Less water."),
    ]
    assert folded(found[0]) == [("system prompt", "Be short.")]


def test_a_response_says_when_it_was_made_and_by_which_model(tmp_path: Path) -> None:
    conversation = _by_id(_database(tmp_path, *OLD))[OLD_WEATHER]

    assert [one.model for one in _messages(conversation) if one.role == "assistant"] == ["gpt-x", "gpt-x"]
    assert _messages(conversation)[-1].created_at == datetime(2026, 3, 4, 7, 0, 2, tzinfo=UTC)
    assert _messages(conversation)[-1].id == "01kjvtazag000000000000t003"


def test_a_conversation_begins_when_its_id_was_made(tmp_path: Path) -> None:
    assert _by_id(_database(tmp_path, *OLD))[SOURDOUGH].created_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_fragments_and_files_come_along_with_a_prompt_without_their_bytes(tmp_path: Path) -> None:
    conversation = _by_id(_database(tmp_path, *OLD))[BREAD]

    prompt = next(one for one in _messages(conversation) if one.role == "user")
    assert prompt.content == "What does it promise?"
    assert prompt.attachments == [
        {"name": "bread.txt", "type": "text/plain", "content": "Chapter one: flour and water."},
        {"type": "image/png", "size": 8},
        {"name": "starter.wav", "type": "audio/wav", "path": "/home/u/notes/starter.wav"},
        {"name": "crumb.jpg", "type": "image/jpeg", "url": "https://example.org/p/crumb.jpg?size=1"},
    ]
    assert conversation.tally.skipped["attachment's bytes"] == 1


def test_fragments_of_a_system_prompt_are_part_of_it(tmp_path: Path) -> None:
    conversation = _by_id(_database(tmp_path, *OLD))[BREAD]

    assert folded(conversation) == [("system prompt", "You are a baker.\nAnswer from the text.")]


def test_calls_of_tools_and_their_results_are_folded(tmp_path: Path) -> None:
    conversation = _by_id(_database(tmp_path, *OLD))[OLD_WEATHER]

    assert said(conversation) == [("user", "Weather in Porto?"), ("assistant", "Rain.")]
    call, weather, radar = (one for one in _messages(conversation) if one.hidden)
    assert call.hidden == "tool call"
    assert call.tool_calls == [
        {"id": "call_1", "name": "weather", "arguments": '{"city": "Porto"}'},
        {"id": "call_2", "name": "radar", "arguments": "{}"},
    ]
    assert (weather.hidden, weather.content) == ("tool result", "rain, 14 C")
    assert weather.extra == {"name": "weather", "tool_call_id": "call_1"}
    assert weather.attachments == [{"type": "image/png", "size": 8}]
    assert radar.extra == {"name": "radar", "tool_call_id": "call_2", "exception": "ValueError: no radar"}


def test_reasoning_belongs_to_the_answer(tmp_path: Path) -> None:
    then = "ALTER TABLE responses ADD COLUMN reasoning TEXT; UPDATE responses SET reasoning = 'Hm.' WHERE prompt <> '';"

    conversation = _by_id(_database(tmp_path, *OLD, then=then))[SOURDOUGH]

    assert [one.reasoning for one in _messages(conversation) if one.role == "assistant"] == ["Hm.", "Hm."]


def test_a_system_prompt_is_said_again_only_when_it_changed(tmp_path: Path) -> None:
    then = "UPDATE responses SET system = 'Be short.' WHERE id LIKE '%egacy03';"
    changed = "UPDATE responses SET system = 'Be long.' WHERE id LIKE '%egacy03';"
    (tmp_path / "same").mkdir()
    (tmp_path / "changed").mkdir()

    assert folded(_by_id(_database(tmp_path / "same", *OLD, then=then))[SOURDOUGH]) == [("system prompt", "Be short.")]
    assert folded(_by_id(_database(tmp_path / "changed", *OLD, then=changed))[SOURDOUGH]) == [
        ("system prompt", "Be short."),
        ("system prompt", "Be long."),
    ]


def test_a_response_of_no_conversation_is_one_of_its_own(tmp_path: Path) -> None:
    then = "UPDATE responses SET conversation_id = NULL;"

    found = read(_database(tmp_path, *OLD, then=then), "llm")

    assert len(found) == 5
    assert all(len({one.id.split(":")[0] for one in _messages(each) if one.id}) == 1 for each in found)


def test_a_call_that_failed_is_counted_as_empty(tmp_path: Path) -> None:
    then = "UPDATE responses SET response = NULL WHERE id LIKE '%egacy03';"

    conversation = _by_id(_database(tmp_path, *OLD, then=then))[SOURDOUGH]

    assert said(conversation)[-1] == ("user", "And too liquid?")
    assert conversation.tally.skipped["empty message"] == 1


def test_text_that_is_binary_data_is_counted(tmp_path: Path) -> None:
    then = "UPDATE responses SET response = x'FF00FE' WHERE id LIKE '%egacy03';"

    conversation = _by_id(_database(tmp_path, *OLD, then=then))[SOURDOUGH]

    assert conversation.tally.unknown["text that is binary data"] == 1


def test_the_log_of_the_first_versions_comes_in_too(tmp_path: Path) -> None:
    pelican, hello = read(_database(tmp_path, LLM / "log.sql"), "llm")

    assert said(pelican) == [
        ("user", "Ten names for a pelican"),
        ("assistant", "Pelly …"),
        ("user", "More"),
        ("assistant", "Pico …"),
    ]
    assert pelican.created_at == datetime(2023, 4, 1, 12, tzinfo=UTC)
    assert folded(hello) == [("system prompt", "Answer in French")]


# Since 0.32


def test_a_thread_is_read_from_its_tip_back_to_its_root(tmp_path: Path) -> None:
    conversation = _by_id(_database(tmp_path, *NEW))[LISBON]

    assert conversation.name == "Three days in Lisbon?"
    assert said(conversation) == [
        ("user", "Three days in Lisbon?"),
        ("assistant", "Start with Belém."),
        ("user", "And the tram?"),
        ("assistant", "Take number 28."),
    ]
    assert folded(conversation) == [("system prompt", "Guide. Tram 28: Martim Moniz to Prazeres.")]


def test_a_turn_stamps_what_it_was_given_and_what_it_answered(tmp_path: Path) -> None:
    conversation = _by_id(_database(tmp_path, *NEW))[LISBON]

    first, second = datetime(2026, 9, 3, 10, 0, 0, 300000, UTC), datetime(2026, 9, 3, 10, 2, tzinfo=UTC)
    assert [one.created_at for one in _messages(conversation)] == [first, first, first, second, second]
    assert [one.model for one in _messages(conversation)] == [None, None, "gpt-x", None, "gpt-y"]


def test_parts_are_put_in_order_by_position_and_reasoning_is_kept_apart(tmp_path: Path) -> None:
    conversation = _by_id(_database(tmp_path, *NEW))[LISBON]

    answer = _messages(conversation)[2]
    assert (answer.content, answer.reasoning) == ("Start with Belém.", "West first.")
    assert conversation.tally.skipped["reasoning that the provider withheld"] == 1


def test_text_by_reference_is_joined_and_its_fragments_come_along(tmp_path: Path) -> None:
    prompt = _messages(_by_id(_database(tmp_path, *NEW))[LISBON])[3]

    assert prompt.content == "And the tram?"
    assert prompt.attachments == [
        {"name": "tram.txt", "type": "text/plain", "content": "Tram 28: Martim Moniz to Prazeres."},
        {"type": "image/png", "size": 4},
    ]


@pytest.mark.parametrize(
    ("pieces", "content", "kept"),
    [
        pytest.param([{"fragment": 11}], "Tram 28: Martim Moniz to Prazeres.", [None], id="nothing but a fragment"),
        pytest.param(
            [{"literal": "Is "}, {"fragment": 11}, {"literal": " right?"}],
            "Is Tram 28: Martim Moniz to Prazeres. right?",
            [],
            id="in a sentence",
        ),
        pytest.param(
            [{"fragment": 11}, {"literal": "\n"}, {"fragment": 11}, {"literal": "\nWhy?"}],
            "Why?",
            ["Tram 28: Martim Moniz to Prazeres."] * 2,
            id="two fragments",
        ),
        pytest.param([{"fragment": 99}, {"literal": "\nWhy?"}], "\nWhy?", [], id="a fragment that is missing"),
    ],
)
def test_a_fragment_is_kept_once(
    tmp_path: Path, pieces: list[dict[str, object]], content: str, kept: list[str | None]
) -> None:
    payload = json.dumps({"text_ref": pieces}).replace("'", "''")
    then = f"""
        UPDATE parts SET payload = '{payload}' WHERE message_hash LIKE '%c3' AND position = 0;
        DELETE FROM parts WHERE message_hash LIKE '%c3' AND position = 1;
    """

    prompt = _messages(_by_id(_database(tmp_path, *NEW, then=then))[LISBON])[3]

    assert prompt.content == content
    assert [one.get("content") for one in prompt.attachments] == kept


def test_tools_that_ran_here_answer_the_message_before_and_those_of_the_provider_the_same(tmp_path: Path) -> None:
    conversation = _by_id(_database(tmp_path, *NEW))[WEATHER]

    shown = [(one.role, one.hidden, one.content) for one in _messages(conversation)]
    assert shown == [
        ("user", None, "Weather in Porto?"),
        ("assistant", "tool call", ""),
        ("tool", "tool result", "rain, 14 C"),
        ("tool", "tool result", "Error: no radar"),
        ("assistant", None, "Rain."),
        ("tool", "tool result", "a page"),
    ]
    assert [call["name"] for call in _messages(conversation)[1].tool_calls] == ["weather", "radar"]
    assert _messages(conversation)[2].attachments == [{"type": "image/png", "size": 4}]
    assert conversation.tally.unknown == {'part of type "hologram"': 1}
    ids = [one.id for one in _messages(conversation)]
    assert None not in ids and len(set(ids)) == len(ids)


def test_an_answer_that_was_asked_for_again_becomes_a_branch(tmp_path: Path) -> None:
    conversation = _by_id(_database(tmp_path, *NEW))[CAT]

    assert [said(conversation, at) for at in range(2)] == [
        [("user", "A name for a cat?"), ("assistant", "Mimi."), ("user", "And a dog?"), ("assistant", "Rex.")],
        [("user", "A name for a cat?"), ("assistant", "Tom.")],
    ]
    assert [branch.key for branch in conversation.branches] == ["b2:000000000000000000000000000000d3", None]


def test_a_fork_has_the_times_of_the_thread_it_was_forked_from(tmp_path: Path) -> None:
    conversation = _by_id(_database(tmp_path, *NEW))[FORK]

    assert said(conversation) == [
        ("user", "Three days in Lisbon?"),
        ("assistant", "Start with Belém."),
        ("user", "And in winter?"),
        ("assistant", "The same."),
    ]
    assert _messages(conversation)[2].model == "gpt-x"
    assert _messages(conversation)[2].created_at == datetime(2026, 9, 3, 10, 0, 0, 300000, UTC)


def test_a_chain_that_bites_its_tail_ends_where_it_closes(tmp_path: Path) -> None:
    then = "UPDATE messages SET parent_hash = 'b2:000000000000000000000000000000c4' WHERE hash LIKE '%c0';"

    conversation = _by_id(_database(tmp_path, *NEW, then=then))[LISBON]

    assert sorted(content for role, content in said(conversation) if role == "user") == [
        "And the tram?",
        "Three days in Lisbon?",
    ]


def test_a_message_that_is_missing_is_counted(tmp_path: Path) -> None:
    then = "DELETE FROM messages WHERE hash LIKE '%c1';"

    conversation = _by_id(_database(tmp_path, *NEW, then=then))[LISBON]

    assert said(conversation)[0] == ("assistant", "Start with Belém.")
    assert conversation.tally.skipped["missing message"] == 1


def test_thinking_that_is_a_message_of_its_own_goes_to_the_answer_after_it(tmp_path: Path) -> None:
    then = """
        INSERT INTO messages VALUES ('b2:t', 'b2:000000000000000000000000000000c1', 'assistant', NULL);
        INSERT INTO parts (message_hash, position, type, text) VALUES ('b2:t', 0, 'reasoning', 'East or west?');
        UPDATE messages SET parent_hash = 'b2:t' WHERE hash LIKE '%c2';
    """

    conversation = _by_id(_database(tmp_path, *NEW, then=then))[LISBON]

    answer = _messages(conversation)[2]
    assert (answer.content, answer.reasoning) == ("Start with Belém.", "East or west?\n\nWest first.")


# Both in one file


def test_a_conversation_that_is_a_thread_already_comes_in_once_and_is_counted(tmp_path: Path) -> None:
    found = read(_database(tmp_path, *BOTH), "llm")

    assert [one.id for one in found] == [BREAD, OLD_WEATHER, SOURDOUGH, LISBON, WEATHER, CAT, FORK]
    conversation = found[2]
    assert conversation.tally.skipped == {"older copy of a conversation": 1}
    assert len(conversation.branches) == 1
    assert [content for role, content in said(conversation) if role == "user"] == [
        "Why is my starter sour?",
        "And too liquid?",
        "How much less?",
    ]


def test_a_thread_keeps_the_name_that_it_had_as_a_conversation(tmp_path: Path) -> None:
    assert _by_id(_database(tmp_path, *BOTH))[SOURDOUGH].name == "Why is my starter sour?"


def test_what_was_imported_before_an_upgrade_is_found_again_after_it(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    before = _by_id(_database(tmp_path / "before", *OLD))[SOURDOUGH]
    after = _by_id(_database(tmp_path, *BOTH))[SOURDOUGH]

    known = [one.id for one in _messages(before)]
    assert [one.id for one in _messages(after)][: len(known)] == known
    assert [one.created_at for one in _messages(after)][: len(known)] == [one.created_at for one in _messages(before)]
    assert before.created_at == after.created_at


def test_a_response_that_its_thread_has_not_becomes_a_branch(tmp_path: Path) -> None:
    then = f"""
        INSERT INTO responses (id, model, prompt, response, conversation_id, datetime_utc) VALUES
        ('01zz', 'echo', 'Asked with an older llm', 'Answered', '{SOURDOUGH}', '2026-10-01T00:00:00+00:00');
    """

    conversation = _by_id(_database(tmp_path, *BOTH, then=then))[SOURDOUGH]

    assert said(conversation)[-1] == ("assistant", "A fifth.")
    assert said(conversation, 1)[-1] == ("assistant", "Answered")
    assert conversation.branches[1].key == "01zz"
    assert "older copy of a conversation" not in conversation.tally.skipped


# JSON


@pytest.mark.parametrize("version", ["0.31", "0.36"])
def test_json_of_llm_logs_list_is_told_by_its_shape(version: str) -> None:
    assert read(LLM / f"logs-list-{version}.json", "llm-json")


def test_rows_of_conversations_that_lie_mixed_up_are_grouped_and_ordered() -> None:
    sourdough, bread = read(LLM / "logs-list-0.31.json", "llm-json")

    assert (sourdough.id, bread.id) == (SOURDOUGH, BREAD)
    assert said(sourdough) == [
        ("user", "Why is my starter sour?"),
        ("assistant", "It was fed too late."),
        ("user", "And too liquid?"),
        ("assistant", "Less water."),
    ]
    assert said(bread) == [("user", "What does it promise?"), ("assistant", "Bread in a day.")]
    assert folded(bread) == [("system prompt", "You are a baker.\nAnswer from the text.")]
    assert _messages(bread)[1].attachments == [
        {"name": "bread", "type": "text/plain", "content": "Chapter one: flour and water."},
        {"name": "starter.wav", "type": "audio/wav", "path": "/home/u/notes/starter.wav"},
    ]


def test_newer_rows_have_fragments_in_their_prompts_and_they_are_taken_out() -> None:
    (weather,) = read(LLM / "logs-list-0.36.json", "llm-json")

    prompt = next(one for one in _messages(weather) if one.role == "user")
    assert prompt.content == "Weather in Porto?"
    assert [one["content"] for one in prompt.attachments] == ["Chapter one: flour and water."]
    assert folded(weather)[0] == ("system prompt", "You are a baker.\nBe short.")


def test_results_in_rows_come_where_their_tools_ran() -> None:
    (weather,) = read(LLM / "logs-list-0.36.json", "llm-json")

    shown = [(one.role, one.hidden, one.content, one.reasoning) for one in _messages(weather)[2:]]
    assert shown == [
        ("assistant", "tool call", "", "Ask the tool."),
        ("tool", "tool result", "rain, 14 C", ""),
        ("assistant", None, "Rain.", ""),
        ("tool", "tool result", "a page", ""),
    ]
    assert _messages(weather)[3].attachments == [{"type": "image/png", "size": 4}]


def _rows(tmp_path: Path, **changes: object) -> list[Conversation]:
    rows = json.loads((LLM / "logs-list-0.36.json").read_text(encoding="utf-8"))
    rows[1].update(changes)
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return read(path, "llm-json")


def test_a_fragment_that_was_cut_short_is_not_kept_twice(tmp_path: Path) -> None:
    whole = "flour " * 40
    cut = {"hash": "f", "content": whole[:97] + "...", "aliases": []}

    (weather,) = _rows(tmp_path, prompt=f"{whole}\nWhy?", prompt_fragments=[cut])

    prompt = next(one for one in _messages(weather) if one.role == "user")
    assert prompt.content == f"{whole}\nWhy?"
    assert prompt.attachments == [{"name": "fragment", "type": "text/plain"}]


def test_a_fragment_that_was_cut_short_and_is_nowhere_else_is_counted(tmp_path: Path) -> None:
    cut = {"hash": "f", "content": "f" * 97 + "...", "aliases": []}

    (weather,) = _rows(tmp_path, prompt="Why?", prompt_fragments=[cut])

    assert weather.tally.skipped["rest of a fragment that the export cut short"] == 1


def test_part_of_a_conversation_begins_when_all_of_it_does(tmp_path: Path) -> None:
    rows = json.loads((LLM / "logs-list-0.36.json").read_text(encoding="utf-8"))
    (tmp_path / "part.json").write_text(json.dumps(rows[:1]), encoding="utf-8")

    (part,) = read(tmp_path / "part.json", "llm-json")
    (whole,) = read(LLM / "logs-list-0.36.json", "llm-json")

    assert part.created_at == whole.created_at == datetime(2026, 9, 4, 8, tzinfo=UTC)


def test_a_row_of_another_type_is_counted(tmp_path: Path) -> None:
    (weather,) = _rows(tmp_path, prompt=["no text"], tool_calls=[7, {"name": "weather"}], tool_results="none")

    assert weather.tally.unknown == {
        "prompt that is no text": 1,
        "tool call of an unknown form": 1,
        "tool result of an unknown form": 1,
    }


def test_rows_without_conversation_and_rows_that_come_twice_are_told_apart(tmp_path: Path) -> None:
    rows = json.loads((LLM / "logs-list-0.36.json").read_text(encoding="utf-8"))
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([*rows, rows[0], 7, {**rows[0], "conversation_id": None}]), encoding="utf-8")

    weather, alone = read(path, "llm-json")

    assert weather.tally.skipped["row that is there twice"] == 1
    assert weather.tally.unknown["record that is no object"] == 1
    assert alone.id == "01m1npx2yg000000000000b003"


# Whatever may be wrong


@pytest.mark.parametrize("version", ["0.31", "0.36"])
def test_rows_with_wrong_types_everywhere_are_survived(version: str) -> None:
    path = LLM / f"logs-list-{version}.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    source = source_of(path)
    stream = FORMATS[1]
    assert isinstance(stream, StreamFormat)

    survive(lambda records: stream.read(iter(records), source), rows)


@pytest.mark.parametrize(
    "scripts", [pytest.param(BOTH, id="both generations"), pytest.param((LLM / "log.sql",), id="the first versions")]
)
def test_wrong_types_in_columns_are_survived(tmp_path: Path, scripts: tuple[Path, ...]) -> None:
    survive_odd_values(_database(tmp_path, *scripts), count=150)


@pytest.mark.parametrize(
    "scripts", [pytest.param(BOTH, id="both generations"), pytest.param((LLM / "log.sql",), id="the first versions")]
)
def test_half_a_schema_is_survived(tmp_path: Path, scripts: tuple[Path, ...]) -> None:
    survive_half_a_schema(_database(tmp_path, *scripts))
