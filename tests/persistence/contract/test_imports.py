"""Sessions come in from elsewhere in every engine, each once, one by one or many at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hfs.errors import HfsError, InvalidDocumentError, SessionNotFoundError
from hfs.persistence import SessionImport, SessionModel, SessionRepository, SessionStore
from tests.persistence.contract.places import Place, found, ids, texts, users

Document = dict[str, Any]


def document(uid: str, *contents: str, **keys: Any) -> Document:
    items = [{"id": at, "role": "user", "content": content} for at, content in enumerate(contents, 1)]
    return {"uid": uid, "name": f"from {uid}", **keys, "messages": items}


def test_an_import_gets_a_new_id_and_comes_in_once(store: SessionStore, session: SessionModel) -> None:
    given = {**session.to_document(), "uid": "other", "mood": "x"}
    given["messages"][1]["id"] = 1
    imported, added = store.import_document(given)
    assert added
    assert imported == found(store, imported.id)
    assert imported.id > session.id
    assert [message.id for message in imported.messages] == [1, 2]
    assert (imported.uid, imported.extra) == ("other", {"mood": "x"})
    again, added = store.import_document({**given, "name": "changed"})
    assert (again, added) == (imported, False)
    assert store.count() == 2


@pytest.mark.parametrize("uid", [pytest.param("a\0b" * 12, id="NUL"), pytest.param("u" * 2000, id="long")])
def test_any_uid_comes_in_once_and_takes_one_id(store: SessionStore, uid: str) -> None:
    imported, added = store.import_document(document(uid, "x", name="n"))
    assert added
    for _ in range(3):
        assert store.import_document(document(uid, "x", name="n")) == (imported, False)
    assert store.create().id == imported.id + 1


def test_an_import_does_not_change_what_it_was_given(store: SessionStore) -> None:
    given = document("a", "one\ntwo", n=[1])
    before = {**given, "messages": [dict(item) for item in given["messages"]]}
    imported, _ = store.import_document(given)
    assert given == before
    given["n"].append(2)
    assert found(store, imported.id).extra == {"n": [1]}


def test_sessions_without_a_uid_are_others_each_time(store: SessionStore) -> None:
    given = {"messages": [{"role": "user", "content": ["two", "lines"]}]}
    one, two = store.import_document(given), store.import_document(given)
    assert (one[1], two[1]) == (True, True)
    assert one[0].uid != two[0].uid
    assert texts(one[0]) == ["two\nlines"]


def test_what_is_no_session_is_not_imported(store: SessionStore) -> None:
    for given in [
        [],
        {},
        {"messages": {}},
        {"messages": [1]},
        {"messages": [{"role": "user"}]},
        {"format": 2, "messages": []},
        {"name": "", "messages": []},
        {"messages": [], "x": float("nan")},
        {"messages": [], "x": {1}},
    ]:
        with pytest.raises(InvalidDocumentError):
            store.import_document(given)
        assert (store.count(), store.list_recent()) == (0, [])


def test_a_session_in_the_trash_does_not_keep_its_like_out(store: SessionStore) -> None:
    first, _ = store.import_document(document("a", "x"))
    store.delete(first.id)
    again, added = store.import_document(document("a", "x"))
    assert added
    assert again.id > first.id
    assert ids(store.list_trash()) == [first.id]


def test_many_come_in_at_once_and_are_known_again(store: SessionStore, place: Place) -> None:
    there = store.create("here before", messages=users("hi"))
    with store.begin_import() as target, ThreadPoolExecutor(3) as threads:
        assert target.find(there.uid) == there.id
        assert target.find("u0") is None
        numbers = [target.reserve(f"u{at}") for at in range(20)]
        assert target.find("u7") == numbers[7]
        jobs = [
            threads.submit(target.add, number, document(f"u{at}", f"word{at}")) for at, number in enumerate(numbers)
        ]
        for job in jobs:
            job.result()
    assert numbers == list(range(there.id + 1, there.id + 21))
    with place.open() as other:
        assert other.count() == 21
        assert [hit.session_id for hit in other.search("word7")] == [numbers[7]]
        with other.begin_import() as target:
            assert [target.find(f"u{at}") for at in range(20)] == numbers
            assert target.document(numbers[3]) == other.document(numbers[3])
            unused = target.reserve("unused")
            target.forget("unused")
            assert target.find("unused") is None
        assert other.create().id >= unused


def test_ids_that_were_not_used_are_given_out_again(store: SessionStore) -> None:
    with store.begin_import() as target:
        for at in range(4):
            target.add(target.reserve(f"u{at}"), document(f"u{at}"))
    assert store.create().id == 5


def test_a_dry_run_writes_nothing_and_checks_all_the_same(store: SessionStore, session: SessionModel) -> None:
    revision = store.revision(session.id)
    with store.begin_import(dry_run=True) as target:
        target.add(target.reserve("a"), document("a", "x"))
        with pytest.raises((TypeError, ValueError)):
            target.add(target.reserve("b"), document("b", n={1}))
        target.change(session.id, lambda present: present.update(name="other"))
    assert (store.count(), store.revision(session.id)) == (1, revision)
    assert store.create().id == session.id + 1


def test_an_import_changes_a_session_that_is_here(store: SessionStore, session: SessionModel) -> None:
    def change(present: Document) -> None:
        present["messages"].append({"id": 3, "role": "user", "content": "brought"})

    with store.begin_import() as target:
        target.change(session.id, change)
        with pytest.raises(SessionNotFoundError):
            target.change(99, change)
        with pytest.raises((TypeError, ValueError)):
            target.change(session.id, lambda present: present.update(x=float("nan")))
    assert texts(store.get(session.id))[-1] == "brought"
    assert len(store.search("brought")) == 1


def test_what_is_in_the_trash_is_known(store: SessionStore) -> None:
    made = store.create("Name", messages=users("one", "two"))
    base = store.editable(made.id)
    assert base is not None
    store.merge_edited(made.id, base, {**base, "messages": base["messages"][:1]})
    gone = store.create()
    store.delete(gone.id)
    with store.begin_import() as target:
        assert (target.find(gone.uid), target.find_deleted(gone.uid)) == (None, gone.id)
        assert target.find_deleted(made.uid) is None
        taken_out = target.taken_out(made.id, store.document(made.id) or {})
        assert [item["id"] for item in taken_out] == [2, 2]


def test_a_session_that_cannot_be_stored_keeps_no_other_out(store: SessionStore) -> None:
    with store.begin_import() as target:
        bad = target.reserve("bad")
        with pytest.raises((TypeError, ValueError)):
            target.add(bad, document("bad", n=float("inf")))
        target.forget("bad")
        good = target.reserve("good")
        target.add(good, document("good"))
    assert ids(store.list_recent()) == [good]


def test_an_id_is_taken_once(store: SessionStore) -> None:
    with store.begin_import() as target:
        number = target.reserve("a")
        target.add(number, document("a", "mine"))
        with pytest.raises((ValueError, HfsError)):
            target.add(number, document("b", "theirs"))
    assert texts(store.get(number)) == ["mine"]
    assert store.count() == 1


async def test_a_repository_runs_an_import_on_a_thread(repo: SessionRepository) -> None:
    def work(target: SessionImport) -> int:
        number = target.reserve("a")
        target.add(number, document("a", "x"))
        return number

    number = await repo.run_import(work)
    session = await repo.get(number)
    assert session is not None and session.uid == "a"
    assert await repo.run_import(lambda target: target.find("a"), dry_run=True) == number
    imported, added = await repo.import_document(document("a", "y"))
    assert (imported.id, added) == (number, False)
