"""Sessions in a TinyDB: what only this engine has, beside what every engine promises."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from tinydb import JSONStorage, TinyDB, where
from tinydb.storages import MemoryStorage
from tinydb.table import Document as TableDocument

from hfs.errors import LockTimeoutError, StoreError
from hfs.persistence import NewMessage, SessionStore
from hfs.persistence.tinydb_engine import engine as tinydb_engine
from hfs.persistence.tinydb_engine.engine import TinyDBEngine


@pytest.fixture
def db() -> TinyDB:
    """A database in memory."""
    return TinyDB(storage=MemoryStorage)


@pytest.fixture
def store(db: TinyDB, home: Path) -> SessionStore:
    """A store in it."""
    return SessionStore(home, engine=TinyDBEngine(db, home))


def test_sessions_are_documents_of_a_table(store: SessionStore, db: TinyDB, home: Path) -> None:
    made = store.create("Name", messages=[NewMessage("user", "hi")])
    found = db.table("sessions").get(where("name") == "Name")
    assert isinstance(found, TableDocument)
    assert (found.doc_id, dict(found)) == (made.id, made.to_document())
    store.delete(made.id)
    assert len(db.table("sessions")) == 0
    (trashed,) = db.table("trash")
    assert trashed["document"] == found
    assert not home.exists()


def test_a_document_that_somebody_put_into_the_table_is_a_session(store: SessionStore, db: TinyDB) -> None:
    db.table("sessions").insert(TableDocument({"name": "mine", "messages": [{"content": "hi"}]}, doc_id=40))
    assert [summary.name for summary in store.list_recent()] == ["mine"]
    assert store.revision(40) == ""
    assert store.add_message(40, "user", "on").id == 1
    assert store.create().id == 41
    assert store.delete(40)
    assert store.create().id == 42


def test_two_stores_on_one_database_lose_nothing(db: TinyDB, home: Path) -> None:
    stores = [SessionStore(home, engine=TinyDBEngine(db, home)) for _ in range(4)]
    made = stores[0].create()
    begun = threading.Barrier(8)

    def talk(me: int) -> None:
        begun.wait()
        for number in range(15):
            stores[me % 4].add_message(made.id, "user", f"{me} {number}")
            stores[me % 4].create()
            stores[me % 4].tag(made.id, [f"{me}-{number}".replace("-", " ")])
            stores[me % 4].list_recent()
            stores[me % 4].search(f"{me}")

    threads = [threading.Thread(target=talk, args=(me,)) for me in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session = stores[0].get(made.id)
    assert session is not None
    assert [message.id for message in session.messages] == list(range(1, 121))
    assert len(session.tags) == 120
    assert stores[0].count() == 121


def test_a_change_that_fails_leaves_everything_as_it_was(store: SessionStore, db: TinyDB) -> None:
    made = store.create(messages=[NewMessage("user", "hi", extra={"deep": [1]})])
    before = repr(db.storage.read())

    def change(document: dict[str, Any]) -> None:
        document["messages"][0]["deep"].append(2)
        document.clear()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store._engine.documents.modify(made.id, change)
    assert repr(db.storage.read()) == before


def test_a_document_that_is_read_meanwhile_does_not_change(store: SessionStore) -> None:
    made = store.create(messages=[NewMessage("user", "hi")])
    engine = store._engine
    assert isinstance(engine, TinyDBEngine)
    ((_, seen),) = engine._tables.snapshot()
    store.add_message(made.id, "user", "more")
    store.rename(made.id, "other")
    assert len(seen["messages"]) == 1
    assert seen["name"] != "other"


def test_words_for_one_database_are_not_saved_into_another(home: Path) -> None:
    first, second = (SessionStore(home, engine=TinyDBEngine(TinyDB(storage=MemoryStorage), home)) for _ in range(2))
    for store in (first, second):
        store.create("the same id")
    first.keep_draft(1, NewMessage("user", "for the first"))
    assert second.save_drafts() == []
    assert len(first.save_drafts()) == 1


def test_another_import_is_waited_for_and_then_given_up(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tinydb_engine, "TIMEOUT", 0.01)
    with (
        store.begin_import(),
        pytest.raises(LockTimeoutError, match="Another import into the TinyDB database has been"),
    ):
        store.begin_import().__enter__()
    with store.begin_import() as target:
        assert target.find("x") is None


def test_a_very_id_is_taken_if_nobody_had_it(store: SessionStore) -> None:
    imports = store._engine.imports
    store.create()
    assert not imports.claim(1)
    assert imports.claim(9)
    assert not imports.claim(9)
    imports.place(9, {"messages": []})
    with pytest.raises(ValueError, match="already exists"):
        imports.place(9, {"messages": []})
    assert store.create().id == 10


def test_a_session_whose_uid_is_here_again_is_not_restored(store: SessionStore) -> None:
    made, _ = store.import_document({"uid": "u", "messages": []})
    store.delete(made.id)
    again, _ = store.import_document({"uid": "u", "messages": []})
    with pytest.raises(StoreError, match=f"Session {made.id} is here again as session {again.id}"):
        store.restore(made.id)
    assert len(store.list_trash()) == 1


def test_there_is_no_copy_to_merge(store: SessionStore) -> None:
    with pytest.raises(StoreError, match="is no copy of a session"):
        store.merge_copy(1, Path("x"))


def test_a_database_in_a_file_goes_on_where_it_was(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "db.json"
    with TinyDB(path, storage=JSONStorage) as db:
        store = SessionStore(home, engine=TinyDBEngine(db, home))
        made = store.create("Name", messages=[NewMessage("user", "hi")])
        store.delete(store.create().id)
        drafts = store._engine.drafts
    with TinyDB(path, storage=JSONStorage) as db:
        store = SessionStore(home, engine=TinyDBEngine(db, home))
        assert store.get(made.id) == made
        assert store.create().id == 3
        assert store._engine.drafts == drafts
