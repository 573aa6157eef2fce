"""A table of many documents: what a call touches, and how much it keeps in memory."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from tinydb import where
from tinydb.queries import QueryLike

from hfs.persistence import DocumentDB, DocumentTable
from hfs.persistence.files.directory_storage import DirectoryStorage
from tests.support.opened import OpenedOps

DOCUMENTS = 300
TEXT = "word " * 3200
MOST = 2 << 20
"""How many bytes may be kept; all documents have more than twice as many."""


@pytest.fixture
def ops() -> OpenedOps:
    return OpenedOps()


def make_table(home: Path, ops: OpenedOps) -> DocumentTable:
    """A table of 300 documents of 16 kB."""
    folder = home / "notes"
    folder.mkdir(parents=True)
    for number in range(1, DOCUMENTS + 1):
        (folder / f"{number}.json").write_text(f'{{"n": {number}, "text": "{TEXT}"}}')
    found = DocumentTable(DirectoryStorage(home, ops=ops), "notes")
    found.get(doc_id=1)
    ops.opened.clear()
    return found


@pytest.fixture
def table(tmp_path: Path, ops: OpenedOps) -> DocumentTable:
    """A table of 300 documents of 16 kB."""
    return make_table(tmp_path / "db", ops)


def kept(work: Callable[[], None]) -> int:
    """How much is in memory at the highest moment of some work, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def require_little(tmp_path: Path, work: Callable[[DocumentTable], None]) -> None:
    """Fails if work on a table keeps much in memory each time: a thread that other tests left may do so once."""
    peaks: list[int] = []
    while not peaks or (peaks[-1] >= MOST and len(peaks) < 3):
        fresh = make_table(tmp_path / f"measured {len(peaks)}", OpenedOps())
        peaks.append(kept(partial(work, fresh)))
    assert min(peaks) < MOST, peaks


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda table: table.get(doc_id=77)["n"] == 77, id="get"),
        pytest.param(lambda table: table.contains(doc_id=77), id="contains"),
        pytest.param(lambda table: table.update({"x": 1}, doc_ids=[77]) == [77], id="update"),
    ],
)
def test_what_is_asked_of_one_document_opens_one_file(
    table: DocumentTable, ops: OpenedOps, ask: Callable[[DocumentTable], bool]
) -> None:
    assert ask(table)
    assert ops.opened == ["77.json"]


def test_what_is_asked_of_a_document_that_is_not_there_opens_none_that_is(table: DocumentTable, ops: OpenedOps) -> None:
    assert table.get(doc_id=DOCUMENTS + 1) is None
    assert not table.contains(doc_id=DOCUMENTS + 1)
    assert set(ops.opened) <= {f"{DOCUMENTS + 1}.json"}


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda table: len(table.search(where("n") > DOCUMENTS - 3)), id="search"),
        pytest.param(lambda table: table.count(where("text").exists()) - DOCUMENTS + 3, id="count"),
        pytest.param(lambda table: sum(document["n"] > DOCUMENTS - 3 for document in table), id="iteration"),
        pytest.param(lambda table: len(table) - DOCUMENTS + 3, id="len"),
        pytest.param(lambda table: table.get(where("n") == DOCUMENTS)["n"] - DOCUMENTS + 3, id="get"),
        pytest.param(lambda table: 3 * table.contains(where("n") == DOCUMENTS), id="contains"),
        pytest.param(lambda table: len(table.update({"x": 1}, where("n") > DOCUMENTS - 3)), id="update"),
        pytest.param(lambda table: len(table.remove(where("n") > DOCUMENTS - 3)), id="remove"),
    ],
)
def test_only_the_documents_that_are_found_are_kept_in_memory(
    tmp_path: Path, ask: Callable[[DocumentTable], int]
) -> None:
    def work(table: DocumentTable) -> None:
        assert ask(table) == 3

    require_little(tmp_path, work)


def test_the_results_of_queries_are_kept_only_if_they_are_small(
    table: DocumentTable, ops: OpenedOps, tmp_path: Path
) -> None:
    small, large = where("n") <= 3, where("n") > 3
    assert table.search(small) == table.search(small)
    assert len(ops.opened) == DOCUMENTS

    def count(table: DocumentTable) -> None:
        for wanted in range(3):
            assert table.count(large & (where("n") != wanted)) == DOCUMENTS - 3

    count(table)
    assert len(table._query_cache) == 1
    require_little(tmp_path, count)


def test_a_kept_result_is_not_used_once_any_file_has_changed(table: DocumentTable, tmp_path: Path) -> None:
    query = where("n") == 7
    changes: list[tuple[Callable[[], Any], list[int]]] = [
        (lambda: None, [7]),
        (lambda: table.folder.path.joinpath("8.json").write_text('{"n": 7}'), [7, 8]),
        (lambda: table.folder.path.joinpath("7.json").unlink(), [8]),
        (lambda: table.folder.path.joinpath("9.json").replace(table.folder.path / "9000.json"), [8]),
        (lambda: DocumentDB(tmp_path / "db").table("notes").insert({"n": 7}), [8, 9001]),
    ]
    for change, expected in changes:
        change()
        for _ in range(2):
            assert [document.doc_id for document in table.search(query)] == expected


def test_inserting_reads_no_document_and_lists_the_folder_once(
    table: DocumentTable, ops: OpenedOps, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = []
    ids = table.folder.ids

    def list_ids() -> list[int]:
        listed.append(1)
        return ids()

    monkeypatch.setattr(table.folder, "ids", list_ids)
    assert [table.insert({"n": at}) for at in range(5)] == list(range(DOCUMENTS + 1, DOCUMENTS + 6))
    assert table.insert_multiple([{"n": at} for at in range(5)]) == list(range(DOCUMENTS + 6, DOCUMENTS + 11))
    assert len(listed) == 1
    assert not {f"{number}.json" for number in range(1, DOCUMENTS + 1)} & set(ops.opened)
    table.folder.path.joinpath("5000.json").write_text("{}")
    assert table.insert({}) == 5001


def test_a_file_that_comes_in_while_others_are_removed_stays(table: DocumentTable) -> None:
    def come_in(document: Mapping[str, Any]) -> bool:
        table.folder.path.joinpath("5000.json").write_text('{"n": 0}')
        return bool(document["n"] < 3)

    assert table.remove(cast(QueryLike, come_in)) == [1, 2]
    assert table.contains(doc_id=5000)
