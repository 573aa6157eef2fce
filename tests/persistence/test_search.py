"""Words found in what was said, wherever and in whatever spelling they stand."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfs.errors import BadQueryError
from hfs.persistence import NewMessage, SearchHit, SearchOptions, SessionFilter, SessionStore
from hfs.persistence.index.text import fold, words_in

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["index", "no index can be kept"])
def store(home: Path, request: pytest.FixtureRequest) -> Iterator[SessionStore]:
    if request.param != "index":
        home.mkdir()
        (home / "index").write_text("this is no folder")
    with SessionStore(home) as opened:
        opened.create(
            "First", messages=[NewMessage("user", "How do I undo a Rebase?\nplease"), NewMessage("user", "no")]
        )
        opened.create(
            "Größe 漢字", messages=[NewMessage("assistant", "Straße und Öl\n" + "x" * 400 + " needle " + "y" * 400)]
        )
        opened.create("Quotes", messages=[NewMessage("user", 'he said "hi" to C:\\dir')])
        yield opened


def found(store: SessionStore, words: str, **options: Any) -> list[tuple[int, int | None]]:
    return [(hit.session_id, hit.message_id) for hit in store.search(words, options=SearchOptions(**options))]


def marked(hit: SearchHit) -> list[str]:
    return [hit.line[start:end] for start, end in hit.marks]


def write(home: Path, number: int, texts: list[str], name: str = "by hand", **fields: Any) -> None:
    messages = [
        {"id": at, "role": "user", "created_at": f"{(BEGUN + timedelta(days=at)).isoformat()[:19]}Z", "content": text}
        for at, text in enumerate(texts, 1)
    ]
    folder = home / "sessions"
    folder.mkdir(parents=True, exist_ok=True)
    document = {"name": name, "created_at": "2026-01-01T00:00:00Z", **fields, "messages": messages}
    (folder / f"{number}.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("rebase undo", [(1, 1)]),
        ("REBASE", [(1, 1)]),
        ("rebase nothing", []),
        ("please", [(1, 1)]),
        ("strasse", [(2, 1)]),
        ("öl", [(2, 1)]),
        ("OL", [(2, 1)]),
        ("漢字", [(2, None)]),
        ("字漢", []),
        ("字", [(2, None)]),
        ("first", [(1, None)]),
        ('"hi"', [(3, 1)]),
        ("C:\\dir", [(3, 1)]),
        ('"undo a rebase"', [(1, 1)]),
        ('"rebase please"', [(1, 1)]),
        ('"a undo"', []),
        ("undo -please", []),
        ("undo -svn", [(1, 1)]),
        ("reb*", [(1, 1)]),
        ("rebas", [(1, 1)]),
        ("ebase", []),
    ],
)
def test_all_the_words_must_stand_in_one_message_or_name(
    store: SessionStore, words: str, places: list[tuple[int, int | None]]
) -> None:
    assert found(store, words) == places


def test_words_that_nothing_has_whole_are_looked_for_as_beginnings_and_that_is_said(store: SessionStore) -> None:
    assert store.search("und reba").as_prefixes
    assert not store.search("undo").as_prefixes
    assert not store.search("zzz").as_prefixes
    assert found(store, "no") == [(1, 2)]
    assert found(store, "undo re", as_typed=True) == [(1, 1)]


def test_a_search_for_no_word_is_told(store: SessionStore) -> None:
    with pytest.raises(BadQueryError, match="--regex"):
        store.search("?!")


@pytest.mark.parametrize(
    ("words", "marks"),
    [
        ("strasse ol", ["Straße", "Öl"]),
        ("undo rebase", ["undo", "Rebase"]),
        ('"undo a"', ["undo a"]),
        ("reb*", ["Reb"]),
        ("漢字", ["漢字"]),
        ("needle", ["needle"]),
        ('"rebase please"', ["Rebase"]),
    ],
)
def test_the_words_are_marked_as_they_are_written(store: SessionStore, words: str, marks: list[str]) -> None:
    (hit,) = store.search(words)
    assert marked(hit) == marks


def test_a_long_line_is_cut_around_the_word(store: SessionStore) -> None:
    (hit,) = store.search("needle")
    assert (hit.session_id, hit.name, hit.message_id, hit.role) == (2, "Größe 漢字", 1, "assistant")
    assert len(hit.line) < 170
    assert hit.line.startswith("…")
    assert hit.line.endswith("…")


def test_the_line_with_the_words_side_by_side_is_shown(store: SessionStore) -> None:
    store.create("Lines", messages=[NewMessage("user", "red then blue\nno colour\nthe blue\tred one\nblue")])
    (hit,) = store.search("blue red")
    assert hit.line == "the blue\tred one"
    assert marked(hit) == ["blue", "red"]


def test_the_newest_come_first_and_no_more_than_asked_for(store: SessionStore) -> None:
    for number in range(5):
        store.create(f"more {number}", messages=[NewMessage("user", "again and again")])
    result = store.search("again", 3)
    assert [hit.session_id for hit in result] == [8, 7, 6]
    assert (result.total, result.sessions, result.exact) == (5, 5, True)
    assert len(store.search("again", None)) == 5


def test_names_come_first_then_words_side_by_side_then_where_they_stand_more_often(store: SessionStore) -> None:
    store.create("Blue moon", messages=[NewMessage("user", "hello")])
    store.create("Near", messages=[NewMessage("user", "a blue moon")])
    store.create("Often", messages=[NewMessage("user", "blue, and the moon")] * 4)
    store.create("Once", messages=[NewMessage("user", "the moon is blue")])
    result = store.search("blue moon", options=SearchOptions(per_session=2))
    assert [(hit.session_id, hit.message_id) for hit in result] == [(4, None), (5, 1), (6, 1), (6, 2), (7, 1)]
    assert result.in_session == {4: 1, 5: 1, 6: 4, 7: 1}
    assert (result.total, result.sessions) == (7, 4)


def test_a_search_can_be_narrowed(store: SessionStore, home: Path) -> None:
    write(home, 5, ["old word", "new word"], name="word")
    write(home, 6, ["word"], tags=["work"], pinned=True, archived=True)
    assert found(store, "word") == [(5, None), (5, 1), (5, 2), (6, 1)]
    assert found(store, "word", role="name") == [(5, None)]
    assert found(store, "word", role="assistant") == []
    assert found(store, "word", role="user", session_id=5) == [(5, 1), (5, 2)]
    assert found(store, "word", session_id=10**30) == []
    assert found(store, "word", since=BEGUN + timedelta(days=2)) == [(5, 2)]
    assert found(store, "word", since=BEGUN + timedelta(days=9)) == []
    assert found(store, "word", sessions=SessionFilter(tag="work")) == [(6, 1)]
    assert found(store, "word", sessions=SessionFilter(archived=False, pinned=False)) == [(5, None), (5, 1), (5, 2)]


def test_a_hit_says_when_it_was_said_and_what_of_it_is_folded(store: SessionStore) -> None:
    store.create("Folded", messages=[NewMessage("tool", "a result", created_at=BEGUN, extra={"hidden": "tool result"})])
    (hit,) = store.search("result")
    session = store.get(4)
    assert session is not None
    assert (hit.hidden, hit.created_at, hit.session_created_at) == ("tool result", BEGUN, session.created_at)


def test_what_another_program_wrote_is_found_and_what_it_took_away_is_not(store: SessionStore, home: Path) -> None:
    assert found(store, "rebase") == [(1, 1)]
    write(home, 1, ["bisect"])
    write(home, 9, ["rebase"])
    assert found(store, "rebase") == [(9, 1)]
    assert found(store, "bisect") == [(1, 1)]
    (home / "sessions" / "9.json").unlink()
    assert found(store, "rebase") == []


def test_what_was_taken_out_of_sessions_hides_nothing(store: SessionStore) -> None:
    store.create("Kept", messages=[NewMessage("user", "word")])
    store.create("Changed", messages=[NewMessage("user", "word")] * 900)
    for number in range(2):
        store.edit_message(5, 1, f"other {number}")
        assert store.search("word").total == 900
    store.delete(5)
    assert found(store, "word") == [(4, 1)]
    assert store.search("word").total == 1


def test_a_damaged_file_hides_no_other(store: SessionStore, home: Path) -> None:
    (home / "sessions" / "3.json").write_text('{"name": "rebase')
    assert found(store, "rebase") == [(1, 1)]
    assert found(store, "session") == []


def test_of_very_many_places_some_are_looked_at_and_the_others_counted(home: Path) -> None:
    write(home, 1, ["other"], name="The word again", created_at="2020-01-01T00:00:00Z")
    write(home, 2, ["the word again"] + ["a word"] * 30)
    write(home, 3, ["word, again"] + ["again a word"] * 2500)
    with SessionStore(home) as store:
        result = store.search("word again", 3, SearchOptions(per_session=1))
        assert [(hit.session_id, hit.message_id) for hit in result] == [(1, None), (3, 1), (2, 1)]
        assert (result.total, result.exact, result.in_session) == (2503, False, {1: 1, 2: 1, 3: 2501})
        assert store.search("word again", None).total == 2503
        assert store.search("word again", 3, SearchOptions(session_id=2)).exact


def test_places_that_are_not_meant_hide_none_that_is(home: Path) -> None:
    with SessionStore(home) as store:
        late = BEGUN + timedelta(days=3000)
        store.create("Meant", messages=[NewMessage("user", "word", created_at=late)])
        assert store.search("word", 1)
        write(home, 2, ["word"] * 2500, name="Old")
        store.append_message(2, NewMessage("user", "other", created_at=late))
        assert found(store, "word", since=late) == [(1, 1)]
        assert found(store, "word", per_session=1) == [(2, 1), (1, 1)]


def test_a_pattern_finds_what_no_word_is(store: SessionStore) -> None:
    (hit,) = store.search(r"C:\\\w+$", options=SearchOptions(regex=True))
    assert marked(hit) == ["C:\\dir"]
    assert found(store, "^please$", regex=True) == [(1, 1)]
    assert found(store, "(?i)FIRST", regex=True) == [(1, None)]
    assert found(store, "FIRST", regex=True) == []
    assert len(store.search("e", 2, SearchOptions(regex=True))) == 2
    (long,) = store.search("needle y+", options=SearchOptions(regex=True))
    assert marked(long)[0].startswith("needle yyy")


def test_a_pattern_that_one_session_is_full_of_is_looked_for_in_others_too(home: Path) -> None:
    for number in range(1, 6):
        write(home, number, ["a word"] * 20)
    with SessionStore(home) as store:
        result = store.search("w.rd", 6, SearchOptions(per_session=2, regex=True))
        assert [(hit.session_id, hit.message_id) for hit in result] == [(n, m) for n in (5, 4, 3) for m in (1, 2)]
        assert (result.total, result.exact) == (60, False)


@pytest.mark.parametrize(
    ("pattern", "told"), [("a(b", "at character 2"), ("x{99999999999}", "too large"), ("(?P<a", "character")]
)
def test_a_bad_pattern_is_told(store: SessionStore, pattern: str, told: str) -> None:
    with pytest.raises(BadQueryError, match=told):
        store.search(pattern, options=SearchOptions(regex=True))


TEXTS = st.text(max_size=60) | st.text(' \n\t-"*ab é漢字ｶﾞไทย한м\u0301\u200d🎉_.', max_size=60)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS)
def test_every_word_of_every_message_is_found_and_marked(store: SessionStore, text: str) -> None:
    session = store.create("x", messages=[NewMessage("user", text)])
    for word in text.replace('"', " ").split():
        if words_in(fold(word)):
            options = SearchOptions(session_id=session.id, role="user")
            (hit,) = store.search(f'"{word}"', options=options)
            assert hit.message_id == 1
            assert hit.marks
            assert words_in(fold("".join(marked(hit))))
    store.delete(session.id)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | st.text('ab-"*()^:{}\0 \\[?+'), st.booleans(), st.booleans())
def test_any_query_is_answered_or_told(store: SessionStore, typed: str, as_typed: bool, regex: bool) -> None:
    with contextlib.suppress(BadQueryError):
        store.search(typed, options=SearchOptions(as_typed=as_typed, regex=regex))
