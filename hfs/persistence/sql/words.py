"""The words of messages, where the database itself looks them up: FTS5 of SQLite, tsvector of PostgreSQL.

Both hold words that were folded here, so that a search finds the same in every engine, whatever the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from hfs.persistence.index.text import fold, words_in

PART: Final = 2000
"""How many words stand in one vector at the most: PostgreSQL has numbers for 16,383 places."""
OVERLAP: Final = 32
"""How many words of a part stand in the one before it too: a phrase of one word more stands whole in one of them."""
_MOST_PLACES: Final = 250
"""How often a word stands in one vector at the most: PostgreSQL keeps 256 of its places."""
_MOST_CHARACTERS: Final = 200_000
"""How many characters all words of a vector have at the most: PostgreSQL takes a megabyte."""
LONGEST: Final = 500
"""How much of a word is kept, in characters: PostgreSQL takes 2,046 bytes. What is found is looked at again."""

_PLACED: Final = re.compile(r"'[^']*':[\d,]+")
"""A word of a vector and its places."""


def searchable(texts: Mapping[int, str]) -> dict[int, list[str]]:
    """The words of texts, folded. Work for the processor: done before a transaction begins.

    Args:
        texts: By any key.
    """
    return {key: [word[:LONGEST] for word in words_in(fold(text))] for key, text in texts.items()}


def by_text(texts: Iterable[str]) -> dict[str, list[str]]:
    """The same of each text, by the text itself."""
    known = dict.fromkeys(texts)
    return dict(zip(known, searchable(dict(enumerate(known))).values(), strict=True))


def write_words(session: Session, words: Mapping[int, list[str]], *, fresh: bool = False) -> None:
    """Keeps the words of messages, in the place of those that were there.

    Args:
        session: In a transaction.
        words: By the number of the message's row.
        fresh: Whether none were there.
    """
    if not words:
        return
    if not fresh:
        forget_words(session, words)
    if session.get_bind().dialect.name == "sqlite":
        rows = [{"key": key, "words": " ".join(found)} for key, found in words.items()]
        session.execute(text("INSERT INTO message_words (rowid, words) VALUES (:key, :words)"), rows)
        return
    parts = [row for key, found in words.items() for row in _vectors(key, found)]
    if parts:
        insert = "INSERT INTO message_words (message_id, part, words) VALUES (:key, :part, CAST(:words AS tsvector))"
        session.execute(text(insert), parts)


def forget_words(session: Session, keys: Iterable[int]) -> None:
    """Removes the words of messages that are there still; those of others went with them."""
    column = "rowid" if session.get_bind().dialect.name == "sqlite" else "message_id"
    statement = text(f"DELETE FROM message_words WHERE {column} IN :keys").bindparams(bindparam("keys", expanding=True))
    wanted = list(keys)
    for at in range(0, len(wanted), 500):
        session.execute(statement, {"keys": wanted[at : at + 500]})


def kept_words(session: Session, session_id: int) -> dict[int, dict[int, str]]:
    """What is kept of the words of a session's messages: by their rows, and by part; the same text for the same words.

    Args:
        session: In a transaction.
        session_id: The session.
    """
    if session.get_bind().dialect.name == "sqlite":
        columns, key = "rowid, 0, words", "rowid"
    else:
        columns, key = "message_id, part, CAST(words AS text)", "message_id"
    wanted = "SELECT id FROM messages WHERE session_id = :id"
    rows = session.execute(text(f"SELECT {columns} FROM message_words WHERE {key} IN ({wanted})"), {"id": session_id})
    found: dict[int, dict[int, str]] = {}
    for row, part, words in rows:
        if words:
            found.setdefault(row, {})[part] = _in_order(words)
    return found


def words_to_keep(words: Mapping[int, list[str]], *, is_sqlite: bool) -> dict[int, dict[int, str]]:
    """The same as it should be.

    Args:
        words: By the number of the message's row.
        is_sqlite: Whether SQLite keeps them; else PostgreSQL.
    """
    if is_sqlite:
        return {key: {0: " ".join(found)} for key, found in words.items() if found}
    return {
        key: {vector["part"]: _in_order(vector["words"]) for vector in _vectors(key, found)}
        for key, found in words.items()
        if found
    }


def _in_order(words: str) -> str:
    """The words of a vector in an order that is not the database's own; what is no vector stays as it is."""
    return " ".join(sorted(_PLACED.findall(words))) or words


def _vectors(key: int, words: list[str]) -> Iterator[dict[str, Any]]:
    """A message's words in parts, with their places as PostgreSQL writes them. No word has a quote in it.

    The only part of a message is number 0; the parts of one that has several are counted from 1.
    """
    parts = list(_parts(words))
    for number, part in enumerate(parts, 1 if len(parts) > 1 else 0):
        places: dict[str, list[str]] = {}
        for place, word in enumerate(part, 1):
            places.setdefault(word, []).append(str(place))
        yield {
            "key": key,
            "part": number,
            "words": " ".join(f"'{word}':{','.join(found)}" for word, found in places.items()),
        }


def _parts(words: list[str]) -> Iterator[list[str]]:
    """Words in pieces that fit into a vector each, each but the first beginning with the end of the one before."""
    start = end = 0
    while end < len(words):
        end = _end_of_part(words, start)
        yield words[start:end]
        start = end - OVERLAP


def _end_of_part(words: list[str], start: int) -> int:
    counts: dict[str, int] = {}
    characters = 0
    last = min(start + PART, len(words))
    for at in range(start, last):
        word = words[at]
        counts[word] = count = counts.get(word, 0) + 1
        characters += len(word)
        if count > _MOST_PLACES or characters > _MOST_CHARACTERS:
            return at
    return last
