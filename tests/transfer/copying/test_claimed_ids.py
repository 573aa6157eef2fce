"""The note of the ids that a copy claimed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hfs.errors import StoreIOError
from hfs.transfer.copying.claimed_ids import ClaimedIds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stores" / "sqlite-1" / "claimed-ids"


def test_what_was_noted_is_there_until_it_is_forgotten(path: Path) -> None:
    note = ClaimedIds(path)
    assert note.earlier() == []
    note.note([range(1, 2), range(5, 5), range(7, 900)])
    note.note([range(1000, 1001)])
    assert ClaimedIds(path).earlier() == [range(1, 2), range(7, 900), range(1000, 1001)]
    note.forget()
    note.forget()
    assert note.earlier() == []


@pytest.mark.skipif(os.name == "nt", reason="no such permissions there")
def test_it_is_for_its_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        ClaimedIds(path).note([range(1, 2)])
    finally:
        os.umask(before)
    assert [one.stat().st_mode & 0o777 for one in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]


@pytest.mark.parametrize("damaged", [b"\xff\x00", b"1 2 3\nx y\n-1 4\n7"])
def test_what_cannot_be_read_is_not_there(path: Path, damaged: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(damaged)
    assert ClaimedIds(path).earlier() == []


def test_a_note_that_cannot_be_written_says_why(path: Path) -> None:
    path.parent.parent.mkdir()
    path.parent.write_text("")
    with pytest.raises(StoreIOError, match=r"Could not write .*claimed-ids"):
        ClaimedIds(path).note([range(1, 2)])
