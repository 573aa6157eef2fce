"""Sessions looked for by their names: the index finds those that a look at every name finds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs.errors import AmbiguousSessionError, SessionNotFoundError
from hfs.persistence import ListQuery, SessionFilter, SessionStore
from hfs.persistence.index.text import fold

NAMES = (
    *("Undoing a rebase", "undo", "UNDO 100%", "a_b", "axb", "back\\slash", "x[y]*?", "'quoted\" -- ;"),
    *(
        "Über Größe",
        "uber grosse",
        "GRÖSSE",
        "Löffel",
        "漢字かな",
        "漢 字",
        "ไทยไทย",
        "Ελληνικά",
        "Δοκιμή",
        "e\u0301te",
        "İstanbul",
    ),
)
TEXTS = st.one_of(
    st.text(st.sampled_from("uUnoO döÖÜßsS%_\\'\"[]*?漢字ไทยΔδ\u0301İi"), max_size=4),
    st.sampled_from(NAMES).flatmap(lambda name: st.sampled_from([name[at:end] for at in range(4) for end in range(8)])),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionStore]:
    with SessionStore(tmp_path_factory.mktemp("home")) as opened:
        for name in NAMES:
            opened.create(name)
        yield opened


def found(store: SessionStore, wanted: SessionFilter) -> set[str]:
    page = store.list_sessions(ListQuery(wanted, limit=None))
    assert page.matching == len(page.sessions)
    return {summary.name for summary in page.sessions}


@given(words=TEXTS)
def test_a_name_is_found_by_words_it_holds_and_by_no_others(store: SessionStore, words: str) -> None:
    holding = {name for name in NAMES if all(fold(word).strip() in fold(name) for word in words.split())}
    assert found(store, SessionFilter(name=words)) == holding


@given(letters=TEXTS)
def test_no_name_is_missed_that_holds_letters_in_their_order(store: SessionStore, letters: str) -> None:
    def small(text: str) -> list[str]:
        # Of one character, as the picker compares them.
        return [letter.lower() if len(letter.lower()) == 1 else letter for letter in text]

    def holds(name: str) -> bool:
        rest = iter(small(name))
        return all(letter in rest for letter in small(letters))

    assert {name for name in NAMES if holds(name)} <= found(store, SessionFilter(letters=letters))


def test_only_ascii_letters_tell_names_apart(store: SessionStore) -> None:
    assert found(store, SessionFilter(letters="100%")) == {"UNDO 100%"}
    assert found(store, SessionFilter(letters="a_b")) == {"a_b"}
    assert "axb" in found(store, SessionFilter(letters="aéb"))


@given(part=TEXTS)
def test_a_session_is_meant_by_a_part_of_its_name_that_no_other_has(store: SessionStore, part: str) -> None:
    wanted = part.strip().casefold()
    exact = [name for name in NAMES if name.casefold() == wanted]
    fitting = exact or [name for name in NAMES if wanted and wanted in name.casefold()]
    meant: list[str] = []
    with contextlib.suppress(SessionNotFoundError):
        try:
            meant = [NAMES[store.resolve(part) - 1]]
        except AmbiguousSessionError as error:
            meant = [name for _, name in error.candidates]
    assert sorted(meant) == sorted(fitting)


def test_only_the_named_sessions_are_listed(store: SessionStore) -> None:
    page = store.list_sessions(ListQuery(SessionFilter(ids=(2, 5, 999))))
    assert [summary.id for summary in page.sessions] == [5, 2]
    assert found(store, SessionFilter(ids=())) == set()


def test_damaged_sessions_are_listed_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    with SessionStore(home) as store:
        store.create("whole")
        store.create("broken")
        (home / "sessions" / "2.json").write_text("{")
        assert found(store, SessionFilter(damaged=True)) == {"Session 2"}
        assert found(store, SessionFilter(damaged=False)) == {"whole"}


def test_as_many_sessions_may_be_named_as_there_are(store: SessionStore) -> None:
    assert found(store, SessionFilter(ids=range(1, 100_000))) == set(NAMES)


def test_more_is_looked_for_than_a_name_can_hold(store: SessionStore) -> None:
    index = store.home / "index" / "sessions.db"
    assert found(store, SessionFilter(letters="un")) >= {"undo"}
    before = index.stat().st_ino
    assert found(store, SessionFilter(letters="u" * 60_000)) == set()
    assert found(store, SessionFilter(name="u" * 60_000)) == set()
    assert found(store, SessionFilter(name=" ".join(map(str, range(2000))))) == set()
    with pytest.raises(SessionNotFoundError):
        store.resolve("u" * 60_000)
    assert index.stat().st_ino == before
