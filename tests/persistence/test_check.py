"""What a check finds, and what a repair does about it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from hfs.errors import CorruptSessionError
from hfs.persistence import CheckReport, NewMessage, SessionStore


@pytest.fixture
def path(home: Path) -> Path:
    """The file of a session of three messages."""
    with SessionStore(home) as store:
        store.create("A name", messages=[NewMessage("user", text) for text in ("one", "two", "three\nlines")])
    return home / "sessions" / "1.json"


def check(home: Path, *, repair: bool = False, threshold: float = 1 << 20) -> CheckReport:
    with SessionStore(home, threshold=threshold) as store:
        return store.check(repair=repair)


def kinds(report: CheckReport) -> list[str]:
    return [finding.kind for finding in report.findings if not finding.mended]


def texts(home: Path, session_id: int = 1) -> list[str]:
    with SessionStore(home) as store:
        found = store.get(session_id)
    assert found is not None
    return [message.content for message in found.messages]


def original(home: Path) -> bytes:
    (kept,) = (home / "damaged").iterdir()
    return kept.read_bytes()


def test_a_home_that_is_well_is_said_to_be(home: Path, path: Path) -> None:
    report = check(home)
    assert (report.is_well, report.sessions, report.messages, report.findings) == (True, 1, 3, [])


def test_a_home_that_does_not_exist_is_well_and_is_not_made(home: Path) -> None:
    assert check(home).is_well
    assert not (home / "sessions").exists()


def test_a_damaged_session_is_named_with_its_place_and_mended_from_what_can_be_read(home: Path, path: Path) -> None:
    broken = path.read_bytes().replace(b'"two"}', b'"two"', 1)
    path.write_bytes(broken)
    (finding,) = check(home).findings
    assert (finding.kind, finding.level, finding.session_id, finding.line) == ("damaged", "damage", 1, 12)
    assert "2 messages can be read, 1 place can't" in finding.text
    assert path.read_bytes() == broken
    report = check(home, repair=True)
    assert report.is_well
    assert original(home) == broken
    assert texts(home) == ["one", "three\nlines"]
    assert kinds(check(home)) == ["leftover"]


def test_a_damaged_session_opens_read_only_with_what_could_be_read(home: Path, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])
    with SessionStore(home) as store:
        with pytest.raises(CorruptSessionError):
            store.get(1)
        rescued = store.rescue(1)
        assert rescued is not None
        assert [message.content for message in rescued.messages] == ["one", "two"]
        assert rescued.read_only is not None
        assert "2 messages recovered" in rescued.read_only
        with pytest.raises(CorruptSessionError):
            store.add_message(1, "user", "four")


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"not json"])
def test_a_file_in_which_nothing_can_be_read_is_left_as_it_is(home: Path, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    report = check(home, repair=True)
    assert not report.is_well
    assert report.findings[0].remedy is not None
    assert "backup" in report.findings[0].remedy
    assert path.read_bytes() == data


def test_an_interrupted_append_is_mended_and_loses_nothing(home: Path, path: Path) -> None:
    torn = path.read_bytes()[:-7] + b',\n    {"id": 4, "role'
    path.write_bytes(torn)
    assert kinds(check(home, threshold=0)) == ["interrupted-write"]
    assert check(home, repair=True, threshold=0).is_well
    assert original(home) == torn
    assert texts(home) == ["one", "two", "three\nlines"]


def test_message_ids_that_are_used_twice_are_mended(home: Path, path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'{"id": 2', b'{"id": 1', 1))
    assert kinds(check(home)) == ["message-ids"]
    assert check(home, repair=True).is_well
    ids = [message["id"] for message in json.loads(path.read_bytes())["messages"]]
    assert ids == [1, 4, 3]
    assert texts(home) == ["one", "two", "three\nlines"]


def test_a_session_that_was_copied_by_hand_gets_a_uid_of_its_own(home: Path, path: Path) -> None:
    shutil.copy(path, path.with_name("7.json"))
    assert set(kinds(check(home))) == {"wrong-id", "same-uid"}
    assert check(home, repair=True).is_well
    first, second = (json.loads(path.with_name(name).read_bytes()) for name in ("1.json", "7.json"))
    assert first["uid"] != second["uid"]
    assert (second["id"], second["messages"]) == (7, first["messages"])


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_modes_that_let_others_in_are_found_and_tightened(home: Path, path: Path) -> None:
    path.chmod(0o644)
    home.chmod(0o755)
    (home / "config.toml").write_text("")
    (home / "config.toml").chmod(0o640)
    assert kinds(check(home)) == ["mode"] * 3
    assert check(home, repair=True).is_well
    assert [os.stat(one).st_mode & 0o777 for one in (home, path, home / "config.toml")] == [0o700, 0o600, 0o600]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("1.sync-conflict-20260101-120000-ABCDEFG.json", "conflict-copy"),
        ("1 (Ann's conflicted copy 2026-01-01).json", "conflict-copy"),
        ("1-LAPTOP.json", "conflict-copy"),
        ("1 2.json", "conflict-copy"),
        ("1 (1).json", "conflict-copy"),
        ("notes.txt", "stray-file"),
        ("01.json", "stray-file"),
        (".1.json.99.abcd.tmp", "leftover"),
    ],
)
def test_a_file_that_is_no_session_is_named_and_never_listed(home: Path, path: Path, name: str, kind: str) -> None:
    shutil.copy(path, path.with_name(name))
    assert kinds(check(home)) == [kind]
    assert kinds(check(home, repair=True)) == [kind]
    assert path.with_name(name).exists()
    with SessionStore(home) as store:
        assert [summary.id for summary in store.list_recent(None)] == [1]


def test_a_newer_format_is_remarked_and_never_touched(home: Path, path: Path) -> None:
    newer = path.read_bytes().replace(b'"format": 1', b'"format": 9', 1)
    path.write_bytes(newer)
    report = check(home, repair=True)
    assert (kinds(report), report.is_well) == (["newer-format"], True)
    assert path.read_bytes() == newer


def test_words_that_could_not_be_saved_are_told_and_saved_by_a_repair(home: Path, path: Path) -> None:
    with SessionStore(home) as store:
        store.keep_draft(1, NewMessage("user", "unsaved"))
    assert kinds(check(home)) == ["draft"]
    assert kinds(check(home, repair=True)) == []
    assert texts(home)[-1] == "unsaved"


def test_words_that_waited_for_a_damaged_session_are_saved_once_it_is_mended(home: Path, path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"two"}', b'"two"', 1))
    with SessionStore(home) as store:
        store.keep_draft(1, NewMessage("user", "unsaved"))
    assert "draft" not in kinds(check(home, repair=True))
    assert texts(home) == ["one", "three\nlines", "unsaved"]


def test_only_the_sessions_that_are_named_are_checked(home: Path, path: Path) -> None:
    path.with_name("2.json").write_bytes(b"{")
    with SessionStore(home) as store:
        assert store.check([1]).is_well
        assert kinds(store.check([2])) == ["damaged"]
