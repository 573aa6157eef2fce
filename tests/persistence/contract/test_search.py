"""Words are found in every engine: in messages and names, as they are now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hfs.errors import BadQueryError
from hfs.persistence import NewMessage, SearchOptions, SearchResult, SessionFilter, SessionStore
from tests.persistence.contract.places import Place, users

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def told(store: SessionStore) -> list[int]:
    """Sessions in which much is said."""
    first = store.create(
        "Undo a rebase",
        messages=[
            NewMessage("user", "How do I undo a git rebase?", created_at=MOMENT),
            NewMessage("assistant", "Use the reflog:\n\n    git reset --hard", "local/x", created_at=MOMENT),
            NewMessage("tool", "reflog of HEAD", created_at=MOMENT + timedelta(days=9), extra={"hidden": "output"}),
        ],
    )
    second = store.create("Café", messages=users("Ein Äpfelchen 日本語を話す", "the hard reset, git!", "naïve Straße"))
    third = store.create("other", messages=users("nothing here", "a_b 100% c:\\d"))
    return [first.id, second.id, third.id]


def places(result: SearchResult) -> set[tuple[int, int | None]]:
    return {(hit.session_id, hit.message_id) for hit in result}


FOUND: list[tuple[str, set[tuple[int, int | None]]]] = [
    ("rebase", {(0, None), (0, 1)}),
    ("REBASE git", {(0, 1)}),
    ("hard reset", {(0, 2), (1, 2)}),
    ('"hard reset"', {(1, 2)}),
    ("git -rebase", {(0, 2), (1, 2)}),
    ("re*", {(0, None), (0, 1), (0, 2), (0, 3), (1, 2)}),
    ("cafe", {(1, None)}),
    ("apfelchen", {(1, 1)}),
    ("日本", {(1, 1)}),
    ("naive", {(1, 3)}),
    ("strasse", {(1, 3)}),
    ("undo", {(0, None), (0, 1)}),
    ("100%", {(2, 2)}),
    ("absent", set()),
    ("head -reflog", set()),
]


def test_words_are_found_where_they_stand(store: SessionStore, told: list[int]) -> None:
    for words, expected in FOUND:
        result = store.search(words)
        assert places(result) == {(told[at], number) for at, number in expected}, words
        assert (result.total, result.exact, result.as_prefixes) == (len(expected), True, False), words
        assert result.sessions == len({at for at, _ in expected}), words


def test_a_hit_says_where_and_how(store: SessionStore, told: list[int]) -> None:
    (hit,) = store.search("head")
    assert (hit.session_id, hit.name, hit.message_id, hit.role) == (told[0], "Undo a rebase", 3, "tool")
    assert (hit.line, hit.marks, hit.hidden) == ("reflog of HEAD", ((10, 14),), "output")
    assert hit.created_at == MOMENT + timedelta(days=9)
    (name,) = store.search("cafe")
    assert (name.message_id, name.role, name.line, name.created_at) == (None, "", "Café", name.session_created_at)


def test_the_best_come_first(store: SessionStore, told: list[int]) -> None:
    store.rename(told[2], "reset")
    shown = list(dict.fromkeys(hit.session_id for hit in store.search("reset")))
    assert shown[0] == told[2]
    assert set(shown) == set(told)


WHERE: list[tuple[str, SearchOptions, set[tuple[int, int | None]]]] = [
    ("re* -rebase", SearchOptions(role="assistant"), {(0, 2)}),
    ("re* -rebase", SearchOptions(role="name"), set()),
    ("re* -rebase", SearchOptions(since=MOMENT + timedelta(days=1)), {(0, 3), (1, 2)}),
    ("re* -rebase", SearchOptions(sessions=SessionFilter(name="undo")), {(0, 2), (0, 3)}),
    ("re* -rebase", SearchOptions(sessions=SessionFilter(model="x")), {(0, 2), (0, 3)}),
    ("re -rebase", SearchOptions(as_typed=True), {(0, 2), (0, 3), (1, 2)}),
    ("re* -rebase", SearchOptions(per_session=1), {(0, 2), (1, 2)}),
    ("re[fs]", SearchOptions(regex=True), {(0, 2), (0, 3), (1, 2)}),
]


def test_options_say_where_words_are_looked_for(store: SessionStore, told: list[int]) -> None:
    for words, options, expected in WHERE:
        result = store.search(words, options=options)
        assert places(result) == {(told[at], number) for at, number in expected}, options


def test_one_session_is_searched(store: SessionStore, told: list[int]) -> None:
    assert places(store.search("git", options=SearchOptions(session_id=told[1]))) == {(told[1], 2)}
    for nobodys in (0, -1, 99, 10**18, 10**30):
        assert len(store.search("git", options=SearchOptions(session_id=nobodys))) == 0


def test_a_limit_shows_fewer_and_tells_how_many_there_are(store: SessionStore) -> None:
    made = store.create("many", messages=users(*(f"word {number}" for number in range(30))))
    result = store.search("word", 7)
    assert (len(result), result.total, result.sessions, result.in_session) == (7, 30, 1, {made.id: 30})
    assert len(store.search("word", None)) == 30


def test_the_beginnings_of_words_are_found_where_no_whole_word_is(store: SessionStore, told: list[int]) -> None:
    result = store.search("reb")
    assert places(result) == {(told[0], None), (told[0], 1)}
    assert result.as_prefixes


def test_nothing_that_can_be_looked_for_is_said(store: SessionStore, told: list[int]) -> None:
    for words in ["", " ", "-git", '""', "*", "!"]:
        with pytest.raises(BadQueryError):
            store.search(words)


def test_a_pattern_that_is_none_is_said(store: SessionStore, told: list[int]) -> None:
    with pytest.raises(BadQueryError):
        store.search("(", options=SearchOptions(regex=True))


def test_what_changes_is_found_at_once(store: SessionStore, told: list[int], place: Place) -> None:
    with place.open() as other:
        other.edit_message(told[2], 1, "plum")
        added = other.add_message(told[2], "user", "plum and pear")
        other.rename(told[1], "plum")
    assert places(store.search("plum")) == {(told[1], None), (told[2], 1), (told[2], added.id)}
    assert len(store.search("nothing")) == 0
    assert len(store.search("café")) == 0
    store.remove_messages(told[2], [added.id])
    store.delete(told[1])
    assert places(store.search("plum")) == {(told[2], 1)}
    store.restore(told[1])
    assert places(store.search("plum")) == {(told[1], None), (told[2], 1)}


def test_words_of_a_long_text_are_found(store: SessionStore) -> None:
    text = " ".join(f"w{number}" for number in range(5000)) + " " + "x" * 3000 + " end"
    made = store.create("long", messages=users(text, "w1 end"))
    assert places(store.search("w4321")) == {(made.id, 1)}
    assert places(store.search('"w1999 w2000"')) == {(made.id, 1)}
    assert places(store.search("w1 end")) == {(made.id, 1), (made.id, 2)}
    assert places(store.search("end -w7")) == {(made.id, 2)}
    assert places(store.search("x" * 3000)) == {(made.id, 1)}


def test_what_no_database_has_a_form_for_hides_nothing(store: SessionStore) -> None:
    made = store.create("n", messages=users("one\0two three\u2028four", "\0"))
    for word in ("one", "two", "three", "four"):
        assert places(store.search(word)) == {(made.id, 1)}
