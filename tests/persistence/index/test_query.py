"""What a person types to find something."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfs.errors import BadQueryError
from hfs.persistence.index.excerpts import WordFinder
from hfs.persistence.index.query import parse_query
from hfs.persistence.index.schema import TEXT_TABLE
from hfs.persistence.index.text import fold

SIGNS = "ab é漢字-*\"()^:+{}\0\n\\'AND OR NOT NEAR("
TYPED = st.text() | st.text(SIGNS)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("undo rebase", '"undo" AND "rebase"'),
        ("Undo undo", '"undo"'),
        ('"undo a rebase"', '"undo a rebase"'),
        ('"undo a reb', '"undo a reb"'),
        ("reb*", '"reb" *'),
        ('"undo reb"*', '"undo reb" *'),
        ("git-rebase", '"git rebase"'),
        ("--onto", '"onto"'),
        ("漢字", '"漢 字"'),
        ("rebase -merge", '("rebase") NOT ("merge")'),
        ('rebase -merge -"no ff"', '("rebase") NOT ("merge" OR "no ff")'),
        ("a AND b", '"a" AND "and" AND "b"'),
        ("NEAR(a b)", '"near a" AND "b"'),
        ("body:x ^y (z) a+b", '"body x" AND "y" AND "z" AND "a b"'),
        ("x !!! ?", '"x"'),
        ("a\0b", '"a b"'),
    ],
)
def test_words_phrases_beginnings_and_exclusions(text: str, expression: str) -> None:
    assert parse_query(text).expression == expression


@pytest.mark.parametrize(
    ("text", "expression"),
    [("undo reb", '"undo" AND "reb" *'), ("undo r", '"undo" AND "r"'), ("漢", '"漢" *'), ('"a b', '"a b"')],
)
def test_the_last_word_of_what_is_being_typed_may_go_on(text: str, expression: str) -> None:
    assert parse_query(text, as_typed=True).expression == expression


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "--regex"),
        (" \t\n", "--regex"),
        ('"', "--regex"),
        ("?! *", "--regex"),
        ("-merge", "excluded"),
        ("漢" * 501, "at most 500"),
    ],
)
def test_what_has_no_word_to_look_for_is_told(text: str, told: str) -> None:
    with pytest.raises(BadQueryError, match=told):
        parse_query(text)


@settings(max_examples=50)
@given(TYPED, st.booleans(), st.lists(TYPED, max_size=3))
def test_any_query_finds_what_the_database_finds(typed: str, as_typed: bool, texts: list[str]) -> None:
    with contextlib.suppress(BadQueryError):
        query = parse_query(typed, as_typed=as_typed)
        texts = [*texts, typed, f"so {typed.swapcase()}\nthen"]
        for asked in (query, query.opened(), query.side_by_side or query):
            finder = WordFinder(asked)
            expected = [number for number, text in enumerate(texts) if finder.is_in(text)]
            assert _matching(asked.expression, texts) == expected


def test_as_many_words_as_are_allowed_are_no_trouble() -> None:
    words = [f"w{number}" for number in range(500)]
    assert _matching(parse_query(" ".join(words)).expression, ["w1", " ".join(words)]) == [1]
    assert _matching(parse_query("漢" * 500).expression, ["漢" * 499, "漢" * 500]) == [1]
    excluded = f"a -{' -'.join(words[1:])}"
    assert _matching(parse_query(excluded).expression, ["a", "a w7"]) == [0]


def _matching(expression: str, texts: list[str]) -> list[int]:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(TEXT_TABLE)
        connection.executemany("INSERT INTO text (rowid, body) VALUES (?, ?)", enumerate(map(fold, texts)))
        found = connection.execute("SELECT rowid FROM text WHERE text MATCH ? ORDER BY rowid", (expression,))
        return [number for (number,) in found]
    finally:
        connection.close()
