"""DocumentDB: TinyDB's behaviour, a file per document, and what its own suite doesn't ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tinydb import Query, where
from tinydb.table import Document

from hfs.persistence import DocumentDB, DocumentTable, Layout, SessionStore, append
from hfs.persistence.session_document.layout import SESSION_LAYOUT
from tests.support.processes import finish, start_python


@pytest.fixture
def db(tmp_path: Path) -> DocumentDB:
    return DocumentDB(tmp_path / "db")


def notes(db: DocumentDB) -> DocumentTable:
    table = db.table("notes")
    assert isinstance(table, DocumentTable)
    return table


def test_opening_writes_nothing_and_missing_parents_are_an_error(tmp_path: Path) -> None:
    DocumentDB(tmp_path / "db").close()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        DocumentDB(tmp_path / "no" / "db")


def test_a_document_is_a_file_of_its_own(db: DocumentDB, tmp_path: Path) -> None:
    doc_id = notes(db).insert({"title": "hi", "tags": ["a", "é"], "n": 1.5})
    path = tmp_path / "db" / "notes" / f"{doc_id}.json"
    assert path.read_text() == '{\n  "title": "hi",\n  "tags": ["a", "é"],\n  "n": 1.5\n}\n'
    path.write_text('{"title": "by hand"}')
    assert notes(db).get(doc_id=doc_id) == {"title": "by hand"}
    assert notes(db).search(where("title") == "by hand") == [{"title": "by hand"}]


def test_getting_one_document_reads_one_file(db: DocumentDB, tmp_path: Path) -> None:
    notes(db).insert_multiple({"n": number} for number in range(3))
    (tmp_path / "db" / "notes" / "2.json").write_text("broken")
    assert notes(db).get(doc_id=3) == {"n": 2}
    assert notes(db).contains(doc_id=1)
    assert notes(db).update({"x": 1}, doc_ids=[1, 9]) == [1]


def test_order_is_by_number_and_ids_are_not_used_again(db: DocumentDB, tmp_path: Path) -> None:
    notes(db).insert_multiple({"n": number} for number in range(12))
    assert [document.doc_id for document in notes(db)] == list(range(1, 13))
    notes(db).remove(doc_ids=[12])
    assert notes(DocumentDB(tmp_path / "db")).insert({}) == 13


def test_a_call_that_raises_has_changed_nothing(db: DocumentDB) -> None:
    notes(db).insert_multiple([{"n": 1}, {"n": 2}])
    before = notes(db).all()

    def explode(document: Any) -> None:
        document["n"] += 10
        if document["n"] == 12:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        notes(db).update(explode)
    with pytest.raises(TypeError):
        notes(db).insert_multiple([{"n": 3}, {"n": {1, 2}}])
    with pytest.raises(ValueError, match="already exists"):
        notes(db).insert_multiple([{"n": 3}, Document({"n": 4}, 1)])
    with pytest.raises(ValueError, match="can't be a document's id"):
        notes(db).insert(Document({}, -5))
    assert notes(db).all() == before


def test_results_are_fresh_copies(db: DocumentDB) -> None:
    notes(db).insert({"tags": ["a"]})
    found = notes(db).get(doc_id=1)
    assert isinstance(found, Document)
    found["tags"].append("b")
    assert notes(db).get(doc_id=1) == {"tags": ["a"]}


def test_two_handles_see_each_other(tmp_path: Path) -> None:
    one, two = DocumentDB(tmp_path / "db"), DocumentDB(tmp_path / "db")
    one.insert({"n": 1})
    assert two.insert({"n": 2}) == 2
    assert one.search(where("n") >= 1) == [{"n": 1}, {"n": 2}]
    two.update({"n": 5}, where("n") == 1)
    assert one.search(where("n") >= 1) == [{"n": 5}, {"n": 2}]


def test_processes_insert_at_once(tmp_path: Path) -> None:
    code = """
import sys
from hfs.persistence import DocumentDB
db = DocumentDB(sys.argv[1])
for number in range(40):
    db.insert({"n": number})
    db.upsert({"who": sys.argv[2], "n": number}, lambda document: document.get("who") == sys.argv[2])
"""
    finish(*[start_python(code, tmp_path / "db", writer) for writer in range(4)])
    db = DocumentDB(tmp_path / "db")
    assert len(db) == 164
    assert all(len(db.search(Query().who == str(writer))) == 1 for writer in range(4))


@pytest.mark.parametrize("name", ["", "..", "a/b", "locks", "damaged", ".x", "a\\b", "a\nb"])
def test_a_name_that_no_folder_can_have_is_refused(db: DocumentDB, name: str) -> None:
    with pytest.raises(ValueError, match="table's name"):
        db.table(name)


def test_an_emptied_table_stays_and_a_dropped_one_goes(db: DocumentDB, tmp_path: Path) -> None:
    notes(db).insert({})
    notes(db).truncate()
    assert db.tables() == {"notes"}
    db.table("other", persist_empty=True)
    assert db.tables() == {"notes", "other"}
    notes(db).insert({})
    db.table("notes", persist_empty=True)
    assert len(notes(DocumentDB(tmp_path / "db"))) == 1
    db.drop_tables()
    assert db.tables() == set()


def test_appending_to_the_growing_list_of_a_declared_table_keeps_the_rest_of_the_file(tmp_path: Path) -> None:
    layout = Layout(append_field="log", item_text_fields=frozenset({"text"}), item_id="n")
    db = DocumentDB(tmp_path / "db", layouts={"logs": layout})
    table = db.table("logs")
    table.insert({"name": "x", "log": [{"n": 1, "text": "a\nb"}]})
    assert table.update(append("log", {"text": "c"}), doc_ids=[1, 5]) == [1]
    assert table.get(doc_id=1) == {"name": "x", "log": [{"n": 1, "text": "a\nb"}, {"n": 2, "text": "c"}]}
    path = tmp_path / "db" / "logs" / "1.json"
    assert '      "a",\n      "b"\n' in path.read_text()
    assert table.search(Query().log.any(Query().text == "a\nb")) != []


def test_append_is_an_ordinary_operation_everywhere_else(db: DocumentDB) -> None:
    notes(db).insert_multiple([{"tags": ["a"]}, {}])
    notes(db).update(append("tags", "b"))
    assert notes(db).all() == [{"tags": ["a", "b"]}, {"tags": ["b"]}]


def test_sessions_are_a_table_too(home: Path) -> None:
    with SessionStore(home) as store:
        session = store.create("Fix the parser")
        store.add_message(session.id, "user", "two\nlines")
    with DocumentDB(home, layouts={"sessions": SESSION_LAYOUT}) as db:
        table = db.table("sessions")
        (found,) = table.search(where("name").search("parser"))
        assert found["messages"][0]["content"] == "two\nlines"
        table.update(append("messages", {"role": "user", "content": "hi"}), doc_ids=[1])
    with SessionStore(home) as store:
        assert [message.content for message in (store.get(1) or session).messages] == ["two\nlines", "hi"]


def test_a_file_from_elsewhere_is_read_whatever_its_layout(db: DocumentDB, tmp_path: Path) -> None:
    notes(db).insert({"n": 1})
    (tmp_path / "db" / "notes" / "7.json").write_text(json.dumps({"n": 7}, indent=8))
    assert [document["n"] for document in notes(db)] == [1, 7]
    assert notes(db).insert({}) == 8
