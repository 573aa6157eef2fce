"""The tables of the index."""

from __future__ import annotations

from typing import Final

VERSION: Final = 1
"""What the tables hold. An index of another version is made again."""
_TOKENS: Final = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'"
"""Texts come folded; vowel signs belong to their words."""

TEXT_TABLE: Final = (
    f"CREATE VIRTUAL TABLE text USING fts5(body, content='', columnsize=0, detail=full, tokenize=\"{_TOKENS}\")"
)
ROWS_TABLE: Final = """
CREATE TABLE {schema}sessions (
    id INTEGER PRIMARY KEY,
    identity INTEGER NOT NULL,
    uid TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER,
    active INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    models TEXT NOT NULL,
    tags TEXT NOT NULL,
    pinned INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    problem TEXT,
    activity TEXT NOT NULL,
    seal INTEGER NOT NULL
)
"""
EXTENTS_TABLE: Final = """
CREATE TABLE {schema}extents (
    first INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    session INTEGER NOT NULL,
    at INTEGER NOT NULL
)
"""
"""Where words are: so many places from the first on hold the texts of a session, from number ``at`` on, in order.
Its name is number 0. What stands in other places belongs to no session any more. A row of ``text`` is a place and who
spoke there, see ``rowid_of``."""
TABLES: Final = (
    ROWS_TABLE.format(schema=""),
    EXTENTS_TABLE.format(schema=""),
    "CREATE INDEX extents_of ON extents (session)",
    "CREATE INDEX by_created ON sessions (created, id)",
    "CREATE INDEX by_active ON sessions (active, id)",
    "CREATE INDEX by_uid ON sessions (uid)",
    "CREATE INDEX pinned_ones ON sessions (pinned) WHERE pinned = 1",
    "CREATE INDEX archived_ones ON sessions (archived) WHERE archived = 1",
    "CREATE TABLE state (folder INTEGER NOT NULL, swept INTEGER NOT NULL, took INTEGER NOT NULL, "
    "place INTEGER NOT NULL, unused INTEGER NOT NULL)",
    "INSERT INTO state VALUES (0, 0, 0, 1, 0)",
    # Sessions whose rows are up to date and whose words are not there: a list doesn't need them.
    "CREATE TABLE behind (session INTEGER PRIMARY KEY)",
    # Sessions whose rows may not be up to date: what processes noted of them came in another order than it was done.
    "CREATE TABLE doubtful (session INTEGER PRIMARY KEY)",
    "CREATE TABLE parts (file TEXT PRIMARY KEY, identity TEXT NOT NULL)",
    TEXT_TABLE,
    f"PRAGMA user_version = {VERSION}",
)
