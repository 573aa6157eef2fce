"""Hostile databases, all the way: nothing in them runs, and what can't be read is told with its reason."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
from pathlib import Path
from typing import Final

import pytest

from tests.transfer.bringing import said, sessions
from tests.transfer.hostile import STEERING, bring_hostile
from tests.transfer.importers.databases import build
from tests.transfer.importers.reading import FIXTURES

LLM: Final = tuple(FIXTURES / "llm" / f"{name}.sql" for name in ("schema-0.31", "schema-0.36", "threads"))
ELIA: Final = (FIXTURES / "elia" / "elia-1.10.sql",)
OTERM: Final = (FIXTURES / "oterm" / "oterm-0.26.sql",)
ENDLESS: Final = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r)"
FROM_JSON: Final = {"text_ref": [{"fragment": "\ud800"}, {"fragment": 10**40}], "attachment": {"id": "\ud800"}}


def changed(tmp_path: Path, scripts: tuple[Path, ...], *statements: str, values: tuple[object, ...] = ()) -> Path:
    """A database with some statements run in it; the values are for the question marks of the last one."""
    path = build(tmp_path / "export.db", *scripts)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.create_collation("odd", lambda one, other: 0)
        for statement in statements[:-1]:
            connection.execute(statement)
        connection.execute(statements[-1], values)
        connection.commit()
    return path


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("scripts", "statements", "told"),
    [
        pytest.param(LLM, ["DROP TABLE threads", f"CREATE VIEW threads AS {ENDLESS} SELECT i AS id, i AS "
                     "tip_message_hash FROM r", "DROP TABLE responses", f"CREATE VIEW responses AS {ENDLESS} SELECT "
                     "i AS id, i AS prompt, i AS response FROM r"], "it has not the shape", id="views for tables"),
        pytest.param(LLM, ["DROP TABLE parts", f"CREATE VIEW parts AS {ENDLESS} SELECT (SELECT hash FROM messages) || "
                     "substr(i, 1, 0) AS message_hash, i AS position, 'text' AS type FROM r"], "with nothing said",
                     id="an endless view for one table"),
        pytest.param(ELIA, ["ALTER TABLE chat RENAME TO old", "CREATE TABLE chat (id TEXT COLLATE odd, title TEXT)",
                     "INSERT INTO chat SELECT id, title FROM old"], "no such collation sequence: odd",
                     id="a collation that is nowhere"),
        pytest.param(OTERM, ["PRAGMA writable_schema = 1", "UPDATE sqlite_master SET sql = 'CREATE TABLE message (' "
                     "WHERE name = 'message'"], "malformed database schema", id="a schema that is no SQL"),
        pytest.param(OTERM, ["PRAGMA writable_schema = 1", "UPDATE sqlite_master SET sql = 'CREATE TABLE x (', "
                     "name = CAST(x'ff28fe' AS TEXT) WHERE name = 'message'"], "it is damaged", id="no text"),
        pytest.param(OTERM, ["DROP TABLE message", "CREATE TABLE message (id INTEGER PRIMARY KEY, chat_id, author, "
                     "text) WITHOUT ROWID", "INSERT INTO message VALUES (1, 1, 'user', 'one'), (2, 1, 'user', 'two')"],
                     "no such column: rowid", id="a table without row ids"),
        pytest.param(ELIA, ["UPDATE message SET content = hex(zeroblob(1000000))"],
                     "a text in it is longer than 1 MiB; `--max-size` takes more", id="a huge text"),
        pytest.param(ELIA, ["UPDATE message SET content = CAST(x'61ff' AS TEXT) WHERE id = 1"],
                     "1 × byte that is not UTF-8", id="a text that is not UTF-8"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(
    home: Path, tmp_path: Path, scripts: tuple[Path, ...], statements: list[str], told: str
) -> None:
    report = bring_hostile(home, changed(tmp_path, scripts, *statements), limit=1 << 20)
    assert not report.succeeded
    assert told in "\n".join(report.lines())


@pytest.mark.parametrize(
    ("scripts", "statement", "values"),
    [
        pytest.param(LLM, "UPDATE attachments SET content = ?", (b"x" * 3_000_000,), id="a huge file"),
        pytest.param(LLM, "UPDATE threads SET forked_from = id", (), id="threads that are forked from themselves"),
        pytest.param(LLM, "CREATE TRIGGER t AFTER INSERT ON turns BEGIN DELETE FROM turns; END", (), id="a trigger"),
        pytest.param(LLM, 'CREATE TABLE "a""b\'; DROP TABLE threads; --" ("x""; y")', (), id="quotes in a name"),
        pytest.param(ELIA, "CREATE TABLE \"\x1b[31m\u202e\" (\"'\")", (), id="a name that steers a terminal"),
        pytest.param(ELIA, "ALTER TABLE message ADD COLUMN x TEXT AS (hex(zeroblob(400000000)))", (), id="a bomb"),
        pytest.param(ELIA, "UPDATE chat SET title = ?", ("x" * 10_000,), id="a title of 10,000 characters"),
        pytest.param(ELIA, "UPDATE message SET content = content || char(0) || ?", (STEERING.encode("utf-8", "replace")
                     .decode(),), id="texts that steer a terminal"),
        pytest.param(ELIA, "UPDATE message SET role = role || ?, model = ? WHERE id > 1", ("\x1b[31m",) * 2,
                     id="roles and models that steer a terminal"),
        pytest.param(OTERM, "UPDATE message SET images = ?", (json.dumps(["x" * 900_000, None, {}, 3]),),
                     id="images of wrong types"),
    ],
)  # fmt: skip
def test_what_can_be_read_comes_in(
    home: Path, tmp_path: Path, scripts: tuple[Path, ...], statement: str, values: tuple[object, ...]
) -> None:
    path = changed(tmp_path, scripts, statement, values=values)
    assert bring_hostile(home, path, limit=1 << 20).succeeded
    assert any(map(said, sessions(home)))


def test_half_of_a_surrogate_pair_in_json_in_a_column_is_found_nowhere(home: Path, tmp_path: Path) -> None:
    change = "UPDATE parts SET text = NULL, type = 'text', payload = ?"
    report = bring_hostile(home, changed(tmp_path, LLM, change, values=(json.dumps(FROM_JSON),)))
    assert report.total()["skipped"] > 10
    assert not report.count("failed")


@pytest.mark.parametrize(
    "scripts", [pytest.param(LLM, id="llm"), pytest.param(ELIA, id="elia"), pytest.param(OTERM, id="oterm")]
)
def test_damage_is_told_and_nothing_is_raised(home: Path, tmp_path: Path, scripts: tuple[Path, ...]) -> None:
    whole = build(tmp_path / "whole.db", *scripts).read_bytes()
    path = tmp_path / "export.db"
    for number in range(60):
        chance = random.Random(f"damage/{number}")
        data = bytearray(whole)
        if number % 3 == 0:
            del data[chance.randrange(16, len(data)) :]
        elif number % 3 == 1:
            for _ in range(chance.choice((1, 10, 100))):
                data[chance.randrange(16, len(data))] = chance.randrange(256)
        else:
            start, end = chance.randrange(100, len(data)), chance.randrange(100, len(data))
            data[start : start + 1000] = data[end : end + 1000]
        path.write_bytes(data)
        report = bring_hostile(home / str(number), path)
        assert report.files or report.ignored
