"""Text as it is looked for."""

from __future__ import annotations

import sqlite3
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfs.persistence.index.schema import TEXT_TABLE
from hfs.persistence.index.text import fold, fold_in_place, words_in

SCRIPTS = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF)) | st.text(
    "aÉßœ ё\u0301\u0308\u093c\u064b\u05b0\u1161\u11a8\u3099漢字かｶﾞ한글ไทยम्\u200d\ufe0f🎉👩½²ⅣǅΣςﬁ\n-_.'"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Naïve CAFÉ e\u0301te\u0301", ["naive", "cafe", "ete"]),
        ("Straße Ångström Łódź Ærø", ["strasse", "angstrom", "lodz", "aero"]),
        ("ΣΊΣΥΦΟΣ", ["σισυφοσ"]),
        ("Ещё йод уда\u0301рение", ["еще", "йод", "ударение"]),
        ("git-rebase's snake_case", ["git", "rebase", "s", "snake", "case"]),
        ("漢字かな", ["漢", "字", "か", "な"]),
        ("ｶﾞ ガ", ["ガ", "ガ"]),
        ("カ\u3099", ["ガ"]),
        ("한국", ["한", "국"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("हिन्दी", ["हिन्दी"]),
        ("مُحَمَّد محمد", ["محمد", "محمد"]),
        ("أحمد احمد", ["احمد", "احمد"]),
        ("שָׁלוֹם שלום", ["שלום", "שלום"]),
        ("co\u00adoperate", ["cooperate"]),
        ("٤٢ ４２ 42", ["42", "42", "42"]),
        ("½ ﬁ ²", ["1", "2", "fi", "2"]),
        ("?! … — “”", []),
    ],
)
def test_words_are_without_case_accents_and_points(text: str, words: list[str]) -> None:
    assert words_in(fold(text)) == words


@pytest.mark.parametrize("picture", ["🎉", "🤔", "❤️", "→", "✅"])
def test_a_picture_is_a_word_of_its_own(picture: str) -> None:
    assert words_in(fold(f"done{picture}now")) == ["done", *words_in(fold(picture)), "now"]
    assert len(words_in(fold(picture))) == 1


@given(SCRIPTS)
def test_the_database_finds_the_same_words(text: str) -> None:
    folded = fold(text)
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(TEXT_TABLE)
        connection.execute("CREATE VIRTUAL TABLE words USING fts5vocab(text, instance)")
        connection.execute("INSERT INTO text (rowid, body) VALUES (1, ?)", (folded,))
        assert [word for (word,) in connection.execute("SELECT term FROM words ORDER BY offset")] == words_in(folded)
    finally:
        connection.close()


@given(SCRIPTS)
@settings(max_examples=300)
def test_it_does_not_matter_how_accents_are_written_and_lines_stay_lines(text: str) -> None:
    folded = fold(text)
    assert folded == fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))
    assert folded.count("\n") == text.count("\n")


@given(SCRIPTS)
def test_each_folded_character_knows_where_it_comes_from(text: str) -> None:
    folded, places = fold_in_place(text)
    if places is None:
        assert len(folded) == len(text)
    else:
        assert len(places) == len(folded) + 1
        assert places == sorted(places)
        assert places[-1] == len(text)
