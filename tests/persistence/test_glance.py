"""Sessions at a glance: as they are, as far as that is known without waiting."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hfs.persistence import NewMessage, glance, open_store
from hfs.persistence.glance import Glance, Glimpse
from hfs.persistence.store_location import parse_store


def look(home: Path) -> Glance:
    return glance.glance(parse_store("documents", home), home)


def names(home: Path) -> list[tuple[int, str]]:
    return [(glimpse.id, glimpse.name) for glimpse in look(home).sessions]


def write(home: Path, number: int, document: object) -> None:
    (home / "sessions").mkdir(parents=True, exist_ok=True)
    (home / "sessions" / f"{number}.json").write_text(json.dumps(document))


@pytest.fixture
def listed(home: Path) -> Path:
    """Three sessions that the index knows."""
    with open_store() as store:
        for name in ("One", "Two", "Three"):
            store.create(name, messages=[NewMessage("assistant", "So.", model="openai/gpt-5")])
        store.tag(1, ["work"])
        store.list_recent()
    return home


def test_what_the_index_has_is_the_same_as_what_the_files_say(listed: Path) -> None:
    by_index = look(listed)
    assert [(one.id, one.name, one.tags, one.models) for one in by_index.sessions] == [
        (3, "Three", [], ["openai/gpt-5"]),
        (2, "Two", [], ["openai/gpt-5"]),
        (1, "One", ["work"], ["openai/gpt-5"]),
    ]
    for path in (listed / "index").iterdir():
        path.unlink()
    by_files = look(listed)
    assert [(one.id, one.name, one.tags, one.models) for one in by_files.sessions] == [
        (one.id, one.name, one.tags, one.models) for one in by_index.sessions
    ]


def test_files_that_came_went_or_changed_since_are_seen(listed: Path) -> None:
    path = listed / "sessions" / "1.json"
    path.write_text(path.read_text().replace("One", "Uno"))
    (listed / "sessions" / "2.json").unlink()
    write(listed, 9, {"name": "Copied in", "created_at": "2099-01-01T00:00:00Z"})
    assert names(listed) == [(9, "Copied in"), (3, "Three"), (1, "Uno")]


def test_with_very_many_sessions_the_index_is_believed_while_the_folder_is_as_it_was(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glance, "_MOST_LOOKED_AT", 2)
    assert names(listed) == [(3, "Three"), (2, "Two"), (1, "One")]
    write(listed, 9, {"name": "Copied in"})
    assert (9, "Copied in") in names(listed)


def test_where_too_many_are_unknown_the_newest_are_read_and_it_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glance, "_MOST_READ", 2)
    for number in range(1, 5):
        write(home, number, {"name": f"Name {number}", "created_at": f"2026-01-0{number}T00:00:00Z"})
    found = look(home)
    assert [glimpse.id for glimpse in found.sessions] == [4, 3]
    assert not found.complete


def test_of_a_long_or_damaged_file_the_header_is_read(home: Path) -> None:
    long = {"name": "Long", "tags": ["work"], "messages": [{"content": "x" * 100_000}]}
    write(home, 1, long)
    write(home, 2, {"name": "Torn", "messages": [{"content": "x"}]})
    path = home / "sessions" / "2.json"
    path.write_text(path.read_text()[:-5])
    assert dict(names(home)) == {1: "Long", 2: "Torn"}
    assert next(one for one in look(home).sessions if one.id == 1).tags == ["work"]


@pytest.mark.parametrize("text", ["", "[]", "nonsense", '{"name": 7, "tags": 3, "messages": [1, {}]}'])
def test_a_session_whose_file_says_nothing_has_no_name(home: Path, text: str) -> None:
    (home / "sessions").mkdir(parents=True)
    (home / "sessions" / "5.json").write_text(text)
    (home / "sessions" / "05.json").write_text(text)
    [glimpse] = look(home).sessions
    assert (glimpse.id, glimpse.name, glimpse.tags, glimpse.models) == (5, "", [], [])


def test_a_session_that_holds_what_none_holds_hides_no_other(home: Path) -> None:
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    write(home, 1, {"name": "Deep", "tags": ["work", deep], "messages": [{"model": deep}, {"model": "a/x"}]})
    write(home, 2, {"name": "Sound"})
    write(home, 10**18, {"name": "Its number is no id"})
    assert [(one.name, one.tags, one.models) for one in look(home).sessions if one.id == 1] == [
        ("Deep", ["work"], ["a/x"])
    ]
    assert sorted(names(home)) == [(1, "Deep"), (2, "Sound")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name")
def test_a_pipe_in_the_place_of_a_session_is_not_opened(home: Path) -> None:
    (home / "sessions").mkdir(parents=True)
    os.mkfifo(home / "sessions" / "5.json")
    assert names(home) == [(5, "")]


def test_a_list_that_is_none_has_nothing() -> None:
    assert Glimpse(1, "x", "{", '{"a": 1}').tags == Glimpse(1, "x", "{", '{"a": 1}').models == []


def test_the_trash_has_sessions_and_messages_taken_out_of_those_that_are_there(listed: Path) -> None:
    with open_store() as store:
        store.delete(2)
        store.delete(3)
        store.restore(3)
        store.delete(3)
    kept: dict[str, list[object]] = {"messages": []}
    for number in (1, 8):
        (listed / "trash" / f"{number}-messages-20990101T000000000000Z.json").write_text(json.dumps(kept))
    found = glance.glance_at_trash(parse_store("documents", listed), listed)
    assert [(glimpse.id, glimpse.name) for glimpse in found] == [(1, "One"), (3, "Three"), (2, "Two")]
