"""Whatever other programs do to the session files: the next list is right, and so is the next search."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hfs.persistence import ListQuery, SessionFilter, SessionStore
from tests.persistence.index.conftest import Opener
from tests.persistence.index.plain import document, require_right_list, require_right_words, write_session
from tests.support.processes import move_over

Change = Callable[[Path], object]


def session(home: Path, number: int) -> Path:
    return home / "sessions" / f"{number}.json"


def _rename_in_place(home: Path) -> None:
    # No byte more or less, and a time of long ago: only that it was changed tells.
    path = session(home, 5)
    before = path.stat()
    path.write_text(path.read_text().replace("name5", "name6"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replace_by_an_older_file(home: Path) -> None:
    path = home / "sessions" / "beside"
    path.write_text(json.dumps(document(6, ["older"])))
    os.utime(path, (1, 1))
    path.replace(session(home, 6))


def _append(path: Path, text: str) -> None:
    with open(path, "a") as file:
        file.write(text)


def _append_rubbish_and_take_it_away(home: Path) -> None:
    _append(session(home, 7), "rubbish")
    with SessionStore(home) as store:
        store.list_recent(None)
    whole = session(home, 7).read_text().removesuffix("rubbish")
    session(home, 7).write_text(whole)


def _link(target: Callable[[Path], Path]) -> Change:
    def change(home: Path) -> None:
        session(home, 8).unlink()
        session(home, 8).symlink_to(target(home))

    return change


def _linked_file(home: Path) -> Path:
    elsewhere = home / "elsewhere.json"
    elsewhere.write_text(json.dumps(document(8, ["linked"])))
    return elsewhere


def _swap(home: Path) -> None:
    session(home, 3).rename(home / "x")
    session(home, 9).rename(session(home, 3))
    (home / "x").rename(session(home, 9))


CHANGES: dict[str, Change] = {
    "copied in": lambda home: shutil.copy(session(home, 3), session(home, 99)),
    "copied in with the highest id": lambda home: shutil.copy(session(home, 3), session(home, 10**18 - 1)),
    "copied in with its times": lambda home: shutil.copy2(session(home, 3), session(home, 98)),
    "linked in": lambda home: os.link(session(home, 3), session(home, 97)),
    "removed": lambda home: session(home, 3).unlink(),
    "all removed": lambda home: shutil.rmtree(home / "sessions"),
    "moved": lambda home: session(home, 3).rename(session(home, 96)),
    "exchanged": _swap,
    "replaced by a rename": lambda home: move_over(json.dumps(document(3, ["moved"])).encode(), session(home, 3)),
    "replaced by an older file": _replace_by_an_older_file,
    "edited by sed": lambda home: subprocess.run(["sed", "-i", "s/name4/named/", session(home, 4)], check=True),
    "written over": lambda home: write_session(home, 5, ["over"], tags=["other"], pinned=True),
    "written over with the same size and time": _rename_in_place,
    "given another date": lambda home: write_session(home, 12, ["x"], created_at="2031-01-01T00:00:00Z"),
    "touched": lambda home: session(home, 5).touch(),
    "set to a time of long ago": lambda home: os.utime(session(home, 5), (0, 0)),
    "set to a time to come": lambda home: os.utime(session(home, 5), (2**33, 2**33)),
    "emptied": lambda home: os.truncate(session(home, 5), 0),
    "cut": lambda home: os.truncate(session(home, 5), 40),
    "appended to": lambda home: _append(session(home, 5), "]"),
    "broken and mended": _append_rubbish_and_take_it_away,
    "no object any more": lambda home: session(home, 5).write_text("[1]"),
    "a link": _link(_linked_file),
    "a link that leads nowhere": _link(lambda home: home / "nowhere.json"),
    "a link to a folder": _link(lambda home: home),
    "a link to itself": _link(lambda home: session(home, 8)),
    "names that are no session's": lambda home: session(home, 5).with_name("05.json").write_text("{}"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_list_and_search_are_right_after_a_file_was(filled: Path, opener: Opener, change: str) -> None:
    with opener() as store:
        require_right_list(store, filled, limit=20)
        CHANGES[change](filled)
        require_right_list(store, filled, limit=20)
        require_right_words(store, filled, gone=["said3x0", "name4", "said5x0"])
    with opener() as store:
        require_right_list(store, filled)


def test_a_damaged_file_is_listed_as_that_until_it_is_mended(filled: Path, opener: Opener) -> None:
    whole = session(filled, 6).read_bytes()
    session(filled, 6).write_bytes(whole[:-3])
    with opener() as store:
        damaged = {summary.id: summary.problem for summary in store.list_recent(None) if summary.problem}
        assert list(damaged) == [6]
        session(filled, 6).write_bytes(whole)
        require_right_list(store, filled, limit=20)
        require_right_words(store, filled)


@pytest.mark.parametrize("jump", [-(10**15), 10**15], ids=["back", "ahead"])
def test_a_clock_that_jumped_makes_no_list_wrong(
    filled: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    import time

    with opener() as store:
        store.list_recent(None)
        real = time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: real() + jump * 1000)
        write_session(filled, 3, ["jumped"], tags=["jump"])
        assert store.list_sessions(ListQuery(SessionFilter(tag="jump"))).matching == 1
        store.add_message(3, "user", "afterthejump")
        monkeypatch.undo()
        write_session(filled, 4, ["andback"], tags=["jump"])
        assert store.list_sessions(ListQuery(SessionFilter(tag="jump"), thorough=True)).matching == 2
        require_right_list(store, filled, limit=20)
        require_right_words(store, filled)


def test_many_files_changed_at_once_are_all_noticed(filled: Path, opener: Opener) -> None:
    for number in range(100, 400):
        write_session(filled, number, [f"many{number}"])
    with opener() as store:
        require_right_list(store, filled)
        for number in range(100, 400, 2):
            write_session(filled, number, [f"changed{number}"])
        for number in range(101, 200, 2):
            session(filled, number).unlink()
        require_right_list(store, filled)
        require_right_words(store, filled, gone=["many100", "many101"], most=20)


def test_an_id_given_out_is_higher_than_that_of_a_file_that_was_copied_in(filled: Path, opener: Opener) -> None:
    with opener() as store:
        assert store.create("a").id == 13
        write_session(filled, 50)
        assert store.create("b").id == 51
        write_session(filled, 60)
        store.list_recent()
        write_session(filled, 61)
        assert store.create("c").id == 62
        session(filled, 62).unlink()
        assert store.delete(61)
    with opener() as store:
        assert store.create("d").id == 63
        shutil.rmtree(filled / "index")
        assert store.create("e").id == 64
