"""Ids: given out once, by many processes at once, without a look at every file for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs.errors import StoreError
from hfs.persistence import SessionStore
from hfs.persistence._ids import HIGHEST_ID
from tests.persistence.index.plain import write_session
from tests.support.engines import files_of
from tests.support.processes import finish, start_python

FILES = 50


@pytest.fixture
def filled(home: Path) -> Path:
    for number in range(1, FILES + 1):
        write_session(home, number, ["text"])
    return home


def settle(home: Path) -> None:
    """Brings the index up to date with a folder in which nothing is being written any more."""
    with SessionStore(home, always_below=0) as store:
        for _ in range(2):
            store.list_recent(None)


class Listings:
    """How often a store lists its folder."""

    def __init__(self, store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        ids = files_of(store).documents.ids

        def list_ids() -> list[int]:
            self.count += 1
            return ids()

        monkeypatch.setattr(files_of(store).documents, "ids", list_ids)


@pytest.mark.parametrize("indexed", [False, True])
def test_the_folder_is_listed_once_at_the_most(filled: Path, monkeypatch: pytest.MonkeyPatch, indexed: bool) -> None:
    if indexed:
        settle(filled)
    with SessionStore(filled) as store:
        listings = Listings(store, monkeypatch)
        made = [store.create(f"name{at}").id for at in range(5)]
        store.add_message(3, "user", "between")
        store.rename(4, "between")
        store.delete(5)
        made += [store.create(f"name{at}").id for at in range(5)]
        with store.begin_import() as target:
            made += [target.reserve(f"uid{at}") for at in range(3)]
            for number in made[-3:]:
                target.add(number, {"messages": []})
        made.append(store.create().id)
        assert made == list(range(FILES + 1, FILES + 15))
        assert listings.count <= (0 if indexed else 1) + 1, "once more when an import gives ids back"


def test_the_next_process_need_not_list_the_folder(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(filled)
    for at in range(1, 4):
        with SessionStore(filled) as store:
            listings = Listings(store, monkeypatch)
            assert store.create().id == FILES + at
            assert listings.count == 0


def test_an_id_never_comes_back(filled: Path) -> None:
    def next_id() -> int:
        with SessionStore(filled) as store:
            number = store.create().id
            assert store.delete(number)
            store.empty_trash()
        return number

    write_session(filled, 500)
    with SessionStore(filled) as store:
        store.list_recent()
        assert store.delete(500)
    numbers = [next_id() for _ in range(3)]
    with SessionStore(filled) as store:
        assert store.delete(3)
        store.list_recent()
    numbers += [next_id() for _ in range(3)]
    assert numbers == list(range(501, 507))


CREATE = """
import sys
from hfs.errors import StoreError
from hfs.persistence import SessionStore
from hfs.persistence._ids import HIGHEST_ID
home, way = sys.argv[1], sys.argv[2]
with SessionStore(home, always_below=0) as store:
    for at in range(25):
        if way == "create":
            print(store.create(f"name{at}").id)
        elif way == "list":
            store.list_recent(3)
            print(store.create(f"name{at}").id)
        else:
            with store.begin_import() as target:
                for part in range(4):
                    number = target.reserve(f"{way}-{at}-{part}")
                    target.add(number, {"uid": f"{way}-{at}-{part}", "messages": []})
                    print(number)
"""


def test_processes_that_create_and_import_at_once_share_no_id(filled: Path) -> None:
    processes = [start_python(CREATE, filled, way) for way in ("create", "create", "list", "import")]
    copied = list(range(1000, 1050))
    for number in copied:
        write_session(filled, number)
    told = [[int(line) for line in process.communicate(timeout=100)[0].split()] for process in processes]
    finish(*processes)
    made = [number for numbers in told for number in numbers]
    assert len(made) == len(set(made)) == 3 * 25 + 100
    assert not set(made) & set(copied)
    with SessionStore(filled, always_below=0) as store:
        assert {summary.id for summary in store.list_recent(None)} == {*range(1, FILES + 1), *copied, *made}
        assert store.create().id > max(*made, *copied)


def test_where_somebody_put_the_highest_id_the_error_says_what_helps(home: Path) -> None:
    highest = home / "sessions" / f"{HIGHEST_ID}.json"
    write_session(home, HIGHEST_ID, ["text"])
    with SessionStore(home) as store:
        with pytest.raises(StoreError, match=r"a lower one, and remove \.next_id"):
            store.create()
        assert [path.name for path in highest.parent.glob("*.json")] == [highest.name]
        highest.rename(highest.with_name("7.json"))
        assert store.create().id == 8
