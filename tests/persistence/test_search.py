"""Words found in what was said, wherever and in whatever spelling they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs.persistence import NewMessage, SearchHit, SessionStore


@pytest.fixture
def store(home: Path) -> SessionStore:
    opened = SessionStore(home)
    opened.create("First", messages=[NewMessage("user", "How do I undo a Rebase?\nplease"), NewMessage("user", "no")])
    opened.create(
        "Größe 漢字", messages=[NewMessage("assistant", "Straße und Öl\n" + "x" * 400 + " needle " + "y" * 400)]
    )
    opened.create("Quotes", messages=[NewMessage("user", 'he said "hi" to C:\\dir')])
    return opened


def found(store: SessionStore, words: str) -> list[tuple[int, int | None]]:
    return [(hit.session_id, hit.message_id) for hit in store.search(words)]


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("rebase undo", [(1, 1)]),
        ("REBASE", [(1, 1)]),
        ("rebase nothing", []),
        ("please", [(1, 1)]),
        ("strasse", [(2, 1)]),
        ("öl", [(2, 1)]),
        ("漢字", [(2, None)]),
        ("first", [(1, None)]),
        ('"hi"', [(3, 1)]),
        ("C:\\dir", [(3, 1)]),
        ("", []),
        ("  ", []),
    ],
)
def test_all_the_words_must_stand_in_one_message_or_name(
    store: SessionStore, words: str, places: list[tuple[int, int | None]]
) -> None:
    assert found(store, words) == places


def test_a_long_line_is_cut_around_the_word(store: SessionStore) -> None:
    (hit,) = store.search("needle")
    assert hit == SearchHit(2, "Größe 漢字", 1, "assistant", hit.line)
    assert "needle" in hit.line
    assert len(hit.line) < 170
    assert hit.line.startswith("…")
    assert hit.line.endswith("…")


def test_the_newest_come_first_and_no_more_than_asked_for(store: SessionStore) -> None:
    for number in range(5):
        store.create(f"more {number}", messages=[NewMessage("user", "again and again")])
    assert [hit.session_id for hit in store.search("again", 3)] == [8, 7, 6]
    assert len(store.search("again", None)) == 5


def test_a_damaged_file_hides_no_other(store: SessionStore, home: Path) -> None:
    (home / "sessions" / "3.json").write_text('{"name": "rebase')
    assert found(store, "rebase") == [(1, 1)]
